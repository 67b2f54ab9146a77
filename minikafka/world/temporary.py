"""A temporary directory that is removed with its process, or, after a kill, when the next one is created.

Rule: whoever uses a directory holds the lock in it, and a directory goes only when its lock can be taken: never
while the process that made it lives, wherever its process id is known. Kafka's `TestUtils.tempDirectory` cleans up at
a clean exit only.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from pathlib import Path

from minikafka.world.file_lock import take_lock

PREFIX = "minikafka-"
LOCK = ".in-use"
_FLAGS = os.O_RDWR | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)
_swept: set[str] = set()


class TemporaryDirectory:
    """A directory of this process alone, below `parent` (None: where the system has its temporary files)."""

    def __init__(self, prefix: str = PREFIX, parent: str | None = None) -> None:
        if not prefix.startswith(PREFIX):
            raise ValueError(f"a temporary directory's name begins with {PREFIX!r}, not {prefix!r}")
        where = parent or tempfile.gettempdir()
        if where not in _swept:  # once a process is often enough, and nobody waits for it
            _swept.add(where)
            threading.Thread(target=sweep, args=(where,), name="minikafka-sweep", daemon=True).start()
        while True:
            self.path = Path(tempfile.mkdtemp(prefix=prefix, dir=where))
            self._fd: int | None = os.open(self.path / LOCK, _FLAGS | os.O_CREAT, 0o600)
            # Somebody who sweeps may have come between the two: then that directory is gone, or will be.
            if take_lock(self._fd) and (self.path / LOCK).exists():
                return
            os.close(self._fd)

    def descriptors(self) -> list[int]:
        """What a child of a fork must let go of."""
        return [] if self._fd is None else [self._fd]

    def remove(self) -> None:
        """The directory goes, with all that is in it. Twice is fine."""
        fd, self._fd = self._fd, None
        if fd is not None:
            _remove(str(self.path), fd)


def sweep(where: str) -> int:
    """Remove what killed processes have left in `where`; returns how many directories."""
    count = 0
    try:
        with os.scandir(where) as entries:
            found = [e.path for e in entries if e.name.startswith(PREFIX) and e.is_dir(follow_symlinks=False)]
    except OSError:
        return 0
    for path in found:
        try:
            if hasattr(os, "getuid") and os.stat(path, follow_symlinks=False).st_uid != os.getuid():
                continue
            fd = os.open(os.path.join(path, LOCK), _FLAGS)
        except OSError:  # none of ours, or just being made or removed
            continue
        if take_lock(fd):
            _remove(path, fd)
            count += 1
        else:
            os.close(fd)
    return count


def _remove(path: str, fd: int) -> None:
    """The lock goes last, so that what a killed removal leaves is removed by the next one."""
    for name in os.listdir(path) if os.path.isdir(path) else ():
        inner = os.path.join(path, name)
        if name == LOCK:
            continue
        if os.path.isdir(inner) and not os.path.islink(inner):
            shutil.rmtree(inner, ignore_errors=True)
        else:
            try:
                os.unlink(inner)
            except OSError:
                pass
    if os.name != "nt":  # there an open file can't be removed
        shutil.rmtree(path, ignore_errors=True)
        os.close(fd)
    else:
        os.close(fd)
        shutil.rmtree(path, ignore_errors=True)
