"""Lesson 9, as learners answer it."""

LAG_STATUS = """
from itertools import pairwise


def lag_status(window):
    start, committed, _ = window[-1]
    if committed is None:
        return ("WARN", "no commit", None)
    looks = [look for look in window if look[1] is not None]
    commits = [at for _, at, _ in looks]
    lags = [max(0, end - max(at, first)) for first, at, end in looks]
    lag = lags[-1]
    if any(later < earlier for earlier, later in pairwise(commits)):
        return ("REWIND", "commit went back", lag)
    if committed < start:
        return ("WARN", "commit below log start", lag)
    if lag == 0:
        return ("OK", "caught up", lag)
    if len(looks) == len(window) > 1 and len(set(commits)) == 1 and 0 not in lags:
        return ("STALL", "commit stands still", lag)
    if 0 not in lags and lag > lags[0] and all(later >= earlier for earlier, later in pairwise(lags)):
        return ("WARN", "lag grows", lag)
    return ("OK", "keeps up", lag)
"""
_CAUGHT_UP = """    if lag == 0:
        return ("OK", "caught up", lag)
"""
_STALL = """    if len(looks) == len(window) > 1 and len(set(commits)) == 1 and 0 not in lags:
        return ("STALL", "commit stands still", lag)
"""

WRONG_LAG_STATUS = {
    "an idle topic stalls": (
        LAG_STATUS.replace(_CAUGHT_UP, "").replace(" and 0 not in lags", ""),
        "there is nothing to commit",
    ),
    "no commit is 0": (
        LAG_STATUS.replace('return ("WARN", "no commit", None)', 'return ("OK", "caught up", 0)'),
        "No commit is not 0",
    ),
    "negative": (
        LAG_STATUS.replace("max(0, end - max(at, first))", "end - max(at, first)"),
        "Your LAG gets negative",
    ),
    "deleted records count": (
        LAG_STATUS.replace("max(0, end - max(at, first))", "max(0, end - at)"),
        "retention has deleted",
    ),
    "first and last only": (
        LAG_STATUS.replace(
            "any(later < earlier for earlier, later in pairwise(commits))", "commits[-1] < commits[0]"
        ),
        "Compare each look with the one before it",
    ),
    "has just come": (
        LAG_STATUS.replace(_STALL, _STALL.replace(" and 0 not in lags", "")),
        "the group had no time yet",
    ),
    "never stalls": (LAG_STATUS.replace(_STALL, ""), "Two things at once"),
    "above a limit": (
        LAG_STATUS.replace(
            "    if 0 not in lags and lag > lags[0] and all(later >= earlier for earlier, later in pairwise(lags)):",
            "    if lag > 30:",
        ),
        "The three rules of WARN",
    ),
    "another name": (LAG_STATUS.replace('"lag grows"', '"growing"'), "The first row of the table"),
    "a text": ("def lag_status(window):\n    return 'OK'\n", "returns three things"),
}

PARTITIONS_FOR = """
def partitions_for(load, produce, consume, present):
    return max(present, (load + produce - 1) // produce, (load + consume - 1) // consume)
"""


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

MORE = 'prediction = {"three": 3, "hot": 1, "workers": 3, "grows": 90, "home": 4, "backlog": 0}\n'
WRONG_MORE = {
    "a key uses all": (MORE.replace('"hot": 1', '"hot": 3'), "if the records could use all three"),
    "all six work": (MORE.replace("90", "0"), "You let all six work"),
    "two are enough": (MORE.replace('"workers": 3', '"workers": 2'), "each second 20 records are left over"),
    "records move": (MORE.replace('"backlog": 0', '"backlog": 450'), "somebody who carries records"),
    "counted from 1": (MORE.replace('"home": 4', '"home": 6'), "numbered from 0"),
    "another remainder": (MORE.replace('"home": 4', '"home": 5'), "another remainder by three"),
    "a text": (MORE.replace('"three": 3', '"three": "3"'), "without quotes"),
}

RIGHT = {"9a": LAG_STATUS, "9b": PARTITIONS_FOR, "9c": MORE}
WRONG = {"9a": WRONG_LAG_STATUS, "9b": WRONG_PARTITIONS_FOR, "9c": WRONG_MORE}
SKELETONS = {
    "9a": "def lag_status(w):\n    raise NotImplementedError\n",
    "9b": "def partitions_for(l, p, c, n):\n    raise NotImplementedError\n",
    "9c": 'prediction = {"three": None, "hot": None, "workers": None, "grows": None, "home": None, "backlog": None}\n',
}
