"""The live universe: hosts of one process that meet on 127.0.0.1 and write real files.

Rule: it looks like separate machines to the hosts, and like any network service to everybody else. It
belongs to one thread and its running loop; every method but the constructor is called there.
"""

from __future__ import annotations

import asyncio
import contextvars
import os
import random
import time
import weakref
from collections.abc import Collection
from pathlib import Path
from types import TracebackType
from typing import Any

from minikafka.world.background_sync import at_a_time
from minikafka.world.events import Healed, HostCrashed, Partitioned
from minikafka.world.life import Life, life_of, record_failure
from minikafka.world.live_disk import LiveDisk
from minikafka.world.live_network import LiveNetwork, Wires
from minikafka.world.open_file_limit import raise_limit, shares
from minikafka.world.open_files import OpenFiles
from minikafka.world.paths import clean
from minikafka.world.temporary import TemporaryDirectory
from minikafka.world.trace import RECENT_EVENTS, Trace, TraceStream
from minikafka.world.world import World


class HostTask(asyncio.Task[Any]):
    """A task that knows the life of the host it belongs to."""

    __slots__ = ("life",)
    life: Life | None


def host_task(
    loop: asyncio.AbstractEventLoop,
    coro: Any,
    *,
    context: contextvars.Context | None = None,
    **options: Any,
) -> asyncio.Task[Any]:
    """A task factory; with it, a crash finds also the tasks that no `world.spawn` has started."""
    task = HostTask(coro, loop=loop, context=context, **options)
    task.life = life = life_of(context)
    if life is not None and not life.alive:
        task.cancel()
    return task


def new_live_loop() -> asyncio.AbstractEventLoop:
    """uvloop where it is installed, asyncio's own loop elsewhere; its tasks know their hosts."""
    loop: asyncio.AbstractEventLoop
    try:
        import uvloop
    except ImportError:
        loop = asyncio.new_event_loop()
    else:
        loop = uvloop.new_event_loop()
    loop.set_task_factory(host_task)
    return loop


def let_go_of(descriptors: Collection[int]) -> None:
    """For the child of a fork. /dev/null takes their places, so that what closes them in the child later closes
    nothing of the child's own.
    """
    nothing = os.open(os.devnull, os.O_RDWR)
    for fd in descriptors:
        if fd >= 0:
            os.dup2(nothing, fd, inheritable=False)
    os.close(nothing)


AWAY = ".taken-away"
"""The ending of the name under which a directory waits for its repair."""


class LiveClock:
    """The machine's clocks; `now` is what asyncio's and uvloop's loops count by."""

    now = staticmethod(time.monotonic)  # asked for every record: a frame of Python would cost as much again

    def time_ms(self) -> int:
        return time.time_ns() // 1_000_000


_open_universes: weakref.WeakKeyDictionary[LiveUniverse, None] = weakref.WeakKeyDictionary()
"""Those of this process, which share its descriptors."""


