"""The live universe: real TCP, real files, and the same hosts."""

import asyncio
import contextlib
import gc
import os
import socket
import subprocess
import sys
import weakref

import pytest

from minikafka.world import HOST, DiskLocked, HostDown, LiveUniverse, new_live_loop


class Recorder(asyncio.Protocol):
    def __init__(self):
        self.received = bytearray()
        self.hosts = set()
        self.more = asyncio.Event()
        self.lost = asyncio.Event()

    def connection_made(self, transport):
        self.transport = transport
        self.hosts.add(HOST.get())

    def data_received(self, data):
        self.hosts.add(HOST.get())
        self.received += data
        self.more.set()

    def connection_lost(self, error):
        self.lost.set()


class BufferedEcho(asyncio.BufferedProtocol):
    def __init__(self):
        self.buffer = bytearray(1000)

    def connection_made(self, transport):
        self.transport = transport

    def get_buffer(self, sizehint):
        return self.buffer

    def buffer_updated(self, size):
        self.transport.write(bytes(self.buffer[:size]))


def run(scenario, root=None, loop_factory=new_live_loop):
    """Run a scenario with a universe on a loop of its own, within a limit that only a hang reaches."""

    async def limited():
        with LiveUniverse(root) as universe:
            asyncio.get_running_loop().set_exception_handler(universe.handle_exception)
            async with asyncio.timeout(30):
                result = await scenario(universe)
            assert universe.trace.failures == []
            return result

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(limited())


@pytest.mark.parametrize("loop_factory", [new_live_loop, asyncio.new_event_loop])
@pytest.mark.parametrize("echo", [BufferedEcho, Recorder])
def test_hosts_talk_over_tcp(loop_factory, echo):
    async def scenario(universe):
        accepted = []

        def accept():
            accepted.append(echo())
            return accepted[-1]

        broker, client = universe.world("broker-1"), universe.world("client-1")
        listener = await broker.network.listen(accept, 0)
        transport, near = await client.network.connect(Recorder, broker.network.address, listener.port)
        assert transport.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        transport.write(b"hello")
        if echo is BufferedEcho:
            await near.more.wait()
            assert near.received == b"hello"
            assert near.hosts == {"client-1"}
        else:
            await accepted[0].more.wait()
            assert accepted[0].received == b"hello"
            assert accepted[0].hosts == {"broker-1"}
        peername = accepted[0].transport.get_extra_info("peername")
        assert broker.network.host_of(peername) == "client-1"
        assert broker.network.host_of(("127.0.0.1", 1)) is None
        listener.abort()
        await near.lost.wait()

    run(scenario, loop_factory=loop_factory)


def test_a_stranger_may_connect_too():
    async def scenario(universe):
        listener = await universe.world("broker-1").network.listen(BufferedEcho, 0)
        reader, writer = await asyncio.open_connection("127.0.0.1", listener.port)
        writer.write(b"hi")
        assert await reader.readexactly(2) == b"hi"
        writer.close()

    run(scenario)


def test_a_partition_resets_connections_and_refuses_new_ones_until_it_heals():
    async def scenario(universe):
        brokers = [universe.world(f"broker-{n}") for n in (1, 2, 3)]
        listener = await brokers[0].network.listen(Recorder, 0)
        _, cut = await brokers[1].network.connect(Recorder, "127.0.0.1", listener.port)
        _, spared = await brokers[2].network.connect(Recorder, "127.0.0.1", listener.port)
        universe.partition(["broker-1", "broker-3"], ["broker-2"])
        await cut.lost.wait()
        assert not spared.transport.is_closing()
        with pytest.raises(OSError, match="can't be reached"):
            await brokers[1].network.connect(Recorder, "localhost", listener.port)
        universe.heal()
        await brokers[1].network.connect(Recorder, "localhost", listener.port)
        universe.partition(["broker-1"])
        await spared.lost.wait()

    run(scenario)


