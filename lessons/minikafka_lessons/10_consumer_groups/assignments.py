"""Assignments of exercise 10a: a case, what an answer made of it, and what is wrong with that.

Rule: whatever an answer gave back is looked at, never trusted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from minikafka_lessons.grading.sandbox import Raised
from minikafka_lessons.language import say, sentence

PROPERTIES = {
    "one": (
        sentence("each partition has exactly one reader, who subscribed to its topic"),
        1.0,
    ),
}
HINTS = {
    "one": sentence(
        "Take the partitions one by one: for each, find exactly one member that wants its topic."
    ),
}


Pair = tuple[str, int]


Assigned = dict[str, list[Pair]]


Case = tuple[dict[str, list[str]], dict[str, int], dict[str, list[Pair]]]


NAMES = ("ada", "bob", "cem", "dora", "eun")


def plain(value: Any, members: Mapping[str, Any]) -> Assigned | None:
    """An assignment, or None: it isn't one."""
    if not isinstance(value, dict) or any(name not in members for name in value):
        return None
    found: Assigned = {}
    for name, pairs in value.items():
        if not isinstance(pairs, list | tuple):
            return None
        for pair in pairs:
            if not (isinstance(pair, tuple) and len(pair) == 2):
                return None
            if type(pair[0]) is not str or type(pair[1]) is not int:
                return None
        found[name] = list(pairs)
    return found


def told(function: str, case: Case) -> str:
    """The case, for people."""
    wishes = "; ".join(
        f"{name}: {'+'.join(topics)}" for name, topics in case[0].items()
    )
    counts = ", ".join(f"{topic}: {count}" for topic, count in case[1].items())
    return say(
        "{function} for ({members}) with partitions ({counts})",
        function=function,
        members=wishes,
        counts=counts,
    )


def trouble(case: Case, value: Any) -> str:
    """Why it is not one reader for each partition; empty: it is."""
    if isinstance(value, Raised):
        return value.sentence
    found = plain(value, case[0])
    if found is None:
        return say(
            "what came back is no dictionary of members with lists of (topic, partition): {value}",
            value=f"{value!r:.80}",
        )
    times = Counter(pair for pairs in found.values() for pair in pairs)
    for name, pairs in found.items():
        for topic, p in pairs:
            if topic not in case[0][name]:
                return say(
                    "{name} gets {partition}, but did not subscribe to that topic",
                    name=name,
                    partition=f"{topic}-{p}",
                )
            if not 0 <= p < case[1].get(topic, 0):
                return say(
                    "{name} gets {partition}, which does not exist",
                    name=name,
                    partition=f"{topic}-{p}",
                )
    for topic in sorted(case[1]):
        if any(topic in topics for topics in case[0].values()):
            for p in range(case[1][topic]):
                if times[topic, p] != 1:
                    words = (
                        sentence("nobody reads {partition}")
                        if not times[topic, p]
                        else sentence("{partition} has two readers")
                    )
                    return say(words, partition=f"{topic}-{p}")
    return ""


def listed(pairs: Sequence[Pair]) -> str:
    """`a-0, a-1`."""
    return ", ".join(f"{topic}-{p}" for topic, p in pairs) or "–"


def moves_of(case: Case, found: Assigned) -> int:
    """How many partitions have another reader than before, of those who are still there."""
    return sum(
        pair not in found.get(name, []) for name, had in case[2].items() for pair in had
    )


def fewest_moves(case: Case) -> int:
    """Of an even assignment: everybody keeps as much as its share; the larger shares are for those with most."""
    each, extra = divmod(sum(case[1].values()), len(case[0]))
    kept = 0
    for had in sorted((len(pairs) for pairs in case[2].values()), reverse=True):
        larger = had > each and extra > 0
        extra -= larger
        kept += min(had, each + larger)
    return sum(len(pairs) for pairs in case[2].values()) - kept
