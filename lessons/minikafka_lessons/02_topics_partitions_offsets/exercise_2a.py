"""Exercise 2a: the rule `partition_for_key`, judged against the Java client's partitions.

Rule: two processes with different hash seeds and orders must agree; the right partitions stay here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from minikafka import NewPartitions, Rules
from minikafka.policy import murmur2 as true_murmur2
from minikafka.policy import partition_for_key as true_partition
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Raised, Sandbox, no_function
from minikafka_lessons.grading.words import known, returned, shown
from minikafka_lessons.language import say, sentence

from .hashes import MISTAKES, keys_for, signed

PROPERTIES = {
    "range": (sentence("always one of the topic's partitions, as an int"), 1.0),
    "stable": (
        sentence("the same key goes to the same partition, in every process"),
        1.0,
    ),
    "murmur2": (sentence("murmur2 gives the Java client's hashes"), 2.0),
    "same": (
        sentence(
            "the same partition as the Java client, for keys with a positive hash"
        ),
        1.0,
    ),
    "negative": (sentence("… and for keys with a negative hash"), 1.0),
    "alive": (
        sentence("inside a running cluster, records lie where Kafka's would"),
        2.0,
    ),
}
HINTS = {
    "range": sentence(
        "A remainder lies in 0 … partition_count − 1, if you calculate with whole numbers."
    ),
    "stable": sentence(
        "Use nothing but the key's bytes: no randomness, no counter, and not Python's own `hash`."
    ),
    "murmur2": sentence(
        "Compare with the five known hashes in the text, the shortest key first. Are 32 bits left after every "
        "multiplication?"
    ),
    "same": sentence(
        "First get `murmur2` right; the formula in the text makes a partition of it."
    ),
    "negative": sentence(
        "Half of all 32-bit hashes are negative numbers in Java. What does the formula in the text do about that?"
    ),
    "alive": sentence(
        "The cluster asks your rule for each record that has a key, with as many partitions as there are just then."
    ),
}


UNSTABLE = sentence(
    "Python's `hash` of bytes changes with every process (PYTHONHASHSEED), so that two producers would not agree. "
    "Use murmur2."
)


def judge_partition(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Keys and counts against the Java client's partitions, in two processes, and in simulated clusters."""
    with (
        Sandbox(code, ["partition_for_key", "murmur2"]) as one,
        Sandbox(code, ["partition_for_key", "murmur2"], hash_seed=4_711) as other,
    ):
        one.must_define("partition_for_key")
        cases = [(key, n) for key in keys_for(seeds[0], 120) for n in (1, 3, 6, 50)]
        cases += [
            (key, n)
            for seed in seeds[1:]
            for key in keys_for(seed, 250)
            for n in (2, 7, 12)
        ]
        got = one.call_each("partition_for_key", cases, limit_s=10)
        judge_range(cases, got, sheet)
        again = other.call_each("partition_for_key", list(reversed(cases)), limit_s=10)[
            ::-1
        ]
        judge_stable(cases, got, again, sheet)
        judge_hash(one, sheet, seeds)
        judge_same(cases, got, sheet)
        if mistake := known(MISTAKES, cases, got):
            _, names, hint = mistake
            for name in names:
                sheet.sharpen(name, hint)
        for seed in seeds:
            live_partition(one, sheet, seed)


def judge_range(cases: Sequence[Any], got: Sequence[Any], sheet: Sheet) -> None:
    """0 … count − 1, an int; and not all the same."""
    for (key, n), value in zip(cases, got, strict=True):
        if type(value) is not int or not 0 <= value < n:
            sheet.fail(
                "range",
                f"partition_for_key({shown(key)}, {n}) {returned(value)}",
                HINTS["range"],
            )
            return
    if len(set(got)) < 3:
        sheet.fail("range", say("All keys go to the same partition."), HINTS["same"])
    else:
        sheet.seen("range")


def judge_stable(
    cases: Sequence[Any], got: Sequence[Any], again: Sequence[Any], sheet: Sheet
) -> None:
    """In another process, in another order, the same."""
    for (key, n), first, second in zip(cases, got, again, strict=True):
        if isinstance(first, Raised):
            sheet.fail(
                "stable",
                f"partition_for_key({shown(key)}, {n}) {returned(first)}",
                HINTS["stable"],
            )
            return
        if first != second or type(first) is not type(second):
            message = say(
                "partition_for_key({key}, {n}) is {first} in one process and {second} in another",
                key=shown(key),
                n=n,
                first=first,
                second=second,
            )
            sheet.fail("stable", message, UNSTABLE)
            for name in ("same", "negative", "murmur2", "alive"):
                sheet.fail(
                    name, say("The partition is not even the same each time."), UNSTABLE
                )
            return
    if len(set(map(repr, got))) < 3:
        sheet.fail("stable", say("All keys go to the same partition."), HINTS["same"])
    else:
        sheet.seen("stable")


