"""What the exercises of lesson 1 ask for, and how an answer is judged."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from minikafka import Organs
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.desk import ConsumerDesk, ProducerDesk
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import (
    AnswerFailed,
    Code,
    Handle,
    Odd,
    Raised,
    Sandbox,
)

TITLE = "The data bus"
TOPICS = ("weather", "weather-mine")
GROUPS = ("dashboard", "archive", "newcomer", "slow-dashboard", "my-group")

# --- 1a: the organ `lag` --------------------------------------------------------------------------------------


def true_lag(
    log_end_offset: int, committed_offset: int | None, log_start_offset: int
) -> int | None:
    """What is right."""
    if committed_offset is None:
        return None
    return max(0, log_end_offset - max(committed_offset, log_start_offset))


LAG_PROPERTIES = {
    "between": (
        "counts the records between the committed offset and the log's end",
        2.0,
    ),
    "caught_up": ("a group that has read everything has LAG 0", 1.0),
    "no_commit": ("no commit yet: the LAG is None, which is not 0", 1.0),
    "not_negative": ("never negative", 1.0),
    "log_start": ("records that were deleted unread no longer count", 1.0),
    "alive": ("transplanted into a running cluster, it tells the truth", 2.0),
}

LAG_CASES: dict[str, tuple[tuple[int, int | None, int], ...]] = {
    "between": (
        (10, 4, 0),
        (5, 0, 0),
        (3_000_000_000, 2_999_999_000, 0),
        (120, 100, 60),
    ),
    "caught_up": ((10, 10, 0), (0, 0, 0), (75, 75, 75)),
    "no_commit": ((10, None, 0), (0, None, 0), (10, None, 5)),
    "not_negative": ((10, 12, 0), (0, 1, 0), (8, 9, 8)),
    "log_start": ((100, 10, 40), (40, 10, 40), (100, 0, 99)),
}

LAG_HINTS = {
    "between": "LAG = latest offset − committed offset. Both are the *next* position: to write, and to read.",
    "caught_up": "Is there a −1 or +1 too many? The log end offset is already the last offset + 1.",
    "no_commit": "`None` says: this group never committed here. Look at it first: `if committed_offset is None:`.",
    "not_negative": "The two offsets may be read at slightly different moments. Don't go below 0: `max(0, …)`.",
    "log_start": "What lies below the log start is gone. Count from `max(committed_offset, log_start_offset)`.",
    "alive": "Your function is right on paper only if it is right in every property above.",
}

LagRule = Callable[[int, Any, int], Any]
LAG_MISTAKES: tuple[tuple[LagRule, str, str], ...] = (
    (
        lambda e, c, s: 0 if c is None else max(0, e - max(c, s)),
        "no_commit",
        "You return 0 for a group without a commit. 0 says “has read everything”; this group has read nothing. "
        "Return None.",
    ),
    (
        lambda e, c, s: max(0, e - max(c or 0, s)),
        "no_commit",
        "You count a missing commit as offset 0. Nobody knows where that group will begin; return None.",
    ),
    (
        lambda e, c, s: None if not c else max(0, e - max(c, s)),
        "between",
        "`if not committed_offset` is true for 0 as well, and 0 is a real commit. Write `is None`.",
    ),
    (
        lambda e, c, s: None if c is None else max(0, e - max(c, s) - 1),
        "between",
        "One too few. The log end offset is not the last record's offset, it is the *next* one: no −1.",
    ),
    (
        lambda e, c, s: None if c is None else max(0, e - max(c, s) + 1),
        "between",
        "One too many. The committed offset is the next one to read, not the last one read: no +1.",
    ),
    (
        lambda e, c, s: None if c is None else e - max(c, s),
        "not_negative",
        "Your LAG gets negative when the end was read a moment before the commit. Nobody is ahead of the log: "
        "`max(0, …)`.",
    ),
    (
        lambda e, c, s: None if c is None else abs(e - max(c, s)),
        "not_negative",
        "`abs` turns “ahead by 2” into “behind by 2”. The smallest LAG is 0: `max(0, …)`.",
    ),
    (
        lambda e, c, s: None if c is None else max(0, e - c),
        "log_start",
        "You count records that retention has deleted. The group can't read them any more: count from the log "
        "start if the commit lies below it.",
    ),
    (
        lambda e, c, s: None if c is None else e - c,
        "log_start",
        "End minus committed is the idea. Now the two borders: never below 0, and never from below the log start.",
    ),
)


def judge_lag(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The table of cases, random ones from the hidden seeds, and a life in simulated clusters."""
    with Sandbox(code, ["lag"]) as sandbox:
        for name, cases in LAG_CASES.items():
            check_lag(sandbox, sheet, name, cases, None)
        for seed in seeds[1:]:
            for name, cases in random_lag_cases(seed).items():
                check_lag(sandbox, sheet, name, cases, seed)
        diagnosis = diagnose_lag(sandbox)
        if diagnosis is not None:
            sheet.sharpen(*diagnosis)
        for seed in seeds:
            live_lag(sandbox, sheet, seed)


