"""The instrument: what only a simulated cluster can do. It stops, goes step by step, goes back, and branches.

Rule: nothing moves but by these methods and by calls of its clients, and whatever moves is on the tape.
Kafka's `MockTime` stands still in the same way; nothing there goes back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from minikafka._version import VERSION
from minikafka.cluster.breakpoints import Breakpoint, Happened, Stopped
from minikafka.cluster.drivers import SimulatedLoop
from minikafka.cluster.past import Mark
from minikafka.cluster.replaying import Replay, TapeDiverged, check_playable
from minikafka.cluster.run_file import RunFile, SavedMark, packed, read, run_of
from minikafka.commands import Command, Pause, Resume, Run, RunRounds, Step
from minikafka.commands.tape import Tape
from minikafka.commands.values import CantBePlayed, thawed
from minikafka.policy import Rules
from minikafka.protocol.events import RequestReceived, ResponseReceived
from minikafka.world import Traced
from minikafka.world.visible import quoted, visible
from minikafka.xray.messages import Message, chosen, messages_of
from minikafka.xray.snapshot import Snapshot

if TYPE_CHECKING:
    from minikafka.cluster.breakpoints import Breakpoints
    from minikafka.cluster.drivers import ClusterLoop
    from minikafka.cluster.past import Past
    from minikafka.cluster.picture import Picture
    from minikafka.cluster.recording import Recorder
    from minikafka.cluster.source import ClusterSource
    from minikafka.commands.tape import Setup

_LONGEST_WAIT_S = 3600.0


class Instrument:
    """The part of `Cluster` that needs virtual time. Each method raises ValueError in a live cluster."""

    if TYPE_CHECKING:
        seed: int | None
        name: str
        _watches_invariants: bool
        _breakpoints: Breakpoints
        _loop: ClusterLoop
        _recorder: Recorder | None
        _last_tape: Tape | None
        _picture: Picture
        _source: ClusterSource
        _past: Past
        _setup: Setup
        _closed: bool
        _abandon: Any

        def do(self, command: Command) -> Any:
            """As in `Cluster`."""

        def _check(self) -> None: ...

    # -- time --------------------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Virtual seconds since the beginning (simulated), or the loop's time (live)."""
        return self._loop.now()

    def step(self, what: str = "") -> Happened:
        """Let the next thing happen: all that happens at the next moment at which something does.

        `step("message")` goes on until the next message has been delivered. Returns what happened; it is false when
        nothing is left to happen.
        """
        if what not in ("", "message"):
            raise ValueError(
                f'step() is the next thing, step("message") the next message; there is no {quoted(what)}.'
            )
        trace = self._simulated("step").universe.trace
        seen = trace.count
        if not what:
            moved = bool(self.do(Step()))
            return Happened(self.now, trace.events(seen + 1), is_idle=not moved)

        def delivered() -> bool:
            return any(
                isinstance(one.event, RequestReceived | ResponseReceived) for one in trace.events(seen + 1)
            )

        self._run_rounds(delivered, _LONGEST_WAIT_S)
        events = trace.events(seen + 1)
        return Happened(self.now, events, _delivered(trace.events(), events), is_idle=not delivered())

    def run(self, seconds: float) -> Stopped | None:
        """Let that much virtual time pass. None, or by which breakpoints it stopped before that."""
        if not self._breakpoints:
            self.do(Run(seconds))
            return None
        loop, found = self._simulated("run"), list[Breakpoint]()
        take = self._picture.take
        until_s = loop.now() + Run(seconds).seconds
        hit = loop.call(lambda: self._breakpoints.watch(loop.universe.trace, lambda: take(True), found))
        self._run_rounds(hit, until_s - loop.now())
        self._check()
        return Stopped(tuple(found), self.now) if found else None

    def break_when(self, condition: Callable[[Snapshot], bool] | str, name: str | None = None) -> Breakpoint:
        """Let `run` stop when this begins to hold of the snapshot, or when such an event comes ("LeaderElected").

        Returns the breakpoint: `remove()` ends it. It doesn't stop `run_until`, which has a condition of its own, nor a
        client's call. With a condition a snapshot is taken after each round, which makes `run` several times slower.
        """
        self._simulated("break_when")
        return self._breakpoints.add(condition, name)

    def run_until(self, predicate: Callable[[Snapshot], bool], timeout_s: float = 3600.0) -> Snapshot:
        """Let virtual time pass until a snapshot satisfies `predicate`, and return that one. Raises TimeoutError."""
        self._simulated("run_until")
        found: list[Snapshot] = []

        def holds() -> bool:
            snapshot = self._picture.take(True)
            if predicate(snapshot):
                found.append(snapshot)
            return bool(found)

        self._run_rounds(holds, timeout_s)
        self._check()
        if not found:
            raise TimeoutError(
                f"it did not become true within {timeout_s:g} virtual seconds (seed {self.seed})"
            )
        return found[0]

    def _run_rounds(self, done: Callable[[], bool], timeout_s: float) -> None:
        """Until `done()`, asked between two rounds, or so long. On the tape stands how far it went."""
        loop, recorder = self._simulated("run"), self._recorder
        assert recorder is not None
        with recorder.command(RunRounds(0, 0.0)) as entry:
            try:
                loop.call(lambda: loop.universe.run_until(recorder.predicate(done), timeout_s))
            finally:
                moment = recorder.moment
                recorder.replace(entry, RunRounds(moment.round, moment.at_s))
        self._source.changed()

    def play(self, speed: float = 1.0) -> None:
        """Let virtual time run by itself, `speed` virtual seconds a second, until `pause()`."""
        self.do(Resume(speed))

    def pause(self) -> None:
        """Stop virtual time again."""
        self.do(Pause())

    # -- the past ----------------------------------------------------------------------------------------------

    def mark(self, name: str, at: float | None = None) -> Mark:
        """Give this moment a name, for `rewind(to=name)`; or one that is over: `at` so many virtual seconds.

        Raises ValueError: there was no such moment.
        """
        self._simulated("mark")
        return self._past.mark(name, at)

    def rewind(self, to: float | str | Mark | None = None, *, steps: int | None = None) -> None:
        """Go back to a moment: virtual seconds, a mark, or so many steps. What is the same then: everything.

        In seconds it is before whatever was done at that very moment; a mark is exact. Producers and consumers that you
        hold continue from where they were; one that wasn't there yet says so; a call that was under way is cut short.
        Until something else is done, `rewind` goes forward again as well. It takes as long as the run took from its
        beginning. Raises ValueError (no such moment), CantBePlayed (the run can't be repeated) or PastDiffers (it
        went another way): one sentence, and the cluster is as it was.
        """
        self._simulated("rewind")
        self.pause()
        self._past.rewind(to, steps)
        self._source.changed()

    def branch(self) -> Self:
        """A second cluster at this very moment: the same past, its own future. Its clients are in `clients`, by name;
        callbacks that you gave to yours aren't called there. Raises as `rewind`."""
        self._simulated("branch")
        twin: Any = self._past.branch()
        return twin  # type: ignore[no-any-return]

    def messages(
        self,
        *,
        api: str | None = None,
        between: tuple[str, str] | None = None,
        host: str | None = None,
        since: float | str | Mark | None = None,
        until: float | str | Mark | None = None,
    ) -> tuple[Message, ...]:
        """Requests with their answers, oldest first: who, when, what they say, what became of them and what they came
        from. Those that were lost are among them.

        `api`: Kafka's name, in any case; `between`: two hosts, whichever asks; `since`, `until`: seconds or a mark.
        As far back as the trace remembers (10,000 events). Raises ValueError.
        """
        self._check()
        trace = self._loop.universe.trace
        if not trace.messages:
            raise ValueError("This cluster doesn't watch its messages: Cluster(…, message_events=True).")
        entries = () if self._recorder is None else self._recorder.entries
        events = self._loop.call(trace.events)
        return chosen(
            messages_of(events, entries),
            api=api,
            between=between,
            host=host,
            since_s=self._seconds(since),
            until_s=self._seconds(until),
        )

    def _seconds(self, moment: float | str | Mark | None) -> float | None:
        if isinstance(moment, str):
            self._simulated("a mark")
            return self._past.marked(moment).at_s
        return moment.at_s if isinstance(moment, Mark) else moment

    def tape(self) -> Tape:
        """All that was done to this simulated cluster, with its moments: `Cluster.replay(tape)` is the same run."""
        if self._recorder is None:
            raise ValueError('A tape needs a simulated cluster: Cluster(world="simulated", seed=…).')
        return self._recorder.tape(self._setup) if self._last_tape is None else self._last_tape

    @classmethod
    def replay(cls, tape: Tape, *, rules: Rules | None = None) -> Self:
        """A new cluster with the same past, byte for byte. Its clients are in `clients`, by name.

        Raises CantBePlayed or TapeDiverged: one sentence.
        """
        return cls._replayed(tape, rules)

    def save(self, path: str | Path) -> Path:
        """Keep this run, with its marks, in a file (`run.mkr`): all that was done, not a copy of the cluster.

        Your callbacks and rules aren't in it, only the rules' names. Raises OSError, or CantBePlayed: the run can't be
        repeated.
        """
        there = Path(path)
        there.write_bytes(packed(self.saved()))
        return there

    def saved(self) -> RunFile:
        """What `save` writes, as a value. Raises CantBePlayed."""
        self._simulated("save")
        tape = self.tape()
        if tape.cant_be_played:
            raise CantBePlayed(tape.cant_be_played)
        marks = tuple(SavedMark(m.name, m.length, m.moment) for m in self._past.present_marks())
        return run_of(self.name, tape, marks, watches_invariants=self._watches_invariants)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        rules: Rules | Mapping[str, Callable[..., Any]] | None = None,
        message_events: bool = False,
    ) -> Self:
        """A cluster that stands where a saved run had come to: the same past, byte for byte. It is safe for any file.

        A run with rules of somebody's own needs them again: `rules={"high_watermark": mine}`. Its clients are in
        `clients`, by name. `message_events`: watch the messages of one that was made without, too. Raises OSError,
        NotARun (damaged, or of another format), CantBePlayed (a rule is missing) or TapeDiverged (another version, or
        another rule, decides otherwise): one sentence.
        """
        run, tape = read(Path(path))
        try:
            cluster = cls._replayed(
                tape,
                _rules_of(rules),
                run.name,
                message_events=message_events,
                watch_invariants=run.watches_invariants,
            )
        except TapeDiverged as problem:
            made = "" if run.made_by == VERSION else f"; it was made by minikafka {visible(run.made_by)}"
            raise TapeDiverged(f"This minikafka ({VERSION}) can't repeat the run{made}: {problem}") from None
        cluster._past.marks = {m.name: Mark(m.name, m.at.at_s, m.length, m.at) for m in run.marks}
        return cluster

    @classmethod
    def _replayed(
        cls,
        tape: Tape,
        rules: Rules | None,
        name: str | None = None,
        *,
        message_events: bool = False,
        watch_invariants: bool = False,
    ) -> Self:
        check_playable(tape, rules)
        setup = tape.setup
        configs = {name: thawed(value, lambda: lambda: None) for name, value in setup.configs.items()}
        made: Any = cls
        cluster: Any = made(
            setup.brokers,
            world="simulated",
            seed=setup.seed,
            configs=configs,
            rules=rules,
            name=name,
            message_events=setup.message_events or message_events,
            controllers=setup.controllers,
            racks=setup.racks,
            watch_invariants=watch_invariants,
        )
        try:
            Replay(cluster, cluster._recorder, tape).play()
        except BaseException:
            cluster.drop()
            raise
        return cluster  # type: ignore[no-any-return]

    def _simulated(self, verb: str, why: str = "") -> SimulatedLoop:
        self._check()
        if not isinstance(self._loop, SimulatedLoop):
            why = why or 'Cluster(world="simulated", seed=…)'
            raise ValueError(f"{verb} needs a simulated cluster: {why}.")
        return self._loop


def _delivered(all_events: tuple[Traced, ...], events: tuple[Traced, ...]) -> Message | None:
    """The message that came, or whose answer came, with the last of these events."""
    at = events[-1].at if events else None
    came = [m for m in messages_of(all_events) if at in (m.received_s, m.answer_received_s)]
    return came[-1] if came else None


def _rules_of(rules: Rules | Mapping[str, Callable[..., Any]] | None) -> Rules | None:
    if rules is None or isinstance(rules, Rules):
        return rules
    known = [field.name for field in fields(Rules)]
    for name in rules:
        if name not in known:
            raise ValueError(f"There is no rule {quoted(name)}; there are: {', '.join(known)}.")
    return Rules(**rules)
