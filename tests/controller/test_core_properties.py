"""Any sequence of commands keeps the invariants, and the log that it leaves gives the same image."""

import random

import pytest
from controller.machine import Machine, run
from hypothesis import given, settings
from hypothesis import strategies as st

from minikafka.metadata.image import MetadataImage
from minikafka.metadata.records import decode_record
from minikafka.metadata.replay import apply_all
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.schema import Message

COMMANDS = st.one_of(
    st.tuples(st.just("register"), st.integers(1, 4), st.booleans()),
    st.tuples(
        st.just("heartbeat"), st.integers(1, 4), st.sampled_from(["", "", "", "fence", "leave", "behind"])
    ),
    st.tuples(st.just("time"), st.sampled_from([1.0, 5.0, 10.0])),
    st.tuples(
        st.just("create"),
        st.sampled_from("abc"),
        st.integers(1, 3),
        st.integers(1, 3),
        st.booleans(),
        st.integers(1, 3),
    ),
    st.tuples(st.just("delete"), st.sampled_from("abc")),
    st.tuples(st.just("more"), st.sampled_from("abc"), st.integers(1, 5)),
    st.tuples(st.just("move"), st.integers(0, 20), st.lists(st.integers(1, 4), max_size=4)),
    st.tuples(st.just("isr"), st.integers(0, 20), st.lists(st.integers(1, 4), max_size=3), st.booleans()),
)


@pytest.mark.parametrize("elr", [True, False])
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 9), st.lists(COMMANDS, max_size=40))
def test_commands_keep_the_invariants(elr: bool, seed: int, commands: list[tuple[object, ...]]) -> None:
    machine = Machine(seed, elr=elr)
    for id in (1, 2, 3):
        machine.register(id, clean=True)
        machine.heartbeat(id)
    machine.create("a", 2, 3, min_insync_replicas="2")
    for command in commands:
        try:
            run(machine, command)
        except ApiError as error:
            if error.code not in (ErrorCode.STALE_BROKER_EPOCH, ErrorCode.DUPLICATE_BROKER_REGISTRATION):
                raise
    replayed = MetadataImage()
    records: list[Message] = [decode_record(data) for data in machine.log]
    replayed = apply_all(replayed, records, len(records) - 1)
    assert replayed == machine.core.image
    one_by_one = MetadataImage()
    for record in records:
        one_by_one = apply_all(one_by_one, [record], one_by_one.offset + 1)
    assert one_by_one == machine.core.image


@pytest.mark.parametrize("seed", range(40))
def test_a_long_random_walk_keeps_the_invariants(seed: int) -> None:
    chance = random.Random(seed)
    machine = Machine(seed, elr=seed % 2 == 0)
    for id in (1, 2, 3):
        machine.register(id, clean=True)
        machine.heartbeat(id)
    makers = (
        lambda: ("register", chance.randint(1, 4), chance.random() < 0.5),
        lambda: ("heartbeat", chance.randint(1, 4), chance.choice(["", "", "", "fence", "leave", "behind"])),
        lambda: ("heartbeat", chance.randint(1, 4), ""),
        lambda: ("time", chance.choice([1.0, 5.0, 10.0])),
        lambda: (
            "create",
            chance.choice("abc"),
            chance.randint(1, 3),
            chance.randint(1, 3),
            chance.random() < 0.5,
            chance.randint(1, 3),
        ),
        lambda: ("delete", chance.choice("abc")),
        lambda: ("more", chance.choice("abc"), chance.randint(1, 5)),
        lambda: ("move", chance.randint(0, 20), chance.sample([1, 2, 3, 4], chance.randint(0, 3))),
        lambda: (
            "isr",
            chance.randint(0, 20),
            chance.sample([1, 2, 3, 4], chance.randint(0, 3)),
            chance.random() < 0.3,
        ),
    )
    for _ in range(80):
        try:
            run(machine, chance.choice(makers)())
        except ApiError as error:
            if error.code not in (ErrorCode.STALE_BROKER_EPOCH, ErrorCode.DUPLICATE_BROKER_REGISTRATION):
                raise
