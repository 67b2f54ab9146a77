"""Exercise 10a: two assignors, judged by what they promise and by groups that live by them.

Rule: an assignment is right if its promises hold, whichever partition goes to whom; only the ranges are Kafka's own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from minikafka import Cluster, Rules
from minikafka.policy import assignment as ours
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Raised, Sandbox
from minikafka_lessons.groups import team
from minikafka_lessons.language import say, sentence

Pair = tuple[str, int]
Assigned = dict[str, list[Pair]]
Case = tuple[dict[str, list[str]], dict[str, int], dict[str, list[Pair]]]
NAMES = ("ada", "bob", "cem", "dora", "eun")

PROPERTIES = {
    "one": (
        sentence("each partition has exactly one reader, who subscribed to its topic"),
        1.0,
    ),
    "range": (sentence("`assign_range` cuts each topic into Kafka's ranges"), 2.0),
    "even": (
        sentence("`assign_sticky`: nobody has two partitions more than another"),
        1.0,
    ),
    "moves": (
        sentence("`assign_sticky`: as few partitions as possible change hands"),
        2.0,
    ),
    "alive": (sentence("in a running cluster, groups live by both"), 2.0),
}
HINTS = {
    "one": sentence(
        "Take the partitions one by one: for each, find exactly one member that wants its topic."
    ),
    "range": sentence(
        "For each topic on its own: sort its members, divide, and let the first ones have one more."
    ),
    "even": sentence(
        "With 12 partitions and 3 members nobody may keep more than 4, whatever it had."
    ),
    "moves": sentence(
        "First let everybody keep what it had, up to its fair share. Only then deal out the rest."
    ),
    "alive": sentence(
        "First mend what stands above; then look at the generation that is named here."
    ),
}


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """By hand-made and drawn cases, then in clusters."""
    with Sandbox(code, ["assign_range", "assign_sticky"]) as sandbox:
        for name in ("assign_range", "assign_sticky"):
            if sandbox.defined.get(name) != "function":
                raise AnswerFailed(
                    say("There is no function {name} in the cell.", name=name)
                )
        for seed in seeds:
            judge_ranges(sandbox, sheet, seed)
            judge_sticky(sandbox, sheet, seed)
        for seed in seeds:
            live(sandbox, sheet, seed)


# --- cases


def range_cases(seed: int) -> list[Case]:
    """Members in any order, topics that some don't want, more members than partitions, a topic that isn't there."""
    random = Random(f"range/{seed}")
    found: list[Case] = [
        ({"bob": ["weather"], "ada": ["weather"]}, {"weather": 5}, {}),
        ({"ada": ["a", "w"], "bob": ["a", "w"]}, {"a": 3, "w": 3}, {}),
        ({"ada": ["a"], "bob": ["a", "w"], "cem": ["w"]}, {"a": 4, "w": 5}, {}),
        ({"ada": ["a", "gone"], "bob": ["a"], "cem": ["a"]}, {"a": 2}, {}),
    ]
    for _ in range(12):
        names = random.sample(NAMES, random.randrange(1, 6))
        topics = {topic: random.randrange(1, 10) for topic in ("a", "w")}
        wishes = {
            name: random.choice((["a"], ["w"], ["a", "w"], ["w", "a"]))
            for name in names
        }
        found.append((wishes, topics, {}))
    return found


def sticky_cases(seed: int) -> list[Case]:
    """One change to a group that was even: somebody came, went, or a topic grew."""
    random = Random(f"sticky/{seed}")
    found: list[Case] = []
    for n in range(15):
        names = list(NAMES[: random.randrange(2, 5)])
        topics = {"a": random.randrange(2, 8), "w": random.randrange(2, 8)}
        every = [(topic, p) for topic, count in topics.items() for p in range(count)]
        random.shuffle(every)
        had = {name: sorted(every[i :: len(names)]) for i, name in enumerate(names)}
        change = ("joins", "leaves", "grows", "first", "joins")[n % 5]
        if change == "joins":
            names.append(NAMES[len(names)])
        elif change == "leaves":
            had.pop(names.pop(random.randrange(len(names))))
        elif change == "grows":
            topics["w"] += random.randrange(1, 5)
        else:
            had = {}
        random.shuffle(names)
        owned = {name: had.get(name, []) for name in names}
        found.append(({name: ["a", "w"] for name in names}, topics, owned))
    return found


# --- what holds


def plain(value: Any, members: Mapping[str, Any]) -> Assigned | None:
    """An assignment, or None: it isn't one."""
    if not isinstance(value, dict) or any(name not in members for name in value):
        return None
    found: Assigned = {}
    for name, pairs in value.items():
        if not isinstance(pairs, list | tuple):
            return None
        for pair in pairs:
            if not (isinstance(pair, tuple) and len(pair) == 2):
                return None
            if type(pair[0]) is not str or type(pair[1]) is not int:
                return None
        found[name] = list(pairs)
    return found


