"""Commands that move virtual time.

Rule: in a simulated cluster nothing moves but by a command of this file or a client's call.
"""

from __future__ import annotations

from minikafka.commands.command import Command, NotUnderstood, how_to, understood


class Step(Command, frozen=True):
    """To the next instant at which something happens."""

    help = "let the next event happen"
    title = "Step"
    simulated = True

    def told(self, result: object) -> str:
        return "One step." if result else "Nothing is left that could happen."


class Run(Command, frozen=True):
    """Then time stands still again."""

    help = "run virtual time for so many seconds"
    title = "Run for some seconds"
    usage = "SECONDS"
    example = "5"
    simulated = True
    seconds: float

    def __post_init__(self) -> None:
        if not 0 <= self.seconds < 1e9:
            raise ValueError(f"{self.seconds:g} is not a number of seconds that can pass")

    @classmethod
    def parse(cls, text: str) -> Run:
        words = text.split()
        if len(words) == 2 and words[1] in ("s", "second", "seconds"):
            words.pop()
        if len(words) != 1:
            raise NotUnderstood(how_to(cls))
        run: Run = understood(cls, {"seconds": words[0]})
        return run

    def told(self, result: object) -> str:
        return f"{self.seconds:g} s have passed."


class Resume(Command, frozen=True):
    """Until `Pause`. A tape says how far it ran (`RunTo`)."""

    help = "let virtual time run on its own"
    title = "Let time run"
    usage = "[SPEED]"
    example = "1"
    simulated = True
    speed: float = 1.0

    def told(self, result: object) -> str:
        return "Virtual time is running."


class Pause(Command, frozen=True):
    """Undoes `Resume`."""

    help = "stop virtual time"
    title = "Pause time"
    simulated = True

    def told(self, result: object) -> str:
        return "Virtual time is stopped."


class RunTo(Command, frozen=True):
    """Up to an exact moment: what a tape has of time that ran by itself."""

    simulated = True
    at_s: float


class RunRounds(Command, frozen=True):
    """Up to a round of the loop, and then to a moment: what a tape has of a wait for something that came to pass."""

    simulated = True
    rounds: int
    at_s: float
