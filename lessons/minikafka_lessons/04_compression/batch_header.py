"""The header of a batch that a learner made by hand, field by field. Part of exercise 4a.

Rule: the first field that is wrong is told with its bytes; a known mistake is told by its rule.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable

from minikafka.records.batch import (
    ATTRIBUTES_AT,
    HEADER_BYTES,
    LOG_OVERHEAD_BYTES,
    BatchHeader,
    Compression,
)
from minikafka.records.checksum import crc32c as true_crc
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage.by_hand import FIELDS, Row

PROPERTIES = {
    "header": (sentence("each other field of the header"), 2.0),
}
HINTS = {
    "header": sentence(
        "Compare with the table in the text, from the top: how many bytes has each field, and what is in it?"
    ),
}


TABLE = {
    "baseOffset": 0,
    "partitionLeaderEpoch": -1,
    "magic": 2,
    "producerId": -1,
    "producerEpoch": -1,
    "baseSequence": -1,
}


WHOLE = sentence(
    "Your checksum begins too early: what a broker changes (byte 0 to 20) must not be in it."
)


OTHER = sentence("In the header is CRC-32, the one of zlib. Kafka's is CRC-32C.")


ONLY_RECORDS = sentence(
    "Your checksum covers the records only: it begins at the attributes, byte 21."
)


def other_checksums(got: bytes) -> list[tuple[str, int]]:
    """Checksums of a batch that are not Kafka's."""
    empty = got[:17] + bytes(4) + got[21:]
    return [
        (OTHER, zlib.crc32(got[ATTRIBUTES_AT:])),
        (ONLY_RECORDS, true_crc(got[HEADER_BYTES:])),
        *(
            (WHOLE, true_crc(part))
            for part in (
                empty,
                empty[12:],
                got[12:17] + got[21:],
                got[:17] + got[21:],
                got[16:17] + got[21:],
            )
        ),
    ]


def fields_of(rows: list[Row], size: int, gzipped: bool) -> dict[str, int]:
    """What the header should say, but for its checksum."""
    times = [time_ms for time_ms, _, _ in rows]
    return TABLE | {
        "batchLength": size - LOG_OVERHEAD_BYTES,
        "attributes": Compression.GZIP if gzipped else 0,
        "lastOffsetDelta": len(rows) - 1,
        "baseTimestamp": times[0],
        "maxTimestamp": max(times),
        "recordCount": len(rows),
    }


LITTLE = sentence(
    "Your numbers are the wrong way round: Kafka's fields have their highest byte first (`>` in `struct`)."
)


def judge_header(
    header: BatchHeader,
    got: bytes,
    rows: list[Row],
    gzipped: bool,
    sheet: Sheet,
    seed: int,
) -> None:
    """Field by field, from the top."""
    want = fields_of(rows, len(got), gzipped)
    for (field, at, size), value in zip(FIELDS, header, strict=True):
        if field == "crc" or value == want[field]:
            continue
        end = f" – {at + size - 1}" if size > 1 else ""
        message = say(
            "{field} (byte {place}) is {value}; expected {want}",
            field=field,
            place=f"{at}{end}",
            value=value,
            want=want[field],
        )
        sheet.fail("header", message, HINTS["header"], seed)
        if int.from_bytes(got[at : at + size], "little", signed=True) == want[field]:
            sheet.sharpen("header", LITTLE)
        for wrong, mistaken, words in FIELD_MISTAKES:
            if wrong == field and mistaken(value, rows, len(got)):
                sheet.sharpen("header", words)
        return
    sheet.seen("header")


FIELD_MISTAKES: tuple[tuple[str, Callable[[int, list[Row], int], bool], str], ...] = (
    (
        "batchLength",
        lambda value, rows, size: value == size,
        sentence("You count the whole batch. The length is of what comes after it."),
    ),
    (
        "batchLength",
        lambda value, rows, size: value == size - HEADER_BYTES,
        sentence(
            "You count the records only. The length is of all that comes after it, and most of the header does."
        ),
    ),
    (
        "attributes",
        lambda value, rows, size: value == 0,
        sentence("Attributes 0 say “not packed”. gzip is codec 1."),
    ),
    (
        "lastOffsetDelta",
        lambda value, rows, size: value == len(rows),
        sentence("The first record has delta 0. Which one has the last of them?"),
    ),
    (
        "maxTimestamp",
        lambda value, rows, size: value == rows[-1][0],
        sentence(
            "You take the last record's time. Records may come out of order: which time is the largest?"
        ),
    ),
    (
        "baseTimestamp",
        lambda value, rows, size: value == min(r[0] for r in rows),
        sentence(
            "The base is the time of the first record, even if another one is older."
        ),
    ),
)
