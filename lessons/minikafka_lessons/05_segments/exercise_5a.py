"""Exercise 5a: the rules `should_roll`, `floor_entry` and `segments_to_delete`, judged alone and in a broker that lives by
them.

Rule: what is true is what the same broker does with Kafka's rules; the answer's broker must leave the same files, and
give every record that was acknowledged and isn't due.
"""

from __future__ import annotations

import functools
from bisect import bisect_left
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from minikafka import Cluster, Rules, TopicPartition
from minikafka.cluster.run_file import RunFile
from minikafka.policy.segments import SegmentFacts
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Raised, Sandbox
from minikafka_lessons.grading.words import returned
from minikafka_lessons.language import say, sentence

NAMES = ("should_roll", "floor_entry", "segments_to_delete")
PROPERTIES = {
    "roll": (
        sentence(
            "should_roll: a batch that doesn't fit, and only that, begins a new segment"
        ),
        1.0,
    ),
    "old": (
        sentence(
            "should_roll: an old segment is closed, an empty one never for its age"
        ),
        1.0,
    ),
    "limits": (sentence("should_roll: a full index and an offset too far"), 1.0),
    "floor": (sentence("floor_entry: the last entry that is not greater"), 2.0),
    "time": (
        sentence("segments_to_delete: by time, oldest first, until one stays"),
        1.0,
    ),
    "size": (
        sentence("segments_to_delete: by size, never below `retention_bytes`"),
        1.0,
    ),
    "start": (sentence("segments_to_delete: what lies below the log start"), 1.0),
    "safe": (
        sentence(
            "segments_to_delete: nothing at or above the high watermark, and no empty last one"
        ),
        2.0,
    ),
    "alive": (
        sentence(
            "a broker that lives by your rules has the right files, and gives every record"
        ),
        3.0,
    ),
}
HINTS = {
    "roll": sentence(
        "Add what is there and what comes, and compare with the limit. Exactly full still fits."
    ),
    "old": sentence(
        "Two conditions at once: older than the limit, and something in it."
    ),
    "limits": sentence("Either of the two flags is enough, whatever the size."),
    "floor": sentence("Try it by hand on [10, 20, 30]: for 20, for 25, for 5, for 99."),
    "time": sentence(
        "Newest record: now_ms − newest_ms > retention_ms. Stop at the first segment for which it isn't so."
    ),
    "size": sentence(
        "Take one away only if what remains has still at least `retention_bytes`."
    ),
    "start": sentence(
        "A segment lies below the log start when its *next* offset isn't behind it."
    ),
    "safe": sentence(
        "Ask this first for each segment, whatever the reason: may it go at all?"
    ),
    "alive": sentence(
        "First mend what stands above: the broker asks the very same functions."
    ),
}
Rule = Callable[..., Any]
OURS = Rules()


def roll_cases(random: Random) -> list[tuple[str, tuple[Any, ...]]]:
    """(property, arguments)."""
    cases: list[tuple[str, tuple[Any, ...]]] = []
    for _ in range(6):
        limit = random.randrange(1_000, 2_000)
        size = random.randrange(1, limit)
        for more in (limit - size - 1, limit - size, limit - size + 1):
            cases.append(("roll", (size, more, limit, 5, 100, False, False)))
        cases += [
            ("old", (size, 0, limit, age, 100, False, False))
            for age in (99, 100, 101, 5_000)
        ]
        cases.append(("old", (0, 10, limit, 5_000, 100, False, False)))
        cases += [
            ("limits", (size, 0, limit, 5, 100, full, far))
            for full, far in ((True, False), (False, True))
        ]
        cases.append(("limits", (size, 0, limit, 5, 100, False, False)))
    return cases


def floor_cases(random: Random) -> list[tuple[list[int], int]]:
    """Empty, below, equal, between, above."""
    cases: list[tuple[list[int], int]] = [
        ([], 5),
        ([10], 9),
        ([10], 10),
        ([10], 11),
        ([0], 0),
    ]
    for _ in range(6):
        entries = sorted(random.sample(range(1, 10_000), random.randrange(2, 40)))
        cases += [
            (entries, one)
            for one in (entries[0] - 1, entries[0], entries[-1], entries[-1] + 7)
        ]
        cases += [(entries, random.randrange(10_001)) for _ in range(6)]
    return cases


