"""Exercise 1a: the rule `lag`, judged on cases and in simulated clusters.

Rule: `true_lag` never leaves the grader's process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from minikafka import Rules
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Sandbox
from minikafka_lessons.grading.words import known, returned, same
from minikafka_lessons.language import say, sentence


def true_lag(
    log_end_offset: int, committed_offset: int | None, log_start_offset: int
) -> int | None:
    """What is right."""
    if committed_offset is None:
        return None
    return max(0, log_end_offset - max(committed_offset, log_start_offset))


PROPERTIES = {
    "between": (
        sentence("counts the records between the committed offset and the log's end"),
        2.0,
    ),
    "caught_up": (sentence("a group that has read everything has LAG 0"), 1.0),
    "no_commit": (sentence("no commit yet: the LAG is None, which is not 0"), 1.0),
    "not_negative": (sentence("never negative"), 1.0),
    "log_start": (sentence("records that were deleted unread no longer count"), 1.0),
    "alive": (sentence("inside a running cluster, it tells the truth"), 2.0),
}

CASES: dict[str, tuple[tuple[int, int | None, int], ...]] = {
    "between": (
        (10, 4, 0),
        (5, 0, 0),
        (3_000_000_000, 2_999_999_000, 0),
        (120, 100, 60),
    ),
    "caught_up": ((10, 10, 0), (0, 0, 0), (75, 75, 75)),
    "no_commit": ((10, None, 0), (0, None, 0), (10, None, 5)),
    "not_negative": ((10, 12, 0), (0, 1, 0), (8, 9, 8)),
    "log_start": ((100, 10, 40), (40, 10, 40), (100, 0, 99)),
}

HINTS = {
    "between": sentence(
        "The LAG lies between the *next* to read and the *next* to write. Which of the three offsets are these?"
    ),
    "caught_up": sentence(
        "A group that has read the last record has nothing left to read. Where do its two offsets stand then?"
    ),
    "no_commit": sentence(
        "Of a group that never committed nobody can say how far behind it is. What does the text want then?"
    ),
    "not_negative": sentence(
        "The two offsets may be read at different moments. How many records has any group at least to read?"
    ),
    "log_start": sentence(
        "What lies below the log's start is gone. From where on can this group still read?"
    ),
    "alive": sentence(
        "Inside the cluster the same rules hold as above: mend those first."
    ),
}


WHY = {
    "between": sentence("the group reads {committed} next, and {end} is written next"),
    "caught_up": sentence("everything is read"),
    "no_commit": sentence("it never committed"),
    "not_negative": sentence("the commit lies beyond the end, {end}"),
    "log_start": sentence("the log begins at {start} now"),
}


def expected(name: str, end: int, committed: int | None, start: int) -> str:
    """What is right for one case, and by which rule; not how to get there."""
    want = true_lag(end, committed, start)
    why = WHY.get(name)
    if why is None:
        return say("expected {value}", value=want)
    why = say(why, committed=committed, end=end, start=start)
    return say("expected {value}: {why}", value=want, why=why)


Rule = Callable[[int, Any, int], Any]
MISTAKES: tuple[tuple[Rule, str, str], ...] = (
    (
        lambda e, c, s: 0 if c is None else max(0, e - max(c, s)),
        "no_commit",
        sentence(
            "You return 0 for a group without a commit. 0 says “has read everything”; this group has read nothing."
        ),
    ),
    (
        lambda e, c, s: max(0, e - max(c or 0, s)),
        "no_commit",
        sentence(
            "You count a missing commit as offset 0. Nobody knows where that group will begin."
        ),
    ),
    (
        lambda e, c, s: None if not c else max(0, e - max(c, s)),
        "between",
        sentence(
            "0 is a real commit (nothing is read yet), and you take it for a missing one."
        ),
    ),
    (
        lambda e, c, s: None if c is None else max(0, e - max(c, s) - 1),
        "between",
        sentence(
            "One too few. The log end offset is not the last record's offset, it is the *next* one already."
        ),
    ),
    (
        lambda e, c, s: None if c is None else max(0, e - max(c, s) + 1),
        "between",
        sentence(
            "One too many. The committed offset is not the last one read, it is the *next* one already."
        ),
    ),
    (
        lambda e, c, s: None if c is None else e - max(c, s),
        "not_negative",
        sentence(
            "Your LAG gets negative when the end was read a moment before the commit. Nobody is ahead of the log."
        ),
    ),
    (
        lambda e, c, s: None if c is None else abs(e - max(c, s)),
        "not_negative",
        sentence(
            "`abs` turns “ahead by 2” into “behind by 2”. Who seems to be ahead has nothing left to read."
        ),
    ),
    (
        lambda e, c, s: None if c is None else max(0, e - c),
        "log_start",
        sentence(
            "You count records that retention has deleted. The group can't read them any more."
        ),
    ),
    (
        lambda e, c, s: None if c is None else e - c,
        "log_start",
        sentence(
            "End minus committed is the idea. Now the two borders: a commit beyond the end, and one below the log's start."
        ),
    ),
)


def judge_lag(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The table of cases, random ones from the hidden seeds, and a life in simulated clusters."""
    with Sandbox(code, ["lag"]) as sandbox:
        for name, cases in CASES.items():
            check_lag(sandbox, sheet, name, cases, None)
        for seed in seeds[1:]:
            for name, more in random_lag_cases(seed).items():
                check_lag(sandbox, sheet, name, more, seed)
        diagnosis = diagnose_lag(sandbox)
        if diagnosis is not None:
            sheet.sharpen(*diagnosis)
        for seed in seeds:
            live_lag(sandbox, sheet, seed)


