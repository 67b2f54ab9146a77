"""Exercise 7c: the rule `place_replicas`, so that no rack takes all replicas of a partition along."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from minikafka import Rules
from minikafka.policy import place_replicas as true_placement
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Raised, Sandbox
from minikafka_lessons.grading.words import returned
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage.trials.racks import rack_of, rack_without_power

PROPERTIES = {
    "whole": (
        sentence("as many partitions as wanted, each on so many different brokers"),
        1.0,
    ),
    "racks": (sentence("no rack holds all replicas of a partition"), 2.0),
    "leaders": (sentence("leaders are spread evenly, beginning at `start_index`"), 1.0),
    "even": (
        sentence("followers are spread, too: none has more than twice its share"),
        1.0,
    ),
    "alive": (
        sentence("in a cluster, each partition lives on when a rack has no power"),
        2.0,
    ),
}
HINTS = {
    "whole": sentence(
        "A list with a list for each partition: `replication_factor` different numbers out of `brokers`."
    ),
    "racks": sentence("Who has the first replica? The second one needs another rack."),
    "leaders": sentence(
        "The first of each list leads. Let partition p begin p places after `start_index`, and go round."
    ),
    "even": sentence(
        "Does each partition's follower search begin after its own leader, or always at the same broker?"
    ),
    "alive": sentence("Look at where your rule puts both replicas of a partition."),
}
STRIPES = sentence(
    "Neighbours on the circle stand in one rack: brokers 1 and 2, for instance. Look further round the circle."
)
Case = tuple[list[int], int, int, int]


def cases(seed: int) -> list[Case]:
    """Brokers in service, partitions, replication factor, where to begin."""
    random = Random(f"placement/{seed}")
    found: list[Case] = [([1, 2, 3, 4, 5, 6], 6, 2, 0), ([1, 2, 3, 4, 5, 6], 12, 3, 4)]
    for _ in range(12):
        every = list(range(1, 2 * random.randrange(2, 6) + 1))
        away = random.sample(every, random.choice((0, 0, 1)))
        brokers = [one for one in every if one not in away]
        factor = random.randrange(1, min(4, len(brokers)) + 1)
        count = len(brokers) * random.randrange(1, 4)
        found.append((brokers, count, factor, random.randrange(len(brokers))))
    return found


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Its lists, and clusters that are placed by it."""
    with Sandbox(code, ["place_replicas"]) as sandbox:
        sandbox.must_define("place_replicas")
        for seed in seeds:
            every = cases(seed)
            told = sandbox.call_each("place_replicas", every)
            for case, got in zip(every, told, strict=True):
                _look(case, got, sheet, seed)
            if all(
                got == true_placement(*case)
                for case, got in zip(every, told, strict=True)
            ):
                sheet.sharpen("racks", STRIPES)
                sheet.sharpen("alive", STRIPES)
            if not sheet.failed("whole"):
                _live(sandbox, sheet, seed)


def _look(case: Case, got: Any, sheet: Sheet, seed: int) -> None:
    brokers, count, factor, start = case
    called = f"place_replicas({brokers}, {count}, {factor}, {start})"
    problem = _not_whole(case, got)
    if problem:
        hint = got.sentence if isinstance(got, Raised) else HINTS["whole"]
        sheet.fail("whole", f"{called}: {problem}", hint, seed)
        return
    sheet.seen("whole")
    for index, replicas in enumerate(got):
        racks = "".join(rack_of(one) for one in replicas)
        if factor > 1:
            message = say(
                "{called}: partition {index} lies on {replicas}, racks {racks}",
                called=called,
                index=index,
                replicas=replicas,
                racks=racks,
            )
            sheet.expect("racks", len(set(racks)) > 1, message, HINTS["racks"], seed)
    leads = Counter(replicas[0] for replicas in got)
    message = say(
        "{called}: how many partitions each broker leads: {counts}",
        called=called,
        counts={one: leads[one] for one in brokers},
    )
    fair = max(leads.values()) - min(leads[one] for one in brokers) <= 1
    sheet.expect("leaders", fair, message, HINTS["leaders"], seed)
    message = say(
        "{called}: partition 0 is led by {got}, not by {want}",
        called=called,
        got=got[0][0],
        want=brokers[start],
    )
    sheet.expect(
        "leaders", got[0][0] == brokers[start], message, HINTS["leaders"], seed
    )
    if factor > 1:
        follow = Counter(one for replicas in got for one in replicas[1:])
        message = say(
            "{called}: how many partitions each broker follows: {counts}",
            called=called,
            counts={one: follow[one] for one in brokers},
        )
        spread = max(follow.values()) <= 2 * count * (factor - 1) / len(brokers)
        sheet.expect("even", spread, message, HINTS["even"], seed)


def _not_whole(case: Case, got: Any) -> str:
    """What is wrong with it, or nothing."""
    brokers, count, factor, _ = case
    if isinstance(got, Raised) or not isinstance(got, list | tuple):
        return returned(got)
    if len(got) != count:
        return say("{n} partitions are wanted; yours has {got}", n=count, got=len(got))
    for index, replicas in enumerate(got):
        if not isinstance(replicas, list | tuple) or any(
            type(one) is not int for one in replicas
        ):
            return say("partition {index} gets {got}", index=index, got=repr(replicas))
        if len(replicas) != factor or len(set(replicas)) != factor:
            return say(
                "partition {index} gets {got}: {n} different brokers are wanted",
                index=index,
                got=repr(replicas),
                n=factor,
            )
        if any(one not in brokers for one in replicas):
            return say(
                "partition {index} gets {got}: one of them isn't in service",
                index=index,
                got=repr(replicas),
            )
    return ""


def theirs(answers: Any, name: str) -> Callable[..., list[list[int]]]:
    """The answer's rule in a cluster; ours stands in for what nobody could place by."""

    def rule(brokers: Any, count: int, factor: int, start: int) -> list[list[int]]:
        case = (list(brokers), count, factor, start)
        got = answers.call(name, *case)
        if _not_whole(case, got):
            return true_placement(*case)
        return [list(replicas) for replicas in got]

    return rule


def _live(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    rules = Rules(place_replicas=theirs(sandbox, "place_replicas"))
    found = rack_without_power(rules, seed=seed)
    message = "; ".join(repr(found).splitlines())
    sheet.expect("alive", found.holds, message, HINTS["alive"], seed, found.run)


EXERCISE = Exercise(
    id="7c",
    title=sentence("No rack takes all: your rule `place_replicas`"),
    names=("place_replicas",),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "See the brokers as a circle. Partition p begins `start_index + p` places round it, and that broker leads."
        ),
        sentence(
            "The rest of the circle, in order, are the candidates. Those in other racks than the leader's come first."
        ),
        sentence(
            "Make the circle with `% len(brokers)`; keep its first broker; sort the others by whether they stand in the "
            "leader's rack (False comes before True, and Python's sort keeps the order of equals); take as many as are "
            "wanted."
        ),
    ),
    minutes=12,
    more=8,
    rule=theirs,
)
