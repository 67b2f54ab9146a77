"""The simulated network behaves like TCP between machines."""

import asyncio
import contextlib
import errno
import socket

import pytest

from minikafka.world import HOST, SimulatedUniverse


class End(asyncio.Protocol):
    """Remembers what happens to it."""

    def __init__(self, *, half_open=False):
        self.received = bytearray()
        self.chunks = []
        self.log = []
        self.hosts = set()
        self.half_open = half_open
        self.lost = asyncio.get_running_loop().create_future()

    def connection_made(self, transport):
        self.transport = transport
        self.hosts.add(HOST.get())
        self.log.append("made")

    def data_received(self, data):
        assert type(data) is bytes
        self.hosts.add(HOST.get())
        self.received += data
        self.chunks.append(data)

    def eof_received(self):
        self.log.append("eof")
        return self.half_open

    def pause_writing(self):
        self.hosts.add(HOST.get())
        self.log.append("pause")

    def resume_writing(self):
        self.hosts.add(HOST.get())
        self.log.append("resume")

    def connection_lost(self, error):
        self.hosts.add(HOST.get())
        self.log.append("lost")
        self.error = error
        self.lost.set_result(error)


class BufferedEnd(asyncio.BufferedProtocol):
    def __init__(self, size):
        self.buffer = bytearray(size)
        self.received = bytearray()

    def connection_made(self, transport):
        self.transport = transport

    def get_buffer(self, sizehint):
        return self.buffer

    def buffer_updated(self, size):
        assert 0 < size <= len(self.buffer)
        self.received += self.buffer[:size]


class Pair:
    """A client and a server end, connected."""

    def __init__(self, universe, server=End, client=End, port=9092):
        self.universe = universe
        self.far = None

        def accept():
            self.far = server()
            return self.far

        async def connect():
            self.listener = await universe.world("broker-1").network.listen(accept, port)
            _, self.near = await universe.world("client-1").network.connect(client, "broker-1", port)

        universe.run(connect())


@contextlib.contextmanager
def pair(seed=1, server=End, client=End, **options):
    with SimulatedUniverse(seed, **options) as universe:
        yield Pair(universe, server, client)
        assert universe.trace.failures == []


def test_bytes_arrive_in_order_after_the_latency():
    with pair(latency_s=(0.010, 0.020)) as p:
        for n in range(90):
            p.near.transport.write(bytes([n]))
            p.universe.run_for(0.0001)
        assert not p.far.received
        p.universe.run_for(1)
        assert p.far.received == bytes(range(90))
        assert len(p.far.chunks) == 90
        assert p.far.hosts == {"broker-1"}
        assert p.near.hosts == {"client-1"}
        assert p.far.transport.get_extra_info("peername")[0] == "client-1"
        assert p.near.transport.get_extra_info("peername") == ("broker-1", 9092)
        assert p.near.transport.get_extra_info("socket").getsockname()[0] == "client-1"
        assert p.universe.world("broker-1").network.host_of(("client-1", 1)) == "client-1"


def test_what_is_written_is_copied_at_once():
    with pair() as p:
        buffer = bytearray(b"before")
        p.near.transport.write(memoryview(buffer))
        p.near.transport.writelines([b"-", bytearray(b"x"), memoryview(b"y")])
        buffer[:] = b"after!"
        p.universe.run_for(1)
        assert p.far.received == b"before-xy"


def test_writes_of_one_instant_travel_together_and_big_ones_are_read_in_pieces():
    with pair() as p:
        p.near.transport.write(b"a")
        p.near.transport.write(b"b")
        p.universe.run_for(1)
        assert p.far.chunks == [b"ab"]
        p.near.transport.write(bytes(1_000_000))
        p.universe.run_for(1)
        assert max(map(len, p.far.chunks)) == 256 * 1024
        assert len(p.far.received) == 1_000_002


def test_chunking_cuts_the_stream_anywhere():
    with pair(chunking=True) as p:
        for _ in range(40):
            p.near.transport.write(bytes(range(256)))
            p.universe.run_for(1)
        assert p.far.received == bytes(range(256)) * 40
        assert len(p.far.chunks) > 60


@pytest.mark.parametrize("chunking", [False, True])
def test_a_buffered_protocol_is_filled_through_its_own_buffer(chunking):
    with pair(server=lambda: BufferedEnd(1000), chunking=chunking) as p:
        data = bytes(n % 251 for n in range(12_345))
        p.near.transport.write(data)
        p.universe.run_for(1)
        assert p.far.received == data


