"""The open files of one process: any number of files, a bounded number of descriptors.

Rule: who holds a file never notices. The coldest descriptors are closed when a new one is needed, the files open
again by themselves, wherever their directories were renamed to meanwhile, and what was written through a descriptor is
synced before that is closed: only the descriptor through which one wrote is sure to hear that the disk lost it. What
it hears then, the file tells at its next sync.

Kafka keeps three descriptors open for each segment, and asks for a limit of 100,000.
"""

from __future__ import annotations

import asyncio
import errno
import itertools
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")

LOOK_AGAIN_S = 0.1
"""How soon to try again what found no descriptor."""
BATCH = 32
"""So many dirty files are synced when one has to be."""
LOOKS = 64
"""So many are looked at for one that needn't be synced first."""
OUT_OF_DESCRIPTORS = (errno.EMFILE, errno.ENFILE)


def is_out_of_descriptors(problem: OSError) -> bool:
    """Has this process, or the machine, no descriptor left? The disk is as good as before, then."""
    return problem.errno in OUT_OF_DESCRIPTORS


async def with_descriptors(call: Callable[[], T]) -> T:
    """The call's result, as soon as there are the descriptors that it needs."""
    while True:
        try:
            return call()
        except OSError as problem:
            if not is_out_of_descriptors(problem):
                raise
        await asyncio.sleep(LOOK_AGAIN_S)


class Reopened(Protocol):
    """A file of this kind. `was_used` since it was last looked at; `is_dirty`: written, and not synced since."""

    was_used: bool
    is_dirty: bool

    @property
    def path(self) -> str: ...

    def write_back(self) -> None:
        """Sync it, if it is dirty. Raises OSError."""

    def let_go(self) -> None:
        """Close the descriptor."""


Works = Sequence[Callable[[], None]]
Outcomes = list[OSError | None]


def one_by_one(works: Works) -> Outcomes:
    """Do one after the other; returns what each raised."""
    return [_outcome(work) for work in works]


def _outcome(work: Callable[[], None]) -> OSError | None:
    try:
        work()
    except OSError as problem:
        return problem
    return None


