"""Where descriptors are few, clients wait or idle ones give way; the hosts' own links and their listeners stay."""

import asyncio
import socket
import subprocess
import sys
import time

import pytest

from minikafka.world import LiveUniverse, new_live_loop

LOOPS = [new_live_loop, asyncio.new_event_loop]


class Served(asyncio.Protocol):
    """A server's end, of which the test says what it is doing."""

    def __init__(self):
        self.has_asked = False
        self.idle_since = time.monotonic()
        self.is_lost = False

    def connection_made(self, transport):
        self.transport = transport

    def connection_lost(self, error):
        self.is_lost = True


@pytest.fixture
def room_for(monkeypatch):
    """So many connections before strangers' idle ones give way; both ends of a link count."""

    def limit(most):
        monkeypatch.setattr("minikafka.world.live._connections_of_a_universe", lambda: most)

    return limit


def run(scenario, loop_factory=new_live_loop):
    async def limited():
        with LiveUniverse() as universe:
            served, ends = [], []

            def accept():
                served.append(Served())
                return served[-1]

            listener = await universe.world("broker-1").network.listen(accept, 0)

            async def strangers(count):
                before = len(served)
                for _ in range(count):
                    ends.append(await asyncio.open_connection("127.0.0.1", listener.port))
                async with asyncio.timeout(10):
                    while len(served) < before + count:
                        await asyncio.sleep(0.001)
                await asyncio.sleep(0.01)

            async with asyncio.timeout(30):
                await scenario(universe, listener, served, strangers)
            assert universe.trace.failures == []

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(limited())


@pytest.mark.parametrize("loop_factory", LOOPS)
def test_idle_strangers_give_way_to_new_ones_and_the_hosts_own_links_stay(room_for, loop_factory):
    room_for(6)

    async def scenario(universe, listener, served, strangers):
        link, _ = await universe.world("broker-2").network.connect(
            asyncio.Protocol, "127.0.0.1", listener.port
        )
        await strangers(20)
        lost = [each.is_lost for each in served]
        assert lost == [False] + 16 * [True] + 4 * [False], "the oldest of the strangers"
        assert not link.is_closing()

    run(scenario, loop_factory)


def test_who_never_asked_gives_way_first_and_who_is_busy_not_at_all(room_for):
    room_for(4)

    async def scenario(universe, listener, served, strangers):
        await strangers(3)
        client, silent, busy = served
        client.has_asked = busy.has_asked = True
        now = time.monotonic()
        client.idle_since, silent.idle_since, busy.idle_since = now - 30, now - 20, None
        await strangers(2)
        assert (client.is_lost, silent.is_lost, busy.is_lost) == (False, True, False)
        for each in served[3:]:
            each.has_asked = True
        await strangers(1)
        assert (client.is_lost, busy.is_lost) == (True, False), "then who has not asked for longest"

    run(scenario)


def test_nobody_gives_way_while_there_is_room(room_for):
    room_for(40)

    async def scenario(universe, listener, served, strangers):
        await strangers(20)
        assert not any(each.is_lost for each in served)

    run(scenario)


@pytest.mark.parametrize("loop_factory", LOOPS)
def test_many_who_come_at_once_are_all_served(loop_factory):
    async def scenario(universe, listener, served, strangers):
        together = [asyncio.open_connection("127.0.0.1", listener.port) for _ in range(100)]
        await asyncio.gather(*together)
        while len(served) < 100:
            await asyncio.sleep(0.001)

    run(scenario, loop_factory)


@pytest.mark.parametrize("loop", ["new_live_loop", "asyncio.new_event_loop"])
def test_a_listener_without_descriptors_waits_for_some(loop, tmp_path):
    pytest.importorskip("resource")
    code = f"""
import asyncio, os, resource, socket
from minikafka.world import LiveUniverse, new_live_loop
resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))

async def scenario():
    with LiveUniverse({str(tmp_path)!r}) as universe:
        asyncio.get_running_loop().set_exception_handler(universe.handle_exception)
        made = []
        def accept():
            made.append(asyncio.Protocol())
            return made[-1]
        listener = await universe.world("broker-1").network.listen(accept, 0)
        clients, taken = [socket.socket() for _ in range(3)], []
        try:
            while True:
                taken.append(os.open("/dev/null", os.O_RDONLY))
        except OSError:
            pass
        for client in clients:
            client.connect(("127.0.0.1", listener.port))
        await asyncio.sleep(0.3)
        print(len(made))
        for each in taken:
            os.close(each)
        while len(made) < 3:
            await asyncio.sleep(0.01)
        print(len(made), universe.trace.failures)

with asyncio.Runner(loop_factory={loop}) as runner:
    runner.run(scenario())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30)
    assert (done.stdout.split(), done.stderr) == (["0", "3", "[]"], "")


def test_a_listener_s_port_may_be_in_use():
    async def scenario(universe, listener, served, strangers):
        with pytest.raises(OSError, match="in use"):
            await universe.world("broker-2").network.listen(Served, listener.port)
        with socket.socket() as other:
            listener.close()
            other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            other.bind(("127.0.0.1", listener.port))

    run(scenario)
