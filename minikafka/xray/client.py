"""The viewer's end of the x-ray socket: a `Feed` of pictures from a minikafka cluster.

Rule: a lost cluster is a state to show, not an error; the feed tries again for ever, and finds the
cluster again by its name when it came back on another port. One that is connected and says nothing is as good as lost,
and that is told too.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Callable, Mapping
from typing import Any

from minikafka.xray import wire
from minikafka.xray.delta import apply
from minikafka.xray.discovery import Announcement, find_cluster
from minikafka.xray.files import Found, Question, Unseen
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.source import Answer

RETRY_S = 1.0
CONNECT_TIMEOUT_S = 5.0
COMMAND_TIMEOUT_S = 60.0
SILENCE_S = 3.0
"""A cluster says something every second."""


def in_words(error: BaseException) -> str:
    """The operating system's own words ("Connection refused"), where asyncio's are for programmers."""
    number = getattr(error, "errno", None)
    if isinstance(number, int) and number > 0:
        return os.strerror(number)
    return str(error) or type(error).__name__


class Refused(ConnectionError):
    """The server closed with a reason."""


class XrayClient:
    """One connection. Made by `open`; `ConnectionError` with one sentence for all that goes wrong."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, name: str) -> None:
        self.name = name
        self._reader = reader
        self._writer = writer
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._next_id = 0
        self._silence: asyncio.TimerHandle | None = None
        self.closed = False
        self.bytes_read = 0

    @classmethod
    async def open(cls, host: str, port: int, token: str, *, watch: bool = True) -> XrayClient:
        """Connect and be let in."""
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                reader, writer = await asyncio.open_connection(host, port)
                writer.write(wire.encode(wire.Hello(token=token, watch=watch)))
                first, _ = await _read(reader)
        except TimeoutError:
            raise ConnectionError(f"No answer from {host}:{port} within {CONNECT_TIMEOUT_S:g} s.") from None
        except OSError as error:
            if isinstance(error, Refused):
                raise
            raise ConnectionError(f"Nobody listens on {host}:{port} ({in_words(error)}).") from None
        if not isinstance(first, wire.Welcome):
            raise ConnectionError(f"{host}:{port} is not a minikafka x-ray socket.")
        return cls(reader, writer, first.name)

    async def pictures(
        self, show: Callable[[Snapshot], None], late: Callable[[str], None] = lambda _: None
    ) -> None:
        """Read until the connection ends, which raises ConnectionError; pictures go to `show`. While none can come,
        `late` is told why, in one sentence."""
        snapshot: Snapshot | None = None
        is_late = False

        def tell(sentence: str) -> None:
            nonlocal is_late
            is_late = True
            late(sentence)

        try:
            while True:
                self._expect_a_word(tell)
                message = await self._next()
                if isinstance(message, wire.Push):
                    snapshot, is_late = apply(snapshot, message.delta), False
                    show(snapshot)
                elif isinstance(message, wire.Pulse):
                    if message.takes_s >= SILENCE_S:
                        tell(f"The cluster has been drawing its next picture for {message.takes_s:.0f} s.")
                    elif is_late and snapshot is not None:
                        is_late = False
                        show(snapshot)  # it is there again, and nothing has changed
                elif isinstance(message, wire.Answered | wire.Seen):
                    waiting = self._answers.pop(message.id, None)
                    if waiting is not None and not waiting.done():
                        waiting.set_result(message)
        except (OSError, ValueError, LookupError) as error:
            raise ConnectionError(str(error)) from None
        finally:
            self.close()

    async def _next(self) -> wire.FromServer:
        message, size_bytes = await _read(self._reader)
        self.bytes_read += size_bytes
        return message

    def _expect_a_word(self, late: Callable[[str], None], waited_s: float = 0.0) -> None:
        """Tell `late` for as long as nothing comes."""
        if self._silence is not None:
            self._silence.cancel()
        if waited_s:
            late(
                f"Nothing has come from the cluster for {waited_s:.0f} s: its process is paused, or too busy."
            )
        again_s = 1.0 if waited_s else SILENCE_S
        self._silence = asyncio.get_running_loop().call_later(
            again_s, self._expect_a_word, late, waited_s + again_s
        )

    async def command(self, name: str, args: Mapping[str, Any]) -> Answer:
        """Send it, await its answer (`pictures` must be running). ConnectionError when it is lost."""
        message = await self._answer_to(lambda number: wire.Ask(number, name, dict(args)), name)
        assert isinstance(message, wire.Answered)
        return message.answer

    async def look(self, question: Question) -> Found:
        """What the cluster finds (`pictures` must be running). Unseen, or ConnectionError when it is lost."""
        message = await self._answer_to(lambda number: wire.Look(number, question), "a question about files")
        assert isinstance(message, wire.Seen)
        if message.found is None:
            raise Unseen(message.sentence)
        return message.found

    async def _answer_to(
        self, numbered: Callable[[int], wire.FromViewer], what: str
    ) -> wire.Answered | wire.Seen:
        if self.closed:
            raise ConnectionError("The cluster is not connected.")
        self._next_id += 1
        number = self._next_id
        waiting: asyncio.Future[wire.Answered | wire.Seen] = asyncio.get_running_loop().create_future()
        self._answers[number] = waiting
        self._writer.write(wire.encode(numbered(number)))
        try:
            async with asyncio.timeout(COMMAND_TIMEOUT_S):
                return await waiting
        except TimeoutError:
            raise ConnectionError(f"No answer to {what} within {COMMAND_TIMEOUT_S:g} s.") from None
        finally:
            self._answers.pop(number, None)

    def close(self) -> None:
        """End the connection; who waits for an answer learns it."""
        self.closed = True
        if self._silence is not None:
            self._silence.cancel()
        self._writer.close()
        for waiting in self._answers.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("The connection ended before the answer came."))
        self._answers.clear()


