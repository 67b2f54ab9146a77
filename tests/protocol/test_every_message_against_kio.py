"""Every version of every message, read and written by us and by kio, whose classes are made from Kafka's own."""

from __future__ import annotations

import io
import random
import zlib
from typing import Any

import pytest
from kio.serial import entity_reader, entity_writer

from minikafka.protocol.schema import Message

from .conftest import all_messages, kio_module, random_message

SEEDS = 8

CASES = [
    pytest.param(cls, package, side, version, id=f"{cls.__name__}-v{version}")
    for cls, package, side in all_messages()
    for version in range(cls.SCHEMA.versions[0], cls.SCHEMA.versions[1] + 1)
]


def kio_decode(kio_class: Any, data: bytes) -> Any:
    value, size = entity_reader(kio_class)(data, 0)
    assert size == len(data)
    return value


def kio_encode(kio_class: Any, value: Any) -> bytes:
    with io.BytesIO() as buffer:
        entity_writer(kio_class)(buffer, value)
        return buffer.getvalue()


@pytest.mark.parametrize(("cls", "package", "side", "version"), CASES)
def test_ours_and_kio_read_and_write_the_same_bytes(
    cls: type[Message], package: str, side: str, version: int
) -> None:
    kio_class = getattr(kio_module(package, version, side), cls.__name__)
    for seed in range(SEEDS):
        chance = random.Random(zlib.crc32(f"{cls.__name__} {version} {seed}".encode()))
        message = random_message(cls, version, chance)
        data = message.encode(version)
        theirs = kio_decode(kio_class, data)
        assert kio_encode(kio_class, theirs) == data
        ours = cls.decode(data, version)
        assert ours == message
        assert ours.encode(version) == data
        assert b"".join(ours.parts(version)) == data
        for same in (bytearray(data), memoryview(data)):
            assert cls.decode(same, version) == message


@pytest.mark.parametrize(("cls", "package", "side"), all_messages())
def test_we_know_every_version_that_kio_knows(cls: type[Message], package: str, side: str) -> None:
    low, high = cls.SCHEMA.versions
    kio_module(package, low, side)
    kio_module(package, high, side)
    for unknown in (low - 1, high + 1):
        with pytest.raises(ModuleNotFoundError):
            kio_module(package, unknown, side)


@pytest.mark.parametrize(("cls", "package", "side", "version"), CASES)
def test_key_and_flexibility_are_kios(cls: type[Message], package: str, side: str, version: int) -> None:
    kio_class = getattr(kio_module(package, version, side), cls.__name__)
    assert cls.SCHEMA.is_flexible(version) == kio_class.__flexible__
    if cls.SCHEMA.kind != "data":
        assert cls.SCHEMA.api_key == kio_class.__api_key__
