"""The instrument: what only a simulated cluster can do. It stops, goes step by step, goes back, and branches.

Rule: nothing moves but by these methods and by calls of its clients, and whatever moves is on the tape.
Kafka's `MockTime` stands still in the same way; nothing there goes back.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Self

from minikafka.cluster.drivers import SimulatedLoop
from minikafka.cluster.past import Mark
from minikafka.cluster.replaying import Replay, check_playable
from minikafka.commands import Command, Pause, Resume, Run, RunRounds, Step
from minikafka.commands.tape import Tape
from minikafka.commands.values import thawed
from minikafka.policy import Rules
from minikafka.xray.messages import Message, chosen, messages_of
from minikafka.xray.snapshot import Snapshot

if TYPE_CHECKING:
    from minikafka.cluster.drivers import ClusterLoop
    from minikafka.cluster.past import Past
    from minikafka.cluster.picture import Picture
    from minikafka.cluster.recording import Recorder
    from minikafka.cluster.source import ClusterSource
    from minikafka.commands.tape import Setup


class Instrument:
    """The part of `Cluster` that needs virtual time. Each method raises ValueError in a live cluster."""

    if TYPE_CHECKING:
        seed: int | None
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

    def step(self) -> bool:
        """Let the next thing happen. False when nothing is left to happen."""
        return bool(self.do(Step()))

    def run(self, seconds: float) -> None:
        """Let that much virtual time pass."""
        self.do(Run(seconds))

    def run_until(self, predicate: Callable[[Snapshot], bool], timeout_s: float = 3600.0) -> Snapshot:
        """Let virtual time pass until a snapshot satisfies `predicate`, and return that one. Raises TimeoutError."""
        loop, recorder = self._simulated("run_until"), self._recorder
        assert recorder is not None
        found: list[Snapshot] = []

        def holds() -> bool:
            snapshot = self._picture.take(True)
            if predicate(snapshot):
                found.append(snapshot)
            return bool(found)

        with recorder.command(RunRounds(0, 0.0)) as entry:
            try:
                loop.call(lambda: loop.universe.run_until(recorder.predicate(holds), timeout_s))
            finally:
                moment = recorder.moment
                recorder.replace(entry, RunRounds(moment.round, moment.at_s))
        self._source.changed()
        self._check()
        if not found:
            raise TimeoutError(
                f"it did not become true within {timeout_s:g} virtual seconds (seed {self.seed})"
            )
        return found[0]

    def play(self, speed: float = 1.0) -> None:
        """Let virtual time run by itself, `speed` virtual seconds a second, until `pause()`."""
        self.do(Resume(speed))

    def pause(self) -> None:
        """Stop virtual time again."""
        self.do(Pause())

    # -- the past ----------------------------------------------------------------------------------------------

    def mark(self, name: str) -> Mark:
        """Give this moment a name, for `rewind(to=name)`."""
        self._simulated("mark")
        return self._past.mark(name)

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
            message_events=setup.message_events,
        )
        try:
            Replay(cluster, cluster._recorder, tape).play()
        except BaseException:
            cluster.drop()
            raise
        return cluster  # type: ignore[no-any-return]

    def _simulated(self, verb: str) -> SimulatedLoop:
        self._check()
        if not isinstance(self._loop, SimulatedLoop):
            raise ValueError(f'{verb} needs a simulated cluster: Cluster(world="simulated", seed=…).')
        return self._loop
