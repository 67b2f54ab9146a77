"""Every configuration a topic can have in Kafka 4.3, as a table.

Rule: names, types, defaults, bounds and the broker's synonyms are Kafka's (`TopicConfig`, `LogConfig`,
`ServerTopicConfigSynonyms`); the explanations are ours.
"""

from __future__ import annotations

from minikafka.metadata.config_types import (
    ConfigDefinition,
    ConfigType,
    Validator,
    at_least,
    between,
    gzip_level,
    one_of,
    throttled_replicas,
)

BOOLEAN, DOUBLE, INT = ConfigType.BOOLEAN, ConfigType.DOUBLE, ConfigType.INT
LIST, LONG, STRING = ConfigType.LIST, ConfigType.LONG, ConfigType.STRING

LONG_MAX = 2**63 - 1
WEEK_MS = 7 * 24 * 60 * 60 * 1000
DAY_MS = WEEK_MS // 7
HOUR_MS = 60 * 60 * 1000
MINUTE_MS = 60 * 1000


def _define(
    name: str,
    type: ConfigType,
    default: object,
    doc: str,
    validator: Validator | None = None,
    synonyms: tuple[str | tuple[str, int], ...] = (),
) -> ConfigDefinition:
    pairs = tuple((synonym, 1) if isinstance(synonym, str) else synonym for synonym in synonyms)
    return ConfigDefinition(name, type, str(default), doc, validator, pairs, read_only=False)


