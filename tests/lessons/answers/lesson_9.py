"""Lesson 9, as learners answer it."""

from answers.solutions import RIGHT

LAG_STATUS = RIGHT["9a"]
_CAUGHT_UP = """    if lag == 0:
        return ("OK", "caught up", 0)
"""
_STALL = """    if waits and len(looks) == len(window) > 1 and len(set(commits)) == 1:
        return ("STALL", "commit stands still", lag)
"""

WRONG_LAG_STATUS = {
    "an idle topic stalls": (
        LAG_STATUS.replace(_CAUGHT_UP, "").replace("if waits and len", "if len"),
        "there is nothing to commit",
    ),
    "no commit is 0": (
        LAG_STATUS.replace('return ("WARN", "no commit", None)', 'return ("OK", "caught up", 0)'),
        "No commit is not 0",
    ),
    "negative": (
        LAG_STATUS.replace("max(0, last - max(at, first))", "last - max(at, first)"),
        "Your LAG gets negative",
    ),
    "deleted records count": (
        LAG_STATUS.replace("max(0, last - max(at, first))", "max(0, last - at)"),
        "retention has deleted",
    ),
    "first and last only": (
        LAG_STATUS.replace(
            "any(later < earlier for earlier, later in pairwise(commits))", "commits[-1] < commits[0]"
        ),
        "Compare each look with the one before it",
    ),
    "has just come": (
        LAG_STATUS.replace(_STALL, _STALL.replace("waits and ", "")),
        "the group had no time yet",
    ),
    "never stalls": (LAG_STATUS.replace(_STALL, ""), "Two things at once"),
    "above a limit": (
        LAG_STATUS.replace(
            "    if waits and grows and lag > lags[0]:",
            "    if lag > 30:",
        ),
        "The three rules of WARN",
    ),
    "another name": (LAG_STATUS.replace('"lag grows"', '"growing"'), "The first row of the table"),
    "a text": ("def lag_status(window):\n    return 'OK'\n", "returns three things"),
}


def _partitions_for(result):
    return f"def partitions_for(load, produce, consume, present):\n    return {result}\n"


WRONG_PARTITIONS_FOR = {
    "readers only": (_partitions_for("max(present, -(-load // consume))"), "however fast the workers are"),
    "writers only": (_partitions_for("max(present, -(-load // produce))"), "Each partition has one worker"),
    "rounded down": (_partitions_for("max(1, present, load // produce, load // consume)"), "needs a third"),
    "fewer": (_partitions_for("max(1, -(-load // produce), -(-load // consume))"), "Kafka refuses"),
    "one to spare": (
        _partitions_for("max(present, load // produce + 1, load // consume + 1)"),
        "the fewest that do",
    ),
    "both together": (_partitions_for("max(present, -(-load // produce) + -(-load // consume))"), "fewer do"),
    "a fraction": (_partitions_for("max(present, load / produce, load / consume)"), "a whole number"),
}

MORE = RIGHT["9c"]
WRONG_MORE = {
    "a key uses all": (MORE.replace('"hot": 1', '"hot": 3'), "if the records could use all three"),
    "all six work": (MORE.replace("90", "0"), "You let all six work"),
    "two are enough": (MORE.replace('"workers": 3', '"workers": 2'), "each second 20 records are left over"),
    "records move": (MORE.replace('"backlog": 0', '"backlog": 450'), "somebody who carries records"),
    "counted from 1": (MORE.replace('"home": 4', '"home": 6'), "numbered from 0"),
    "another remainder": (MORE.replace('"home": 4', '"home": 5'), "another remainder by three"),
    "a text": (MORE.replace('"three": 3', '"three": "3"'), "without quotes"),
}

WRONG = {"9a": WRONG_LAG_STATUS, "9b": WRONG_PARTITIONS_FOR, "9c": WRONG_MORE}
