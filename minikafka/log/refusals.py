"""What a log answers to a request that it can't serve: Kafka's errors, in Kafka's words where it has some.

Rule: what is damaged is said to be damaged, never passed over.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.errors import CorruptRecords


def out_of_range(name: str, offset: int, start: int, end: int) -> ApiError:
    """A reader asked for an offset outside of the log."""
    return ApiError(
        ErrorCode.OFFSET_OUT_OF_RANGE,
        f"Received request for offset {offset} for partition {name}, but we only have log "
        f"segments from offset {start} up to {end}.",
    )


def unexpected_offset(name: str, first: int, end: int) -> ApiError:
    """A leader sent what this log has already."""
    return ApiError(
        ErrorCode.UNKNOWN_SERVER_ERROR,
        f"Unexpected offset in append to {name}. First offset {first} is less than the next offset {end}.",
    )


def damaged(name: str, error: CorruptRecords) -> ApiError:
    """What was to be read can't be."""
    return ApiError(ErrorCode.CORRUPT_MESSAGE, f"The log of {name} is damaged {error}")


@contextmanager
def telling_damage(name: str) -> Iterator[None]:
    """Inside, `CorruptRecords` becomes `damaged`."""
    try:
        yield
    except CorruptRecords as error:
        raise damaged(name, error) from error
