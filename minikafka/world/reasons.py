"""What an exception says to people, in words that can stand within a sentence.

Rule: never nothing. Many exceptions have no text, and `[Errno 28]` is none for people; where nothing better is known,
the class and the place say it. Kafka logs a stack trace instead.
"""

from __future__ import annotations

import traceback
from pathlib import PurePath


def reason_of(error: BaseException) -> str:
    """`No space left on device: d1/orders-0`; `AssertionError (in append, log.py line 12)`. Without a full stop."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}" if error.filename else error.strerror
    text = " ".join(str(error).split()).rstrip(".")
    return text or f"{type(error).__name__}{_place(error)}"


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return ""
    last = frames[-1]
    return f" (in {last.name}, {PurePath(last.filename).name} line {last.lineno})"
