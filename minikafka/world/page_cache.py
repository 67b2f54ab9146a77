"""A simulated file: its content in the page cache, and what of it is durable.

Rule: the content is kept once. What a power cut needs besides is the bytes that unsynced changes have replaced and
the list of those changes; both are forgotten at `sync`.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from minikafka.world.world import Buffer

MAX_UNSYNCED_WRITES = 4096
"""Beyond it the oldest writes of a file count as one: they survive or vanish together."""


@dataclass(slots=True)
class Write:
    """An unsynced write, or (`data` None) one whose bytes are still unchanged in the file's content."""

    position: int
    size: int
    data: bytes | None = None


@dataclass(slots=True)
class Truncation:
    size: int


class Barrier:
    """Where among the changes a sync in the background began."""

    __slots__ = ()


Change = Write | Truncation | Barrier


class Inode:
    """A file's content in the page cache, and how to get from there to what is durable."""

    __slots__ = ("content", "durable_size", "overwritten", "unsynced")

    def __init__(self) -> None:
        self.content = bytearray()
        self.durable_size = 0
        self.overwritten: list[
            tuple[int, bytes]
        ] = []  # durable bytes that unsynced changes replaced, oldest first
        self.unsynced: list[Change] = []

    def write(self, position: int, data: Buffer) -> None:
        content = self.content
        size, end = len(data), position + len(data)
        if position < len(content):
            self._keep_what_changes(position, end)
            content[position:end] = data
        else:
            content.extend(bytes(position - len(content)))
            content += data
        self.unsynced.append(Write(position, size))
        if len(self.unsynced) > MAX_UNSYNCED_WRITES:
            self._merge_oldest()

    def truncate(self, size: int) -> None:
        if size < len(self.content):
            self._keep_what_changes(size, len(self.content))
            del self.content[size:]
        else:
            self.content.extend(bytes(size - len(self.content)))
        self.unsynced.append(Truncation(size))

    def _keep_what_changes(self, start: int, end: int) -> None:
        """Save what the bytes from `start` to `end` are now, for the writes and the durable state that need
        them.
        """
        for change in self.unsynced:
            if not isinstance(change, Write) or change.data is not None:
                continue
            if change.position < end and change.position + change.size > start:
                change.data = bytes(self.content[change.position : change.position + change.size])
        end = min(end, self.durable_size, len(self.content))
        if start < end:
            self.overwritten.append((start, bytes(self.content[start:end])))

    def _merge_oldest(self) -> None:
        """Fold the older half where writes just append to each other."""
        merged: list[Change] = []
        half = len(self.unsynced) // 2
        for change in self.unsynced[:half]:
            last = merged[-1] if merged else None
            if (
                isinstance(change, Write)
                and isinstance(last, Write)
                and change.data is None
                and last.data is None
                and last.position + last.size == change.position
            ):
                last.size += change.size
            else:
                merged.append(change)
        self.unsynced[:half] = merged

    def sync(self) -> None:
        self.durable_size = len(self.content)
        self.overwritten.clear()
        self.unsynced.clear()

    def begin_sync(self) -> Barrier:
        """A sync begins: it makes durable what was changed before."""
        barrier = Barrier()
        self.unsynced.append(barrier)
        return barrier

    def finish_sync(self, barrier: Barrier) -> None:
        """What was changed before the barrier is durable; what came later isn't."""
        at = next((n for n, change in enumerate(self.unsynced) if change is barrier), None)
        if at is None:
            return  # another sync was faster
        later = self.unsynced[at + 1 :]
        if all(isinstance(change, Barrier) for change in later):
            self.sync()
        else:
            image = self.durable()
            for change in self.unsynced[:at]:
                self._apply(image, change)
            self.durable_size = len(image)
            self.overwritten = [(0, bytes(image))]
        self.unsynced = later

    def _apply(self, image: bytearray, change: Change, size: int | None = None) -> None:
        """Make the change in `image`; of a write only the first `size` bytes."""
        if isinstance(change, Truncation):
            del image[change.size :]
            image.extend(bytes(change.size - len(image)))
        elif isinstance(change, Write):
            size = change.size if size is None else size
            data = change.data
            if data is None:
                data = bytes(self.content[change.position : change.position + change.size])
            if len(image) < change.position and size:
                image.extend(bytes(change.position - len(image)))
            image[change.position : change.position + size] = data[:size]

    def durable(self) -> bytearray:
        """What is on the platter for sure: the content at the last sync."""
        image = self.content[: self.durable_size]
        image.extend(bytes(self.durable_size - len(image)))
        for position, data in reversed(self.overwritten):
            image[position : position + len(data)] = data
        return image

    def cut_power(self, chance: random.Random) -> None:
        """Become one of the contents that a power cut may leave."""
        image = self.durable()
        in_order = chance.random() < 0.7  # most file systems flush an appended file in order
        survivors = chance.randint(0, len(self.unsynced))
        for number, change in enumerate(self.unsynced):
            if in_order:
                fate = "survives" if number < survivors else "torn" if number == survivors else "vanishes"
            else:
                fate = chance.choice(("survives", "vanishes", "torn"))
            if fate == "survives":
                self._apply(image, change)
            elif fate == "torn" and isinstance(change, Write):
                self._apply(image, change, chance.randint(0, change.size))
        self.content = image
        self.sync()
