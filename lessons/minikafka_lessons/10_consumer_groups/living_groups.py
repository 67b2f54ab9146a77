"""Groups that live by a learner's assignors while members come and go. Part of exercise 10a.

Rule: after each change every partition has one reader; the first generation in which that isn't so is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from minikafka import Cluster, Rules
from minikafka.policy import assignment as ours
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Raised, Sandbox
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage.groups import team

from .assignments import NAMES, Case, Pair, fewest_moves, moves_of, plain, trouble

PROPERTIES = {
    "alive": (sentence("in a running cluster, groups live by both"), 2.0),
}
HINTS = {
    "alive": sentence(
        "First mend what stands above; then look at the generation that is named here."
    ),
}


def live(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """Members come and go; after each change, each partition has one reader of the group."""
    failed: list[str] = []
    rules = Rules(
        assign_range=theirs(sandbox, "assign_range", failed),
        assign_sticky=theirs(sandbox, "assign_sticky", failed),
    )
    with scenes.cluster(seed, rules=rules) as cluster:
        random = Random(f"live/{seed}")
        cluster.create_topic("a", random.randrange(3, 7))
        cluster.create_topic("w", random.randrange(3, 7))
        for strategy in ("range", "sticky"):
            wrong = lived(cluster, strategy, random)
            if failed or wrong:
                run = scenes.kept(cluster, cluster.now)
                why = failed[0] if failed else wrong
                sheet.fail("alive", why, HINTS["alive"], seed, run)
                return
    sheet.seen("alive")


def theirs(
    answers: Any, name: str, failed: list[str] | None = None
) -> Callable[..., Any]:
    """The answer's rule in a cluster; ours stands in for what is no assignment, which is noted."""

    def replaced(wishes: Any, counts: Any, owned: Any) -> Any:
        case = (
            {m: list(t) for m, t in wishes.items()}, dict(counts),
            {m: [tuple(pair) for pair in pairs] for m, pairs in (owned or {}).items()},
        )  # fmt: skip
        value = answers.call(name, *case)
        found = None if isinstance(value, Raised) else plain(value, wishes)
        if found is None:
            if failed is not None:
                failed.append(f"{name}: {trouble(case, value)}")
            return getattr(ours, name)(wishes, counts, owned)
        return found

    return replaced


def lived(cluster: Cluster, strategy: str, random: Random) -> str:
    """What went wrong in such a group; empty: nothing."""
    group = team(cluster, strategy, ["a", "w"], strategy)
    names = list(NAMES)
    there: list[str] = []
    for change in ("join", "join", "join", "leave", "join"):
        before = group.assignment
        if change == "join":
            there.append(names.pop(0))
            group.join(there[-1])
        else:
            group.leave(there.pop(random.randrange(len(there) - 1)))
        group.settle(within_s=15)
        if not group.is_settled:
            return say(
                "seed {seed}, at {at} s, group {group}, generation {generation}: {what}", seed=cluster.seed,
                at=f"{cluster.now:.1f}", group=strategy, generation=group.generation, what=unsettled(cluster, group),
            )  # fmt: skip
        if strategy == "sticky":
            case = case_of(cluster, before, there)
            found = {
                name: [split(one) for one in read]
                for name, read in group.assignment.items()
            }
            if moves_of(case, found) > fewest_moves(case):
                return say(
                    "seed {seed}, at {at} s, group {group}, generation {generation}: {what}", seed=cluster.seed,
                    at=f"{cluster.now:.1f}", group=strategy, generation=group.generation,
                    what=say("needless moves: {moved} partitions changed hands, {few} are enough",
                             moved=moves_of(case, found), few=fewest_moves(case)),
                )  # fmt: skip
    group.close()
    return ""


def case_of(
    cluster: Cluster, before: Mapping[str, list[str]], there: Sequence[str]
) -> Case:
    """The change as a case."""
    counts = {
        t.name: len(t.partitions)
        for t in cluster.snapshot().topics
        if t.name in ("a", "w")
    }
    owned = {name: [split(one) for one in before.get(name, [])] for name in there}
    return {name: ["a", "w"] for name in there}, counts, owned


def split(text: str) -> Pair:
    """`a-0`."""
    topic, _, p = text.rpartition("-")
    return topic, int(p)


def unsettled(cluster: Cluster, group: Any) -> str:
    """The anomaly by name."""
    times = Counter(split(one) for read in group.assignment.values() for one in read)
    for topic in cluster.snapshot().topics:
        if topic.name in ("a", "w"):
            for p in topic.partitions:
                if times[topic.name, p.index] == 0:
                    return say(
                        "a partition without a reader: {partition}",
                        partition=f"{topic.name}-{p.index}",
                    )
                if times[topic.name, p.index] > 1:
                    return say(
                        "a partition with two readers: {partition}",
                        partition=f"{topic.name}-{p.index}",
                    )
    return say("the group does not come to rest")
