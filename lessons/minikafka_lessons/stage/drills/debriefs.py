"""What there is to say of a drill when it has its name.

Rule: it is said to nobody before.
"""

from __future__ import annotations

from minikafka_lessons.language import sentence

SEEN = {
    "A": sentence("a full disk ends a broker: first make room, then start it"),
    "B": sentence("acks=all waits for the slowest of the ISR; `replica.lag.time.max.ms` says how long"),
    "C": sentence("a leader that is cut off goes on confirming; only acks=all keeps what it says true"),
    "D": sentence("unclean election trades confirmed records for not having to wait"),
    "E": sentence("slow with everybody is a host, slow with brokers only is a link"),
    "F": sentence("retention believes the broker's clock"),
}
"""In a line."""
IN_KAFKA = {
    "A": sentence(
        "`LogDirFailureChannel`; a broker whose last log directory fails ends (KIP-112). Kafka doesn't ask "
        "how full a disk is before it writes. Who keeps `retention.bytes` below the disk's size sleeps "
        "better."
    ),
    "B": sentence(
        "`Partition.maybeShrinkIsr` asks for how long a replica has not had everything, not how many records "
        "it lacks (KIP-16). The metric is `IsrShrinksPerSec`; in a night like this it stays at 0."
    ),
    "C": sentence(
        "a KRaft broker that its controller doesn't hear goes on serving; what makes that safe is `acks=all` "
        "and the leader epoch (KIP-101, KIP-320). Since Kafka 3.0 `acks=all` is the producer's default "
        "(KIP-679)."
    ),
    "D": sentence(
        "`PartitionChangeBuilder.electLeader`; false is the default since 0.11 (KIP-106). Waiting or losing: "
        "somebody has to choose. Since KIP-966 the controller also remembers who else has everything "
        "(eligible leader replicas)."
    ),
    "E": sentence(
        "nothing puts a broker out that is slow and alive; watch `LogFlushRateAndTimeMs` and the request "
        "times of each broker. “Gray failure” is the name for what only its neighbours notice."
    ),
    "F": sentence(
        "`UnifiedLog.deleteOldSegments` compares a segment's newest timestamp with the broker's own clock. "
        "`message.timestamp.before.max.ms` and `message.timestamp.after.max.ms` (KIP-937) guard against "
        "wrong clocks of producers, and nothing against a broker's."
    ),
}
"""Classes and KIPs."""

__all__ = ["IN_KAFKA", "SEEN"]