def told(function: str, case: Case) -> str:
    """The case, for people."""
    wishes = "; ".join(
        f"{name}: {'+'.join(topics)}" for name, topics in case[0].items()
    )
    counts = ", ".join(f"{topic}: {count}" for topic, count in case[1].items())
    return say(
        "{function} for ({members}) with partitions ({counts})",
        function=function,
        members=wishes,
        counts=counts,
    )


def trouble(case: Case, value: Any) -> str:
    """Why it is not one reader for each partition; empty: it is."""
    if isinstance(value, Raised):
        return value.sentence
    found = plain(value, case[0])
    if found is None:
        return say(
            "what came back is no dictionary of members with lists of (topic, partition): {value}",
            value=f"{value!r:.80}",
        )
    times = Counter(pair for pairs in found.values() for pair in pairs)
    for name, pairs in found.items():
        for topic, p in pairs:
            if topic not in case[0][name]:
                return say(
                    "{name} gets {partition}, but did not subscribe to that topic",
                    name=name,
                    partition=f"{topic}-{p}",
                )
            if not 0 <= p < case[1].get(topic, 0):
                return say(
                    "{name} gets {partition}, which does not exist",
                    name=name,
                    partition=f"{topic}-{p}",
                )
    for topic in sorted(case[1]):
        if any(topic in topics for topics in case[0].values()):
            for p in range(case[1][topic]):
                if times[topic, p] != 1:
                    words = (
                        sentence("nobody reads {partition}")
                        if not times[topic, p]
                        else sentence("{partition} has two readers")
                    )
                    return say(words, partition=f"{topic}-{p}")
    return ""


