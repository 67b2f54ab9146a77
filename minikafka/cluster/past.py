"""The past of a simulated cluster: marks in it, and the way back to any moment of it.

Rule: a coroutine can't be copied, so a moment that is over is made again, by a twin: another cluster on the
same seed, to which the same is done. A twin that saw other events than the cluster is never shown; a sentence says so.
What that costs: as much processor time as the run took from its beginning, or from where a world that was left behind
stands (at most `MOST_PARKED` are kept). Kafka has none; debuggers such as rr go back in the same way.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from minikafka.cluster.drivers import Player, SimulatedLoop
from minikafka.cluster.faces import refuse, swap
from minikafka.cluster.recording import Recorder
from minikafka.cluster.replaying import Replay
from minikafka.cluster.witness import Witness
from minikafka.commands.tape import Moment, Tape
from minikafka.commands.values import CantBePlayed, thawed
from minikafka.world import Wall
from minikafka.world.visible import visible_name

if TYPE_CHECKING:
    from minikafka.cluster.cluster import Cluster

MOST_PARKED = 3
"""Some 10 MB each."""
PARTS = ("_clients", "_failures", "_loop", "_nodes", "_picture", "_player", "_recorder", "invariants")
"""Of a cluster, what belongs to one run."""


class PastDiffers(RuntimeError):
    """The run can't be repeated: a learner's own code decided otherwise than before. The cluster is as it was."""


class Mark(NamedTuple):
    """A moment with a name: exactly between two commands, or so many seconds in the middle of one."""

    name: str
    at_s: float
    length: int
    moment: Moment
    """Without a round: it is in the middle of something."""

    @property
    def is_exact(self) -> bool:
        """Between two commands?"""
        return self.moment.round > 0

    def is_before(self, length: int, moment: Moment) -> bool:
        """Does it lie in a past that has come as far as this?"""
        if not self.is_exact:
            return self.length <= length and self.at_s <= moment.at_s
        return self.length <= length and self.moment.round <= moment.round

    def __repr__(self) -> str:
        return f"<mark {self.name!r} at {self.at_s:.6f} s>"


class History(NamedTuple):
    """The longest past that is known: after a rewind it continues beyond the present, until something else is done."""

    tape: Tape
    witness: Witness


class Goal(NamedTuple):
    """Where to go: after so many commands, or as far as the wall."""

    length: int
    wall: Wall | None = None
    moment: Moment | None = None
    """Where that is, if it is known."""


class Past:
    """One cluster's."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.marks: dict[str, Mark] = {}
        self._history: History | None = None
        self._came_to: tuple[int, Moment] = 0, Moment()
        self._code: dict[tuple[int, str], Callable[..., Any]] = {}
        self._faces: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
        self._parked: list[Cluster] = []

    # -- where one can go --------------------------------------------------------------------------------------

    def mark(self, name: str, at_s: float | None = None) -> Mark:
        """Name this moment, or an earlier one. An older mark of the same name is forgotten. Raises ValueError."""
        recorder = self._recorder()
        history = self._known()
        moment, length = recorder.moment, recorder.length
        if at_s is not None:
            self._must_be_past(float(at_s), history)
            length = sum(entry.at.at_s < at_s for entry in history.tape.entries)
            moment = Moment(0, float(at_s))
        mark = self.marks[name] = Mark(name, moment.at_s, length, moment)
        return mark

    def present_marks(self) -> list[Mark]:
        """Those that lie behind this moment."""
        recorder = self._recorder()
        self._known()
        return [m for m in self.marks.values() if m.is_before(recorder.length, recorder.moment)]

    def rewind(self, to: float | str | Mark | None, steps: int | None) -> None:
        """Raises ValueError, CantBePlayed, PastDiffers: one sentence; the cluster is as it was."""
        recorder = self._recorder()
        history = self._known()
        if recorder.cant_be_played:
            history = self._whole_part(to, history)
        if (to is None) == (steps is None):
            raise ValueError('Say where to: rewind(to=12.5), rewind(to="a mark") or rewind(steps=1).')
        goal = self._step_back(steps, history) if steps is not None else self._goal(to, history)
        self._go(history, goal)

    def _whole_part(self, to: float | str | Mark | None, history: History) -> History:
        """Of a run that can't be repeated to its end: its beginning, if the mark lies there. Raises CantBePlayed."""
        recorder = self._recorder()
        if not isinstance(to, str | Mark) or self.marked(to).length > recorder.playable:
            raise CantBePlayed(recorder.cant_be_played)
        self.marks = {name: mark for name, mark in self.marks.items() if mark.length <= recorder.playable}
        entries = history.tape.entries[: recorder.playable]
        return History(
            msgspec.structs.replace(history.tape, entries=entries, cant_be_played=""), history.witness
        )

    def _goal(self, to: float | str | Mark | None, history: History) -> Goal:
        if isinstance(to, str | Mark):
            mark = self.marked(to)
            if mark.is_exact:
                return Goal(mark.length, None, mark.moment)
            to = mark.at_s
        at_s = float(to)  # type: ignore[arg-type]
        self._must_be_past(at_s, history)
        return Goal(len(history.tape.entries), Wall(at_s))

    def _must_be_past(self, at_s: float, history: History) -> None:
        end_s, begin_s = history.tape.end.at.at_s, self._began_s(history)
        if not begin_s <= at_s <= end_s:
            more = ": run() goes on from here" if at_s > end_s else ""
            raise ValueError(
                f"This past is from {begin_s:.6f} s to {end_s:.6f} s, {at_s:g} s is not in it{more}."
            )

    def marked(self, to: str | Mark) -> Mark:
        """Raises ValueError."""
        name = to if isinstance(to, str) else to.name
        mark = self.marks.get(name)
        if mark is None or (isinstance(to, Mark) and mark != to):
            there = ", ".join(repr(one) for one in self.marks) or "none"
            raise ValueError(f"There is no mark {visible_name(name)} in this past; there are: {there}.")
        return mark

    def _step_back(self, steps: int, history: History) -> Goal:
        left = _sim(self._cluster).loop.instants - steps
        if steps < 0 or left < self._cluster._begun_at_instant:
            most = _sim(self._cluster).loop.instants - self._cluster._begun_at_instant
            raise ValueError(f"Only {most} steps come before this moment; {steps} can't be taken back.")
        return Goal(len(history.tape.entries), Wall(instants=left))

    def _began_s(self, history: History) -> float:
        first = history.tape.entries[0].at if history.tape.entries else history.tape.end.at
        return first.at_s

    # -- what is known -----------------------------------------------------------------------------------------

    def _recorder(self) -> Recorder:
        recorder: Recorder | None = self._cluster._recorder
        assert recorder is not None
        if recorder.is_busy:
            raise RuntimeError(
                "Something is being done to this cluster; go back when it is done, not from inside."
            )
        return recorder

    def _known(self) -> History:
        """The longest past that the present belongs to."""
        recorder = self._recorder()
        length, moment = self._came_to
        if self._history is not None and (recorder.length, recorder.moment) == self._came_to:
            return self._history
        if self._history is not None:  # something else was done since: another future
            self.marks = {n: m for n, m in self.marks.items() if m.is_before(length, moment)}
            self._history = None
        return self._present()

    def _present(self) -> History:
        recorder = self._recorder()
        return History(recorder.tape(self._cluster._setup), recorder.witness)

    def _note_clients(self) -> None:
        """What the learner holds, and the callbacks that came along."""
        recorder = self._recorder()
        self._faces.update(recorder.clients)
        self._code.update((key, code.function) for key, code in recorder.code.items())

    # -- going there -------------------------------------------------------------------------------------------

    def _go(self, history: History, goal: Goal) -> None:
        self._note_clients()
        twin, done = self._nearest(history, goal)
        try:
            _play(twin, history, goal, done)
        except BaseException:
            twin.drop()
            raise
        self._adopt(twin, history)
        self._history = history
        recorder = self._recorder()
        self._came_to = recorder.length, recorder.moment

    def _nearest(self, history: History, goal: Goal) -> tuple[Cluster, int]:
        """The parked world that is nearest before the goal, else a new one; how many entries it has done."""
        for twin in [one for one in self._parked if not _is_on_the_way(one, history)]:
            self._parked.remove(twin)
            twin.drop()
        there = [twin for twin in self._parked if _is_before(twin, goal)]
        if there:
            nearest = max(there, key=lambda twin: _sim(twin).loop.rounds)
            self._parked.remove(nearest)
            _sim(nearest).refusal = ""
            return nearest, _recorder_of(nearest).length
        return _born_again(self._cluster, history.tape), 0

    def _adopt(self, twin: Cluster, history: History) -> None:
        """The cluster becomes what the twin is; the twin keeps what the cluster was."""
        cluster = self._cluster
        old, new = _recorder_of(cluster), _recorder_of(twin)
        with _sim(cluster).lock:
            exchange(cluster, twin)
        for key, code in new.code.items():
            code.function = self._code.get(key, code.function)
        for name, face in list(self._faces.items()):
            other, is_ours = new.clients.get(name), old.kept.get(name) is face
            if other is face:
                continue
            if other is not None:
                swap(face, other)
                if is_ours:  # the learner had dropped it when this moment was over
                    new.kept[name] = face
                else:
                    new.kept.pop(name, None)
            elif name in old.clients:
                refuse(
                    face,
                    f"This client was opened later than {new.moment.at_s:.6f} s, where the cluster is now.",
                )
        self._park(twin, history)

    def _park(self, twin: Cluster, history: History) -> None:
        if _is_on_the_way(twin, history):
            self._parked.append(twin)
        else:
            twin.drop()
        if len(self._parked) > MOST_PARKED:
            # The latest is of the least use: only what comes after it can be reached from there.
            latest = max(self._parked, key=lambda one: _sim(one).loop.rounds)
            self._parked.remove(latest)
            latest.drop()

    def branch(self) -> Cluster:
        """A second cluster at this moment."""
        recorder = self._recorder()
        if recorder.cant_be_played:
            raise CantBePlayed(recorder.cant_be_played)
        present = self._present()
        twin = _born_again(self._cluster, present.tape)
        try:
            _play(twin, present, Goal(len(present.tape.entries), None, present.tape.end.at), 0)
        except BaseException:
            twin.drop()
            raise
        twin._past.marks = {mark.name: mark for mark in self.present_marks()}
        return twin

    def forget(self) -> None:
        """The cluster ends."""
        for twin in self._parked:
            twin.drop()
        self._parked = []


