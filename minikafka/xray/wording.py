"""Events in words: one short sentence each, for people who watch.

Rule: a sentence only says what the event's fields say, and an event without a sentence here is shown
by its name and fields, so a new event is never lost and never needs this file.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Any

from minikafka.world import Event
from minikafka.world.visible import visible

SENTENCES: Mapping[str, str] = {
    # hosts and network
    "HostCrashed": "{host} was killed",
    "Suspended": "{host} was stopped: it does nothing until it is woken",
    "PowerLost": "{host} lost power: what was not synced is gone or torn",
    "Partitioned": "the network is cut: {group_a} ┃ {group_b}",
    "Healed": "the network is whole again",
    "ProcessStarted": "{host} serves, as process {pid}",
    "ProcessEnded": "{host} (process {pid}) {how}",
    "ProcessSuspended": "{host} (process {pid}) is stopped: it does nothing until it is woken",
    "ProcessWoken": "{host} (process {pid}) goes on",
    "TaskFailed": "{where} failed: {error}",
    "RequestFailed": "{where} failed, its client was told UNKNOWN_SERVER_ERROR: {error}",
    # brokers and controller
    "BrokerStarted": "broker-{broker} listens on port {port}",
    "BrokerStopped": "broker-{broker} stopped cleanly",
    "BrokerFailed": "broker-{broker} goes out of service: {reason}",
    "BrokerRegistered": "broker-{broker_id} registered, epoch {broker_epoch}",
    "BrokerUnregistered": "broker-{broker_id} was unregistered",
    "BrokerFenced": "broker-{broker_id} is fenced: it may not lead",
    "BrokerUnfenced": "broker-{broker_id} is unfenced: it may lead again",
    "BrokerDirectoriesFailed": "broker-{broker_id} lost {failed} of its log directories, {directories} left",
    "BrokerShuttingDown": "broker-{broker_id} asks to shut down",
    "RegistrationRejected": "broker-{broker_id} may not register: {error}",
    "ControllerStarted": "controller {node_id} is active, epoch {leader_epoch}, log end {end_offset}",
    "ControllerFailed": "controller {node_id} has ended: {reason}",
    "QuorumStateKept": "in epoch {epoch} controller {node_id} {stands}",
    "MetadataSnapshotWritten": "the metadata is kept as the snapshot {snapshot}",
    "MetadataSnapshotFailed": "the metadata snapshot {snapshot} can't be written: {reason}",
    "MetadataLogDiverged": "the metadata log is ahead of the controller's, end {end_offset}",
    # topics and partitions
    "TopicCreated": "topic {topic} created: {partitions} partitions × {replication_factor}",
    "TopicDeleted": "topic {topic} deleted",
    "PartitionsAdded": "topic {topic} has {partitions} partitions now",
    "ReassignmentBegun": "{tp}: moves: replicas {replicas}, adding {adding}, removing {removing}",
    "ReassignmentEnded": "{tp}: moves no more, replicas {replicas}",
    "IsrChanged": "{tp}: ISR is {isr}",
    "IsrChangeAsked": "{tp}: asks for ISR {wanted} (now {isr})",
    "ConfigsChanged": "configuration of {resource_name} changed",
    "BecameLeader": "{tp}: leads, epoch {leader_epoch}, from offset {start_offset}",
    "BecameFollower": "{tp}: follows broker-{leader}, epoch {leader_epoch}",
    "HighWatermarkAdvanced": "{tp}: high watermark {offset}",
    "RecordsAppended": "{tp}: {count} records from offset {first_offset}",
    "LogTruncated": "{tp}: log truncated to offset {offset}",
    "SegmentRolled": "{tp}: new segment from offset {base_offset}",
    "SegmentDeleted": "{tp}: segment from {base_offset} deleted, {size_bytes} bytes",
    "LogCleaned": "{tp}: compacted up to {end_offset}, {bytes_before} bytes are {bytes_after} now",
    "LogUncleanable": "{tp}: isn't compacted until the broker starts again: {reason}",
    "LogRecovered": "{tp}: log recovered, {segments} segments, {truncated_bytes} bytes cut, end {log_end_offset}",
    "LogDirectoryFailed": "the log directory {directory} failed with its {partitions} partitions: {reason}",
    "MetadataRecordSkipped": "skips {record} at offset {offset} of the metadata log: {reason}",
    "ReplicaMovedToDirectory": "{tp}: the replica lies in {directory} from now on",
    "ReplicaFilesLost": "{tp}: files are missing since the last run, the log ends at {end_offset}",
    "RecordsSetAside": "{tp}: {size_bytes} bytes behind damage or a hole are kept in {kept_as}",
    "StraySetAside": "{tp} isn't this broker's ({reason}): kept in {directory} as {kept_as}",
    "MetadataTailCut": "a torn last batch of the metadata log is cut off: {size_bytes} bytes from byte {byte}",
    "SnapshotSetAside": "the damaged snapshot {snapshot} of the metadata is kept as {kept_as}: {reason}",
    "CheckpointIgnored": "starts without a checkpoint of its last run: {reason}",
    # messages
    "RequestSent": "asks {to_host}: {api} v{version}, {size_bytes} bytes",
    "RequestReceived": "begins with {api} v{version} of {from_host}, {size_bytes} bytes",
    "ResponseSent": "answers {to_host}: {api} v{version}, {size_bytes} bytes",
    "ResponseReceived": "has the answer of {from_host}: {api} v{version}, {size_bytes} bytes",
    "BadRequestClosed": "closed the connection of {from_host}: {reason}",
    "BatchSent": "{tp}: a batch of {records} records leaves after {waited_ms} ms: {why}",
    # groups
    "GroupStateChanged": "group {group}: {new} ({reason})",
    "MemberJoined": "group {group}: {client_id} joined",
    "MemberLeft": "group {group}: a member left ({reason})",
    "OffsetsCommitted": "group {group}: committed {what}",
    "CoordinatorLoaded": "coordinates {tp}, {records} records read",
    "CoordinatorRecordSkipped": "{tp}: skips the record at offset {offset}: {reason}",
    "CoordinatorResigned": "no longer coordinates {tp}",
    "CoordinatorFailed": "can't read {tp}, so nobody is coordinated by it: {reason}",
}


def in_words(event: Event, host: str) -> str:
    """The event as a short sentence in one line; `host` is where it happened."""
    return visible(_sentence(event, host))


def _sentence(event: Event, host: str) -> str:
    fields: dict[str, Any] = {name: _shown(getattr(event, name)) for name in event.__struct_fields__}
    if event.kind == "LeaderElected":
        return _elected(event, fields)
    if event.kind == "BecameFollower" and getattr(event, "leader", -1) < 0:
        return f"{_named(fields)}: follows nobody, epoch {fields.get('leader_epoch')}"
    if event.kind == "QuorumStateKept":
        fields["stands"] = _stands(fields)
    if event.kind == "Partitioned" and not getattr(event, "group_b", ()):
        fields["group_b"] = "all others"
    sentence = SENTENCES.get(event.kind)
    if sentence is None:
        return f"{_spaced(event.kind)} {event.text()}".rstrip()
    if event.kind == "OffsetsCommitted":
        fields["what"] = _committed(getattr(event, "offsets", ()))
    if "topic" in fields and "partition" in fields:
        fields["tp"] = f"{fields['topic']}-{fields['partition']}"
    try:
        return sentence.format_map({"host": host, **fields})
    except (KeyError, IndexError, ValueError):  # its fields are others now: say them plainly
        return f"{_spaced(event.kind)} {event.text()}".rstrip()


def _elected(event: Event, fields: Mapping[str, Any]) -> str:
    return _led(event, fields, _named(fields), epoch=f", epoch {fields.get('leader_epoch')}")


def _named(fields: Mapping[str, Any]) -> str:
    return f"{fields.get('topic')}-{fields.get('partition')}"


def _led(event: Event, fields: Mapping[str, Any], what: str, epoch: str = "") -> str:
    if getattr(event, "leader", -1) < 0:
        return f"{what}: offline, nobody may lead"
    unclean = ", unclean: committed records may be lost" if getattr(event, "unclean", False) else ""
    return f"{what}: broker-{fields.get('leader')} leads{epoch}{unclean}"


def _committed(offsets: Sequence[tuple[str, int, int, str]]) -> str:
    """`orders-3 at 17`, `6 partitions of orders`, `9 partitions of orders, payments`."""
    if len(offsets) == 1:
        topic, partition, offset, _ = offsets[0]
        return f"{topic}-{partition} at {offset}"
    return f"{len(offsets)} partitions of {', '.join(sorted({topic for topic, *_ in offsets}))}"


def _shown(value: object) -> object:
    """Numbers with separators only where they count things; tuples as `1,2,3`."""
    if isinstance(value, tuple):
        return ",".join(str(item) for item in value) or "empty"
    return value


def _spaced(kind: str) -> str:
    """`LogRecovered` → `log recovered`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).lower()


