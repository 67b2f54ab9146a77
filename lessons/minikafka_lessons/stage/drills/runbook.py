"""A runbook: what a learner would have had set, and does when the pager goes off, as lines of text.

Rule: settings hold from the beginning of the next accident, commands are given in their order when somebody is called.
`HOST` stands for the host of the first bad event: next time it is another one. What isn't understood is one sentence.
Kafka: `kafka-configs.sh --alter`, and the operator's own shell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from minikafka.commands import Command, Heal, Kill, RepairDisk, Restart, SetClock, Stop
from minikafka.world.visible import visible
from minikafka_lessons.language import say

HOST = "HOST"
MOST_LINES = 20
MOST_WAIT_S = 60.0
SETTINGS = ("topic", "broker", "producer")
COMMANDS = ("stop", "kill", "restart", "repair_disk", "set_clock", "heal", "wait")
_NAME = re.compile(r"[a-z][a-z0-9._]*")


class Misread(ValueError):
    """One sentence: which line isn't understood, and what would be."""


@dataclass(frozen=True)
class Step:
    """A line that is done when the pager goes off. `wait_s`: nothing but time."""

    text: str
    verb: str
    wait_s: float = 0.0

    def command(self, host: str) -> Command:
        """With the host that it is about."""
        match self.verb:
            case "stop":
                return Stop(host)
            case "kill":
                return Kill(host)
            case "restart":
                return Restart(host)
            case "repair_disk":
                return RepairDisk(host)
            case "set_clock":
                return SetClock(host, 0)
        return Heal(is_told=False)


@dataclass(frozen=True)
class Runbook:
    """As it was written."""

    settings: tuple[tuple[str, str, str], ...] = ()
    """Of whom, which, and its value; of two that are the same the later one holds."""
    steps: tuple[Step, ...] = ()

    def of(self, whom: str) -> dict[str, str]:
        """The settings of the topic, the brokers or the producer."""
        return {name: value for one, name, value in self.settings if one == whom}


def read(text: object) -> Runbook:
    """`topic min.insync.replicas=2; stop HOST; …`, or a list of such lines. Raises Misread."""
    parts = [part for part in (text if isinstance(text, list | tuple) else [text]) if isinstance(part, str)]
    if not parts:
        raise Misread(say("A fix is text: lines with semicolons between them."))
    lines = [line.strip() for part in parts for line in re.split(r"[;\n]", part) if line.strip()]
    if len(lines) > MOST_LINES:
        raise Misread(say("A runbook of {n} lines is too long to be read at night.", n=len(lines)))
    settings: list[tuple[str, str, str]] = []
    steps: list[Step] = []
    for line in lines:
        verb, _, rest = line.partition(" ")
        rest = rest.strip()
        if verb in SETTINGS:
            settings.append((verb, *_setting(line, rest)))
        elif verb in COMMANDS:
            steps.append(_step(line, verb, rest))
        else:
            raise Misread(
                say(
                    "Nobody understands the line {line!r}: a line begins with one of {verbs}.",
                    line=visible(line)[:60],
                    verbs=", ".join((*SETTINGS, *COMMANDS)),
                )
            )
    return Runbook(tuple(settings), tuple(steps))


def _setting(line: str, rest: str) -> tuple[str, str]:
    name, sign, value = (part.strip() for part in rest.partition("="))
    if not sign or not value or not _NAME.fullmatch(name):
        raise Misread(
            say(
                "A setting is NAME=VALUE, with its name as Kafka has it, and not {line!r}.",
                line=visible(line)[:60],
            )
        )
    return name, value


def _step(line: str, verb: str, rest: str) -> Step:
    words = rest.split()
    if verb == "heal" and not words:
        return Step(line, verb)
    if verb == "wait":
        try:
            seconds = float(words[0]) if len(words) == 1 else -1.0
        except ValueError:
            seconds = -1.0
        if not 0 <= seconds <= MOST_WAIT_S:
            raise Misread(
                say("{verb} takes a number of seconds, at most {most:g}.", verb="wait", most=MOST_WAIT_S)
            )
        return Step(line, verb, seconds)
    if words and words[0] != HOST and re.fullmatch(r"(broker|controller)-\d+", words[0]):
        raise Misread(say("Next time it is another one than {host}: write HOST in its place.", host=words[0]))
    wanted = [HOST, "0"] if verb == "set_clock" else [HOST]
    if verb == "heal" or words != wanted:
        right = " ".join(["heal"] if verb == "heal" else [verb, *wanted])
        raise Misread(say("The line {line!r} should be `{right}`.", line=visible(line)[:60], right=right))
    return Step(line, verb)


__all__ = ["COMMANDS", "HOST", "SETTINGS", "Misread", "Runbook", "Step", "read"]
