"""What a disk was asked to do since its host started, in bytes and calls.

Rule: counted where the system is called, so that a cost that nobody meant shows.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class DiskCounters:
    """Of one life of one host."""

    reads: int = 0
    bytes_read: int = 0
    writes: int = 0
    bytes_written: int = 0
    sends: int = 0
    """Parts of files that went to a socket and never were in this process's memory."""
    bytes_sent: int = 0
    syncs: int = 0
    """Of files and directories, those in the background too."""
