"""What goes wrong inside a running cluster, told as it happens to whoever started it.

Rule: one sentence for each thing: who, what the system's reason is, and what to do. What was there before somebody
listened is told first. Kafka writes ERROR lines to its log, and halts.
"""

from __future__ import annotations

from collections.abc import Callable

from minikafka.broker.events import BrokerFailed
from minikafka.cluster.cluster import Cluster
from minikafka.controller.events import ControllerFailed
from minikafka.coordinator.events import CoordinatorFailed, CoordinatorRecordSkipped
from minikafka.log.aside import RecordsSetAside
from minikafka.metadata.batches import MetadataRecordSkipped
from minikafka.quorum.committed import MetadataTailCut
from minikafka.quorum.snapshots import SnapshotSetAside
from minikafka.replication.checkpoints import CheckpointIgnored
from minikafka.replication.log_directory import LogDirectoryFailed
from minikafka.replication.lost_replicas import ReplicaFilesLost
from minikafka.replication.strays import StraySetAside
from minikafka.world import TaskFailed, Traced
from minikafka.world.visible import visible


def tell(cluster: Cluster, say: Callable[[str], None]) -> None:
    """`say` every sentence, from the cluster's thread, as long as the cluster lives."""

    def hear(traced: Traced) -> None:
        sentence = sentence_of(traced)
        if sentence:
            say(visible(sentence))

    for traced in cluster.events():
        hear(traced)
    cluster.on_event(hear)


def sentence_of(traced: Traced) -> str:
    """Empty for what is no trouble."""
    event = traced.event
    match event:
        case BrokerFailed():
            cure = f"Once that is fixed, press r on {traced.host} in `minikafka tui`, or start again"
            return f"{traced.host} is out of service: {event.reason}. {cure}."
        case ControllerFailed():
            cure = f"Once that is fixed, choose Restart {traced.host} in `minikafka tui` (Ctrl-P), or start again"
            return f"{traced.host} has ended: {event.reason}. Nothing is decided until it runs again. {cure}."
        case LogDirectoryFailed() if not event.is_last:
            count = "1 partition" if event.partitions == 1 else f"{event.partitions} partitions"
            return (
                f"{traced.host} can't use its log directory {event.directory}, with {count} in it: {event.reason}. "
                f"It continues with the others; once that is fixed, restart {traced.host}."
            )
        case CheckpointIgnored():
            return f"{traced.host} continues without a note from its last run: {event.reason}."
        case StraySetAside():
            return (
                f"{traced.host} keeps {event.topic}-{event.partition} as {event.directory}/{event.kept_as}: "
                f"{event.reason}. Nothing reads or removes it; delete it once you are sure that you don't need it."
            )
        case RecordsSetAside():
            return (
                f"{traced.host} found damage or a hole in {event.topic}-{event.partition}: what is behind it, records "
                f"among {event.size_bytes} bytes, is kept in {event.kept_as}."
            )
        case ReplicaFilesLost():
            return (
                f"{traced.host} lacks files of {event.topic}-{event.partition}: its log now ends at offset "
                f"{event.end_offset}. If another broker has the records, it leads, and they are copied from there."
            )
        case MetadataRecordSkipped():
            return (
                f"{traced.host} skips {event.record} at offset {event.offset} of the metadata log: "
                f"{event.reason}."
            )
        case CoordinatorRecordSkipped():
            return (
                f"{traced.host} skips the record at offset {event.offset} of "
                f"{event.topic}-{event.partition}: {event.reason}."
            )
        case CoordinatorFailed():
            return (
                f"{traced.host} can't read {event.topic}-{event.partition}, so nobody coordinates those who belong "
                f"there; all others keep working: {event.reason}. If another broker has a good copy, have it lead."
            )
        case MetadataTailCut():
            return (
                f"{traced.host} cuts {event.size_bytes} bytes off the metadata log ({event.file}, byte {event.byte}): "
                "a last batch that was torn before any broker had seen it."
            )
        case SnapshotSetAside():
            return f"{traced.host} keeps the damaged snapshot {event.snapshot} as {event.kept_as}: {event.reason}."
        case TaskFailed():
            return f"Something failed inside {traced.host or 'the cluster'}: {event.where}: {event.error}"
    return ""
