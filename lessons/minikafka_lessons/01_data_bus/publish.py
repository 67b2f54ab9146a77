"""The first half of exercise 1b: `publish`, judged by what lies in the topic afterwards.

Rule: the topic is read by the grader's own consumer, after the answer's producer is gone.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.desk import ProducerDesk
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Handle, Raised, Sandbox
from minikafka_lessons.language import say, sentence

PROPERTIES = {
    "sent": (sentence("publish: every row is in the topic, once"), 2.0),
    "ordered": (sentence("publish: the rows of a station keep their order"), 1.0),
    "queue": (sentence("publish: a full queue loses nothing"), 1.0),
}

HINTS = {
    "sent": sentence(
        "`produce` only queues, and the producer sends in the background. What has to be true before you return?"
    ),
    "ordered": sentence(
        "Kafka keeps the order within a partition. What brings a station's records into the same one?"
    ),
    "queue": sentence(
        "`produce` raises BufferError when the queue is full. What becomes of the row that found no room?"
    ),
}


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
                    ("queue", HINTS["queue"])
                    if got.kind == "BufferError"
                    else ("sent", HINTS["sent"])
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
                say("publish never called the producer."),
                say(
                    "Each row has to be given to the producer; nothing else leads to the broker."
                ),
            )
        elif waiting:
            message = say(
                "{n} of {all} rows were still in the producer's queue when publish returned.",
                n=missing,
                all=len(rows),
            )
            hint = HINTS["sent"]
        elif desk.refused:
            message = say(
                "The queue was full {times} times, and {n} of {all} rows are not in the topic.",
                times=desk.refused,
                n=missing,
                all=len(rows),
            )
            hint = HINTS["queue"]
        else:
            message, hint = (
                say(
                    "{n} of {all} rows are not in the topic.", n=missing, all=len(rows)
                ),
                HINTS["sent"],
            )
        sheet.fail("queue" if short else "sent", message, hint, seed)
    elif len(values) != len(wanted):
        message = say(
            "{n} records for {all} rows: some are there more than once.",
            n=len(values),
            all=len(wanted),
        )
        sheet.fail(
            name,
            message,
            say(
                "Some rows are sent again that had been accepted already. After a full queue, which one was refused?"
            ),
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
        message = say(
            "The records have no key, so that the rows of one station lie in several partitions."
        )
        sheet.fail("ordered", message, HINTS["ordered"], seed)
        return
    if not keys <= stations:
        odd = sorted(str(key) for key in keys - stations)[0]
        message = say("A record has the key {key}, which is no station.", key=repr(odd))
        sheet.fail(
            "ordered",
            message,
            say("The key says whose row it is: the station's name alone."),
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
                say("The rows of {station} are not in their order.", station=station),
                HINTS["ordered"],
                seed,
            )
            return
    sheet.seen("ordered")