def _pass_on(reading: asyncio.Task[None], first: asyncio.Future[Snapshot]) -> None:
    """Whoever waits for the first picture learns why there will be none."""
    if not first.done() and not reading.cancelled():
        first.set_exception(reading.exception() or ConnectionError("The connection ended."))


async def _read(reader: asyncio.StreamReader) -> tuple[wire.FromServer, int]:
    """A message, and how many bytes it took."""
    try:
        body = await wire.read_frame(reader, wire.MAX_PUSH_BYTES)
        message = wire.decode_from_server(body)
    except EOFError:
        raise ConnectionError("The cluster closed the connection.") from None
    except wire.FrameError as error:
        raise ConnectionError(f"The cluster sent something that is not a frame: {error}.") from None
    if isinstance(message, wire.Refusal):
        raise Refused(message.reason)
    return message, wire.LENGTH.size + len(body)


class SocketFeed:
    """A `Feed` from a cluster that announced itself on this machine."""

    def __init__(
        self,
        announcement: Announcement,
        *,
        find: Callable[[str], Announcement] = find_cluster,
        retry_s: float = RETRY_S,
    ) -> None:
        self.label = f"cluster {announcement.name}"
        self.refusal: str | None = None
        self._announcement = announcement
        self._find = find
        self._retry_s = retry_s
        self._client: XrayClient | None = None

    async def once(self) -> Snapshot:
        """One picture."""
        client = await self._open()
        first: asyncio.Future[Snapshot] = asyncio.get_running_loop().create_future()
        reading = asyncio.create_task(
            client.pictures(lambda snapshot: None if first.done() else first.set_result(snapshot))
        )
        try:
            reading.add_done_callback(lambda done: _pass_on(done, first))
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                return await first
        except TimeoutError:
            raise ConnectionError(f"{self.label} sent no picture within {CONNECT_TIMEOUT_S:g} s.") from None
        finally:
            reading.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                await reading

    async def watch(self, show: Callable[[Snapshot], None], lost: Callable[[str], None]) -> None:
        """Pictures for ever, through losses."""
        while True:
            try:
                self._client = await self._open()
                await self._client.pictures(show, lost)
            except ConnectionError as error:
                lost(str(error))
                await asyncio.sleep(self._retry_s)

    async def command(self, name: str, args: Mapping[str, Any]) -> Answer:
        """Send a command on the watching connection."""
        if self._client is None:
            return Answer(False, "The cluster is not connected.")
        try:
            return await self._client.command(name, args)
        except ConnectionError as error:
            return Answer(False, str(error))

    async def look(self, question: Question) -> Found:
        """Ask on the watching connection, or, while nobody watches, on one of its own."""
        try:
            if self._client is not None and not self._client.closed:
                return await self._client.look(question)
            client = await self._open(watch=False)
            reading = asyncio.create_task(client.pictures(lambda _: None))
            try:
                return await client.look(question)
            finally:
                client.close()
                await asyncio.gather(reading, return_exceptions=True)
        except ConnectionError as error:
            raise Unseen(str(error)) from None

    async def close(self) -> None:
        """End the connection."""
        if self._client is not None:
            self._client.close()

    async def _open(self, *, watch: bool = True) -> XrayClient:
        # The same name may live again on another port: ask the announcements again before each try.
        with contextlib.suppress(LookupError):
            self._announcement = self._find(self._announcement.name)
        port, token = self._announcement.port, self._announcement.token
        return await XrayClient.open("127.0.0.1", port, token, watch=watch)
