"""A run in a file: its tape, its marks, and what it was made by.

Rule: there is no code in it, and reading it runs none: a line of text, then compressed JSON of a known shape, bounded
before it is unpacked. What it was is proved by playing it: the events have to have the same checksum. Kafka has none.
"""

from __future__ import annotations

import zlib
from pathlib import Path

import msgspec

from minikafka._version import VERSION
from minikafka.cluster.wanted import MOST_CONTROLLERS
from minikafka.commands import AddPartitions, CreateTopic
from minikafka.commands.tape import Moment, NotATape, Tape
from minikafka.world import reason_of
from minikafka.world.visible import visible

FORMAT = 1
_MAGIC = b"minikafka run "
_MOST_BYTES = 64 << 20
_MOST_UNPACKED_BYTES = 256 << 20
_MOST_ROUNDS = 50_000_000
_MOST_BROKERS = 1_000
_MOST_PARTITIONS = 1_000_000
"""All that were asked for, deleted ones as well: a quarter of an hour of nothing but creating them."""


class NotARun(ValueError):
    """One sentence: why this file can't be opened."""


class SavedMark(msgspec.Struct, frozen=True):
    """A mark, as it is in a file. One of a moment in the middle of something has no round, only seconds."""

    name: str
    length: int
    at: Moment


class RunFile(msgspec.Struct, frozen=True):
    """What is in it."""

    made_by: str
    """The version of minikafka."""
    name: str
    """Of the cluster."""
    tape: msgspec.Raw
    marks: tuple[SavedMark, ...] = ()
    watches_invariants: bool = False


def run_of(name: str, tape: Tape, marks: tuple[SavedMark, ...], *, watches_invariants: bool) -> RunFile:
    """As this version writes it."""
    return RunFile(VERSION, name, msgspec.Raw(tape.to_json()), marks, watches_invariants)


def packed(run: RunFile) -> bytes:
    """The file's bytes."""
    return _MAGIC + b"%d\n" % FORMAT + zlib.compress(msgspec.json.encode(run), 9)


def read(path: Path) -> tuple[RunFile, Tape]:
    """Raises OSError or NotARun."""
    shown = visible(str(path))
    if path.stat().st_size > _MOST_BYTES:
        raise NotARun(f"{shown} is too large for a run: more than {_MOST_BYTES >> 20} MB.")
    first, _, packed = path.read_bytes().partition(b"\n")
    if not first.startswith(_MAGIC):
        raise NotARun(f"{shown} is not a saved run of minikafka.")
    if first != _MAGIC + b"%d" % FORMAT:
        number = visible(first[len(_MAGIC) :][:20].decode("ascii", "replace"))
        raise NotARun(
            f"{shown} has format {number}, and this minikafka ({VERSION}) reads format {FORMAT}: "
            "open it with the one that made it."
        )
    try:
        run = msgspec.json.decode(_unpacked(packed, shown), type=RunFile)
        tape = Tape.from_json(bytes(run.tape))
    except NotATape as problem:
        raise NotARun(f"{shown} can't be opened: {problem}") from None
    except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
        raise NotARun(f"{shown} is damaged: {reason_of(problem)}.") from None
    _check(tape, shown)
    return run, tape


def _unpacked(packed: bytes, shown: str) -> bytes:
    unpacking = zlib.decompressobj()
    try:
        data = unpacking.decompress(packed, _MOST_UNPACKED_BYTES)
    except zlib.error:
        raise NotARun(f"{shown} is damaged: its content can't be unpacked.") from None
    if unpacking.unconsumed_tail:
        raise NotARun(f"{shown} is too large: more than {_MOST_UNPACKED_BYTES >> 20} MB when it is unpacked.")
    if not unpacking.eof:
        raise NotARun(f"{shown} is cut off: its end is missing.")
    return data


def _check(tape: Tape, shown: str) -> None:
    """What would take for ever isn't begun."""
    partitions = sum(
        entry.command.partitions
        for entry in tape.entries
        if isinstance(entry.command, CreateTopic | AddPartitions) and not entry.raised
    )
    for count, least, most, what in (
        (tape.setup.brokers, 1, _MOST_BROKERS, "brokers"),
        (tape.setup.controllers, 1, MOST_CONTROLLERS, "controllers"),
        (tape.end.at.round, 0, _MOST_ROUNDS, "rounds"),
        (partitions, -_MOST_PARTITIONS, _MOST_PARTITIONS, "partitions"),
    ):
        if not least <= count <= most:
            raise NotARun(f"{shown} is not a run that could have been saved: it has {count} {what}.")
