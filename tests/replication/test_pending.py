"""Pending requests: woken at the end of a turn by what they watch, or ended by their deadline; never polled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from minikafka.protocol.later import Later
from minikafka.replication.pending import PendingRequests
from minikafka.world import SimulatedUniverse


@pytest.fixture
def universe() -> Iterator[SimulatedUniverse]:
    with SimulatedUniverse(seed=1) as universe:
        yield universe


@pytest.fixture
def pending(universe: SimulatedUniverse) -> PendingRequests:
    return PendingRequests(universe.world("broker-1"))


def wait(pending: PendingRequests, keys: list[str], condition: Callable[[Any], int | None]) -> Later[int]:
    later = pending.wait(keys, condition, lambda: -1, 10)
    assert isinstance(later, Later)
    return later


def test_an_answer_that_is_there_comes_at_once(pending: PendingRequests) -> None:
    assert pending.wait(["a"], lambda _: 1, lambda: 2, 10) == 1


def test_a_wake_lets_the_waiter_look_at_the_end_of_the_turn(
    universe: SimulatedUniverse, pending: PendingRequests
) -> None:
    ready: list[int] = []

    async def scenario() -> int:
        later = wait(pending, ["a", "b"], lambda _: ready[0] if ready else None)
        pending.wake("a")
        await asyncio.sleep(0)
        assert not later.is_there
        ready.append(7)
        pending.wake("c")
        await asyncio.sleep(0)
        assert not later.is_there
        pending.wake("b")
        assert not later.is_there, "not before the turn is over"
        return await later

    assert universe.run(scenario()) == 7
    assert universe.now == 0
    assert pending.count("a") == pending.count("b") == 0


def test_however_often_it_is_woken_it_looks_once_a_turn_at_what_woke_it(
    universe: SimulatedUniverse, pending: PendingRequests
) -> None:
    looks: list[list[str]] = []

    async def scenario() -> None:
        wait(pending, [f"key-{n}" for n in range(3000)], lambda keys: looks.append(list(keys)))
        looks.clear()
        for _ in range(5):
            pending.wake("key-7")
            pending.wake("key-2999")
        pending.wake("elsewhere")
        await asyncio.sleep(0)
        pending.wake("key-7")
        await asyncio.sleep(0)

    universe.run(scenario())
    assert looks == [["key-7", "key-2999"], ["key-7"]]


def test_all_answers_of_a_turn_are_there_before_the_first_is_told_of(
    universe: SimulatedUniverse, pending: PendingRequests
) -> None:
    async def scenario() -> list[bool]:
        open_now: list[int] = []
        first, second = (wait(pending, ["a"], lambda _: 1 if open_now else None) for _ in range(2))
        seen: list[bool] = []
        first.then(lambda: seen.append(second.is_there))
        open_now.append(1)
        pending.wake("a")
        await asyncio.sleep(0)
        return seen

    assert universe.run(scenario()) == [True]


def test_a_condition_that_fails_fails_its_own_answer_alone(
    universe: SimulatedUniverse, pending: PendingRequests
) -> None:
    broken: list[int] = []

    def condition(_: object) -> int | None:
        if broken:
            raise KeyError("a fault")
        return None

    async def scenario() -> int:
        bad = wait(pending, ["a"], condition)
        good = wait(pending, ["a"], lambda _: 1 if broken else None)
        broken.append(1)
        pending.wake("a")
        with pytest.raises(KeyError):
            await bad
        return await good

    assert universe.run(scenario()) == 1


def test_the_deadline_answers_what_nobody_woke(universe: SimulatedUniverse, pending: PendingRequests) -> None:
    async def scenario() -> int:
        return await wait(pending, ["a"], lambda _: None)

    assert universe.run(scenario()) == -1
    assert universe.now == 10
    assert pending.count("a") == 0


def test_who_may_hurry_has_the_answer_of_its_deadline_at_once(
    universe: SimulatedUniverse, pending: PendingRequests
) -> None:
    async def scenario() -> int:
        patient = wait(pending, ["a"], lambda _: None)
        patient.hurry()
        assert not patient.is_there
        later = pending.enter(["a"], lambda _: None, lambda: -1, 10, may_hurry=True)
        assert isinstance(later, Later)
        later.hurry()
        return await later

    assert universe.run(scenario()) == -1
    assert universe.now == 0


def test_a_cancelled_waiter_is_forgotten(universe: SimulatedUniverse, pending: PendingRequests) -> None:
    async def scenario() -> None:
        async def waits() -> None:
            await wait(pending, ["a"], lambda _: None)

        task = asyncio.ensure_future(waits())
        await asyncio.sleep(0)
        assert pending.count("a") == 1
        task.cancel()
        await asyncio.sleep(0)
        assert pending.count("a") == 0

    universe.run(scenario())


def test_closing_answers_everything(universe: SimulatedUniverse, pending: PendingRequests) -> None:
    async def scenario() -> int:
        later = wait(pending, ["a"], lambda _: None)
        pending.close()
        return await later

    assert universe.run(scenario()) == -1
    assert universe.now == 0
