"""Commands are written once: parser, help, the inspector and the socket read the classes."""

import pytest

from minikafka.cluster.doing import _DOERS
from minikafka.commands import (
    AddBroker,
    CreateTopic,
    Cut,
    Kill,
    MovePartition,
    NotUnderstood,
    OpenClient,
    Produce,
    Run,
    command_named,
    commands,
    parse,
)
from minikafka.commands.clients import Call, CallbackRaised, Drop
from minikafka.commands.values import Bytes, Listed


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("kill broker-2", Kill("broker-2")),
        ("KILL  broker-2", Kill("broker-2")),
        ("run 5 s", Run(5.0)),
        ("run 0.25", Run(0.25)),
        ("create-topic orders 6 3 retention.ms=10", CreateTopic("orders", 6, 3, {"retention.ms": "10"})),
        ("produce orders a key:a value", Produce("orders", "a value", "a key")),
        ("cut broker-1 | broker-2 broker-3", Cut(("broker-1",), ("broker-2", "broker-3"))),
        ("cut broker-1", Cut(("broker-1",))),
        ("add-broker", AddBroker()),
        ("add_broker rack-b", AddBroker("rack-b")),
        ("move_partition orders 0 4,1", MovePartition("orders", 0, (4, 1))),
        (
            "open_client me consumer group.id=g fetch.min.bytes=1",
            OpenClient("me", "consumer", {"group.id": "g", "fetch.min.bytes": 1}),
        ),
        ('call me subscribe ["orders"]', Call("me", "subscribe", (Listed(("orders",)),))),
        ("call me poll timeout=1.5", Call("me", "poll", (), {"timeout": 1.5})),
    ],
)
def test_lines_and_what_they_mean(line, command):
    assert parse(line) == command
    assert command_named(command.name, command.arguments) == command


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("explode now", "There is no command 'explode'; there are: add_broker, add_controller, "),
        ("kill", "Say: HOST, for instance: broker-2"),
        ("kill broker-1 broker-2", "Say: HOST, for instance: broker-2"),
        ("run forever", "Say: SECONDS, for instance: 5"),
        ("run -1", "not a number of seconds"),
        ("create_topic", "Say: NAME"),
        ("create_topic orders many", "Say: NAME"),
        ("produce orders", "Say: TOPIC VALUE"),
        ("cut | broker-1", "Say: HOSTS"),
        ("run_to 5", "only found on tapes"),
        ("", "There is no command ''"),
    ],
)
def test_what_is_not_understood_says_what_would_be(line, sentence):
    with pytest.raises(NotUnderstood) as refused:
        parse(line)
    assert sentence in str(refused.value)


def test_each_command_is_done_somewhere_and_each_that_people_type_says_how():
    for name, kind in commands().items():
        assert kind in _DOERS or kind in (Drop, CallbackRaised), name
        if kind.help:
            assert kind.title, name
            must_be_said = len(kind.__struct_fields__) - len(kind.__struct_defaults__)
            assert kind.usage or not must_be_said, name
            assert not kind.example or kind.parse(kind.example).told(None)


def test_bytes_stay_bytes():
    assert Call("c", "produce", (Bytes(b"\xff\x00"),)).arguments["values"][0]["data"] == "/wA="
