"""A learner's function as a rule that runs inside the cluster, with minikafka's own to stand in for it.

Rule: "by your function" is only said when it was. What the learner's function raises, or what nothing can be made of,
never breaks the lesson: ours stands in, and the lesson says so at that place.
"""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from importlib import import_module
from typing import Any

from minikafka import Rules
from minikafka_lessons.grading.definitions import is_stub
from minikafka_lessons.language import say, sentence

Usable = Callable[[Any, tuple[Any, ...]], bool]


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_placement(value: Any, brokers: Any, partitions: int, factor: int, _: int) -> bool:
    """Can the controller do with it?"""
    return (
        isinstance(value, list)
        and len(value) == partitions
        and all(isinstance(some, list) and len(some) == factor == len(set(some)) for some in value)
        and all(_whole(one) and one in brokers for some in value for one in some)
    )


def _assigns(value: Any, args: tuple[Any, ...]) -> bool:
    """Members with lists of partitions that exist; whether each has one reader is a matter of `check`."""
    return isinstance(value, dict) and all(
        isinstance(pairs, list | tuple | set)
        and all(
            isinstance(pair, tuple)
            and len(pair) == 2
            and _whole(pair[1])
            and 0 <= pair[1] < args[1].get(pair[0], 0)
            for pair in pairs
        )
        for pairs in value.values()
    )


_MEMBERS = sentence("a dictionary of members, each with a list of (topic, partition)")

USABLE: dict[str, tuple[Usable, str]] = {
    "batch_is_ready": (lambda value, _: isinstance(value, bool), sentence("True or False")),
    "lag": (lambda value, _: value is None or _whole(value), sentence("a number of records or None")),
    "mended": (lambda value, _: isinstance(value, bytes), sentence("bytes")),
    "should_flush": (lambda value, _: isinstance(value, bool), sentence("True or False")),
    "should_roll": (lambda value, _: isinstance(value, bool), sentence("True or False")),
    "floor_entry": (lambda value, _: _whole(value), sentence("a whole number")),
    "segments_to_delete": (lambda value, _: _whole(value), sentence("a whole number")),
    "lag_status": (
        lambda value, _: (
            isinstance(value, tuple | list)
            and len(value) == 3
            and value[0] in ("OK", "WARN", "STALL", "REWIND")
        ),
        sentence("a status, the rule that fired and the LAG"),
    ),
    "assign_range": (_assigns, _MEMBERS),
    "assign_sticky": (_assigns, _MEMBERS),
    "majority": (lambda value, _: _whole(value), sentence("a whole number")),
    "grants_vote": (lambda value, _: isinstance(value, bool), sentence("True or False")),
    "may_append": (lambda value, _: isinstance(value, bool), sentence("True or False")),
    "commit_offset": (lambda value, _: _whole(value), sentence("an offset")),
    "partition_for_key": (
        lambda value, args: _whole(value) and 0 <= value < args[1],
        sentence("one of the partitions"),
    ),
    "record_batch": (lambda value, _: isinstance(value, bytes), sentence("bytes")),
    "fetch_offset": (lambda value, _: _whole(value), sentence("an offset")),
    "follower_high_watermark": (lambda value, _: _whole(value), sentence("an offset")),
    "place_replicas": (
        lambda value, args: _is_placement(value, *args),
        sentence("a list of so many different brokers for each partition"),
    ),
}
"""What a rule's value must be, so that the cluster can go on with it; right or wrong is a matter of `check`."""


STAND_INS = {
    "mended": ("minikafka.records.lz4_descriptor", "with_right_checksum"),
    "record_batch": ("minikafka_lessons.stage.by_hand", "record_batch"),
}
"""What stands in for a function that is no decision of a cluster's: its module and its name there."""


def stand_in(name: str) -> Callable[..., Any]:
    """Ours of that name."""
    if name not in STAND_INS:
        return getattr(Rules(), name)  # type: ignore[no-any-return]
    module, ours = STAND_INS[name]
    return getattr(import_module(module), ours)  # type: ignore[no-any-return]


class Rule:
    """One decision: the learner's while it answers, else ours. `whose` says which, `by` why."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.name = function.__name__
        self._theirs = function
        self._ours = stand_in(self.name)
        self.written = not is_unwritten(function)
        self.problem = ""
        self.calls = self.stood_in = 0

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        if self.written:
            try:
                value = self._theirs(*args)
            except Exception as error:
                self._note(say("yours raised {kind}: {error}", kind=type(error).__name__, error=error))
            else:
                usable, what = USABLE.get(self.name, (lambda *_: True, ""))
                if usable(value, args):
                    return value
                self._note(
                    say("yours returned {value}, which is not {what}", value=f"{value!r:.60}", what=say(what))
                )
        self.stood_in += 1
        return self._ours(*args)

    def _note(self, problem: str) -> None:
        if not self.problem:
            self.problem = problem

    @property
    def whose(self) -> str:
        """ "your" as long as every call was answered by the learner's function, else "our"."""
        return "your" if self.written and not self.problem else "our"

    @property
    def by(self) -> str:
        """ "by your function", or by whose and why, for the end of a line."""
        if not self.written:
            return say("by our function: yours is not written yet")
        if not self.problem:
            return say("by your function")
        if self.stood_in < self.calls:
            return say(
                "by your function, but {n} of {all} times ours stood in: {why}",
                n=self.stood_in,
                all=self.calls,
                why=self.problem,
            )
        return say("by our function, which stood in: {why}", why=self.problem)

    def __repr__(self) -> str:
        return f"<{self.name}, {self.by}>"


def mine(function: Callable[..., Any]) -> Rule:
    """Your function as a rule of the cluster, or minikafka's own of the same name while it is not written."""
    return Rule(function)


def is_unwritten(function: Callable[..., Any]) -> bool:
    """Is it still the skeleton's?"""
    try:
        body = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, TypeError, SyntaxError):
        return False
    return bool(body) and isinstance(body[0], ast.FunctionDef) and is_stub(body[0])