def _in_child() -> None:
    for universe in list(_open_universes):
        universe.let_go()
    _open_universes.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def _files_of_a_universe() -> int:
    return max(8, shares().files // max(1, len(_open_universes)))


def _connections_of_a_universe() -> int:
    return max(8, shares().connections // max(1, len(_open_universes)))


class LiveUniverse:
    """Hosts below the directory `root`, each in its own subdirectory.

    With root None the directory is temporary: it goes at `close`, and since nothing could be read from it
    after a power cut, fsync is left out (`syncs` overrides that).
    """

    def __init__(
        self,
        root: Path | str | None = None,
        *,
        message_events: bool = False,
        address: str = "127.0.0.1",
        recent: int = RECENT_EVENTS,
        syncs: bool | None = None,
    ) -> None:
        self._temporary = TemporaryDirectory() if root is None else None
        self.root = Path(root).resolve() if self._temporary is None else self._temporary.path  # type: ignore[arg-type]
        self.root.mkdir(parents=True, exist_ok=True)
        self.address = address
        self._syncs = self._temporary is None if syncs is None else syncs
        self._began = time.monotonic()
        stream = TraceStream(self.elapsed, messages=message_events, recent=recent)
        self.trace = Trace(stream, "")
        self._clock = LiveClock()
        raise_limit()
        self._files = OpenFiles(_files_of_a_universe, at_a_time)
        self._wires = Wires(self._files, _connections_of_a_universe)
        self._worlds: dict[str, World] = {}
        self._guests: weakref.WeakValueDictionary[str, World] = weakref.WeakValueDictionary()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        _open_universes[self] = None

    def _current_loop(self) -> asyncio.AbstractEventLoop | None:
        """The running loop, or the last one that ran: a universe may be closed after its loop has stopped."""
        try:
            self._loop = asyncio.get_running_loop()
        except RuntimeError:
            pass
        return self._loop

    def elapsed(self) -> float:
        """Seconds since this universe began: what the trace stamps events with."""
        return time.monotonic() - self._began

    def world(self, host: str) -> World:
        """The world of a host's present life; a new life in the old directory after a crash."""
        if self._closed:
            raise RuntimeError("the universe is closed")
        self._current_loop()
        world = self._worlds.get(host)
        if world is None:
            world = self._worlds[host] = self._begin(host)
        return world

    def guest(self, host: str) -> World:
        """The world of a host that comes once and has no files, such as a client. It goes with the last who has it."""
        if self._closed:
            raise RuntimeError("the universe is closed")
        self._current_loop()
        world = self._guests[host] = self._begin(host)
        return world

    def _begin(self, host: str) -> World:
        trace = self.trace.on(host)
        life = Life(host, trace, self._current_loop)
        disk = LiveDisk(self.root / host, life, self._files, syncs=self._syncs)
        life.endings.append(disk.close_all)
        life.endings.append(lambda: self._wires.abort_all_of(life))
        return World(
            host=host,
            clock=self._clock,
            network=LiveNetwork(self._wires, life, self.address),
            disk=disk,
            random=random.Random(),
            trace=trace,
            life=life,
        )

    def kept_hosts(self) -> tuple[str, ...]:
        """The hosts that have a directory here, from this universe or an earlier one."""
        return tuple(sorted(path.name for path in self.root.iterdir() if path.is_dir()))

    def crash(self, host: str) -> None:
        """SIGKILL: tasks, connections, listeners, open files and locks go at once; what was written stays."""
        world = self._worlds.get(host) or self._guests.get(host)
        if world is not None:
            world.trace.emit(HostCrashed())
            self.end(host)

    def end(self, host: str) -> None:
        """A process that ends by itself: what a crash does, but nobody killed it."""
        world = self._worlds.pop(host, None) or self._guests.pop(host, None)
        if world is not None:
            world.life.end()

    def fail_disk(self, host: str, *, path: str = "") -> None:
        """Take a host's directory (or `path` in it) away, as a lost mount does: a file stands in its place, so
        nothing is found, created or replaced there until `repair_disk`. What is open already keeps working.
        """
        there = self.root / host / clean(path)
        away = there.with_name(f"{there.name}{AWAY}")
        if there.is_dir() and not away.exists():
            there.rename(away)
            there.touch()

    def repair_disk(self, host: str) -> None:
        """Put back all that `fail_disk` took from this host."""
        candidates = [*self.root.glob(f"{host}{AWAY}"), *(self.root / host).rglob(f"*{AWAY}")]
        for away in sorted(candidates):
            there = away.with_name(away.name.removesuffix(AWAY))
            there.unlink(missing_ok=True)
            away.rename(there)

    def partition(self, group_a: Collection[str], group_b: Collection[str] | None = None) -> None:
        """Cut two groups of hosts (None: all the others) off from each other: connections between them are
        reset, new ones are refused with OSError. Clients outside this universe are not touched.
        """
        self.trace.emit(Partitioned(tuple(sorted(group_a)), tuple(sorted(group_b or ()))))
        self._wires.partition(group_a, group_b)

    def reach(self, host: str, port: int, at: tuple[str, int]) -> None:
        """Who calls `host` and `port` from here is led to that address: a listener of another process."""
        self._wires.names[host, port] = at

    def heal(self) -> None:
        """End all partitions."""
        self.trace.emit(Healed())
        self._wires.heal()

    def held_by(self) -> list[int]:
        """Descriptors that keep a temporary directory from being taken for a dead process's, whoever has them."""
        return [] if self._temporary is None else self._temporary.descriptors()

    def let_go(self) -> None:
        """In the child of a fork: the ports, connections, files and locks are the parent's alone."""
        temporary, self._temporary = self._temporary, None  # the directory is the parent's, too
        descriptors = [] if temporary is None else temporary.descriptors()
        descriptors += [fd for world in self._worlds.values() for fd in world.disk.descriptors()]  # type: ignore[attr-defined]
        let_go_of(descriptors + self._wires.descriptors())

    def handle_exception(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """For `loop.set_exception_handler`: what a callback raises is put into the trace's failures."""
        record_failure(self.trace, context)

    def close(self) -> None:
        """End all hosts as a crash would, and remove a temporary directory. Closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        _open_universes.pop(self, None)
        worlds, self._worlds = self._worlds, {}
        for world in (*worlds.values(), *self._guests.values()):
            world.life.end()
        self.discard()

    def discard(self) -> None:
        """Remove a temporary directory; others stay."""
        if self._temporary is not None:
            self._temporary.remove()

    def __enter__(self) -> LiveUniverse:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
