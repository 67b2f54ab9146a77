"""Where a log may part from another one, as far as it can be known from epochs."""

from __future__ import annotations

import pytest

from minikafka.policy import may_append
from minikafka.quorum.raft import LogShape


@pytest.mark.parametrize(
    ("offset", "last_epoch", "parts"),
    [
        (20, 4, None),
        (30, 5, None),
        (31, 5, (5, 30)),
        (25, 4, (4, 20)),
        (20, 3, (3, -1)),
        (7, 2, (2, -1)),
    ],
)
def test_what_ended_before_a_log_that_begins_behind_a_snapshot_is_not_taken_for_the_same(
    offset: int, last_epoch: int, parts: tuple[int, int] | None
) -> None:
    """One that ends where this log begins, in another epoch than the snapshot: it has to get the snapshot."""
    log = LogShape([(5, 20), (7, 30)], 40, before=4)
    assert log.diverging(offset, last_epoch, may_append) == parts
