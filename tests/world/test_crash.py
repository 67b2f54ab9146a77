"""A simulated host dies as a process does, and starts again on its old disk."""

import asyncio
import inspect

import pytest

from minikafka.world import DiskLocked, HostCrashed, HostDown, SimulatedUniverse


class Recorder(asyncio.Protocol):
    def __init__(self):
        self.events = []

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.events.append(data)

    def connection_lost(self, error):
        self.events.append(type(error))


def test_a_task_that_dies_before_it_begins_closes_what_it_would_have_awaited():
    async def awaited():
        raise AssertionError("nobody lives here")

    async def waits(inner):
        await inner

    with SimulatedUniverse(1) as universe:
        broker, innermost = universe.world("broker-1"), awaited()
        inner = waits(innermost)
        broker.spawn(waits(inner), "waits", inner=inner)
        universe.crash("broker-1")
        universe.run_for(1)
        assert inspect.getcoroutinestate(inner) == inspect.CORO_CLOSED
        assert inspect.getcoroutinestate(innermost) == inspect.CORO_CLOSED
        assert universe.trace.failures == []


def test_what_is_begun_while_the_universe_ends_is_closed_too():
    inners = []

    async def awaited():
        await asyncio.sleep(1)

    async def waits(inner):
        await inner

    async def begins(world):
        inners.append(awaited())
        world.spawn(waits(inners[0]), "waits", inner=inners[0])
        await asyncio.sleep(1)

    with SimulatedUniverse(1) as universe:
        world = universe.world("broker-1")
        world.spawn(begins(world), "begins")
    assert [inspect.getcoroutinestate(inner) for inner in inners] == [inspect.CORO_CLOSED]


def test_a_crash_takes_tasks_timers_connections_and_listeners():
    with SimulatedUniverse(1) as universe:
        broker, client = universe.world("broker-1"), universe.world("client-1")
        accepted, ticks = [], []

        def accept():
            accepted.append(Recorder())
            return accepted[-1]

        async def tick():
            while True:
                await asyncio.sleep(1)
                ticks.append(universe.now)

        async def tick_in_children():
            async with asyncio.TaskGroup() as group:
                group.create_task(tick())
                asyncio.get_running_loop().create_task(tick(), name="nobody's child")
                asyncio.get_running_loop().call_later(5, ticks.append, "bare timer")

        universe.run(broker.network.listen(accept, 9092))
        _, near = universe.run(client.network.connect(Recorder, "broker-1", 9092))
        broker.spawn(tick_in_children(), "ticks")
        broker.call_later(5, ticks.append, "timer")
        universe.run_for(3.5)
        assert len(ticks) == 6
        near.transport.write(b"in flight")
        universe.crash("broker-1")
        universe.run_for(10)
        assert len(ticks) == 6
        assert near.events == [ConnectionResetError]
        assert accepted[0].events == []
        assert isinstance(universe.trace.recent[-1].event, HostCrashed)
        with pytest.raises(ConnectionRefusedError):
            universe.run(client.network.connect(Recorder, "broker-1", 9092))
        assert universe.trace.failures == []


def test_the_dead_can_do_nothing_in_their_finally_blocks():
    with SimulatedUniverse(1) as universe:
        world = universe.world("broker-1")
        outcome = []

        async def stubborn():
            file = world.disk.open("log", create=True)
            file.append(b"before")
            while True:
                try:
                    await asyncio.sleep(100)
                except asyncio.CancelledError:
                    for attempt in (lambda: file.append(b"after"), lambda: world.disk.write_atomic("x", b"")):
                        with pytest.raises(HostDown):
                            attempt()
                    with pytest.raises(HostDown):
                        await world.network.connect(Recorder, "broker-2", 1)
                    outcome.append("refused")
                    world.spawn(ghost(), "ghost")
                    if len(outcome) > 3:
                        raise

        async def ghost():
            outcome.append("ghost")

        task = world.spawn(stubborn(), "stubborn")
        universe.run_for(1)
        universe.crash("broker-1")
        universe.run_for(1)
        assert task.done()
        assert outcome == ["refused"] * 4
        assert universe.world("broker-1").disk.read_bytes("log") == b"before"
        assert universe.trace.failures == []


def test_a_new_life_has_the_old_disk_and_is_not_disturbed_by_the_old_one():
    with SimulatedUniverse(1) as universe:
        first = universe.world("broker-1")
        lock = first.disk.lock(".lock")
        first.disk.open("log", create=True).append(b"unsynced")
        with pytest.raises(DiskLocked):
            first.disk.lock(".lock")
        universe.run(first.network.listen(Recorder, 9092))
        universe.crash("broker-1")
        second = universe.world("broker-1")
        assert second is not first
        assert second is universe.world("broker-1")
        second.disk.lock(".lock")
        lock.release()
        with pytest.raises(DiskLocked):
            second.disk.lock(".lock")
        assert second.disk.read_bytes("log") == b"unsynced"
        assert universe.run(second.network.listen(Recorder, 9092)).port == 9092
        assert first.random.random() != second.random.random()


def test_a_host_may_crash_itself():
    with SimulatedUniverse(1) as universe:
        after = []

        async def suicidal():
            await asyncio.sleep(1)
            universe.crash("broker-1")
            await asyncio.sleep(1)
            after.append(True)

        task = universe.world("broker-1").spawn(suicidal(), "suicidal")
        universe.run_for(10)
        assert task.cancelled()
        assert not after


def test_a_connection_attempt_to_a_host_that_crashes_meanwhile_fails():
    with SimulatedUniverse(1, latency_s=(1.0, 1.0)) as universe:
        universe.run(universe.world("broker-1").network.listen(Recorder, 9092))
        attempt = universe.world("client-1").spawn(
            _failure_of(universe.world("client-1").network.connect(Recorder, "broker-1", 9092)), "attempt"
        )
        universe.run_for(1.5)
        universe.crash("broker-1")
        universe.run_for(5)
        protocol_or_error = attempt.result()
        if not isinstance(protocol_or_error, OSError):
            assert protocol_or_error[1].events == [ConnectionResetError]


async def _failure_of(connecting):
    try:
        return await connecting
    except OSError as error:
        return error
