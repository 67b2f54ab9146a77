"""Exercise 9b: how many partitions for a load; judged by the LAG of simulated clusters that got as many."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from minikafka import KafkaException
from minikafka.commands import AddPartitions
from minikafka.policy import partition_for_key
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Raised, Sandbox
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage.load import Load

Case = tuple[int, int, int, int]

PROPERTIES = {
    "consumers": (sentence("enough for the consumers"), 1.0),
    "producers": (sentence("enough for the producers"), 1.0),
    "up": (sentence("a part of a partition is a whole one"), 1.0),
    "fewer": (sentence("never fewer than there are"), 1.0),
    "spare": (sentence("no more than needed"), 1.0),
    "alive": (sentence("in a cluster with that many, the LAG does not grow"), 2.0),
}
HINTS = {
    "consumers": sentence(
        "Each partition has one worker. What do all of them together manage in a second?"
    ),
    "producers": sentence(
        "A partition takes only so much in a second, however fast the workers are."
    ),
    "up": sentence(
        "What two partitions leave over needs a third, even if that is little."
    ),
    "fewer": sentence("Kafka refuses to take a partition away. What is there, stays."),
    "spare": sentence(
        "Each partition costs files, memory and time at a failover: the fewest that do."
    ),
    "alive": sentence(
        "Watch the LAG: when does it stand, though records go on coming?"
    ),
}
FIXED: tuple[tuple[str, Case], ...] = (
    ("consumers", (200, 1000, 50, 1)),
    ("producers", (900, 100, 300, 1)),
    ("up", (101, 1000, 50, 1)),
    ("up", (10, 1000, 50, 1)),
    ("fewer", (40, 1000, 50, 6)),
    ("spare", (100, 1000, 50, 1)),
    ("spare", (300, 100, 50, 2)),
    ("spare", (300, 50, 100, 2)),
)


def needed(load: int, produce: int, consume: int, present: int) -> int:
    """The fewest that do."""
    return max(present, 1, -(-load // produce), -(-load // consume))


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Numbers, and a cluster for each seed."""
    with Sandbox(code, ["partitions_for"]) as sandbox:
        sandbox.must_define("partitions_for")
        cases = [case for _, case in FIXED] + [
            one for seed in seeds for one in drawn(seed)
        ]
        names = [name for name, _ in FIXED] + ["spare"] * (len(cases) - len(FIXED))
        answers = sandbox.call_each("partitions_for", cases)
        for name, case, got in zip(names, cases, answers, strict=True):
            judge_case(sheet, name, case, got)
        for name in PROPERTIES:
            if name != "alive":
                sheet.seen(name)
        for seed in seeds:
            live_by_it(sandbox, sheet, seed)


def drawn(seed: int) -> list[Case]:
    """Some loads."""
    random = Random(seed)
    speeds = (10, 25, 40, 60, 90)
    return [
        (
            random.randrange(1, 600),
            random.choice(speeds),
            random.choice(speeds),
            random.randrange(1, 9),
        )
        for _ in range(12)
    ]


def judge_case(sheet: Sheet, name: str, case: Case, got: Any) -> None:
    """One call; too few is told by what runs short."""
    load, produce, consume, present = case
    want = needed(*case)
    if type(got) is int and got == want:
        return
    asked = f"partitions_for({load}, {produce}, {consume}, {present})"
    if isinstance(got, Raised):
        sheet.fail(name, f"{asked}: {got.sentence}", HINTS[name])
    elif type(got) is not int:
        message = say(
            "{asked} returned {value}: a whole number is asked for",
            asked=asked,
            value=repr(got),
        )
        sheet.fail(name, message, HINTS["up"])
    elif got > want:
        message = say("{asked} returned {value}: fewer do", asked=asked, value=got)
        sheet.fail("spare", message, HINTS["spare"])
    elif got < present:
        message = say(
            "{asked} returned {value}: the topic has {n} already",
            asked=asked,
            value=got,
            n=present,
        )
        sheet.fail("fewer", message, HINTS["fewer"])
    else:
        short(sheet, asked, case, got)


def short(sheet: Sheet, asked: str, case: Case, got: int) -> None:
    """Too few: for whom?"""
    load, produce, consume, _ = case
    for name, each in (("consumers", consume), ("producers", produce)):
        if got * each >= load:
            continue
        message = say(
            "{asked} returned {value}: together they manage {n} a second, and {load} come",
            asked=asked,
            value=got,
            n=got * each,
            load=load,
        )
        blame = "up" if got == load // each else name
        sheet.fail(blame, message, HINTS[blame])
        return


def even_keys(partitions: int) -> list[str]:
    """As many for each partition, in turn."""
    lists: list[list[str]] = [[] for _ in range(partitions)]
    number = 0
    while min(len(one) for one in lists) < 8:
        lists[partition_for_key(f"gate-{number}".encode(), partitions)].append(
            f"gate-{number}"
        )
        number += 1
    return [key for row in zip(*(one[:8] for one in lists), strict=True) for key in row]


def live_by_it(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """A topic gets as many, and a worker for each."""
    random = Random(f"load/{seed}")
    speed, present = random.choice((6, 8, 10)), random.randrange(1, 3)
    rate = speed * random.randrange(3, 6) + random.randrange(1, speed)
    count = sandbox.call("partitions_for", rate, 1000, speed, present)
    hint = HINTS["alive"]
    if type(count) is not int or not 1 <= count <= 40:
        sheet.fail(
            "alive",
            say("No cluster can be made with {value} partitions.", value=repr(count)),
            hint,
            seed,
        )
        return
    with scenes.cluster(seed, brokers=1) as cluster:
        load = Load(
            cluster,
            "gates",
            "guards",
            partitions=present,
            speed=speed,
            keys=even_keys(count),
            telling=False,
        )
        try:
            if count != present:
                cluster.do(AddPartitions("gates", count))
        except KafkaException as refused:
            sheet.fail("alive", str(refused.args[0].str()), HINTS["fewer"], seed)
            return
        load.add_workers(count)
        load.run(8, rate)
        before = load.lag
        load.run(8, rate)
        message = say(
            "{rate} records a second, {n} partitions, a worker for each that does {speed}: in 8 s the LAG grew from "
            "{before} to {after}",
            rate=rate,
            n=count,
            speed=speed,
            before=before,
            after=load.lag,
        )
        grows = load.lag > before + rate // 2
        if not grows and count > needed(rate, 1000, speed, present):
            message, hint = (
                say(
                    "{n} partitions for {rate} records a second: {m} do",
                    n=count,
                    rate=rate,
                    m=needed(rate, 1000, speed, present),
                ),
                HINTS["spare"],
            )
            grows = True
        sheet.expect("alive", not grows, message, hint, seed)


EXERCISE = Exercise(
    id="9b",
    title=sentence("How many? Your rule `partitions_for`"),
    names=("partitions_for",),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "Two sides have to keep up: those who write and those who read. Ask of each how many it needs."
        ),
        sentence(
            "One side needs the load divided by what one partition does for it, rounded up."
        ),
        sentence(
            "The larger of the two, and not less than what is there. Rounding up without fractions: "
            "`(a + b - 1) // b`."
        ),
    ),
    minutes=8,
    more=8,
)
