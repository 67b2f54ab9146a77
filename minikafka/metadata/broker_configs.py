"""The broker and controller configurations that minikafka knows, as a table.

Rule: names, types, defaults and what may change while a broker runs are those of Kafka 4.3
(`KafkaConfig`, `ServerLogConfigs`, `ReplicationConfigs`, `GroupCoordinatorConfig`, `DynamicBrokerConfig`);
all others that Kafka has are in `unread_configs.py` and have no effect.
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
)

BOOLEAN, DOUBLE, INT, SHORT = ConfigType.BOOLEAN, ConfigType.DOUBLE, ConfigType.INT, ConfigType.SHORT
LIST, LONG, STRING = ConfigType.LIST, ConfigType.LONG, ConfigType.STRING

LONG_MAX = 2**63 - 1
FIXED, LIVE = True, False
"""Read at the start only, or changeable while the broker runs."""

_CODECS = one_of("uncompressed", "zstd", "lz4", "snappy", "gzip", "producer")

Row = tuple[str, ConfigType, object, Validator | None, bool, str]

_IDENTITY: tuple[Row, ...] = (
    ("node.id", INT, -1, None, FIXED, "The number of this node in the cluster."),
    ("broker.id", INT, -1, None, FIXED, "An older name of node.id."),
    ("broker.rack", STRING, None, None, FIXED, "The rack this broker is in."),
    (
        "process.roles",
        LIST,
        "",
        one_of("broker", "controller"),
        FIXED,
        "What this node is: broker or controller.",
    ),
    ("listeners", LIST, "PLAINTEXT://:9092", None, LIVE, "Where this node listens."),
    ("advertised.listeners", LIST, None, None, FIXED, "Where clients are told to connect."),
    (
        "listener.security.protocol.map",
        STRING,
        "SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT",
        None,
        LIVE,
        "Which security protocol each listener speaks.",
    ),
    (
        "inter.broker.listener.name",
        STRING,
        None,
        None,
        FIXED,
        "The listener that brokers use for each other.",
    ),
    (
        "security.inter.broker.protocol",
        STRING,
        "PLAINTEXT",
        None,
        FIXED,
        "The protocol that brokers speak with each other.",
    ),
    ("controller.listener.names", STRING, None, None, FIXED, "The controllers' listeners."),
    ("controller.quorum.bootstrap.servers", LIST, "", None, FIXED, "Where controllers can be found."),
    ("controller.quorum.voters", LIST, "", None, FIXED, "The controllers that vote, as ID@HOST:PORT."),
    ("log.dir", STRING, "/tmp/kafka-logs", None, FIXED, "The log directory, if log.dirs isn't given."),
    ("log.dirs", STRING, None, None, FIXED, "The log directories, relative to the broker's own."),
)

_TOPICS: tuple[Row, ...] = (
    (
        "num.partitions",
        INT,
        1,
        at_least(1),
        FIXED,
        "How many partitions a topic gets if the request doesn't say.",
    ),
    (
        "default.replication.factor",
        INT,
        1,
        None,
        FIXED,
        "How many replicas a topic gets if the request doesn't say.",
    ),
    (
        "auto.create.topics.enable",
        BOOLEAN,
        "true",
        None,
        FIXED,
        "Whether an unknown topic is made on first use.",
    ),
    ("delete.topic.enable", BOOLEAN, "true", None, FIXED, "Whether topics can be deleted."),
    ("min.insync.replicas", INT, 1, at_least(1), LIVE, "Replicas that acks=all needs in sync."),
    (
        "unclean.leader.election.enable",
        BOOLEAN,
        "false",
        None,
        LIVE,
        "Whether an out-of-sync replica may lead.",
    ),
    (
        "auto.leader.rebalance.enable",
        BOOLEAN,
        "true",
        None,
        FIXED,
        "Whether the controller gives leadership back to the preferred replicas now and then.",
    ),
    (
        "leader.imbalance.check.interval.seconds",
        LONG,
        300,
        at_least(1),
        FIXED,
        "How often the controller looks for partitions that their preferred replica doesn't lead.",
    ),
    ("message.max.bytes", INT, 1_048_588, at_least(0), LIVE, "The largest record batch accepted."),
    ("compression.type", STRING, "producer", _CODECS, LIVE, "The codec in which batches are stored."),
    ("compression.gzip.level", INT, -1, gzip_level, LIVE, "How hard gzip tries."),
    ("compression.lz4.level", INT, 9, between(1, 17), LIVE, "How hard lz4 tries."),
    ("compression.zstd.level", INT, 3, between(-131072, 22), LIVE, "How hard zstd tries."),
)

_LOG: tuple[Row, ...] = (
    ("log.segment.bytes", INT, 1 << 30, at_least(1 << 20), LIVE, "The size at which a segment is closed."),
    ("log.roll.ms", LONG, None, None, LIVE, "The age at which a segment is closed; else log.roll.hours."),
    ("log.roll.hours", INT, 168, at_least(1), FIXED, "The age at which a segment is closed, in hours."),
    ("log.roll.jitter.ms", LONG, None, None, LIVE, "Up to how much earlier a segment is closed."),
    ("log.roll.jitter.hours", INT, 0, at_least(0), FIXED, "Up to how much earlier, in hours."),
    ("log.retention.ms", LONG, None, None, LIVE, "How long records are kept; else log.retention.minutes."),
    ("log.retention.minutes", INT, None, None, FIXED, "How long, in minutes; else log.retention.hours."),
    ("log.retention.hours", INT, 168, None, FIXED, "How long records are kept, in hours."),
    ("log.retention.bytes", LONG, -1, None, LIVE, "How large a partition's log may grow; -1 sets no limit."),
    (
        "log.retention.check.interval.ms",
        LONG,
        300_000,
        at_least(1),
        FIXED,
        "How often retention checks for old segments.",
    ),
    ("log.local.retention.ms", LONG, -2, at_least(-2), LIVE, "How long a tiered log stays on local disk."),
    (
        "log.local.retention.bytes",
        LONG,
        -2,
        at_least(-2),
        LIVE,
        "How much of a tiered log stays on local disk.",
    ),
    (
        "log.cleanup.policy",
        LIST,
        "delete",
        one_of("compact", "delete"),
        LIVE,
        "What happens to old segments.",
    ),
    ("log.cleaner.enable", BOOLEAN, "true", None, FIXED, "Whether compaction runs."),
    (
        "log.cleaner.dedupe.buffer.size",
        LONG,
        134_217_728,
        at_least(1),
        LIVE,
        "Memory for the newest offset of each key in one pass, at 24 bytes a key.",
    ),
    (
        "log.cleaner.io.buffer.load.factor",
        DOUBLE,
        0.9,
        between(0, 1),
        LIVE,
        "How full that memory may become.",
    ),
    ("log.cleaner.backoff.ms", LONG, 15_000, at_least(0), LIVE, "How long the cleaner sleeps without work."),
    (
        "log.cleaner.delete.retention.ms",
        LONG,
        86_400_000,
        at_least(0),
        LIVE,
        "How long deletion markers stay.",
    ),
    ("log.cleaner.min.compaction.lag.ms", LONG, 0, at_least(0), LIVE, "How long a record isn't compacted."),
    (
        "log.cleaner.max.compaction.lag.ms",
        LONG,
        LONG_MAX,
        at_least(1),
        LIVE,
        "How long a record may escape compaction.",
    ),
    (
        "log.cleaner.min.cleanable.ratio",
        DOUBLE,
        0.5,
        between(0, 1),
        LIVE,
        "How much of a log must be new for compaction to be worth it.",
    ),
    ("log.index.interval.bytes", INT, 4096, at_least(0), LIVE, "Bytes between two index entries."),
    ("log.index.size.max.bytes", INT, 10 << 20, at_least(4), LIVE, "The largest size of an index."),
    ("log.flush.interval.messages", LONG, LONG_MAX, at_least(1), LIVE, "Records between two syncs."),
    ("log.flush.interval.ms", LONG, None, None, LIVE, "Time between two syncs."),
    (
        "log.flush.scheduler.interval.ms",
        LONG,
        LONG_MAX,
        at_least(1),
        FIXED,
        "How often syncing is considered.",
    ),
    (
        "log.flush.offset.checkpoint.interval.ms",
        INT,
        60_000,
        at_least(0),
        FIXED,
        "How often recovery points are saved.",
    ),
    ("log.segment.delete.delay.ms", LONG, 60_000, at_least(0), LIVE, "How long deleted files stay."),
    ("log.preallocate", BOOLEAN, "false", None, LIVE, "Whether segments get their full size at once."),
    (
        "log.message.timestamp.type",
        STRING,
        "CreateTime",
        one_of("CreateTime", "LogAppendTime"),
        LIVE,
        "Whose time a record carries.",
    ),
    ("log.message.timestamp.before.max.ms", LONG, LONG_MAX, at_least(0), LIVE, "How old a timestamp may be."),
    ("log.message.timestamp.after.max.ms", LONG, 3_600_000, at_least(0), LIVE, "How far ahead it may be."),
)

_REPLICATION: tuple[Row, ...] = (
    ("replica.lag.time.max.ms", LONG, 30_000, None, FIXED, "When a follower that lags leaves the ISR."),
    ("replica.fetch.max.bytes", INT, 1 << 20, at_least(0), FIXED, "Bytes a follower asks for per partition."),
    ("replica.fetch.min.bytes", INT, 1, None, FIXED, "Bytes a follower waits for."),
    ("replica.fetch.wait.max.ms", INT, 500, None, FIXED, "How long a follower's fetch waits for them."),
    ("replica.fetch.backoff.ms", INT, 1000, at_least(0), FIXED, "How long a follower rests after an error."),
    (
        "replica.fetch.response.max.bytes",
        INT,
        10 << 20,
        at_least(0),
        FIXED,
        "Bytes a follower asks for in all.",
    ),
    ("replica.socket.timeout.ms", INT, 30_000, None, FIXED, "How long a follower waits for an answer."),
    (
        "replica.high.watermark.checkpoint.interval.ms",
        LONG,
        5000,
        at_least(1),
        FIXED,
        "How often HWs are saved.",
    ),
    (
        "replica.selector.class",
        STRING,
        None,
        None,
        FIXED,
        "Where consumers read; a name that ends in RackAwareReplicaSelector: in their own rack, if they can.",
    ),
    (
        "replication.quota.window.num",
        INT,
        11,
        at_least(1),
        FIXED,
        "Over how many samples the rate of throttled replication is measured.",
    ),
    (
        "replication.quota.window.size.seconds",
        INT,
        1,
        at_least(1),
        FIXED,
        "How long a sample of the rate of throttled replication is.",
    ),
    (
        "alter.log.dirs.replication.quota.window.num",
        INT,
        11,
        at_least(1),
        FIXED,
        "Over how many samples the rate of copying between log directories is measured.",
    ),
    (
        "alter.log.dirs.replication.quota.window.size.seconds",
        INT,
        1,
        at_least(1),
        FIXED,
        "How long a sample of the rate of copying between log directories is.",
    ),
    ("num.replica.fetchers", INT, 1, at_least(1), LIVE, "Fetchers for each leader."),
    (
        "broker.heartbeat.interval.ms",
        INT,
        2000,
        at_least(1),
        FIXED,
        "How often a broker tells the controller that it is alive.",
    ),
    (
        "broker.session.timeout.ms",
        INT,
        9000,
        at_least(1),
        FIXED,
        "After how long a silence a broker is fenced.",
    ),
    ("initial.broker.registration.timeout.ms", INT, 60_000, None, FIXED, "How long registering may take."),
    (
        "controlled.shutdown.enable",
        BOOLEAN,
        "true",
        None,
        FIXED,
        "Whether a broker hands its leaders over first.",
    ),
    (
        "metadata.max.idle.interval.ms",
        INT,
        500,
        at_least(0),
        FIXED,
        "How often an idle controller writes; 0: never.",
    ),
    (
        "metadata.log.segment.bytes",
        INT,
        1 << 30,
        at_least(8 << 20),
        FIXED,
        "The metadata log's segment size.",
    ),
    (
        "metadata.log.max.record.bytes.between.snapshots",
        LONG,
        20 << 20,
        at_least(1),
        FIXED,
        "When the metadata log has grown so much, a controller writes a snapshot.",
    ),
    (
        "metadata.log.max.snapshot.interval.ms",
        LONG,
        3_600_000,
        at_least(0),
        FIXED,
        "And when the last snapshot is so old and something was decided since; 0: never for that.",
    ),
    (
        "metadata.max.retention.bytes",
        LONG,
        100 << 20,
        None,
        FIXED,
        "Of more, metadata log and snapshots together, the oldest goes; -1: nothing.",
    ),
    (
        "metadata.max.retention.ms",
        LONG,
        604_800_000,
        None,
        FIXED,
        "And the oldest snapshot when it is so old; -1: never.",
    ),
)

_QUORUM: tuple[Row, ...] = (
    (
        "controller.quorum.election.timeout.ms",
        INT,
        1000,
        at_least(0),
        FIXED,
        "How long a controller waits for votes.",
    ),
    (
        "controller.quorum.election.backoff.max.ms",
        INT,
        1000,
        at_least(0),
        FIXED,
        "The longest pause after an election that was lost.",
    ),
    (
        "controller.quorum.fetch.timeout.ms",
        INT,
        2000,
        at_least(0),
        FIXED,
        "Without an answer for so long, another leader is looked for.",
    ),
    (
        "controller.quorum.request.timeout.ms",
        INT,
        2000,
        at_least(0),
        FIXED,
        "When an answer of another controller is given up.",
    ),
    (
        "controller.quorum.retry.backoff.ms",
        INT,
        20,
        at_least(0),
        FIXED,
        "Before something that failed is asked again.",
    ),
    (
        "controller.quorum.fetch.max.bytes",
        INT,
        8 << 20,
        at_least(1),
        FIXED,
        "The most of the metadata log in one answer.",
    ),
    (
        "controller.quorum.fetch.snapshot.max.bytes",
        INT,
        8 << 20,
        at_least(1),
        FIXED,
        "The most of a snapshot in one answer.",
    ),
)

_CLIENTS: tuple[Row, ...] = (
    ("socket.request.max.bytes", INT, 100 << 20, at_least(1), FIXED, "The largest request accepted."),
    ("connections.max.idle.ms", LONG, 600_000, None, FIXED, "When an idle connection is closed."),
    ("request.timeout.ms", INT, 30_000, None, FIXED, "How long a broker waits for another's answer."),
    ("fetch.max.bytes", INT, 55 << 20, at_least(1024), FIXED, "The most that one fetch returns."),
    ("max.incremental.fetch.session.cache.slots", INT, 1000, at_least(0), FIXED, "Fetch sessions kept."),
    (
        "group.initial.rebalance.delay.ms",
        INT,
        3000,
        None,
        FIXED,
        "How long a new group waits for more members.",
    ),
    ("group.min.session.timeout.ms", INT, 6000, None, FIXED, "The shortest session a member may ask for."),
    ("group.max.session.timeout.ms", INT, 1_800_000, None, FIXED, "The longest session it may ask for."),
    ("group.max.size", INT, 2**31 - 1, at_least(1), FIXED, "Members of a group at most."),
    ("offset.metadata.max.bytes", INT, 4096, None, FIXED, "The longest note beside a committed offset."),
    ("offsets.commit.timeout.ms", INT, 5000, at_least(1), FIXED, "How long a commit waits for replication."),
    ("offsets.retention.minutes", INT, 10_080, at_least(1), FIXED, "How long an empty group's offsets stay."),
    (
        "offsets.retention.check.interval.ms",
        LONG,
        600_000,
        at_least(1),
        FIXED,
        "How often offsets are checked for that.",
    ),
    ("offsets.topic.num.partitions", INT, 50, at_least(1), FIXED, "Partitions of __consumer_offsets."),
    ("offsets.topic.replication.factor", SHORT, 3, at_least(1), FIXED, "Replicas of __consumer_offsets."),
    (
        "offsets.topic.segment.bytes",
        INT,
        100 << 20,
        at_least(1),
        FIXED,
        "Segment size of __consumer_offsets.",
    ),
    (
        "offsets.topic.compression.codec",
        INT,
        0,
        between(0, 4),
        FIXED,
        "Codec of __consumer_offsets, as a number.",
    ),
    (
        "transaction.state.log.num.partitions",
        INT,
        50,
        at_least(1),
        FIXED,
        "Partitions of __transaction_state.",
    ),
    (
        "transaction.state.log.replication.factor",
        SHORT,
        3,
        at_least(1),
        FIXED,
        "Replicas of __transaction_state.",
    ),
    ("transaction.state.log.min.isr", INT, 2, at_least(1), FIXED, "Its min.insync.replicas."),
    ("transaction.state.log.segment.bytes", INT, 100 << 20, at_least(1), FIXED, "Its segment size."),
    ("transaction.max.timeout.ms", INT, 900_000, at_least(1), FIXED, "The longest transaction allowed."),
    (
        "transactional.id.expiration.ms",
        INT,
        604_800_000,
        at_least(1),
        FIXED,
        "After how long an idle transactional id is forgotten.",
    ),
    (
        "producer.id.expiration.ms",
        INT,
        86_400_000,
        at_least(1),
        LIVE,
        "After how long an idle producer id is forgotten.",
    ),
    (
        "producer.id.expiration.check.interval.ms",
        INT,
        600_000,
        at_least(1),
        FIXED,
        "How often idle producer ids are looked for.",
    ),
)

INTERNAL = frozenset({"producer.id.expiration.check.interval.ms"})
"""Those that are in effect, and not shown."""

BROKER_CONFIGS: dict[str, ConfigDefinition] = {
    name: ConfigDefinition(
        name, type, None if default is None else str(default), doc, validator, read_only=read_only
    )
    for name, type, default, validator, read_only, doc in sorted(
        _IDENTITY + _TOPICS + _LOG + _REPLICATION + _QUORUM + _CLIENTS, key=lambda row: row[0]
    )
}

DYNAMIC_ONLY: dict[str, ConfigDefinition] = {
    name: ConfigDefinition(name, LONG, None, doc, at_least(0), read_only=False)
    for name, doc in (
        (
            "follower.replication.throttled.rate",
            "Bytes a second that a follower copies of throttled replicas.",
        ),
        ("leader.replication.throttled.rate", "Bytes a second that a leader sends to throttled replicas."),
        (
            "replica.alter.log.dirs.io.max.bytes.per.second",
            "Bytes a second that a broker copies from one of its log directories to another.",
        ),
    )
}
"""No file sets them, only a request does (`DynamicConfig.Broker`)."""
