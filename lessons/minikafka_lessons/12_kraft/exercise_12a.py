"""Exercise 12a: the rules `majority` and `grants_vote`, in quorums that live or die by them.

Rule: accidents by hand first, then disasters by chance, then a cluster; what breaks says itself which promise it was.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka import Rules
from minikafka.explore.quorums import Outcome, disaster
from minikafka.explore.quorums.scenes import (
    UNDISTURBED,
    long_log_of_an_old_epoch,
    one_comes_back,
    one_is_away,
    two_halves,
)
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Sandbox
from minikafka_lessons.language import sentence

from .their_rules import (
    MORE,
    TRIES,
    Mistake,
    judge_cluster,
    networks,
    sharpen,
    story,
    theirs,
    told_odd,
)

NAMES = ("majority", "grants_vote")
PROPERTIES = {
    "elects": (
        sentence(
            "both: a leader is elected as long as more than half live and hear each other"
        ),
        2.0,
    ),
    "counts": (
        sentence("majority: any two majorities have a voter in common"),
        2.0,
    ),
    "safe": (
        sentence(
            "grants_vote: an epoch has one leader, and it has all that was committed"
        ),
        3.0,
    ),
    "calm": (
        sentence("grants_vote: a leader that is heard goes on leading"),
        1.0,
    ),
    "cluster": (
        sentence("a cluster whose controllers die in turn loses no change"),
        2.0,
    ),
}
HINTS = {
    "counts": sentence(
        "Cut the voters into two groups that don't hear each other. Can both have what you call a majority?"
    ),
    "safe": sentence(
        "Two things make it safe: nobody votes twice in an epoch, and nobody votes for a log that has less than its own."
    ),
    "elects": sentence(
        "Somebody must be able to win: when all logs are the same, and also while a minority is dead."
    ),
    "calm": sentence(
        "Who knows of a leader in this epoch needs no other. Which of your arguments says so?"
    ),
    "cluster": sentence("First mend what stands above: here both decide together."),
}
VOTE_MISTAKES: tuple[Mistake, ...] = (
    (
        lambda *facts: True,
        "safe",
        sentence(
            "Yours votes for everybody who asks: two candidates of one epoch get the same vote."
        ),
    ),
    (
        lambda c, ce, cl, cend, e, voted, leader, last, end: (
            ce >= e and leader is None and (cl, cend) >= (last, end)
        ),
        "safe",
        sentence(
            "Yours doesn't look at whom it has voted for in this epoch: a second candidate gets the vote as well."
        ),
    ),
    (
        lambda c, ce, cl, cend, e, voted, leader, last, end: (
            ce >= e and leader is None and voted in (None, c)
        ),
        "safe",
        sentence(
            "Yours doesn't compare the logs: who was away while something was committed may lead, and it is lost."
        ),
    ),
    (
        lambda c, ce, cl, cend, e, voted, leader, last, end: (
            ce >= e and leader is None and voted in (None, c) and cend >= end
        ),
        "safe",
        sentence(
            "The longer log isn't always the better one: a leader that nobody heard may have written much. The epoch of "
            "the last record comes first."
        ),
    ),
    (
        lambda c, ce, cl, cend, e, voted, leader, last, end: (
            ce >= e and leader is None and voted in (None, c) and cl >= last
        ),
        "safe",
        sentence(
            "The last epochs may be the same, and one log still be longer. Then the ends have to be compared, too."
        ),
    ),
    (
        lambda c, ce, cl, cend, e, voted, leader, last, end: (
            ce >= e
            and leader is None
            and voted in (None, c)
            and cl >= last
            and cend >= end
        ),
        "elects",
        sentence(
            "A log with a newer last epoch is better also when it is shorter: yours would have it win in both, and then "
            "perhaps nobody can."
        ),
    ),
    (
        lambda c, ce, cl, cend, e, voted, leader, last, end: (
            ce >= e
            and leader is None
            and voted in (None, c)
            and (cl, cend) > (last, end)
        ),
        "elects",
        sentence(
            "With equal logs yours votes for nobody, and at the beginning all logs are equal."
        ),
    ),
    (
        lambda *facts: False,
        "elects",
        sentence("Yours votes for nobody, so nobody is ever elected."),
    ),
    (
        lambda c, ce, cl, cend, e, voted, leader, last, end: (
            ce >= e and voted in (None, c) and (cl, cend) >= (last, end)
        ),
        "calm",
        sentence(
            "Yours has one ear only: who hears a leader promises its vote to another all the same."
        ),
    ),
)
VOTE_CASES = (
    (1, 5, 3, 10, 4, None, None, 3, 10),
    (1, 5, 3, 10, 5, 1, None, 3, 10),
    (1, 5, 3, 10, 5, 2, None, 3, 10),
    (1, 5, 3, 10, 5, None, 2, 3, 10),
    (1, 5, 3, 9, 5, None, None, 3, 10),
    (1, 5, 2, 20, 5, None, None, 3, 10),
    (1, 5, 3, 8, 5, None, None, 2, 10),
)
"""What the known mistakes are told apart by."""
COUNT_MISTAKES: tuple[Mistake, ...] = (
    (
        lambda voters: 1,
        "counts",
        sentence("With a majority of one everybody elects itself."),
    ),
    (
        lambda voters: voters // 2,
        "counts",
        sentence("Half is not more than half: of 2 groups both may have it."),
    ),
    (
        lambda voters: (voters + 1) // 2,
        "counts",
        sentence(
            "That is right for 3 and 5. Of four voters both halves would have it."
        ),
    ),
    (
        lambda voters: voters,
        "elects",
        sentence(
            "If all have to agree, one dead controller stops everything; a single one would be safer."
        ),
    ),
)
COUNT_CASES = ((1,), (2,), (3,), (4,), (5,), (7,))
SCENES = (
    (two_halves, "counts"),
    (long_log_of_an_old_epoch, "safe"),
    (one_is_away, "elects"),
    (one_comes_back, "calm"),
)


def judge_votes(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Both rules, in all of it."""
    with Sandbox(code, list(NAMES)) as sandbox:
        sandbox.must_define(*NAMES)
        for seed in seeds:
            judge_quorums(sandbox, sheet, seed)
        sharpen(sandbox, sheet, "majority", COUNT_MISTAKES, COUNT_CASES, ("elects",))
        sharpen(
            sandbox,
            sheet,
            "grants_vote",
            VOTE_MISTAKES,
            VOTE_CASES,
            ("safe", "elects", "calm"),
        )
        if not any(sheet.failed(name) for name in PROPERTIES):
            for seed in seeds:
                judge_cluster(sandbox, sheet, NAMES, HINTS["cluster"], seed)


