"""Bytes that are not a message: a MalformedMessage, or some value, but no other exception and no large allocation."""

from __future__ import annotations

import random
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minikafka.protocol.messages.fetch import FetchResponse
from minikafka.protocol.messages.join_group import JoinGroupRequest
from minikafka.protocol.messages.metadata import MetadataRequest, MetadataResponse
from minikafka.protocol.messages.produce import ProduceRequest
from minikafka.protocol.schema import MalformedMessage, Message

from .conftest import all_messages, random_message

VERSIONS = [
    (cls, version)
    for cls, _, _ in all_messages()
    for version in sorted(
        {*cls.SCHEMA.versions, cls.SCHEMA.flexible or 0} - set(range(cls.SCHEMA.versions[0]))
    )
]


def read(cls: type[Message], data: bytes, version: int) -> Message | None:
    try:
        return cls.decode(data, version)
    except MalformedMessage:
        return None


@given(st.sampled_from(VERSIONS), st.binary(max_size=200))
@settings(max_examples=400, deadline=None, derandomize=True, database=None)
def test_random_bytes(which: tuple[type[Message], int], data: bytes) -> None:
    read(which[0], data, which[1])


@given(st.sampled_from(VERSIONS), st.integers(0, 2**32), st.data())
@settings(max_examples=400, deadline=None, derandomize=True, database=None)
def test_a_damaged_message(which: tuple[type[Message], int], seed: int, data: st.DataObject) -> None:
    cls, version = which
    whole = bytearray(random_message(cls, version, random.Random(seed)).encode(version))
    if not whole:
        return
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(
            st.sampled_from([0, 1, 127, 128, 254, 255])
        )
    read(cls, bytes(whole), version)


@pytest.mark.parametrize(("cls", "version"), VERSIONS)
def test_a_message_cut_anywhere_or_with_a_byte_too_many_is_malformed(
    cls: type[Message], version: int
) -> None:
    whole = random_message(cls, version, random.Random(5)).encode(version)
    step = max(1, len(whole) // 50)
    for end in range(0, len(whole), step):
        with pytest.raises(MalformedMessage):
            cls.decode(whole[:end], version)
    with pytest.raises(MalformedMessage, match="left over"):
        cls.decode(whole + b"\0", version)


@pytest.mark.parametrize(
    ("cls", "version", "data"),
    [
        pytest.param(MetadataRequest, 1, b"\x7f\xff\xff\xff", id="two billion topics"),
        pytest.param(MetadataRequest, 12, b"\xff\xff\xff\xff\x0f", id="four billion topics"),
        pytest.param(MetadataRequest, 12, b"\xff\xff\xff\xff\x7f", id="a varint above 32 bits"),
        pytest.param(MetadataRequest, 12, b"\xff\xff\xff\xff\xff\xff\x01", id="a varint without end"),
        pytest.param(MetadataRequest, 12, b"\x00\x00\x00\xff\xff\xff\xff\x0f", id="four billion tags"),
        pytest.param(MetadataResponse, 0, b"\xff\xff\xff\xff\x00\x00\x00\x00", id="null brokers"),
        pytest.param(JoinGroupRequest, 0, b"\x7f\xff", id="a string longer than the message"),
        pytest.param(FetchResponse, 4, b"\0\0\0\0" + b"\x7f\xff\xff\xff" + bytes(100), id="arrays"),
        pytest.param(
            ProduceRequest,
            3,
            b"\xff\xff\x00\x01\x00\x00\x00\x01"
            + b"\0\0\0\x01\0\x01t"
            + b"\0\0\0\x01\0\0\0\0\x7f\xff\xff\xff",
            id="records of two GiB",
        ),
    ],
)
def test_a_length_of_an_attackers_choice_is_refused_before_it_costs(
    cls: type[Message], version: int, data: bytes
) -> None:
    read(cls, b"", version)  # compiles
    tracemalloc.start()
    with pytest.raises(MalformedMessage):
        cls.decode(data, version)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100_000


def test_a_name_that_is_not_utf8_is_read_with_replacement_characters() -> None:
    request = MetadataRequest.decode(b"\0\0\0\x01\0\x04a\xff\xfeb", 1)
    assert request.topics is not None
    assert request.topics[0].name == "a\ufffd\ufffdb"


def test_the_error_names_the_field() -> None:
    message = random_message(FetchResponse, 11, random.Random(2))
    assert isinstance(message, FetchResponse)
    assert message.responses
    with pytest.raises(MalformedMessage, match=r"FetchResponse v11: responses"):
        FetchResponse.decode(message.encode(11)[:-10], 11)
