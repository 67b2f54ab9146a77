"""A broker that lives by the three rules of exercise 5a: what it writes, finds and deletes.

Rule: what is true is what the same broker does with Kafka's rules; the answer's broker must leave the same files, and
give every record that was acknowledged and isn't due.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from random import Random
from typing import Any

from minikafka import Cluster, Rules, TopicPartition
from minikafka.cluster.run_file import RunFile
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Sandbox
from minikafka_lessons.language import say, sentence

OURS = Rules()
Life = tuple[list[int], list[tuple[int, int | None]], int]
NAMES = ("should_roll", "floor_entry", "segments_to_delete")
PROPERTIES = {
    "alive": (
        sentence(
            "a broker that lives by your rules has the right files, and gives every record"
        ),
        3.0,
    ),
}
HINTS = {
    "alive": sentence(
        "First mend what stands above: the broker asks the very same functions."
    ),
}


def judge_alive(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """The same life twice: by Kafka's rules, and by the answer's."""
    rules = Rules(**{name: asked(sandbox, name) for name in NAMES})
    theirs, runs = life(seed, rules)
    ours = life_by_kafkas_rules(seed)
    for what, mine, right in zip(("big", "sought", "old"), theirs, ours, strict=True):
        if mine == right:
            continue
        message = difference(what, mine, right)
        sheet.fail("alive", message, HINTS["alive"], seed, runs[what])
        return
    sheet.seen("alive")


def difference(what: str, mine: Any, right: Any) -> str:
    """The first bad thing, with its name."""
    if what == "big":
        return say(
            "the broker's segments begin at {mine}; by Kafka's rules at {right}",
            mine=mine,
            right=right,
        )
    if what == "sought":
        offset, got = next(
            (o, g) for (o, g), (_, r) in zip(mine, right, strict=True) if g != r
        )
        if got is None:
            return say(
                "lost read: a consumer looks for offset {n} and gets nothing", n=offset
            )
        return say(
            "skipped records: a consumer looks for offset {n} and gets {m}",
            n=offset,
            m=got,
        )
    if mine > right:
        return say(
            "lost write: records {right} to {last} were to be kept, and retention has deleted them",
            right=right,
            last=mine - 1,
        )
    return say(
        "retention left records from {mine} on; those below {right} were to go",
        mine=mine,
        right=right,
    )


def life(seed: int, rules: Rules) -> tuple[Life, dict[str, RunFile | None]]:
    """Where segments begin; (offset looked for, offset got); and the log start after retention. And the run, with a mark
    at the moment that shows each."""
    random = Random(seed)
    made = Cluster(brokers=1, world="simulated", seed=seed, rules=rules, announce=False)
    try:
        made.create_topic(
            "big", 1, configs={"segment.bytes": 1_048_576, "retention.ms": -1}
        )
        made.create_topic(
            "old", 1, configs={"segment.ms": 60_000, "retention.ms": 3_600_000}
        )
        now_ms = 1_767_225_600_000
        with made.producer({"linger.ms": 0}) as producer:
            for n in range(24):
                producer.produce("big", bytes([n]) * random.randrange(60_000, 130_000))
                producer.flush()
            age_ms = 2 * 3_600_000
            for n in range(20):
                producer.produce("old", f"{n}", timestamp=now_ms - age_ms)
                producer.flush()
                age_ms -= random.randrange(40_000, 600_000)
        segments = made.snapshot().partition("big", 0).replicas[0].segments or ()
        moments = {"big": made.now}
        sought = [
            (offset, look_for(made, offset)) for offset in random.sample(range(24), 6)
        ]
        moments["sought"] = made.now
        made.run(310)
        moments["old"] = scenes.moment_of(made, "SegmentDeleted", topic="old")
        start = made.snapshot().partition("old", 0).log_start
        lived = [one.base_offset for one in segments], sought, start or 0
        return lived, {what: scenes.kept(made, at) for what, at in moments.items()}
    finally:
        try:
            made.close()
        except Exception:
            # The answer may have left the broker in any state; what counts has been read already.
            pass


@functools.cache
def life_by_kafkas_rules(seed: int) -> Life:
    """What is right."""
    return life(seed, Rules())[0]


def look_for(made: Cluster, offset: int) -> int | None:
    """The first record that a consumer gets who begins there."""
    consumer = made.consumer({"group.id": "the-grader", "enable.auto.commit": False})
    consumer.assign([TopicPartition("big", 0, offset)])
    message = consumer.poll(5.0)
    consumer.close()
    return None if message is None or message.error() is not None else message.offset()


def asked(sandbox: Any, name: str) -> Callable[..., Any]:
    """The answer's rule for the broker; ours stands in for what it can't use."""
    ours = getattr(OURS, name)
    kind = bool if name == "should_roll" else int

    def rule(*args: Any) -> Any:
        plain = [
            [tuple(s) if isinstance(s, tuple) else int(s) for s in a]
            if name != "should_roll" and i == 0
            else a
            for i, a in enumerate(args)
        ]
        value = sandbox.call(name, *plain)
        return value if type(value) is kind else ours(*args)

    return rule
