"""Sentences and comparisons that every judge needs.

Rule: an answer's value is compared by type and value, and quoted, never trusted.
"""

from __future__ import annotations

from typing import Any

from minikafka_lessons.grading.sandbox import Raised
from minikafka_lessons.language import say


def same(got: Any, want: int | None) -> bool:
    """Equal, and of the same type: True is not 1."""
    return type(got) is type(want) and got == want


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
