"""Names of a notebook's own: two notebooks of one lesson on one cluster don't meet, and nobody clears what isn't his.

Rule: who is at work holds the lock of a seat; the first seat's names are those in the text (`weather`), the second's
end in `-2`. What a seat has made is written down in its file, and only that is ever deleted: when its own notebook
begins afresh, or, once its process is dead, when any notebook begins.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from minikafka.world.file_lock import take_lock
from minikafka.xray.discovery import clusters_directory, is_alive
from minikafka_lessons.language import say

MANY = 1_000
_FLAGS = os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0)


class Seat:
    """One notebook's place at a cluster: its number, and what it has made there."""

    def __init__(self, number: int = 1, fd: int | None = None) -> None:
        self.number = number
        self._fd = fd
        self.topics: list[str] = []
        self.groups: list[str] = []
        self.pid = 0
        """Who sat here before."""
        if fd is not None:
            self._read()

    @property
    def suffix(self) -> str:
        """What names of this seat end in."""
        return "" if self.number == 1 else f"-{self.number}"

    def _read(self) -> None:
        assert self._fd is not None
        try:
            told = json.loads(
                os.pread(self._fd, 1 << 20, 0) if hasattr(os, "pread") else os.read(self._fd, 1 << 20)
            )
            self.topics, self.groups, self.pid = list(told["topics"]), list(told["groups"]), int(told["pid"])
        except (ValueError, KeyError, TypeError):
            pass  # new, or torn by a kill: then it had made nothing yet

    def made(self, *, topics: Iterable[str] = (), groups: Iterable[str] = ()) -> None:
        """Written down before it is made, so that a kill in between leaves nothing unknown."""
        before = (len(self.topics), len(self.groups))
        self.topics += [name for name in topics if name not in self.topics]
        self.groups += [name for name in groups if name not in self.groups]
        if before != (len(self.topics), len(self.groups)):
            self._write()

    def cleared(self, topics: Iterable[str], groups: Iterable[str]) -> None:
        """These are not there any more."""
        gone, left = list(topics), list(groups)
        self.topics = [name for name in self.topics if name not in gone]
        self.groups = [name for name in self.groups if name not in left]
        self._write()

    def _write(self) -> None:
        if self._fd is None:
            return
        told = json.dumps({"pid": os.getpid(), "topics": self.topics, "groups": self.groups}).encode()
        os.lseek(self._fd, 0, os.SEEK_SET)
        os.truncate(self._fd, 0)
        os.write(self._fd, told)

    def leave(self) -> None:
        """Somebody else may sit here."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


def seats_directory() -> Path:
    """Where the files lie: beside those of the running clusters."""
    return clusters_directory().parent / "notebooks"


def take_seat(cluster_id: str, lesson: int, is_free: Callable[[Seat], bool]) -> Seat:
    """The first seat that nobody holds and whose names nobody else has taken (`is_free`)."""
    try:
        directory = seats_directory()
        directory.mkdir(parents=True, exist_ok=True)
    except OSError:
        return next(seat for seat in map(Seat, range(1, MANY)) if is_free(seat))
    for number in range(1, MANY):
        seat = _sit(directory / f"{cluster_id}-{lesson:02d}-{number}.json", number)
        if seat is None:
            continue
        if is_free(seat):
            return seat
        seat.leave()
    raise RuntimeError(
        say("{n} notebooks of lesson {lesson} are at work on this cluster.", n=MANY, lesson=lesson)
    )


def abandoned(cluster_id: str) -> list[tuple[Seat, Path]]:
    """The seats at this cluster whose processes are dead, held now: for clearing, then `forget_seat`."""
    found = []
    for path in sorted(seats_directory().glob(f"{cluster_id}-*.json")):
        seat = _sit(path, 1)
        if seat is None:
            continue
        if seat.pid and is_alive(seat.pid):  # it closed its cluster, and its pictures are still looked at
            seat.leave()
        else:
            found.append((seat, path))
    return found


def forget_seat(seat: Seat, path: Path) -> None:
    """Nothing is left of it."""
    try:
        path.unlink(missing_ok=True)
    except OSError:
        pass
    seat.leave()


def _sit(path: Path, number: int) -> Seat | None:
    """The seat, if nobody holds it."""
    try:
        fd = os.open(path, _FLAGS, 0o600)  # noqa: TID251 - shared between kernels, outside of any world
    except OSError:
        return None
    # Somebody may have forgotten the seat between the two: then the file that we hold is nobody's.
    if take_lock(fd) and path.exists() and os.path.samestat(os.fstat(fd), path.stat()):
        return Seat(number, fd)
    os.close(fd)
    return None
