"""An adoption from beginning to end: look, plan, copy, and write the metadata log of the new cluster last.

Rule: one broker gets everything, with one replica of each partition; if it fails, nothing of ours stays behind.
Kafka: what `kafka-storage format` and a bootstrap snapshot are to a new cluster.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from minikafka.adopt.copying import Copied, Copying
from minikafka.adopt.known import Known, newest, read_metadata_log
from minikafka.adopt.plan import PlannedTopic, plan
from minikafka.adopt.report import Report, TakenTopic
from minikafka.adopt.source import NoKafkaDirectory, SourceDirectory, find_sources
from minikafka.adopt.topic_settings import adopted_configs
from minikafka.adopt.zookeeper_files import find_zookeeper, read_zookeeper
from minikafka.cluster.kept_data import new_cluster_id
from minikafka.cluster.nodes import CONTROLLER, broker_host
from minikafka.cluster.voters import CONTROLLER_ID
from minikafka.log.config import LogConfig
from minikafka.log.meta_properties import MetaProperties, write_meta_properties
from minikafka.metadata.configs import BrokerConfigs, effective_topic_configs
from minikafka.metadata.features import bootstrap_records
from minikafka.metadata.image import NO_LEADER, TOPIC_RESOURCE, MetadataImage
from minikafka.metadata.records import ConfigRecord, PartitionRecord, ProducerIdsRecord, TopicRecord
from minikafka.metadata.replay import apply_all
from minikafka.metadata.topic_names import GROUP_METADATA_TOPIC
from minikafka.protocol.schema import Message
from minikafka.protocol.uuid_text import encode_uuid
from minikafka.quorum import MetadataLog, VoterNode
from minikafka.world import LiveUniverse, World, new_live_loop

BROKER_ID = 1
RECORDS_A_BATCH = 500
SPARE_BYTES = 64 << 20
PRODUCER_IDS_A_BLOCK = 1000


class NotAdopted(ValueError):
    """Why not; one sentence."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """`topics`: names and globs, none for all. `keep_retention`: what the real topics' settings would remove may go."""

    topics: tuple[str, ...] = ()
    keep_retention: bool = False


def adopt(
    given: Sequence[Path], data: Path, wishes: Wishes, say: Callable[[str], None] = lambda _: None
) -> Report:
    """Copy the real Kafka in `given` into a new cluster in `data`. Raises NotAdopted, OSError.

    `say` is called with the name of each topic before it is copied.
    """
    _check_target(given, data)
    try:
        sources = [source for path in given for source in _found(path)]
    except NoKafkaDirectory as problem:
        raise NotAdopted(str(problem)) from None
    known = _what_is_known(sources, [folder for path in given for folder in find_zookeeper(path)])
    report = Report(_cluster_id(sources, known), [f"{source.path}" for source in sources])
    report.notes += known.notes
    for what, why in [*known.left, *(one for source in sources for one in source.left)]:
        report.leave(what, why)
    topics = plan(sources, known, wishes.topics, report)
    if all(topic.name == GROUP_METADATA_TOPIC for topic in topics):
        which = f"matches {', '.join(wishes.topics)}" if wishes.topics else "is in it"
        raise NotAdopted(f"No topic {which}; nothing was adopted.")
    existed = data.exists()
    with LiveUniverse(data) as universe:
        try:
            _Adoption(universe, report, known, wishes, say).run(topics)
        except BaseException:
            _remove(universe)
            if not existed:
                data.rmdir()
            raise
    return report


def _found(path: Path) -> list[SourceDirectory]:
    """A server's ZooKeeper directory may be given by itself; then it holds no log directory."""
    try:
        return find_sources(path)
    except NoKafkaDirectory:
        if path.is_dir() and find_zookeeper(path):
            return []
        raise


def _check_target(given: Sequence[Path], data: Path) -> None:
    if data.exists() and not data.is_dir():
        raise NotAdopted(f"{data} is not a directory.")
    if data.is_dir() and any(data.iterdir()):
        raise NotAdopted(f"{data} is not empty; --data takes a new directory.")
    for path in given:
        if data.resolve().is_relative_to(path.resolve()):
            raise NotAdopted(
                f"{data} lies in {path}, which must stay as it is; choose another place for --data."
            )


def _what_is_known(sources: Sequence[SourceDirectory], zookeepers: Sequence[Path]) -> Known:
    logs = [source.metadata_log for source in sources if source.metadata_log is not None]
    known = newest(read_metadata_log(path) for path in logs)
    if known is not None and known.topics:
        return known
    known = newest(read_zookeeper(path) for path in zookeepers) or known
    if known is None:
        known = Known()
        known.notes.append(
            "neither a metadata log nor a ZooKeeper's directory was given: topics are those that have folders, "
            "their settings aren't known"
        )
    return known


def _cluster_id(sources: Sequence[SourceDirectory], known: Known) -> str:
    """The real cluster's; empty where it isn't known."""
    ids = sorted({source.cluster_id for source in sources if source.cluster_id})
    if len(ids) > 1:
        raise NotAdopted(f"These directories are of different clusters: {', '.join(ids)}.")
    return ids[0] if ids else known.cluster_id


def _remove(universe: LiveUniverse) -> None:
    for host in (CONTROLLER, broker_host(BROKER_ID)):
        universe.crash(host)
        try:
            universe.world(host).disk.rmtree("")
        except OSError:
            pass