def judge_ranges(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """Exactly Kafka's."""
    cases = range_cases(seed)
    for case, value in zip(
        cases, sandbox.call_each("assign_range", cases), strict=True
    ):
        wrong = trouble(case, value)
        if wrong:
            message = f"{told('assign_range', case)}: {wrong}"
            sheet.fail("one", message, HINTS["one"], seed)
            sheet.fail(
                "range", message, known_range(cases, sandbox) or HINTS["range"], seed
            )
            return
        want = {name: sorted(pairs) for name, pairs in ours.assign_range(*case).items()}
        got = {
            name: sorted((plain(value, case[0]) or {}).get(name, []))
            for name in case[0]
        }
        if got != want:
            name = next(name for name in sorted(want) if got[name] != want[name])
            message = say(
                "{case}: {name} gets {got}; in Kafka it gets {want}",
                case=told("assign_range", case), name=name, got=listed(got[name]), want=listed(want[name]),
            )  # fmt: skip
            sheet.fail(
                "range", message, known_range(cases, sandbox) or HINTS["range"], seed
            )
            return
    sheet.seen("one")
    sheet.seen("range")


def listed(pairs: Sequence[Pair]) -> str:
    """`a-0, a-1`."""
    return ", ".join(f"{topic}-{p}" for topic, p in pairs) or "–"


def judge_sticky(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """One reader each, even, few moves."""
    cases = sticky_cases(seed)
    values = sandbox.call_each("assign_sticky", cases)
    for case, value in zip(cases, values, strict=True):
        wrong = trouble(case, value)
        if wrong:
            message = f"{told('assign_sticky', case)}: {wrong}"
            for name in ("one", "even", "moves"):
                sheet.fail(name, message, HINTS["one"], seed)
            return
    sheet.seen("one")
    forgetful = all(
        value == blank
        for value, blank in zip(
            values,
            sandbox.call_each("assign_sticky", [(*case[:2], {}) for case in cases]),
            strict=True,
        )
    )
    for case, value in zip(cases, values, strict=True):
        found = plain(value, case[0]) or {}
        counts = {name: len(found.get(name, [])) for name in case[0]}
        if max(counts.values()) - min(counts.values()) > 1:
            most, least = (
                max(counts, key=counts.__getitem__),
                min(counts, key=counts.__getitem__),
            )
            keeps = all(
                dict.fromkeys(had).keys() <= dict.fromkeys(found.get(name, [])).keys()
                for name, had in case[2].items()
            )
            hint = KEEPS_ALL if keeps and any(case[2].values()) else HINTS["even"]
            message = say(
                "{name} has {n} partitions, and {other} {m}",
                name=most,
                n=counts[most],
                other=least,
                m=counts[least],
            )
            sheet.fail("even", message, hint, seed)
            sheet.fail("moves", message, hint, seed)
            return
        moved, least_moves = moves_of(case, found), fewest_moves(case)
        if moved > least_moves:
            message = say(
                "{moved} partitions change hands where {few} are enough (members: {names})",
                moved=moved,
                few=least_moves,
                names=", ".join(case[0]),
            )
            sheet.fail(
                "moves", message, FORGETFUL if forgetful else HINTS["moves"], seed
            )
            sheet.seen("even")
            return
    sheet.seen("even")
    sheet.seen("moves")


def moves_of(case: Case, found: Assigned) -> int:
    """How many partitions have another reader than before, of those who are still there."""
    return sum(
        pair not in found.get(name, []) for name, had in case[2].items() for pair in had
    )


def fewest_moves(case: Case) -> int:
    """Of an even assignment: everybody keeps as much as its share; the larger shares are for those with most."""
    each, extra = divmod(sum(case[1].values()), len(case[0]))
    kept = 0
    for had in sorted((len(pairs) for pairs in case[2].values()), reverse=True):
        larger = had > each and extra > 0
        extra -= larger
        kept += min(had, each + larger)
    return sum(len(pairs) for pairs in case[2].values()) - kept


# --- known mistakes

FORGETFUL = sentence(
    "Your function gives the same whatever the members had before: it never looks at `owned`."
)
KEEPS_ALL = sentence(
    "Everybody keeps all that it had, so that who comes later gets too little: sticky is even first, and only then sticky."
)


def _all_in_one(wishes: Any, counts: Any, owned: Any) -> Assigned:
    """All topics cut at once."""
    every = [(t, p) for t in sorted(counts) for p in range(counts[t])]
    names = sorted(wishes)
    each, extra = divmod(len(every), len(names))
    found, start = {}, 0
    for n, name in enumerate(names):
        found[name] = every[start : start + each + (n < extra)]
        start += each + (n < extra)
    return found


def _ranges(
    wishes: Any,
    counts: Any,
    *,
    last: bool = False,
    ordered: bool = True,
    share: bool = True,
) -> Assigned:
    """Ranges with one thing changed."""
    found: Assigned = {name: [] for name in wishes}
    for topic in sorted(counts):
        names = [
            name
            for name in (sorted(wishes) if ordered else wishes)
            if topic in wishes[name]
        ]
        if not names:
            continue
        each, extra = divmod(counts[topic], len(names))
        start = 0
        for n, name in enumerate(names):
            more = (n >= len(names) - extra if last else n < extra) if share else 0
            found[name] += [(topic, p) for p in range(start, start + each + more)]
            start += each + more
    return found


MISTAKES: tuple[tuple[Callable[..., Assigned], str], ...] = (
    (_all_in_one, sentence("You cut all topics as if they were one. Range begins anew with each topic.")),
    (
        lambda w, c, o: ours.assign_round_robin(w, c, o),
        sentence("That deals the partitions out one by one: it is round robin. A range is several in a row."),
    ),
    (
        lambda w, c, o: _ranges(w, c, last=True),
        sentence("The larger ranges go to the last members. In Kafka the first ones get one more."),
    ),
    (
        lambda w, c, o: _ranges(w, c, ordered=False),
        sentence("You take the members in the order of the dictionary. Every member must come to the same plan: sort them."),
    ),
    (
        lambda w, c, o: _ranges(w, c, share=False),
        sentence("What is left over after the division goes to nobody. The first members get one more, each."),
    ),
)  # fmt: skip


def known_range(cases: Sequence[Case], sandbox: Sandbox) -> str:
    """The hint of the mistake that gives the same on the first cases."""
    some = cases[:2]
    values = sandbox.call_each("assign_range", some)
    for mistake, hint in MISTAKES:
        if all(
            isinstance(value, dict)
            and {n: sorted(value.get(n, [])) for n in case[0]}
            == {n: sorted(p) for n, p in mistake(*case).items()}
            for case, value in zip(some, values, strict=True)
        ):
            return hint
    return ""


# --- in a cluster


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


EXERCISE = Exercise(
    id="10a",
    title=sentence("Who reads what? Your rules `assign_range` and `assign_sticky`"),
    names=("assign_range", "assign_sticky"),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "Range: one topic after the other, and within it only the members that want it, sorted. Sticky: what may "
            "everybody keep? Then: who gets the rest?"
        ),
        sentence(
            "Range: `divmod(count, len(members))` gives how many each one gets, and how many members get one more. "
            "Sticky: a fair share is the same division over all partitions of all topics."
        ),
        sentence(
            "Sticky in three steps: (1) everybody keeps its own partitions; (2) each free one goes to the member with "
            "the fewest; (3) as long as one member has two more than another, one partition moves from the first to "
            "the second, and best one that came to it just now."
        ),
    ),
    minutes=20,
    rule=theirs,
)
