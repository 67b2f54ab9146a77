"""Pending requests: woken by what they watch, or ended by their deadline; never polled."""

from __future__ import annotations

import asyncio

from minikafka.replication.pending import PendingRequests
from minikafka.world import SimulatedUniverse


def test_an_answer_that_is_there_comes_at_once() -> None:
    with SimulatedUniverse(seed=1) as universe:
        pending = PendingRequests(universe.world("broker-1"))
        assert pending.wait(["a"], lambda: 1, lambda: 2, 10) == 1


def test_a_wake_lets_the_waiter_look() -> None:
    with SimulatedUniverse(seed=1) as universe:
        pending = PendingRequests(universe.world("broker-1"))
        ready: list[int] = []

        async def scenario() -> int:
            future = pending.wait(["a", "b"], lambda: ready[0] if ready else None, lambda: -1, 10)
            assert isinstance(future, asyncio.Future)
            pending.wake("a")
            assert not future.done()
            ready.append(7)
            pending.wake("c")
            assert not future.done()
            pending.wake("b")
            return await future

        assert universe.run(scenario()) == 7
        assert pending.count("a") == pending.count("b") == 0


def test_the_deadline_answers_what_nobody_woke() -> None:
    with SimulatedUniverse(seed=1) as universe:
        pending = PendingRequests(universe.world("broker-1"))

        async def scenario() -> int:
            future = pending.wait(["a"], lambda: None, lambda: -1, 10)
            assert isinstance(future, asyncio.Future)
            return await future

        assert universe.run(scenario()) == -1
        assert universe.now == 10
        assert pending.count("a") == 0


def test_a_cancelled_waiter_is_forgotten() -> None:
    with SimulatedUniverse(seed=1) as universe:
        pending = PendingRequests(universe.world("broker-1"))

        async def scenario() -> None:
            future = pending.wait(["a"], lambda: None, lambda: -1, 10)
            assert isinstance(future, asyncio.Future)
            future.cancel()
            await asyncio.sleep(0)
            assert pending.count("a") == 0

        universe.run(scenario())


def test_closing_answers_everything() -> None:
    with SimulatedUniverse(seed=1) as universe:
        pending = PendingRequests(universe.world("broker-1"))

        async def scenario() -> int:
            future = pending.wait(["a"], lambda: None, lambda: -1, 10)
            assert isinstance(future, asyncio.Future)
            pending.close()
            return await future

        assert universe.run(scenario()) == -1
        assert universe.now == 0
