"""What a follower asks of one partition of its leader, and how it names the partition.

Rule: equal positions are asked once, and not again in the next request of the session (`protocol/fetch_session.py`).
Kafka: `FetchRequest.PartitionData`.
"""

from __future__ import annotations

from typing import NamedTuple

Key = tuple[int, int]
"""Topic id and partition. The id is a number: a UUID takes long to hash."""


class FetchPosition(NamedTuple):
    """What is asked of one partition. Offsets in records, sizes in bytes; -1 = unknown."""

    fetch_offset: int
    log_start_offset: int
    max_bytes: int
    leader_epoch: int
    last_fetched_epoch: int
    log_end_offset: int = -1
    """Where our log ended then. It isn't sent: by Kafka's rule it is the `fetch_offset`."""
