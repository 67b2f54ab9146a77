"""What calls of consume() have taken and not handed out yet, each in its own thread.

Rule: nothing is committed beyond the first record that a call still holds, and what a call could not hand out
is read again: by its next poll, or by the partition's next owner. Kafka's consumer is for one thread only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from minikafka.client.consumer.positions import Buffer, Position
    from minikafka.client.values import Message


class Drawing:
    """One call's: (position, its era, record or event). A partition may move meanwhile; that is a new era."""

    __slots__ = ("drawn",)

    def __init__(self) -> None:
        self.drawn: list[tuple[Position, int, Message]] = []

    def __len__(self) -> int:
        return len(self.drawn)

    def firsts(self) -> Iterator[tuple[Position, int]]:
        """Each position that has not moved, with the offset of its first record here."""
        seen = {}
        for position, era, message in self.drawn:
            if position.era == era and message._error is None and id(position) not in seen:
                seen[id(position)] = position
                assert message._offset is not None
                yield position, message._offset


class Drawings:
    """Those that are open. Everything here happens under the buffer's lock."""

    def __init__(self, buffer: Buffer, *, stores: bool) -> None:
        self._buffer = buffer
        self._stores = stores  # enable.auto.offset.store
        self._open: list[Drawing] = []

    def begin(self) -> Drawing:
        """A call of consume() begins; `hand_out` or `put_back` must follow."""
        drawing = Drawing()
        with self._buffer.lock:
            self._open.append(drawing)
        return drawing

    def draw(self, drawing: Drawing, count_max: int) -> None:
        """Takes up to so many records and events more. Never waits."""
        buffer, drawn = self._buffer, drawing.drawn
        with buffer.lock:
            for _ in range(count_max):
                message = buffer.next()
                if message is None:
                    break
                position = buffer.position
                assert position is not None
                drawn.append((position, position.era, message))

    def hand_out(self, drawing: Drawing) -> list[Message]:
        """The application gets these, also those of partitions that moved meanwhile: another thread may have committed
        what comes after them by itself, so nobody else would read them.
        """
        messages = []
        with self._buffer.lock:
            self._open.remove(drawing)
            for position, era, message in drawing.drawn:
                messages.append(message)
                if position.era == era and message._error is None:
                    next_offset = message._offset + 1  # type: ignore[operator]
                    if next_offset > position.handed:  # another thread may be further
                        taken = max(position.consumed, next_offset)
                        position.read_up_to(next_offset, message._leader_epoch, stores=self._stores)
                        position.consumed = taken
        return messages

    def put_back(self, drawing: Drawing) -> None:
        """The application could not be given these: they come next, and what was read after them is not stored."""
        with self._buffer.lock:
            self._open.remove(drawing)
            for position, offset in drawing.firsts():
                if position.handed > offset:
                    position.read_up_to(offset, None, stores=self._stores)
                position.consumed = min(position.consumed, offset)
            self._buffer.put_back(drawing.drawn)

    def storable(self, position: Position) -> tuple[int, int]:
        """(offset, leader epoch) that may be committed: what is stored, but nothing that some call still holds."""
        with self._buffer.lock:
            stored, epoch = position.stored, position.stored_epoch
            for drawing in self._open if self._stores else ():
                for held, offset in drawing.firsts():
                    if held is position and offset < stored:
                        stored, epoch = offset, -1
        return stored, epoch
