"""Exercise 9a: a monitor of the LAG, judged by what it says over whole runs, and by a group that obeys it."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from minikafka import Cluster
from minikafka.policy.consuming import Look, lag_status
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Raised, Sandbox
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage.load import WINDOW, Load

Case = tuple[str, Sequence[Look]]

PROPERTIES = {
    "lag": (
        sentence(
            "the LAG: never negative, from the log's start, None without a commit"
        ),
        1.0,
    ),
    "ok": (sentence("OK: who has read everything, or keeps up"), 1.0),
    "stall": (sentence("STALL: the commit stands still while records wait"), 1.0),
    "warn": (
        sentence("WARN: LAG grows, no commit, or a commit below the log's start"),
        1.0,
    ),
    "rewind": (sentence("REWIND: the commit went back"), 1.0),
    "rule": (sentence("the rule that fired"), 1.0),
    "alive": (
        sentence(
            "a group whose duty officer obeys it lives, and is left alone when it is well"
        ),
        2.0,
    ),
}
HINTS = {
    "lag": sentence(
        "Which records can the group still read? Those that were deleted are not among them."
    ),
    "ok": sentence("Who has nothing left to read is well, whatever the commit does."),
    "stall": sentence(
        "Two things at once: the same commit in every look, and something to read in every look."
    ),
    "warn": sentence(
        "The three rules of WARN stand in the table. In which order are they asked?"
    ),
    "rewind": sentence(
        "Compare each look with the one before it, not only the first with the last."
    ),
    "rule": sentence(
        "The status is right. The first row of the table that holds gives the name."
    ),
    "alive": sentence(
        "An alarm that is false sends somebody who does harm; one that is missing sends nobody."
    ),
}
BY_STATUS = {"OK": "ok", "STALL": "stall", "WARN": "warn", "REWIND": "rewind"}
FALSE_STALL = sentence(
    "Nobody writes there: there is nothing to commit. That a commit stands still is not enough."
)
NO_COMMIT = sentence("No commit is not 0: nobody knows where that group will begin.")
DELETED = sentence("You count records that retention has deleted.")
NEGATIVE = sentence(
    "Your LAG gets negative: a commit may have been read a moment later than the end."
)
SHRINKS = sentence(
    "A LAG may be large and shrink: that is no alarm. It is the slope that tells."
)
ONE_LOOK = sentence(
    "With one record that has just come, the group had no time yet: look at every look."
)

EDGES: tuple[Case, ...] = (
    ("a commit read later than the end", [(0, 5, 5), (0, 8, 8), (0, 12, 10)]),
    ("an idle topic", [(0, 9, 9)] * 5),
    ("the first record after a long pause", [(0, 9, 9)] * 4 + [(0, 9, 10)]),
    ("nobody has committed", [(0, None, 40)] * 5),
    ("the first commit", [(0, None, 40)] * 4 + [(0, 20, 40)]),
    ("a commit of 0", [(0, 0, 7)] * 5),
    ("an empty topic", [(0, 0, 0)] * 5),
    ("deleted by retention", [(0, 10, 90), (0, 10, 90), (60, 10, 95)]),
    ("deleted up to the end", [(0, 10, 90), (90, 10, 90)]),
    ("back and forth", [(0, 50, 60), (0, 20, 62), (0, 60, 64)]),
    ("slow but alive", [(0, 10, 40), (0, 20, 60), (0, 30, 80), (0, 40, 100)]),
    ("catching up", [(0, 10, 90), (0, 30, 95), (0, 60, 99)]),
    ("up and down", [(0, 10, 20), (0, 14, 30), (0, 30, 36), (0, 34, 50)]),
    ("one look", [(0, 3, 9)]),
    ("old records are gone, read long ago", [(50, 70, 80), (50, 75, 85), (60, 80, 90)]),
)


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Single windows, then those of whole runs, then groups that obey."""
    with Sandbox(code, ["lag_status"]) as sandbox:
        sandbox.must_define("lag_status")
        judge_windows(sandbox, sheet, list(EDGES), None)
        for seed in seeds:
            judge_windows(sandbox, sheet, windows_of_a_run(seed), seed)
        for name in BY_STATUS.values():
            sheet.seen(name)
        sheet.seen("lag")
        sheet.seen("rule")
        for seed in seeds:
            obeyed(sandbox, sheet, seed)


def windows_of_a_run(seed: int) -> list[Case]:
    """What a monitor sees in a night in which everything happens once."""
    random = Random(f"night/{seed}")
    with scenes.cluster(seed, brokers=1) as cluster:
        load = Load(cluster, "gates", "guards", partitions=2, speed=10, telling=False)
        load.run(2, 6)
        load.add_workers()
        load.run(random.randrange(6, 9), 24)
        load.add_workers()
        load.run(7, 10)
        load.drain()
        load.run(random.randrange(6, 9), 0)
        load.stop_working(random.randrange(2))
        load.run(7, 10)
        load.read_again(0, 10)
        load.read_again(1, 10)
        load.run(2, 10)
        load.delete_records()
        load.run(2, 10)
    return [
        (
            say("second {n}, partition {p}", n=f"{at:.0f}", p=p),
            [look for _, look in looks[max(0, i + 1 - WINDOW) : i + 1]],
        )
        for p, looks in sorted(load.looks.items())
        for i, (at, _) in enumerate(looks)
    ]


