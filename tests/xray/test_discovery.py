"""Finding the clusters of this machine by their files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from minikafka.xray.discovery import (
    Announcement,
    NoCluster,
    announce,
    find_cluster,
    running_clusters,
    withdraw,
)

DEAD_PID = 2**22 + 1
"""Above Linux' largest pid."""


def here(name: str, started_ms: int = 1, pid: int | None = None) -> Announcement:
    return Announcement(name, os.getpid() if pid is None else pid, 1234, "secret", started_ms=started_ms)


def test_an_announced_cluster_is_found_until_it_withdraws(tmp_path: Path) -> None:
    path = announce(here("lab"), tmp_path)
    assert find_cluster("lab", tmp_path) == here("lab")
    withdraw(path)
    withdraw(path)
    with pytest.raises(
        NoCluster, match=r"No running minikafka cluster found\. Start one with `minikafka up`"
    ):
        find_cluster(None, tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_only_its_owner_can_read_the_token(tmp_path: Path) -> None:
    path = announce(here("lab"), tmp_path / "clusters")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_files_of_dead_processes_and_broken_ones_are_removed(tmp_path: Path) -> None:
    announce(here("ghost", pid=DEAD_PID), tmp_path)
    (tmp_path / "broken-1.json").write_text("{")
    (tmp_path / "binary-1.json").write_bytes(b"\xff\x00")
    announce(here("lab"), tmp_path)
    assert [a.name for a in running_clusters(tmp_path)] == ["lab"]
    assert [p.name for p in tmp_path.iterdir()] == [f"lab-{os.getpid()}.json"]


def test_the_newest_wins_and_an_unknown_name_lists_the_known(tmp_path: Path) -> None:
    announce(here("old", 1), tmp_path)
    announce(here("new", 2), tmp_path)
    assert find_cluster(None, tmp_path).name == "new"
    assert find_cluster("old", tmp_path).name == "old"
    with pytest.raises(NoCluster, match=r"No running cluster is called 'other'\. Running: new, old\."):
        find_cluster("other", tmp_path)


def test_a_name_with_slashes_stays_in_the_directory(tmp_path: Path) -> None:
    path = announce(here("../../etc/passwd"), tmp_path)
    assert path.parent == tmp_path
    assert find_cluster("../../etc/passwd", tmp_path).name == "../../etc/passwd"
