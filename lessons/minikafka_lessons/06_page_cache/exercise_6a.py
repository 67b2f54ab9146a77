"""Exercise 6a: the rule `should_flush`: nothing acknowledged is lost in 200 power cuts, at the fewest syncs.

Rule: a broker of one replica lives by the answer's rule while its power fails again and again. What counts is what its
producers were told, what a consumer finds at the end, and how often the rule said yes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minikafka import Rules
from minikafka.policy import should_flush
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Sandbox
from minikafka_lessons.grading.their_rule import TheirRule
from minikafka_lessons.grading.words import known
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage import trials

NAME = "should_flush"
CUTS = 40
"""For each seed; five seeds make 200."""

PROPERTIES = {
    "kept": (
        sentence("nothing that was acknowledged is lost when the power fails"),
        3.0,
    ),
    "shared": (sentence("batches that arrive together share one sync"), 2.0),
    "unasked": (sentence("what nobody is told of (acks=0) costs no sync"), 1.0),
}
HINTS = {
    "kept": sentence(
        "Find the moment after which a producer believes that its record is safe. Was the log synced before it?"
    ),
    "shared": sentence(
        "After each append the rule is asked with `acks_leaving` 0, and once more before the answers leave. One sync "
        "takes all that was written until then: which of these moments is early enough?"
    ),
    "unasked": sentence(
        "With acks=0 nobody hears that the record is written. What would a sync keep that had been promised?"
    ),
}
NEVER = (1 << 63) - 1
"""What `flush.messages` is by default."""
CASES = (
    (1, NEVER, 0),
    (3, NEVER, 0),
    (12, NEVER, 0),
    (1, NEVER, 1),
    (6, NEVER, 3),
    (300, NEVER, 2),
    (5, 5, 0),
    (5, 5, 1),
    (2, 5, 1),
)
"""What the known mistakes are told apart by."""
Rule = Callable[[int, int, int], Any]
MISTAKES: tuple[tuple[Rule, str, str], ...] = (
    (
        lambda unflushed, limit, acks: False,
        "kept",
        sentence("Yours never syncs: all that was written is in the page cache only."),
    ),
    (
        should_flush,
        "kept",
        sentence(
            "This is Kafka's own rule, and its `flush.messages` is so large by default that it never syncs: Kafka trusts "
            "that other brokers have the record, too. Here is no other."
        ),
    ),
    (
        lambda unflushed, limit, acks: acks > 1,
        "kept",
        sentence("A producer whose batch comes alone is told “written”, too."),
    ),
    (
        lambda unflushed, limit, acks: acks >= unflushed,
        "kept",
        sentence(
            "One is a number of batches, the other one of records: a batch may have many. Don't compare them."
        ),
    ),
    (
        lambda unflushed, limit, acks: acks == 0,
        "shared",
        sentence(
            "You sync after each append, and not when the answers leave. Of the two moments it is the other one that "
            "all batches that arrived together have in common."
        ),
    ),
    (
        lambda unflushed, limit, acks: True,
        "shared",
        sentence(
            "You sync whenever you are asked: nothing is lost, and each batch pays for a sync of its own. Can one wait "
            "for the others that arrived with it?"
        ),
    ),
)
QUESTION = sentence(
    "The rule is a question: sync now? The comparison itself is the answer."
)
WAITS_FOR_MORE = sentence(
    "You wait until more records have come together. Those below your limit were acknowledged, too, and are in the page "
    "cache only."
)


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """A broker of each seed; how many syncs is asked only of a rule that loses nothing."""
    with Sandbox(code, [NAME]) as sandbox:
        sandbox.must_define(NAME)
        for seed in seeds:
            judge_life(sandbox, sheet, seed)
            if sheet.failed("kept"):
                break
        sharpen(sandbox, sheet)


def judge_life(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """One broker, and its power cuts."""
    rule = TheirRule(sandbox, NAME, bool, should_flush)
    found = trials.power_cuts(Rules(should_flush=rule), cuts=CUTS, seed=seed)
    if rule.told(sheet, "kept", HINTS["kept"] if rule.raised else QUESTION, seed):
        return
    if found.lost:
        message = say(
            "{first}; in {cuts} power cuts {lost} of {n} acknowledged records are lost",
            first=str(found.first),
            cuts=found.cuts,
            lost=found.lost,
            n=found.acknowledged,
        )
        sheet.fail("kept", message, HINTS["kept"], seed, found.run)
        return
    sheet.seen("kept")
    times, syncs = found.bursts["together"], found.syncs_in["together"]
    message = say(
        "{times} times {n} batches arrived together, and they took {syncs} syncs; {times} are enough",
        times=times,
        n=trials.TOGETHER,
        syncs=syncs,
    )
    sheet.expect("shared", syncs <= times, message, HINTS["shared"], seed)
    message = say(
        "{times} batches came with acks=0, and they took {syncs} syncs",
        times=found.bursts["unasked"],
        syncs=found.syncs_in["unasked"],
    )
    sheet.expect(
        "unasked", not found.syncs_in["unasked"], message, HINTS["unasked"], seed
    )


def sharpen(sandbox: Sandbox, sheet: Sheet) -> None:
    """Known mistakes have words of their own."""
    got = sandbox.call_each(NAME, CASES)
    if mistake := known(MISTAKES, CASES, got):
        _, where, hint = mistake
        sheet.sharpen(where, hint)
        return
    waits = [
        got == [unflushed >= least for unflushed, _, _ in CASES]
        for least in range(2, 301)
    ]
    if any(waits):
        sheet.sharpen("kept", WAITS_FOR_MORE)


EXERCISE = Exercise(
    id="6a",
    title=sentence(
        "Your rule `should_flush`: nothing acknowledged is lost, at the fewest syncs"
    ),
    names=(NAME,),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "Write down what happens to three batches that arrive together: append, append, append, then three answers. "
            "Before which of these steps is the last chance to sync?"
        ),
        sentence(
            "A record may stay in the page cache as long as nobody has been told of it. Which of the three arguments says "
            "that somebody is about to be told?"
        ),
        sentence(
            "Neither the number of records nor `flush_messages` matters. Sync when answers leave for at least one batch, "
            "else not."
        ),
    ),
    minutes=10,
    more=4,
    rule=lambda answers, name: TheirRule(answers, name, bool, should_flush),
)
