"""Exercise 4a: a record batch v2 by hand, judged field by field, and by a broker and a consumer.

Rule: the answer's bytes are read by what brokers use; what can't be read is told by its place and its rule.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from minikafka.records.batch import (
    ATTRIBUTES_AT,
    HEADER_BYTES,
    LOG_OVERHEAD_BYTES,
    Batch,
    BatchHeader,
    Compression,
    CorruptRecords,
)
from minikafka.records.checksum import crc32c as true_crc
from minikafka.records.varint import encode_varint as true_varint
from minikafka_lessons import by_hand
from minikafka_lessons.by_hand import FIELDS, Row
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Sandbox
from minikafka_lessons.grading.words import returned, shown
from minikafka_lessons.language import say, sentence

PROPERTIES = {
    "varint": (
        sentence("varints as Kafka writes them, of small, large and negative numbers"),
        1.0,
    ),
    "crc": (
        sentence("crc32c gives CRC-32C, and the header has that of the right bytes"),
        1.0,
    ),
    "header": (sentence("each other field of the header"), 2.0),
    "records": (
        sentence("the records: keys, values and times come out as they went in"),
        1.0,
    ),
    "null": (
        sentence("no key, an empty key, and a record that is older than the first"),
        1.0,
    ),
    "gzip": (sentence("packed with gzip, and readable"), 1.0),
    "alive": (
        sentence("a broker takes the batches, and a consumer reads every record"),
        2.0,
    ),
}
HINTS = {
    "varint": sentence(
        "First zigzag (0, −1, 1, −2 become 0, 1, 2, 3), then groups of 7 bits, the lowest first; each byte but the last has 0x80."
    ),
    "crc": sentence(
        'Try `crc32c(b"123456789")`: it is 0xE3069283. In the header it covers byte 21 and all that follows.'
    ),
    "header": sentence(
        "Compare with the table in the text, from the top: how many bytes has each field, and what is in it?"
    ),
    "records": sentence(
        "A record: its length, then attributes (one byte 0), time, offset, key, value, and the count of its headers."
    ),
    "null": sentence(
        "No key is no empty key: its length is −1 and there are no bytes. A time's difference may be negative."
    ),
    "gzip": sentence(
        "The header is never packed. What comes after it is packed as one piece, and the attributes name the codec."
    ),
    "alive": sentence(
        "A broker looks at the length, the checksum, the header and each record. Mend those first."
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
NUMBERS = (
    0,
    1,
    -2,
    2,
    -3,
    63,
    -64,
    64,
    300,
    -300,
    10_000,
    2**31 - 1,
    -(2**31),
    1_700_000_000_000,
)
Rule = Callable[[Any], Any]


def unsigned(number: int) -> bytes:
    """Groups of 7 bits, the lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def big_end(number: int) -> bytes:
    """Groups of 7 bits, the highest first."""
    groups = unsigned(number << 1 ^ number >> 63)
    parts = [byte & 0x7F for byte in reversed(groups)]
    return bytes([part | 0x80 for part in parts[:-1]] + parts[-1:])


VARINTS: tuple[tuple[Rule, str], ...] = (
    (
        lambda n: unsigned(n) if n >= 0 else None,
        sentence(
            "You leave out zigzag: 1 has to become 2 before it is cut into groups."
        ),
    ),
    (
        lambda n: unsigned(abs(n) << 1),
        sentence(
            "You lose the sign: −1 and 1 come out alike. Zigzag makes 1 of −1, and 2 of 1."
        ),
    ),
    (
        big_end,
        sentence("Your groups are in the wrong order: the lowest 7 bits come first."),
    ),
    (
        lambda n: bytes(byte ^ 0x80 for byte in true_varint(n)),
        sentence(
            "0x80 says “one more byte follows”: it is set in every byte but the last."
        ),
    ),
)


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
        judge_varint(sandbox, sheet)
        judge_crc(sandbox, sheet, seeds)
        if sandbox.defined.get("record_batch") != "function":
            message = say(
                "There is no function {name} in the cell.", name="record_batch"
            )
            for name in ("header", "records", "null", "gzip", "alive"):
                sheet.fail(name, message, HINTS[name])
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


