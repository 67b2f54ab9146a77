"""The grader's end of an answer's process: orders go out, plain values come back.

Rule: whatever happens over there (an endless loop, an exit, a flood, a lie about types) becomes one of the
values or exceptions below; the grader itself never hangs and never runs a line of the answer.
"""

from __future__ import annotations

import ast
import json
import os
import time  # noqa: TID251 - an answer's process has real time to use
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from minikafka_lessons.grading import jail
from minikafka_lessons.grading.process import AnswerProcess
from minikafka_lessons.grading.values import Fields, Handle, Odd, Raised, from_wire, raised, to_wire
from minikafka_lessons.language import say, sentence

CALL_LIMIT_S = 3.0
"""Processor time of one order: the same on a busy machine as on an idle one."""
PATIENCE = 10.0
"""How much longer than that the clock on the wall lets it take; for those who sleep."""
WHOLE_S = 120.0
"""How long one process may keep the grader waiting in all."""
PROMISED = "MINIKAFKA_JAIL_PROMISED"
"""The layers that held at the start of the grading: where one no longer does, nothing is graded."""


INVALID = sentence("Your cell is no valid Python: {why} (line {line}).")
INTERFERES = sentence("Your code interferes with the grader's connection.")
ENDS = {
    "SystemExit": sentence("Your code calls exit(): an answer returns, it doesn't end the program."),
    "KeyboardInterrupt": sentence("Your code raises KeyboardInterrupt."),
    "PrintedTooMuch": sentence("Your code prints without end."),
    "MemoryError": sentence("Your code needs more than 1 GiB of memory."),
    "SyntaxError": INVALID,
    "IndentationError": INVALID,
}
"""What ended an answer's process, by the kind of its exception."""


class AnswerFailed(Exception):
    """The answer could not be run; the text is one sentence for its author."""


@dataclass(frozen=True)
class Code:
    """An answer's cell, the helpers from other cells that run before it, and the other cells of the answer."""

    source: str
    before: str = ""
    earlier: tuple[str, ...] = ()

    @property
    def sources(self) -> tuple[str, ...]:
        """The answer's cells, in order."""
        return (*self.earlier, self.source)

    def imports(self) -> set[str]:
        """The modules that it names."""
        found: set[str] = set()
        for source in (self.before, *self.sources):
            try:
                nodes = list(ast.walk(ast.parse(source)))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                continue
            for node in nodes:
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module)
        return found