MANY: Mapping[str, str] = {
    "TopicCreated": "{tp} created: {partitions} partitions × {replication_factor}",
    "TopicDeleted": "{tp} deleted",
    "ConfigsChanged": "configurations of {tp} changed",
    "IsrChanged": "{tp}: ISR is {isr}",
    "IsrChangeAsked": "{tp}: asks for ISR {wanted} (now {isr})",
    "BecameLeader": "{tp}: leads",
    "BecameFollower": "{tp}: follows broker-{leader}",
    "LogTruncated": "{tp}: logs truncated",
    "LogCleaned": "{tp}: compacted",
    "SegmentRolled": "{tp}: new segments",
    "SegmentDeleted": "{tp}: old segments deleted",
    "LogRecovered": "{tp}: logs recovered",
    "ReplicaFilesLost": "{tp}: files are missing since the last run",
    "CoordinatorLoaded": "coordinates the groups of {tp}",
    "CoordinatorResigned": "no longer coordinates the groups of {tp}",
    "MemberJoined": "group {group}: {tp} joined",
    "MemberLeft": "group {group}: {tp} left ({reason})",
}
"""`{tp}`: what the events are about, counted and named."""
VARYING = frozenset(
    (
        *("topic", "partition", "offset", "start_offset", "end_offset", "base_offset", "log_end_offset"),
        *(
            "leader_epoch",
            "partition_epoch",
            "epoch",
            "generation",
            "size_bytes",
            "truncated_bytes",
            "segments",
            "segments_before",
            "segments_after",
            "bytes_before",
            "bytes_after",
            "first_dirty_offset",
        ),
        *("records", "kept_as", "member", "client_id", "client_host", "instance", "resource_name", "offsets"),
    )
)
"""Fields in which like events differ …"""
ALSO_VARYING: Mapping[str, frozenset[str]] = {"LeaderElected": frozenset(("isr",))}
"""… and those that aren't told of this kind."""
NOUNS: Mapping[str, str] = {
    "TopicCreated": "topics",
    "TopicDeleted": "topics",
    "ConfigsChanged": "topics or brokers",
    "MemberJoined": "members",
    "MemberLeft": "members",
}
MOST_NAMED = 3