def _recorder_of(cluster: Cluster) -> Recorder:
    recorder = cluster._recorder
    assert recorder is not None
    return recorder


def _sim(cluster: Cluster) -> SimulatedLoop:
    loop = cluster._loop
    assert isinstance(loop, SimulatedLoop)
    return loop


def _born_again(cluster: Cluster, tape: Tape) -> Cluster:
    """A cluster that is made as this one was."""
    setup = tape.setup
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it was said the first time
        return type(cluster)(
            setup.brokers,
            world="simulated",
            seed=setup.seed,
            configs={name: thawed(value, lambda: lambda: None) for name, value in setup.configs.items()},
            rules=cluster._nodes.rules,
            name=cluster.name,
            announce=False,
            message_events=setup.message_events,
            controllers=setup.controllers,
            racks=setup.racks,
            watch_invariants=cluster._watches_invariants,
        )


def _play(twin: Cluster, history: History, goal: Goal, done: int) -> None:
    """Raises PastDiffers."""
    recorder = _recorder_of(twin)
    try:
        Replay(twin, recorder, history.tape, done).play_up_to(goal.length, goal.wall)
    except CantBePlayed:
        raise
    except Exception as problem:
        _compare(recorder, history, str(problem))
        raise PastDiffers(f"{_DIFFERS}: {problem}") from problem
    _compare(recorder, history, "")
    if goal.moment is not None and recorder.moment != goal.moment:
        raise PastDiffers(f"{_DIFFERS}: it comes to {recorder.moment}, not to {goal.moment}.")