def judge_hash(sandbox: Sandbox, sheet: Sheet, seeds: Sequence[int]) -> None:
    """`murmur2` by itself; signed as in Java or unsigned."""
    if not sandbox.defines("murmur2"):
        sheet.fail("murmur2", no_function("murmur2"), HINTS["murmur2"])
        return
    keys = [key for seed in seeds for key in keys_for(seed, 200)]
    for key, value in zip(
        keys,
        sandbox.call_each("murmur2", [(k,) for k in keys], limit_s=10),
        strict=True,
    ):
        want = true_murmur2(key)
        if type(value) is not int or value not in (want, signed(want)):
            message = say(
                "murmur2({key}) {did}; expected {value}",
                key=shown(key),
                did=returned(value),
                value=signed(want),
            )
            sheet.fail("murmur2", message, HINTS["murmur2"])
            return
    sheet.seen("murmur2")


def judge_same(cases: Sequence[Any], got: Sequence[Any], sheet: Sheet) -> None:
    """Against Kafka's partition, by the sign of the hash."""
    for (key, n), value in zip(cases, got, strict=True):
        negative = bool(true_murmur2(key) >> 31)
        name = "negative" if negative else "same"
        want = true_partition(key, n)
        if type(value) is not int or value != want:
            message = say(
                "partition_for_key({key}, {n}) {did}; expected {value}",
                key=shown(key),
                n=n,
                did=returned(value),
                value=want,
            )
            if negative and not isinstance(value, Raised):
                message += " " + say(
                    "(its hash in Java is {hash})", hash=signed(true_murmur2(key))
                )
            sheet.fail(name, message, HINTS[name])
    for name in ("same", "negative"):
        sheet.seen(name)


def theirs(
    answers: Any, name: str, seen: list[tuple[Any, ...]] | None = None
) -> Callable[[bytes, int], int]:
    """The answer's rule in a producer; ours stands in where there is no such partition."""
    inner = scenes.rule(answers, name, true_partition, [] if seen is None else seen)

    def kept_in_range(key: bytes, count: int) -> int:
        value = inner(key, count)
        return (
            value
            if type(value) is int and 0 <= value < count
            else true_partition(key, count)
        )

    return kept_in_range


def live_partition(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """The rule in a producer of a cluster: before and after partitions were added."""
    random = Random(seed)
    seen: list[tuple[Any, ...]] = []
    rule = theirs(sandbox, "partition_for_key", seen)
    with scenes.cluster(seed, rules=Rules(partition_for_key=rule)) as cluster:
        few, many = random.randrange(2, 6), random.randrange(7, 12)
        cluster.create_topic("airports", few)
        keys = [
            random.choice(("TX", "AK", "CA", "WA", "NY", "FL", "OR", "HI", "OH", "MN"))
            for _ in range(60)
        ]
        scenes.write(cluster, "airports", [(key, f"{n}") for n, key in enumerate(keys)])
        admin = cluster.admin()
        admin.create_partitions([NewPartitions("airports", many)])["airports"].result()
        admin.close()
        cluster.wait_until(
            lambda s: (
                len([p for p in s.topic("airports").partitions if p.end is not None])
                == many
            )
        )
        scenes.write(
            cluster,
            "airports",
            [(key, f"{len(keys) + n}") for n, key in enumerate(keys)],
        )
        for (key, count), value in seen:
            if type(value) is not int or value != true_partition(key, count):
                message = say(
                    "{key} of {n} partitions: your rule {did}, Kafka says {value}",
                    key=shown(key),
                    n=count,
                    did=returned(value),
                    value=true_partition(key, count),
                )
                run = scenes.kept(cluster, cluster.now)
                sheet.fail("alive", message, HINTS["alive"], seed, run)
                return
        lies = {
            (p, key, value)
            for p, rows in scenes.read_topic(cluster, "airports").items()
            for key, value in rows
        }
        wanted = {
            (true_partition(key.encode(), count), key, f"{n + shift}")
            for count, shift in ((few, 0), (many, len(keys)))
            for n, key in enumerate(keys)
        }
        message = say("The records do not lie where Kafka's would.")
        run = None if lies == wanted else scenes.kept(cluster, cluster.now)
        sheet.expect("alive", lies == wanted, message, HINTS["alive"], seed, run)


EXERCISE = Exercise(
    id="2a",
    title=sentence("Which partition? Your rule `partition_for_key`"),
    names=("murmur2", "partition_for_key"),
    properties=PROPERTIES,
    judge=judge_partition,
    hints=(
        sentence(
            "Two steps. `murmur2` makes a 32-bit number of the key's bytes. `partition_for_key` drops that "
            "number's sign bit and takes the remainder by the partition count."
        ),
        sentence(
            "Python's numbers don't overflow; Java's do. So cut to 32 bits after every multiplication: "
            '`h = h * m & 0xFFFFFFFF`. Four bytes are one number: `int.from_bytes(data[i:i+4], "little")`; the last '
            "one to three bytes are one, too."
        ),
        sentence(
            "for i in range(0, len(data) // 4 * 4, 4): k = four bytes · m (cut); k ^= k >> 24; k = k · m (cut); "
            "h = h · m (cut) ^ k. Then the rest: h = (h ^ rest) · m (cut). Then h ^= h >> 13; h = h · m (cut); "
            "h ^= h >> 15. And the partition: (h & 0x7FFFFFFF) % partition_count."
        ),
    ),
    minutes=15,
    more=8,
    rule=theirs,
)
