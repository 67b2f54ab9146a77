"""A hundred hostile names in events, reasons and a snapshot's JSON: one line each, nothing hidden, nothing lost."""

from __future__ import annotations

import json

import msgspec
from hostile_names import NAMES, SPOKEN, unsafe

from minikafka.broker.events import BrokerFailed
from minikafka.cluster.telling import sentence_of
from minikafka.coordinator.events import GroupStateChanged, MemberLeft
from minikafka.world import Event, TaskFailed, Traced, reason_of, unforeseen
from minikafka.world.live import LiveUniverse
from minikafka.world.visible import visible
from minikafka.xray.changes import changes
from minikafka.xray.snapshot import Broker, Group, Partition, Snapshot, Topic
from minikafka.xray.trouble import to_json, troubles
from minikafka.xray.wording import in_words


class StrangerCame(Event, frozen=True):
    """Wording has no sentence for it."""

    name: str
    friends: tuple[str, ...]


def one_line(text: str) -> str:
    assert not unsafe(text) and "\n" not in text, ascii(text[:60])
    text.encode()
    return text


def events_of(name: str) -> list[Event]:
    return [
        GroupStateChanged(name, "Empty", name, 1, name),
        MemberLeft(name, name, 1, name),
        TaskFailed(name, name),
        StrangerCame(name, (name,)),
    ]


def test_events_in_words_and_in_traces() -> None:
    for name in NAMES:
        for event in events_of(name):
            one_line(in_words(event, name))
            assert visible(name) in one_line(event.text())
            one_line(str(Traced(1, 0.5, "broker-1", event)))


def test_what_a_running_cluster_tells_on_stderr_is_a_line() -> None:
    """`say` makes it visible; here the reasons that come from exceptions already are."""
    for name in NAMES:
        told = sentence_of(Traced(1, 0.5, "broker-1", BrokerFailed(1, reason_of(ValueError(name)))))
        one_line(told)


def test_reasons_quote_exceptions_and_paths() -> None:
    for name in NAMES:
        one_line(reason_of(ValueError(name)))
        one_line(unforeseen(RuntimeError(name)))
        one_line(reason_of(OSError(2, "No such file", name)))
    assert reason_of(OSError(2, "No such file", b"caf\xe9")) == r"No such file: caf\xe9"


def picture(name: str) -> Snapshot:
    """Everything in it is called so, and everything is wrong."""
    return Snapshot(
        version=1,
        at=0.0,
        world="live",
        name=name,
        topics=(Topic(name, partitions=(Partition(0, None, error=name),), error=name),),
        groups=(Group(name, name, coordinator=name, error=name),),
        brokers=(Broker(1, name, host=name, port=1, rack=name, state="down", error=name),),
        problems=(name,),
    )


def test_troubles_and_changes_are_lines() -> None:
    for name in NAMES:
        for trouble in troubles(picture(name)):
            one_line(visible(trouble.text))
        for host, kind, text in changes(picture("before"), picture(name)):
            one_line(visible(host + kind + text))


def test_a_snapshot_as_json_has_every_name_and_nothing_bare() -> None:
    for name in NAMES:
        try:
            name.encode()
        except UnicodeEncodeError:
            continue  # names come from the wire, where there are none of these
        encoded = to_json(picture(name)).decode()
        assert not unsafe(encoded), ascii(name[:20])
        assert json.loads(encoded)["topics"][0]["name"] == name
    assert SPOKEN[1] in to_json(picture(SPOKEN[1])).decode()


def test_a_directory_that_is_no_utf8_can_be_told_of(tmp_path) -> None:  # type: ignore[no-untyped-def]
    world = LiveUniverse(tmp_path / "caf\udce9").world("broker-1")
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(world.disk.location)).endswith(r"caf\xe9/broker-1")
