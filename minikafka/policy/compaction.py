"""What log compaction keeps.

Rule: for every key, the newest record survives; a deletion marker survives for a while longer.

Kafka: `Cleaner.shouldRetainRecord`; `cleanup.policy=compact`, `delete.retention.ms`.
"""


def survives_compaction(
    offset: int, key: bytes | None, value: bytes | None, latest_offset: int | None, marker_expired: bool
) -> bool:
    """Whether a record is kept when its segment is compacted.

    `latest_offset`: the offset of the newest record with this key in the part of the log that is being
    compacted, or None when no such record was seen. `marker_expired`: whether `delete.retention.ms` has
    passed since this record was first compacted; it matters only for a deletion marker (a record with a key
    and no value). Kafka: `Cleaner.shouldRetainRecord`.
    """
    if key is None:
        return False
    if latest_offset is not None and offset < latest_offset:
        return False
    return value is not None or not marker_expired