def judge_windows(
    sandbox: Sandbox, sheet: Sheet, cases: list[Case], seed: int | None
) -> None:
    """Each against the table; a mistake is told by the rule that should have fired."""
    answers = sandbox.call_each("lag_status", [(window,) for _, window in cases])
    for (where, window), got in zip(cases, answers, strict=True):
        status, rule, behind = lag_status(window)
        about = f"{where}: {window[-3:] if len(window) > 3 else window}"
        if isinstance(got, Raised):
            sheet.fail(
                BY_STATUS[status],
                f"{about}: {got.sentence}",
                HINTS[BY_STATUS[status]],
                seed,
            )
            continue
        if not isinstance(got, tuple | list) or len(got) != 3:
            raise AnswerFailed(
                say(
                    "`lag_status` returns three things: a status, the rule that fired, the LAG. Yours: {value}",
                    value=repr(got),
                )
            )
        if got[2] != behind or type(got[2]) is not type(behind):
            message = say(
                "{where}: LAG {got}, and it is {lag}",
                where=about,
                got=repr(got[2]),
                lag=repr(behind),
            )
            sheet.fail("lag", message, why_lag(window, got[2]), seed)
        if got[0] != status:
            message = say(
                "{where}: you say {got}, and it is {status}",
                where=about,
                got=repr(got[0]),
                status=status,
            )
            sheet.fail(
                BY_STATUS[status], message, why_status(rule, got[0], window), seed
            )
        elif got[1] != rule:
            message = say(
                "{where}: the rule is {got}, and {rule!r} fired",
                where=about,
                got=repr(got[1]),
                rule=rule,
            )
            sheet.fail("rule", message, HINTS["rule"], seed)


def why_lag(window: Sequence[Look], got: Any) -> str:
    """What may be wrong with a LAG."""
    _, committed, end = window[-1]
    if committed is None:
        return NO_COMMIT
    if type(got) is int and got < 0:
        return NEGATIVE
    return DELETED if got == end - committed else HINTS["lag"]


def why_status(rule: str, got: Any, window: Sequence[Look]) -> str:
    """What may be wrong with a status."""
    if rule == "caught up" and got == "STALL":
        return FALSE_STALL
    if (
        rule == "keeps up"
        and got == "STALL"
        and any(at == end for _, at, end in window)
    ):
        return ONE_LOOK
    if rule == "keeps up" and got == "WARN":
        return ONE_LOOK if any(at == end for _, at, end in window) else SHRINKS
    if rule == "no commit":
        return NO_COMMIT
    for status, name in BY_STATUS.items():
        if status == lag_status(window)[0]:
            return HINTS[name]
    return ""


def obeyed(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """Somebody does what the monitor says: first there are too few workers, then one hangs, then it is night."""
    said: list[Any] = []

    def monitor(window: Sequence[Look]) -> tuple[str, str, int | None]:
        got = sandbox.call("lag_status", [tuple(look) for look in window])
        said.append(got)
        if isinstance(got, tuple | list) and len(got) == 3:
            return (str(got[0]), str(got[1]), got[2] if type(got[2]) is int else None)
        return ("OK", "", None)

    with scenes.cluster(seed, brokers=1) as cluster:
        load = Load(
            cluster,
            "gates",
            "guards",
            partitions=2,
            speed=10,
            monitor=monitor,
            telling=False,
        )
        load.add_workers()
        load.run(24, 14, obey=True)
        calm = judge_actions(
            sheet, cluster, load, "added", 1, say("too few workers"), seed
        )
        load.stop_working(0)
        load.run(16, 10, obey=True)
        calm = calm and judge_actions(
            sheet, cluster, load, "replaced", 1, say("a worker that hangs"), seed
        )
        load.run(16, 0, obey=True)
        calm = calm and judge_actions(
            sheet, cluster, load, "replaced", 1, say("a quiet night"), seed
        )
        message = say("At the end of the night {n} records still wait.", n=load.lag)
        if calm:
            run = scenes.kept(cluster, cluster.now) if load.lag else None
            sheet.expect("alive", load.lag == 0, message, HINTS["alive"], seed, run)


def judge_actions(
    sheet: Sheet,
    cluster: Cluster,
    load: Load,
    what: str,
    want: int,
    when: str,
    seed: int,
) -> bool:
    """Was so often done what was needed, and nothing else?"""
    done = [action for _, action in load.actions]
    count = sum(action.startswith(what) for action in done)
    if count == want and len(done) == want + (what == "replaced"):
        return True
    told = "; ".join(f"{at:.0f} s: {action}" for at, action in load.actions) or say(
        "nothing"
    )
    message = say("{when}: what was done on your word: {told}", when=when, told=told)
    run = scenes.kept(cluster, cluster.now)
    sheet.fail("alive", message, HINTS["alive"], seed, run)
    return False


EXERCISE = Exercise(
    id="9a",
    title=sentence("A LAG monitor: your rule `lag_status`"),
    names=("lag_status",),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "First write what gives the LAG of one look. Then go down the table, and return at the first row that holds."
        ),
        sentence(
            "Make two lists: the commits of all looks that have one, and the LAGs. `itertools.pairwise(list)` gives each with "
            "the next one; `any` and `all` ask about every pair."
        ),
        sentence(
            "No commit in the last look; then any later commit smaller than the one before; then last commit below last "
            "start; then LAG 0; then, with more than one look, all commits equal and all LAGs above 0; then all LAGs "
            "above 0, the last above the first and never smaller from look to look; else it keeps up."
        ),
    ),
    minutes=15,
    more=6,
)
