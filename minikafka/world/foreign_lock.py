"""Whether somebody holds a lock file that isn't ours to take. It is only looked at, never created or written.

Rule: a lock that can't be asked for counts as free; whoever holds one is a broker of ours or a real one, and Java's
locks are those of `fcntl`, ours of `flock`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows: reading beside a running broker fails there by itself
    fcntl = None


def is_locked(path: Path) -> bool:
    """Does another process (or another open file of this one) hold the lock at `path`?"""
    if fcntl is None or not path.is_file():
        return False
    fd = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
    try:
        for ask in (fcntl.flock, fcntl.lockf):
            try:
                ask(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
                ask(fd, fcntl.LOCK_UN)
            except BlockingIOError:
                return True
            except OSError:
                continue
        return False
    finally:
        os.close(fd)
