"""Exercise 5b: a segment's bytes read with `struct`, judged against what `minikafka dump-log` says of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from minikafka.dump import (
    DumpedBatch,
    FileKind,
    FoundFile,
    RawBytes,
    decode,
    meaning_of,
)
from minikafka.dump.lines import batch_line
from minikafka.records.building import build_batch
from minikafka.records.compression import Compression
from minikafka.records.record import NewRecord
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Raised, Sandbox
from minikafka_lessons.grading.words import returned
from minikafka_lessons.language import say, sentence

KEYS = (
    "position",
    "base_offset",
    "last_offset",
    "count",
    "max_timestamp",
    "size",
    "compresscodec",
)
OF = {
    "walk": ("position", "size"),
    "offsets": ("base_offset", "last_offset"),
    "count": ("count",),
    "time": ("max_timestamp",),
    "codec": ("compresscodec",),
}
PROPERTIES = {
    "walk": (sentence("every batch is found, with its position and size"), 2.0),
    "offsets": (sentence("its first and last offset"), 1.0),
    "count": (sentence("how many records it has"), 1.0),
    "time": (sentence("its newest time"), 1.0),
    "codec": (sentence("its codec"), 1.0),
    "torn": (sentence("it stops before a torn tail, and before zeros"), 2.0),
}
HINTS = {
    "walk": sentence(
        "`batch_length` counts what follows after itself. How many bytes come before that?"
    ),
    "offsets": sentence(
        "The last offset is not in the header, but its distance from the first one is."
    ),
    "count": sentence(
        "The count stands at byte 57, behind the producer's three fields."
    ),
    "time": sentence(
        "Two times follow each other: the first record's, and the newest. Which one is at byte 35?"
    ),
    "codec": sentence(
        "Only the lowest three bits of the attributes are the codec; others say other things."
    ),
    "torn": sentence(
        "Two questions before a batch counts: is its whole header there, and are all its bytes there? And can a batch have "
        "a size smaller than its header?"
    ),
}
TOO_MANY = sentence(
    "A batch that is not whole is no batch: compare where it would end with where the file ends."
)
ZEROS = sentence(
    "Zeros look like a batch with a length of 0. No real one is shorter than its header."
)


def segment(seed: int) -> bytes:
    """Some batches: offsets that begin somewhere, gaps as compaction leaves them, codecs, transactions."""
    random = Random(seed)
    data, offset, now_ms = b"", random.randrange(1, 10**6), 1_767_225_600_000
    for n in range(9):
        count = random.randrange(2, 9)
        times = [now_ms + 60_000 * i for i in range(count)]
        random.shuffle(times)
        records = [
            NewRecord(at, b"seattle", b"%d F" % random.randrange(20, 90), ())
            for at in times
        ]
        data += build_batch(
            records,
            base_offset=offset,
            compression=Compression.GZIP if n % 3 == 1 else Compression.NONE,
            leader_epoch=random.randrange(5),
            producer_id=7 if n % 2 else -1,
            producer_epoch=1 if n % 2 else -1,
            base_sequence=n if n % 2 else -1,
            transactional=n % 4 == 1,
        )
        offset += count + random.choice((0, 0, 3))
        now_ms += 3_600_000
    return data


def dumped(data: bytes) -> list[dict[str, Any]]:
    """What dump-log says of whole batches."""
    kind = FoundFile(Path("00000000000000000000.log"), FileKind.LOG, "history", 0, 0)
    lines = [
        batch_line(kind, one)
        for one in decode(RawBytes(data), kind, meaning_of)
        if isinstance(one, DumpedBatch)
    ]
    return [{key: line[key] for key in KEYS} for line in lines]


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """A whole segment of each seed, and the same one torn in several ways."""
    with Sandbox(code, ["read_log"]) as sandbox:
        for seed in seeds:
            random, data = Random(seed), segment(seed)
            judge_whole(sandbox.call("read_log", data), dumped(data), sheet, seed)
            last = dumped(data)[-1]["position"]
            torn = [
                ("cut", data[: random.randrange(last + 61, len(data))]),
                ("cut", data[: last + random.randrange(1, 61)]),
                ("zeros", data + bytes(100)),
                ("zeros", data + bytes(random.randrange(1, 61))),
            ]
            judge_torn(
                sandbox.call_each("read_log", [(d,) for _, d in torn]),
                torn,
                sheet,
                seed,
            )


def judge_whole(got: Any, want: list[dict[str, Any]], sheet: Sheet, seed: int) -> None:
    """Field by field."""
    if not isinstance(got, list) or not all(isinstance(one, dict) for one in got):
        message = say("read_log {did}; expected a list of dictionaries", did=short(got))
        for name in PROPERTIES:
            sheet.fail(name, message, HINTS["walk"] if name == "walk" else "", seed)
        return
    for name, keys in OF.items():
        for number, (one, right) in enumerate(zip(got, want, strict=False)):
            bad = next(
                (key for key in keys if not is_same(one.get(key), right[key])), None
            )
            if bad is not None:
                message = say(
                    "batch {n}: {field} is {value}; dump-log says {right}",
                    n=number,
                    field=bad,
                    value=f"{one.get(bad)!r:.40}",
                    right=repr(right[bad]),
                )
                sheet.fail(
                    name,
                    message,
                    sharper(bad, one.get(bad), right) or HINTS[name],
                    seed,
                )
                break
        if got:
            sheet.seen(name)
        else:
            sheet.fail(name, say("no batch was found"), HINTS[name], seed)
    if len(got) != len(want):
        message = say(
            "the segment has {n} batches; yours found {m}", n=len(want), m=len(got)
        )
        sheet.fail("walk", message, HINTS["walk"], seed)


def judge_torn(
    got: Sequence[Any], torn: Sequence[tuple[str, bytes]], sheet: Sheet, seed: int
) -> None:
    """As many batches as are whole."""
    for (what, data), answer in zip(torn, got, strict=True):
        whole = len(dumped(data))
        if isinstance(answer, list) and len(answer) == whole:
            sheet.seen("torn")
            continue
        hint = (
            ZEROS
            if what == "zeros"
            else TOO_MANY
            if isinstance(answer, list)
            else HINTS["torn"]
        )
        did = (
            say("found {n}", n=len(answer))
            if isinstance(answer, list)
            else short(answer)
        )
        if what == "cut":
            message = say(
                "of a file that ends within a batch, {n} batches are whole; yours {did}",
                n=whole,
                did=did,
            )
        else:
            message = say(
                "of a file that ends with zeros, {n} batches are whole; yours {did}",
                n=whole,
                did=did,
            )
        sheet.fail("torn", message, hint, seed)


def sharper(key: str, got: Any, right: dict[str, Any]) -> str:
    """A hint for this very mistake."""
    if type(got) is not type(right[key]):
        return say("Numbers are whole numbers here, and the codec is its name.")
    if key == "size" and got == right["size"] - 12:
        return say(
            "Twelve bytes are missing: the two fields up to `batch_length` belong to the batch, too."
        )
    if key == "last_offset" and got == right["base_offset"] + right["count"]:
        return say("One too many: that is the offset of the *next* record.")
    if key == "last_offset" and got == right["last_offset"] - right["base_offset"]:
        return say(
            "That is the distance from the first offset: add it to `base_offset`."
        )
    return ""


def short(got: Any) -> str:
    """What it did, not too long."""
    return returned(got) if isinstance(got, Raised) else returned(got)[:80]


def is_same(got: Any, want: Any) -> bool:
    """Equal, and of the same type."""
    return type(got) is type(want) and bool(got == want)


EXERCISE = Exercise(
    id="5b",
    title=sentence("Read a segment with `struct`"),
    names=("read_log",),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "A loop with a position. Read the header there, note the batch, go on by its size, until the bytes are used up."
        ),
        sentence(
            "The letters of the table, one behind the other, are one format for `struct.unpack_from(format, data, "
            "position)`: it gives all 13 fields at once. The whole size is 12 + batch_length."
        ),
        sentence(
            "format: > q i i b I h i q q q h i i. Stop when fewer than 61 bytes are left, when the size is below 61, or when "
            "position + size lies behind the end. The codec: a list of five names, at attributes & 7."
        ),
    ),
    minutes=10,
)