_DIFFERS = "This run went another way when it was repeated"


def _compare(recorder: Recorder, history: History, problem: str) -> None:
    differs = recorder.witness.differs_at(history.witness)
    if differs is None:
        return
    first = recorder.witness.event(differs)
    at = f"at {first.at:.6f} s with {first.event.kind} of {first.host}" if first is not None else "early"
    own = ", ".join(history.tape.setup.rules)
    guess = f"a rule of yours ({own})" if own else "some code"
    raise PastDiffers(
        f"{_DIFFERS}, {at}: does {guess} ask the clock, draw random numbers or remember earlier calls?"
    )


def _is_on_the_way(twin: Cluster, history: History) -> bool:
    """Did the same happens there as in this history, and can it continue?"""
    entries = _recorder_of(twin).entries
    if entries and entries[-1].cut is not None:
        return False
    return (
        entries == history.tape.entries[: len(entries)]
        and _sim(twin).loop.rounds <= history.tape.end.at.round
    )


def _is_before(twin: Cluster, goal: Goal) -> bool:
    recorder, wall = _recorder_of(twin), goal.wall
    if recorder.length > goal.length:
        return False
    if wall is None:
        return True
    last = recorder.entries[-1] if recorder.length else None
    return (
        recorder.moment.at_s <= wall.at_s
        and (last is None or last.at.at_s < wall.at_s)
        and _sim(twin).loop.instants <= wall.instants
    )


def exchange(one: Cluster, other: Cluster) -> None:
    """Each continues with the run of the other: who holds a cluster, listens to it or looks at it notices a leap."""
    one_loop, other_loop = _sim(one), _sim(other)
    one_loop.lock, other_loop.lock = other_loop.lock, one_loop.lock
    one_loop.refusal = "This was asked in a run that the cluster has left by a rewind; ask again."
    for name in PARTS:
        one.__dict__[name], other.__dict__[name] = other.__dict__[name], one.__dict__[name]
    one._failures.go_on_from(other._failures)
    one._picture.go_on_from(other._picture)
    for cluster in (one, other):
        cluster._abandon.detach()
        cluster._abandon = weakref.finalize(cluster, cluster._loop.close)
        loop, recorder = _sim(cluster), _recorder_of(cluster)
        cluster._player = Player(loop, cluster._source.changed, recorder.ran_to)
        cluster._listeners.listen_to(loop.universe.trace, recorder.listener)