def test_a_reader_that_pauses_stops_the_writer():
    with pair() as p:
        p.far.transport.pause_reading()
        for _ in range(20):
            p.near.transport.write(bytes(50_000))
        assert p.near.log == ["made", "pause"]
        p.universe.run_for(5)
        assert not p.far.received
        assert p.near.transport.get_write_buffer_size() > 500_000
        p.far.transport.resume_reading()
        p.universe.run_for(5)
        assert len(p.far.received) == 1_000_000
        assert p.near.log == ["made", "pause", "resume"]
        assert p.near.transport.get_write_buffer_size() == 0


def test_a_reader_may_pause_within_a_read():
    class Careful(End):
        def data_received(self, data):
            super().data_received(data)
            self.transport.pause_reading()

    with pair(server=Careful) as p:
        p.near.transport.write(bytes(600_000))
        p.universe.run_for(1)
        assert len(p.far.received) == 256 * 1024
        p.far.transport.resume_reading()
        p.universe.run_for(1)
        assert len(p.far.received) == 512 * 1024


def test_close_lets_what_was_written_arrive_then_ends_the_stream():
    with pair() as p:
        p.near.transport.write(b"last words")
        p.near.transport.close()
        p.near.transport.close()
        p.universe.run_for(1)
        assert p.far.received == b"last words"
        assert p.far.log == ["made", "eof", "lost"]
        assert p.far.error is None
        assert p.near.log == ["made", "lost"]
        assert not p.universe.fabric.connections


def test_a_half_closed_connection_still_carries_the_answer():
    with pair(server=lambda: End(half_open=True)) as p:
        p.near.transport.write_eof()
        p.universe.run_for(1)
        p.far.transport.write(b"answer")
        p.far.transport.close()
        p.universe.run_for(1)
        assert p.near.received == b"answer"


def test_nothing_can_be_written_after_the_end_of_the_stream():
    with pair() as p:
        p.near.transport.write_eof()
        with pytest.raises(RuntimeError, match="write_eof"):
            p.near.transport.write(b"x")


def test_abort_resets_the_peer():
    with pair() as p:
        p.near.transport.abort()
        p.universe.run_for(1)
        assert isinstance(p.far.error, ConnectionResetError)
        assert p.near.error is None


def test_writing_to_a_closed_end_is_answered_by_a_reset():
    with pair(client=lambda: End(half_open=True)) as p:
        p.far.transport.close()
        p.universe.run_for(1)
        p.near.transport.write(b"too late")
        p.universe.run_for(1)
        assert isinstance(p.near.error, ConnectionResetError)


def test_a_protocol_that_raises_loses_its_connection_only():
    class Broken(End):
        def data_received(self, data):
            raise ValueError("bad frame")

    with SimulatedUniverse(1) as universe:
        p = Pair(universe, server=Broken)
        p.near.transport.write(b"x")
        universe.run_for(1)
        assert [str(error) for error in universe.trace.failures] == ["bad frame"]
        assert isinstance(p.near.error, ConnectionResetError)


def test_nobody_listens_then_the_connection_is_refused():
    with SimulatedUniverse(1) as universe:
        universe.world("broker-1")
        connect = universe.world("client-1").network.connect
        with pytest.raises(ConnectionRefusedError):
            universe.run(connect(End, "broker-1", 9092))
        with pytest.raises(socket.gaierror):
            universe.run(connect(End, "nowhere", 9092))
        with pytest.raises(OSError, match="no route"):
            universe.run(connect(End, "10.1.2.3", 9092))


def test_ports_are_found_taken_and_given_back():
    with SimulatedUniverse(1) as universe:
        network = universe.world("broker-1").network
        one = universe.run(network.listen(End, 0))
        two = universe.run(network.listen(End, 0))
        assert one.port != two.port
        with pytest.raises(OSError, match="taken") as failure:
            universe.run(network.listen(End, one.port))
        assert failure.value.errno == errno.EADDRINUSE
        one.close()
        assert universe.run(network.listen(End, one.port)).port == one.port


def test_closing_a_listener_leaves_its_connections_and_abort_does_not():
    with pair() as p:
        p.listener.close()
        p.near.transport.write(b"still here")
        p.universe.run_for(1)
        assert p.far.received == b"still here"
        p.listener.abort()
        p.universe.run_for(1)
        assert isinstance(p.near.error, ConnectionResetError)


def test_a_partition_holds_bytes_until_it_heals():
    with pair() as p:
        p.near.transport.write(b"in flight")
        p.universe.partition(["broker-1"], ["client-1"])
        p.near.transport.write(b" and after")
        p.universe.run_for(60)
        p.near.transport.write(b" and later")
        p.universe.run_for(60)
        assert not p.far.received
        p.universe.heal()
        p.universe.run_for(1)
        assert p.far.received == b"in flight and after and later"
        assert p.far.log == ["made"]