def likeness(event: Event, host: str) -> Hashable:
    """Equal for events that say the same of different things."""
    varying = VARYING | ALSO_VARYING.get(event.kind, frozenset())
    return (
        host,
        event.kind,
        *(_sorted(getattr(event, f)) for f in event.__struct_fields__ if f not in varying),
    )


def _sorted(value: object) -> object:
    """Replicas 1,3 and 3,1 are the same."""
    return tuple(sorted(value, key=str)) if isinstance(value, tuple) else value


def about(event: Event) -> str:
    """What the event is about: a partition, a topic, a member; "" where it names nothing."""
    topic, partition = getattr(event, "topic", None), getattr(event, "partition", None)
    if topic is not None:
        return str(topic) if partition is None else f"{topic}-{partition}"
    return str(
        getattr(event, "client_id", "") or getattr(event, "member", "") or getattr(event, "resource_name", "")
    )


def _stands(fields: Mapping[str, Any]) -> str:
    """A voter in its epoch."""
    own, leader, voted = (int(fields[name]) for name in ("node_id", "leader", "voted_for"))
    if leader >= 0:
        return "leads" if leader == own else f"follows {leader}"
    if voted >= 0:
        return "votes for itself" if voted == own else f"votes for {voted}"
    return "knows no leader"


def in_words_of_many(event: Event, host: str, things: Sequence[str], count: int) -> str:
    """`count` events like this one (the last of them), about `things`, in one sentence and one line."""
    return visible(_sentence_of_many(event, host, things, count))


def _sentence_of_many(event: Event, host: str, things: Sequence[str], count: int) -> str:
    if len(things) > 1:
        counted, named = f"{len(things):,} {NOUNS.get(event.kind, 'partitions')}", names_of(things)
        fields = {name: _shown(getattr(event, name)) for name in event.__struct_fields__}
        if event.kind == "LeaderElected":
            return f"{_led(event, fields, counted)} {named}"
        if event.kind == "BecameFollower" and getattr(event, "leader", -1) < 0:
            return f"{counted}: follow nobody {named}"
        sentence = MANY.get(event.kind)
        if sentence is not None:
            return f"{sentence.format_map({'host': host, **fields, 'tp': counted})} {named}"
    return f"{_sentence(event, host)} (×{count:,})"


def names_of(things: Sequence[str]) -> str:
    """`(orders-0, orders-1, orders-2, …)`"""
    more = ", …" if len(things) > MOST_NAMED else ""
    return f"({', '.join(things[:MOST_NAMED])}{more})"