def check_lag(
    sandbox: Sandbox, sheet: Sheet, name: str, cases: Sequence[Any], seed: int | None
) -> None:
    """One property on some cases."""
    for (end, committed, start), got in zip(
        cases, sandbox.call_each("lag", cases), strict=True
    ):
        want = true_lag(end, committed, start)
        if not same(got, want):
            sheet.fail(
                name,
                f"lag({end}, {committed}, {start}) {returned(got)}; {expected(name, end, committed, start)}",
                HINTS[name],
                seed,
            )
            return
    sheet.seen(name)


def random_lag_cases(seed: int) -> dict[str, list[tuple[int, int | None, int]]]:
    """Other numbers, the same five properties."""
    random = Random(seed)
    found: dict[str, list[tuple[int, int | None, int]]] = {name: [] for name in CASES}
    for _ in range(40):
        start = random.choice((0, random.randrange(1_000), random.randrange(1 << 40)))
        end = start + random.randrange(1, 5_000)
        found["between"].append((end, random.randrange(start, end), start))
        found["caught_up"].append((end, end, start))
        found["no_commit"].append((end, None, start))
        found["not_negative"].append((end, end + random.randrange(1, 50), start))
        if start:
            found["log_start"].append((end, random.randrange(0, start), start))
    return found


def diagnose_lag(sandbox: Sandbox) -> tuple[str, str] | None:
    """(property, hint) when the answer behaves exactly like a known mistake."""
    cases = [case for group in CASES.values() for case in group]
    got = sandbox.call_each("lag", cases)
    mistake = known(MISTAKES, cases, got)
    return mistake[1:] if mistake else None


def theirs(
    answers: Any, name: str, seen: list[tuple[Any, ...]] | None = None
) -> Callable[..., Any]:
    """The answer's rule in a cluster."""
    return scenes.rule(answers, name, true_lag, [] if seen is None else seen)


def live_lag(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """The rule in a cluster: `consumer.lag(committed=True)` against the snapshot of the same instant."""
    random = Random(seed)
    seen: list[tuple[Any, ...]] = []
    rules = Rules(lag=theirs(sandbox, "lag", seen))
    with scenes.cluster(
        seed, rules=rules, configs={"log.retention.check.interval.ms": 2_000}
    ) as cluster:
        cluster.create_topic(
            "weather", 3, configs={"retention.ms": 15_000, "segment.ms": 3_000}
        )
        for _ in range(3):
            scenes.write(cluster, "weather", list(scenes.rows(random, 40)))
            cluster.run(4)
        consumer = cluster.consumer(
            {
                "group.id": "dashboard",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
            }
        )
        consumer.subscribe(["weather"])
        for _ in range(random.randrange(30, 80)):
            consumer.poll(1.0)
        compare_lag(
            cluster, consumer, seen, sheet, seed, say("before the first commit")
        )
        consumer.commit(asynchronous=False)
        compare_lag(cluster, consumer, seen, sheet, seed, say("after a commit"))
        scenes.write(
            cluster, "weather", list(scenes.rows(random, random.randrange(10, 60)))
        )
        compare_lag(
            cluster, consumer, seen, sheet, seed, say("after more was produced")
        )
        cluster.run(30)
        compare_lag(
            cluster,
            consumer,
            seen,
            sheet,
            seed,
            say("after retention deleted old segments"),
        )
        consumer.close()


def compare_lag(
    cluster: Any, consumer: Any, seen: list[Any], sheet: Sheet, seed: int, when: str
) -> None:
    """What the rule said of each partition, and what is true."""
    seen.clear()
    told = consumer.lag(committed=True)
    for args, got in seen:
        if not same(got, true_lag(*args)):
            sheet.fail(
                "alive",
                f"{when}: lag({', '.join(map(str, args))}) {returned(got)}; {expected('alive', *args)}",
                HINTS["alive"],
                seed,
                scenes.kept(cluster, cluster.now),
            )
            return
    snapshot = cluster.snapshot()
    rows = {(o.topic, o.partition): o.lag for o in snapshot.group("dashboard").offsets}
    if {(tp.topic, tp.partition): value for tp, value in told.items()} == rows:
        sheet.seen("alive")
    else:
        sheet.fail(
            "alive",
            say(
                "{when}: the group's LAG in the cluster is {rows}, not {told}",
                when=when,
                rows=rows,
                told=told,
            ),
            HINTS["alive"],
            seed,
            scenes.kept(cluster, cluster.now),
        )


EXERCISE = Exercise(
    id="1a",
    title=sentence("How far behind? Your rule `lag`"),
    names=("lag",),
    properties=PROPERTIES,
    judge=judge_lag,
    hints=(
        sentence(
            "Draw the log as a line. Mark where it starts, what the group has committed (the next to read), and "
            "where it ends (the next to write). The LAG is a length on that line."
        ),
        sentence(
            "Three borders: no commit at all (`None`); a commit that lies before the log's start, because "
            "retention was faster than the group; a commit that lies beyond the end, because the end was read a "
            "moment earlier."
        ),
        sentence(
            "If `committed_offset is None`, return None. Else begin at `max(committed_offset, log_start_offset)`, "
            "and return what lies between there and the end, but at least 0."
        ),
    ),
    more=8,
    rule=theirs,
)
