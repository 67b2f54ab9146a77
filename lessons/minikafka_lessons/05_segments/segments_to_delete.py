"""The rule `segments_to_delete`: how many of the oldest segments retention takes. Part of exercise 5a.

Rule: what must stay (above the high watermark, the empty last one) counts more than what should go.
"""

from __future__ import annotations

from random import Random
from typing import Any

from minikafka import Rules
from minikafka.policy.segments import SegmentFacts
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Sandbox
from minikafka_lessons.grading.words import expect
from minikafka_lessons.language import sentence

OURS = Rules()
PROPERTIES = {
    "time": (
        sentence("segments_to_delete: by time, oldest first, until one stays"),
        1.0,
    ),
    "size": (
        sentence("segments_to_delete: by size, never below `retention_bytes`"),
        1.0,
    ),
    "start": (sentence("segments_to_delete: what lies below the log start"), 1.0),
    "safe": (
        sentence(
            "segments_to_delete: nothing at or above the high watermark, and no empty last one"
        ),
        2.0,
    ),
}
HINTS = {
    "time": sentence(
        "Newest record: now_ms − newest_ms > retention_ms. Stop at the first segment for which it isn't so."
    ),
    "size": sentence(
        "Take one away only if what remains has still at least `retention_bytes`."
    ),
    "start": sentence(
        "A segment lies below the log start when its *next* offset isn't behind it."
    ),
    "safe": sentence(
        "Ask this first for each segment, whatever the reason: may it go at all?"
    ),
}


def retention_cases(random: Random) -> list[tuple[str, tuple[Any, ...]]]:
    """(property, arguments) with segments as tuples."""
    cases: list[tuple[str, tuple[Any, ...]]] = []
    for _ in range(8):
        segments, offset, newest = [], random.randrange(100), 1_000
        for _ in range(random.randrange(3, 7)):
            count = random.randrange(5, 50)
            newest += random.randrange(50, 150)
            segments.append((offset, offset + count, random.randrange(50, 200), newest))
            offset += count
        total = sum(size for _, _, size, _ in segments)
        now, some = newest + 50, random.randrange(len(segments))
        start, middle = segments[0][0], segments[some]
        cases += [
            ("time", (segments, now, age, -1, offset, start))
            for age in (now - middle[3], now - middle[3] - 1, 0, 9_999)
        ]
        mixed = [*segments]
        mixed[0] = (*mixed[0][:3], now)  # its clock was wrong: the oldest is new
        cases.append(("time", (mixed, now, 60, -1, offset, start)))
        cases += [
            ("size", (segments, now, -1, limit, offset, start))
            for limit in (
                total,
                total - segments[0][2],
                total - segments[0][2] + 1,
                total // 2,
                0,
            )
        ]
        cases.append(
            (
                "size",
                (
                    segments,
                    now,
                    now - segments[0][3] - 1,
                    total - segments[0][2],
                    offset,
                    start,
                ),
            )
        )
        cases += [
            ("start", (segments, now, -1, -1, offset, at))
            for at in (middle[0], middle[0] + 1, middle[1], offset)
        ]
        empty = (offset, offset, 0, now - 40)
        cases += [
            ("safe", (segments, now, 0, -1, middle[1] - 1, start)),
            ("safe", (segments, now, -1, 0, middle[0], start)),
            ("safe", ([*segments, empty], now, 10, -1, offset, start)),
            ("safe", (segments, now, -1, -1, offset, start)),
        ]
    return cases


def truth_of_retention(args: tuple[Any, ...]) -> int:
    """Kafka's."""
    segments, *rest = args
    return OURS.segments_to_delete([SegmentFacts(*one) for one in segments], *rest)


def retention_mistake(name: str, args: tuple[Any, ...], got: Any, want: int) -> str:
    """For one case."""
    segments, now, oldest, *_ = args
    if got == 0 and name in ("time", "size", "start"):
        return HINTS[name]
    if name == "safe" and type(got) is int and got > want:
        if segments[-1][2] == 0 and got == len(segments):
            return sentence(
                "The last segment is empty, and you delete it: it says where the log goes on."
            )
        return sentence(
            "You delete a record at or above the high watermark: not all replicas have it yet. It is lost for ever."
        )
    if name == "time" and type(got) is int and got > want:
        if (
            any(now - s[3] <= oldest for s in segments[:got])
            and now - segments[0][3] <= oldest
        ):
            return sentence(
                "The oldest segment stays, so nothing behind it goes: you would leave a hole in the log."
            )
        return sentence(
            "Look at the time of the *newest* record, and at “older than”: equal is not older."
        )
    if name == "size" and type(got) is int and got > want:
        return sentence(
            "You delete too much: afterwards the log has less than `retention_bytes`."
        )
    if name == "start" and got == len(segments):
        return sentence(
            "All is below the log start, but for this reason the last segment stays."
        )
    return HINTS[name]


def judge_retention(sandbox: Sandbox, sheet: Sheet, random: Random, seed: int) -> None:
    """Against Kafka's."""
    cases = retention_cases(random)
    every = sandbox.call_each("segments_to_delete", [args for _, args in cases])
    for (name, args), got in zip(cases, every, strict=True):
        want = truth_of_retention(args)
        segments, now, oldest, least, watermark, start = args
        call = (
            f"segments_to_delete({segments}, now_ms={now}, retention_ms={oldest}, retention_bytes={least}, "
            f"high_watermark={watermark}, log_start={start})"
        )
        expect(
            sheet,
            name,
            call,
            got,
            want,
            retention_mistake(name, args, got, want),
            seed,
        )
