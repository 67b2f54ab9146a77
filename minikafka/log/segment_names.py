"""What a segment's files are called.

Rule: the name is the offset of the first record in twenty digits, the suffix says what the file is.
Kafka: `LogFileUtils`.
"""

from __future__ import annotations

CLEANED_SUFFIX, SWAP_SUFFIX, DELETED_SUFFIX = ".cleaned", ".swap", ".deleted"
LOG_SUFFIX, INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX = (
    ".log",
    ".index",
    ".timeindex",
    ".txnindex",
)
_INT64_MAX = 0x7FFFFFFFFFFFFFFF
INDEX_SUFFIXES = (INDEX_SUFFIX, TIME_INDEX_SUFFIX, TRANSACTION_INDEX_SUFFIX)


def segment_path(directory: str, base_offset: int, suffix: str) -> str:
    """The path of one file of a segment: the base offset in twenty digits."""
    return f"{directory}/{base_offset:020d}{suffix}"


def is_file_of_segment(name: str, suffix: str) -> bool:
    """Twenty digits, which are an offset, and `suffix`?"""
    stem = name.removesuffix(suffix)
    if len(stem) + len(suffix) != len(name) or len(stem) != 20:
        return False
    return stem.isascii() and stem.isdecimal() and int(stem) <= _INT64_MAX
