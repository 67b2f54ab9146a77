"""Commands as people type them: `kill broker-2`, `run 5 s`, `create_topic orders 6 3`.

Rule: it knows no command by name; each class says what its own does.
"""

from __future__ import annotations

from minikafka.commands.command import Command, NotUnderstood, command_named, commands


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
