"""When a log is synced to the disk.

Rule: nobody is told of a record before the rule was asked. By default it says no: the page cache holds what was
written, and replication, not the disk, makes it safe.

Kafka: `UnifiedLog.append` (`flush.messages`), `LogManager.flushDirtyLogs` (`flush.ms`).

Shown in lesson 6 (page cache).
"""


def should_flush(unflushed_messages: int, flush_messages: int, acks_leaving: int) -> bool:
    """Whether the log is synced now.

    It is asked after each append, with `acks_leaving` 0; and once more before answers leave, where there is a rule that
    is not this one: with the number of batches that are acknowledged now and not synced yet. All batches that arrived
    together are appended before that. `unflushed_messages`: records that are in the page cache only.
    Kafka: `UnifiedLog.append`: as many as `flush.messages` (by default never).
    """
    return unflushed_messages >= flush_messages


def is_flush_due(unflushed_ms: int, flush_ms: int) -> bool:
    """Whether a log whose last sync was `unflushed_ms` ago is synced when the broker looks.

    It looks every `log.flush.scheduler.interval.ms` (by default never). Kafka: `LogManager.flushDirtyLogs`, `flush.ms`.
    """
    return unflushed_ms >= flush_ms
