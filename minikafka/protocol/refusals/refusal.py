"""What a refusal is, and the words in it.

Rule: an error that has a better sentence than its code's tells that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minikafka.protocol.errors import ApiError
from minikafka.protocol.schema import Message

Refusal = Callable[[Any, int, ApiError], Message | None]
"""(request, version, error): the answer; None where the client waits for none, and is told by a closed connection."""


def words(error: ApiError) -> str:
    """For the APIs that always tell a sentence; in the others an error without one of its own has none."""
    return error.message or error.code.message
