"""Exercise 3a: the rule `batch_is_ready`, judged in a producer under a bursty and a slow load.

Rule: the same seeded load runs with Kafka's rule and with the answer; what counts is what left, when, and how late.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

from minikafka import Rules
from minikafka.cluster.run_file import RunFile
from minikafka.policy import batch_is_ready as true_rule
from minikafka.records.batch import BatchBuilder
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Raised, Sandbox
from minikafka_lessons.grading.words import known, returned
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage import traffic

NAME = "batch_is_ready"
RAISED = sentence("An exception is no answer: the batch stays where it is.")
PROPERTIES = {
    "answer": (sentence("the answer is True or False, each time"), 1.0),
    "full": (sentence("a full batch leaves at once"), 1.0),
    "linger": (sentence("no record waits longer than linger.ms"), 1.0),
    "early": (sentence("no batch leaves while it has both room and time"), 2.0),
    "bursty": (
        sentence("a bursty load: as few requests and as quick as Kafka's rule"),
        2.0,
    ),
    "slow": (
        sentence("a slow load: as few requests and as quick as Kafka's rule"),
        2.0,
    ),
}
HINTS = {
    "answer": sentence(
        "The producer asks a question that has two answers. Does every way through your function return one?"
    ),
    "full": sentence("Nothing more fits into a full batch. What is it waiting for?"),
    "linger": sentence(
        "linger.ms is the longest that a record waits for company, also when no company comes."
    ),
    "early": sentence(
        "A batch with room and with time left could still get more records for the same request."
    ),
    "bursty": sentence("Look at what stands above: mend that first."),
    "slow": sentence("Look at what stands above: mend that first."),
}

Rule = Callable[[int, int, float, float], bool]
MISTAKES: tuple[tuple[Rule, tuple[str, ...], str], ...] = (
    (
        lambda size, most, waited, linger: True,
        ("early", "bursty", "slow"),
        sentence(
            "Your rule has no patience: each record takes a request of its own, and soon the requests stand in a queue."
        ),
    ),
    (
        lambda size, most, waited, linger: False,
        ("full", "linger", "bursty", "slow"),
        sentence("Your rule never lets a batch go. Which two reasons does one have?"),
    ),
    (
        lambda size, most, waited, linger: size >= most,
        ("linger", "bursty", "slow"),
        sentence(
            "Your rule waits for a full batch, however long that takes. On a quiet evening the last record never leaves."
        ),
    ),
    (
        lambda size, most, waited, linger: waited >= linger,
        ("full", "bursty"),
        sentence(
            "Your rule looks at the clock only. A full batch gains nothing by waiting."
        ),
    ),
    (
        lambda size, most, waited, linger: size >= most and waited >= linger,
        ("full", "linger", "bursty", "slow"),
        sentence(
            "Your rule wants both reasons at once. Each of them is enough by itself."
        ),
    ),
    (
        lambda size, most, waited, linger: size > most or waited > linger,
        ("full", "linger", "bursty", "slow"),
        sentence(
            "Look at the very edge: a batch of exactly batch.size is full, and one that has waited exactly linger.ms "
            "has waited long enough."
        ),
    ),
    (
        lambda size, most, waited, linger: size > most or waited >= linger,
        ("full", "bursty"),
        sentence(
            "Look at the very edge: a batch of exactly batch.size is full. It can't get any bigger."
        ),
    ),
    (
        lambda size, most, waited, linger: size >= most or waited > linger,
        ("linger", "slow"),
        sentence(
            "Look at the very edge: who has waited exactly linger.ms has waited long enough."
        ),
    ),
    (
        lambda size, most, waited, linger: size >= linger or waited >= most,
        ("early", "full", "linger", "bursty", "slow"),
        sentence(
            "You compare bytes with milliseconds. Look at the order of the four arguments."
        ),
    ),
    (
        lambda size, most, waited, linger: size >= most or waited >= linger * 1000,
        ("linger", "bursty", "slow"),
        sentence(
            "Both times are in milliseconds already: nothing has to be converted."
        ),
    ),
    (
        lambda size, most, waited, linger: size >= most or waited / 1000 >= linger,
        ("linger", "bursty", "slow"),
        sentence(
            "Both times are in milliseconds already: nothing has to be converted."
        ),
    ),
    (
        lambda size, most, waited, linger: size >= most or waited * 1000 >= linger,
        ("early", "bursty", "slow"),
        sentence(
            "Both times are in milliseconds already: nothing has to be converted."
        ),
    ),
    (
        lambda size, most, waited, linger: not (size >= most or waited >= linger),
        ("early", "full", "linger", "bursty", "slow"),
        sentence("It is the other way round: True lets the batch go, False keeps it."),
    ),
    (
        lambda size, most, waited, linger: size >= most / 2 or waited >= linger,
        ("early", "bursty"),
        sentence("Half full is not full: the other half would travel for nothing."),
    ),
)
HOPELESS_MS = 20.0
"""So much later than linger.ms, and nobody believes any more that the batch will leave."""


def cases_for(seed: int) -> list[tuple[int, int, float, float]]:
    """Batches at and around both edges."""
    random = Random(seed)
    found: list[tuple[int, int, float, float]] = []
    for _ in range(6):
        most, linger = (
            random.choice((1_000, 4_000, 16_384)),
            random.choice((5.0, 20.0, 500.0)),
        )
        for size in (90, most // 3, most * 3 // 4, most - 1, most, most + 40):
            for waited in (
                0.0,
                linger * 0.1,
                linger * 0.9,
                linger,
                linger + 0.1,
                linger * 3,
            ):
                found.append((size, most, waited, linger))
    found += [
        (90, 16_384, 0.0, 0.0),
        (90, 1_000, 400.0, 500.0),
        (16_384, 16_384, 0.0, 0.0),
    ]
    return found


def judge_ready(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The edges one by one; then both loads of each seed."""
    with Sandbox(code, [NAME]) as sandbox:
        sandbox.must_define(NAME)
        cases = [case for seed in seeds for case in cases_for(seed)]
        got = sandbox.call_each(NAME, cases)
        for case, value in zip(cases, got, strict=True):
            judge_case(case, value, sheet)
        for seed in seeds:
            for load in ("bursty", "slow"):
                judge_load(sandbox, sheet, seed, load)
        if mistake := known(MISTAKES, cases, got):
            _, names, hint = mistake
            for name in names:
                sheet.sharpen(name, hint)


