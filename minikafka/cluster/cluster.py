"""`Cluster`: a whole Kafka cluster in this process, held by a synchronous face.

Rule: every method is safe to call from a notebook cell (its own loop is never the kernel's), and what fails in
the background is raised at the next call or at `close()`, never swallowed.

Kafka: what `KafkaClusterTestKit` is to its tests.
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from minikafka.cluster.breakpoints import Breakpoints
from minikafka.cluster.clients import ClusterClients
from minikafka.cluster.doing import START_TIMEOUT_S, STOP_TIMEOUT_S, do
from minikafka.cluster.drivers import LiveLoop, Player, SimulatedLoop
from minikafka.cluster.failures import BackgroundFailure, Failures
from minikafka.cluster.instrument import Instrument
from minikafka.cluster.listeners import Listeners
from minikafka.cluster.nodes import CONTROLLER, ClusterNodes
from minikafka.cluster.past import Past
from minikafka.cluster.picture import Picture
from minikafka.cluster.recording import Recorder
from minikafka.cluster.replaying import setup_of
from minikafka.cluster.source import ClusterSource
from minikafka.cluster.waiting import wait_live
from minikafka.cluster.wanted import check_wanted, new_loop
from minikafka.commands import (
    AddBroker,
    AddController,
    CancelMove,
    Command,
    CreateTopic,
    Cut,
    FailDisk,
    Heal,
    Kill,
    MovePartition,
    Pause,
    PowerCut,
    RemoveBroker,
    RemoveController,
    RepairDisk,
    Restart,
    Resume,
    Stop,
)
from minikafka.commands.clients import ClientKind
from minikafka.commands.tape import Tape
from minikafka.invariants import Invariants
from minikafka.metadata.config_types import ConfigWarning
from minikafka.policy import Rules
from minikafka.world import Traced, reason_of
from minikafka.xray.files import Found, Question
from minikafka.xray.snapshot import Snapshot

if TYPE_CHECKING:
    from minikafka.client import AdminClient, Consumer, Producer

T = TypeVar("T")


class Cluster(Instrument):
    """Controllers (one, unless more are wanted) and `brokers` brokers, started when this returns.

    - `world="live"`: TCP on 127.0.0.1 (`port` and the following; 0: free ones; `listeners` and
      `advertised.listeners` may say otherwise) and real files in `data`
      (None: a temporary directory that goes with the cluster). It runs in a thread of its own.
    - `world="simulated"`: virtual time, memory for network and disks, everything from `seed`; it moves only
      while a call asks it to.

    `brokers=None`: as many as `data` has, else 3. Fewer than have data there are refused without `fewer_brokers`.
    `controllers`: how many form the quorum; of 3 one may die, of 5 two. A data directory's can't be changed.
    `racks`: the first broker is in the first of them, and so on, over again (`broker.rack`).
    `configs` are Kafka's broker settings, for every broker; `rules` replaces decisions by your own functions;
    `watch_invariants` (simulated) lets the call that breaks one raise `InvariantBroken`: which, when, by which event.
    Raises OSError (port in use, directory locked) or ValueError (a wrong setting, somebody else's directory); warns
    (`ConfigWarning`) of a setting that has no effect.
    """

    def __init__(
        self,
        brokers: int | None = 3,
        *,
        controllers: int | None = None,
        world: Literal["live", "simulated"] = "live",
        seed: int = 0,
        data: str | Path | None = None,
        port: int = 0,
        configs: Mapping[str, object] | None = None,
        rules: Rules | None = None,
        coordinator: Literal["kraft"] = "kraft",
        name: str | None = None,
        announce: bool | None = None,
        message_events: bool | None = None,
        fewer_brokers: bool = False,
        watch_invariants: bool = False,
        racks: Sequence[str] = (),
    ) -> None:
        if watch_invariants and world != "simulated":
            raise ValueError("Invariants can be watched in a simulated cluster only.")
        check_wanted(brokers, controllers, coordinator, name)
        self._closed = False
        self._loop = new_loop(world, seed=seed, data=data, port=port, message_events=message_events)
        # A cluster that nobody closes ends with the interpreter or with its last reference, without a word.
        self._abandon = weakref.finalize(self, self._loop.close)
        self._failures = Failures(self._loop.universe.trace)
        self.world = world
        self.seed = seed if world == "simulated" else None
        try:
            self._nodes = ClusterNodes(
                self._loop.universe,
                brokers=brokers,
                controllers=controllers,
                configs=configs,
                rules=rules,
                port=port,
                fewer_brokers=fewer_brokers,
                racks=racks,
            )
            self._finish(self._nodes.start(), START_TIMEOUT_S, "The start of the cluster")
        except BaseException:
            self._abandon()
            raise
        for sentence in self._nodes.configs.notices:
            warnings.warn(sentence, ConfigWarning, stacklevel=2)
        self.name = name or f"minikafka-{self._nodes.cluster_id[:6]}"
        self._picture = Picture(self._nodes, self.name, self.world, self.seed)
        self._source = ClusterSource(self)
        self.invariants: Invariants | None = None
        """What is watched, with `watch_invariants`."""
        self._recorder: Recorder | None = None
        self._player: Player | None = None
        self._last_tape: Tape | None = None
        if isinstance(self._loop, SimulatedLoop):
            self._recorder = Recorder(self._loop)
            self._watches_invariants = watch_invariants
            if watch_invariants:
                self.invariants = Invariants(self._nodes, self._loop.universe)
            self._player = Player(self._loop, self._source.changed, self._recorder.ran_to)
            self._begun_at_instant = self._loop.loop.instants
            self._past = Past(self)
            self._breakpoints = Breakpoints()
            self._setup = setup_of(
                seed,
                len(self._nodes.brokers),
                configs,
                self._nodes.rules,
                message_events=message_events is not False,
                controllers=len(self._nodes.controllers),
                racks=racks,
            )
        heard = (lambda callback: callback) if self._recorder is None else self._recorder.listener
        self._listeners = Listeners(self._loop.universe.trace, heard)
        self._clients = ClusterClients(self._loop, self._nodes, self._recorder)
        self._server: Any = None
        if announce is None:
            announce = world == "live"
        if announce:
            try:
                self.announce()
            except OSError as problem:  # the cluster is as good as any; it is only not found by name
                sentence = f"`minikafka tui` won't find this cluster: {reason_of(problem)}."
                warnings.warn(sentence, RuntimeWarning, stacklevel=2)

    # -- who it is -------------------------------------------------------------------------------------------

    @property
    def bootstrap_servers(self) -> str:
        """`host:port,…`, for any Kafka client."""
        return self._nodes.bootstrap_servers

    @property
    def cluster_id(self) -> str:
        """22 characters of URL-safe base64."""
        return self._nodes.cluster_id

    @property
    def controllers(self) -> str:
        """`host:port,…` of the KRaft controllers."""
        return self._nodes.bootstrap_controllers

    @property
    def hosts(self) -> tuple[str, ...]:
        """The names that `kill`, `restart` and `partition` take."""
        return self._nodes.hosts

    @property
    def default_replication_factor(self) -> int:
        """Of a topic that is created without one."""
        return self._nodes.configs.int("default.replication.factor")

    @property
    def opened(self) -> tuple[str, ...]:
        """`host:port` of brokers that listen on more than this machine's loopback, because `listeners` say so."""
        return self._nodes.opened

    @property
    def problems(self) -> dict[str, str]:
        """Why hosts are out of service though nobody asked for it, until they start again."""
        return self._loop.call(lambda: dict(self._nodes.problems))

    @property
    def leaving(self) -> tuple[str, ...]:
        """Brokers whose removal was begun and hasn't ended (`RemoveBroker(host, is_awaited=False)`)."""
        return self._loop.call(lambda: self._nodes.leaving)

    @property
    def starting(self) -> tuple[str, ...]:
        """Hosts whose restart was begun and not awaited, and that aren't there yet."""
        return self._loop.call(lambda: self._nodes.starting)

    def __repr__(self) -> str:
        state = "closed" if self._closed else self.bootstrap_servers
        return f"<Cluster {self.name} {self.world} {state}>"

    # -- clients ---------------------------------------------------------------------------------------------

    def producer(self, config: Mapping[str, Any] | None = None) -> Producer:
        """A `Producer` of this cluster, in its world."""
        opened: Producer = self._open_client("producer", config)
        return opened

    def consumer(self, config: Mapping[str, Any] | None = None) -> Consumer:
        """A `Consumer` of this cluster, in its world."""
        opened: Consumer = self._open_client("consumer", config)
        return opened

    def admin(self, config: Mapping[str, Any] | None = None) -> AdminClient:
        """An `AdminClient` of this cluster, in its world."""
        opened: AdminClient = self._open_client("admin", config)
        return opened

    @property
    def clients(self) -> dict[str, Any]:
        """Those of a simulated cluster that somebody holds, by the names of their hosts."""
        return self._clients.held

    def _open_client(self, kind: ClientKind, config: Mapping[str, Any] | None) -> Any:
        self._check()
        return self._clients.open(kind, config)

    # -- commands --------------------------------------------------------------------------------------------

    def do(self, command: Command) -> Any:
        """Do a command (`minikafka.commands`): the one door of these methods, the inspector, scripts and tapes.

        Returns and raises what the method of the same name does.
        """
        self._check_open()
        if self._recorder is None or isinstance(command, Resume | Pause):  # how far it ran is on the tape
            return do(self, command)
        with self._recorder.command(command):
            return do(self, command)

    def create_topic(
        self,
        name: str,
        partitions: int = 1,
        replication_factor: int | None = None,
        configs: Mapping[str, object] | None = None,
    ) -> None:
        """Create a topic and wait until every living broker knows it. Raises KafkaException."""
        written = {key: str(value) for key, value in (configs or {}).items()}
        self.do(CreateTopic(name, partitions, replication_factor, written))

    def kill(self, host: str) -> None:
        """SIGKILL's meaning: no clean shutdown. `host` is one of `hosts`."""
        self.do(Kill(host))

    def power_cut(self, host: str) -> None:
        """A kill that also loses (or tears) what was not synced. Simulated worlds only."""
        self.do(PowerCut(host))

    def fail_disk(self, host: str, directory: str = "") -> None:
        """A host's disk fails, or only that below `directory` (one of its `log.dirs`), until `repair_disk`.

        The broker notices when it next uses it: in a live world that is when it creates or replaces a file there.
        """
        self.do(FailDisk(host, directory))

    def repair_disk(self, host: str) -> None:
        """The host's disks work again; a broker that had given one up uses it after `restart`."""
        self.do(RepairDisk(host))

    def restart(self, host: str) -> None:
        """Start a host again on its data; a running one is stopped cleanly first. Raises OSError when it can't."""
        self.do(Restart(host))

    def stop_broker(self, host: str) -> None:
        """A clean (controlled) shutdown of one broker."""
        self.do(Stop(host))

    def add_broker(self, rack: str | None = None) -> str:
        """Start one more broker; returns its host's name. It has no partitions until some are moved to it, or created.

        Raises OSError or ValueError when it can't.
        """
        host: str = self.do(AddBroker(rack))
        return host

    def remove_broker(self, host: str) -> None:
        """Stop a broker for good, and let the cluster forget it. Raises ValueError while it has replicas."""
        self.do(RemoveBroker(host))

    def move_partition(self, topic: str, partition: int, brokers: Sequence[int]) -> None:
        """Begin to move a partition to these brokers (the first is the preferred leader); it is done when the snapshot
        shows no replica that is `adding` or `removing`. Raises KafkaException."""
        self.do(MovePartition(topic, partition, tuple(brokers)))

    def cancel_move(self, topic: str, partition: int) -> None:
        """Take back a move that isn't done. Raises KafkaException."""
        self.do(CancelMove(topic, partition))

    def add_controller(self, host: str = "") -> str:
        """Start one more controller (`host`: or take this one, which has no vote), and let it vote: its host. Of a
        cluster that was made with several."""
        added: str = self.do(AddController(host))
        return added

    def remove_controller(self, host: str) -> None:
        """Vote a controller out of the quorum; it follows on, and may be killed without a loss."""
        self.do(RemoveController(host))

    def partition(self, group_a: Sequence[str], group_b: Sequence[str] | None = None) -> None:
        """Cut the network between two groups of hosts (None: all the others)."""
        self.do(Cut(tuple(group_a), tuple(group_b or ())))

    def heal(self) -> None:
        """End all partitions of the network."""
        self.do(Heal())

    # -- looking ---------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """The whole cluster at this instant; what the inspector sees."""
        self._check()
        return self.picture()

    def picture(self) -> Snapshot:
        """`snapshot()` without the check for background failures: for viewers, who must see those too."""
        paused = None if self._player is None else not self._player.playing
        return self._loop.call(lambda: self._picture.take(paused))

    def next_picture(self) -> Snapshot:
        """`picture()` for those who watch: it costs what moved, and a live cluster does other things meanwhile."""
        if isinstance(self._loop, LiveLoop):
            return self._loop.run(self._picture.take_in_turns(None))
        return self.picture()

    def look(self, question: Question) -> Found:
        """What a replica's files hold, byte for byte, or a page of events. Raises Unseen: one sentence."""
        return self._loop.call(lambda: self._picture.look(question))

    def events(self, from_sequence: int = 0) -> tuple[Traced, ...]:
        """The latest events of the trace, oldest first: page by page, with the last one's `seq + 1`."""
        return self._loop.call(lambda: self._loop.universe.trace.events(from_sequence))

    def timeline(self) -> str:
        """Every remembered event as a line: when, who, what. In a simulated world messages are among them."""
        return "\n".join(str(traced) for traced in self.events())

    def on_event(self, callback: Callable[[Traced], None]) -> Callable[[], None]:
        """Call `callback` (in the cluster's loop; be quick) with each event; returns the function that ends it."""
        stop = self._loop.call(lambda: self._listeners.add(callback))
        return lambda: self._loop.call(stop)

    def wait_until(self, predicate: Callable[[Snapshot], bool], timeout_s: float = 30.0) -> Snapshot:
        """The first snapshot for which `predicate` holds. Raises TimeoutError, and whatever `predicate` raises."""
        if isinstance(self._loop, SimulatedLoop):
            return self.run_until(predicate, timeout_s)
        self._check()
        found = wait_live(self._loop, lambda: self._picture.take(None), predicate, timeout_s)
        self._check()
        return found

    # -- the end ---------------------------------------------------------------------------------------------

    def announce(self) -> None:
        """Serve the x-ray socket, so that `minikafka tui` finds this cluster."""
        if self._server is None:
            from minikafka.xray.thread import ServerThread

            clock = self._loop.call(lambda: self._loop.universe.world(CONTROLLER).clock)
            self._server = ServerThread(self._source, name=self.name, started_ms=clock.time_ms())
            self._server.start()

    def close(self) -> None:
        """Stop everything cleanly. Raises BackgroundFailure for what failed unseen. Closing twice is fine."""
        if self._closed:
            return
        self._closed = True
        if self._player is not None:
            self._player.pause()
        if self._server is not None:
            self._server.close()
        if self._recorder is not None:
            self._last_tape = self._recorder.tape(self._setup)
            self._past.forget()
        try:
            self._finish(self._nodes.stop(), STOP_TIMEOUT_S, "The stop of the cluster")
        finally:
            self._abandon()
        self._failures.raise_new()

    def discard(self) -> None:
        """For a process that ends this very moment: a temporary directory goes, nothing is stopped."""
        if isinstance(self._loop, LiveLoop):
            self._loop.universe.discard()

    def drop(self) -> None:
        """Let go of it as it is, however far it got: nothing is stopped in order, nothing is raised."""
        if self._closed:
            return
        self._closed = True
        if self._player is not None:
            self._player.pause()
            self._past.forget()
        if self._server is not None:
            self._server.close()
        for face in self.clients.values():
            face._finalizer.detach()
            face._drop.detach()
        self._abandon()

    def _finish(self, work: Coroutine[Any, Any, T], timeout_s: float, what: str) -> T:
        try:
            return self._loop.run(work, timeout_s)
        except TimeoutError as late:
            raise TimeoutError(str(late) or f"{what} takes longer than {timeout_s:g} seconds.") from None

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError("This cluster is closed.")

    def _check(self) -> None:
        self._check_open()
        self._failures.raise_new()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self.close()
            return
        try:
            self.close()
        except BackgroundFailure as failure:
            assert error is not None
            error.add_note(f"Also failed in the background: {failure}")
