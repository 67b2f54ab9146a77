"""Values on their way to an answer and back.

Rule: what comes back is data of a known type and size, whoever wrote it, or it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from minikafka_lessons.grading.inside.wire import plain
from minikafka_lessons.language import say

KIND_CHARACTERS, TEXT_CHARACTERS = 80, 300


@dataclass(frozen=True)
class Odd:
    """A value that no exercise asks for: only its type's name came through."""

    type_name: str

    def __repr__(self) -> str:
        return f"<{self.type_name}>"


@dataclass(frozen=True)
class Raised:
    """A call that ended with an exception."""

    kind: str
    text: str
    line: int | None

    @property
    def sentence(self) -> str:
        """For the author of the answer."""
        where = " " + say("in line {n} of its cell", n=self.line) if self.line else ""
        if self.kind == "NotImplementedError":
            return say("Not written yet: the cell still raises NotImplementedError.")
        if self.kind == "PermissionError" or (self.kind == "OSError" and "[Errno 30]" in self.text):
            return say(
                "Your code does what an answer may not do{where}: it opens files, reaches the network, or starts or "
                "signals processes ({text}).",
                where=where,
                text=self.text or "PermissionError",
            )
        if self.kind == "ModuleNotFoundError":
            return say(
                "An answer may use Python's standard library only{where} (ModuleNotFoundError: {text}).",
                where=where,
                text=self.text,
            )
        if self.kind == "NameError":
            return say(
                "Your code uses a name that its cell does not know{where}: {text}. "
                "Put imports and helpers into the same cell.",
                where=where,
                text=self.text,
            )
        text = self.text or say("no text")
        return say("Your code raised {kind}{where}: {text}.", kind=self.kind, where=where, text=text)


class Fields(dict[str, Any]):
    """The fields of a message."""


@dataclass(frozen=True)
class Handle:
    """Stands for a client that the answer reaches through the pipe: "producer" or "consumer"."""

    name: str


def to_wire(value: Any) -> Any:
    """A plain value, a message's fields (`Fields`) or a remote object (`Handle`) for the other end."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return {"i": format(value, "x")}
    if isinstance(value, float):
        return {"f": repr(value)}
    if isinstance(value, bytes):
        return {"b": value.hex()}
    if isinstance(value, Fields):
        return {"m": {name: to_wire(field) for name, field in value.items()}}
    if isinstance(value, dict):
        return {"d": [[to_wire(k), to_wire(v)] for k, v in value.items()]}
    if isinstance(value, tuple):
        return {"t": [to_wire(item) for item in value]}
    if isinstance(value, list):
        return {"l": [to_wire(item) for item in value]}
    if isinstance(value, Handle):
        return {"o": value.name}
    raise TypeError(f"nothing for the other end: {value!r}")


def from_wire(value: Any) -> Any:
    """A plain value from the other end; `Odd` for what is none. Raises ValueError, KeyError or TypeError."""
    return plain(value, special)


def special(tag: str, what: Any) -> Any:
    """What only an answer's process sends: an exception, or the name of an odd type."""
    if tag == "!":
        return raised(what)
    if tag == "?":
        return Odd(text_of(what, KIND_CHARACTERS))
    raise ValueError(tag)


def raised(what: Any) -> Raised:
    """An exception as it was described over there."""
    line = what["line"]
    return Raised(
        text_of(what["raised"], KIND_CHARACTERS),
        text_of(what["text"], TEXT_CHARACTERS),
        line if type(line) is int and 0 < line < 1_000_000 else None,
    )


def text_of(what: Any, characters: int) -> str:
    """A text, not too long, that can be printed."""
    return str(what)[:characters].encode("utf-8", "replace").decode("utf-8")
