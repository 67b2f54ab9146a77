"""Frames on a connection (an int32 length, then that many bytes) and the headers at their start.

Rule: a length is believed only within the limit, and memory grows with what has really arrived. Kafka:
`common/network/NetworkReceive.java`, `RequestHeader.json` and `ResponseHeader.json` (KIP-482).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import NamedTuple

from minikafka.protocol.api import response_header_version
from minikafka.protocol.primitives import skip_tagged_fields
from minikafka.protocol.schema import Buffer, MalformedMessage, Message, Piece
from minikafka.world import LEAST_SLICE_BYTES, FileSlice

SCRATCH_BYTES = 64 * 1024
"""Small frames are read many at a time into a buffer of this size, and copied out."""
OWN_BUFFER_BYTES = SCRATCH_BYTES // 4
"""A larger frame that is not all there yet gets memory of its own."""
LEAST_OWN_BYTES = 4 * 1024
GROWTH = 4
"""So many times what has come of it."""
COALESCE_BYTES = LEAST_SLICE_BYTES
"""Pieces below this are joined before they are sent; larger ones, thus all slices of files, go out as they are."""

_LENGTH = struct.Struct(">i")
_REQUEST_HEADER = struct.Struct(">hhih")
_KEY_AND_VERSION = struct.Struct(">hh")


class BadFrame(ValueError):
    """A length that no frame may have; nothing after it on this connection can be understood."""


class FrameReceiver:
    """The reading half of a `BufferedProtocol`: gives buffers to fill, and calls back with whole frames.

    A frame is writable memory that nobody else holds, so a handler may keep it and slice it. `scratch` may be shared
    by all receivers of one loop, since a buffer is filled and taken in one call of it: so an idle connection holds no
    more than the beginning of a frame.
    """

    __slots__ = (
        "_filled",
        "_on_frame",
        "_own",
        "_own_filled",
        "_own_size",
        "_rest",
        "_scratch",
        "_view",
        "max_bytes",
    )

    def __init__(
        self, on_frame: Callable[[Buffer], None], max_bytes: int, scratch: bytearray | None = None
    ) -> None:
        self.max_bytes = max_bytes
        self._on_frame = on_frame
        self._scratch = bytearray(SCRATCH_BYTES) if scratch is None else scratch
        self._view = memoryview(self._scratch)
        self._rest = b""
        """The beginning of a small frame."""
        self._filled = 0
        self._own: bytearray | None = None
        self._own_filled = 0
        self._own_size = 0

    @property
    def held_bytes(self) -> int:
        """Memory that is held for a frame which is not all there."""
        return len(self._rest) if self._own is None else len(self._own)

    def get_buffer(self) -> memoryview:
        """Where the next bytes go; never empty."""
        own = self._own
        if own is None:
            self._filled = filled = len(self._rest)
            self._scratch[:filled] = self._rest
            return self._view[filled:]
        if self._own_filled == len(own):  # grows here, where nobody holds a view of it
            own.extend(bytes(min((GROWTH - 1) * len(own), self._own_size - len(own))))
        return memoryview(own)[self._own_filled :]

    def received(self, count: int) -> None:
        """`count` bytes were put into the buffer. Raises BadFrame."""
        if self._own is None:
            self._filled += count
            self._take_frames()
            return
        self._own_filled += count
        if self._own_filled == self._own_size:
            frame, self._own = self._own, None
            self._on_frame(memoryview(frame))

    def _take_frames(self) -> None:
        scratch, start, filled = self._scratch, 0, self._filled
        while filled - start >= 4:
            size = self._checked(_LENGTH.unpack_from(scratch, start)[0])
            end = start + 4 + size
            if end > filled:
                if size > OWN_BUFFER_BYTES:
                    self._begin_own(size, start + 4)
                    return
                break
            self._on_frame(scratch[start + 4 : end])
            start = end
        self._rest = bytes(self._view[start:filled]) if start < filled else b""

    def _checked(self, size: int) -> int:
        if not 0 <= size <= self.max_bytes:
            raise BadFrame(f"a frame of {size} bytes, where 0 to {self.max_bytes} are allowed")
        return size

    def _begin_own(self, size: int, start: int) -> None:
        came = self._filled - start
        self._own = own = bytearray(min(size, max(GROWTH * came, LEAST_OWN_BYTES)))
        self._own_size = size
        self._own_filled = came
        own[:came] = self._view[start : self._filled]
        self._rest = b""


class RequestHeader(NamedTuple):
    api_key: int
    api_version: int
    correlation_id: int
    client_id: str | None
    body: int
    """Where the body begins, for a header without tagged fields."""


def read_request_header(frame: Buffer) -> RequestHeader:
    """The header without its tagged fields: only a flexible request has them (`skip_header_tags`)."""
    try:
        key, version, correlation_id, length = _REQUEST_HEADER.unpack_from(frame)
        if length < 0:
            return RequestHeader(key, version, correlation_id, None, 10)
        end = 10 + length
        if end > len(frame):
            raise MalformedMessage(f"request header: client id of {length} bytes")
        return RequestHeader(key, version, correlation_id, str(frame[10:end], "utf-8", "replace"), end)
    except struct.error as error:
        raise MalformedMessage(f"request header: {error}") from None


def skip_header_tags(frame: Buffer, position: int) -> int:
    """Where the body of a flexible message begins."""
    try:
        return skip_tagged_fields(frame, position + 1, frame[position], len(frame))
    except IndexError:
        raise MalformedMessage("header: its tagged fields are cut off") from None


def request_frame(
    message: Message, version: int, correlation_id: int, client_id: bytes | None
) -> list[Piece]:
    """A request with length and header: one piece, or where records are large several."""
    schema = message.SCHEMA
    header = _REQUEST_HEADER.pack(
        schema.api_key, version, correlation_id, -1 if client_id is None else len(client_id)
    )
    header += client_id or b""
    if schema.is_flexible(version):
        header += b"\0"
    return _frame(header, message, version)


def response_frame(message: Message, version: int, correlation_id: int) -> list[Piece]:
    """A response with length and header: one piece, or where records are large several."""
    return _frame(_response_header(message, version, correlation_id), message, version)


def response_body(message: Message, version: int, correlation_id: int) -> bytes:
    """A response with its header, and no length before it: what an envelope holds."""
    return _response_header(message, version, correlation_id) + message.encode(version)


def _response_header(message: Message, version: int, correlation_id: int) -> bytes:
    header = _LENGTH.pack(correlation_id)
    return header + b"\0" if response_header_version(type(message), version) else header


def _frame(header: bytes, message: Message, version: int) -> list[Piece]:
    out: list[Piece] = [b"", header]
    message.write(version, out)
    size = sum(map(len, out))
    out[0] = _LENGTH.pack(size)
    return [b"".join(out)] if size < COALESCE_BYTES else out  # type: ignore[arg-type]  # no slice is so small


def read_correlation_id(frame: Buffer) -> int:
    """The start of every response."""
    if len(frame) < 4:
        raise MalformedMessage("a response begins with its correlation id")
    return int(_LENGTH.unpack_from(frame)[0])


def size_of(pieces: list[Piece]) -> int:
    return sum(map(len, pieces))


def has_slices(pieces: list[Piece]) -> bool:
    """Is a part of it in a file? Then it has to be sent at once."""
    return any(isinstance(piece, FileSlice) for piece in pieces)


def coalesced(pieces: list[Piece]) -> list[Piece]:
    """The same bytes with small neighbours joined, so that large record buffers need no copy."""
    if len(pieces) == 1:
        return pieces
    if size_of(pieces) < COALESCE_BYTES or max(map(len, pieces)) < COALESCE_BYTES:
        return [b"".join(pieces)]  # type: ignore[arg-type]  # no slice is so small
    out: list[Piece] = []
    small: list[Buffer] = []
    for piece in pieces:
        if isinstance(piece, FileSlice) or len(piece) >= COALESCE_BYTES:
            if small:
                out.append(b"".join(small))
                small = []
            out.append(piece)
        else:
            small.append(piece)
    if small:
        out.append(b"".join(small))
    return out
