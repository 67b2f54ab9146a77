"""The exclusive lock on an open file that ends with its descriptor, and so with the process that holds it.

Rule: it is only tried for, never waited for. Kafka: `FileLock`, on `.lock` in each log directory.
"""

from __future__ import annotations

from typing import Any

fcntl: Any
try:
    import fcntl
except ImportError:  # Windows
    fcntl = None


def take_lock(fd: int) -> bool:
    """Is the lock ours now? False: somebody holds it, in this process or in another."""
    if fcntl is None:
        import msvcrt

        windows: Any = msvcrt
        try:
            windows.locking(fd, windows.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