def retention_cases(random: Random) -> list[tuple[str, tuple[Any, ...]]]:
    """(property, arguments) with segments as tuples."""
    cases: list[tuple[str, tuple[Any, ...]]] = []
    for _ in range(8):
        segments, offset, newest = [], random.randrange(100), 1_000
        for _ in range(random.randrange(3, 7)):
            count = random.randrange(5, 50)
            newest += random.randrange(50, 150)
            segments.append((offset, offset + count, random.randrange(50, 200), newest))
            offset += count
        total = sum(size for _, _, size, _ in segments)
        now, some = newest + 50, random.randrange(len(segments))
        start, middle = segments[0][0], segments[some]
        cases += [
            ("time", (segments, now, age, -1, offset, start))
            for age in (now - middle[3], now - middle[3] - 1, 0, 9_999)
        ]
        mixed = [*segments]
        mixed[0] = (*mixed[0][:3], now)  # its clock was wrong: the oldest is new
        cases.append(("time", (mixed, now, 60, -1, offset, start)))
        cases += [
            ("size", (segments, now, -1, limit, offset, start))
            for limit in (
                total,
                total - segments[0][2],
                total - segments[0][2] + 1,
                total // 2,
                0,
            )
        ]
        cases.append(
            (
                "size",
                (
                    segments,
                    now,
                    now - segments[0][3] - 1,
                    total - segments[0][2],
                    offset,
                    start,
                ),
            )
        )
        cases += [
            ("start", (segments, now, -1, -1, offset, at))
            for at in (middle[0], middle[0] + 1, middle[1], offset)
        ]
        empty = (offset, offset, 0, now - 40)
        cases += [
            ("safe", (segments, now, 0, -1, middle[1] - 1, start)),
            ("safe", (segments, now, -1, 0, middle[0], start)),
            ("safe", ([*segments, empty], now, 10, -1, offset, start)),
            ("safe", (segments, now, -1, -1, offset, start)),
        ]
    return cases


def truth_of_retention(args: tuple[Any, ...]) -> int:
    """Kafka's."""
    segments, *rest = args
    return OURS.segments_to_delete([SegmentFacts(*one) for one in segments], *rest)


# -- known mistakes -------------------------------------------------------------------------------------------------


def floor_mistake(cases: Sequence[tuple[list[int], int]], got: Sequence[Any]) -> str:
    """What this answer does instead, if it is known."""
    known: tuple[tuple[Rule, str], ...] = (
        (
            lambda e, t: bisect_left(e, t) - 1,
            sentence(
                "You leave an entry out that is equal to the target: it is not greater, so it counts."
            ),
        ),
        (
            lambda e, t: bisect_left(e, t),
            sentence(
                "You give the first entry that is *not smaller*: a scan from there never comes back to what lies before."
            ),
        ),
        (
            lambda e, t: OURS.floor_entry(e, t) + 1,
            sentence(
                "One too far: you give where the target would be inserted, not the entry before."
            ),
        ),
        (
            lambda e, t: max(0, OURS.floor_entry(e, t)),
            sentence(
                "When all entries are greater there is none: −1, not 0. Entry 0 would lie behind the record."
            ),
        ),
        (
            lambda e, t: (
                e[OURS.floor_entry(e, t)] if OURS.floor_entry(e, t) >= 0 else -1
            ),
            sentence("You return the entry itself. Its position in the list is asked."),
        ),
    )
    for rule, words in known:
        if all(same(g, rule(*case)) for g, case in zip(got, cases, strict=True)):
            return words
    return ""


def roll_mistake(args: tuple[Any, ...], got: Any) -> str:
    """For one case."""
    size, incoming, limit, age, oldest, full, far = args
    if not full and not far and size + incoming == limit and got is True:
        return sentence(
            "Exactly full still fits: roll when there would be *more* than the limit."
        )
    if size <= limit < size + incoming and got is False:
        return sentence(
            "You look at what is there only. What counts is how big the file would be *with* the batch."
        )
    if size == 0 and age > oldest and got is True:
        return sentence(
            "An empty segment never rolls for its age: the new one would be the same again."
        )
    if size and age > oldest and got is False:
        return sentence("This segment has records and is too old, and yet it goes on.")
    return ""


