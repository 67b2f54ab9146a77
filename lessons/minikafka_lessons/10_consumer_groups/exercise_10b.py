"""Exercise 10b: a rebalance storm, to be named, and mended by a setting that other storms are tried with.

Rule: what is true is read from the storm's own events; a mended group is judged by running it.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage.groups.storm import LONGEST_WORK_S, Storm

CAUSE, SETTING, SEED = "slow", "max.poll.interval.ms", 10
LATEST_S = 60.0

PROPERTIES = {
    "cause": (sentence("the cause of the storm"), 1.0),
    "who": (sentence("the member it comes from"), 1.0),
    "first": (sentence("the first bad event"), 1.0),
    "setting": (sentence("the setting that mends it"), 1.0),
    "calm": (sentence("with your value, groups of other seeds come to rest"), 1.0),
    "hung": (
        sentence("… and a member that really hangs is still found out within 60 s"),
        1.0,
    ),
}
HINTS = {
    "cause": sentence(
        "Which reason stands in the log again and again, and why is that member lost?"
    ),
    "who": sentence(
        "Compare the longest pauses of the four: one of them is not like the others."
    ),
    "first": sentence(
        "Read from the top. A member that says goodbye, or comes, is no fault: what comes first that nobody wanted?"
    ),
    "setting": sentence("The reason in the log names what the member has overrun."),
    "calm": sentence(
        "It has to be longer than the longest batch takes; the text says how long that can be."
    ),
    "hung": sentence(
        "Who may be silent for very long is missed very late. The text says how long is too long."
    ),
}
CAUSES = {
    "silent": sentence(
        "Heartbeats run in the background, and the session of this member never timed out. Somebody else's did, once."
    ),
    "restarts": sentence(
        "There is one restart in the log, early and clean; the storm comes later, and from another member."
    ),
    "twins": sentence(
        "No member was ever fenced: each `group.instance.id` would be named in the log."
    ),
}
SETTINGS = {
    "session.timeout.ms": sentence(
        "That is how long heartbeats may stay away. This member's heartbeats came all the time."
    ),
    "heartbeat.interval.ms": sentence(
        "More heartbeats don't help: this member's heartbeats came all the time."
    ),
    "group.instance.id": sentence(
        "A static member may restart without a rebalance. But this one did not restart."
    ),
    "partition.assignment.strategy": sentence(
        "With another strategy each rebalance is cheaper, but there are as many of them."
    ),
    "auto.offset.reset": sentence(
        "That says where a group without a commit begins; it has nothing to do with members."
    ),
}


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The dictionary; then the setting, in storms of these seeds."""
    with Sandbox(code, ["diagnosis"]) as sandbox:
        given = sandbox.value("diagnosis")
    if not isinstance(given, dict):
        raise AnswerFailed(
            say(
                "`diagnosis` should be the dictionary from the cell, with your findings in it."
            )
        )
    storm = known_storm()
    named(sheet, "cause", given, CAUSE, CAUSES)
    who = {storm.dying: sentence("That one died: one rebalance, and the group was at rest again."),
           storm.deployed: sentence("That one left and came back once, as in any deploy.")}  # fmt: skip
    named(sheet, "who", given, storm.slow, who)
    first(sheet, storm, given)
    named(sheet, "setting", given, SETTING, SETTINGS)
    mended(sheet, given, seeds)


@functools.cache
def known_storm() -> Storm:
    """The one that the notebook shows."""
    return Storm(SEED)


def named(
    sheet: Sheet, name: str, given: dict[Any, Any], want: str, known: dict[str, str]
) -> None:
    """One name."""
    got = given.get(name)
    if got is None:
        sheet.fail(name, say("no answer yet"), HINTS[name])
    elif type(got) is str and got.strip() == want:
        sheet.seen(name)
    else:
        hint = known.get(got, HINTS[name]) if type(got) is str else HINTS[name]
        sheet.fail(name, say("{value} is not it", value=repr(got)), hint)


def first(sheet: Sheet, storm: Storm, given: dict[Any, Any]) -> None:
    """The number of a line."""
    got, bad = given.get("first"), storm.thrown_out
    if got is None:
        sheet.fail("first", say("no answer yet"), HINTS["first"])
    elif type(got) is not int:
        sheet.fail(
            "first",
            say("{value} is not the number of a line", value=repr(got)),
            HINTS["first"],
        )
    elif got == bad[0]:
        sheet.seen("first")
    else:
        hint = HINTS["first"]
        if got in bad:
            hint = sentence("That is such an event, but not the first of them.")
        elif got == bad[0] + 1:
            hint = sentence(
                "That is what the group did about it. What did it react to?"
            )
        elif got < bad[0]:
            hint = sentence(
                "Up to there all is as it should be: members come, and one leaves and says so."
            )
        sheet.fail("first", say("line {n} is not it", n=got), hint)


def mended(sheet: Sheet, given: dict[Any, Any], seeds: Sequence[int]) -> None:
    """Run it."""
    setting, value = given.get("setting"), given.get("value")
    if setting is None or value is None:
        for name in ("calm", "hung"):
            sheet.fail(name, say("no answer yet"), HINTS["setting"])
        return
    if setting != SETTING or type(value) is not int or not 1 <= value <= 86_400_000:
        message = say(
            "{setting} = {value}: nothing to try",
            setting=repr(setting),
            value=repr(value),
        )
        hint = (
            SETTINGS.get(setting, HINTS["setting"])
            if type(setting) is str
            else HINTS["setting"]
        )
        if setting == SETTING:
            hint = sentence("A whole number of milliseconds, without quotes.")
        for name in ("calm", "hung"):
            sheet.fail(name, message, hint)
        return
    for seed in seeds:
        found = Storm(SEED + seed, {SETTING: value})
        if found.thrown_out or value < LONGEST_WORK_S * 1000:
            line = (
                found.log[found.thrown_out[0] - 1].strip() if found.thrown_out else ""
            )
            message = say(
                "with {value} ms the storm goes on, first bad event: {line}",
                value=value,
                line=line or "–",
            )
            hint = HINTS["calm"]
            if value < 1000:
                hint = sentence(
                    "The setting is in milliseconds: 1000 of them are a second."
                )
            sheet.fail("calm", message, hint, SEED + seed)
            break  # one storm is enough
        if value > LATEST_S * 1000:
            break
        hung = Storm(SEED + seed, {SETTING: value}, hangs=True)
        message = say(
            "with {value} ms a member that hangs is not found out in time", value=value
        )
        sheet.expect("hung", bool(hung.thrown_out), message, HINTS["hung"], SEED + seed)
    if not sheet.failed("calm"):
        sheet.seen("calm")
    if value > LATEST_S * 1000:
        sheet.fail(
            "hung",
            say(
                "with {value} ms a member that hangs is not found out in time",
                value=value,
            ),
            HINTS["hung"],
        )
    elif sheet.failed("calm"):
        sheet.fail("hung", say("First the storm has to end."), HINTS["calm"])


EXERCISE = Exercise(
    id="10b",
    title=sentence("A rebalance storm"),
    names=("diagnosis",),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence("Sort the lines by their reason: which ones happen once, which ones again and again?"),
        sentence("Heartbeats come from the background; polls come from the application. Which of the two is missing?"),
        sentence(
            "One member works on a batch for longer than it may stay away from `poll`: it is put out, comes back, and each "
            "time the whole group begins anew. Let it stay away for longer than its longest batch."
        ),
    ),
    minutes=10,
)  # fmt: skip