def check_lag(
    sandbox: Sandbox, sheet: Sheet, name: str, cases: Sequence[Any], seed: int | None
) -> None:
    """One property on some cases."""
    for (end, committed, start), got in zip(
        cases, sandbox.call_each("lag", cases), strict=True
    ):
        want = true_lag(end, committed, start)
        if not same(got, want):
            sheet.fail(
                name,
                f"lag({end}, {committed}, {start}) {returned(got)}, should be {want}",
                LAG_HINTS[name],
                seed,
            )
            return
    sheet.seen(name)


def random_lag_cases(seed: int) -> dict[str, list[tuple[int, int | None, int]]]:
    """Other numbers, the same five properties."""
    random = Random(seed)
    found: dict[str, list[tuple[int, int | None, int]]] = {
        name: [] for name in LAG_CASES
    }
    for _ in range(40):
        start = random.choice((0, random.randrange(1_000), random.randrange(1 << 40)))
        end = start + random.randrange(1, 5_000)
        found["between"].append((end, random.randrange(start, end), start))
        found["caught_up"].append((end, end, start))
        found["no_commit"].append((end, None, start))
        found["not_negative"].append((end, end + random.randrange(1, 50), start))
        if start:
            found["log_start"].append((end, random.randrange(0, start), start))
    return found


def diagnose_lag(sandbox: Sandbox) -> tuple[str, str] | None:
    """(property, hint) when the answer behaves exactly like a known mistake."""
    cases = [case for group in LAG_CASES.values() for case in group]
    got = sandbox.call_each("lag", cases)
    for rule, name, hint in LAG_MISTAKES:
        if all(same(g, rule(*case)) for g, case in zip(got, cases, strict=True)):
            return name, hint
    return None


