"""One run: a cluster of one seed, a workload on it, faults that hit it; then everything is repaired and must work
again.

Rule: equal arguments give the equal report. First safety under faults, then progress when they are over:
TigerBeetle's simulator has the same two phases.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec

from minikafka.client import KafkaException
from minikafka.cluster import BackgroundFailure, Cluster
from minikafka.cluster.run_file import RunFile, packed
from minikafka.commands import (
    Command,
    Cut,
    FailDisk,
    FillDisk,
    Heal,
    Kill,
    Lose,
    MovePartition,
    PowerCut,
    RemoveBroker,
    Reorder,
    RepairDisk,
    Restart,
    SetClock,
    Slow,
    SlowDisk,
    Stop,
    Suspend,
    Wake,
)
from minikafka.commands.values import CantBePlayed
from minikafka.explore.anomalies import anomalies
from minikafka.explore.clients import Member, Unread, Writer, read_whole
from minikafka.explore.faults import Fault, draw_faults
from minikafka.explore.history import Notebook
from minikafka.explore.operator import Operator
from minikafka.explore.report import FIRST_BAD, Broken, Report
from minikafka.explore.workload import ORDERS, Workload
from minikafka.invariants import InvariantBroken
from minikafka.policy import Rules
from minikafka.world import SimulationIdle
from minikafka.world.sim_network import LATENCY_S
from minikafka.xray.snapshot import RUNNING, Snapshot

PROGRESS_S = 120.0
"""So long a healed cluster may take until it is whole."""
ANSWERS_S = 300.0
"""And so long until it has answered all that was written."""
LAST_WRITES = 20
LOOK_AGAIN_S = 0.5
LAST_EVENTS = 25
JUST_AFTER_S = 1e-6
"""A rewind to a moment ends before what happens at it, and events know theirs to the microsecond."""


def run(
    seed: int,
    workload: Workload | None = None,
    faults: Sequence[Fault] | None = None,
    *,
    brokers: int = 3,
    controllers: int = 1,
    configs: Mapping[str, object] | None = None,
    rules: Rules | None = None,
    save: Path | None = None,
    explain: bool = True,
    patience_s: float = ANSWERS_S,
) -> Report:
    """What came of it. Without faults those of `draw_faults(seed)` befall it; none: `()`.

    `save`: what broke is kept there as a run file. `explain`: what broke an invariant is looked for, by a second run.
    `patience_s`: no wait for progress takes longer.
    """
    workload = ORDERS if workload is None else workload
    befalls = draw_faults(seed, brokers, controllers=controllers) if faults is None else tuple(faults)

    def once(messages: bool, from_round: int | None = None) -> tuple[Report, int]:
        made = _Run(seed, workload, befalls, save, patience_s)
        return made.play(brokers, controllers, configs, rules, messages, from_round), made.rounds

    report, rounds = once(messages=False)
    if explain and report.broken is not None and report.broken.kind == "invariant":
        # The same run once more, with every message and a look after each event of the last round: which one was it?
        return once(messages=True, from_round=rounds)[0]
    return report


class _NoProgress(Exception):
    """Everything is repaired, and the cluster still doesn't work."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name, self.sentence = name, sentence


