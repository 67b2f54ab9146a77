"""`Cluster`: a whole Kafka cluster in this process, held by a synchronous face.

Rule: every method is safe to call from a notebook cell (its own loop is never the kernel's), and what fails in
the background is raised at the next call or at `close()`, never swallowed.

Kafka: what `KafkaClusterTestKit` is to its tests.
"""

from __future__ import annotations

import re
import warnings
import weakref
from collections.abc import Callable, Coroutine, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from minikafka.cluster.drivers import ClusterLoop, LiveLoop, Player, SimulatedLoop
from minikafka.cluster.failures import BackgroundFailure, Failures
from minikafka.cluster.foreign import refuse_a_real_kafkas
from minikafka.cluster.nodes import CONTROLLER, ClusterNodes
from minikafka.cluster.picture import Picture
from minikafka.cluster.source import ClusterSource
from minikafka.cluster.waiting import is_ready, wait_live
from minikafka.metadata.config_types import ConfigWarning
from minikafka.policy import Organs
from minikafka.world import Traced, reason_of
from minikafka.world.visible import visible_name
from minikafka.xray.files import Found, Question
from minikafka.xray.snapshot import Snapshot

if TYPE_CHECKING:
    from minikafka.client import AdminClient, Consumer, Producer

START_TIMEOUT_S = STOP_TIMEOUT_S = 300.0
"""Ten thousand partitions take their time on a busy machine. This only ends a wait that would never end."""


