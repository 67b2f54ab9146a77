"""Each event has a sentence that fits its fields."""

from __future__ import annotations

import importlib
import pkgutil

import msgspec
import pytest

import minikafka
from minikafka.replication.partition import BecameFollower
from minikafka.world import Event
from minikafka.xray.wording import SENTENCES, in_words, in_words_of_many

EXAMPLES: dict[type, object] = {
    int: 3,
    str: "orders",
    tuple: (1, 2),
    bool: False,
    bytes: b"",
    float: 1.0,
    tuple[tuple[str, int, int, str], ...]: (("orders", 0, 17, ""),),
}


def event_classes() -> dict[str, type[Event]]:
    for module in pkgutil.walk_packages(minikafka.__path__, "minikafka."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found: dict[str, type[Event]] = {}
    todo = [Event]
    while todo:
        for sub in todo.pop().__subclasses__():
            if sub.__module__.startswith("minikafka."):
                found[sub.__name__] = sub
                todo.append(sub)
    return found


def example(cls: type[Event]) -> Event:
    values = {}
    for field in msgspec.structs.fields(cls):
        origin = getattr(field.type, "__origin__", field.type)
        values[field.name] = EXAMPLES.get(field.type, EXAMPLES.get(origin, "x"))
    return cls(**values)


def test_every_sentence_belongs_to_an_event_and_fits_its_fields() -> None:
    classes = event_classes()
    assert sorted(set(SENTENCES) - set(classes)) == []
    for kind in SENTENCES:
        told = in_words(example(classes[kind]), "broker-1")
        assert "=" not in told, f"{kind}: the sentence names fields that the event lacks: {told}"


def test_every_event_of_ours_has_a_sentence() -> None:
    in_code = {"LeaderElected"}
    assert sorted(set(event_classes()) - set(SENTENCES) - in_code) == []


def test_who_has_no_leader_follows_nobody() -> None:
    alone = BecameFollower("orders", 0, 1, 3, -1)
    assert in_words(alone, "broker-1") == "orders-0: follows nobody, epoch 3"
    many = in_words_of_many(alone, "broker-1", ["orders-0", "orders-1"], 2)
    assert many == "2 partitions: follow nobody (orders-0, orders-1)"


def test_an_event_without_a_sentence_is_told_by_its_fields() -> None:
    class TeapotBoiled(Event, frozen=True):
        cups: int

    assert in_words(TeapotBoiled(cups=2), "broker-1") == "teapot boiled cups=2"


def test_elections_say_what_they_mean() -> None:
    elected = event_classes()["LeaderElected"]
    fields = {"topic": "orders", "partition": 0, "leader_epoch": 7, "isr": (2, 3)}
    assert in_words(elected(leader=2, **fields), "controller-1") == "orders-0: broker-2 leads, epoch 7"
    assert "unclean" in in_words(elected(leader=2, unclean=True, **fields), "controller-1")
    assert in_words(elected(leader=-1, **fields), "c") == "orders-0: offline, nobody may lead"


@pytest.mark.parametrize(
    ("places", "words"),
    [
        ([("orders", 3)], "group billing: committed orders-3 at 17"),
        ([("orders", n) for n in range(6)], "group billing: committed 6 partitions of orders"),
        ([("payments", 0), ("orders", 0)], "group billing: committed 2 partitions of orders, payments"),
    ],
)
def test_a_commit_is_one_line_however_many_partitions_it_has(
    places: list[tuple[str, int]], words: str
) -> None:
    committed = event_classes()["OffsetsCommitted"]
    offsets = tuple((topic, partition, 17, "") for topic, partition in places)
    assert in_words(committed(group="billing", offsets=offsets), "broker-1") == words
