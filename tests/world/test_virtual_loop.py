"""SimLoop: asyncio on virtual time."""

import asyncio
import time

import pytest

from minikafka.world import HOST, SimulatedUniverse, SimulationIdle, sim_loop, virtual_time
from minikafka.world.simulated import EPOCH_MS
from minikafka.world.trace import TaskFailed


def test_an_hour_of_sleep_takes_no_time_and_ends_exactly():
    with SimulatedUniverse(1) as universe:
        universe.run(asyncio.sleep(3600))
        assert universe.now == 3600.0
        assert universe.world("a").clock.time_ms() == EPOCH_MS + 3_600_000


def test_timers_of_one_instant_run_in_the_order_they_were_set():
    with SimulatedUniverse(1) as universe:
        order = []
        for number in range(200):
            universe.loop.call_at(5.0, order.append, number)
        universe.loop.call_at(4.0, order.append, -1)
        universe.run_for(10)
        assert order == [-1, *range(200)]
        assert universe.now == 10.0


def test_cancelled_timers_are_forgotten():
    with SimulatedUniverse(1) as universe:
        fired = []
        handles = [universe.loop.call_later(1 + n, fired.append, n) for n in range(1000)]
        for number, handle in enumerate(handles):
            if number % 10:
                handle.cancel()
        universe.run_for(2000)
        assert fired == list(range(0, 1000, 10))
        assert not universe.loop._timers


def test_asyncio_itself_works_on_it():
    async def late(value, delay):
        await asyncio.sleep(delay)
        return value

    async def scenario():
        assert await asyncio.gather(late(1, 3), late(2, 1)) == [1, 2]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await asyncio.sleep(1)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.sleep(1), 0.5)
        done, pending = await asyncio.wait(
            [asyncio.create_task(late(n, n)) for n in (3, 1, 2)], return_when=asyncio.FIRST_COMPLETED
        )
        assert [task.result() for task in done] == [1]
        assert len(pending) == 2
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(late(n, n)) for n in (2, 1)]
        assert [task.result() for task in tasks] == [2, 1]
        queue = asyncio.Queue(1)
        asyncio.get_running_loop().call_later(1, queue.put_nowait, "x")
        assert await queue.get() == "x"
        assert await asyncio.to_thread(lambda: 7) == 7
        with pytest.raises(ZeroDivisionError):
            await asyncio.to_thread(lambda: 1 // 0)
        assert asyncio.current_task().get_name() == "run on outside"
        return [await one for one in asyncio.as_completed([late(5, 2), late(6, 1)])]

    with SimulatedUniverse(1) as universe:
        assert universe.run(scenario()) == [6, 5]
        assert universe.trace.failures == []


def test_an_async_generator_is_closed_with_the_loop():
    closed = []

    async def numbers():
        try:
            yield 1
        finally:
            closed.append(True)

    async def scenario():
        async for _ in numbers():
            break
        await asyncio.sleep(0)

    with SimulatedUniverse(1) as universe:
        universe.run(scenario())
    assert closed == [True]


def test_waiting_for_nothing_is_an_error_and_no_hang():
    async def forever():
        await asyncio.get_running_loop().create_future()

    with SimulatedUniverse(7) as universe:
        universe.world("broker-1").spawn(forever(), "fetcher")
        with pytest.raises(SimulationIdle, match=r"nothing is scheduled.*seed 7.*fetcher"):
            universe.run(forever())


def test_a_run_may_have_a_deadline_in_virtual_time():
    cleaned = []

    async def tick():
        try:
            while True:
                await asyncio.sleep(1)
        finally:
            cleaned.append(True)

    with SimulatedUniverse(1) as universe:
        with pytest.raises(TimeoutError):
            universe.run(tick(), timeout_s=10.5)
        assert universe.now == 10.5
        assert cleaned == [True]


def test_a_busy_loop_is_an_error_and_no_hang(monkeypatch):
    monkeypatch.setattr(sim_loop, "MAX_ROUNDS_AN_INSTANT", 1000)

    async def busy():
        while True:
            await asyncio.sleep(0)

    with SimulatedUniverse(1) as universe, pytest.raises(sim_loop.SimulationStuck):
        universe.run(busy())


def test_a_step_is_all_that_happens_at_one_instant():
    with SimulatedUniverse(1) as universe:
        seen = []
        universe.loop.call_at(1.0, seen.append, "a")
        universe.loop.call_at(1.0, lambda: universe.loop.call_soon(seen.append, "b"))
        universe.loop.call_at(2.0, seen.append, "c")
        assert universe.step()
        assert (universe.now, seen) == (1.0, ["a", "b"])
        assert universe.step()
        assert (universe.now, seen) == (2.0, ["a", "b", "c"])
        assert not universe.step()


def test_run_until_stops_when_the_predicate_holds():
    with SimulatedUniverse(1) as universe:
        seen = []
        for n in range(10):
            universe.loop.call_at(float(n), seen.append, n)
        assert universe.run_until(lambda: len(seen) == 4)
        assert universe.now == 3.0
        assert not universe.run_until(lambda: len(seen) == 99)
        begin = universe.now
        assert not universe.run_until(lambda: False, timeout_s=1)
        assert universe.now == begin + 1


def test_the_simulation_runs_inside_another_running_loop():
    async def notebook_cell():
        with SimulatedUniverse(1) as universe:
            universe.run(asyncio.sleep(5))
            assert asyncio.get_running_loop() is not universe.loop
            return universe.now

    assert asyncio.run(notebook_cell()) == 5.0


def test_tasks_know_their_host_and_failures_are_recorded():
    hosts = []

    async def child():
        hosts.append(HOST.get())

    async def parent():
        await asyncio.create_task(child())
        raise ValueError("broken")

    with SimulatedUniverse(1) as universe:
        world = universe.world("broker-1")
        world.spawn(parent(), "parent")
        world.call_later(2, lambda: hosts.append(HOST.get()))
        world.call_later(3, lambda: 1 // 0)
        cancelled = world.spawn(asyncio.sleep(100), "sleeper")
        world.call_later(4, cancelled.cancel)
        universe.run_for(5)
        assert hosts == ["broker-1", "broker-1"]
        assert [type(error) for error in universe.trace.failures] == [ValueError, ZeroDivisionError]
        events = [traced.event for traced in universe.trace.recent]
        assert events[0] == TaskFailed("parent", "ValueError: broken")
        assert universe.trace.recent[0].host == "broker-1"


def test_what_a_bare_callback_raises_is_recorded_for_its_host():
    with SimulatedUniverse(1) as universe:
        world = universe.world("broker-1")
        world.life.context.copy().run(universe.loop.call_later, 1, lambda: 1 // 0)
        universe.run_for(2)
        assert [type(error) for error in universe.trace.failures] == [ZeroDivisionError]
        assert universe.trace.recent[-1].host == "broker-1"


def test_foreign_code_can_be_given_virtual_time():
    with SimulatedUniverse(1) as universe, virtual_time(universe):
        universe.run(asyncio.sleep(100))
        assert time.monotonic() == 100.0
        assert time.time() == EPOCH_MS / 1000 + 100
    assert time.time() > EPOCH_MS / 1000 - 3e8
    assert time.monotonic is not universe.loop.time