def judge_varint(sandbox: Sandbox, sheet: Sheet) -> None:
    """Numbers against Kafka's."""
    if sandbox.defined.get("varint") != "function":
        sheet.fail(
            "varint",
            say("There is no function {name} in the cell.", name="varint"),
            HINTS["varint"],
        )
        return
    got = sandbox.call_each("varint", [(n,) for n in NUMBERS])
    for n, value in zip(NUMBERS, got, strict=True):
        if type(value) is not bytes or value != true_varint(n):
            message = say(
                "varint({n}) {did}; expected {value}",
                n=n,
                did=returned(value),
                value=repr(true_varint(n)),
            )
            sheet.fail("varint", message, HINTS["varint"])
            for rule, words in VARINTS:
                if all(
                    rule(m) in (None, one) for m, one in zip(NUMBERS, got, strict=True)
                ):
                    sheet.sharpen("varint", words)
                    break
            return
    sheet.seen("varint")


CRCS: tuple[tuple[Callable[[bytes], int], str], ...] = (
    (
        zlib.crc32,
        sentence(
            "That is CRC-32. Kafka's is CRC-32C, with another polynomial: 0x82F63B78."
        ),
    ),
    (
        lambda data: true_crc(data) ^ 0xFFFFFFFF,
        sentence("The last step is missing: turn all 32 bits over."),
    ),
)


def judge_crc(sandbox: Sandbox, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The function by itself."""
    if sandbox.defined.get("crc32c") != "function":
        sheet.fail(
            "crc",
            say("There is no function {name} in the cell.", name="crc32c"),
            HINTS["crc"],
        )
        return
    cases = [b"123456789", b"", b"a", *(Random(seed).randbytes(200) for seed in seeds)]
    got = sandbox.call_each("crc32c", [(data,) for data in cases])
    for data, value in zip(cases, got, strict=True):
        if type(value) is not int or value != true_crc(data):
            message = say("crc32c({data}) {did}", data=shown(data), did=returned(value))
            sheet.fail("crc", message, HINTS["crc"])
            for rule, words in CRCS:
                if value == rule(data):
                    sheet.sharpen("crc", words)
            return


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
    judge_header(header, got, rows, gzipped, sheet, seed)
    right = header.crc == true_crc(memoryview(got)[ATTRIBUTES_AT:])
    message = say(
        "crc (bytes 17 – 20) is not the CRC-32C of byte 21 and all that follows"
    )
    if not sheet.expect("crc", right, message, HINTS["crc"], seed):
        for words, other in other_checksums(got):
            if header.crc == other:
                sheet.sharpen("crc", words)
    judge_records(header, got, rows, gzipped, name, sheet, seed)


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


def judge_alive(
    cases: Sequence[tuple[list[Row], bool]],
    made: Sequence[Any],
    sheet: Sheet,
    seed: int,
) -> None:
    """All three batches in one partition, and a consumer."""
    with scenes.cluster(seed) as cluster:
        cluster.create_topic("by-hand", 1)
        for got in made:
            if type(got) is not bytes:
                sheet.fail(
                    "alive",
                    say("record_batch {did}", did=returned(got)),
                    HINTS["alive"],
                    seed,
                )
                return
            sent = by_hand.send(cluster, "by-hand", got)
            if not sent:
                sheet.fail(
                    "alive",
                    say("the broker says: {what}", what=repr(sent)),
                    HINTS["alive"],
                    seed,
                )
                return
        rows = scenes.read_topic(cluster, "by-hand").get(0, [])
        wanted = [
            (scenes.text(key), scenes.text(value))
            for batch, _ in cases
            for _, key, value in batch
        ]
        message = say("A consumer reads other records than were written.")
        sheet.expect("alive", rows == wanted, message, HINTS["alive"], seed)


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
)
