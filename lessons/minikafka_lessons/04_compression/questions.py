"""What lesson 4 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "speed": question(
        "1,000 rows of JSON to a batch: which codec packs the fastest on this machine?",
        "gzip",
        "lz4 or snappy",
        "zstd",
    ),
    "stored": question(
        "The producer packs with lz4, the topic says nothing. What lies in the broker's file?",
        "the records unpacked: a broker has to number them",
        "what was sent, but for a few bytes at its beginning",
        "what was sent, byte for byte",
    ),
    "topic": question(
        "The producer packs with zstd, the topic says compression.type=gzip. What becomes of the batch?",
        "the broker refuses it",
        "the broker stores it as zstd: the producer decides",
        "the broker unpacks it, and packs it again with gzip",
    ),
}
