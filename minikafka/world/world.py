"""What a node can know about the outside and do to it: clock, network, disk, random numbers, trace.

Rule: a node gets its `World` at construction and touches the outside in no other way, so that the same code
runs live and simulated. Implementations: `live.py` (TCP, real files), `simulated.py` (virtual time,
memory).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from minikafka.world.alarm import Alarm
from minikafka.world.disk_counters import DiskCounters
from minikafka.world.file_slice import FileSlice
from minikafka.world.life import Life
from minikafka.world.trace import Trace

T = TypeVar("T")

ProtocolFactory = Callable[[], asyncio.BaseProtocol]
Buffer = bytes | bytearray | memoryview


class DiskLocked(OSError):
    """The lock file is held by somebody else."""


class UnknownHost(OSError):
    """There is no address for that name."""


class Clock(Protocol):
    def now(self) -> float:
        """Seconds on the loop's clock: for deadlines and durations."""

    def time_ms(self) -> int:
        """Milliseconds since 1970: for timestamps."""


class Listener(Protocol):
    @property
    def port(self) -> int: ...

    def close(self) -> None:
        """Accept no more; connections stay."""

    def abort(self) -> None:
        """Accept no more, and reset every connection that was accepted here."""


class Network(Protocol):
    @property
    def address(self) -> str:
        """What this host listens on and advertises."""

    async def listen(self, factory: ProtocolFactory, port: int, host: str | None = None) -> Listener:
        """Accept connections on `port` (0: any free one) of `host`, or of this host's own `address`.

        Raises OSError when the port is taken or the address isn't the machine's.
        """

    def advertise(self, listener: Listener, host: str, port: int) -> None:
        """`host` and `port` lead the hosts of this universe to that listener, whatever they mean outside."""

    async def connect(
        self, factory: ProtocolFactory, host: str, port: int
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Connect to a listener. Raises OSError when it is refused, unknown or can't be reached."""

    def write(
        self, transport: asyncio.Transport, pieces: Sequence[Buffer | FileSlice]
    ) -> list[Buffer | FileSlice]:
        """As `transport.write` of each piece, except that what is in a file is taken from there as the peer takes
        it. Returns what it doesn't take yet, which is to be written when the transport, whose buffer may hold nothing
        until then, resumes writing. Raises OSError, when a part of `pieces` may be on its way: a failing disk, or a
        file that is too short or gone."""

    def host_of(self, peername: Any) -> str | None:
        """Which host of this universe is at the other end of a connection; None when it is a stranger."""


class File(Protocol):
    """An open file. Every method may raise OSError: a failing disk."""

    @property
    def size(self) -> int: ...

    @property
    def cuts(self) -> int:
        """Grows when it is truncated or closed: what somebody was to read later may not be there any more."""

    def append(self, *buffers: Buffer) -> int:
        """Write all the buffers at the end, in one piece; returns how many bytes that were."""

    def write_at(self, position: int, data: Buffer) -> None: ...

    def read_at(self, position: int, size_bytes: int) -> bytes:
        """Up to `size_bytes`; fewer only at the end of the file."""

    def truncate(self, size: int) -> None:
        """Make the file shorter (or longer, with zeros)."""

    def sync(self) -> None:
        """Return when all that was written survives a power cut."""

    def close(self) -> None:
        """Close without syncing. Closing twice is fine."""


class Lock(Protocol):
    def release(self) -> None: ...


class Disk(Protocol):
    """A host's own directory. Paths are relative, with "/". Synchronous: Kafka, too, writes to the page
    cache.
    """

    @property
    def location(self) -> str:
        """Where the directory is, for people to read."""

    def within(self, path: str) -> Disk:
        """The same disk seen from a directory below this one, which need not exist yet."""

    def space(self) -> tuple[int, int] | None:
        """(bytes of the volume, bytes of it that are free for us); None where that is not known."""

    def open(self, path: str, *, create: bool = False) -> File:
        """Open to read and write. Raises FileNotFoundError when it isn't there and `create` is False."""

    @property
    def counters(self) -> DiskCounters:
        """What was asked of it, and of every directory `within` it."""

    def exists(self, path: str) -> bool: ...

    def size(self, path: str) -> int: ...

    def listdir(self, path: str) -> list[str]:
        """Names in a directory, sorted."""

    def listfiles(self, path: str) -> list[str]:
        """Names of what is no directory in a directory, sorted."""

    def makedirs(self, path: str) -> None:
        """Make a directory and its parents; fine when it exists."""

    def remove(self, path: str) -> None: ...

    def rmtree(self, path: str) -> None:
        """Remove a directory with all that is in it. Raises FileNotFoundError when it isn't there."""

    def rename(self, src: str, dst: str) -> None:
        """Atomic; replaces a file at `dst`. Durable after `sync_dir`."""

    def read_bytes(self, path: str) -> bytes: ...

    def residency(self, path: str) -> tuple[int, int] | None:
        """(resident pages, pages): how much of a file is in the page cache; None where that can't be known."""

    def touch(self, path: str) -> None:
        """Make an empty file; one that is there stays as it is."""

    def write_new(self, path: str, data: bytes) -> None:
        """Write a file that isn't there, or is of no use. Cheaper than `write_atomic`: a crash may leave it empty or
        torn."""

    def write_atomic(self, path: str, data: bytes, *, sync: bool = True) -> None:
        """Replace the file so that a reader or a crash sees the old content or the new, nothing between."""

    def sync_dir(self, path: str) -> None:
        """Return when the directory's entries (created, renamed, removed) survive a power cut."""

    def sync_together(self, paths: Sequence[str]) -> None:
        """Sync files and directories, several at a time; returns when all that was written to them survives a power
        cut."""

    def sync_in_background(self, paths: Sequence[str]) -> asyncio.Future[None]:
        """Sync files and directories, one after the other, while the loop runs. What was written or renamed before
        the call survives a power cut once the future is done; it has the OSError of a disk that fails. Raises OSError
        where a path isn't there."""

    def lock(self, path: str) -> Lock:
        """Take a lock file, which ends with the process. Raises DiskLocked when it is held."""


@dataclass(frozen=True, slots=True, weakref_slot=True)
class World:
    """One life of one host; a host that starts again after a crash gets a new one from its universe."""

    host: str
    clock: Clock
    network: Network
    disk: Disk
    random: random.Random
    trace: Trace
    life: Life

    def spawn(
        self, coro: Coroutine[Any, Any, T], name: str, *, inner: Awaitable[Any] | None = None
    ) -> asyncio.Task[T]:
        """Start a task of this host. What it raises is put into `trace.failures`; being cancelled is fine.

        `inner` is what `coro` awaits for somebody else: it is closed with it, even if it never began.
        """
        return self.life.spawn(coro, name, inner=inner)

    def call_soon(self, callback: Callable[..., object], *args: Any) -> asyncio.Handle:
        """Call `callback` in this host's context when all that came in this turn of the loop has been dealt with,
        unless the host has crashed by then.
        """
        return self.life.loop.call_soon(self._call_if_alive, callback, args, context=self.life.context.copy())

    def call_later(self, delay_s: float, callback: Callable[..., object], *args: Any) -> asyncio.TimerHandle:
        """Call `callback` in this host's context after `delay_s` seconds, unless the host has crashed by
        then.
        """
        life = self.life
        timer = life.loop.call_later(
            delay_s, self._call_if_alive, callback, args, context=life.context.copy()
        )
        life.note_timer(timer)
        return timer

    def alarm(self, delay_s: float, callback: Callable[..., object], *args: Any) -> Alarm:
        """As `call_later`, for what ends when nobody is heard of: time in which nobody could be heard is left out."""
        return Alarm(self, delay_s, lambda: callback(*args))

    def _call_if_alive(self, callback: Callable[..., object], args: tuple[Any, ...]) -> None:
        if not self.life.alive:
            return
        try:
            callback(*args)
        except Exception as error:
            self.trace.fail(f"timer {getattr(callback, '__qualname__', callback)}", error)
