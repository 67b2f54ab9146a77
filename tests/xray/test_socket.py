"""The x-ray socket: who gets in, what is pushed and when, and that garbage hurts nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
import pytest

from minikafka.xray import client as viewing
from minikafka.xray import server as serving
from minikafka.xray import wire
from minikafka.xray.client import SocketFeed, XrayClient
from minikafka.xray.discovery import Announcement, NoCluster
from minikafka.xray.server import XrayServer
from minikafka.xray.snapshot import EventLine, Snapshot, Topic
from minikafka.xray.source import Answer

TOKEN = "the-right-token"


class CountingSource:
    """Counts what is built; `move` changes the cluster."""

    def __init__(self) -> None:
        self.built = 0
        self.moves = 0
        self.listeners: list[Callable[[], None]] = []
        self.commands: list[tuple[str, dict[str, Any]]] = []

    async def snapshot(self) -> Snapshot:
        self.built += 1
        topics = tuple(Topic(f"t{n}") for n in range(self.moves))
        events = tuple(EventLine(n, float(n), "broker-1", "Moved", f"move {n}") for n in range(self.moves))
        return Snapshot(self.built, float(self.moves), "live", "lab", topics=topics, events=events[-3:])

    async def command(self, name: str, args: Mapping[str, Any]) -> Answer:
        if name == "explode":
            raise ZeroDivisionError("on purpose")
        self.commands.append((name, dict(args)))
        return Answer(True, f"{name} done.", {"n": 1})

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(changed)
        return lambda: self.listeners.remove(changed)

    def move(self) -> None:
        self.moves += 1
        for changed in self.listeners:
            changed()


def run(
    scenario: Callable[[CountingSource, XrayServer], Awaitable[None]], *, interval_s: float = 0.0
) -> None:
    async def main() -> None:
        source = CountingSource()
        server = XrayServer(source, name="lab", token=TOKEN, interval_s=interval_s)
        await server.start()
        try:
            async with asyncio.timeout(20):
                await scenario(source, server)
        finally:
            await server.close()

    asyncio.run(main())


class Watcher:
    """A client with its pictures."""

    def __init__(self, client: XrayClient) -> None:
        self.client = client
        self.pictures: list[Snapshot] = []
        self._news = asyncio.Condition()
        self.task = asyncio.create_task(client.pictures(self._show))

    def _show(self, snapshot: Snapshot) -> None:
        self.pictures.append(snapshot)

    async def until(self, true: Callable[[Snapshot], bool]) -> Snapshot:
        while not (self.pictures and true(self.pictures[-1])):
            await asyncio.sleep(0)
        return self.pictures[-1]

    async def leave(self) -> None:
        self.client.close()
        await asyncio.gather(self.task, return_exceptions=True)


async def watcher(server: XrayServer) -> Watcher:
    return Watcher(await XrayClient.open("127.0.0.1", server.port, TOKEN))


def test_a_viewer_with_the_token_sees_each_change() -> None:
    async def scenario(source: CountingSource, server: XrayServer) -> None:
        viewer = await watcher(server)
        await viewer.until(lambda s: s.topics == ())
        source.move()
        source.move()
        seen = await viewer.until(lambda s: len(s.topics) == 2)
        assert [e.text for e in seen.events] == ["move 0", "move 1"]
        await viewer.leave()

    run(scenario)


def test_a_wrong_token_gets_one_sentence_and_a_closed_door() -> None:
    async def scenario(source: CountingSource, server: XrayServer) -> None:
        with pytest.raises(ConnectionError, match=r"Closed: wrong token\."):
            await XrayClient.open("127.0.0.1", server.port, "guess")
        assert source.built == 0

    run(scenario)


def test_nothing_is_built_while_no_one_watches() -> None:
    async def scenario(source: CountingSource, server: XrayServer) -> None:
        for _ in range(100):
            source.move()
        assert (source.built, source.listeners) == (0, [])
        viewer = await watcher(server)
        await viewer.until(lambda s: len(s.topics) == 100)
        await viewer.leave()
        while server.viewers:
            await asyncio.sleep(0)
        built = source.built
        for _ in range(100):
            source.move()
        await asyncio.sleep(0)
        assert source.built == built
        assert source.listeners == []

    run(scenario)


def test_a_thousand_changes_are_few_pictures() -> None:
    async def scenario(source: CountingSource, server: XrayServer) -> None:
        viewer = await watcher(server)
        await viewer.until(lambda s: True)
        for _ in range(1_000):
            source.move()
            await asyncio.sleep(0)
        await viewer.until(lambda s: len(s.topics) == 1_000)
        assert source.built < 20
        await viewer.leave()

    run(scenario, interval_s=0.1)


def test_commands_are_answered_also_when_they_explode() -> None:
    async def scenario(source: CountingSource, server: XrayServer) -> None:
        viewer = await watcher(server)
        answer = await viewer.client.command("kill", {"host": "broker-2"})
        assert answer == Answer(True, "kill done.", {"n": 1})
        assert source.commands == [("kill", {"host": "broker-2"})]
        answer = await viewer.client.command("explode", {})
        assert not answer.ok
        assert "on purpose" in answer.text
        await viewer.leave()

    run(scenario)


@pytest.mark.parametrize(
    "garbage",
    [
        b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x00\x00\x00\x00",
        b"\x7f\xff\xff\xff",
        b"\xff\xff\xff\xff",
        b"\x00\x00\x00\x05hello",
        b"\x00\x00\x00\x03\x93\x93\x93",
        b"\x00\x00\x00\x02" + msgspec.msgpack.encode([1]),
        wire.encode(wire.Ask(1, "kill", {"host": "broker-1"})),
        wire.encode(wire.Hello(TOKEN, version=99)),
        wire.encode(wire.Hello(TOKEN)) + b"\x00\x00\x00\x02\xc1\xc1",
        wire.encode(wire.Hello(TOKEN)) + wire.encode(wire.Hello(TOKEN)),
        b"\x00\x00",
        b"",
    ],
)
def test_garbage_closes_its_own_connection_only(garbage: bytes) -> None:
    async def scenario(source: CountingSource, server: XrayServer) -> None:
        viewer = await watcher(server)
        await viewer.until(lambda s: True)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(garbage)
        writer.write_eof()
        await reader.read()
        writer.close()
        source.move()
        await viewer.until(lambda s: len(s.topics) == 1)
        assert source.commands == []
        await viewer.leave()

    run(scenario)


def test_a_feed_finds_the_cluster_again_on_another_port() -> None:
    async def scenario(source: CountingSource, server: XrayServer) -> None:
        other = XrayServer(source, name="lab", token="another", interval_s=0.0)
        await other.start()
        now = Announcement("lab", 1, server.port, TOKEN)
        feed = SocketFeed(now, find=lambda name: now, retry_s=0.0)
        pictures: list[Snapshot] = []
        losses: list[str] = []
        watching = asyncio.create_task(feed.watch(pictures.append, losses.append))
        while not pictures:
            await asyncio.sleep(0)
        now = Announcement("lab", 1, other.port, "another")
        await server.close()
        while not losses:
            await asyncio.sleep(0)
        pictures.clear()
        while not pictures:
            await asyncio.sleep(0)
        assert (await feed.command("heal", {})).ok
        await feed.close()
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        await other.close()

    run(scenario)


def test_once_gives_one_picture_and_a_dead_port_one_sentence() -> None:
    async def scenario(source: CountingSource, server: XrayServer) -> None:
        here = Announcement("lab", 1, server.port, TOKEN)
        assert (await SocketFeed(here, find=lambda name: here).once()).name == "lab"
        await server.close()

        def nobody(name: str) -> Announcement:
            raise NoCluster("none")

        with pytest.raises(ConnectionError, match=r"Nobody listens on 127\.0\.0\.1"):
            await SocketFeed(here, find=nobody).once()

    run(scenario)


def test_who_watches_hears_something_also_while_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PULSE_S", 0.01)

    async def scenario(source: CountingSource, server: XrayServer) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(wire.encode(wire.Hello(TOKEN)))
        kinds = []
        while kinds.count(wire.Pulse) < 3:
            kinds.append(type(wire.decode_from_server(await wire.read_frame(reader, wire.MAX_PUSH_BYTES))))
        assert kinds[:2] == [wire.Welcome, wire.Push]
        assert source.built == 1
        writer.close()

    run(scenario)


def test_a_cluster_that_makes_no_picture_any_more_is_told_of_and_so_is_one_that_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(serving, "PULSE_S", 0.01)
    monkeypatch.setattr(viewing, "SILENCE_S", 0.05)

    async def scenario(source: CountingSource, server: XrayServer) -> None:
        stuck = asyncio.Event()

        async def never() -> Snapshot:
            await stuck.wait()
            raise AssertionError

        told: list[str] = []
        client = await XrayClient.open("127.0.0.1", server.port, TOKEN)
        pictures: list[Snapshot] = []
        watching = asyncio.create_task(client.pictures(pictures.append, told.append))
        while not pictures:
            await asyncio.sleep(0)
        monkeypatch.setattr(source, "snapshot", never)
        source.move()
        while "The cluster has been drawing its next picture for 0 s." not in told:
            await asyncio.sleep(0.01)
        told.clear()
        monkeypatch.setattr(serving, "PULSE_S", 1_000.0)
        while not any("Nothing has come from the cluster for" in sentence for sentence in told):
            await asyncio.sleep(0.01)
        client.close()
        await asyncio.gather(watching, return_exceptions=True)

    run(scenario)


def test_a_viewer_that_reads_slowly_skips_pictures_and_gets_what_changed_since_its_last() -> None:
    async def scenario(source: CountingSource, server: XrayServer) -> None:
        viewer = await watcher(server)
        await viewer.until(lambda s: True)
        pusher = next(iter(server._viewers.values()))
        gate = asyncio.Event()
        drain = pusher._writer.drain

        async def slow() -> None:
            await gate.wait()
            await drain()

        pusher._writer.drain = slow  # type: ignore[method-assign]
        for _ in range(50):
            source.move()
            await asyncio.sleep(0.001)
        gate.set()
        seen = await viewer.until(lambda s: len(s.topics) == 50)
        assert len(viewer.pictures) < 10
        assert [e.seq for e in seen.events] == [47, 48, 49]
        other = await watcher(server)
        assert await other.until(lambda s: True) == server.latest
        await viewer.leave()
        await other.leave()

    run(scenario)


def test_what_changed_is_put_down_once_for_all_viewers(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int | None] = []
    whole = serving.diff_in_pieces

    def counted(old: Snapshot | None, new: Snapshot) -> Any:
        made.append(None if old is None else old.version)
        return whole(old, new)

    async def scenario(source: CountingSource, server: XrayServer) -> None:
        viewers = [await watcher(server) for _ in range(8)]
        for moves in range(1, 20):
            source.move()
            for viewer in viewers:
                await viewer.until(lambda s, moves=moves: len(s.topics) == moves)  # type: ignore[misc]
        counts = [made.count(version) for version in dict.fromkeys(made) if version is not None]
        assert max(counts) == 1
        for viewer in viewers:
            await viewer.leave()

    monkeypatch.setattr(serving, "diff_in_pieces", counted)
    run(scenario)


def test_a_cluster_that_is_back_and_has_not_changed_is_shown_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "PULSE_S", 1_000.0)
    monkeypatch.setattr(viewing, "SILENCE_S", 0.02)

    async def scenario(source: CountingSource, server: XrayServer) -> None:
        told: list[str] = []
        pictures: list[Snapshot] = []
        client = await XrayClient.open("127.0.0.1", server.port, TOKEN)
        watching = asyncio.create_task(client.pictures(pictures.append, told.append))
        while not told:
            await asyncio.sleep(0.01)
        (viewer,) = server._viewers.values()
        viewer._writer.write(server.pulse())
        while len(pictures) < 2:
            await asyncio.sleep(0.01)
        assert pictures[0] is pictures[1]
        client.close()
        await asyncio.gather(watching, return_exceptions=True)

    run(scenario)
