"""Frames come out as they went in, however the network cuts them, and memory grows only with what has come."""

from __future__ import annotations

import random
import struct

import pytest

from minikafka.protocol.framing import (
    COALESCE_BYTES,
    GROWTH,
    LEAST_OWN_BYTES,
    SCRATCH_BYTES,
    BadFrame,
    FrameReceiver,
    coalesced,
    read_request_header,
    request_frame,
    skip_header_tags,
)
from minikafka.protocol.messages.metadata import MetadataRequest
from minikafka.protocol.schema import Buffer, MalformedMessage


def feed(receiver: FrameReceiver, data: bytes, chance: random.Random) -> int:
    """Deliver the bytes in random pieces; returns the largest buffer that was offered."""
    position = largest = 0
    while position < len(data):
        buffer = receiver.get_buffer()
        largest = max(largest, len(buffer))
        count = min(len(buffer), len(data) - position, chance.choice([1, 3, 100, 5_000, 200_000]))
        buffer[:count] = data[position : position + count]
        buffer.release()
        receiver.received(count)
        position += count
    return largest


@pytest.mark.parametrize("seed", range(30))
def test_frames_survive_any_cutting(seed: int) -> None:
    chance = random.Random(seed)
    sizes = [chance.choice([0, 1, 50, 5_000, 16_380, 16_400, 65_532, 65_536, 300_000]) for _ in range(20)]
    sizes.append(3_145_745)
    chance.shuffle(sizes)
    frames = [chance.randbytes(size) for size in sizes]
    got: list[Buffer] = []
    data = b"".join(struct.pack(">i", len(frame)) + frame for frame in frames)
    feed(FrameReceiver(got.append, 1 << 30), data, chance)
    assert [bytes(frame) for frame in got] == frames
    assert not any(memoryview(frame).readonly for frame in got)


def test_a_promised_frame_takes_no_more_memory_than_it_has_sent() -> None:
    receiver = FrameReceiver(lambda frame: None, 1 << 30)
    largest = feed(receiver, struct.pack(">i", 1 << 30) + bytes(3000), random.Random(1))
    assert largest <= SCRATCH_BYTES
    for came in (4, 100, 5000, 100_000):
        receiver = FrameReceiver(lambda frame: None, 1 << 30)
        feed(receiver, struct.pack(">i", 1 << 30) + bytes(came - 4), random.Random(1))
        assert receiver.held_bytes <= max(GROWTH * came, LEAST_OWN_BYTES)


@pytest.mark.parametrize("seed", range(10))
def test_receivers_that_share_their_scratch_share_nothing_else(seed: int) -> None:
    """As the connections of a server do, whose bytes come in turns."""
    chance = random.Random(seed)
    scratch = bytearray(SCRATCH_BYTES)
    lines = []
    for _ in range(5):
        frames = [chance.randbytes(chance.choice([0, 3, 50, 9_000, 70_000])) for _ in range(20)]
        got: list[Buffer] = []
        data = b"".join(struct.pack(">i", len(frame)) + frame for frame in frames)
        lines.append((FrameReceiver(got.append, 1 << 30, scratch), frames, got, data))
    sent = [0] * len(lines)
    while any(position < len(line[3]) for position, line in zip(sent, lines, strict=True)):
        turn = chance.randrange(len(lines))
        receiver, _, _, data = lines[turn]
        receiver.get_buffer()  # nothing came after all
        count = chance.choice([1, 2, 7, 500, 30_000])
        feed(receiver, data[sent[turn] : sent[turn] + count], chance)
        sent[turn] += count
    for receiver, frames, got, _ in lines:
        assert [bytes(frame) for frame in got] == frames
        assert receiver.held_bytes == 0, "nothing of its own while it is idle"


@pytest.mark.parametrize("size", [-1, -(2**31), 1001, 2**31 - 1])
def test_a_length_outside_the_limit_is_refused(size: int) -> None:
    receiver = FrameReceiver(lambda frame: None, 1000)
    with pytest.raises(BadFrame, match=str(size)):
        feed(receiver, struct.pack(">i", size), random.Random(1))


@pytest.mark.parametrize(("version", "client_id"), [(4, b"me"), (4, None), (12, b"me"), (12, None)])
def test_a_request_header_is_read_as_it_was_written(version: int, client_id: bytes | None) -> None:
    message = MetadataRequest(topics=None)
    frame = b"".join(request_frame(message, version, 77, client_id))
    assert struct.unpack_from(">i", frame)[0] == len(frame) - 4
    header = read_request_header(frame[4:])
    assert header[:4] == (3, version, 77, client_id.decode() if client_id else None)
    body = skip_header_tags(frame[4:], header.body) if version >= 9 else header.body
    assert MetadataRequest.decode(frame[4:], version, body) == message


def test_a_client_id_that_is_not_utf8_is_read_with_a_replacement_character() -> None:
    assert read_request_header(b"\0\x03\0\x0c\0\0\0\0\0\x01\xff").client_id == "\ufffd"


@pytest.mark.parametrize("frame", [b"", b"\0\x03", b"\0\x03\0\x0c\0\0\0\0\0\x05ab"])
def test_a_broken_header_is_malformed(frame: bytes) -> None:
    with pytest.raises(MalformedMessage):
        read_request_header(frame)


def test_small_pieces_are_joined_and_large_ones_go_as_they_are() -> None:
    large = memoryview(bytes(COALESCE_BYTES))
    pieces: list[Buffer] = [b"a", b"b", large, b"c", large]
    out = coalesced(pieces)
    assert [len(piece) for piece in out] == [2, COALESCE_BYTES, 1, COALESCE_BYTES]
    assert out[1] is large
