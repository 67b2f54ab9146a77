"""The records of a batch that a learner made by hand: what a broker reads them as. Part of exercise 4a.

Rule: they are read with a right header, so that each mistake counts once.
"""

from __future__ import annotations

from collections.abc import Sequence

from minikafka.records.batch import (
    HEADER_BYTES,
    Batch,
    BatchHeader,
    Compression,
    CorruptRecords,
)
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage.by_hand import Row

PROPERTIES = {
    "records": (
        sentence("the records: keys, values and times come out as they went in"),
        1.0,
    ),
    "null": (
        sentence("no key, an empty key, and a record that is older than the first"),
        1.0,
    ),
    "gzip": (sentence("packed with gzip, and readable"), 1.0),
}
HINTS = {
    "records": sentence(
        "A record: its length, then attributes (one byte 0), time, offset, key, value, and the count of its headers."
    ),
    "null": sentence(
        "No key is no empty key: its length is −1 and there are no bytes. A time's difference may be negative."
    ),
    "gzip": sentence(
        "The header is never packed. What comes after it is packed as one piece, and the attributes name the codec."
    ),
}


PREVIOUS = sentence(
    "You take the difference to the record before. It is the difference to baseTimestamp."
)


EMPTY = sentence("You write a missing key as an empty one. No key has the length −1.")


def judge_records(
    header: BatchHeader,
    got: bytes,
    rows: list[Row],
    gzipped: bool,
    name: str,
    sheet: Sheet,
    seed: int,
) -> None:
    """What a broker reads."""
    base_ms = rows[0][0]
    codec = Compression.GZIP if gzipped else 0
    fields = header._replace(
        base_offset=0,
        record_count=len(rows),
        last_offset_delta=len(rows) - 1,
        base_timestamp=base_ms,
        attributes=codec,
    )
    try:
        read = [
            (r.timestamp_ms, r.key, r.value)
            for r in Batch(fields, memoryview(got)).records()
        ]
        offsets = [r.offset for r in Batch(fields, memoryview(got)).records()]
    except CorruptRecords as problem:
        message = say("the records can't be read: {why}", why=problem)
        sheet.fail(name, message, gzip_words(got, gzipped) or HINTS[name], seed)
        return
    for n, (want, have) in enumerate(zip(rows, read, strict=True)):
        if want != have:
            message = say(
                "record {n} is read as {have}; it was {want}",
                n=n,
                have=f"{have!r:.90}",
                want=f"{want!r:.90}",
            )
            sheet.fail(name, message, record_words(rows, read, n) or HINTS[name], seed)
            return
    right = offsets == list(range(len(rows)))
    message = say("the records have the offsets {have}", have=offsets)
    sheet.expect(
        name,
        right,
        message,
        sentence("The first record has the offset delta 0, the next one 1."),
        seed,
    )


UNPACKED = sentence("The records lie there as they are: nothing was packed.")


ALL_PACKED = sentence("The header is packed, too. Nobody can read it then.")


def gzip_words(got: bytes, gzipped: bool) -> str:
    """For what is no gzip at byte 61."""
    if not gzipped or got[HEADER_BYTES : HEADER_BYTES + 2] == b"\x1f\x8b":
        return ""
    return ALL_PACKED if got[:2] == b"\x1f\x8b" else UNPACKED


def record_words(rows: list[Row], read: Sequence[Row], n: int) -> str:
    """For a record that is read otherwise."""
    (time_ms, key, value), (got_ms, got_key, got_value) = rows[n], read[n]
    if n and got_ms == rows[0][0] + time_ms - rows[n - 1][0] and got_ms != time_ms:
        return PREVIOUS
    if (key is None and got_key == b"") or (value is None and got_value == b""):
        return EMPTY
    return ""
