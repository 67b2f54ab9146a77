"""Looking after every round of a simulated loop, and saying what is broken, when, and by which event.

Rule: a perfect observer sees through faults of disks, and changes nothing. Kafka: `RaftEventSimulationTest`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import NoReturn

from minikafka.invariants.broken import InvariantBroken, first_bad
from minikafka.world import SimulatedUniverse, Traced


class Watch:
    """Of one universe, from now to its end. What is looked at, and what is remembered of it, is the subclass's."""

    def __init__(self, universe: SimulatedUniverse) -> None:
        self.universe = universe
        self.loop = universe.loop
        self._sequence = universe.trace.count
        self._closely: int | None = None
        self._first: tuple[str, Traced] | None = None
        self._deaf = universe.trace.subscribe(self._event)
        self._blind = universe.after_each_round(self._round)

    def look(self, hosts: Collection[str] | None = None) -> None:
        """Look at everything that has changed since the last look: of these hosts, or (None) of all. Raises
        `InvariantBroken`.
        """
        raise NotImplementedError

    def concerns(self, hosts: Collection[str] | None) -> bool:
        """Is there anything to look at?"""
        return True

    def hear(self, traced: Traced) -> None:
        """An event."""
        raise NotImplementedError

    def remembering(self) -> AbstractContextManager[None]:
        """All that is remembered is as it was when this ends."""
        raise NotImplementedError

    def stop(self) -> None:
        """Look no more."""
        self._deaf()
        self._blind()

    def _round(self) -> None:
        acted = self.loop.acted
        hosts = None if None in acted else [life.host for life in acted if life is not None]
        try:
            if self.concerns(hosts):
                with self._seeing_through_faults():
                    self.look(hosts)
        except InvariantBroken:
            self.stop()
            raise
        self._sequence = self.universe.trace.count

    @contextmanager
    def _seeing_through_faults(self) -> Iterator[None]:
        """A perfect observer reads disks that the cluster can't."""
        platters = [platter for platter in self.universe._platters.values() if platter.faults]
        faults = [platter.faults for platter in platters]
        for platter in platters:
            platter.faults = []
        try:
            yield
        finally:
            for platter, own in zip(platters, faults, strict=True):
                platter.faults = own

    def _event(self, traced: Traced) -> None:
        self.hear(traced)
        if self._closely is not None and self.loop.rounds + 1 >= self._closely and self._first is None:
            self._look_now(traced)

    def look_closely(self, from_round: int) -> None:
        """Look after each event too, from that round of the loop on: for who plays a broken run once more."""
        self._closely = from_round

    def _look_now(self, traced: Traced) -> None:
        """In the middle of a round much is half done: what is found only counts when the round ends with it."""
        try:
            with self.remembering(), self._seeing_through_faults():
                self.look()
        except InvariantBroken as broken:
            self._first = (broken.name, traced)

    def fail(self, name: str, sentence: str, kinds: Sequence[str] = (), **about: object) -> NoReturn:
        """Raises InvariantBroken. Events of these kinds, about this (`topic`, `partition`, `host` …), can break it."""
        at_s, rounds = self.loop.time(), self.loop.rounds
        since = self._sequence + 1
        if self._first is not None and self._first[0] == name:
            since = self._first[1].seq
        events = self.universe.trace.events(since)
        raise InvariantBroken(name, sentence, at_s, first_bad(events, kinds, about), rounds)
