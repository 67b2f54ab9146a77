"""Exercise 4b: which codec wins where: a prediction, judged against batches that are packed for it.

Rule: only sizes are asked for. They are the same on every machine; speeds are not.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from minikafka.records.batch import build_batch
from minikafka.records.compression import Compression
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox
from minikafka_lessons.language import say, sentence
from minikafka_lessons.measure.batches import BATCH_RECORDS, CODECS, KINDS, records_of

PROPERTIES = {
    "small": (sentence("a codec that packs JSON very small"), 1.0),
    "one": (sentence("what is smallest when a batch has one row of weather"), 1.0),
    "many": (
        sentence("from how many records in a batch on zstd pays for weather"),
        1.0,
    ),
    "random": (sentence("whether random bytes get smaller"), 1.0),
    "default": (sentence("the codec in the file when the topic says nothing"), 1.0),
    "topic": (sentence("the codec in the file when the topic names one"), 1.0),
}
HINTS = {
    "small": sentence(
        "Two of the four look longer for repetitions, and two rather hurry. Which are the thorough ones?"
    ),
    "one": sentence(
        "A codec writes what repeats only once. What repeats in one short row? And a codec adds bytes of its own."
    ),
    "many": sentence(
        "The more rows there are in a batch, the more repeats. One row is too little, and ten are a start."
    ),
    "random": sentence(
        "What a codec saves are repetitions. How many are there in bytes drawn by lot?"
    ),
    "default": sentence(
        "A topic that says nothing has compression.type=producer. Read it as a sentence."
    ),
    "topic": sentence(
        "The topic's word counts for what lies in its files, whoever sends."
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
def outcomes() -> dict[str, tuple[Any, ...]]:
    """What comes out: for each name the values that are right."""
    codecs = CODECS[1:]
    by_json = sorted(codecs, key=lambda codec: sizes(KINDS[0], codec, 1_000)[1])
    plain, packed = sizes(KINDS[2], "lz4", 1_000)
    weather = {n: sizes(KINDS[1], "zstd", n) for n in BATCH_RECORDS}
    return {
        "small": tuple(by_json[:2]),
        "one": (min(CODECS, key=lambda codec: sizes(KINDS[1], codec, 1)[1]),),
        "many": (
            min(
                n
                for n, (bytes_in, bytes_out) in weather.items()
                if bytes_in >= PAYS * bytes_out
            ),
        ),
        "random": (packed < plain,),
        "default": ("lz4",),
        "topic": ("gzip",),
    }


def judge_prediction(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The dictionary, against batches that are packed now."""
    with Sandbox(code, ["prediction"]) as sandbox:
        given = sandbox.value("prediction")
    if not isinstance(given, dict):
        raise AnswerFailed(
            say(
                "`prediction` should be the dictionary from the cell, with your values in it."
            )
        )
    for name, right in outcomes().items():
        got = given.get(name)
        if isinstance(got, str):
            got = got.strip().lower()
        if got is None:
            sheet.fail(name, say("no prediction yet"), HINTS[name])
        elif any(type(got) is type(want) and got == want for want in right):
            sheet.seen(name)
        else:
            message = say(
                "you predicted {value}; it comes out otherwise", value=repr(given[name])
            )
            sheet.fail(name, message, wrong_prediction(name, got))


TRUTH = sentence("True or False, without quotes.")
MISTAKES: tuple[tuple[str, Callable[[Any], bool], str], ...] = (
    (
        "small",
        lambda got: got == "none",
        sentence("“none” packs nothing. JSON repeats its field names in every row."),
    ),
    (
        "small",
        lambda got: got in CODECS,
        sentence(
            "That one is among the quick ones. What is quick does not search for long."
        ),
    ),
    (
        "one",
        lambda got: got in CODECS,
        sentence(
            "You trust the codec too much: it has one row of 30 bytes, and bytes of its own to add."
        ),
    ),
    (
        "many",
        lambda got: type(got) is not int,
        sentence("A number, without quotes: 1, 10, 100 or 1000."),
    ),
    (
        "many",
        lambda got: got == 1,
        sentence("One row to a batch: the header alone is larger than the row."),
    ),
    (
        "many",
        lambda got: got not in BATCH_RECORDS,
        sentence("One of the four sizes: 1, 10, 100 or 1000."),
    ),
    ("random", lambda got: type(got) is not bool, TRUTH),
    ("default", lambda got: got == "none", sentence("Nobody unpacked it on its way.")),
    (
        "topic",
        lambda got: got == "zstd",
        sentence("That was the producer's choice. This topic has one of its own."),
    ),
)


def wrong_prediction(name: str, got: Any) -> str:
    """A hint for this very mistake."""
    for at, made, words in MISTAKES:
        if at == name and made(got):
            return f"{say(words)} {say(HINTS[name])}"
    if name in ("small", "one", "default", "topic") and got not in CODECS:
        return say("One of these words, in quotes: {all}.", all=", ".join(CODECS))
    return say(HINTS[name])


EXERCISE = Exercise(
    id="4b",
    title=sentence("Which codec wins where?"),
    names=("prediction",),
    properties=PROPERTIES,
    judge=judge_prediction,
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
    minutes=5,
)
