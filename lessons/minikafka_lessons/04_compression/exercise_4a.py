"""Exercise 4a: a record batch v2 by hand, judged field by field, and by a broker and a consumer.

Rule: the answer's bytes are read by what brokers use; what can't be read is told by its place and its rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from minikafka.records.batch import (
    ATTRIBUTES_AT,
    HEADER_BYTES,
    BatchHeader,
)
from minikafka.records.checksum import crc32c as true_crc
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Sandbox, no_function
from minikafka_lessons.grading.words import returned
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage.by_hand import Row

from . import batch_header, batch_records, bytes_of_numbers
from .delivery import judge_delivery

PROPERTIES = {
    **bytes_of_numbers.PROPERTIES,
    **batch_header.PROPERTIES,
    **batch_records.PROPERTIES,
    "alive": (
        sentence("a broker takes the batches, and a consumer reads every record"),
        2.0,
    ),
}
HINTS = {
    **bytes_of_numbers.HINTS,
    **batch_header.HINTS,
    **batch_records.HINTS,
    "alive": sentence(
        "A broker looks at the length, the checksum, the header and each record. Mend those first."
    ),
}


def rows_of(seed: int, *, odd: bool = False) -> list[Row]:
    """What a batch holds; `odd`: without keys, with empty ones, out of order in time."""
    random = Random(seed)
    time_ms = 1_700_000_000_000 + random.randrange(10**9)
    rows: list[Row] = []
    for n in range(random.randrange(5, 12)):
        station = random.choice(scenes.STATIONS).encode()
        value = f"{n},{random.randrange(-50, 350) / 10}".encode() * random.randrange(
            1, 20
        )
        rows.append((time_ms + n * random.randrange(1, 500), station, value))
    rows = [rows[0], *sorted(rows[1:])]
    if odd:
        rows[1] = (time_ms - 86_400_000, None, b"yesterday's")
        rows[2] = (rows[2][0] + 10**7, b"", rows[2][2])
        rows[-1] = (rows[-1][0], rows[-1][1], None)
    return rows


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The parts, the batches of each seed, and a cluster."""
    with Sandbox(code, ["varint", "crc32c", "record_batch"]) as sandbox:
        bytes_of_numbers.judge_varint(sandbox, sheet)
        bytes_of_numbers.judge_crc(sandbox, sheet, seeds)
        if not sandbox.defines("record_batch"):
            for name in ("header", "records", "null", "gzip", "alive"):
                sheet.fail(name, no_function("record_batch"), HINTS[name])
            return
        for seed in seeds:
            cases = [
                (rows_of(seed), False),
                (rows_of(seed + 1, odd=True), False),
                (rows_of(seed + 2), True),
            ]
            made = sandbox.call_each("record_batch", cases)
            for (rows, gzipped), name, got in zip(
                cases, ("records", "null", "gzip"), made, strict=True
            ):
                judge_batch(got, rows, gzipped, name, sheet, seed)
            judge_alive(cases, made, sheet, seed)


def judge_batch(
    got: Any, rows: list[Row], gzipped: bool, name: str, sheet: Sheet, seed: int
) -> None:
    """Header, checksum, and what the records are read as."""
    if type(got) is not bytes or len(got) < HEADER_BYTES:
        did = (
            returned(got)
            if type(got) is not bytes
            else say("returned {n} bytes", n=len(got))
        )
        message = say("record_batch {did}; a header alone has 61 bytes", did=did)
        for each in ("header", "crc", name):
            sheet.fail(each, message, HINTS[each], seed)
        return
    header = BatchHeader.read(got)
    batch_header.judge_header(header, got, rows, gzipped, sheet, seed)
    right = header.crc == true_crc(memoryview(got)[ATTRIBUTES_AT:])
    message = say(
        "crc (bytes 17 – 20) is not the CRC-32C of byte 21 and all that follows"
    )
    if not sheet.expect("crc", right, message, HINTS["crc"], seed):
        for words, other in batch_header.other_checksums(got):
            if header.crc == other:
                sheet.sharpen("crc", words)
    batch_records.judge_records(header, got, rows, gzipped, name, sheet, seed)


def judge_alive(
    cases: Sequence[tuple[list[Row], bool]],
    made: Sequence[Any],
    sheet: Sheet,
    seed: int,
) -> None:
    """All three batches in one partition, and a consumer."""
    for got in made:
        if type(got) is not bytes:
            message = say("record_batch {did}", did=returned(got))
            sheet.fail("alive", message, HINTS["alive"], seed)
            return
    wanted = [
        (scenes.text(key), scenes.text(value))
        for batch, _ in cases
        for _, key, value in batch
    ]
    otherwise = say("A consumer reads other records than were written.")
    judge_delivery(sheet, "alive", HINTS["alive"], seed, made, wanted, otherwise)


EXERCISE = Exercise(
    id="4a",
    title=sentence("A record batch by hand"),
    names=("varint", "crc32c", "record_batch"),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "Begin with `varint` and `crc32c`, then the records, and the header last: it has to know how long they are, "
            "and what their checksum is."
        ),
        sentence(
            "Three pieces, from behind: all from the attributes on (then you can hash it); before it epoch, magic and "
            'checksum (then you know the length); before that base offset and length. `struct.pack(">hiqqqhii", …)` '
            "writes the fields from attributes to recordCount in one go."
        ),
        sentence(
            "zigzag: (n << 1) ^ (n >> 63). CRC-32C: begin with all 32 bits set; for each byte, xor it in, then 8 times: "
            "shift right by one, and if the bit that fell out was 1, xor with 0x82F63B78; at the end turn all bits over. "
            "The record's length is a varint, too, and counts what comes after it."
        ),
    ),
    minutes=25,
    more=8,
)
