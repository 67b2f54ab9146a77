"""The second half of exercise 1b: `read_all`, judged by what it returns and commits.

Rule: what was written is known here only; the answer sees a consumer.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.desk import ConsumerDesk
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Handle, Odd, Raised, Sandbox
from minikafka_lessons.grading.words import returned
from minikafka_lessons.language import say, sentence

PROPERTIES = {
    "read": (
        sentence("read_all: returns every record, once, as (key, value) texts"),
        2.0,
    ),
    "patient": (sentence("read_all: “nothing yet” is not “nothing more”"), 1.0),
    "events": (sentence("read_all: an event with an error is no record"), 1.0),
    "committed": (
        sentence("read_all: commits at the end, so that the group's LAG is 0"),
        1.0,
    ),
}

HINTS = {
    "read": sentence(
        "Each record once, as a pair of texts (key, value), until your list has `count` of them."
    ),
    "patient": sentence(
        "`poll` returns None when nothing came within the timeout. That says nothing of what comes later."
    ),
    "events": sentence(
        "Not every message is a record: the end of a partition comes as a message, too, and says so as an error."
    ),
    "committed": sentence(
        "A group remembers what was committed, and nothing else. When is that said, and does it wait for the answer?"
    ),
}


def judge_read_all(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """Half of the records arrive while the reader already waits; partition ends come as events."""
    random = Random(seed)
    rows = scenes.rows(random, 120)
    with scenes.cluster(seed) as cluster:
        cluster.create_topic("weather", 3)
        scenes.write(cluster, "weather", list(rows[:60]))
        consumer = cluster.consumer(
            {
                "group.id": "my-group",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
        consumer.subscribe(["weather"])
        late = random.randrange(70, 90)
        done: list[bool] = []

        def before(n: int) -> None:
            if n >= late and not done:
                done.append(True)
                if seed > 1:
                    cluster.kill(
                        cluster.snapshot().partition("weather", 1).leader or "broker-1"
                    )
                scenes.write(cluster, "weather", list(rows[60:]))

        desk = ConsumerDesk(consumer, before)
        got = sandbox.call("read_all", Handle("consumer"), len(rows), serve=desk)
        judge_list(got, rows, desk, bool(done), sheet, seed)
        if sheet.failed("read"):
            return
        if not desk.closed:
            consumer.close()
        group = cluster.snapshot().group("my-group")
        lag = sum(o.lag or 0 for o in group.offsets if o.committed is not None)
        none = [o.partition for o in group.offsets if o.committed is None and o.end]
        committed = bool(group.offsets) and not lag and not none
        if not group.offsets or (none and len(none) == len(group.offsets)):
            seen = say(
                "The group has committed nothing: whoever comes next reads everything again."
            )
        else:
            seen = say("The group's LAG is {lag} afterwards.", lag=lag)
        sheet.expect("committed", committed, seen, HINTS["committed"], seed)


def judge_list(
    got: Any,
    rows: list[Any],
    desk: ConsumerDesk,
    all_came: bool,
    sheet: Sheet,
    seed: int,
) -> None:
    """Is what came back what was in the topic?"""
    if isinstance(got, Raised):
        judge_raised(got, desk, sheet, seed)
        return
    if not isinstance(got, list | tuple):
        sheet.fail(
            "read",
            say("read_all {did}, not a list.", did=returned(got)),
            HINTS["read"],
            seed,
        )
        return
    pairs = [tuple(item) if isinstance(item, list | tuple) else item for item in got]
    wanted = set(rows)
    short = len(pairs) < len(rows)
    if short and (not all_came or desk.polled < len(rows)):
        judge_short(pairs, rows, sheet, seed)
        return
    sheet.seen("patient")
    if spoil_events(pairs, wanted, sheet, seed):
        return
    sheet.seen("events")
    if sorted(pairs) == sorted(rows) and ordered(pairs, rows):
        sheet.seen("read")
    elif sorted(pairs) == sorted(rows):
        sheet.fail(
            "read",
            say(
                "The records of a station are not in the order in which they lie in the log."
            ),
            HINTS["read"],
            seed,
        )
    else:
        sheet.fail(
            "read",
            say(
                "{n} pairs came back for {all} records, and not the same ones.",
                n=len(pairs),
                all=len(rows),
            ),
            HINTS["read"],
            seed,
        )


def judge_raised(got: Raised, desk: ConsumerDesk, sheet: Sheet, seed: int) -> None:
    """It raised: because it took `None` for a message, or an event, which has no key, for a record?"""
    took_none = "NoneType" in got.text
    took_event = took_none and "'decode'" in got.text
    hint = "events" if took_event else "patient" if took_none else "read"
    sheet.fail("read", got.sentence, HINTS[hint], seed)
    if took_event:
        message = say("poll returned an event, and you took it for a record.")
        sheet.fail("events", message, HINTS["events"], seed)
    elif got.kind == "AttributeError" and took_none and desk.polled == 0:
        message = say("poll returned None, and you took it for a message.")
        sheet.fail("patient", message, HINTS["patient"], seed)


def judge_short(pairs: list[Any], rows: list[Any], sheet: Sheet, seed: int) -> None:
    """It returned before all records had come."""
    wanted = set(rows)
    records = [pair for pair in pairs if pair in wanted] if hashable(pairs) else pairs
    if any(not (isinstance(p, tuple) and p in wanted) for p in pairs if hashable([p])):
        spoil_events(pairs, wanted, sheet, seed)
    message = say(
        "read_all returned after {n} of {all} records; the rest came a little later.",
        n=len(records),
        all=len(rows),
    )
    sheet.fail("patient", message, HINTS["patient"], seed)
    sheet.fail("read", message, HINTS["patient"], seed)


def spoil_events(pairs: list[Any], wanted: set[Any], sheet: Sheet, seed: int) -> bool:
    """Is there something in the list that no producer wrote?"""
    odd = [p for p in pairs if not hashable([p]) or p not in wanted]
    if not odd:
        return False
    first = odd[0]
    texts = isinstance(first, tuple) and len(first) == 2 and isinstance(first[0], bytes)
    if texts:
        sheet.fail(
            "read",
            say("You return {value}: bytes, not texts.", value=repr(first)),
            say(
                "Kafka keeps bytes. The text of the exercise says what makes a text of bytes."
            ),
            seed,
        )
    elif isinstance(first, tuple) and len(first) == 2 and not isinstance(first[0], Odd):
        sheet.fail(
            "events",
            say("The list has {value} in it, which nobody wrote.", value=repr(first)),
            HINTS["events"],
            seed,
        )
        sheet.fail(
            "read",
            say("There is something in the list that is no record."),
            HINTS["events"],
            seed,
        )
    else:
        sheet.fail(
            "read",
            say(
                "The list holds {value}; it should hold (key, value) pairs.",
                value=repr(first),
            ),
            HINTS["read"],
            seed,
        )
    return True


def hashable(items: Sequence[Any]) -> bool:
    """Can all of them be looked up?"""
    try:
        for item in items:
            hash(item)
    except TypeError:
        return False
    return True


def ordered(pairs: list[Any], rows: list[Any]) -> bool:
    """Per station, in the order of the log."""
    for station in scenes.STATIONS:
        if [p for p in pairs if p[0] == station] != [
            r for r in rows if r[0] == station
        ]:
            return False
    return True
