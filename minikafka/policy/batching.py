"""When a producer sends a batch.

Rule: a batch leaves when it is full or has waited long enough, whichever comes first.

Kafka: `RecordAccumulator.batchReady`; `batch.size` and `linger.ms`.

Shown in lesson 3 (batching).
"""


def batch_is_ready(size_bytes: int, batch_size_bytes: int, waited_ms: float, linger_ms: float) -> bool:
    """Whether a batch of `size_bytes` that has waited `waited_ms` since its first record is to be sent now.

    Kafka: `RecordAccumulator.batchReady`: full (`batch.size`), or expired (`linger.ms`).
    """
    return size_bytes >= batch_size_bytes or waited_ms >= linger_ms
