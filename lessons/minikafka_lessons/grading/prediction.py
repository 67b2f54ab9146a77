"""A prediction: a dictionary that is filled in before the run, judged entry by entry against what comes out.

Rule: what is right is never told. A wrong entry is quoted and gets its hint, after some words of its own where the
mistake is a known one; what is no possible value hears what is wanted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox
from minikafka_lessons.language import say

Test = Callable[[Any, Any], bool]
"""Was this mistake made? Of what was predicted and what comes out."""


@dataclass(frozen=True)
class Asked:
    """One entry: what is asked, and what helps who is wrong.

    `mistakes`: known ones with their words, the first that was made counts. `options`: all possible values, where they
    are few. `wanted`: how a value is written, where its kind doesn't say it.
    """

    what: str
    hint: str
    points: float = 1.0
    mistakes: Sequence[tuple[Test, str]] = ()
    options: Collection[Any] = ()
    wanted: str = ""

    def is_possible(self, got: Any, truth: Any) -> bool:
        """Is it of the right kind?"""
        return same_kind(got, truth) and (not self.options or got in self.options)

    def how_to_write(self, truth: Any) -> str:
        """What is wanted, in words."""
        if self.wanted:
            return say(self.wanted)
        if isinstance(truth, bool):
            return say("True or False, without quotes.")
        if isinstance(truth, int):
            return say("A whole number, without quotes.")
        return say("One of these words, in quotes: {all}.", all=", ".join(self.options))

    def hint_for(self, got: Any, truth: Any) -> str:
        """For this very mistake."""
        if not self.is_possible(got, truth):
            return self.how_to_write(truth)
        first = next((words for made, words in self.mistakes if made(got, truth)), "")
        return f"{say(first)} {say(self.hint)}" if first else say(self.hint)


class AnyOf(tuple[Any, ...]):
    """What comes out, where several values are right."""


def said(*values: Any) -> Test:
    """The mistake of having predicted one of these."""
    return lambda got, truth: got in values


def exercise(
    id: str,
    title: str,
    asked: Mapping[str, Asked],
    truths: Callable[[], Mapping[str, Any]],
    hints: tuple[str, str, str],
    *,
    variable: str = "prediction",
    minutes: int = 5,
) -> Exercise:
    """The exercise whose answer is a dictionary `variable`; `truths` tells what comes out, for each name in `asked`."""

    def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
        given = dictionary(code, variable)
        for name, truth in truths().items():
            judge_entry(sheet, name, asked[name], given.get(name), truth)

    properties = {name: (one.what, one.points) for name, one in asked.items()}
    return Exercise(id, title, (variable,), properties, judge, hints, minutes)


def dictionary(code: Code, variable: str) -> dict[Any, Any]:
    """The learner's. Raises AnswerFailed where it is something else."""
    with Sandbox(code, [variable]) as sandbox:
        given = sandbox.value(variable)
    if not isinstance(given, dict):
        raise AnswerFailed(
            say("`{name}` should be the dictionary from the cell, with your values in it.", name=variable)
        )
    return given


def judge_entry(sheet: Sheet, name: str, asked: Asked, value: Any, truth: Any) -> None:
    """One entry."""
    got = plain(value)
    right = truth if isinstance(truth, AnyOf) else AnyOf([truth])
    if got is None or (isinstance(got, tuple) and None in got):
        sheet.fail(name, say("no prediction yet"), asked.hint)
    elif any(same_kind(got, one) and got == one for one in right):
        sheet.seen(name)
    else:
        message = say("you predicted {value}; it comes out otherwise", value=repr(value))
        sheet.fail(name, message, asked.hint_for(got, right[0]))


def plain(value: Any) -> Any:
    """As it was meant: 8.0 is 8, a list is a tuple, and words have no capitals."""
    if isinstance(value, list | tuple):
        return tuple(map(plain, value))
    if isinstance(value, str):
        return value.strip().lower()
    return int(value) if isinstance(value, float) and value.is_integer() else value


def same_kind(got: Any, truth: Any) -> bool:
    """True is no 1, and a pair is a pair of the same."""
    if not isinstance(truth, tuple):
        return type(got) is type(truth)
    return type(got) is tuple and len(got) == len(truth) and all(map(same_kind, got, truth))


__all__ = ["AnyOf", "Asked", "exercise", "said"]
