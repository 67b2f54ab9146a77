"""The terminal of a command: what is wrong is one sentence on standard error; nobody has to be there to read it.

Rule: whatever is said is visible, and a stream that is closed or can't show a letter is no mistake.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import typer


def fail(sentence: str) -> typer.Exit:
    """Say what is wrong; the status is 1."""
    say(sentence)
    return typer.Exit(1)


@contextmanager
def needs(extra: str, what: str) -> Iterator[None]:
    """Within, packages may be missing that come with this extra; then what needs them says so."""
    try:
        yield
    except ModuleNotFoundError as problem:
        if (problem.name or "").partition(".")[0] == "minikafka":
            raise  # ours are always there
        raise fail(f"{what} needs more packages: pip install 'minikafka[{extra}]' ({problem}).") from None


def say(sentence: str) -> None:
    """One line on stderr, if anybody reads it."""
    from minikafka.world.visible import visible  # brings the whole world

    with suppress(OSError):
        typer.echo(f"minikafka: {visible(sentence)}", err=True)


def write_any_text() -> None:
    """A terminal that isn't UTF-8 gets escapes for what it can't show, and no exception."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def open_standard_files() -> None:
    """Where the caller has closed one, a socket would get its number, and meet what is meant for people."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # noqa: TID251 - it gets the lowest number that is free


def forget_closed_stdout() -> None:
    """Python would complain at its end that nobody reads what is still to be written."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError, AttributeError):
        with suppress(OSError, AttributeError):
            nobody = os.open(os.devnull, os.O_WRONLY)  # noqa: TID251 - no file of a world's
            os.dup2(nobody, sys.stdout.fileno())
