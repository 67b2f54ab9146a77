"""Long work is done in pieces, and everybody else has turns between them."""

import asyncio

import pytest

from minikafka.world import Backlog, SimulatedUniverse, in_turns
from minikafka.world.turns import PIECE_THINGS


@pytest.fixture
def universe():
    with SimulatedUniverse(1) as universe:
        yield universe


def test_the_first_piece_is_done_at_once_and_others_have_turns_before_the_rest(universe):
    done, pieces = [], []

    async def scenario():
        backlog = Backlog(universe.world("a"), "work", done.append, lambda: pieces.append(len(done)))
        backlog.put(range(2 * PIECE_THINGS + 1))
        assert (len(done), len(backlog)) == (PIECE_THINGS, PIECE_THINGS + 1)
        asyncio.get_running_loop().call_soon(done.append, "somebody else")
        while backlog:
            await asyncio.sleep(0)

    universe.run(scenario(), host="a")
    assert done[PIECE_THINGS] == "somebody else"
    assert [thing for thing in done if thing != "somebody else"] == list(range(2 * PIECE_THINGS + 1))
    assert len(pieces) == 3, "a piece is told of once"


def test_what_is_put_in_again_while_it_waits_is_done_once(universe):
    done = []

    async def scenario():
        backlog = Backlog(universe.world("a"), "work", done.append)
        backlog.put(range(100))
        backlog.put([99, 100, 0])
        while backlog:
            await asyncio.sleep(0)

    universe.run(scenario(), host="a")
    assert done == [*range(100), 100, 0], "0 was done already when it came again"


def test_work_may_put_in_more_work_and_a_failure_stops_nobody(universe):
    done = []

    def work(key):
        if key == 1:
            raise ValueError("not this one")
        done.append(key)
        if key < 1000:
            backlog.put([key + 1000])

    async def scenario():
        nonlocal backlog
        backlog = Backlog(universe.world("a"), "work", work)
        backlog.put([0, 1, 2])

    backlog = None
    universe.run(scenario(), host="a")
    assert done == [0, 2, 1000, 1002]
    assert [str(failure) for failure in universe.trace.failures] == ["not this one"]
    universe.trace.failures.clear()


def test_a_closed_backlog_leaves_the_rest(universe):
    done = []

    async def scenario():
        backlog = Backlog(universe.world("a"), "work", done.append)
        backlog.put(range(1000))
        backlog.close()
        backlog.put([1000])
        await asyncio.sleep(1)

    universe.run(scenario(), host="a")
    assert len(done) == PIECE_THINGS


def test_a_walk_over_many_things_lets_others_in(universe):
    heard = []

    async def scenario():
        asyncio.get_running_loop().call_soon(lambda: heard.append(len(seen)))
        seen = []
        async for thing in in_turns(universe.world("a"), range(200)):
            seen.append(thing)
        assert seen == list(range(200))

    universe.run(scenario(), host="a")
    assert heard == [PIECE_THINGS]
