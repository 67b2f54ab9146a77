"""What an exception says to people, in words that fit into a sentence.

Rule: never nothing. Many exceptions have no text, and `[Errno 28]` is none for people; where nothing better is known,
the class and the place say it. Nothing hidden: an exception may quote what a stranger sent. Kafka logs a stack trace.
"""

from __future__ import annotations

import os
import traceback
from pathlib import PurePath

from minikafka.world.visible import visible


def reason_of(error: BaseException) -> str:
    """`No space left on device: d1/orders-0`; `AssertionError (in append, log.py line 12)`. Without a full stop."""
    if isinstance(error, OSError) and error.errno is not None:
        sentence = error.strerror or os.strerror(error.errno)
        return visible(f"{sentence}: {_path(error.filename)}" if error.filename else sentence)
    text = visible(" ".join(str(error).split()).rstrip("."))
    return text or f"{type(error).__name__}{_place(error)}"


def unforeseen(error: BaseException) -> str:
    """The same with class and place, for what nobody expected."""
    text = visible(" ".join(str(error).split()).rstrip("."))
    return f"{type(error).__name__}{text and ': '}{text}{_place(error)}"


def _path(name: str | bytes | int) -> str | int:
    return os.fsdecode(name) if isinstance(name, bytes) else name


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    last = frames[-1]
    return f" (in {last.name}, {PurePath(last.filename).name} line {last.lineno})"
