"""What lesson 6 asks before it shows it: `predict("name")`, and in the same order the conditions of `reveal`."""

from __future__ import annotations

from minikafka_lessons.language import Question, question

QUESTIONS: dict[str, Question] = {
    "after-eviction": question(
        "We ask the operating system to forget these files' pages. Are records lost?",
        "yes, all that was not yet on the disk",
        "no: pages are written to the disk before they are forgotten; reading is slower, once",
        "no: the system refuses to forget a file that a broker has open",
    ),
    "order": question(
        "Blocks of 4 KiB are written to a file. What costs the most?",
        "random places instead of one after the other",
        "waiting for the disk after each block",
        "neither: it is the same memory in the end",
    ),
    "place": question(
        "A segment is read that lies in the page cache, and one that lies on the disk only. And random memory?",
        "the disk is slower than anything in memory",
        "in order, even the disk comes near to random access to memory, or beats it",
        "both the same: disks are fast today",
    ),
    "objects": question(
        "The same records as dictionaries and as bytes: how many times the memory?",
        "about 1.5 times",
        "about 3 times",
        "more than 6 times",
    ),
    "dark": question(
        "All records were acknowledged with acks=all or acks=1. How many are lost?",
        "none: they are in files",
        "a few: the last ones before each cut",
        "many",
    ),
    "together": question(
        "2,000 records: one to a batch, or many. How much does batching change?",
        "nothing: they are the same records",
        "it is faster, and the log is as big as before",
        "it is faster, and the log gets smaller, too",
    ),
    "codec": question(
        "Which one makes text the smallest, and which is the fastest?",
        "gzip and zstd the smallest, lz4 and snappy the fastest",
        "lz4 and snappy the smallest, gzip the fastest",
        "all are about the same",
    ),
}