def test_a_crash_takes_tasks_connections_listeners_files_and_locks(tmp_path):
    async def scenario(universe):
        broker, client = universe.world("broker-1"), universe.world("client-1")
        accepted = []

        def accept():
            accepted.append(Recorder())
            return accepted[-1]

        async def work():
            asyncio.get_running_loop().create_task(asyncio.sleep(1000), name="nobody's child")
            try:
                await asyncio.sleep(1000)
            finally:
                with contextlib.suppress(HostDown):
                    broker.disk.write_atomic("clean-shutdown", b"")

        listener = await broker.network.listen(accept, 0)
        _, near = await client.network.connect(Recorder, "127.0.0.1", listener.port)
        file = broker.disk.open("log", create=True)
        file.append(b"written")
        broker.disk.lock(".lock")
        task = broker.spawn(work(), "work")
        broker.call_later(0.001, accepted.append, "timer")
        while not accepted:
            await asyncio.sleep(0)
        universe.crash("broker-1")
        await near.lost.wait()
        await asyncio.wait([task])
        await asyncio.sleep(0.01)
        assert len(accepted) == 1
        assert not accepted[0].lost.is_set()
        assert {t.get_name() for t in asyncio.all_tasks()} == {asyncio.current_task().get_name()}
        with pytest.raises(ConnectionRefusedError):
            await client.network.connect(Recorder, "127.0.0.1", listener.port)
        for attempt in (lambda: file.append(b"x"), lambda: file.read_at(0, 1), file.sync):
            with pytest.raises(OSError, match=r".+"):
                attempt()
        again = universe.world("broker-1")
        assert again is not broker
        again.disk.lock(".lock")
        assert again.disk.listdir("") == [".lock", "log"]
        assert again.disk.read_bytes("log") == b"written"
        assert (await again.network.listen(Recorder, listener.port)).port == listener.port

    run(scenario, tmp_path)


def test_a_lock_holds_against_another_process(tmp_path):
    code = """if True:
        import sys
        from minikafka.world import DiskLocked, LiveUniverse
        try:
            LiveUniverse(sys.argv[1]).world("broker-1").disk.lock(".lock")
        except DiskLocked:
            print("locked")
    """
    with LiveUniverse(tmp_path) as universe:
        lock = universe.world("broker-1").disk.lock(".lock")
        with pytest.raises(DiskLocked):
            universe.world("broker-1").disk.lock(".lock")

        def other():
            return subprocess.run(
                [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
            ).stdout.strip()

        assert other() == "locked"
        lock.release()
        lock.release()
        assert other() == ""


def test_a_temporary_directory_goes_and_a_given_one_stays(tmp_path):
    universe = LiveUniverse()
    universe.world("broker-1").disk.write_atomic("x", b"y")
    assert (universe.root / "broker-1" / "x").read_bytes() == b"y"
    universe.close()
    universe.close()
    assert not universe.root.exists()
    with pytest.raises(RuntimeError, match="closed"):
        universe.world("broker-1")
    with LiveUniverse(tmp_path) as universe:
        universe.world("broker-1").disk.write_atomic("x", b"y")
    assert (tmp_path / "broker-1" / "x").read_bytes() == b"y"


def test_files_are_closed_with_the_universe():
    before = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    for _ in range(3):
        with LiveUniverse() as universe:
            for n in range(10):
                universe.world("broker-1").disk.open(f"f{n}", create=True)
    after = len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0
    assert after <= before


def test_a_failed_task_is_recorded():
    async def scenario():
        async def fail():
            raise ValueError("broken")

        with LiveUniverse() as universe:
            await asyncio.wait([universe.world("broker-1").spawn(fail(), "fetcher")])
            await asyncio.sleep(0)
            assert [str(error) for error in universe.trace.failures] == ["broken"]
            assert universe.trace.recent[-1].host == "broker-1"
            assert universe.world("broker-1").clock.time_ms() > 1_700_000_000_000

    asyncio.run(scenario())


def test_a_host_that_is_down_is_not_kept_by_what_it_had_planned(tmp_path):
    class Node:
        def later(self):
            raise AssertionError("a dead host acts")

    async def scenario():
        with LiveUniverse(tmp_path) as universe:
            world, node = universe.world("broker-1"), Node()
            for number in range(200):
                world.call_later(600 if number % 2 else 0, node.later if number % 2 else lambda: None)
                await asyncio.sleep(0)
            assert len(world.life.timers) < 200  # those that are over are not remembered
            gone = weakref.ref(node)
            del node
            gc.collect()
            assert gone() is not None
            universe.end("broker-1")
            gc.collect()
            assert gone() is None

    asyncio.run(scenario())


def test_a_client_that_is_gone_leaves_no_world(tmp_path):
    async def scenario():
        with LiveUniverse(tmp_path) as universe:
            kept, left = universe.guest("client-1"), weakref.ref(universe.guest("client-2"))
            gc.collect()
            assert left() is None
            assert kept.life.alive
        assert not kept.life.alive  # a universe that ends ends them, too

    asyncio.run(scenario())
