"""The queue of what a broker settles with the controller: retries, newer items, items that matter no more."""

import asyncio
import itertools

from minikafka.replication.controller_queue import MOST_AT_ONCE, ControllerQueue
from minikafka.world import SimulatedUniverse


class Stage:
    """`answers`: per request, the keys that get done, or an exception; then everything is done."""

    def __init__(self, universe, answers=(), takes_s=0.01):
        self.world = universe.world("broker-1")
        self.answers = list(answers)
        self.takes_s = takes_s
        self.asked = []  # (time, items)
        self.dropped = set()

    async def begin(self):
        self.queue = ControllerQueue(
            self.world, "queue", (0.1, 0.4), lambda key, _: key not in self.dropped, self.settle
        )

    async def settle(self, items):
        self.asked.append((round(self.world.clock.now(), 3), items))
        await asyncio.sleep(self.takes_s)
        answer = self.answers.pop(0) if self.answers else items.keys()
        if isinstance(answer, Exception):
            raise answer
        return answer


def told(answers, *puts, seconds=5):
    """The requests, when (at, key, item) are put."""
    with SimulatedUniverse(1) as universe:
        stage = Stage(universe, answers)

        async def scenario():
            await stage.begin()
            for at, key, item in puts:
                if at > universe.now:
                    await asyncio.sleep(at - universe.now)
                if item is None:
                    stage.dropped.add(key)
                else:
                    stage.queue.put(key, item)
            await asyncio.sleep(seconds)
            stage.queue.close()

        universe.run(scenario(), host="broker-1")
        return stage.asked


def test_what_comes_while_a_request_is_on_its_way_waits_for_the_next():
    asked = told([], (0, "a", 1), (0.005, "b", 2), (0.006, "c", 3))
    assert [items for _, items in asked] == [{"a": 1}, {"b": 2, "c": 3}]


def test_after_failures_it_asks_again_later_and_later():
    asked = told([OSError(), TimeoutError(), (), OSError()], (0, "a", 1))
    assert [items for _, items in asked] == [{"a": 1}] * 5
    times = [at for at, _ in asked]
    assert [round(b - a, 2) for a, b in itertools.pairwise(times)] == [0.11, 0.21, 0.41, 0.41]


def test_only_what_is_not_done_is_asked_again():
    asked = told([("b",)], (0, "a", 1), (0, "b", 2))
    assert [items for _, items in asked] == [{"a": 1, "b": 2}, {"a": 1}]


def test_a_newer_item_is_asked_about_though_the_older_one_was_done():
    asked = told([], (0, "a", "old"), (0.005, "a", "new"))
    assert [items for _, items in asked] == [{"a": "old"}, {"a": "new"}]


def test_what_matters_no_more_is_forgotten():
    asked = told([OSError()], (0, "a", 1), (0.02, "a", None))
    assert len(asked) == 1


def test_many_take_several_requests():
    asked = told([], *((0, number, 1) for number in range(MOST_AT_ONCE + 1)))
    assert [len(items) for _, items in asked] == [MOST_AT_ONCE, 1]
