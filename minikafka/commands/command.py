"""A command: a frozen value with a name, its arguments, and what people are told about it.

Rule: the class is the only place where a command's name, arguments, help and limits are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, ClassVar, Self

import msgspec

from minikafka.world.visible import quoted, visible, visible_name


class NotUnderstood(ValueError):
    """No such command, or wrong arguments; one sentence that says what would be right."""


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name).lstrip("_")


class Command(msgspec.Struct, frozen=True, kw_only=False, tag_field="command", tag=_snake):
    """Its fields are the arguments, in the order in which one types them."""

    help: ClassVar[str] = ""
    """What it does, in a few words that begin with a verb. Empty: people don't type it."""
    title: ClassVar[str] = ""
    """Its name in a list, with a capital letter."""
    usage: ClassVar[str] = ""
    """What one types behind the name."""
    example: ClassVar[str] = ""
    """The same, for instance."""
    asks_first: ClassVar[bool] = False
    """Does it hurt so that the inspector asks before it does it?"""
    simulated: ClassVar[bool] = False
    """Does it need a simulated cluster?"""
    why_simulated: ClassVar[str] = ""
    """Why: a sentence's end, for whoever asked a live one for it."""
    signals: ClassVar[bool] = False
    """Or else, hosts that are processes: a signal does the same?"""

    @property
    def name(self) -> str:
        """As one types it."""
        return name_of(type(self))

    @property
    def arguments(self) -> dict[str, Any]:
        """By name, as plain values."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        del plain["command"]
        return plain

    def told(self, result: object) -> str:
        """One sentence for whoever asked, when it is done; `result` is what `Cluster.do` returned."""
        return "Done."

    @classmethod
    def parse(cls, text: str) -> Self:
        """From what was typed behind the name: words in the order of the fields, or `name=value`."""
        command: Self = understood(cls, fields_of(cls, text))
        return command


def name_of(kind: type[Command]) -> str:
    """`create_topic` for `CreateTopic`."""
    return str(kind.__struct_config__.tag)


@cache
def commands() -> Mapping[str, type[Command]]:
    """All there are, by name, in alphabetical order: this package has read them when its first module is there."""
    return {name_of(kind): kind for kind in sorted(_below(Command), key=name_of)}


def _below(kind: type[Command]) -> list[type[Command]]:
    found: list[type[Command]] = []
    for one in kind.__subclasses__():
        found += [one, *_below(one)]
    return found


def fields_of(kind: type[Command], text: str) -> Mapping[str, Any]:
    """Words in the order of the fields, or `name=value`."""
    names = kind.__struct_fields__
    found: dict[str, Any] = {}
    for word in text.split():
        name, sign, value = word.partition("=")
        if sign and name in names:
            found[name] = _listed(kind, name, value)
            continue
        free = [one for one in names if one not in found]
        if not free:
            raise NotUnderstood(how_to(kind))
        found[free[0]] = _listed(kind, free[0], word)
    return found


def _listed(kind: type[Command], name: str, word: str) -> Any:
    return word.split(",") if str(kind.__annotations__[name]).startswith("tuple") else word


def understood(kind: type[Any], fields: Mapping[str, Any]) -> Any:
    """The command of this class with these arguments. Raises NotUnderstood."""
    unknown = [name for name in fields if name not in kind.__struct_fields__]
    if unknown:
        raise NotUnderstood(f"{how_to(kind)} (it has no {visible_name(unknown[0])})")
    try:
        return msgspec.convert(dict(fields), type=kind, strict=False)
    except (msgspec.ValidationError, ValueError) as problem:
        raise NotUnderstood(f"{how_to(kind)} ({visible(str(problem))})") from None


def how_to(kind: type[Command]) -> str:
    """One sentence: what to type."""
    if not kind.usage:
        return f"{name_of(kind)} takes {', '.join(kind.__struct_fields__) or 'nothing'}."
    return f"Say: {kind.usage}" + (f", for instance: {kind.example}" if kind.example else "")


def command_named(name: str, arguments: Mapping[str, Any]) -> Command:
    """As it comes from a socket. Raises NotUnderstood."""
    kind = commands().get(name)
    if kind is None:
        known = ", ".join(name for name, kind in commands().items() if kind.help)
        raise NotUnderstood(f"There is no command {quoted(name)}; there are: {known}.")
    command: Command = understood(kind, arguments)
    return command