def retention_mistake(name: str, args: tuple[Any, ...], got: Any, want: int) -> str:
    """For one case."""
    segments, now, oldest, *_ = args
    if got == 0 and name in ("time", "size", "start"):
        return HINTS[name]
    if name == "safe" and type(got) is int and got > want:
        if segments[-1][2] == 0 and got == len(segments):
            return sentence(
                "The last segment is empty, and you delete it: it says where the log goes on."
            )
        return sentence(
            "You delete a record at or above the high watermark: not all replicas have it yet. It is lost for ever."
        )
    if name == "time" and type(got) is int and got > want:
        if (
            any(now - s[3] <= oldest for s in segments[:got])
            and now - segments[0][3] <= oldest
        ):
            return sentence(
                "The oldest segment stays, so nothing behind it goes: you would leave a hole in the log."
            )
        return sentence(
            "Look at the time of the *newest* record, and at “older than”: equal is not older."
        )
    if name == "size" and type(got) is int and got > want:
        return sentence(
            "You delete too much: afterwards the log has less than `retention_bytes`."
        )
    if name == "start" and got == len(segments):
        return sentence(
            "All is below the log start, but for this reason the last segment stays."
        )
    return HINTS[name]


# -- the judge ------------------------------------------------------------------------------------------------------


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Each rule by itself, then a broker with all three."""
    with Sandbox(code, NAMES) as sandbox:
        for name in NAMES:
            if sandbox.defined.get(name) != "function":
                raise AnswerFailed(
                    say("There is no function {name} in the cell.", name=name)
                )
        for seed in seeds:
            random = Random(seed)
            judge_rolls(sandbox, sheet, random, seed)
            judge_floor(sandbox, sheet, random, seed)
            judge_retention(sandbox, sheet, random, seed)
        for seed in seeds:
            judge_alive(sandbox, sheet, seed)


def judge_rolls(sandbox: Sandbox, sheet: Sheet, random: Random, seed: int) -> None:
    """Against Kafka's."""
    cases = roll_cases(random)
    for (name, args), got in zip(
        cases, sandbox.call_each("should_roll", [a for _, a in cases]), strict=True
    ):
        want = OURS.should_roll(*args)
        call = f"should_roll{args}"
        expect(
            sheet,
            name,
            same(got, want),
            call,
            got,
            want,
            roll_mistake(args, got) or HINTS[name],
            seed,
        )


def judge_floor(sandbox: Sandbox, sheet: Sheet, random: Random, seed: int) -> None:
    """Against Kafka's."""
    cases = floor_cases(random)
    every = sandbox.call_each("floor_entry", cases)
    for (entries, target), got in zip(cases, every, strict=True):
        want = OURS.floor_entry(entries, target)
        near = entries if len(entries) < 8 else [*entries[:3], "…", *entries[-3:]]
        call = f"floor_entry([{', '.join(map(str, near))}], {target})"
        expect(sheet, "floor", same(got, want), call, got, want, HINTS["floor"], seed)
    if sheet.failed("floor") and (words := floor_mistake(cases, every)):
        sheet.sharpen("floor", words)


def judge_retention(sandbox: Sandbox, sheet: Sheet, random: Random, seed: int) -> None:
    """Against Kafka's."""
    cases = retention_cases(random)
    every = sandbox.call_each("segments_to_delete", [args for _, args in cases])
    for (name, args), got in zip(cases, every, strict=True):
        want = truth_of_retention(args)
        segments, now, oldest, least, watermark, start = args
        call = (
            f"segments_to_delete({segments}, now_ms={now}, retention_ms={oldest}, retention_bytes={least}, "
            f"high_watermark={watermark}, log_start={start})"
        )
        expect(
            sheet,
            name,
            same(got, want),
            call,
            got,
            want,
            retention_mistake(name, args, got, want),
            seed,
        )


def expect(
    sheet: Sheet,
    name: str,
    holds: bool,
    call: str,
    got: Any,
    want: Any,
    hint: str,
    seed: int,
) -> None:
    """`seen`, or `fail` with the call."""
    if holds:
        sheet.seen(name)
    elif not sheet.failed(name):
        did = returned(got) if isinstance(got, Raised) else returned(got)[:80]
        sheet.fail(
            name,
            say("{call} {did}; expected {value}", call=call, did=did, value=repr(want)),
            hint,
            seed,
        )


def same(got: Any, want: Any) -> bool:
    """True is not 1."""
    return type(got) is type(want) and bool(got == want)


# -- a broker -------------------------------------------------------------------------------------------------------


