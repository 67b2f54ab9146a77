"""What the six exercises have in common: a cause, a host, a moment, and a runbook that has to stand the next accident.

Rule: the diagnosis is of the run that was opened; the runbook is put into accidents of the same kind under other seeds,
and judged by what the customers were told and a reader finds. What is right is never told.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.prediction import dictionary, plain
from minikafka_lessons.grading.sandbox import Code
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage.drills.playing import mended
from minikafka_lessons.stage.drills.runbook import Misread, Runbook, read
from minikafka_lessons.stage.drills.scenes import BROKERS, CAUSES, SCENES, Scene

PROPERTIES = {
    "cause": (sentence("the cause has its name"), 1.0),
    "host": (sentence("the host that it is about"), 1.0),
    "second": (sentence("the moment of the first bad event"), 1.0),
    "works": (
        sentence("with your fix the cluster works again after the next accident"),
        1.0,
    ),
    "kept": (sentence("with your fix nothing is lost that was confirmed"), 2.0),
}
NOT_THAT = {
    "dead broker": sentence(
        "Whoever is dead is missed: the controller fences it, and others lead. That takes some seconds, and nothing "
        "that the whole ISR had."
    ),
    "dead controller": sentence(
        "Without a controller nobody is fenced and no leader is elected. Does its log end?"
    ),
    "failed disk": sentence(
        "A broker gives up a disk that fails, and writes the reason into its log. Read such a line to its end, if "
        "there is one."
    ),
    "full disk": sentence(
        "A broker whose disk is full can't go on, and says so in its log. Is there such a line?"
    ),
    "gray disk": sentence(
        "A gray disk makes its host late with everybody, the controller too. Whom does this one keep waiting?"
    ),
    "lost messages": sentence(
        "Lost messages are sent again: now one is late, now another, between any two hosts. Is there no pattern here?"
    ),
    "network split": sentence(
        "In a split, requests get no answer at all, and whoever is cut off is fenced while its process runs on. Is "
        "that so here?"
    ),
    "slow follower": sentence(
        "A slow follower is late with those from whom it fetches, and with nobody else. Compare its FETCH with its "
        "BROKER_HEARTBEAT."
    ),
    "unclean election": sentence(
        "The controller writes of each election whether it was unclean. What does its log say?"
    ),
    "wrong clock": sentence("Ask for the date on each broker. Do they agree?"),
}
"""What one would see if it were that."""
EARLY = sentence("At that moment all was still well. What was the last thing that went as it should?")
LATE = sentence("It had begun by then: what you found is what came of it. Go back from there.")

Mistake = tuple[str, str, str]
"""A pattern that the runbook has, the property that fails then, and words for it."""


def drill_exercise(
    letter: str,
    *,
    host: str,
    works: str,
    kept: str,
    hints: tuple[str, str, str],
    instead: Mapping[str, str] | None = None,
    mistakes: Sequence[Mistake] = (),
) -> Exercise:
    """The exercise of a drill. `host`, `works`, `kept`: hints for who is wrong there; `instead`: for a wrong cause."""
    scene, variable = SCENES[letter], f"drill_{letter.lower()}"
    not_that = {**NOT_THAT, **(instead or {})}

    def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
        given = dictionary(code, variable)
        judge_cause(sheet, scene, given.get("cause"), not_that)
        judge_host(sheet, scene, given.get("host"), host)
        judge_second(sheet, scene, given.get("second"))
        judge_fix(sheet, scene, given.get("fix"), seeds, works, kept)
        for pattern, where, words in mistakes:
            if re.search(pattern, f"{given.get('fix')}") and sheet.failed(where):
                sheet.sharpen(where, words)
                break

    return Exercise(
        id=f"13{letter.lower()}",
        title=TITLES[letter],
        names=(variable,),
        properties=PROPERTIES,
        judge=judge,
        hints=hints,
        minutes=6,
        more=4,
    )


TITLES = {
    "A": sentence("Drill A: name it, date it, mend it"),
    "B": sentence("Drill B: name it, date it, mend it"),
    "C": sentence("Drill C: name it, date it, mend it"),
    "D": sentence("Drill D: name it, date it, mend it"),
    "E": sentence("Drill E: name it, date it, mend it"),
    "F": sentence("Drill F: name it, date it, mend it"),
}


def judge_cause(sheet: Sheet, scene: Scene, value: Any, not_that: Mapping[str, str]) -> None:
    """Its name."""
    got = plain(value)
    if got is None:
        sheet.fail(
            "cause",
            say("no cause yet"),
            sentence("Begin with what is not the cause: strike out what doesn't fit."),
        )
    elif got not in CAUSES:
        words = say("there is no cause {value} in the table", value=f"{value!r:.60}")
        sheet.fail("cause", words, sentence("Take one of the names in the table, in quotes."))
    elif got != scene.cause:
        sheet.fail("cause", say("you say: {value}", value=got), not_that[got])
    else:
        sheet.seen("cause")


def judge_host(sheet: Sheet, scene: Scene, value: Any, hint: str) -> None:
    """Whom it is about."""
    got = plain(value)
    if got is None:
        sheet.fail("host", say("no host yet"), hint)
    elif got not in BROKERS:
        words = say("{value} is no broker of this cluster", value=f"{value!r:.60}")
        sheet.fail("host", words, sentence("One of the three brokers, by its name, in quotes."))
    elif got != scene.host:
        sheet.fail("host", say("you say: {value}", value=got), hint)
    else:
        sheet.seen("host")


def judge_second(sheet: Sheet, scene: Scene, value: Any) -> None:
    """When."""
    if value is None:
        sheet.fail("second", say("no moment yet"), LATE)
    elif isinstance(value, bool) or not isinstance(value, int | float):
        words = say("{value} is no number of seconds", value=f"{value!r:.60}")
        sheet.fail(
            "second", words, sentence("Virtual seconds, as the logs have them: a number, without quotes.")
        )
    elif value < scene.at_s - scene.early_s:
        sheet.fail("second", say("{s:g} s is too early", s=value), EARLY)
    elif not value <= scene.at_s + scene.late_s:
        sheet.fail("second", say("{s:g} s is too late", s=value), LATE)
    else:
        sheet.seen("second")


def judge_fix(sheet: Sheet, scene: Scene, value: Any, seeds: Sequence[int], works: str, kept: str) -> None:
    """The next accidents, with the runbook."""
    if value is None or (isinstance(value, str) and not value.strip()):
        words = say("no fix yet: nobody does anything")
        sheet.fail("works", words, works)
        sheet.fail("kept", words, kept)
        return
    try:
        runbook = read(value)
        for seed in seeds:
            if sheet.failed("works") and sheet.failed("kept"):
                return
            judge_accident(sheet, scene, runbook, seed, works, kept)
    except Misread as why:
        for name in ("works", "kept"):
            sheet.fail(name, str(why), sentence("The table of lines says what a runbook may have in it."))


def judge_accident(sheet: Sheet, scene: Scene, runbook: Runbook, seed: int, works: str, kept: str) -> None:
    """One of them. What is kept is asked only of a cluster that works."""
    came = mended(scene, seed, runbook)
    if sheet.expect("works", not came.works, came.works, works, seed, came.run):
        sheet.expect("kept", not came.kept, came.kept, kept, seed, came.run)


__all__ = ["drill_exercise"]