class _Adoption:
    """One that is under way."""

    def __init__(
        self,
        universe: LiveUniverse,
        report: Report,
        known: Known,
        wishes: Wishes,
        say: Callable[[str], None],
    ) -> None:
        self._universe = universe
        self._report = report
        self._known = known
        self._wishes = wishes
        self._say = say
        self._broker: World = universe.world(broker_host(BROKER_ID))
        self._directory_id = self._new_id()
        report.cluster_id = report.cluster_id or new_cluster_id(self._broker)
        self._largest_producer_id = -1
        self._copying = Copying(self._broker, keeps_offsets=not wishes.keep_retention)

    def _new_id(self) -> UUID:
        return UUID(int=self._broker.random.getrandbits(128), version=4)

    def run(self, topics: Sequence[PlannedTopic]) -> None:
        self._check_space(topics)
        records: list[Message] = []
        for topic in topics:
            self._say(topic.name)
            records += self._topic(topic)
        self._copying.finish()
        self._report.groups = self._copying.groups.ids
        if self._copying.groups.unreadable:
            self._report.leave(
                f"{self._copying.groups.unreadable} records of __consumer_offsets", "they can't be decoded"
            )
        for damage in self._copying.groups.damaged:
            self._report.leave(f"committed offsets behind the damage of {damage}", "they can't be read")
        next_id = max(self._known.next_producer_id, self._largest_producer_id + 1)
        next_id += -next_id % PRODUCER_IDS_A_BLOCK
        records.append(ProducerIdsRecord(broker_id=BROKER_ID, broker_epoch=-1, next_producer_id=next_id))
        self._write_properties(self._broker, BROKER_ID, self._directory_id)
        self._write_metadata(records)

    def _check_space(self, topics: Sequence[PlannedTopic]) -> None:
        needed = sum(replica.size_bytes for topic in topics for replica in topic.replicas.values())
        self._broker.disk.makedirs("")
        space = self._broker.disk.space()
        if space is not None and needed + SPARE_BYTES > space[1]:
            raise NotAdopted(
                f"{needed >> 20} MB are to be copied, and {self._broker.disk.location} has room for {space[1] >> 20}."
            )

    def _topic(self, topic: PlannedTopic) -> list[Message]:
        """Copy it; the records that make it known."""
        topic_id = topic.id or self._new_id()
        configs, changed = adopted_configs(
            topic.name, topic.configs, self._report, keep_retention=self._wishes.keep_retention
        )
        head: list[Message] = [TopicRecord(name=topic.name, topic_id=topic_id)]
        head += [
            ConfigRecord(resource_type=TOPIC_RESOURCE, resource_name=topic.name, name=key, value=value)
            for key, value in configs.items()
        ]
        image = apply_all(MetadataImage(), head, len(head) - 1)
        config = LogConfig.from_topic(effective_topic_configs(image, topic.name, BrokerConfigs()))
        count, size = 0, 0
        for index in range(topic.partitions):
            replica = topic.replicas.get(index)
            copied = self._copying.take((topic.name, index), topic_id, replica, config)
            self._say_what_changed(topic.name, index, replica.rank.end_offset if replica else 0, copied)
            epoch = max(topic.leader_epochs.get(index, 0), copied.leader_epoch, 0)
            head.append(self._partition(topic_id, index, epoch))
            self._largest_producer_id = max(self._largest_producer_id, copied.walked.largest_producer_id)
            count += copied.walked.records
            size += sum((replica.path / name).stat().st_size for name in replica.logs) if replica else 0
        self._report.topics.append(
            TakenTopic(topic.name, encode_uuid(topic_id), topic.partitions, count, size, configs, changed)
        )
        return head

    def _partition(self, topic_id: UUID, index: int, epoch: int) -> PartitionRecord:
        """With no leader: the broker is elected when it comes up, in an epoch that is new to its log."""
        return PartitionRecord(
            partition_id=index,
            topic_id=topic_id,
            replicas=[BROKER_ID],
            isr=[BROKER_ID],
            leader=NO_LEADER,
            leader_epoch=epoch,
            partition_epoch=0,
            directories=[self._directory_id],
        )

    def _say_what_changed(self, topic: str, index: int, end_offset: int, copied: Copied) -> None:
        if copied.walked.damage:
            self._report.notes.append(f"{topic}-{index} is damaged: {copied.walked.damage}")
        if copied.end_offset < end_offset:
            self._report.leave(
                f"{topic}-{index} from offset {copied.end_offset} on",
                "the log is damaged there, as recovery found",
            )
        if copied.unstable_offset is not None:
            self._report.notes.append(
                f"{topic}-{index} has a transaction open since offset {copied.unstable_offset}, which nobody will end: "
                "consumers with read_committed stop there"
            )

    def _write_properties(self, world: World, node_id: int, directory_id: UUID) -> None:
        write_meta_properties(
            world.disk, MetaProperties(self._report.cluster_id, node_id, encode_uuid(directory_id))
        )

    def _write_metadata(self, records: Sequence[Message]) -> None:
        world = self._universe.world(CONTROLLER)
        world.disk.makedirs("")
        directory_id = self._new_id()
        self._write_properties(world, CONTROLLER_ID, directory_id)
        log = MetadataLog.open(world, CONTROLLER_ID)
        log.become_leader(VoterNode(CONTROLLER_ID, directory_id, world.network.address, 0))

        async def write() -> None:
            await log.append(bootstrap_records(1))
            for start in range(0, len(records), RECORDS_A_BATCH):
                await log.append(records[start : start + RECORDS_A_BATCH])

        _finish(write())
        log.close()


def _finish(coro: Coroutine[Any, Any, None]) -> None:
    loop = new_live_loop()
    try:
        loop.run_until_complete(coro)
    finally:
        loop.close()


__all__ = ["NotAdopted", "Wishes", "adopt"]
