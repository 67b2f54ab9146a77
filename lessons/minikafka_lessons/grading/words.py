"""Sentences and comparisons that every judge needs.

Rule: an answer's value is compared by type and value, and quoted, never trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Raised
from minikafka_lessons.language import say

Mistake = TypeVar("Mistake", bound=tuple[Any, ...])


def same(got: Any, want: Any) -> bool:
    """Equal, and of the same type: True is not 1."""
    return type(got) is type(want) and bool(got == want)


def known(
    mistakes: Iterable[Mistake],
    cases: Sequence[Sequence[Any]],
    got: Sequence[Any],
    same: Callable[[Any, Any], bool] = same,
) -> Mistake | None:
    """The first of these mistakes that was made: its rule, which comes first in it, gives the same in every case."""
    for mistake in mistakes:
        if all(same(value, mistake[0](*case)) for case, value in zip(cases, got, strict=True)):
            return mistake
    return None


def expect(sheet: Sheet, name: str, call: str, got: Any, want: Any, hint: str, seed: int | None) -> None:
    """`seen`, or `fail` with the call, what it did, and what is right."""
    if same(got, want):
        sheet.seen(name)
    elif not sheet.failed(name):
        did = returned(got) if isinstance(got, Raised) else returned(got)[:80]
        message = say("{call} {did}; expected {value}", call=call, did=did, value=repr(want))
        sheet.fail(name, message, hint, seed)


def shown(key: bytes) -> str:
    """A key, not too long."""
    text = repr(key)
    return text if len(text) < 40 else text[:36] + "…'"


def returned(got: Any) -> str:
    """`returned 3`, or what it did instead."""
    if isinstance(got, Raised):
        if got.kind == "NotImplementedError":
            return say("is not written yet")
        return say("raised {kind}", kind=got.kind)
    return say("returned {value}", value=repr(got))