class _Run:
    """From the start to the verdict."""

    def __init__(
        self, seed: int, workload: Workload, faults: tuple[Fault, ...], save: Path | None, patience_s: float
    ) -> None:
        self._seed, self._workload, self._faults, self._save = seed, workload, faults, save
        self._progress_s, self._answers_s = min(PROGRESS_S, patience_s), min(ANSWERS_S, patience_s)
        self._notebook = Notebook()
        self._befell: list[str] = []
        self._done: list[str] = []
        """The names of the commands that were carried out."""
        self._away: dict[str, None] = {}
        """Hosts that have to be started again, in the order in which they went."""
        self._disks: dict[str, None] = {}
        """Hosts whose disks fail."""
        self._lost = ""
        """Who lost power last, if it isn't in sync again."""
        self._suspended: dict[str, None] = {}
        self._clocks: dict[str, None] = {}
        """Hosts whose clocks are wrong."""
        self._writers: list[Writer] = []
        self._members: list[Member] = []
        self._operators: list[Operator] = []
        self._cluster: Cluster
        self.rounds = 0
        self._mended_s = self._stuck_s = 0.0
        """When all was repaired; the same, if it didn't go on from there."""

    def play(
        self,
        brokers: int,
        controllers: int,
        configs: Mapping[str, object] | None,
        rules: Rules | None,
        messages: bool,
        from_round: int | None,
    ) -> Report:
        """All of it."""
        self._cluster = cluster = Cluster(
            brokers,
            controllers=controllers,
            world="simulated",
            seed=self._seed,
            configs=configs,
            rules=rules,
            message_events=messages,
            watch_invariants=True,
        )
        try:
            if from_round is not None:
                assert cluster.invariants is not None
                cluster.invariants.look_closely(from_round)
            report = self._report(self._play())
            if self._save is not None and not report.holds:
                self._keep(self._save, report.run)
            return report
        finally:
            cluster.drop()

    def _keep(self, path: Path, run: RunFile | None) -> None:
        """Raises OSError, or CantBePlayed."""
        if run is None:
            raise CantBePlayed(self._cluster.tape().cant_be_played)
        path.write_bytes(packed(run))

    def _play(self) -> Broken | None:
        cluster = self._cluster
        try:
            self._begin()
            start_s = cluster.now
            for fault in self._faults:
                self._work_until(start_s + fault.at_s)
                self._befall(fault)
            self._work_until(max(cluster.now, start_s + self._workload.lasts_s))
            self._mend()
            self._finish()
        except InvariantBroken as broken:
            self.rounds = broken.round
            event = str(broken.event) if broken.event is not None else ""
            return Broken("invariant", broken.name, broken.sentence, broken.at_s, event)
        except _NoProgress as problem:
            self._stuck_s = self._mended_s
            return Broken("progress", problem.name, problem.sentence, cluster.now)
        except SimulationIdle as idle:
            return Broken("progress", "something is left that can happen", str(idle), cluster.now)
        except BackgroundFailure as failure:
            return Broken("failure", "something failed inside", str(failure), cluster.now)
        except Exception as error:
            return Broken("failure", f"{type(error).__name__} was raised", str(error), cluster.now)
        return None

    def _report(self, broken: Broken | None) -> Report:
        history = self._notebook.history
        found = anomalies(history)
        first = next((one for one in found if one.is_promised), None)
        if broken is None and first is not None:
            broken = Broken("anomaly", first.name, first.sentence, first.at_s)
        last = self._cluster.timeline().splitlines()[-LAST_EVENTS:] if broken is not None else []
        return Report(
            self._seed,
            self._workload,
            self._faults,
            broken,
            found,
            history,
            tuple(self._befell),
            "\n".join(last),
            self._cluster.now,
            tuple(self._done),
            None if broken is None else kept(self._cluster, self._stuck_s or broken.at_s),
        )

    # -- the workload ------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        cluster, notebook = self._cluster, self._notebook
        for topic in self._workload.topics:
            cluster.do(topic)
        for number, writing in enumerate(self._workload.writers):
            self._writers.append(Writer(cluster, notebook, number, writing.topic, writing.config))
        for number, reading in enumerate(self._workload.readers):
            config = {"group.id": reading.group, **reading.config}
            self._members.append(Member(cluster, notebook, number, reading.topic, config))

        for number, operating in enumerate(self._workload.operators):
            self._operators.append(Operator(cluster, notebook, number, operating.topic))

    def _work_until(self, at_s: float) -> None:
        cluster = self._cluster
        while cluster.now < at_s:
            for writer, writing in zip(self._writers, self._workload.writers, strict=True):
                writer.turn(writing.count)
            for member in self._members:
                member.turn()
            for operator in self._operators:
                operator.turn()
            cluster.run(max(0.0, min(self._workload.every_s, at_s - cluster.now)))

    # -- faults ------------------------------------------------------------------------------------------------

    def _befall(self, fault: Fault) -> None:
        cluster, command = self._cluster, fault.command
        when = f"{cluster.now:10.3f} s  "
        if fault.only_when_whole and not self._is_whole(cluster.snapshot()):
            self._befell.append(f"{when}{_told(command)}: left out, not every replica is in sync")
            return
        if fault.only_alone and self._is_beside_a_loss(command):
            self._befell.append(
                f"{when}{_told(command)}: left out, {self._lost} lost power and isn't in sync yet"
            )
            return
        try:
            if fault.whom:
                command = msgspec.structs.replace(command, host=host_of(cluster.snapshot(), fault.whom))
            cluster.do(command)
        except (InvariantBroken, BackgroundFailure):
            self._befell.append(f"{when}{_told(command)}")
            raise
        except (ValueError, LookupError) as why:
            self._befell.append(f"{when}{_told(command)}: left out, {why}")
            return
        self._befell.append(f"{when}{_told(command)}")
        self._done.append(
            f"{command.name} one way" if isinstance(command, Cut) and command.one_way else command.name
        )
        self._remember(command)

    def _is_beside_a_loss(self, command: Command) -> bool:
        """Is another broker without records that it had acknowledged?"""
        if not self._lost or getattr(command, "host", "") == self._lost:
            return False
        if self._is_whole(self._cluster.snapshot()):
            self._lost = ""
        return bool(self._lost)

    def _remember(self, command: Command) -> None:
        """What has to be undone."""
        if isinstance(command, PowerCut) and command.host.startswith("broker-"):
            self._lost = command.host
        if isinstance(command, Kill | PowerCut | Stop | RemoveBroker):
            self._away[command.host] = None
        elif isinstance(command, Restart):
            self._away.pop(command.host, None)
        elif isinstance(command, FailDisk | FillDisk | SlowDisk):
            self._disks[command.host] = None
        elif isinstance(command, Suspend):
            self._suspended[command.host] = None
        elif isinstance(command, SetClock):
            self._clocks[command.host] = None
        elif isinstance(command, RepairDisk):
            self._disks.pop(command.host, None)
            self._away[command.host] = None

    def _mend(self) -> None:
        cluster = self._cluster
        self._mended_s = cluster.now
        cluster.do(Heal())
        cluster.do(Lose(0.0))
        cluster.do(Reorder(0.0))
        cluster.do(Slow(*LATENCY_S))
        for host in self._clocks:
            cluster.do(SetClock(host, 0.0))
        for host in self._suspended:
            if host not in self._away:
                with contextlib.suppress(ValueError):  # its disk has failed, and with it the process
                    cluster.do(Wake(host))
        for host in self._disks:
            cluster.do(RepairDisk(host))
        self._restart(*self._away, *self._disks)
        self._wait(lambda s: not cluster.leaving, "brokers leave", "a broker that was removed did not leave")
        # Who got replicas while it was about to leave has stayed.
        self._restart(
            *(h.name for h in cluster.snapshot().hosts if h.role == "broker" and h.state != RUNNING)
        )
        self._wait(lambda s: not cluster.starting, "hosts start", "a start did not end")
        self._replace_the_removed()

    def _restart(self, *hosts: str) -> None:
        cluster = self._cluster
        for host in dict.fromkeys(hosts):
            if host in cluster.hosts and host not in (*cluster.starting, *cluster.leaving):
                cluster.do(Restart(host, is_awaited=False))

    def _replace_the_removed(self) -> None:
        """A move that was asked for before its broker left may have been decided after it."""
        cluster, there = self._cluster, [int(host[len("broker-") :]) for host in self._brokers()]
        for topic in cluster.snapshot().topics:
            for partition in topic.partitions:
                held = [replica.broker for replica in partition.replicas]
                if any(host not in cluster.hosts for host in held):
                    cluster.do(MovePartition(topic.name, partition.index, tuple(there[: len(held)])))

    def _brokers(self) -> list[str]:
        return [host for host in self._cluster.hosts if host.startswith("broker-")]

    # -- progress ----------------------------------------------------------------------------------------------

    def _finish(self) -> None:
        """All writes are answered, all replicas are in sync and alike, all is read by everybody."""
        for writer in self._writers:
            writer.write(LAST_WRITES)
        for writer in self._writers:
            left = writer.flush(self._answers_s)
            if left:
                raise _NoProgress(
                    "writes are acknowledged", f"{writer.name} has {left} writes that were never answered"
                )
            last = writer.writes[-LAST_WRITES:]
            failed = next((write for write in last if write.outcome != "acknowledged"), None)
            if failed is not None:
                sentence = f"{writer.name} was told {failed.error} for {failed.value!r} after everything was repaired"
                raise _NoProgress("writes are acknowledged", sentence)
        self._wait(self._is_whole, "replicas are in sync", "not every replica came into the ISR")
        self._wait(_is_settled, "moves end", "a partition is on its way to other brokers still")
        self._wait(_is_alike, "replicas are alike", "replicas end at different offsets")
        for topic in self._workload.topics:
            try:
                read_whole(self._cluster, self._notebook, topic.topic)
            except Unread as why:
                raise _NoProgress("all can be read", str(why)) from None
        self._read_on()
        for operator in self._operators:
            try:
                operator.finish()
            except KafkaException as why:
                raise _NoProgress("settings are told", str(why)) from None

    def _read_on(self) -> None:
        """Each group comes to the end."""
        cluster, ends = self._cluster, {}
        for reading in self._notebook.readings:
            if reading.end > reading.start:
                ends[(reading.topic, reading.partition)] = reading.end - 1
        groups = {reading.group: reading.topic for reading in self._workload.readers}

        def last(group: str) -> dict[tuple[str, int], int]:
            found: dict[tuple[str, int], int] = {}
            for read in self._notebook.reads:
                if read.group == group:
                    where = (read.topic, read.partition)
                    found[where] = max(found.get(where, -1), read.offset)
            return found

        def are_there() -> bool:
            for member in self._members:
                member.turn()
            reached = {group: last(group) for group in groups}
            return all(
                reached[group].get(where, -1) >= end
                for group, topic in groups.items()
                for where, end in ends.items()
                if where[0] == topic
            )

        until_s = cluster.now + self._progress_s
        while not are_there():
            if cluster.now >= until_s:
                sentence = f"a group did not reach the end within {self._progress_s:g} s"
                raise _NoProgress("groups read on", sentence)
            cluster.run(LOOK_AGAIN_S)
        for member in self._members:
            member.consumer.close()

    def _wait(self, holds: Callable[[Snapshot], bool], name: str, sentence: str) -> None:
        until_s = self._cluster.now + self._progress_s
        while not holds(self._cluster.snapshot()):
            if self._cluster.now >= until_s:
                sentence = f"{sentence} in {self._progress_s:g} s after everything was repaired"
                raise _NoProgress(name, sentence)
            self._cluster.run(LOOK_AGAIN_S)

    def _is_whole(self, snapshot: Snapshot) -> bool:
        """Every host is in service, and every replica in sync."""
        if self._cluster.starting or any(h.state != RUNNING for h in snapshot.hosts if h.role != "client"):
            return False
        return all(
            p.leader is not None and not p.under_replicated
            for topic in snapshot.topics
            for p in topic.partitions
        )


