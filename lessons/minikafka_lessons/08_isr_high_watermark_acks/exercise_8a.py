"""Exercise 8a: the rules `high_watermark`, `is_in_sync`, `truncation_offset`, each in a cluster that lives or dies by it.

Rule: a run judges by its invariants and by what clients saw (`minikafka.explore`); of a broken run the steps that led
there are told: what befell, what broke by its name, and the first bad event.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from minikafka import Cluster, Rules
from minikafka.commands import CreateTopic, Cut, Heal, Kill, Restart, Slow
from minikafka.explore import Fault, Report, Workload, Writing, run
from minikafka.explore.workload import PATIENT
from minikafka.policy import high_watermark as true_high_watermark
from minikafka.policy import is_in_sync as true_is_in_sync
from minikafka.policy import truncation_offset as true_truncation_offset
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Raised, Sandbox
from minikafka_lessons.grading.words import returned
from minikafka_lessons.language import say, sentence

PROPERTIES = {
    "waits": (
        sentence(
            "high_watermark: nothing counts as committed before the whole ISR has it"
        ),
        2.0,
    ),
    "moves": (
        sentence(
            "high_watermark: what the whole ISR has is committed, and acks=all is answered"
        ),
        1.0,
    ),
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
    "cuts": (
        sentence(
            "truncation_offset: an old leader cuts off what nobody else has, and no more"
        ),
        2.0,
    ),
    "alive": (
        sentence("a cluster with all three rules loses nothing while brokers die"),
        2.0,
    ),
}
HINTS = {
    "waits": sentence(
        "One of the ISR may be leader in a second. Which end offset do *all* of them have reached, the slowest too?"
    ),
    "moves": sentence(
        "A write with acks=all is answered when the high watermark has passed it. Does yours come as far as the ISR?"
    ),
    "falls": sentence(
        "A new leader doesn't know yet how far the others are: their end may be given as −1. What was committed once "
        "stays committed."
    ),
    "leaves": sentence(
        "How long has the follower not had everything? Compare that time with the limit; all three are milliseconds."
    ),
    "stays": sentence(
        "Behind is not out of sync. It is when the time since it last had everything is longer than the limit."
    ),
    "cuts": sentence(
        "What lies beyond either end is not shared. Up to where do both logs surely say the same?"
    ),
    "alive": sentence("First mend what stands above: here all three decide together."),
}
Arguments = tuple[Any, ...]
MISTAKES: tuple[tuple[str, str, Callable[..., Any], str], ...] = (
    (
        "waits",
        "high_watermark",
        lambda current, end, ends: end,
        sentence(
            "The largest end is the leader's: if it dies now, what it alone has dies with it."
        ),
    ),
    (
        "waits",
        "high_watermark",
        lambda current, end, ends: sorted([end, *ends])[len(ends) // 2],
        sentence(
            "A majority is Raft's rule. In Kafka any one of the ISR may become leader, also the slowest."
        ),
    ),
    (
        "waits",
        "high_watermark",
        lambda current, end, ends: min([end, *ends]) + 1,
        sentence(
            "One too far: an end offset is the *next* to write, so that all below it is there."
        ),
    ),
    (
        "moves",
        "high_watermark",
        lambda current, end, ends: current,
        sentence("Yours never moves, so that nothing is ever committed."),
    ),
    (
        "moves",
        "high_watermark",
        lambda current, end, ends: max(current, min([end, *ends]) - 1),
        sentence(
            "One too few: an end offset is the *next* to write, so that all below it is there."
        ),
    ),
    (
        "leaves",
        "is_in_sync",
        lambda now, last, limit: True,
        sentence(
            "Yours says True for ever: a dead follower would hold up every write with acks=all."
        ),
    ),
    (
        "leaves",
        "is_in_sync",
        lambda now, last, limit: last - now <= limit,
        sentence(
            "The later moment minus the earlier one is the time that has passed. Yours is negative."
        ),
    ),
    (
        "stays",
        "is_in_sync",
        lambda now, last, limit: last >= now,
        sentence("Yours allows no delay at all; the limit says how much there may be."),
    ),
    (
        "stays",
        "is_in_sync",
        lambda now, last, limit: now - last <= limit / 1000,
        sentence("The limit is in milliseconds already."),
    ),
    (
        "stays",
        "is_in_sync",
        lambda now, last, limit: now - last > limit,
        sentence("The wrong way round: you keep those who are late."),
    ),
    (
        "cuts",
        "truncation_offset",
        lambda own, other: own,
        sentence(
            "Nothing is cut: the old leader keeps records that no one else has, and offers two truths for one offset."
        ),
    ),
    (
        "cuts",
        "truncation_offset",
        lambda own, other: other,
        sentence(
            "The leader's end alone isn't enough: where its log of that epoch is the longer one, yours ends before."
        ),
    ),
    (
        "cuts",
        "truncation_offset",
        lambda own, other: max(own, other),
        sentence("The later of the two ends lies beyond what one of them has."),
    ),
    (
        "cuts",
        "truncation_offset",
        lambda own, other: 0,
        sentence(
            "Cutting everything is safe only as long as nobody dies: this follower may be in the ISR, and lead next."
        ),
    ),
)
CASES: dict[str, tuple[Arguments, ...]] = {
    "high_watermark": ((3, 9, (9, 7, 5)), (5, 9, (9, 9, 9)), (4, 8, (8, 6))),
    "is_in_sync": (
        (90_000, 88_000, 30_000),
        (90_000, 20_000, 30_000),
        (90_000, 89_980, 30_000),
        (90_000, 90_000, 30_000),
    ),
    "truncation_offset": ((12, 9), (5, 7), (40, 40)),
}
"""What the known mistakes are told apart by."""
TOPIC = CreateTopic("orders", 1, 3, {"min.insync.replicas": "2"})
TRUE: dict[str, Callable[..., Any]] = {
    "high_watermark": true_high_watermark,
    "is_in_sync": true_is_in_sync,
    "truncation_offset": true_truncation_offset,
}


def judge_rules(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Each rule in scenes of its own, then all three in one."""
    with Sandbox(code, list(TRUE)) as sandbox:
        for name in TRUE:
            if sandbox.defined.get(name) != "function":
                raise AnswerFailed(
                    say("There is no function {name} in the answer.", name=name)
                )
        for seed in seeds:
            judge_high_watermark(sandbox, sheet, seed)
            judge_in_sync(sandbox, sheet, seed)
            judge_truncation(sandbox, sheet, seed)
        if not any(sheet.failed(name) for name in PROPERTIES):
            for seed in seeds:
                judge_alive(sandbox, sheet, seed)
        sharpen(sandbox, sheet)


