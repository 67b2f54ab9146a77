"""Hostile answers, let loose on the command: none gets points that it did not earn, and nothing gets out."""

import os
import sys

import pytest
from hostile_answers import HOSTILE
from hostile_arena import let_loose

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="no kernel here that could hold an answer"
)

A_FEW = (
    "fork_exec",
    "reads it by descriptor",
    "writes the gradebook",
    "kills by a pipe's owner",
    "forges a grade",
    "a skeleton below the answer",
)


def judged(found, words):
    """Everybody is in the report with what they deserve, and nothing got out."""
    jailed = not any("✗" in word for word in words)
    for name, outcome in found.items():
        if jailed:
            assert outcome.escaped == [], (name, outcome)
            assert (outcome.points or 0.0) in HOSTILE[name].points, (name, outcome)
        assert "\x1b" not in outcome.said
    if not jailed:
        pytest.skip("no full jail on this machine; everybody is in the report: " + " ".join(words))


@pytest.mark.slow
def test_a_few_hostile_answers():
    judged(*let_loose(A_FEW))


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.parametrize("without", ["", "bubblewrap", "bubblewrap,landlock"])
def test_all_hostile_answers_in_every_jail(without):
    judged(*let_loose(HOSTILE, without=without))


@pytest.mark.slow
@pytest.mark.timeout(1_200)
@pytest.mark.skipif(
    not hasattr(os, "getuid") or os.getuid() != 0, reason="only root can become an ordinary user"
)
def test_all_hostile_answers_as_an_ordinary_user():
    try:
        found, words = let_loose(HOSTILE, as_user=True)
    except LookupError as problem:
        pytest.skip(str(problem))
    judged(found, words)


@pytest.mark.slow
@pytest.mark.timeout(1_200)
def test_without_a_jail_it_is_said_and_everybody_is_in_the_report():
    names = [n for n in HOSTILE if not HOSTILE[n].slow and n not in ("memory", "threads", "forks")]
    found, words = let_loose(names, without="all")
    assert list(found) == names
    assert words[0].startswith("There is no jail for answers on this machine.")
    assert found["a skeleton below the answer"].points == 8
    # The grader's own half needs no jail: a verdict can't be forged, whatever an answer does to its process.
    for name in ("forges results", "forges a grade", "patches json", "patches the worker", "equals everything",
                 "searches memory for what is right", "kills its parent"):  # fmt: skip
        assert found[name].points == 0, (name, found[name])
