"""Exercise 4b: which codec wins where: a prediction, judged against batches that are packed for it.

Rule: only sizes are asked for. They are the same on every machine; speeds are not.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from minikafka.records.batch import build_batch
from minikafka.records.compression import Compression
from minikafka_lessons.grading import prediction
from minikafka_lessons.grading.prediction import AnyOf, Asked, said
from minikafka_lessons.language import sentence
from minikafka_lessons.measure.batches import BATCH_RECORDS, CODECS, KINDS, records_of

ASKED = {
    "small": Asked(
        sentence("a codec that packs JSON very small"),
        sentence(
            "Two of the four look longer for repetitions, and two rather hurry. Which are the thorough ones?"
        ),
        mistakes=[
            (
                said("none"),
                sentence(
                    "“none” packs nothing. JSON repeats its field names in every row."
                ),
            ),
            (
                said(*CODECS),
                sentence(
                    "That one is among the quick ones. What is quick does not search for long."
                ),
            ),
        ],
        options=CODECS,
    ),
    "one": Asked(
        sentence("what is smallest when a batch has one row of weather"),
        sentence(
            "A codec writes what repeats only once. What repeats in one short row? And a codec adds bytes of its own."
        ),
        mistakes=[
            (
                said(*CODECS),
                sentence(
                    "You trust the codec too much: it has one row of 30 bytes, and bytes of its own to add."
                ),
            )
        ],
        options=CODECS,
    ),
    "many": Asked(
        sentence("from how many records in a batch on zstd pays for weather"),
        sentence(
            "The more rows there are in a batch, the more repeats. One row is too little, and ten are a start."
        ),
        mistakes=[
            (
                said(1),
                sentence(
                    "One row to a batch: the header alone is larger than the row."
                ),
            )
        ],
        options=BATCH_RECORDS,
        wanted=sentence("A number, without quotes: 1, 10, 100 or 1000."),
    ),
    "random": Asked(
        sentence("whether random bytes get smaller"),
        sentence(
            "What a codec saves are repetitions. How many are there in bytes drawn by lot?"
        ),
    ),
    "default": Asked(
        sentence("the codec in the file when the topic says nothing"),
        sentence(
            "A topic that says nothing has compression.type=producer. Read it as a sentence."
        ),
        mistakes=[(said("none"), sentence("Nobody unpacked it on its way."))],
        options=CODECS,
    ),
    "topic": Asked(
        sentence("the codec in the file when the topic names one"),
        sentence("The topic's word counts for what lies in its files, whoever sends."),
        mistakes=[
            (
                said("zstd"),
                sentence(
                    "That was the producer's choice. This topic has one of its own."
                ),
            )
        ],
        options=CODECS,
    ),
}
PAYS = 3.0
"""Times smaller."""


@cache
def sizes(kind: str, codec: str, batch: int) -> tuple[int, int]:
    """Bytes of keys and values, and bytes of the batches around them."""
    records = records_of(kind, 1_000)
    name = Compression.from_name(codec)
    packed = [
        build_batch(records[at : at + batch], compression=name)
        for at in range(0, len(records), batch)
    ]
    return sum(len(r.key or b"") + len(r.value or b"") for r in records), sum(
        map(len, packed)
    )


@cache
def truths() -> dict[str, Any]:
    """What comes out."""
    codecs = CODECS[1:]
    by_json = sorted(codecs, key=lambda codec: sizes(KINDS[0], codec, 1_000)[1])
    plain, packed = sizes(KINDS[2], "lz4", 1_000)
    weather = {n: sizes(KINDS[1], "zstd", n) for n in BATCH_RECORDS}
    return {
        "small": AnyOf(by_json[:2]),
        "one": min(CODECS, key=lambda codec: sizes(KINDS[1], codec, 1)[1]),
        "many": min(
            n
            for n, (bytes_in, bytes_out) in weather.items()
            if bytes_in >= PAYS * bytes_out
        ),
        "random": packed < plain,
        "default": "lz4",
        "topic": "gzip",
    }


EXERCISE = prediction.exercise(
    "4b",
    sentence("Which codec wins where?"),
    ASKED,
    truths,
    hints=(
        sentence(
            "A codec writes once what repeats. Ask of each kind of data: what repeats in it, and how often?"
        ),
        sentence(
            "The codec sees one batch at a time, never two. And the header of a batch, 61 bytes, is never packed."
        ),
        sentence(
            "Two codecs are thorough and two are quick. One short row has nothing to repeat; a hundred have plenty; "
            "random bytes never do. In a file lies what the topic asks for, and compression.type=producer asks for nothing."
        ),
    ),
)
