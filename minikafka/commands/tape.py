"""A tape: all that was done to a simulated cluster, each with its exact moment.

Rule: the seed and the tape are the run. A moment is a round of the loop and the virtual time; between two
commands nothing happens but what the seed says. Kafka has none; FoundationDB's simulator repeats runs by their seeds.
"""

from __future__ import annotations

from typing import Any

import msgspec

from minikafka.commands.clients import Await, Call, CallbackRaised, Drop, OpenClient
from minikafka.commands.command import Command, commands
from minikafka.commands.values import CantBePlayed, Value

FORMAT = "minikafka tape"
VERSION = 2
"""Of the format. Another one is refused."""


class NotATape(ValueError):
    """One sentence: what is wrong with these bytes."""


class Moment(msgspec.Struct, frozen=True):
    """When: after so many rounds of the loop, at this virtual time."""

    round: int = 0
    at_s: float = 0.0


class Entry(msgspec.Struct, frozen=True, omit_defaults=True):
    """One command."""

    at: Moment
    command: Any
    is_inside: bool = False
    """Did it come while another was being done: from another thread, a callback or a predicate?"""
    callback: int = 0
    """From which callback: the first of the run is 1; 0: from none."""
    raised: bool = False
    """Did it end with an exception?"""
    cut: Moment | None = None
    """Where it was when the run was taken back to that moment: who had asked for it isn't there to hear its end."""


class Setup(msgspec.Struct, frozen=True):
    """What the cluster was made with."""

    seed: int
    brokers: int
    configs: dict[str, Value] = {}
    rules: tuple[str, ...] = ()
    """The names of decisions that weren't Kafka's. Their code is not on the tape: who plays it brings it along."""
    message_events: bool = True
    controllers: int = 1
    racks: tuple[str, ...] = ()


class End(msgspec.Struct, frozen=True):
    """Where the run was when the tape was taken, and how many events there had been."""

    at: Moment
    events: int
    digest: int = 0
    """CRC-32 of all of them."""


class Tape(msgspec.Struct, frozen=True):
    """Frozen: `Cluster.tape()` gives a longer one later."""

    setup: Setup
    entries: tuple[Entry, ...]
    end: End
    cant_be_played: str = ""
    """Why this run can't be repeated, in one sentence; empty: it can."""

    def to_json(self) -> bytes:
        """For `from_json`, in any process."""
        return msgspec.json.encode(
            {"format": FORMAT, "version": VERSION, **{n: getattr(self, n) for n in self.__struct_fields__}}
        )

    @classmethod
    def from_json(cls, data: bytes | str) -> Tape:
        """Safe for any bytes: no code is run. Raises NotATape."""
        try:
            head = msgspec.json.decode(data, type=_Head)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
            raise NotATape(f"This is not a tape: {problem}.") from None
        if head.format != FORMAT:
            raise NotATape(f"This is not a tape but {head.format!r}.")
        if head.version != VERSION:
            raise NotATape(
                f"This tape is of version {head.version}, and this minikafka plays version {VERSION}: "
                "play it with the one that made it."
            )
        try:
            written = msgspec.json.decode(data, type=_Written)
            entries = tuple(_entry(number, entry) for number, entry in enumerate(written.entries))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as problem:
            raise NotATape(f"This tape is damaged: {problem}.") from None
        return cls(written.setup, entries, written.end, written.cant_be_played)


class _Head(msgspec.Struct):
    format: str
    version: int


class _Written(msgspec.Struct):
    """A tape whose commands haven't been looked at."""

    setup: Setup
    entries: tuple[Entry, ...]
    end: End
    cant_be_played: str = ""


def _entry(number: int, entry: Entry) -> Entry:
    """With its command. Raises NotATape."""
    fields = entry.command if isinstance(entry.command, dict) else {}
    name = fields.pop("command", None)
    kind = commands().get(name) if isinstance(name, str) else None
    if kind is None:
        raise NotATape(f"Entry {number} of this tape has no command that this minikafka knows, but {name!r}.")
    try:
        command: Command = msgspec.convert(fields, type=kind, builtin_types=())
    except (msgspec.ValidationError, ValueError) as problem:
        raise NotATape(f"Entry {number} of this tape is damaged: {problem}.") from None
    return msgspec.structs.replace(entry, command=command)


__all__ = [
    "Await",
    "Call",
    "CallbackRaised",
    "CantBePlayed",
    "Drop",
    "End",
    "Entry",
    "Moment",
    "NotATape",
    "OpenClient",
    "Setup",
    "Tape",
]
