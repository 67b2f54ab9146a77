"""Lesson 8, as learners answer it."""

from answers.solutions import RIGHT

_HIGH, _REST = RIGHT["8a"].split_at("def is_in_sync")
_SYNC, _CUT = _REST.split_at("def truncation_offset")


def _high(value):
    return f"def high_watermark(current, end, ends):\n    return {value}\n{_SYNC}{_CUT}"


def _sync(value):
    return f"{_HIGH}def is_in_sync(now, last, limit):\n    return {value}\n{_CUT}"


def _cut(value):
    return f"{_HIGH}{_SYNC}def truncation_offset(own, other):\n    return {value}\n"


WRONG_RULES = {
    "the leader's end": (_high("end"), "The largest end is the leader's"),
    "the fastest": (_high("max([end, *ends])"), "The largest end is the leader's"),
    "a majority": (_high("sorted([end, *ends])[len(ends) // 2]"), "A majority is Raft's rule"),
    "one too far": (_high("min([end, *ends]) + 1"), "One too far"),
    "it falls": (_high("min([end, *ends])"), "What was committed once stays committed"),
    "it never moves": (_high("current"), "Yours never moves"),
    "one too few": (_high("max(current, min([end, *ends]) - 1)"), "One too few"),
    "a float": (_high("max(current, min([end, *ends])) / 1"), "expected an offset, an int"),
    "always in sync": (_sync("True"), "Yours says True for ever"),
    "no delay": (_sync("last >= now"), "Yours allows no delay"),
    "seconds": (_sync("now - last <= limit / 1000"), "The limit is in milliseconds already"),
    "the wrong way round": (_sync("now - last > limit"), "The wrong way round"),
    "never in sync": (_sync("False"), "Behind is not out of sync"),
    "nothing is cut": (_cut("own"), "two values at one offset"),
    "the leader's end cuts": (_cut("other"), "The leader's end alone isn't enough"),
    "the later end": (_cut("max(own, other)"), "The later of the two ends"),
    "all is cut": (_cut("0"), "Cutting everything is safe only as long as nobody dies"),
}

OUTCOMES = RIGHT["8b"]
WRONG_OUTCOMES = {
    "acks=1 is kept": (
        OUTCOMES.replace('"B": "lost"', '"B": "kept"'),
        "at the moment of the acknowledgement",
    ),
    "all is all": (OUTCOMES.replace('"D": "lost"', '"D": "kept"'), "not that it is safe there"),
    "refused is lost": (OUTCOMES.replace('"E": "refused"', '"E": "lost"'), "What was never acknowledged"),
    "acks=1 is refused": (OUTCOMES.replace('"H": "lost"', '"H": "refused"'), "Only acks=all is ever refused"),
    "another word": (OUTCOMES.replace('"F": "kept"', '"F": "fine"'), "One of these words"),
    "three of two": (OUTCOMES.replace('"I": "refused"', '"I": "kept"'), "Three must be in sync"),
}

WRONG = {"8a": WRONG_RULES, "8b": WRONG_OUTCOMES}
