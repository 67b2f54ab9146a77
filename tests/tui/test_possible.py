"""The inspector offers what this cluster can do."""

from __future__ import annotations

import pytest

from minikafka.commands import Cut, PowerCut, Suspend
from minikafka.xray.snapshot import Host, Snapshot
from minikafka_tui.commands import is_possible

LIVE = Snapshot(version=1, at=0.0, world="live", name="one")
PROCESSES = Snapshot(
    version=1, at=0.0, world="live", name="many", hosts=(Host("broker-1", "broker", pid=4711),)
)
SIMULATED = Snapshot(version=1, at=0.0, world="simulated", name="none", paused=True)


@pytest.mark.parametrize(
    ("snapshot", "possible"),
    [(LIVE, [Cut]), (PROCESSES, [Cut, Suspend]), (SIMULATED, [Cut, Suspend, PowerCut])],
)
def test_hosts_are_suspended_where_time_or_processes_can_be_stopped(snapshot, possible):
    assert [kind for kind in (Cut, Suspend, PowerCut) if is_possible(kind, snapshot)] == possible
