"""What may be wrong with record bytes, as one family of exceptions.

Rule: whatever the bytes are, reading them ends in data or in `CorruptRecords`, never in an
`IndexError`, a codec's own exception, or all of the memory.

Kafka: `InvalidRecordException`, `CorruptRecordException`.
"""

from __future__ import annotations


class CorruptRecords(ValueError):
    """The bytes are not what a record batch may be; the message says in one sentence how."""


class CorruptCompression(CorruptRecords):
    """The records' compressed stream is broken, or of no known codec."""


class DecompressionLimit(CorruptRecords):
    """The data would grow beyond the limit when decompressed (a codec bomb, or a far too large batch)."""


class OverlongNumber(CorruptRecords):
    """The length of a record is written in more bytes than a 32-bit number may take."""


class CorruptChecksum(CorruptRecords):
    """The stored checksum is not that of the bytes."""