def judge_quorums(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """Accidents by hand, then by chance, as long as nothing has broken."""
    rules = {name: theirs(sandbox, name) for name in NAMES}
    where = {"majority": "counts", "grants_vote": "safe"}
    counts = [rules["majority"](*case) for case in COUNT_CASES]
    for scene, name in SCENES:
        for one in range(seed * TRIES, (seed + 1) * TRIES):
            outcome = scene(one, Rules(**rules))
            if told_odd(rules, sheet, where, HINTS, seed):
                return
            if outcome.broken is not None:
                failed(sheet, outcome, counts, seed)
                break
        else:
            sheet.seen(name)
    if any(sheet.failed(name) for name in ("counts", "safe", "elects")):
        return
    for one in networks(seed):
        outcome = disaster(one, Rules(**rules))
        if told_odd(rules, sheet, where, HINTS, seed):
            return
        if outcome.broken is not None:
            failed(sheet, outcome, counts, seed)
            return


def failed(sheet: Sheet, outcome: Outcome, counts: Sequence[int], seed: int) -> None:
    """Which promise it was: two groups can both be a majority where twice that many are no more than all."""
    assert outcome.broken is not None
    name = "safe"
    if outcome.is_stuck:
        name = "elects"
    elif outcome.broken.name == UNDISTURBED:
        name = "calm"
    elif any(
        2 * count <= voters
        for (voters,), count in zip(COUNT_CASES, counts, strict=True)
    ):
        name = "counts"
    sheet.fail(name, story(outcome), HINTS[name], seed)


EXERCISE = Exercise(
    id="12a",
    title=sentence("Who may lead: your rules"),
    names=NAMES,
    properties=PROPERTIES,
    judge=judge_votes,
    hints=(
        sentence(
            "`majority`: the smallest number that two groups can't both have. `grants_vote`: ask in turn. Is the candidate "
            "behind the times? Is there a leader already? Have I voted? Is its log as good as mine?"
        ),
        sentence(
            "More than half is half, rounded down, and one. An older epoch gets nothing; in your own epoch a leader or a "
            "vote for somebody else say no. (In a newer epoch, what you know of your own doesn't count any more.) Then "
            "compare the logs: the last epoch first, and only where it is the same, the end."
        ),
        sentence(
            "Three times a reason to say no: `candidate_epoch` is smaller than `epoch`; the epochs are the same, and "
            "`leader` isn't None; the epochs are the same, and `voted_for` is neither None nor the candidate. Otherwise "
            "compare two pairs, each of a last epoch and an end: Python compares pairs as Raft wants it."
        ),
    ),
    minutes=12,
    more=MORE,
    rule=theirs,
)