_DEFINITIONS = (
    _define(
        "cleanup.policy",
        LIST,
        "delete",
        "What happens to old segments: delete drops them, compact keeps each key's newest record; "
        "both may be given.",
        one_of("compact", "delete"),
        ("log.cleanup.policy",),
    ),
    _define(
        "compression.gzip.level",
        INT,
        -1,
        "How hard gzip tries, 1 to 9; -1 leaves it to the library. Counts when compression.type is gzip.",
        gzip_level,
        ("compression.gzip.level",),
    ),
    _define(
        "compression.lz4.level",
        INT,
        9,
        "How hard lz4 tries, 1 to 17. Counts when compression.type is lz4.",
        between(1, 17),
        ("compression.lz4.level",),
    ),
    _define(
        "compression.type",
        STRING,
        "producer",
        "The codec in which batches are stored; producer keeps the one they came in.",
        one_of("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"),
        ("compression.type",),
    ),
    _define(
        "compression.zstd.level",
        INT,
        3,
        "How hard zstd tries. Counts when compression.type is zstd.",
        between(-131072, 22),
        ("compression.zstd.level",),
    ),
    _define(
        "delete.retention.ms",
        LONG,
        DAY_MS,
        "How long a deletion marker of a compacted topic stays for consumers that read from the start.",
        at_least(0),
        ("log.cleaner.delete.retention.ms",),
    ),
    _define(
        "file.delete.delay.ms",
        LONG,
        60_000,
        "How long a deleted segment's files stay on disk under another name.",
        at_least(0),
        ("log.segment.delete.delay.ms",),
    ),
    _define(
        "flush.messages",
        LONG,
        LONG_MAX,
        "After how many records the log is forced to disk. Replication is the usual protection.",
        at_least(1),
        ("log.flush.interval.messages",),
    ),
    _define(
        "flush.ms",
        LONG,
        LONG_MAX,
        "After how long the log is forced to disk. Replication is the usual protection.",
        at_least(0),
        ("log.flush.interval.ms", "log.flush.scheduler.interval.ms"),
    ),
    _define(
        "follower.replication.throttled.replicas",
        LIST,
        "",
        "Replicas whose copying is slowed on the follower's side: PARTITION:BROKER, or *.",
        throttled_replicas,
    ),
    _define(
        "index.interval.bytes",
        INT,
        4096,
        "How many bytes of log lie between two entries of its offset index.",
        at_least(0),
        ("log.index.interval.bytes",),
    ),
    _define(
        "leader.replication.throttled.replicas",
        LIST,
        "",
        "Replicas whose copying is slowed on the leader's side: PARTITION:BROKER, or *.",
        throttled_replicas,
    ),
    _define(
        "local.retention.bytes",
        LONG,
        -2,
        "How much of a tiered log stays on local disk; -2 means as retention.bytes.",
        at_least(-2),
        ("log.local.retention.bytes",),
    ),
    _define(
        "local.retention.ms",
        LONG,
        -2,
        "How long a tiered log's segments stay on local disk; -2 means as retention.ms.",
        at_least(-2),
        ("log.local.retention.ms",),
    ),
    _define(
        "max.compaction.lag.ms",
        LONG,
        LONG_MAX,
        "The longest a record may escape compaction.",
        at_least(1),
        ("log.cleaner.max.compaction.lag.ms",),
    ),
    _define(
        "max.message.bytes",
        INT,
        1_048_588,
        "The largest record batch (after compression) that is accepted.",
        at_least(0),
        ("message.max.bytes",),
    ),
    _define(
        "message.timestamp.after.max.ms",
        LONG,
        HOUR_MS,
        "How far a record's timestamp may lie ahead of the broker's clock.",
        at_least(0),
        ("log.message.timestamp.after.max.ms",),
    ),
    _define(
        "message.timestamp.before.max.ms",
        LONG,
        LONG_MAX,
        "How far a record's timestamp may lie behind the broker's clock.",
        at_least(0),
        ("log.message.timestamp.before.max.ms",),
    ),
    _define(
        "message.timestamp.type",
        STRING,
        "CreateTime",
        "Whose time a record carries: CreateTime is the producer's, LogAppendTime the broker's.",
        one_of("CreateTime", "LogAppendTime"),
        ("log.message.timestamp.type",),
    ),
    _define(
        "min.cleanable.dirty.ratio",
        DOUBLE,
        0.5,
        "How much of a log must be new since the last compaction for another to be worth it.",
        between(0, 1),
        ("log.cleaner.min.cleanable.ratio",),
    ),
    _define(
        "min.compaction.lag.ms",
        LONG,
        0,
        "How long a record is safe from compaction.",
        at_least(0),
        ("log.cleaner.min.compaction.lag.ms",),
    ),
    _define(
        "min.insync.replicas",
        INT,
        1,
        "How many replicas must be in sync for a write with acks=all to be accepted.",
        at_least(1),
        ("min.insync.replicas",),
    ),
    _define(
        "preallocate",
        BOOLEAN,
        "false",
        "Whether a new segment's file gets its full size at once.",
        None,
        ("log.preallocate",),
    ),
    _define(
        "remote.log.copy.disable",
        BOOLEAN,
        "false",
        "Stops copying a tiered topic to remote storage; what is there can be read on.",
    ),
    _define(
        "remote.log.delete.on.disable",
        BOOLEAN,
        "false",
        "Whether remote data goes when tiered storage is switched off for the topic.",
    ),
    _define("remote.storage.enable", BOOLEAN, "false", "Whether old segments move to remote storage."),
    _define(
        "retention.bytes",
        LONG,
        -1,
        "How large a partition's log may grow before its oldest segments go; -1 sets no limit.",
        None,
        ("log.retention.bytes",),
    ),
    _define(
        "retention.ms",
        LONG,
        WEEK_MS,
        "How old a segment's newest record may grow before the segment goes; -1 sets no limit.",
        at_least(-1),
        ("log.retention.ms", ("log.retention.minutes", MINUTE_MS), ("log.retention.hours", HOUR_MS)),
    ),
    _define(
        "segment.bytes",
        INT,
        1 << 30,
        "The size at which a segment is closed and the next begun.",
        at_least(1 << 20),
        ("log.segment.bytes",),
    ),
    _define(
        "segment.index.bytes",
        INT,
        10 << 20,
        "The largest size of a segment's index; a full index closes the segment.",
        at_least(4),
        ("log.index.size.max.bytes",),
    ),
    _define(
        "segment.jitter.ms",
        LONG,
        0,
        "Up to how much earlier than segment.ms a segment closes, so that not all close at once.",
        at_least(0),
        ("log.roll.jitter.ms", ("log.roll.jitter.hours", HOUR_MS)),
    ),
    _define(
        "segment.ms",
        LONG,
        WEEK_MS,
        "The age at which a segment is closed even when it isn't full.",
        at_least(1),
        ("log.roll.ms", ("log.roll.hours", HOUR_MS)),
    ),
    _define(
        "unclean.leader.election.enable",
        BOOLEAN,
        "false",
        "Whether a replica that isn't in sync may lead when nobody else can. Loses records.",
        None,
        ("unclean.leader.election.enable",),
    ),
)

TOPIC_CONFIGS: dict[str, ConfigDefinition] = {definition.name: definition for definition in _DEFINITIONS}
