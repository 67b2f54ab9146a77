"""The rule `truncation_offset`: a leader dies with records that it alone has, and comes back. Part of exercise 8a.

Rule: two values at one offset are told with the run that made them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minikafka import Cluster, Rules
from minikafka.commands import Cut, Heal, Restart
from minikafka.policy import truncation_offset as true_truncation_offset
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Sandbox
from minikafka_lessons.language import say, sentence

from .their_rules import Arguments, theirs

PROPERTIES = {
    "cuts": (
        sentence(
            "truncation_offset: an old leader cuts off what nobody else has, and no more"
        ),
        2.0,
    ),
}
HINTS = {
    "cuts": sentence(
        "What lies beyond either end is not shared. Up to where do both logs surely say the same?"
    ),
}
MISTAKES: tuple[tuple[Callable[..., Any], str, str], ...] = (
    (
        lambda own, other: own,
        "cuts",
        sentence(
            "Nothing is cut: the old leader keeps records that no one else has, and offers two truths for one offset."
        ),
    ),
    (
        lambda own, other: other,
        "cuts",
        sentence(
            "The leader's end alone isn't enough: where its log of that epoch is the longer one, yours ends before."
        ),
    ),
    (
        lambda own, other: max(own, other),
        "cuts",
        sentence("The later of the two ends lies beyond what one of them has."),
    ),
    (
        lambda own, other: 0,
        "cuts",
        sentence(
            "Cutting everything is safe only as long as nobody dies: this follower may be in the ISR, and lead next."
        ),
    ),
)
CASES: tuple[Arguments, ...] = ((12, 9), (5, 7), (40, 40))
"""What the known mistakes are told apart by."""


def judge_truncation(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """A leader dies with records that it alone has, and comes back."""
    rule = theirs(sandbox, "truncation_offset")
    lonely = 3 + seed % 4
    with scenes.cluster(seed, rules=Rules(truncation_offset=rule)) as cluster:
        cluster.create_topic("orders", 1, 3)
        producer = cluster.producer({"acks": 1, "linger.ms": 0})
        old = cluster.snapshot().partition("orders", 0).leader or ""
        others = tuple(b for b in ("broker-1", "broker-2", "broker-3") if b != old)
        write(cluster, producer, 5)
        cluster.do(Cut((old,), others))
        write(cluster, producer, lonely)
        cluster.kill(old)
        cluster.run(12)
        cluster.do(Heal())
        new = cluster.snapshot().partition("orders", 0).leader
        write(cluster, producer, 2)
        back_s = cluster.now
        cluster.do(Restart(old, is_awaited=False))
        cluster.run(3)
        back = cluster.snapshot().partition("orders", 0)
        follows_s = scenes.moment_of(
            cluster, "BecameFollower", host=old, since_s=back_s
        )
        came_back = scenes.kept(cluster, follows_s)
    if rule.told(sheet, "cuts", HINTS["cuts"], seed):
        return
    ends = {one.broker: one.end for one in back.replicas}
    if len(set(ends.values())) > 1 or old not in back.isr:
        message = say(
            "{old} leads and writes 0 … {last} → nobody else gets {first} … {last} → {old} dies → {new} leads, and writes "
            "other records at {first} → {old} comes back, and its log ends at {end}, {new}'s at {good}: two values at one "
            "offset, and it never gets into the ISR",
            old=old,
            new=new,
            first=5,
            last=4 + lonely,
            end=ends[old],
            good=back.end,
        )
        sheet.fail("cuts", message, HINTS["cuts"], seed, came_back)
        return
    for own, other in CASES:
        got, end = rule(own, other), true_truncation_offset(own, other)
        message = say(
            "for the newest epoch that both know, the follower's log ends at {own} and the leader's at {other}; yours "
            "cuts at {got}: what both share ends elsewhere",
            own=own,
            other=other,
            got=got,
        )
        sheet.expect("cuts", got == end, message, HINTS["cuts"], seed)


def write(cluster: Cluster, producer: Any, count: int) -> None:
    """Acknowledged by the leader, and then a moment for the followers."""
    for n in range(count):
        producer.produce("orders", f"{n}")
    producer.flush(10)
    cluster.run(1.0)
