"""Parts of files go from the page cache to a socket: right, in order, and with an error when somebody cuts the file."""

import asyncio
import os
import socket

import pytest

import minikafka.world.page_cache_send as page_cache_send
from minikafka.world import (
    LEAST_SLICE_BYTES,
    PAGE_BYTES,
    FileSlice,
    LiveUniverse,
    ShortFile,
    SimulatedUniverse,
    SliceGone,
    new_live_loop,
)

LOOPS = {"uvloop or asyncio": new_live_loop, "asyncio": asyncio.new_event_loop}
MIB = 1 << 20


class Collector(asyncio.Protocol):
    def __init__(self, loop):
        self.received = bytearray()
        self.ended = loop.create_future()

    def data_received(self, data):
        self.received += data

    def connection_lost(self, error):
        self.ended.set_result(error)


def sent(send, *, loop_factory, reads_late=False):
    """What a client received of what `send(network, transport, file)` sent it, and what that left until there was room
    for it; the disk's counters; and how much the transport held each time when there was none."""

    async def scenario():
        with LiveUniverse() as universe:
            loop = asyncio.get_running_loop()
            server, client = universe.world("broker-1"), universe.world("client-1")
            file = server.disk.open("a.log", create=True)
            file.append(CONTENT)

            class Sender(asyncio.Protocol):
                def connection_made(self, transport):
                    self.transport = transport
                    self.left = send(server.network, transport, file)
                    self.go_on()

                def resume_writing(self):
                    self.left = server.network.write(self.transport, self.left)
                    self.go_on()

                def go_on(self):
                    if self.left:
                        held.append(self.transport.get_write_buffer_size())
                    else:
                        file.truncate(0)  # nothing that was sent is asked for later
                        self.transport.close()

            held = []
            listener = await server.network.listen(Sender, 0)
            transport, collector = await client.network.connect(
                lambda: Collector(loop), client.network.address, listener.port
            )
            if reads_late:
                transport.pause_reading()
                await asyncio.sleep(0.05)
                transport.resume_reading()
            async with asyncio.timeout(30):
                await collector.ended
            assert universe.trace.failures == []
            return bytes(collector.received), server.disk.counters, held

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(scenario())


CONTENT = os.urandom(20 * MIB)


@pytest.mark.parametrize("loop_factory", LOOPS.values(), ids=LOOPS)
def test_slices_arrive_between_the_bytes_around_them(loop_factory):
    def send(network, transport, file):
        return network.write(
            transport, [b"head", FileSlice(file, 4097, MIB), b"mid", FileSlice(file, 3, 20_000), b"tail"]
        )

    received, counters, _ = sent(send, loop_factory=loop_factory)
    assert received == b"head" + CONTENT[4097 : 4097 + MIB] + b"mid" + CONTENT[3:20_003] + b"tail"
    assert counters.sends


@pytest.mark.parametrize("loop_factory", LOOPS.values(), ids=LOOPS)
def test_what_the_transport_holds_goes_first(loop_factory):
    def send(network, transport, file):
        transport.write(CONTENT)
        return network.write(transport, [b"head", FileSlice(file, 5, MIB)])

    assert (
        sent(send, loop_factory=loop_factory, reads_late=True)[0] == CONTENT + b"head" + CONTENT[5 : 5 + MIB]
    )


@pytest.mark.parametrize("loop_factory", LOOPS.values(), ids=LOOPS)
def test_what_a_slow_reader_leaves_in_the_kernel_s_way_is_sent_later(loop_factory):
    """More than any send buffer holds: of the rest there is never more than a page in memory."""
    pieces = [b"head" * 5, None, b"mid", None, b"tail"]

    def send(network, transport, file):
        return network.write(
            transport, [FileSlice(file, 0, len(CONTENT)) if p is None else p for p in pieces]
        )

    received, counters, held = sent(send, loop_factory=loop_factory, reads_late=True)
    assert received == b"".join(CONTENT if piece is None else piece for piece in pieces)
    assert 0 < counters.bytes_sent < 2 * len(CONTENT)
    assert held and max(held) <= PAGE_BYTES + len(b"headmid")


@pytest.mark.parametrize("count", [510, 511, 512, 513, 1500])
def test_more_pieces_than_a_system_call_takes(count):
    """A thousand partitions of small batches, then one of large batches."""
    piece = CONTENT[:LEAST_SLICE_BYTES]

    def send(network, transport, file):
        return network.write(transport, [*[piece] * count, FileSlice(file, 5, MIB), b"tail"])

    received, counters, _ = sent(send, loop_factory=new_live_loop)
    assert received == piece * count + CONTENT[5 : 5 + MIB] + b"tail"
    assert counters.sends


