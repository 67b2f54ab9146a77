"""What statistics say of one partition that a consumer reads.

Rule: the names are librdkafka's, and what isn't known is -1 or -1001. librdkafka: STATISTICS.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from minikafka.client.consumer.positions import Position


def position_fields(position: Position) -> dict[str, Any]:
    """What the document has of a partition that is read."""

    def lag(standing: int) -> int:
        return max(position.end - standing, 0) if min(position.end, standing) >= 0 else -1

    return {
        "next_offset": max(position.fetch_from, 0),
        "app_offset": position.consumed,
        "stored_offset": position.stored,
        "stored_leader_epoch": position.stored_epoch,
        "commited_offset": position.committed,
        "committed_offset": position.committed,
        "lo_offset": position.log_start,
        "hi_offset": position.high_watermark,
        "ls_offset": position.end,
        "consumer_lag": lag(position.committed),
        "consumer_lag_stored": lag(position.stored),
        "leader_epoch": position.leader_epoch,
    }