def judge_alive(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """The same life twice: by Kafka's rules, and by the answer's."""
    rules = Rules(**{name: asked(sandbox, name) for name in NAMES})
    theirs, runs = life(seed, rules)
    ours = life_by_kafkas_rules(seed)
    for what, mine, right in zip(("big", "sought", "old"), theirs, ours, strict=True):
        if mine == right:
            continue
        message = difference(what, mine, right)
        sheet.fail("alive", message, HINTS["alive"], seed, runs[what])
        return
    sheet.seen("alive")


def difference(what: str, mine: Any, right: Any) -> str:
    """The first bad thing, with its name."""
    if what == "big":
        return say(
            "the broker's segments begin at {mine}; by Kafka's rules at {right}",
            mine=mine,
            right=right,
        )
    if what == "sought":
        offset, got = next(
            (o, g) for (o, g), (_, r) in zip(mine, right, strict=True) if g != r
        )
        if got is None:
            return say(
                "lost read: a consumer looks for offset {n} and gets nothing", n=offset
            )
        return say(
            "skipped records: a consumer looks for offset {n} and gets {m}",
            n=offset,
            m=got,
        )
    if mine > right:
        return say(
            "lost write: records {right} to {last} were to be kept, and retention has deleted them",
            right=right,
            last=mine - 1,
        )
    return say(
        "retention left records from {mine} on; those below {right} were to go",
        mine=mine,
        right=right,
    )


Life = tuple[list[int], list[tuple[int, int | None]], int]


def life(seed: int, rules: Rules) -> tuple[Life, dict[str, RunFile | None]]:
    """Where segments begin; (offset looked for, offset got); and the log start after retention. And the run, with a mark
    at the moment that shows each."""
    random = Random(seed)
    made = Cluster(brokers=1, world="simulated", seed=seed, rules=rules, announce=False)
    try:
        made.create_topic(
            "big", 1, configs={"segment.bytes": 1_048_576, "retention.ms": -1}
        )
        made.create_topic(
            "old", 1, configs={"segment.ms": 60_000, "retention.ms": 3_600_000}
        )
        now_ms = 1_767_225_600_000
        with made.producer({"linger.ms": 0}) as producer:
            for n in range(24):
                producer.produce("big", bytes([n]) * random.randrange(60_000, 130_000))
                producer.flush()
            age_ms = 2 * 3_600_000
            for n in range(20):
                producer.produce("old", f"{n}", timestamp=now_ms - age_ms)
                producer.flush()
                age_ms -= random.randrange(40_000, 600_000)
        segments = made.snapshot().partition("big", 0).replicas[0].segments or ()
        moments = {"big": made.now}
        sought = [
            (offset, look_for(made, offset)) for offset in random.sample(range(24), 6)
        ]
        moments["sought"] = made.now
        made.run(310)
        moments["old"] = scenes.moment_of(made, "SegmentDeleted", topic="old")
        start = made.snapshot().partition("old", 0).log_start
        lived = [one.base_offset for one in segments], sought, start or 0
        return lived, {what: scenes.kept(made, at) for what, at in moments.items()}
    finally:
        try:
            made.close()
        except Exception:
            # The answer may have left the broker in any state; what counts has been read already.
            pass


@functools.cache
def life_by_kafkas_rules(seed: int) -> Life:
    """What is right."""
    return life(seed, Rules())[0]


def look_for(made: Cluster, offset: int) -> int | None:
    """The first record that a consumer gets who begins there."""
    consumer = made.consumer({"group.id": "the-grader", "enable.auto.commit": False})
    consumer.assign([TopicPartition("big", 0, offset)])
    message = consumer.poll(5.0)
    consumer.close()
    return None if message is None or message.error() is not None else message.offset()


def asked(sandbox: Any, name: str) -> Rule:
    """The answer's rule for the broker; ours stands in for what it can't use."""
    ours = getattr(OURS, name)
    kind = bool if name == "should_roll" else int

    def rule(*args: Any) -> Any:
        plain = [
            [tuple(s) if isinstance(s, tuple) else int(s) for s in a]
            if name != "should_roll" and i == 0
            else a
            for i, a in enumerate(args)
        ]
        value = sandbox.call(name, *plain)
        return value if type(value) is kind else ours(*args)

    return rule


EXERCISE = Exercise(
    id="5a",
    title=sentence("Your rules `should_roll`, `floor_entry`, `segments_to_delete`"),
    names=NAMES,
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "Each sentence of the text is one condition. `should_roll` is four of them with `or` between; `floor_entry` is "
            "Python's `bisect` minus one; `segments_to_delete` is a counter that only grows."
        ),
        sentence(
            "`segments_to_delete`: first a small function that says whether a segment may go at all. Then three `while` loops "
            "that share the counter. The second needs to know how many bytes are left."
        ),
        sentence(
            "While the counter is in range, the segment there may go, and the reason holds: count one up. Reasons: "
            "now − newest > retention_ms; bytes left − its size ≥ retention_bytes; its next offset ≤ the smaller one of "
            "log_start and high_watermark (this one only for segments before the last)."
        ),
    ),
    minutes=15,
    rule=asked,
)