@pytest.mark.parametrize("when", ["before", "meanwhile"])
@pytest.mark.parametrize("left", [0, 100, 4096, 5000, 100_000, MIB - 1])
def test_a_file_that_somebody_has_cut_is_an_error_and_kills_nobody(tmp_path, monkeypatch, left, when):
    """Also where a mapping's last page hides the end of the file, and when it is cut under a mapping."""
    path = tmp_path / "broker-1" / "a.log"

    def cut_then_send(*args, send=page_cache_send._send):
        os.truncate(path, left)
        return send(*args)

    async def scenario():
        with LiveUniverse(tmp_path) as universe:
            world = universe.world("broker-1")
            file = world.disk.open("a.log", create=True)
            file.append(CONTENT[:MIB])
            if when == "before":
                os.truncate(path, left)
            else:
                monkeypatch.setattr(page_cache_send, "_send", cut_then_send)
            failed = asyncio.get_running_loop().create_future()

            class Sender(asyncio.Protocol):
                def connection_made(self, transport):
                    try:
                        world.network.write(transport, [b"head", FileSlice(file, 0, MIB)])
                    except OSError as error:
                        failed.set_result(error)
                    transport.abort()

            listener = await world.network.listen(Sender, 0)
            await universe.world("client-1").network.connect(asyncio.Protocol, "127.0.0.1", listener.port)
            async with asyncio.timeout(30):
                return await failed

    with asyncio.Runner(loop_factory=new_live_loop) as runner:
        assert isinstance(runner.run(scenario()), ShortFile)


def test_nothing_is_sent_of_a_closed_file(tmp_path):
    with LiveUniverse(tmp_path) as universe, socket.socket() as wire:
        file = universe.world("broker-1").disk.open("a.log", create=True)
        file.append(CONTENT[:MIB])
        file.close()
        with pytest.raises(OSError, match="closed"):
            file.send(wire.fileno(), [], 0, MIB)


def test_a_simulated_network_sends_the_same():
    universe = SimulatedUniverse(1)
    world = universe.world("broker-1")
    file = world.disk.open("a.log", create=True)
    file.append(CONTENT[:MIB])

    class Sender(asyncio.Protocol):
        def connection_made(self, transport):
            world.network.write(transport, [b"head", FileSlice(file, 7, LEAST_SLICE_BYTES)])
            file.truncate(0)
            transport.close()

    async def scenario():
        await world.network.listen(Sender, 9092)
        client = universe.world("client-1")
        _, collector = await client.network.connect(lambda: Collector(universe.loop), "broker-1", 9092)
        await collector.ended
        return bytes(collector.received)

    assert universe.run(scenario()) == b"head" + CONTENT[7 : 7 + LEAST_SLICE_BYTES]
    universe.close()


@pytest.mark.parametrize("end", ["truncated", "written anew", "closed"])
@pytest.mark.parametrize("world", ["live", "simulated"])
def test_a_file_that_changes_while_a_peer_takes_its_time_is_sent_no_further(tmp_path, world, end):
    """Not even where other bytes stand at the same place now."""
    universe = LiveUniverse(tmp_path) if world == "live" else SimulatedUniverse(1)

    async def scenario():
        broker, client = universe.world("broker-1"), universe.world("client-1")
        file = broker.disk.open("a.log", create=True)
        file.append(CONTENT)
        made = asyncio.get_running_loop().create_future()

        class Sender(asyncio.Protocol):
            def connection_made(self, transport):
                made.set_result((transport, broker.network.write(transport, [FileSlice(file, 0, 20 * MIB)])))

        listener = await broker.network.listen(Sender, 0)
        reader, _ = await client.network.connect(asyncio.Protocol, broker.network.address, listener.port)
        reader.pause_reading()
        transport, left = await made
        assert left
        if end == "closed":
            file.close()
        else:
            file.truncate(0)
            if end == "written anew":
                file.append(CONTENT)
        with pytest.raises(SliceGone):
            broker.network.write(transport, left)
        transport.abort()
        reader.abort()

    with universe:
        if world == "simulated":
            universe.run(scenario())
        else:
            with asyncio.Runner(loop_factory=new_live_loop) as runner:
                runner.run(scenario())
