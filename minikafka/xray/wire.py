"""Frames of the x-ray socket: a length in 4 bytes (big endian), then one msgpack message.

Rule: the first frame is `Hello` with the token; whatever isn't understood ends this connection with
one sentence, and nothing else notices. It is our own protocol, Kafka has none like it.
"""

from __future__ import annotations

import asyncio
import struct
from typing import Any

import msgspec

from minikafka.xray.delta import Delta
from minikafka.xray.files import Found, Question
from minikafka.xray.source import Answer

VERSION = 5
MAX_REQUEST_BYTES = 1024 * 1024
"""From a viewer: a token or a command."""
MAX_PUSH_BYTES = 512 * 1024 * 1024
"""From the server: a whole picture of a big cluster."""
LENGTH = struct.Struct(">I")


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """A viewer's first frame. `watch` asks for pushes (a program that only commands leaves it out)."""

    token: str
    version: int = VERSION
    watch: bool = True


class Ask(msgspec.Struct, frozen=True, tag="ask"):
    """A command; its `Answered` carries the same id."""

    id: int
    name: str
    args: dict[str, Any] = {}


class Look(msgspec.Struct, frozen=True, tag="look"):
    """A question about files or events; its `Seen` carries the same id."""

    id: int
    question: Question


class Welcome(msgspec.Struct, frozen=True, tag="welcome"):
    """The token was right."""

    name: str
    version: int = VERSION


class Refusal(msgspec.Struct, frozen=True, tag="refusal"):
    """Why this connection ends now."""

    reason: str


class Push(msgspec.Struct, frozen=True, tag="push"):
    """What changed since the last push on this connection."""

    delta: Delta


class Pulse(msgspec.Struct, frozen=True, tag="pulse"):
    """No picture is due, or none can be made: the one that is being made takes `takes_s` already (0: none is)."""

    takes_s: float


class Answered(msgspec.Struct, frozen=True, tag="answered"):
    """What became of the command of this id."""

    id: int
    answer: Answer


class Seen(msgspec.Struct, frozen=True, tag="seen"):
    """What was found for the question of this id; `None`: why not, in one sentence."""

    id: int
    found: Found | None
    sentence: str = ""


FromViewer = Hello | Ask | Look
FromServer = Welcome | Refusal | Push | Pulse | Answered | Seen


class FrameError(Exception):
    """Bytes that are no frame of ours; the text says why."""


def encode(message: FromViewer | FromServer) -> bytes:
    """The frame of a message, length included."""
    body = msgspec.msgpack.encode(message)
    return LENGTH.pack(len(body)) + body


async def read_frame(reader: asyncio.StreamReader, limit_bytes: int) -> bytes:
    """One frame's body. FrameError when it is too long or ends early, EOFError on a clean end."""
    try:
        head = await reader.readexactly(LENGTH.size)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise FrameError("the frame ends inside its length") from None
        raise EOFError from None
    (size_bytes,) = LENGTH.unpack(head)
    if not 0 < size_bytes <= limit_bytes:
        raise FrameError(f"a frame of {size_bytes} bytes; the limit is {limit_bytes}")
    try:
        return await reader.readexactly(size_bytes)
    except asyncio.IncompleteReadError:
        raise FrameError("the frame ends early") from None


def decode_from_viewer(body: bytes) -> FromViewer:
    """The message in a frame that a viewer sent. FrameError when it is none."""
    try:
        return msgspec.msgpack.decode(body, type=Hello | Ask | Look)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(f"not a message of a viewer: {error}") from None


def decode_from_server(body: bytes) -> FromServer:
    """The message in a frame that the server sent. FrameError when it is none."""
    try:
        return msgspec.msgpack.decode(body, type=FromServer)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FrameError(f"not a message of the server: {error}") from None
