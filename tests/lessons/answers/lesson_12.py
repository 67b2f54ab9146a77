"""Lesson 12, as learners answer it."""

from answers.solutions import RIGHT

_MAJORITY, _VOTE = RIGHT["12a"].split_at("def grants_vote")
_APPEND, _COMMIT = RIGHT["12b"].split_at("def commit_offset")


def _majority(value):
    return f"def majority(voters):\n    return {value}\n\n\n{_VOTE}"


def _vote(value):
    return f"{_MAJORITY}def grants_vote(c, ce, cl, cend, e, voted, leader, last, end):\n    return {value}\n"


def _append(value):
    return f"def may_append(last, end, known, known_end):\n    return {value}\n\n\n{_COMMIT}"


def _commit(value):
    return f"{_APPEND}def commit_offset(committed, start, has):\n    return {value}\n"


_ONCE = "ce >= e and leader is None and voted in (None, c)"
WRONG_VOTES = {
    "one is enough": (_majority("1"), "everybody elects itself"),
    "half": (_majority("voters // 2"), "Half is not more than half"),
    "half, rounded up": (_majority("(voters + 1) // 2"), "Of four voters both halves"),
    "all": (_majority("voters"), "one dead controller stops everything"),
    "a float": (_majority("voters / 2 + 1"), "expected a number of voters"),
    "everybody": (_vote("True"), "Yours votes for everybody who asks"),
    "twice in an epoch": (
        _vote("ce >= e and leader is None and (cl, cend) >= (last, end)"),
        "whom it has voted for in this epoch",
    ),
    "whatever its log": (_vote(_ONCE), "Yours doesn't compare the logs"),
    "the longer log": (_vote(f"{_ONCE} and cend >= end"), "The longer log isn't always the better one"),
    "the last epoch only": (_vote(f"{_ONCE} and cl >= last"), "one log still be longer"),
    "better in both": (_vote(f"{_ONCE} and cl >= last and cend >= end"), "also when it is shorter"),
    "strictly better": (_vote(f"{_ONCE} and (cl, cend) > (last, end)"), "With equal logs"),
    "nobody": (_vote("False"), "Yours votes for nobody, so"),
    "a leader doesn't matter": (
        _vote("ce >= e and voted in (None, c) and (cl, cend) >= (last, end)"),
        "has one ear only",
    ),
    "an offset": (_vote("cend - end"), "expected True or False"),
}

WRONG_LOGS = {
    "whatever follows": (_append("True"), "lets everything follow anything"),
    "the ends only": (_append("end <= known_end"), "looks at the ends only"),
    "the epochs only": (_append("last == known"), "looks at the epochs only"),
    "the very end": (_append("last == known and end == known_end"), "It may be in the middle of it"),
    "before the end": (_append("last == known and end < known_end"), "all of that epoch is fine"),
    "nothing follows": (_append("False"), "lets nobody append anything"),
    "what a majority has": (_commit("max(committed, has)"), "none of this epoch's"),
    "it falls": (_commit("has"), "What is committed never becomes less"),
    "back to nothing": (_commit("has if has > start else 0"), "until there is more"),
    "one too early": (_commit("max(committed, has) if has >= start else committed"), "One too early"),
    "one too far": (_commit("max(committed, has + 1) if has > start else committed"), "One too far"),
    "one too few": (_commit("max(committed, has - 1) if has > start else committed"), "One too few"),
    "never": (_commit("committed"), "Yours never moves"),
    "a truth": (_commit("has > start"), "expected an offset, an int"),
}

OUTCOMES = RIGHT["12c"]
WRONG_OUTCOMES = {
    "one of three": (OUTCOMES.replace('"B": "waits"', '"B": "done"'), "One that lives is not enough"),
    "a producer needs it": (OUTCOMES.replace('"C": "done"', '"C": "waits"'), "goes on without asking"),
    "followers lead by themselves": (
        OUTCOMES.replace('"D": "waits"', '"D": "done"'),
        "none of them may make itself the leader",
    ),
    "half of four": (OUTCOMES.replace('"E": "waits"', '"E": "done"'), "Half is not more than half"),
    "five bear one": (OUTCOMES.replace('"F": "done"', '"F": "waits"'), "dead or alive"),
    "repaired by hand": (OUTCOMES.replace('"G": "done"', '"G": "waits"'), "Nothing was lost"),
    "another word": (OUTCOMES.replace('"A": "done"', '"A": "yes"'), "One of these words"),
}

WRONG = {"12a": WRONG_VOTES, "12b": WRONG_LOGS, "12c": WRONG_OUTCOMES}
