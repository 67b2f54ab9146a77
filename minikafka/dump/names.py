"""What each field is about: its hue, and what its name means. One table for text, HTML and the inspector.

Rule: fields of one meaning have one hue wherever they are, and a hue only repeats what the name says.
Kafka: `DefaultRecordBatch`, `DefaultRecord`, `OffsetIndex`, `TimeIndex`, `AbortedTxn`, `ProducerStateManager`.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Tint(NamedTuple):
    """A hue in three places: ANSI's name for any terminal, on a dark screen, and behind black text."""

    ansi: str
    dark: str
    paper: str


class Hue(Enum):
    """One meaning, one colour."""

    OFFSET = Tint("bright_blue", "#6fb3ff", "#cfe3ff")
    SIZE = Tint("white", "#9fb0c3", "#e3e6ea")
    TIME = Tint("yellow", "#f2c063", "#ffedb5")
    PRODUCER = Tint("magenta", "#b6a0f5", "#e6dcff")
    EPOCH = Tint("bright_magenta", "#f08cc0", "#fbd7ea")
    CHECK = Tint("bright_red", "#ff8f7f", "#ffd3cb")
    FORMAT = Tint("bright_cyan", "#5fd0c5", "#c8f2ed")
    KEY = Tint("green", "#7fd88f", "#cff0d3")
    VALUE = Tint("bright_green", "#c5e478", "#e6f5c2")
    HEADER = Tint("cyan", "#56c8d8", "#c6eef5")
    POSITION = Tint("bright_yellow", "#f4a26b", "#ffdfc4")
    OTHER = Tint("bright_white", "#d7dfe9", "#f0f0f0")
    BROKEN = Tint("red", "#ff6e6e", "#ffb9b9")


class About(NamedTuple):
    """A field's hue and, in a sentence, what it is for."""

    hue: Hue
    meaning: str = ""


_ABOUT: dict[str, About] = {
    # a batch's header
    "base_offset": About(Hue.OFFSET),
    "batch_length": About(Hue.SIZE),
    "partition_leader_epoch": About(Hue.EPOCH),
    "magic": About(Hue.FORMAT),
    "crc": About(Hue.CHECK),
    "attributes": About(
        Hue.FORMAT, "bits: 0–2 codec, 3 LogAppendTime, 4 transactional, 5 control, 6 horizon"
    ),
    "last_offset_delta": About(Hue.OFFSET, "last offset − base offset; compaction leaves it as it was"),
    "base_timestamp": About(Hue.TIME, "the first record's; the others count from it"),
    "max_timestamp": About(Hue.TIME, "the largest; retention and the time index go by it"),
    "producer_id": About(Hue.PRODUCER, "who sent it: duplicates and transactions are recognised by it"),
    "producer_epoch": About(Hue.PRODUCER, "a larger one fences producers with a smaller one"),
    "base_sequence": About(Hue.PRODUCER, "the producer's own count: no gap, no repeat"),
    "record_count": About(Hue.SIZE, "how many records follow; compaction makes it smaller"),
    "records": About(Hue.VALUE, "all records, compressed together"),
    # a record
    "length": About(Hue.SIZE, "of this record, in bytes after this field"),
    "timestamp_delta": About(Hue.TIME, "the record's time − the base timestamp, in ms"),
    "offset_delta": About(Hue.OFFSET, "the record's offset − the base offset"),
    "key_length": About(Hue.SIZE, "in bytes; −1: no key"),
    "key": About(Hue.KEY, "decides the partition, and what compaction keeps"),
    "value_length": About(Hue.SIZE, "in bytes; −1: no value, a tombstone"),
    "value": About(Hue.VALUE, "what the producer sent"),
    "header_count": About(Hue.SIZE, "how many headers follow"),
    "header_key_length": About(Hue.SIZE, "of the header's name"),
    "header_key": About(Hue.HEADER, "a header's name"),
    "header_value_length": About(Hue.SIZE, "of the header's value"),
    "header_value": About(Hue.HEADER, "a header's value"),
    "broken": About(Hue.BROKEN, "no record can be read here"),
    # a message of an old format
    "message_size": About(Hue.SIZE, "of this message, in bytes after this field"),
    "messages": About(Hue.VALUE, "all messages inside, compressed together"),
    # indexes and snapshots
    "relative_offset": About(Hue.OFFSET, "the offset − the base offset in the file's name"),
    "position": About(Hue.POSITION, "the byte of the .log at which the batch begins"),
    "timestamp": About(Hue.TIME, "milliseconds since 1970"),
    "first_offset": About(Hue.OFFSET, "where the transaction begins"),
    "last_offset": About(Hue.OFFSET, "where it ends"),
    "last_stable_offset": About(Hue.OFFSET, "the first offset still open when it was written"),
    "current_txn_first_offset": About(Hue.OFFSET, "where its open transaction begins; −1: none is open"),
    "last_sequence": About(Hue.PRODUCER, "the sequence number that was taken last"),
    "coordinator_epoch": About(Hue.EPOCH, "of the transaction coordinator that wrote the last marker"),
    "version": About(Hue.FORMAT, "of the file's format"),
    "count": About(Hue.SIZE, "how many entries follow"),
    "zeros": About(Hue.SIZE, "reserved ahead, so that the file need not grow"),
    # text files
    "epoch": About(Hue.EPOCH, "which leader, in order: each new one counts one up"),
    "start_offset": About(Hue.OFFSET, "where that epoch begins"),
    "offset": About(Hue.OFFSET),
    "topic": About(Hue.KEY),
    "partition": About(Hue.POSITION),
    "topic_id": About(Hue.KEY, "a topic deleted and created again has another one"),
}
_UNKNOWN = About(Hue.OTHER)


def about(name: str) -> About:
    """What a field of this name is about; a name that isn't known has a hue of its own and no meaning."""
    return _ABOUT.get(name, _UNKNOWN)