class OpenFiles:
    """The descriptors of the files of one process (of one host, in the simulated world), at most `most()` of them."""

    def __init__(self, most: Callable[[], int], at_a_time: Callable[[Works], Outcomes] | None = None) -> None:
        self._most = most
        self._at_a_time = at_a_time or one_by_one
        self._open: OrderedDict[Reopened, None] = OrderedDict()
        """Those that have a descriptor, the one that is looked at next first (the clock algorithm)."""
        self._problems: dict[Reopened, OSError] = {}
        """Of those that a sync failed for when they were let go: their holders don't know yet."""
        self.places = Folder(None, "")
        """Of all files that are held, open or not."""

    def __len__(self) -> int:
        return len(self._open)

    def make_room(self) -> None:
        """Before a file gets a descriptor."""
        while self._open and len(self._open) >= self._most():
            self._let_go(self._coldest())

    def opened(self, file: Reopened) -> None:
        """It has a descriptor now."""
        self._open[file] = None

    def closed(self, file: Reopened) -> None:
        """Its holder has closed it."""
        self._open.pop(file, None)
        self._problems.pop(file, None)

    def trying(self, call: Callable[..., T], *args: object) -> T:
        """The call's result; where there are no descriptors left, after letting go of the colder half of these."""
        try:
            return call(*args)
        except OSError as problem:
            if not is_out_of_descriptors(problem):
                raise
        self.let_go_of_half()
        return call(*args)

    def let_go_of_half(self) -> None:
        """Somebody needs descriptors for something else."""
        for _ in range((len(self._open) + 1) // 2):
            self._let_go(self._coldest())

    def tell_problem(self, file: Reopened) -> None:
        """Before a sync: raises, once, the OSError of one that its holder didn't ask for."""
        problem = self._problems.pop(file, None) if self._problems else None
        if problem is not None:
            raise problem

    def tell_problems_of(self, paths: Collection[str]) -> None:
        """The same, of all files with these paths."""
        for file in [file for file in self._problems if file.path in paths]:
            self.tell_problem(file)

    def _let_go(self, file: Reopened) -> None:
        if file.is_dirty:
            self._write_back(file)
        del self._open[file]
        file.let_go()

    def _write_back(self, first: Reopened) -> None:
        """This one, and the next that may have to go soon: a disk takes many syncs in little more time than one."""
        cold = (file for file in self._open if file is not first and file.is_dirty and not file.was_used)
        batch = [first, *itertools.islice(cold, BATCH - 1)]
        outcomes = self._at_a_time([file.write_back for file in batch])
        self._problems.update(
            (file, problem) for file, problem in zip(batch, outcomes, strict=True) if problem is not None
        )

    def _coldest(self) -> Reopened:
        """Not used since the last time around, and clean if there is one nearby."""
        dirty = None
        for _ in range(min(LOOKS, 2 * len(self._open))):
            file = next(iter(self._open))
            if not file.was_used and not file.is_dirty:
                return file
            if not file.was_used and dirty is None:
                dirty = file
            file.was_used = False
            self._open.move_to_end(file)
        return dirty or next(iter(self._open))


class Folder:
    """A directory, in so far as files in it are held: these follow it when it is renamed."""

    __slots__ = ("files", "folders", "name", "parent")

    def __init__(self, parent: Folder | None, name: str) -> None:
        self.parent = parent
        self.name = name
        self.files: dict[Place, None] = {}
        self.folders: dict[str, Folder] = {}

    @property
    def path(self) -> str:
        names, folder = [self.name], self.parent
        while folder is not None:
            names.append(folder.name)
            folder = folder.parent
        return "/".join(reversed(names))[1:]

    def hold(self, path: str) -> Place:
        """A place for a file with this path."""
        directory, _, name = path.rpartition("/")
        return Place(self._at(directory), name)

    def _at(self, directory: str) -> Folder:
        folder = self
        for name in _names(directory):
            inner = folder.folders.get(name)
            if inner is None:
                inner = folder.folders[name] = Folder(folder, name)
            folder = inner
        return folder

    def find(self, directory: str) -> Folder | None:
        """The folder at this path, if anything in it is held."""
        folder: Folder | None = self
        for name in _names(directory):
            folder = folder.folders.get(name) if folder is not None else None
        return folder

    def renamed(self, src: str, dst: str) -> None:
        """The file or directory `src` is now called `dst`."""
        above, _, name = src.rpartition("/")
        parent = self.find(above)
        if parent is None or src == dst:
            return
        new_above, _, new_name = dst.rpartition("/")
        for place in [place for place in parent.files if place.name == name]:
            place.release()
            place.name = new_name
            place.take(self._at(new_above))
        moved = parent.folders.pop(name, None)
        if moved is not None:
            moved.parent, moved.name = self._at(new_above), new_name
            moved.parent.folders[new_name] = moved
            parent.prune()

    def prune(self) -> None:
        """Forget the folder, and those above it, where nothing is held."""
        folder = self
        while folder.parent is not None and not folder.files and not folder.folders:
            if folder.parent.folders.get(folder.name) is folder:
                del folder.parent.folders[folder.name]
            folder = folder.parent


def _names(directory: str) -> list[str]:
    return directory.split("/") if directory else []


class Place:
    """Where a file that is held is now."""

    __slots__ = ("folder", "name")

    def __init__(self, folder: Folder, name: str) -> None:
        self.name = name
        self.take(folder)

    @property
    def path(self) -> str:
        above = self.folder.path
        return f"{above}/{self.name}" if above else self.name

    def take(self, folder: Folder) -> None:
        self.folder = folder
        folder.files[self] = None

    def release(self) -> None:
        """It isn't held any more."""
        self.folder.files.pop(self, None)
        self.folder.prune()
