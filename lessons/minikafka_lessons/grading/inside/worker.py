"""The process in which an answer runs. Started as `python -s -S -B worker.py`; the standard library and the files
beside this one, nothing else.

Rule: it locks itself in before it has seen the answer (the first order says how), it holds nothing worth stealing,
and it sends back plain values. What is right is known only at the other end of the pipe.
"""

from __future__ import annotations

import importlib
import os
import sys

TYPE_CHECKING = False  # `typing` would be loaded for nothing
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from minikafka_lessons.grading.inside import clients
    from minikafka_lessons.grading.inside.wire import encode
else:
    import clients  # the files beside this one: nothing else of the package is there
    from wire import encode

PRINT_CHARACTERS = 200_000


class PrintedTooMuch(BaseException):
    """An answer prints without end. Not an `Exception`, so that a careless `except` does not keep it."""


class Quiet:
    """Standard output of an answer: counts, and forgets."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.left = PRINT_CHARACTERS

    def write(self, text: str) -> int:
        self.left -= len(text)
        if self.left < 0:
            raise PrintedTooMuch
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def lock_in(order: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Every layer that the first order wants. Returns those that hold, and why the others don't."""
    held: dict[str, Any] = {}
    why: dict[str, str] = {}
    for name in order["imports"]:
        # Where no file can be opened later, what the answer imports is loaded now: Python's own library only.
        try:
            importlib.import_module(name)
        except Exception as problem:
            why[name] = str(problem)
    try:
        if TYPE_CHECKING:
            from minikafka_lessons.grading.inside import kernel
        else:
            import kernel
    except ImportError as problem:
        return held, {"kernel": str(problem)}
    # In this order: rules for files are made by who may read them, and calls are refused last.
    if "limits" in order["layers"]:
        held["limits"] = kernel.limit(order["scratch"])
    if "landlock" in order["layers"]:
        try:
            writable = [kernel.SCRATCH] if order["scratch"] else []
            held["landlock"] = kernel.landlock(order["paths"], writable)
        except (OSError, AttributeError) as problem:
            why["landlock"] = str(problem)
    if "user" in order["layers"]:
        try:
            kernel.become(order["user"])
            held["user"] = order["user"]
        except (OSError, AttributeError) as problem:
            why["user"] = str(problem)
    if "seccomp" in order["layers"]:
        try:
            kernel.seccomp(files=order["scratch"] or "landlock" in held, changes=order["scratch"])
            held["seccomp"] = True
        except (OSError, KeyError, AttributeError) as problem:
            why["seccomp"] = str(problem)
    return held, why


def limiter() -> Callable[[float], None]:
    """A function that allows so many more seconds of processor time. Beyond them the system ends the process."""
    try:
        import resource
        import time
    except ImportError:
        return lambda seconds: None
    get, put, which, used = resource.getrlimit, resource.setrlimit, resource.RLIMIT_CPU, time.process_time

    def allow(seconds: float) -> None:
        hard = get(which)[1]
        wanted = int(used() + seconds) + 1
        put(which, (wanted if hard < 0 else min(wanted, hard), hard))

    return allow


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as plain data: kind, text, line of the answer."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<answer>":
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        line = error.lineno
    try:
        text = str(error)[:300]
    except BaseException:
        text = ""
    return {"raised": str(type(error).__name__)[:80], "text": text, "line": line}


def load(before: str, sources: Sequence[str], names: Sequence[str]) -> tuple[dict[str, Any], dict[str, str]]:
    """Run the helpers and the answer's cells; say what they define."""
    space: dict[str, Any] = {"__name__": "answer", "__builtins__": __builtins__}
    exec(compile(before, "<helpers>", "exec"), space)
    for source in sources:
        exec(compile(source, "<answer>", "exec"), space)
    found = {}
    for name in names:
        value = space.get(name)
        if value is None:
            found[name] = "missing"
        elif not callable(value):
            found[name] = "value"
        else:
            found[name] = "function"
    return space, found


def main() -> None:
    """Serve the other end until it hangs up."""
    if "--watched" in sys.argv:
        if TYPE_CHECKING:
            from minikafka_lessons.grading.inside import tree
        else:
            import tree

        tree.divide()
    reads = os.fdopen(os.dup(0), "rb")
    writes = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    sys.stdout = sys.stderr = Quiet()
    sys.stdin = None
    sys.path[:] = [p for p in sys.path if "site-packages" not in p and "dist-packages" not in p]
    sys.modules["minikafka"] = clients.stand_in("minikafka")
    sys.modules["confluent_kafka"] = clients.stand_in("confluent_kafka")
    pipe = clients.Pipe(reads, writes)
    exit_now, send, receive, encoded, described = os._exit, pipe.send, pipe.receive, encode, describe
    decoded = clients.decode
    allow = limiter()
    held, why = lock_in(receive())
    send({"held": held, "why": why})
    space: dict[str, Any] = {}
    while True:
        order = receive()
        try:
            allow(order["cpu_s"])
            if "load" in order:
                space, found = load(order["before"], order["load"], order["names"])
                send({"loaded": found})
                continue
            if "value" in order:
                send({"ok": encoded(space.get(order["value"]))})
                continue
            function = space[order["call"]]
            results = []
            for args in order["each"]:
                try:
                    results.append(encoded(function(*[decoded(a, pipe) for a in args])))
                except Exception as error:
                    results.append({"!": described(error)})
            send({"ok": {"l": results}})
        except MemoryError:
            send({"raised": "MemoryError", "text": "", "line": None})
        except BaseException as error:
            try:
                send(described(error))
            except BaseException:
                exit_now(3)


if __name__ == "__main__":
    main()
