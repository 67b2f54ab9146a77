"""Work that nobody waits for urgently, beside others: what share of the time it takes."""

from __future__ import annotations

import asyncio

import pytest

from minikafka.world import turns
from minikafka.world.turns import Aside


class Day:
    """A clock that work moves on, and a loop that is away for `turn_s` whenever somebody rests."""

    def __init__(self, turn_s: float) -> None:
        self.now_s = 0.0
        self.worked_s = 0.0
        self.rests = 0
        self._turn_s = turn_s

    def now(self) -> float:
        return self.now_s

    def work(self, seconds: float) -> None:
        self.now_s += seconds
        self.worked_s += seconds

    async def rest(self, wanted_s: float) -> None:
        self.rests += 1
        self.now_s += max(wanted_s, self._turn_s)


def worked(monkeypatch: pytest.MonkeyPatch, *, turn_s: float, thing_s: float, things: int) -> Day:
    day = Day(turn_s)
    monkeypatch.setattr(turns.asyncio, "sleep", day.rest)

    async def all_of_it() -> None:
        aside = Aside(day.now)
        for _ in range(things):
            day.work(thing_s)
            if aside.is_over():
                await aside.rest()

    asyncio.run(all_of_it())
    return day


@pytest.mark.parametrize("turn_s", [0.0, 0.01, 0.1, 1.0])
def test_it_takes_a_small_share_however_long_the_turns_of_others_are(
    monkeypatch: pytest.MonkeyPatch, turn_s: float
) -> None:
    day = worked(monkeypatch, turn_s=turn_s, thing_s=0.00001, things=20_000)
    assert day.worked_s / day.now_s < 0.18


def test_where_the_others_turns_are_long_so_are_the_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    quiet = worked(monkeypatch, turn_s=0.0, thing_s=0.00001, things=20_000)
    busy = worked(monkeypatch, turn_s=0.15, thing_s=0.00001, things=20_000)
    assert busy.rests * 3 < quiet.rests


def test_who_got_no_processor_meanwhile_does_something_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    day = worked(monkeypatch, turn_s=0.1, thing_s=0.05, things=1000)
    assert day.rests == 1000 // turns.ASIDE_THINGS
