"""The grader's end of an answer's process.

Rule: whatever happens over there (an endless loop, an exit, a flood, a lie about types) becomes one of the
values or exceptions below; the grader itself never hangs and never runs a line of the answer.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikafka_lessons.grading.wire import plain

WORKER = Path(__file__).with_name("worker.py")
SIGXCPU: int = getattr(signal, "SIGXCPU", 1_000)
LINE_BYTES = 4_000_000
CALL_LIMIT_S = 3.0
"""Processor time of one order: the same on a busy machine as on an idle one."""
PATIENCE = 10.0
"""How much longer than that the clock on the wall lets it take; for those who sleep."""


class AnswerFailed(Exception):
    """The answer could not be run; the text is one sentence for its author."""


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
        where = f" in line {self.line} of its cell" if self.line else ""
        if self.kind == "NotImplementedError":
            return "Not written yet: the cell still raises NotImplementedError."
        if self.kind == "NotAllowed":
            return f"Your code does what an answer may not do{where}: {self.text}."
        if self.kind == "ModuleNotFoundError":
            return (
                f"An answer may use Python's standard library only{where} (ModuleNotFoundError: {self.text})."
            )
        if self.kind == "NameError":
            return (
                f"Your code uses a name that its cell does not know{where}: {self.text}. "
                "Put imports and helpers into the same cell."
            )
        return f"Your code raised {self.kind}{where}: {self.text or 'no text'}."


@dataclass(frozen=True)
class Code:
    """An answer's cell, and the helpers from other cells that run before it."""

    source: str
    before: str = ""


class Sandbox:
    """One process with one answer. `serve(name, method, args, kwargs)` answers what its remote objects ask.

    Raises AnswerFailed from the constructor when the source doesn't run. Use it as a context manager.
    """

    def __init__(
        self, code: Code, names: Sequence[str], *, hash_seed: int = 0, limit_s: float = CALL_LIMIT_S
    ) -> None:
        environment = {"PYTHONHASHSEED": str(hash_seed), "PYTHONIOENCODING": "utf-8", "PATH": os.defpath}
        if "SYSTEMROOT" in os.environ:
            environment["SYSTEMROOT"] = os.environ["SYSTEMROOT"]
        # Not -I: it would ignore PYTHONHASHSEED. -s -S and an empty environment give the same.
        self._process = subprocess.Popen(
            [sys.executable, "-s", "-S", "-B", str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd=WORKER.anchor,
        )
        self._limit_s = limit_s
        self._watchdog = Watchdog(self._process)
        self.defined: dict[str, str] = {}
        try:
            self._send({"load": code.source, "before": code.before, "names": list(names), "cpu_s": limit_s})
            self.defined = self._result(limit_s, None, key="loaded")
        except BaseException:
            self.close()
            raise

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
        if self.defined.get(name) != "function":
            raise AnswerFailed(f"There is no function {name} in the answer.")
        limit_s = limit_s or self._limit_s
        self._send({"call": name, "each": [[to_wire(a) for a in args] for args in each], "cpu_s": limit_s})
        result = self._result(limit_s, serve)
        if not isinstance(result, list) or len(result) != len(each):
            raise AnswerFailed("Your code interferes with the grader's connection.")
        return result

    def value(self, name: str) -> Any:
        """A global of the answer, as a plain value."""
        self._send({"value": name, "cpu_s": self._limit_s})
        return self._result(self._limit_s, None)

    def _send(self, order: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(order).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            raise AnswerFailed("Your code ended the process that ran it.") from None

    def _result(self, limit_s: float, serve: Callable[..., Any] | None, key: str = "ok") -> Any:
        assert self._process.stdout is not None
        left_s = limit_s * PATIENCE
        while True:
            began = time.monotonic()
            self._watchdog.arm(left_s)
            line = self._process.stdout.readline(LINE_BYTES)
            timed_out = self._watchdog.disarm()
            left_s = max(0.05, left_s - (time.monotonic() - began))
            if timed_out or (not line and self._process.wait() == -SIGXCPU):
                raise AnswerFailed(
                    f"Your code did not come to an end within {limit_s:g} s: does it loop forever?"
                )
            if not line:
                raise AnswerFailed("Your code ended the process that ran it (os._exit, or too much memory).")
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
                    raise AnswerFailed(
                        why(Raised(str(message["raised"]), str(message["text"]), message["line"]))
                    )
                return message["loaded"] if key == "loaded" else from_wire(message[key])
            except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
                raise AnswerFailed("Your code interferes with the grader's connection.") from None

    def close(self) -> None:
        """End the process."""
        self._watchdog.close()
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout):
            try:
                if stream is not None:
                    stream.close()
            except OSError:
                pass
        self._process.wait()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class Watchdog:
    """Kills a process whose time is over."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._wake = threading.Condition()
        self._deadline: float | None = None
        self._fired = self._ended = False
        threading.Thread(target=self._run, name="minikafka-grade-watchdog", daemon=True).start()

    def arm(self, seconds: float) -> None:
        """Start the clock."""
        with self._wake:
            self._deadline = time.monotonic() + seconds
            self._wake.notify()

    def disarm(self) -> bool:
        """Stop the clock. True: it was too late."""
        with self._wake:
            self._deadline = None
            return self._fired

    def close(self) -> None:
        """End the thread."""
        with self._wake:
            self._ended = True
            self._wake.notify()

    def _run(self) -> None:
        with self._wake:
            while not self._ended:
                left_s = None if self._deadline is None else self._deadline - time.monotonic()
                if left_s is not None and left_s <= 0:
                    self._fired = True
                    self._process.kill()
                    return
                # Waking a few times a second is cheaper than a notification for every call.
                self._wake.wait(left_s)


def why(raised: Raised) -> str:
    """What ended the process's work, in one sentence."""
    return {
        "SystemExit": "Your code calls exit(): an answer returns, it doesn't end the program.",
        "KeyboardInterrupt": "Your code raises KeyboardInterrupt.",
        "PrintedTooMuch": "Your code prints without end.",
        "MemoryError": "Your code needs more than 1 GiB of memory.",
        "SyntaxError": f"Your cell is no valid Python: {raised.text} (line {raised.line}).",
        "IndentationError": f"Your cell is no valid Python: {raised.text} (line {raised.line}).",
    }.get(raised.kind, raised.sentence)


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
        return Raised(str(what["raised"]), str(what["text"]), what["line"])
    if tag == "?":
        return Odd(str(what)[:80])
    raise ValueError(tag)


class Fields(dict[str, Any]):
    """The fields of a message."""


@dataclass(frozen=True)
class Handle:
    """Stands for a client that the answer reaches through the pipe: "producer" or "consumer"."""

    name: str