def kept(cluster: Cluster, at_s: float) -> RunFile | None:
    """The run of a cluster up to now, with a mark right after its first bad event; None: it can't be played again."""
    for _ in range(2):
        try:
            cluster.mark(FIRST_BAD, min(at_s + JUST_AFTER_S, cluster.now))
            return cluster.saved()
        except BackgroundFailure:
            continue  # nobody had asked since; now it has been said
        except (CantBePlayed, ValueError):
            break
    return None


def _is_settled(snapshot: Snapshot) -> bool:
    return not any(p.moves for topic in snapshot.topics for p in topic.partitions)


def _is_alike(snapshot: Snapshot) -> bool:
    return all(
        len({replica.end for replica in p.replicas}) == 1
        for topic in snapshot.topics
        for p in topic.partitions
    )


def host_of(snapshot: Snapshot, whom: str) -> str:
    """Who is `leader of orders-0`. Raises LookupError: nobody, or it isn't understood."""
    role, _, name = whom.partition(" of ")
    topic, _, index = name.rpartition("-")
    if role != "leader" or not index.isdecimal():
        raise LookupError(f"{whom!r} isn't understood; say for instance: leader of orders-0")
    leader = snapshot.partition(topic, int(index)).leader
    if leader is None:
        raise LookupError(f"{name} has no leader")
    return leader


def _told(command: Command) -> str:
    return " ".join([command.name, *(f"{value}" for value in command.arguments.values() if value)])
