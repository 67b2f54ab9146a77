"""Plays a tape: the same commands at the same moments of a cluster with the same seed.

Rule: it checks at every command that the run is where it was; one that goes another way ends with a sentence,
never with another result. Kafka has none.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from minikafka.cluster.recording import RaisedInCallback, Recorder
from minikafka.commands import CallbackRaised, Drop
from minikafka.commands.tape import Entry, Moment, Setup, Tape
from minikafka.commands.values import CantBePlayed, frozen
from minikafka.policy import Rules
from minikafka.world import Wall, WallReached

if TYPE_CHECKING:
    from minikafka.cluster.cluster import Cluster


class TapeDiverged(RuntimeError):
    """The run went another way than the tape's; one sentence that says where."""


def replaced_rules(rules: Rules) -> tuple[str, ...]:
    """The names of the decisions that aren't Kafka's."""
    usual = Rules()
    names = (field.name for field in fields(Rules))
    return tuple(name for name in names if getattr(rules, name) is not getattr(usual, name))


def setup_of(
    seed: int,
    brokers: int,
    configs: Mapping[str, object] | None,
    rules: Rules,
    *,
    message_events: bool,
    controllers: int,
    racks: Sequence[str],
) -> Setup:
    """What a tape says of how its cluster was made."""
    written = {name: frozen(value) for name, value in (configs or {}).items()}
    return Setup(seed, brokers, written, replaced_rules(rules), message_events, controllers, tuple(racks))


def check_playable(tape: Tape, rules: Rules | None) -> None:
    """Raises CantBePlayed."""
    if tape.cant_be_played:
        raise CantBePlayed(tape.cant_be_played)
    given = replaced_rules(rules or Rules())
    if sorted(given) != sorted(tape.setup.rules):
        wanted = ", ".join(tape.setup.rules) or "Kafka's own decisions only"
        raise CantBePlayed(f"This run needs the rules that it was made with: {wanted}.")


class Replay:
    """One tape on one cluster that has done the first `done` entries of it."""

    def __init__(self, cluster: Cluster, recorder: Recorder, tape: Tape, done: int = 0) -> None:
        self._cluster = cluster
        self._recorder = recorder
        self._loop = cluster._simulated("replay")
        self._left = deque(list(enumerate(tape.entries))[done:])
        self._tape = tape

    def play(self) -> None:
        """All of it. Raises TapeDiverged."""
        end = self._tape.end.at  # of a tape that says other things of its end, nothing beyond it is done
        self.play_up_to(len(self._tape.entries), Wall(rounds=end.round + 1))
        self._check(len(self._tape.entries), self._tape.end.at)
        if self._loop.universe.trace.messages != self._tape.setup.message_events:
            return  # one of the two has seen more; that every command came at its moment is all that can be said
        events = self._loop.universe.trace.count
        if events != self._tape.end.events:
            raise TapeDiverged(
                f"There were {self._tape.end.events} events when it was recorded, and {events} now."
            )
        if self._tape.end.digest not in (0, self._recorder.witness.digest):
            raise TapeDiverged("The events are others than they were.")

    def play_up_to(self, length: int, wall: Wall | None = None) -> None:
        """Up to so many entries or to the wall, whichever comes first. Raises TapeDiverged."""
        loop, recorder = self._loop, self._recorder
        turns, loop.turns, loop.futures = loop.turns, self, loop.futures or {}
        recorder.before_callback, recorder.between_rounds = self._in_callback, self.give_way
        try:
            while self._left and self._left[0][0] < length:
                number, entry = self._left.popleft()
                if entry.is_inside:
                    raise TapeDiverged(f"Entry {number} should have come in the middle of the one before it.")
                if wall is not None and entry.at.at_s >= wall.at_s:
                    break
                if not self._do_walled(number, entry, wall):
                    break
        finally:
            loop.turns, loop.loop.wall = turns, None
            recorder.between_rounds = lambda: None
            recorder.before_callback = lambda number: None

    def _do_walled(self, number: int, entry: Entry, wall: Wall | None) -> bool:
        """False: the wall was reached meanwhile."""
        cut = entry.cut
        if cut is not None:
            own = Wall(cut.at_s, cut.round)
            wall = own if wall is None else Wall(*map(min, own, wall))
        self._loop.loop.wall = wall
        try:
            self._do(number, entry)
        except WallReached:
            if self._recorder.moment != cut:
                return False
        finally:
            self._loop.loop.wall = None
        return True

    def _check(self, number: int, then: Moment) -> None:
        now = self._recorder.moment
        if now != then:
            raise TapeDiverged(
                f"Before entry {number} the run is at {now.at_s!r} s, round {now.round}; "
                f"when it was recorded, at {then.at_s!r} s, round {then.round}."
            )

    def _do(self, number: int, entry: Entry) -> None:
        self._check(number, entry.at)
        if isinstance(entry.command, Drop):
            return self._drop(entry.command)
        try:
            self._cluster.do(entry.command)
        except CantBePlayed:
            raise
        except Exception as error:
            if not entry.raised:
                raise TapeDiverged(
                    f"Entry {number} failed, but succeeded when it was recorded: {error}"
                ) from error
        else:
            if entry.raised:
                raise TapeDiverged(f"Entry {number} succeeded, but failed when it was recorded.")

    def _drop(self, command: Drop) -> None:
        """The client notices by itself that nobody holds it."""
        self._recorder.kept.pop(command.client, None)

    # -- what came in the middle of something else -------------------------------------------------------------

    @property
    def are_wanted(self) -> bool:
        """Did another thread, or a predicate, do something in this round?"""
        if not self._left:
            return False
        entry = self._left[0][1]
        return entry.is_inside and not entry.callback and entry.at.round == self._loop.loop.rounds

    def give_way(self) -> None:
        """Carry out what is due now."""
        while self.are_wanted:
            number, entry = self._left.popleft()
            self._recorder.predicate(lambda n=number, e=entry: self._do(n, e))()  # type: ignore[misc]

    def _in_callback(self, number: int) -> None:
        """What this callback did."""
        while self._left and self._left[0][1].callback == number:
            place, entry = self._left.popleft()
            if isinstance(entry.command, CallbackRaised):
                raise RaisedInCallback(entry.command.error)
            self._do(place, entry)


def clients_of(recorder: Recorder | None) -> dict[str, Any]:
    """By name, those that somebody holds."""
    return (
        {} if recorder is None else dict(recorder.clients.items())
    )  # dict() of it alone looks twice, and one may go meanwhile
