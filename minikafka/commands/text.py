"""Commands as people type them: `kill broker-2`, `run 5 s`, `create_topic orders 6 3`.

Rule: it knows no command by name; each class says what its own does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minikafka.commands.command import Command, NotUnderstood, command_named, commands, how_to


def parse(line: str) -> Command:
    """A name (words may be joined by `-` or `_`) and its arguments. Raises NotUnderstood: one sentence."""
    word, _, rest = line.strip().partition(" ")
    return parse_arguments(word.replace("-", "_").lower(), rest)


def parse_arguments(name: str, text: str) -> Command:
    """What was typed behind a command's name. Raises NotUnderstood."""
    kind = commands().get(name)
    if kind is None or not kind.help:
        return command_named(name, {}) if kind is None else _untyped(name)
    return kind.parse(text)


def _untyped(name: str) -> Command:
    raise NotUnderstood(f"{name} is only found on tapes; it can't be typed.")


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
