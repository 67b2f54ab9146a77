"""The aborted transactions of one segment: those whose ABORT marker is in it.

Rule: the log is the truth and this file only spares its readers a walk, so an entry is believed once the log
has borne it out (`AbortedTransactions`). The file is made with its first entry; a segment without one has none.

    .txnindex   version 2 | producer id 8 | first offset 8 | last offset 8 (the marker's) | last stable offset 8

Kafka: `TransactionIndex`, `AbortedTxn` (KIP-98).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

from minikafka.log.index import MOST_BYTES, CorruptIndex
from minikafka.log.producers import CompletedTransaction
from minikafka.world import Disk, File

VERSION = 0
_ENTRY = struct.Struct(">hqqqq")


class AbortedTransaction(NamedTuple):
    """One entry. What lies below `last_stable_offset` was decided when the marker at `last_offset` was written."""

    producer_id: int
    first_offset: int
    last_offset: int
    last_stable_offset: int


def entry_of(completed: CompletedTransaction) -> AbortedTransaction:
    """What is noted of a transaction that was rolled back."""
    assert completed.is_aborted
    return AbortedTransaction(*completed[:4])


class TransactionIndex:
    """`.txnindex`, read at the first question."""

    def __init__(self, disk: Disk, path: str, base_offset: int, *, exists: bool) -> None:
        self.disk = disk
        self.path = path
        self.base_offset = base_offset
        self.exists = exists
        self.is_borne_out = not self.exists
        """Has the log been seen to say the same? A segment without a file is taken at its word, as Kafka does."""
        self._entries: list[AbortedTransaction] | None = None if self.exists else []
        self._file: File | None = None

    def entries(self) -> Sequence[AbortedTransaction]:
        """As in the file, the marker that came first first. `CorruptIndex` when they can't be right."""
        if self._entries is None:
            self._entries = self._read()
        return self._entries

    def _read(self) -> list[AbortedTransaction]:
        if self.disk.size(self.path) > MOST_BYTES:
            raise CorruptIndex(f"{self.path} is larger than any index")
        data = self.disk.read_bytes(self.path)
        if len(data) % _ENTRY.size:
            raise CorruptIndex(f"{self.path} has {len(data)} bytes, not a multiple of {_ENTRY.size}")
        entries, last = [], self.base_offset - 1
        for version, *numbers in _ENTRY.iter_unpack(data):
            entry = AbortedTransaction(*numbers)
            if version != VERSION:
                raise CorruptIndex(f"{self.path} has an entry of version {version}")
            if not 0 <= entry.first_offset < entry.last_offset > last:
                raise CorruptIndex(f"{self.path} has entries out of order")
            entries.append(entry)
            last = entry.last_offset
        return entries

    def append(self, entry: AbortedTransaction) -> None:
        """Note a transaction whose marker was just written: the last one of the segment."""
        if self._entries is None:
            self._entries = self._read()
        assert not self._entries or self._entries[-1].last_offset < entry.last_offset, "markers ascend"
        self._open().append(_ENTRY.pack(VERSION, *entry))
        self._entries.append(entry)

    def replace(self, entries: Sequence[AbortedTransaction]) -> None:
        """These are what the log says. Durable: a power cut must not leave an index that says too little."""
        data = b"".join(_ENTRY.pack(VERSION, *entry) for entry in entries)
        if not self._has(data):
            self.close()
            self.disk.write_atomic(self.path, data)
            self.exists = True
        self._entries, self.is_borne_out = list(entries), True

    def _has(self, data: bytes) -> bool:
        if not self.exists:
            return not data
        return self.disk.size(self.path) == len(data) and self.disk.read_bytes(self.path) == data

    def truncate_to(self, offset: int) -> None:
        """Forget the transactions whose marker lies at `offset` or after it."""
        if not self.exists:
            return
        try:
            kept = [entry for entry in self.entries() if entry.last_offset < offset]
        except CorruptIndex:
            return  # it stays so until the log is asked
        self._entries = kept
        file = self._open()
        if file.size > len(kept) * _ENTRY.size:
            file.truncate(len(kept) * _ENTRY.size)
            file.sync()

    def create(self) -> None:
        """Make the file, though there may never be an entry."""
        self._open()

    def remove(self) -> None:
        """The file, if there is one, goes."""
        self.close()
        if self.exists:
            self.disk.remove(self.path)
        self.exists, self.is_borne_out, self._entries = False, True, []

    def _open(self) -> File:
        if self._file is None:
            self._file = self.disk.open(self.path, create=True)
            self.exists = True
        return self._file

    def sync(self) -> None:
        if self.exists:
            self._open().sync()

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def rename(self, path: str) -> None:
        """The file, if there is one, has this path from now on."""
        if self.exists:
            self.disk.rename(self.path, path)
        self.path = path


__all__ = ["AbortedTransaction", "TransactionIndex", "entry_of"]