class Cluster:
    """A controller and `brokers` brokers, started when this returns.

    - `world="live"`: TCP on 127.0.0.1 (`port` and the following; 0: free ones; `listeners` and
      `advertised.listeners` may say otherwise) and real files in `data`
      (None: a temporary directory that goes with the cluster). It runs in a thread of its own.
    - `world="simulated"`: virtual time, memory for network and disks, everything from `seed`; it moves only
      while a call asks it to.

    `brokers=None`: as many as `data` has, else 3. Fewer than have data there are refused without `fewer_brokers`.
    `configs` are Kafka's broker settings, for every broker; `organs` replaces decisions by your own functions.
    Raises OSError (port in use, directory locked) or ValueError (a wrong setting, somebody else's directory); warns
    (`ConfigWarning`) of a setting that has no effect.
    """

    def __init__(
        self,
        brokers: int | None = 3,
        *,
        world: Literal["live", "simulated"] = "live",
        seed: int = 0,
        data: str | Path | None = None,
        port: int = 0,
        configs: Mapping[str, object] | None = None,
        organs: Organs | None = None,
        coordinator: Literal["kraft"] = "kraft",
        name: str | None = None,
        announce: bool | None = None,
        message_events: bool | None = None,
        fewer_brokers: bool = False,
    ) -> None:
        if brokers is not None and brokers < 1:
            raise ValueError(f"A cluster needs at least one broker, not {brokers}.")
        if coordinator != "kraft":
            raise ValueError(f'coordinator={coordinator!r} is not there (yet); use "kraft".')
        if name is not None and re.search("[\ud800-\udfff]", name):
            raise ValueError(f"A cluster's name is text, and {visible_name(name)} is no UTF-8.")
        self._closed = False
        self._clients = 0
        self._loop: ClusterLoop
        if world == "live":
            root = None if data is None else Path(data)
            if root is not None:
                refuse_a_real_kafkas(root)
            self._loop = LiveLoop(root, message_events=bool(message_events))
        elif world == "simulated":
            if data is not None or port:
                raise ValueError("A simulated cluster has no real directory and no real port.")
            self._loop = SimulatedLoop(seed, message_events=message_events is not False)
        else:
            raise ValueError(f'world must be "live" or "simulated", not {world!r}.')
        # A cluster that nobody closes ends with the interpreter or with its last reference, without a word.
        self._abandon = weakref.finalize(self, self._loop.close)
        self._failures = Failures(self._loop.universe.trace)
        self.world = world
        self.seed = seed if world == "simulated" else None
        try:
            self._nodes = ClusterNodes(
                self._loop.universe,
                brokers=brokers,
                configs=configs,
                organs=organs,
                port=port,
                fewer_brokers=fewer_brokers,
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
        self._player = (
            Player(self._loop, self._source.changed) if isinstance(self._loop, SimulatedLoop) else None
        )
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
    def opened(self) -> tuple[str, ...]:
        """`host:port` of brokers that listen on more than this machine's loopback, because `listeners` say so."""
        return self._nodes.opened

    @property
    def problems(self) -> dict[str, str]:
        """Why hosts are out of service though nobody asked for it, until they start again."""
        return self._loop.call(lambda: dict(self._nodes.problems))

    def __repr__(self) -> str:
        state = "closed" if self._closed else self.bootstrap_servers
        return f"<Cluster {self.name} {self.world} {state}>"

    # -- clients ---------------------------------------------------------------------------------------------

    def producer(self, config: Mapping[str, Any] | None = None) -> Producer:
        """A `Producer` of this cluster, in its world."""
        from minikafka.client import Producer

        return Producer(
            self._client_config(config),
            driver=self._loop,
            world=self._client_world(),
            organs=self._nodes.organs,
        )

    def consumer(self, config: Mapping[str, Any] | None = None) -> Consumer:
        """A `Consumer` of this cluster, in its world."""
        from minikafka.client import Consumer

        return Consumer(
            self._client_config(config),
            driver=self._loop,
            world=self._client_world(),
            organs=self._nodes.organs,
        )

    def admin(self, config: Mapping[str, Any] | None = None) -> AdminClient:
        """An `AdminClient` of this cluster, in its world."""
        from minikafka.client import AdminClient

        return AdminClient(self._client_config(config), driver=self._loop, world=self._client_world())

    def create_topic(
        self,
        name: str,
        partitions: int = 1,
        replication_factor: int | None = None,
        configs: Mapping[str, object] | None = None,
    ) -> None:
        """Create a topic and wait until every living broker knows it. Raises KafkaException."""
        from minikafka.client import NewTopic

        self._check()
        factor = replication_factor
        if factor is None:
            factor = self._nodes.configs.int("default.replication.factor")
        topic = NewTopic(
            name, partitions, factor, config={key: str(value) for key, value in (configs or {}).items()}
        )
        admin = self.admin()
        try:
            admin.create_topics([topic])[name].result()
        finally:
            admin.close()
        self.wait_until(lambda s: is_ready(s, name, partitions), timeout_s=30.0)

    def _client_config(self, config: Mapping[str, Any] | None) -> dict[str, Any]:
        self._check()
        return {"bootstrap.servers": self.bootstrap_servers, **(config or {})}

    def _client_world(self) -> Any:
        self._clients += 1
        host = f"client-{self._clients}"
        return self._loop.call(lambda: self._loop.universe.guest(host))

    # -- faults ----------------------------------------------------------------------------------------------

    def kill(self, host: str) -> None:
        """SIGKILL's meaning: no clean shutdown. `host` is one of `hosts`."""
        self._check()
        self._loop.call(lambda: self._nodes.kill(host))
        self._source.changed()

    def power_cut(self, host: str) -> None:
        """A kill that also loses (or tears) what was not synced. Simulated worlds only."""
        self._check()
        self._loop.call(lambda: self._nodes.power_cut(host))
        self._source.changed()

    def fail_disk(self, host: str, directory: str = "") -> None:
        """A host's disk fails, or only that below `directory` (one of its `log.dirs`), until `repair_disk`.

        The broker notices when it next uses it: in a live world that is when it creates or replaces a file there.
        """
        self._check()
        self._loop.call(lambda: self._nodes.fail_disk(host, directory))

    def repair_disk(self, host: str) -> None:
        """The host's disks work again; a broker that had given one up uses it after `restart`."""
        self._check()
        self._loop.call(lambda: self._nodes.repair_disk(host))

    def restart(self, host: str) -> None:
        """Start a host again on its data; a running one is stopped cleanly first. Raises OSError when it can't."""
        self._check_open()  # what else has failed must not keep this one from starting: the next call raises it
        self._failures.forgive(host)
        self._finish(self._nodes.restart(host), START_TIMEOUT_S, f"The start of {host}")
        self._source.changed()

    def stop_broker(self, host: str) -> None:
        """A clean (controlled) shutdown of one broker."""
        self._check()
        self._finish(self._nodes.stop_broker(host), STOP_TIMEOUT_S, f"The stop of {host}")
        self._source.changed()

    def partition(self, group_a: Sequence[str], group_b: Sequence[str] | None = None) -> None:
        """Cut the network between two groups of hosts (None: all the others)."""
        self._check()
        self._loop.call(lambda: self._nodes.partition(group_a, group_b))
        self._picture.cut = (*self._picture.cut, tuple(group_a), tuple(group_b or ()))
        self._source.changed()

    def heal(self) -> None:
        """End all partitions of the network."""
        self._check()
        self._loop.call(self._nodes.heal)
        self._picture.cut = ()
        self._source.changed()

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
        """What a replica's files hold, byte for byte. Raises Unseen: one sentence."""
        return self._loop.call(lambda: self._picture.look(question))

    def events(self) -> tuple[Traced, ...]:
        """The latest events of the trace, oldest first."""
        return self._loop.call(lambda: tuple(self._loop.universe.trace.recent))

    def timeline(self) -> str:
        """Every remembered event as a line: when, who, what. In a simulated world messages are among them."""
        return "\n".join(str(traced) for traced in self.events())

    def on_event(self, callback: Callable[[Traced], None]) -> Callable[[], None]:
        """Call `callback` (in the cluster's loop; be quick) with each event; returns the function that ends it."""
        return self._loop.call(lambda: self._loop.universe.trace.subscribe(callback))

    def wait_until(self, predicate: Callable[[Snapshot], bool], timeout_s: float = 30.0) -> Snapshot:
        """The first snapshot for which `predicate` holds. Raises TimeoutError, and whatever `predicate` raises."""
        if isinstance(self._loop, SimulatedLoop):
            return self.run_until(predicate, timeout_s)
        self._check()
        found = wait_live(self._loop, lambda: self._picture.take(None), predicate, timeout_s)
        self._check()
        return found

    # -- virtual time ----------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """Virtual seconds since the beginning (simulated), or the loop's time (live)."""
        return self._loop.now()

    def step(self) -> bool:
        """Let the next thing happen. False when nothing is left to happen."""
        loop = self._simulated("step")
        moved = loop.call(loop.universe.step)
        self._source.changed()
        self._check()
        return moved

    def run(self, seconds: float) -> None:
        """Let that much virtual time pass."""
        loop = self._simulated("run")
        loop.call(lambda: loop.universe.run_for(seconds))
        self._source.changed()
        self._check()

    def run_until(self, predicate: Callable[[Snapshot], bool], timeout_s: float = 3600.0) -> Snapshot:
        """Let virtual time pass until a snapshot satisfies `predicate`, and return that one. Raises TimeoutError."""
        loop = self._simulated("run_until")
        found: list[Snapshot] = []

        def holds() -> bool:
            snapshot = self._picture.take(True)
            if predicate(snapshot):
                found.append(snapshot)
            return bool(found)

        loop.call(lambda: loop.universe.run_until(holds, timeout_s))
        self._source.changed()
        self._check()
        if not found:
            raise TimeoutError(f"it did not come to pass in {timeout_s:g} virtual seconds (seed {self.seed})")
        return found[0]

    def play(self, speed: float = 1.0) -> None:
        """Let virtual time run by itself, `speed` virtual seconds a second, until `pause()`."""
        self._simulated("play")
        assert self._player is not None
        self._player.play(speed)

    def pause(self) -> None:
        """Stop virtual time again."""
        self._simulated("pause")
        assert self._player is not None
        self._player.pause()

    def _simulated(self, verb: str) -> SimulatedLoop:
        self._check()
        if not isinstance(self._loop, SimulatedLoop):
            raise ValueError(f'{verb} needs a simulated cluster: Cluster(world="simulated", seed=…).')
        return self._loop

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
        try:
            self._finish(self._nodes.stop(), STOP_TIMEOUT_S, "The stop of the cluster")
        finally:
            self._abandon()
        self._failures.raise_new()

    def discard(self) -> None:
        """For a process that ends this very moment: a temporary directory goes, nothing is stopped."""
        if isinstance(self._loop, LiveLoop):
            self._loop.universe.discard()

    def _finish(self, work: Coroutine[Any, Any, None], timeout_s: float, what: str) -> None:
        try:
            self._loop.run(work, timeout_s)
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
            error.add_note(f"In the background, too: {failure}")
