"""Exercise 7a: the two decisions of a follower's loop, judged in clusters that live by them.

Rule: each function is judged beside ours for the other one, so that one mistake costs one half.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minikafka import Rules
from minikafka.policy import fetch_offset as true_offset
from minikafka.policy import follower_high_watermark as true_high_watermark
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Raised, Sandbox
from minikafka_lessons.grading.words import known, returned
from minikafka_lessons.language import sentence
from minikafka_lessons.stage.trials.following import Story, told

PROPERTIES = {
    "copies": (
        sentence("three equal logs, and every write is acknowledged"),
        2.0,
    ),
    "away": (sentence("a follower that was away gets all that it lacks"), 1.0),
    "learns": (
        sentence("followers come to know what is committed"),
        1.0,
    ),
    "own": (sentence("… and never more than they have themselves"), 1.0),
    "committed": (
        sentence("the leader's death makes nothing committed that wasn't"),
        2.0,
    ),
}
HINTS = {
    "copies": sentence(
        "Which is the first record that the follower does *not* have? What would the leader believe of the offset that "
        "you ask for?"
    ),
    "away": sentence("A follower that comes back has a log. Where does it end?"),
    "learns": sentence("The leader says in each answer how far it is committed."),
    "own": sentence(
        "A follower that catches up has less than the leader. How far can it vouch for?"
    ),
    "committed": sentence(
        "To have a record doesn't mean that it is committed. Only the leader knows."
    ),
}
NAMES = ("fetch_offset", "follower_high_watermark")
NOT_A_NUMBER = sentence("An offset is a whole number.")

OFFSET_MISTAKES: tuple[tuple[Callable[[int, int, int], int], str], ...] = (
    (
        lambda start, known, end: known,
        sentence(
            "You ask from the high watermark. The leader takes it for all that you have, so the watermark waits for "
            "you, and you wait for the watermark."
        ),
    ),
    (
        lambda start, known, end: end + 1,
        sentence(
            "You ask for one beyond: the leader believes that you have a record that you never got."
        ),
    ),
    (
        lambda start, known, end: max(end - 1, 0),
        sentence("You ask for the last record that you have: it comes once more."),
    ),
    (
        lambda start, known, end: end - 1,
        sentence(
            "You ask for the last record that you have. And with an empty log, what is one less than 0?"
        ),
    ),
    (
        lambda start, known, end: start,
        sentence("You ask for everything again, each time."),
    ),
)
WATERMARK_MISTAKES: tuple[tuple[Callable[[int, int], int], str], ...] = (
    (
        lambda end, leader: leader,
        sentence(
            "You believe the leader's number as it is. A follower that is catching up hasn't got so much yet."
        ),
    ),
    (
        lambda end, leader: end,
        sentence(
            "You take all that you have for committed. Another follower may lack some of it."
        ),
    ),
    (
        lambda end, leader: max(end, leader),
        sentence("The larger one of two limits is too much: both of them must hold."),
    ),
    (
        lambda end, leader: max(min(end, leader) - 1, 0),
        sentence(
            "One too few: the high watermark is the *first* offset that isn't committed."
        ),
    ),
    (lambda end, leader: 0, sentence("You never learn anything from the answers.")),
)
OFFSET_PROBES = [(0, 0, 0), (0, 0, 1), (0, 3, 7), (2, 5, 5), (4, 9, 40)]
WATERMARK_PROBES = [(0, 0), (1, 0), (5, 9), (9, 5), (7, 7)]
Seen = list[tuple[Any, ...]]


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Each function in clusters of each seed."""
    with Sandbox(code, NAMES) as sandbox:
        sandbox.must_define(*NAMES)
        for seed in seeds:
            asked: Seen = []
            rule = theirs(sandbox, "fetch_offset", asked)
            _tell("copy", Rules(fetch_offset=rule), ("copies",), sheet, seed)
            if not sheet.failed("copies"):
                _tell("away", Rules(fetch_offset=rule), ("away",), sheet, seed)
            _no_numbers("fetch_offset", asked, ("copies", "away"), sheet)

            known: Seen = []
            name = "follower_high_watermark"
            rule = theirs(sandbox, name, known)
            rules = Rules(follower_high_watermark=rule)
            _tell("copy", rules, ("learns",), sheet, seed)
            _tell("away", rules, ("own",), sheet, seed)
            _tell("death", rules, ("committed",), sheet, seed)
            _no_numbers(name, known, ("learns", "own", "committed"), sheet)
        _sharpen(sandbox, NAMES[0], OFFSET_PROBES, OFFSET_MISTAKES, sheet)
        _sharpen(sandbox, NAMES[1], WATERMARK_PROBES, WATERMARK_MISTAKES, sheet)


def theirs(answers: Any, name: str, seen: Seen | None = None) -> Callable[..., Any]:
    """The answer's rule in a cluster."""
    ours: dict[str, Callable[..., Any]] = {
        "fetch_offset": true_offset,
        "follower_high_watermark": true_high_watermark,
    }
    return scenes.rule(answers, name, ours[name], [] if seen is None else seen)


def _tell(
    story: Story, rules: Rules, names: Sequence[str], sheet: Sheet, seed: int
) -> None:
    outcome = told(story, rules, seed)
    for name in names:
        sheet.expect(name, outcome.holds, outcome.words, HINTS[name], seed, outcome.run)


def _no_numbers(name: str, seen: Seen, properties: Sequence[str], sheet: Sheet) -> None:
    """What is no offset broke nothing, as ours stood in: say so."""
    for args, value in seen:
        if type(value) is not int:
            called = f"{name}({', '.join(map(str, args))}) {returned(value)}"
            hint = NOT_A_NUMBER
            if isinstance(value, Raised):
                hint = value.sentence
            for one in properties:
                sheet.fail(one, called, hint)
            return


def _sharpen(
    sandbox: Sandbox,
    name: str,
    probes: Sequence[tuple[int, ...]],
    mistakes: Sequence[tuple[Callable[..., int], str]],
    sheet: Sheet,
) -> None:
    """Which mistake is it? A run that stops early tells too little, so some more cases are tried."""
    values = sandbox.call_each(name, probes)
    if mistake := known(mistakes, probes, values):
        for one in PROPERTIES:
            if (one in ("copies", "away")) == (name == NAMES[0]):
                sheet.sharpen(one, mistake[1])


EXERCISE = Exercise(
    id="7a",
    title=sentence("The follower's loop"),
    names=NAMES,
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "Offsets are counted from 0, and a log's end is the offset of the record that comes *next*."
        ),
        sentence(
            "The follower asks for what comes next in its own log. And what it knows to be committed has two limits: "
            "what the leader says, and what it has itself."
        ),
        sentence(
            "The first function returns one of its three arguments as it is; the second one the smaller of its two."
        ),
    ),
    minutes=10,
    more=8,
    rule=theirs,
)
