"""The x-ray server: pushes a cluster's snapshots to viewers on 127.0.0.1 and carries their commands.

Rule: nothing is built while no one watches, and at most `1 / INTERVAL_S` pictures a second
however fast the cluster moves: one builder makes the picture, each viewer gets the difference to the one it
has. A slow viewer skips pictures; a rude one loses its connection and nobody else notices. Who watches hears something
every second, be it that no picture can be made.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
from typing import Any

from minikafka.world import unforeseen
from minikafka.xray import wire
from minikafka.xray.delta import diff_in_pieces
from minikafka.xray.files import Unseen
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.source import Answer, Source

INTERVAL_S = 0.1
PULSE_S = 1.0
HELLO_TIMEOUT_S = 10.0
MAX_VIEWERS = 64
PIECE_TOPICS = 50
"""Whose changes are put down at a time: a millisecond or two."""


class XrayServer:
    """Serves one source, all in the loop that `start` ran in; `changed` may come from any thread."""

    def __init__(self, source: Source, *, name: str, token: str, interval_s: float = INTERVAL_S) -> None:
        self.name = name
        self.port = 0
        self._source = source
        self._token = token
        self._interval_s = interval_s
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connections: dict[asyncio.Task[None], asyncio.StreamWriter] = {}
        self._commands: list[asyncio.Task[None]] = []
        self._viewers: dict[int, _Viewer] = {}
        self._next_viewer = 0
        self._dirty = asyncio.Event()
        self._builder: asyncio.Task[None] | None = None
        self._building_since: float | None = None
        self._frames: dict[int | None, asyncio.Task[bytes]] = {}
        """Of the latest picture: the push for those who have that version."""
        self.latest: Snapshot | None = None
        self.problem: str | None = None
        """Why the last picture could not be built, if so."""

    async def start(self, port: int = 0) -> int:
        """Listen on 127.0.0.1 (0: a free port) and return the port. OSError when it is taken."""
        self._loop = asyncio.get_running_loop()
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", port)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    async def close(self) -> None:
        """Stop listening and end all connections."""
        if self._server is not None:
            self._server.close()
        tasks: list[asyncio.Task[Any]] = [*self._connections, *self._commands, *self._frames.values()]
        if self._builder is not None:
            tasks.append(self._builder)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()

    @property
    def viewers(self) -> int:
        """How many viewers are connected."""
        return len(self._viewers)

    def changed(self) -> None:
        """Something changed in the cluster. Cheap, and safe from any thread."""
        if self._loop is not None and not self._loop.is_closed():
            with contextlib.suppress(RuntimeError):  # the loop closed in between
                self._loop.call_soon_threadsafe(self._dirty.set)

    def descriptors(self) -> list[int]:
        """Of all sockets: the one that listens, and the connections."""
        sockets = [*self._server.sockets] if self._server is not None else []
        sockets += [writer.get_extra_info("socket") for writer in self._connections.values()]
        return [socket.fileno() for socket in sockets if socket is not None]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections[task] = writer
        try:
            await self._converse(reader, writer)
        except wire.FrameError as error:
            await _refuse(writer, f"Closed: {error}.")
        except (EOFError, OSError, asyncio.CancelledError):
            pass
        finally:
            del self._connections[task]
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(HELLO_TIMEOUT_S):
                hello = wire.decode_from_viewer(await wire.read_frame(reader, wire.MAX_REQUEST_BYTES))
        except TimeoutError:
            return await _refuse(writer, f"Closed: no token came within {HELLO_TIMEOUT_S:g} s.")
        if not isinstance(hello, wire.Hello):
            return await _refuse(writer, "Closed: the first frame must be a hello with the token.")
        if not hmac.compare_digest(hello.token.encode(), self._token.encode()):
            return await _refuse(writer, "Closed: wrong token.")
        if hello.version != wire.VERSION:
            return await _refuse(
                writer, f"Closed: this cluster speaks x-ray version {wire.VERSION}, not {hello.version}."
            )
        if hello.watch and len(self._viewers) >= MAX_VIEWERS:
            return await _refuse(writer, f"Closed: {MAX_VIEWERS} viewers watch already.")
        writer.write(wire.encode(wire.Welcome(self.name)))
        pusher = self._admit(writer) if hello.watch else None
        try:
            while True:
                ask = wire.decode_from_viewer(await wire.read_frame(reader, wire.MAX_REQUEST_BYTES))
                if isinstance(ask, wire.Look):
                    await self._show(ask, writer)
                    continue
                if isinstance(ask, wire.Hello):
                    raise wire.FrameError("a second hello")
                # A command outlives its viewer: half a kill would be worse than one nobody heard of.
                command = asyncio.create_task(self._answer(ask, writer), name=f"xray-{ask.name}")
                self._commands.append(command)
                command.add_done_callback(self._commands.remove)
        finally:
            if pusher is not None:
                pusher.close()

    async def _show(self, look: wire.Look, writer: asyncio.StreamWriter) -> None:
        """One look at a time for each viewer, and its answer on the way before the next."""
        try:
            seen = wire.Seen(look.id, await self._source.look(look.question))
        except Unseen as why:
            seen = wire.Seen(look.id, None, str(why))
        except Exception as error:  # as above: an answer, and the viewer lives on
            seen = wire.Seen(look.id, None, f"Looking failed: {unforeseen(error)}")
        writer.write(wire.encode(seen))
        await writer.drain()

    async def _answer(self, ask: wire.Ask, writer: asyncio.StreamWriter) -> None:
        try:
            answer = await self._source.command(ask.name, ask.args)
            frame = wire.encode(wire.Answered(ask.id, answer))
        except Exception as error:  # a source's failure is an answer: the viewer must see it and live on
            answer = Answer(False, f"{ask.name} failed: {unforeseen(error)}")
            frame = wire.encode(wire.Answered(ask.id, answer))
        if not writer.is_closing():
            writer.write(frame)
        self._dirty.set()

    def _admit(self, writer: asyncio.StreamWriter) -> _Viewer:
        self._next_viewer += 1
        viewer = _Viewer(writer, number=self._next_viewer, server=self)
        self._viewers[viewer.number] = viewer
        self._dirty.set()
        if self._builder is None:
            self._builder = asyncio.create_task(self._build(), name="xray-builder")
        return viewer

    async def push(self, sent: Snapshot | None, snapshot: Snapshot) -> bytes:
        """The frame that makes `snapshot` of what a viewer has; made once for all who have the same."""
        if snapshot is not self.latest:
            return await _frame(sent, snapshot)
        version = sent.version if sent is not None else None
        frame = self._frames.get(version)
        if frame is None:
            frame = self._frames[version] = asyncio.create_task(_frame(sent, snapshot), name="xray-frame")
        return await asyncio.shield(frame)  # who leaves meanwhile takes it from nobody else

    def pulse(self) -> bytes:
        """The frame that says how long the next picture takes already."""
        since = self._building_since
        return wire.encode(wire.Pulse(0.0 if since is None else asyncio.get_running_loop().time() - since))

    def leave(self, viewer: _Viewer) -> None:
        """Somebody watches no more."""
        self._viewers.pop(viewer.number, None)
        if not self._viewers and self._builder is not None:
            self._builder.cancel()
            self._builder = None

    async def _build(self) -> None:
        """Runs only while somebody watches."""
        loop = asyncio.get_running_loop()
        stop = self._source.subscribe(self.changed)
        try:
            while True:
                await self._dirty.wait()
                self._dirty.clear()
                self._building_since = loop.time()
                try:
                    self.latest = await self._source.snapshot()
                    self._frames.clear()
                    self.problem = None
                except Exception as error:  # one bad picture must not blind the viewers to the next
                    self.problem = f"{type(error).__name__}: {error}"
                    loop.call_later(1.0, self._dirty.set)
                else:
                    for viewer in list(self._viewers.values()):
                        viewer.offer(self.latest)
                finally:
                    self._building_since = None
                await asyncio.sleep(self._interval_s)
        finally:
            stop()


class _Viewer:
    """One watching connection: holds the newest picture until the socket takes it."""

    def __init__(self, writer: asyncio.StreamWriter, *, number: int, server: XrayServer) -> None:
        self.number = number
        self._writer = writer
        self._server = server
        self._sent: Snapshot | None = None
        self._next: Snapshot | None = None
        self._wake = asyncio.Event()
        self._task = asyncio.create_task(self._push(), name=f"xray-viewer-{number}")

    def offer(self, snapshot: Snapshot) -> None:
        self._next = snapshot
        self._wake.set()

    def close(self) -> None:
        self._task.cancel()
        self._server.leave(self)

    async def _push(self) -> None:
        while True:
            frame = await self._next_frame()
            self._writer.write(frame)
            try:
                await self._writer.drain()
            except OSError:
                return

    async def _next_frame(self) -> bytes:
        """The next picture, or a sign of life."""
        try:
            async with asyncio.timeout(PULSE_S):
                await self._wake.wait()
        except TimeoutError:
            return self._server.pulse()
        self._wake.clear()
        assert self._next is not None
        sent, self._sent = self._sent, self._next
        return await self._server.push(sent, self._sent)


async def _frame(sent: Snapshot | None, snapshot: Snapshot) -> bytes:
    """In pieces: who makes it has other viewers, and runs beside the cluster's own thread."""
    pieces, number = diff_in_pieces(sent, snapshot), 0
    while True:
        try:
            next(pieces)
        except StopIteration as end:
            return wire.encode(wire.Push(end.value))
        number += 1
        if number % PIECE_TOPICS == 0:
            await asyncio.sleep(0)


async def _refuse(writer: asyncio.StreamWriter, reason: str) -> None:
    """Say why, then close in order so that the sentence arrives."""
    with contextlib.suppress(OSError, TimeoutError):
        writer.write(wire.encode(wire.Refusal(reason)))
        async with asyncio.timeout(1.0):
            await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