def live_lag(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """The organ in a cluster: `consumer.lag(committed=True)` against the snapshot of the same instant."""
    random = Random(seed)
    seen: list[tuple[Any, ...]] = []
    organs = Organs(lag=scenes.organ(sandbox, "lag", true_lag, seen))
    with scenes.cluster(
        seed, organs=organs, configs={"log.retention.check.interval.ms": 2_000}
    ) as cluster:
        cluster.create_topic(
            "weather", 3, configs={"retention.ms": 15_000, "segment.ms": 3_000}
        )
        for _ in range(3):
            scenes.write(cluster, "weather", list(scenes.rows(random, 40)))
            cluster.run(4)
        consumer = cluster.consumer(
            {
                "group.id": "dashboard",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
            }
        )
        consumer.subscribe(["weather"])
        for _ in range(random.randrange(30, 80)):
            consumer.poll(1.0)
        compare_lag(cluster, consumer, seen, sheet, seed, "before the first commit")
        consumer.commit(asynchronous=False)
        compare_lag(cluster, consumer, seen, sheet, seed, "after a commit")
        scenes.write(
            cluster, "weather", list(scenes.rows(random, random.randrange(10, 60)))
        )
        compare_lag(cluster, consumer, seen, sheet, seed, "after more was produced")
        cluster.run(30)
        compare_lag(
            cluster, consumer, seen, sheet, seed, "after retention deleted old segments"
        )
        consumer.close()


def compare_lag(
    cluster: Any, consumer: Any, seen: list[Any], sheet: Sheet, seed: int, when: str
) -> None:
    """What the organ said of each partition, and what is true."""
    seen.clear()
    told = consumer.lag(committed=True)
    for args, got in seen:
        if not same(got, true_lag(*args)):
            sheet.fail(
                "alive",
                f"{when}: lag({', '.join(map(str, args))}) {returned(got)}, should be {true_lag(*args)}",
                LAG_HINTS["alive"],
                seed,
            )
            return
    snapshot = cluster.snapshot()
    rows = {(o.topic, o.partition): o.lag for o in snapshot.group("dashboard").offsets}
    if {(tp.topic, tp.partition): value for tp, value in told.items()} == rows:
        sheet.seen("alive")
    else:
        sheet.fail(
            "alive",
            f"{when}: the group's LAG in the cluster is {rows}, not {told}",
            LAG_HINTS["alive"],
            seed,
        )


# --- 1b: `publish` and `read_all` --------------------------------------------------------------------------------

BUS_PROPERTIES = {
    "sent": ("publish: every row is in the topic, once", 2.0),
    "ordered": ("publish: the rows of a station keep their order", 1.0),
    "queue": ("publish: a full queue loses nothing", 1.0),
    "read": ("read_all: returns every record, once, as (key, value) texts", 2.0),
    "patient": ("read_all: “nothing yet” is not “nothing more”", 1.0),
    "events": ("read_all: an event with an error is no record", 1.0),
    "committed": ("read_all: commits at the end, so that the group's LAG is 0", 1.0),
}

BUS_HINTS = {
    "sent": "`produce` only queues. What makes sure that the queue is empty before you return? `producer.flush()`.",
    "ordered": "Kafka keeps the order within a partition. Give the station as the key: `key=station`.",
    "queue": "`produce` raises BufferError when its queue is full. Catch it, `producer.poll(0.1)`, and try the same row again.",
    "read": "Loop until your list has `count` records; for each: `(message.key().decode(), message.value().decode())`.",
    "patient": "`poll` returns None when nothing came within the timeout. Then poll again: `if message is None: continue`.",
    "events": "`if message.error() is not None: continue`: the end of a partition comes as a message, too.",
    "committed": "After the loop: `consumer.commit(asynchronous=False)`.",
}


def judge_bus(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """Both functions in real runs; each in a process of its own, so that only the broker connects them."""
    with Sandbox(code, ["publish", "read_all"]) as sandbox:
        kinds = dict(sandbox.defined)
    for seed in seeds:
        for part, first, judge in (
            ("publish", "sent", judge_publish),
            ("read_all", "read", judge_read_all),
        ):
            if kinds.get(part) != "function":
                sheet.fail(
                    first, f"There is no function {part} in the cell.", BUS_HINTS[first]
                )
                continue
            if sheet.failed(first):
                continue
            try:
                with Sandbox(code, [part], limit_s=10) as sandbox:
                    judge(sandbox, sheet, seed)
            except AnswerFailed as problem:
                sheet.fail(first, str(problem), BUS_HINTS[first], seed)


def judge_publish(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """A run with room, and one with a short queue; hidden seeds kill the leader in the middle."""
    for short in (False, True):
        random = Random(f"{seed} {short}")
        rows = scenes.rows(random, 240)
        config: dict[str, Any] = {
            "enable.idempotence": True,
            "linger.ms": random.choice((0, 5, 20)),
        }
        if short:
            config["queue.buffering.max.messages"] = 40
        with scenes.cluster(seed) as cluster:
            cluster.create_topic("weather", 3)
            producer = cluster.producer(config)
            desk = ProducerDesk(
                producer, killer(cluster, random) if seed > 1 and not short else None
            )
            got = sandbox.call(
                "publish",
                Handle("producer"),
                "weather",
                [list(row) for row in rows],
                serve=desk,
            )
            if isinstance(got, Raised):
                name, hint = (
                    ("queue", BUS_HINTS["queue"])
                    if got.kind == "BufferError"
                    else ("sent", BUS_HINTS["sent"])
                )
                sheet.fail(name, got.sentence, hint, seed)
                if name == "sent":
                    return
                continue
            waiting = len(producer)
            # The process that ran it ends now: what is not sent yet is lost with it.
            producer.purge()
            producer.close()
            judge_topic(
                scenes.read_topic(cluster, "weather"),
                rows,
                desk,
                waiting,
                short,
                sheet,
                seed,
            )


def killer(cluster: Any, random: Random) -> Callable[[int], None]:
    """Kills the leader of partition 0 before some record, and starts it again later."""
    kill, back = random.randrange(40, 120), random.randrange(160, 220)
    victim: list[str] = []

    def before(n: int) -> None:
        if n == kill:
            victim.append(cluster.snapshot().partition("weather", 0).leader)
            cluster.kill(victim[0])
        elif n == back:
            cluster.restart(victim[0])

    return before


def judge_topic(
    found: dict[int, list[Any]],
    rows: list[Any],
    desk: Any,
    waiting: int,
    short: bool,
    sheet: Sheet,
    seed: int,
) -> None:
    """Is in the topic what was given?"""
    name = "queue" if short else "sent"
    values = [value for records in found.values() for _, value in records]
    wanted = [value for _, value in rows]
    if short and not desk.refused:
        sheet.seen("queue")
    missing = len(set(wanted) - set(values))
    if missing:
        if not desk.calls:
            message, hint = (
                "publish never called the producer.",
                "Call `producer.produce(topic, value, key=…)` for each row.",
            )
        elif waiting:
            message = f"{missing} of {len(rows)} rows were still in the producer's queue when publish returned."
            hint = BUS_HINTS["sent"]
        elif desk.refused:
            message = f"The queue was full {desk.refused} times, and {missing} of {len(rows)} rows are not in the topic."
            hint = BUS_HINTS["queue"]
        else:
            message, hint = (
                f"{missing} of {len(rows)} rows are not in the topic.",
                BUS_HINTS["sent"],
            )
        sheet.fail("queue" if short else "sent", message, hint, seed)
    elif len(values) != len(wanted):
        message = f"{len(values)} records for {len(wanted)} rows: some are there more than once."
        sheet.fail(
            name,
            message,
            "Produce each row once; after a BufferError try again only the row that was refused.",
            seed,
        )
    else:
        sheet.seen(name)
    judge_order(found, rows, sheet, seed)


def judge_order(
    found: dict[int, list[Any]], rows: list[Any], sheet: Sheet, seed: int
) -> None:
    """A station's rows: all with its key, in one partition, in their order."""
    keys = {key for records in found.values() for key, _ in records}
    stations = {station for station, _ in rows}
    if not keys:
        return
    if keys == {None}:
        message = "The records have no key, so that the rows of one station lie in several partitions."
        sheet.fail("ordered", message, BUS_HINTS["ordered"], seed)
        return
    if not keys <= stations:
        odd = sorted(str(key) for key in keys - stations)[0]
        message = f"A record has the key {odd!r}, which is no station."
        sheet.fail(
            "ordered",
            message,
            "The station's name alone is the key: `key=station`.",
            seed,
        )
        return
    for station in sorted(stations):
        places = [
            p
            for p, records in sorted(found.items())
            for key, _ in records
            if key == station
        ]
        read = [
            value
            for _, records in sorted(found.items())
            for key, value in records
            if key == station
        ]
        wanted = [value for key, value in rows if key == station]
        if len(set(places)) > 1 or [v for v in wanted if v in set(read)] != list(
            dict.fromkeys(read)
        ):
            sheet.fail(
                "ordered",
                f"The rows of {station} are not in their order.",
                BUS_HINTS["ordered"],
                seed,
            )
            return
    sheet.seen("ordered")


def judge_read_all(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """Half of the records arrive while the reader already waits; partition ends come as events."""
    random = Random(seed)
    rows = scenes.rows(random, 120)
    with scenes.cluster(seed) as cluster:
        cluster.create_topic("weather", 3)
        scenes.write(cluster, "weather", list(rows[:60]))
        consumer = cluster.consumer(
            {
                "group.id": "my-group",
                "auto.offset.reset": "earliest",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
            }
        )
        consumer.subscribe(["weather"])
        late = random.randrange(70, 90)
        done: list[bool] = []

        def before(n: int) -> None:
            if n >= late and not done:
                done.append(True)
                if seed > 1:
                    cluster.kill(
                        cluster.snapshot().partition("weather", 1).leader or "broker-1"
                    )
                scenes.write(cluster, "weather", list(rows[60:]))

        desk = ConsumerDesk(consumer, before)
        got = sandbox.call("read_all", Handle("consumer"), len(rows), serve=desk)
        judge_list(got, rows, desk, bool(done), sheet, seed)
        if sheet.failed("read"):
            return
        if not desk.closed:
            consumer.close()
        group = cluster.snapshot().group("my-group")
        lag = sum(o.lag or 0 for o in group.offsets if o.committed is not None)
        none = [o.partition for o in group.offsets if o.committed is None and o.end]
        committed = bool(group.offsets) and not lag and not none
        if not group.offsets or (none and len(none) == len(group.offsets)):
            seen = "The group has committed nothing: whoever comes next reads everything again."
        else:
            seen = f"The group's LAG is {lag} afterwards."
        sheet.expect("committed", committed, seen, BUS_HINTS["committed"], seed)


def judge_list(
    got: Any,
    rows: list[Any],
    desk: ConsumerDesk,
    all_came: bool,
    sheet: Sheet,
    seed: int,
) -> None:
    """Is what came back what was in the topic?"""
    if isinstance(got, Raised):
        events = "NoneType" in got.text
        patient = got.kind == "AttributeError" and events and desk.polled == 0
        name = "patient" if patient else "read"
        sheet.fail(
            "read", got.sentence, BUS_HINTS["patient" if events else "read"], seed
        )
        if name == "patient":
            sheet.fail(
                "patient",
                "poll returned None, and you took it for a message.",
                BUS_HINTS["patient"],
                seed,
            )
        return
    if not isinstance(got, list | tuple):
        sheet.fail(
            "read", f"read_all {returned(got)}, not a list.", BUS_HINTS["read"], seed
        )
        return
    pairs = [tuple(item) if isinstance(item, list | tuple) else item for item in got]
    wanted = set(rows)
    if (len(pairs) < len(rows) and not all_came) or (
        len(pairs) < len(rows) and desk.polled < len(rows)
    ):
        records = (
            [pair for pair in pairs if pair in wanted] if hashable(pairs) else pairs
        )
        if any(
            not (isinstance(p, tuple) and p in wanted) for p in pairs if hashable([p])
        ):
            spoil_events(pairs, wanted, sheet, seed)
        message = f"read_all returned after {len(records)} of {len(rows)} records; the rest came a little later."
        sheet.fail("patient", message, BUS_HINTS["patient"], seed)
        sheet.fail("read", message, BUS_HINTS["patient"], seed)
        return
    sheet.seen("patient")
    if spoil_events(pairs, wanted, sheet, seed):
        return
    sheet.seen("events")
    if sorted(pairs) == sorted(rows) and ordered(pairs, rows):
        sheet.seen("read")
    elif sorted(pairs) == sorted(rows):
        sheet.fail(
            "read",
            "The records of a station are not in the order in which they lie in the log.",
            BUS_HINTS["read"],
            seed,
        )
    else:
        sheet.fail(
            "read",
            f"{len(pairs)} pairs came back for {len(rows)} records, and not the same ones.",
            BUS_HINTS["read"],
            seed,
        )


def spoil_events(pairs: list[Any], wanted: set[Any], sheet: Sheet, seed: int) -> bool:
    """Is there something in the list that no producer wrote?"""
    odd = [p for p in pairs if not hashable([p]) or p not in wanted]
    if not odd:
        return False
    first = odd[0]
    texts = isinstance(first, tuple) and len(first) == 2 and isinstance(first[0], bytes)
    if texts:
        sheet.fail(
            "read",
            f"You return {first!r}: bytes, not texts.",
            "`message.key().decode()` makes a text of bytes.",
            seed,
        )
    elif isinstance(first, tuple) and len(first) == 2 and not isinstance(first[0], Odd):
        sheet.fail(
            "events",
            f"The list has {first!r} in it, which nobody wrote.",
            BUS_HINTS["events"],
            seed,
        )
        sheet.fail(
            "read",
            "There is something in the list that is no record.",
            BUS_HINTS["events"],
            seed,
        )
    else:
        sheet.fail(
            "read",
            f"The list holds {first!r}; it should hold (key, value) pairs.",
            BUS_HINTS["read"],
            seed,
        )
    return True


def hashable(items: Sequence[Any]) -> bool:
    """Can all of them be looked up?"""
    try:
        for item in items:
            hash(item)
    except TypeError:
        return False
    return True


def ordered(pairs: list[Any], rows: list[Any]) -> bool:
    """Per station, in the order of the log."""
    for station in scenes.STATIONS:
        if [p for p in pairs if p[0] == station] != [
            r for r in rows if r[0] == station
        ]:
            return False
    return True


# --- words -----------------------------------------------------------------------------------------------------


def same(got: Any, want: int | None) -> bool:
    """Equal, and of the same type: True is not 1."""
    return type(got) is type(want) and got == want


def returned(got: Any) -> str:
    """`returned 3`, or what it did instead."""
    if isinstance(got, Raised):
        return (
            f"raised {got.kind}"
            if got.kind != "NotImplementedError"
            else "is not written yet"
        )
    return f"returned {got!r}"


EXERCISES = (
    Exercise(
        id="1a",
        title="How far behind? The organ `lag`",
        names=("lag",),
        properties=LAG_PROPERTIES,
        judge=judge_lag,
        hints=(
            "Draw the log as a line. Mark where it starts, what the group has committed (the next to read), and "
            "where it ends (the next to write). The LAG is a length on that line.",
            "Three borders: no commit at all (`None`); a commit that lies before the log's start, because "
            "retention was faster than the group; a commit that lies beyond the end, because the end was read a "
            "moment earlier.",
            "If `committed_offset is None`, return None. Else begin at `max(committed_offset, log_start_offset)`, "
            "and return what lies between there and the end, but at least 0.",
        ),
    ),
    Exercise(
        id="1b",
        title="Two ends of the bus: `publish` and `read_all`",
        names=("publish", "read_all"),
        properties=BUS_PROPERTIES,
        judge=judge_bus,
        hints=(
            "`publish` is a loop over the rows with one `producer.produce(topic, value, key=…)`; `read_all` is a "
            "loop around `consumer.poll(1.0)` that ends when it has `count` records.",
            "What can `produce` raise when you are faster than the network? And what are the three things that "
            "`poll` can return: a record, an event with an `error()`, and …?",
            "publish: `try: producer.produce(…)`, `except BufferError: producer.poll(0.1)` and again the same "
            "row; at the end `producer.flush()`. read_all: skip None, skip messages with an error, collect "
            "decoded (key, value); after the loop `consumer.commit(asynchronous=False)`.",
        ),
        minutes=15,
    ),
)
