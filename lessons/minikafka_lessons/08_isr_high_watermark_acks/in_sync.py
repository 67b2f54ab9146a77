"""The rule `is_in_sync`: one follower hears late, and then nothing any more. Part of exercise 8a.

Rule: who is late stays, who is away leaves; both are seen in one run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minikafka import Rules
from minikafka.commands import Cut, Slow
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Sandbox
from minikafka_lessons.language import say, sentence

from .their_rules import Arguments, theirs

PROPERTIES = {
    "leaves": (
        sentence(
            "is_in_sync: a follower that stopped leaves the ISR, and writes go on"
        ),
        1.0,
    ),
    "stays": (
        sentence("is_in_sync: a follower that is a moment behind stays"),
        1.0,
    ),
}
HINTS = {
    "leaves": sentence(
        "How long has the follower not had everything? Compare that time with the limit; all three are milliseconds."
    ),
    "stays": sentence(
        "Behind is not out of sync. It is when the time since it last had everything is longer than the limit."
    ),
}
MISTAKES: tuple[tuple[Callable[..., Any], str, str], ...] = (
    (
        lambda now, last, limit: True,
        "leaves",
        sentence(
            "Yours says True for ever: a dead follower would hold up every write with acks=all."
        ),
    ),
    (
        lambda now, last, limit: last - now <= limit,
        "leaves",
        sentence(
            "The later moment minus the earlier one is the time that has passed. Yours is negative."
        ),
    ),
    (
        lambda now, last, limit: last >= now,
        "stays",
        sentence("Yours allows no delay at all; the limit says how much there may be."),
    ),
    (
        lambda now, last, limit: now - last <= limit / 1000,
        "stays",
        sentence("The limit is in milliseconds already."),
    ),
    (
        lambda now, last, limit: now - last > limit,
        "stays",
        sentence("The wrong way round: you keep those who are late."),
    ),
)
CASES: tuple[Arguments, ...] = (
    (90_000, 88_000, 30_000),
    (90_000, 20_000, 30_000),
    (90_000, 89_980, 30_000),
    (90_000, 90_000, 30_000),
)
"""What the known mistakes are told apart by."""


def judge_in_sync(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """One follower hears late, and then nothing any more."""
    rule = theirs(sandbox, "is_in_sync")
    limit_s = 6 + seed % 5
    with scenes.cluster(
        seed,
        rules=Rules(is_in_sync=rule),
        configs={"replica.lag.time.max.ms": limit_s * 1000},
    ) as cluster:
        cluster.create_topic("orders", 1, 3, {"min.insync.replicas": "2"})
        producer = cluster.producer({"acks": "all", "linger.ms": 0})
        leader = cluster.snapshot().partition("orders", 0).leader or ""
        late = next(b for b in ("broker-3", "broker-2", "broker-1") if b != leader)

        def write_for(seconds: float) -> bool:
            """Four records a second; was `late` in the ISR all the time?"""
            stayed = True
            for n in range(round(seconds * 4)):
                producer.produce("orders", f"{n}")
                cluster.run(0.25)
                stayed &= late in cluster.snapshot().partition("orders", 0).isr
            return stayed

        cluster.do(Slow(0.7, 0.7, (leader,), (late,)))
        stays = write_for(4)
        began_s = cluster.now
        cluster.do(Cut((leader,), (late,)))
        stays &= write_for(limit_s - 3)
        write_for(limit_s)
        left = late not in cluster.snapshot().partition("orders", 0).isr
        if rule.told(sheet, "stays", HINTS["stays"], seed):
            return
        away_s = cluster.now - began_s
        message = say(
            "{late} hears nothing from {leader} for {n:.0f} s, the limit is {limit} s, and it is still in the ISR: "
            "{open} writes with acks=all wait",
            late=late,
            leader=leader,
            n=away_s,
            limit=limit_s,
            open=len(producer),
        )
        stayed_run = None if left else scenes.kept(cluster, began_s + limit_s)
        sheet.expect("leaves", left, message, HINTS["leaves"], seed, stayed_run)
        message = say(
            "{late} is 2 s behind at most, the limit is {limit} s, and it was put out of the ISR",
            late=late,
            limit=limit_s,
        )
        put_out_s = scenes.moment_of(cluster, "IsrChanged", topic="orders")
        put_out_run = None if stays else scenes.kept(cluster, put_out_s)
        sheet.expect("stays", stays, message, HINTS["stays"], seed, put_out_run)