class Sandbox:
    """One process with one answer. `serve(name, method, args, kwargs)` answers what its remote objects ask.

    Raises AnswerFailed from the constructor when the source doesn't run. Use it as a context manager.
    `held`: the jail's layers that hold.
    """

    def __init__(
        self, code: Code, names: Sequence[str], *, hash_seed: int = 0, limit_s: float = CALL_LIMIT_S
    ) -> None:
        wanted = jail.jail()
        self._limit_s, self._left_s = limit_s, WHOLE_S
        self._process = AnswerProcess(wanted, hash_seed)
        self.defined: dict[str, str] = {}
        try:
            self._lock_in(wanted, code)
            self._send(
                {"load": list(code.sources), "before": code.before, "names": list(names), "cpu_s": limit_s}
            )
            self.defined = self._result(limit_s, None, key="loaded")
        except BaseException:
            self.close()
            raise

    def _lock_in(self, wanted: jail.Jail, code: Code) -> None:
        """The first order; the answer isn't there yet, so that what comes back is true."""
        self._send(wanted.order(code.imports()))
        line, _ = self._process.receive(self._limit_s * PATIENCE)
        try:
            told = json.loads(line)
        except ValueError:
            raise jail.Escaped(
                say("The process in which answers run can't be started on this machine.")
            ) from None
        held = [name for name, what in told["held"].items() if what]
        self.held = (["bubblewrap"] if wanted.bwrap else []) + held
        self.why_not: dict[str, str] = told["why"]
        self.held_user, self.landlock_version = told["held"].get("user"), told["held"].get("landlock")
        jail.must_hold([name for name in os.environ.get(PROMISED, "").split(",") if name], self.held)

    def defines(self, name: str) -> bool:
        """Is there such a function?"""
        return self.defined.get(name) == "function"

    def must_define(self, *names: str) -> None:
        """Raises AnswerFailed for the first function that isn't there."""
        for name in names:
            if not self.defines(name):
                raise AnswerFailed(no_function(name))

    def call(
        self, name: str, *args: Any, serve: Callable[..., Any] | None = None, limit_s: float | None = None
    ) -> Any:
        """One call: its plain value, or `Raised`. Raises AnswerFailed when the process is lost."""
        return self.call_each(name, [args], serve=serve, limit_s=limit_s)[0]

    def call_each(
        self,
        name: str,
        each: Sequence[Sequence[Any]],
        *,
        serve: Callable[..., Any] | None = None,
        limit_s: float | None = None,
    ) -> list[Any]:
        """The function for each tuple of arguments."""
        self.must_define(name)
        limit_s = limit_s or self._limit_s
        self._send({"call": name, "each": [[to_wire(a) for a in args] for args in each], "cpu_s": limit_s})
        result = self._result(limit_s, serve)
        if not isinstance(result, list) or len(result) != len(each):
            raise AnswerFailed(say(INTERFERES))
        return result

    def value(self, name: str) -> Any:
        """A global of the answer, as a plain value."""
        self._send({"value": name, "cpu_s": self._limit_s})
        return self._result(self._limit_s, None)

    def _send(self, order: dict[str, Any]) -> None:
        try:
            self._process.send(order)
        except OSError:
            raise AnswerFailed(say("Your code ended the process that ran it.")) from None

    def _result(self, limit_s: float, serve: Callable[..., Any] | None, key: str = "ok") -> Any:
        left_s = limit_s * PATIENCE
        while True:
            began = time.monotonic()
            line, timed_out = self._process.receive(max(0.05, min(left_s, self._left_s)))
            waited_s = time.monotonic() - began
            left_s, self._left_s = left_s - waited_s, self._left_s - waited_s
            if timed_out or (not line and self._process.ended_by_time):
                raise AnswerFailed(
                    say("Your code did not come to an end within {n:g} s: does it loop forever?", n=limit_s)
                )
            if not line:
                raise AnswerFailed(
                    say("Your code ended the process that ran it (os._exit, or too much memory).")
                )
            try:
                message = json.loads(line)
                if not isinstance(message, dict):
                    raise ValueError("not an object")
                if "ask" in message and serve is not None:
                    args = [from_wire(a) for a in message["args"]]
                    kwargs = {str(name): from_wire(v) for name, v in message["kwargs"].items()}
                    self._send(serve(str(message["ask"]), str(message["method"]), args, kwargs))
                    continue
                if "raised" in message:
                    raise AnswerFailed(why(raised(message)))
                return kinds(message["loaded"]) if key == "loaded" else from_wire(message[key])
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                raise AnswerFailed(say(INTERFERES)) from None

    def close(self) -> None:
        """End the process and all that it started."""
        self._process.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def no_function(name: str) -> str:
    """What is missing."""
    return say("There is no function {name} in the cell.", name=name)


def kinds(loaded: Any) -> dict[str, str]:
    """What each name is over there: "function", "value" or "missing"."""
    found = {str(name): str(kind) for name, kind in loaded.items()}
    if not set(found.values()) <= {"function", "value", "missing"}:
        raise ValueError("no kind")
    return found


def why(raised: Raised) -> str:
    """What ended the process's work, in one sentence."""
    words = ENDS.get(raised.kind)
    return say(words, why=raised.text, line=raised.line) if words else raised.sentence


__all__ = [
    "AnswerFailed",
    "Code",
    "Fields",
    "Handle",
    "Odd",
    "Raised",
    "Sandbox",
    "from_wire",
    "no_function",
    "to_wire",
]