def judge_case(case: tuple[int, int, float, float], value: Any, sheet: Sheet) -> None:
    """One question, one answer."""
    size, most, waited, linger = case
    told = f"{NAME}({size}, {most}, {waited:g}, {linger:g}) {returned(value)}"
    hint = RAISED if isinstance(value, Raised) else HINTS["answer"]
    if not sheet.expect("answer", type(value) is bool, told, hint):
        for name in ("full", "linger", "early"):
            sheet.fail(name, told, hint)
        return
    if size >= most:
        sheet.expect("full", value, told, HINTS["full"])
    if waited >= linger:
        sheet.expect("linger", value, told, HINTS["linger"])
    if size < most and waited < linger:
        sheet.expect("early", not value, told, HINTS["early"])


@dataclass
class Asked:
    """The answer's rule in a producer. Kafka's stands in where nothing can be made of it, call by call: what is played
    again decides the same."""

    sandbox: Any
    trouble: str = ""
    """Why nothing could be made of it, the first time."""
    first: dict[str, str] = field(default_factory=dict)
    """The first wrong decision of each kind."""
    moments: dict[str, float] = field(default_factory=dict)
    """When those were, and the first trouble ("")."""
    now: Callable[[], float] = field(default=lambda: 0.0)

    def __call__(
        self, size: int, most: int, waited_ms: float, linger_ms: float
    ) -> bool:
        right = true_rule(size, most, waited_ms, linger_ms)
        value = self.sandbox.call(NAME, size, most, waited_ms, linger_ms)
        if isinstance(value, Raised) or type(value) is not bool:
            self._note(
                f"{NAME}({size}, {most}, {waited_ms:g}, {linger_ms:g}) {returned(value)}"
            )
            return right
        kind = "early" if value else "full" if size >= most else "linger"
        if value != right and kind not in self.first and not self.trouble:
            self.moments[kind] = self.now()
            self.first[kind] = say(
                "At {at:.4f} s a batch had {size:,} of {most:,} bytes and had waited {waited:g} of {linger:g} ms: your "
                "rule said {value}.",
                at=self.now(),
                size=size,
                most=most,
                waited=waited_ms,
                linger=linger_ms,
                value=value,
            )
        if not value and waited_ms > linger_ms + HOPELESS_MS:
            self._note(
                say(
                    "A batch had waited {waited:g} ms, with linger.ms {linger:g}, and your rule still kept it.",
                    waited=waited_ms,
                    linger=linger_ms,
                )
            )
            return right
        return value

    def _note(self, trouble: str) -> None:
        if not self.trouble:
            self.trouble = trouble
            self.moments[""] = self.now()