def sharpen(sandbox: Sandbox, sheet: Sheet) -> None:
    """Known mistakes have words of their own."""
    for name in TRUE:
        got = sandbox.call_each(name, CASES[name])
        for where, whose, rule, hint in MISTAKES:
            if whose == name and got == [rule(*case) for case in CASES[name]]:
                sheet.sharpen(where, hint)
                break


class Theirs:
    """The answer's rule in a cluster; what is no value of such a rule is kept, and ours stands in."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self.sandbox, self.name = sandbox, name
        self.kind: type = bool if name == "is_in_sync" else int
        self.odd: tuple[Arguments, Any] | None = None
        self._known: dict[Arguments, Any] = {}

    def __call__(self, *args: Any) -> Any:
        plain = tuple(tuple(a) if isinstance(a, list | tuple) else a for a in args)
        if plain not in self._known:
            value = self.sandbox.call(self.name, *plain)
            if type(value) is not self.kind:
                self.odd = self.odd or (plain, value)
                value = TRUE[self.name](*args)
            self._known[plain] = value
        return self._known[plain]

    def told(self, sheet: Sheet, where: str, seed: int) -> bool:
        """Was it answered with something else than a value?"""
        if self.odd is None:
            return False
        args, value = self.odd
        what = say("True or False") if self.kind is bool else say("an offset, an int")
        message = say(
            "{name}{args} {did}; expected {what}",
            name=self.name,
            args=args,
            did=returned(value),
            what=what,
        )
        hint = HINTS[where] if not isinstance(value, Raised) else ""
        sheet.fail(where, message, hint or HINTS[where], seed)
        return True


def story(report: Report) -> str:
    """A broken run, step by step."""
    assert report.broken is not None
    steps = [" ".join(line.split()) for line in report.befell]
    last = f"{report.broken.at_s:.3f} s {report.broken.name}: {report.broken.sentence}"
    if report.broken.event:
        steps.append(" ".join(report.broken.event.split()))
    return " → ".join([*steps, last])


def judge_high_watermark(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """A slow network, and the leader dies."""
    rule = Theirs(sandbox, "high_watermark")
    random = Random(f"8a/{seed}")
    work = Workload((TOPIC,), (Writing("orders", PATIENT),), lasts_s=4.0)
    faults = (
        Fault(0.5, Slow(0.001, random.choice((0.2, 0.3, 0.4)))),
        Fault(2.0 + random.random(), Kill("broker-1"), whom="leader of orders-0"),
    )
    report = run(seed, work, faults, rules=Rules(high_watermark=rule))
    if rule.told(sheet, "waits", seed):
        return
    if report.broken is None:
        sheet.seen("waits")
        sheet.seen("moves")
    elif report.broken.kind == "progress":
        sheet.fail("moves", story(report), HINTS["moves"], seed, report.run)
    else:
        falls = "falls" in report.broken.name or "start ≤" in report.broken.name
        hint = HINTS["falls" if falls else "waits"]
        sheet.fail("waits", story(report), hint, seed, report.run)


def judge_in_sync(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """One follower hears late, and then nothing any more."""
    rule = Theirs(sandbox, "is_in_sync")
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
        if rule.told(sheet, "stays", seed):
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


def judge_truncation(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """A leader dies with records that it alone has, and comes back."""
    rule = Theirs(sandbox, "truncation_offset")
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
    if rule.told(sheet, "cuts", seed):
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
    for own, other in CASES["truncation_offset"]:
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


def judge_alive(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """All three, while brokers die and the network is cut."""
    random = Random(f"8a/alive/{seed}")
    mine = {name: Theirs(sandbox, name) for name in TRUE}
    victim = random.choice(("broker-2", "broker-3"))
    faults = (
        Fault(0.5, Slow(0.001, 0.1)),
        Fault(1.0, Kill("broker-1"), whom="leader of orders-0"),
        Fault(12.0, Restart("broker-1", is_awaited=False)),
        Fault(14.0, Cut((victim,))),
        Fault(16.0, Heal()),
    )
    work = Workload((TOPIC,), (Writing("orders", PATIENT),), every_s=0.5, lasts_s=18)
    report = run(seed, work, faults, rules=Rules(**mine))
    holds = report.broken is None
    message = "" if holds else story(report)
    sheet.expect("alive", holds, message, HINTS["alive"], seed, report.run)


EXERCISE = Exercise(
    id="8a",
    title=sentence("Three rules that keep records: yours"),
    names=tuple(TRUE),
    properties=PROPERTIES,
    judge=judge_rules,
    hints=(
        sentence(
            "Each is one line. `high_watermark`: how far has the slowest got? `is_in_sync`: how long has it been "
            "behind? `truncation_offset`: up to where do both have the same?"
        ),
        sentence(
            "The slowest is the smallest end offset, the leader's among them; but what was committed once stays so, "
            "whatever a new leader doesn't know yet. The time behind is now minus then. And shared is what lies "
            "before both ends."
        ),
        sentence(
            "The smallest of the leader's and the followers' end offsets, and the larger of that and `current`; the "
            "difference of the two moments is at most the limit; the smaller of the two ends."
        ),
    ),
    minutes=12,
    rule=Theirs,
)