def test_a_close_during_a_partition_is_seen_when_it_heals():
    with pair() as p:
        p.universe.partition(["broker-1"])
        p.near.transport.write(b"bye")
        p.near.transport.close()
        p.universe.run_for(60)
        assert p.near.log == ["made", "lost"]
        assert p.far.log == ["made"]
        p.universe.heal()
        p.universe.run_for(1)
        assert p.far.received == b"bye"
        assert p.far.log == ["made", "eof", "lost"]


def test_healing_may_drop_what_was_held_back_and_reset_those_connections():
    with pair() as p:
        p.universe.partition(["broker-1"], ["client-1"])
        p.near.transport.write(b"lost")
        p.universe.run_for(60)
        p.universe.heal(drop=True)
        p.universe.run_for(1)
        assert not p.far.received
        assert isinstance(p.near.error, ConnectionResetError)
        assert isinstance(p.far.error, ConnectionResetError)


def test_a_connection_that_is_never_answered_times_out_in_the_end():
    with pair() as p:
        p.universe.partition(["broker-1"], ["client-1"])
        p.near.transport.write(b"anyone?")
        p.universe.run_for(1000)
        assert isinstance(p.near.error, TimeoutError)
        assert p.far.log == ["made"]
        p.universe.heal()
        p.universe.run_for(1)
        assert isinstance(p.far.error, ConnectionResetError)


def test_connecting_across_a_partition_waits_for_the_heal_or_times_out():
    with pair() as p:
        connect = p.universe.world("client-1").network.connect
        p.universe.partition(["broker-1"])
        with pytest.raises(OSError, match="can't be reached"):
            p.universe.run(connect(End, "broker-1", 9092))
        assert p.universe.now == pytest.approx(127, abs=1)
        p.universe.loop.call_later(10, p.universe.heal)
        begin = p.universe.now
        p.universe.run(connect(End, "broker-1", 9092))
        assert p.universe.now - begin == pytest.approx(10, abs=0.1)


def test_a_partition_spares_those_on_one_side():
    with SimulatedUniverse(1) as universe:
        p = Pair(universe)
        universe.partition(["broker-1", "client-1"], ["broker-2"])
        p.near.transport.write(b"same side")
        universe.run_for(1)
        assert p.far.received == b"same side"


def test_loss_makes_messages_late_but_keeps_their_order():
    with pair() as p:
        p.universe.set_loss(0.3)
        begin = p.universe.now
        for n in range(100):
            p.near.transport.write(bytes([n]))
            p.universe.run_for(0.001)
        p.universe.run_until(lambda: len(p.far.received) == 100)
        assert p.far.received == bytes(range(100))
        assert p.universe.now - begin > 0.2


def test_reordered_messages_keep_their_order_on_a_connection_and_are_overtaken_by_those_of_others():
    with SimulatedUniverse(1) as universe:
        one, other = (Pair(universe, port=port) for port in (9092, 9093))
        universe.set_reordering(0.5)
        was_overtaken = 0
        for n in range(40):
            one.near.transport.write(bytes([n]))
            universe.run_for(0.002)  # longer than a message takes
            other.near.transport.write(bytes([n]))
            universe.run_for(0.002)
            was_overtaken += len(other.far.received) > len(one.far.received)
        universe.run_for(1)
        assert one.far.received == other.far.received == bytes(range(40))
        assert was_overtaken > 5


def test_latency_can_be_set_between_two_hosts():
    with pair() as p:
        p.universe.set_latency(2.0, between=["client-1"], and_=["broker-1"])
        p.near.transport.write(b"slow")
        p.universe.run_for(1.9)
        assert not p.far.received
        p.universe.run_for(0.2)
        assert p.far.received == b"slow"


def test_plain_asyncio_streams_run_in_the_simulation():
    async def serve(reader, writer):
        writer.write((await reader.readline()).upper())
        await writer.drain()
        writer.close()

    async def server():
        async with await asyncio.start_server(serve, "broker-1", 9092) as listener:
            assert listener.sockets[0].getsockname() == ("broker-1", 9092)
            await asyncio.sleep(10)

    async def client():
        assert (await asyncio.get_running_loop().getaddrinfo("broker-1", 9092))[0][4] == ("broker-1", 9092)
        reader, writer = await asyncio.open_connection("broker-1", 9092)
        writer.write(b"hello\n")
        answer = await reader.read()
        writer.close()
        await writer.wait_closed()
        return answer

    with SimulatedUniverse(1) as universe:
        universe.world("broker-1").spawn(server(), "server")
        universe.run_for(0)
        assert universe.run(client()) == b"HELLO\n"
        assert universe.trace.failures == []