def room_for(records: int, value: bytes) -> int:
    """The `batch.size` of which so many records fill all."""
    builder = BatchBuilder(1_000_000)
    for _ in range(records):
        builder.try_append(0, None, value, ())
    return builder.size_bytes


def load_for(seed: int, load: str) -> tuple[dict[str, Any], list[float], bytes]:
    """A producer's settings, the pauses in ms, and each record."""
    random = Random(f"{seed} {load}")
    linger = random.choice((12, 15, 18))
    value = bytes(random.randrange(30, 44))
    if load == "slow":
        every = random.choice((4.1, 5.3, 7.1))
        return (
            {"linger.ms": linger, "batch.size": 16_384},
            traffic.steady(50, every),
            value,
        )
    full = random.randrange(9, 16)
    pauses: list[float] = []
    # Bursts that fill two batches to the last byte, and such that leave a rest.
    for records in (2 * full, full + 3, 2 * full, 4):
        pauses += [40.0, *[0.3] * (records - 1)]
    return {"linger.ms": linger, "batch.size": room_for(full, value)}, pauses, value


def play(
    seed: int, load: str, rule: Rule
) -> tuple[traffic.Outcome, dict[str, RunFile | None]]:
    """The load of a seed, with this rule; and its run, with a mark at each of the moments that the rule noted."""
    config, pauses, value = load_for(seed, load)
    with scenes.cluster(seed, rules=Rules(batch_is_ready=rule)) as cluster:
        cluster.create_topic("readings", 1)
        moments: dict[str, float] = {}
        if isinstance(rule, Asked):
            rule.now, moments = (lambda: cluster.now), rule.moments
        outcome = traffic.send(
            cluster, cluster.producer(config), "readings", pauses, [value]
        )
        moments = {"end": min(moments.values(), default=cluster.now), **moments}
        return outcome, {kind: scenes.kept(cluster, at) for kind, at in moments.items()}


def judge_load(sandbox: Sandbox, sheet: Sheet, seed: int, load: str) -> None:
    """As few requests and as quick as with Kafka's rule, which is asked the same."""
    asked = Asked(sandbox)
    want, _ = play(seed, load, true_rule)
    got, runs = play(seed, load, asked)
    for kind, message in asked.first.items():
        sheet.fail(kind, message, HINTS[kind], seed, runs[kind])
    if asked.trouble:
        sheet.fail(load, asked.trouble, HINTS[load], seed, runs[""])
        return
    if got.requests > want.requests * 1.05:
        message = say(
            "A flood of requests: {got} for {n} records; Kafka's rule needs {want}.",
            got=got.requests,
            n=got.records,
            want=want.requests,
        )
        sheet.fail(load, message, HINTS[load], seed, runs["end"])
    elif got.slowest_ms > want.slowest_ms + 3 or got.median_ms > want.median_ms + 2:
        message = say(
            "Too late: half of the records took more than {median:.1f} ms, the slowest {got:.1f}; with Kafka's rule "
            "{want_median:.1f} and {want:.1f}.",
            median=got.median_ms,
            got=got.slowest_ms,
            want_median=want.median_ms,
            want=want.slowest_ms,
        )
        sheet.fail(load, message, HINTS[load], seed, runs["end"])
    else:
        sheet.seen(load)


EXERCISE = Exercise(
    id="3a",
    title=sentence("When does a batch leave? Your rule `batch_is_ready`"),
    names=(NAME,),
    properties=PROPERTIES,
    judge=judge_ready,
    hints=(
        sentence(
            "A batch has two reasons to go. One looks at its bytes, the other at the clock."
        ),
        sentence(
            "Either reason is enough by itself. And at the very edge (exactly full, exactly long enough) it goes."
        ),
        sentence(
            "Compare the first argument with the second, and the third with the fourth, both with “at least”; join "
            "the two comparisons with “or”, and return that."
        ),
    ),
    minutes=10,
    more=8,
    rule=lambda answers, _: Asked(answers),
)
