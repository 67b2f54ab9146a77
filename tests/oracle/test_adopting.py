"""What a real Kafka wrote under load, adopted: records, groups and settings are what clients read from the original."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from adopt.hand_made import adopted_image, adopted_records, hashes
from oracle.real import real_broker
from oracle.script import until
from oracle.under_load import TOPICS, all_that_is_seen, put_under_load

from minikafka import Cluster
from minikafka.adopt import Wishes, adopt
from minikafka.quorum import METADATA_DIRECTORY, MetadataLost

pytestmark = [pytest.mark.java, pytest.mark.slow, pytest.mark.usefixtures("kafka"), pytest.mark.timeout(900)]

BEHIND_A_SNAPSHOT = (
    "metadata.log.max.record.bytes.between.snapshots=3000",
    "metadata.log.max.snapshot.interval.ms=5000",
    "metadata.log.segment.ms=2000",
    "metadata.max.retention.bytes=4000",
)
AT_ONCE = "group.initial.rebalance.delay.ms=0"
KEPT = ("retention.ms", "retention.bytes", "min.compaction.lag.ms", "max.compaction.lag.ms")


def begins_behind_a_snapshot(data: Path) -> bool:
    return not any(data.rglob(f"{METADATA_DIRECTORY}/{0:020}.log"))


@pytest.fixture(scope="module")
def kraft(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Of 4.3.1, with a little of everything."""
    data = tmp_path_factory.mktemp("kraft")
    with real_broker(data, "offsets.topic.num.partitions=3", AT_ONCE) as where:
        put_under_load(where, records=200, passing_topics=2)
        return data, all_that_is_seen(where)


@pytest.fixture(scope="module")
def kraft_for_days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """The same as after some days: the metadata log begins behind a snapshot."""
    data = tmp_path_factory.mktemp("kraft-for-days")
    with real_broker(data, "offsets.topic.num.partitions=7", AT_ONCE, *BEHIND_A_SNAPSHOT) as where:
        put_under_load(where, records=5000, passing_topics=30)
        until(lambda: begins_behind_a_snapshot(data), "the metadata log begins behind a snapshot", 180)
        return data, all_that_is_seen(where)


@pytest.fixture(scope="module")
def zookeeper(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """Two brokers of 3.9.1 and their ZooKeeper."""
    data = tmp_path_factory.mktemp("zookeeper")
    settings = ("offsets.topic.num.partitions=7", "offsets.topic.replication.factor=2", AT_ONCE)
    years = ("--brokers", "2", "--release", "3.9.1", "--zookeeper")
    with real_broker(data, *settings, arguments=years) as where:
        put_under_load(where, replicas=2, records=5000, passing_topics=10)
        return data, all_that_is_seen(where)


def is_what_it_was(real: Path, seen: dict[str, Any], data: Path) -> None:
    before = hashes(real)
    adopt([real], data, Wishes())
    assert hashes(real) == before
    with Cluster(brokers=1, data=data) as cluster:
        ours = all_that_is_seen(cluster.bootstrap_servers)
    for isolation, partitions in seen["records"].items():
        assert ours["records"][isolation].keys() == partitions.keys()
        for partition, records in partitions.items():
            mine = ours["records"][isolation][partition]
            if partition[0].startswith(
                "compacted"
            ):  # the real one may have compacted more of it since, or less
                assert (mine[0], mine[1], newest_of_keys(mine)) == (
                    records[0],
                    records[1],
                    newest_of_keys(records),
                )
            else:
                assert mine == records, (partition, isolation)
    assert ours["ids"] == seen["ids"]
    assert ours["groups"] == seen["groups"]
    assert sum(map(len, seen["groups"].values())) > 3
    for topic, settings in seen["settings"].items():
        kept = {key: value for key, value in ours["settings"][topic].items() if key not in KEPT}
        assert kept == {key: value for key, value in settings.items() if key not in KEPT}
        compacted = settings.get("cleanup.policy") == "compact"
        key, value = ("min.compaction.lag.ms", str(2**63 - 1)) if compacted else ("retention.ms", "-1")
        assert ours["settings"][topic][key] == value


def newest_of_keys(read: tuple[int, int, list[tuple[Any, ...]]]) -> dict[Any, tuple[Any, ...]]:
    return {record[2]: record for record in read[2]}


def test_a_directory_of_kraft(kraft: tuple[Path, dict[str, Any]], tmp_path: Path) -> None:
    is_what_it_was(*kraft, tmp_path / "data")


def test_a_directory_of_kraft_whose_metadata_log_begins_behind_a_snapshot(
    kraft_for_days: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    is_what_it_was(*kraft_for_days, tmp_path / "data")


def test_directories_of_two_brokers_and_their_zookeeper(
    zookeeper: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    is_what_it_was(*zookeeper, tmp_path / "data")


# -- with files taken away --------------------------------------------------------------------------------------


def what_is_there(data: Path) -> dict[tuple[str, int], list[tuple[int, bytes | None]]]:
    partitions = [(name, index) for name, (count, _) in TOPICS.items() for index in range(count)]
    topics = adopted_image(data).topics
    return {
        (name, index): adopted_records(data, name, index)
        for name, index in partitions
        if name in topics and index in topics[name].partitions
    }


def removable(real: Path) -> dict[str, list[Path]]:
    """Everything but records: each file of a broker's own, each of the metadata, and all of one kind together."""
    found: dict[str, list[Path]] = {}
    for file in sorted(path for path in real.rglob("*") if path.is_file()):
        folder, is_records = (
            file.parent.name,
            file.suffix == ".log" and file.parent.name != METADATA_DIRECTORY,
        )
        if is_records or ".deleted" in file.name or file.parent == real:
            continue
        if folder == METADATA_DIRECTORY:
            if file.suffix in (".log", ".checkpoint") or "." not in file.name:
                found[f"metadata {file.name}"] = [file]
            found.setdefault(f"all metadata {file.suffix}", []).append(file)
            found.setdefault("all metadata", []).append(file)
        elif folder.startswith(("broker-", "version-")):
            found.setdefault(f"{file.name}", []).append(file)
        else:
            found.setdefault(f"all {file.suffix if file.name[0] == '0' else file.name}", []).append(file)
    return found


@pytest.mark.parametrize("years", ["kraft_for_days", "zookeeper"])
def test_whatever_file_of_the_real_one_is_missing_no_record_is(
    years: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    real, _ = request.getfixturevalue(years)
    adopt([real], tmp_path / "whole", Wishes())
    whole = what_is_there(tmp_path / "whole")
    assert sum(map(len, whole.values())) > 10_000
    for number, (what, files) in enumerate(removable(real).items()):
        copy, data = tmp_path / f"copy-{number}", tmp_path / f"data-{number}"
        shutil.copytree(real, copy, ignore=lambda _, names: [n for n in names if n.endswith(".deleted")])
        for file in files:
            (copy / file.relative_to(real)).unlink()
        adopt([copy], data, Wishes())
        there = what_is_there(data)
        for partition, records in whole.items():
            assert not records or there[partition] == records, (what, partition)
        shutil.rmtree(copy)
        shutil.rmtree(data)


def test_whatever_file_of_the_adopted_one_is_missing_no_record_is_removed_by_a_start(
    kraft: tuple[Path, dict[str, Any]], tmp_path: Path
) -> None:
    """It starts, and has all; or it refuses, and has all."""
    whole = tmp_path / "whole"
    adopt([kraft[0]], whole, Wishes())
    before = bytes_of_segments(whole)
    for number, (what, files) in enumerate(removable(whole).items()):
        copy = tmp_path / f"copy-{number}"
        shutil.copytree(whole, copy)
        for file in files:
            (copy / file.relative_to(whole)).unlink()
        started = start_of(copy)
        after = all_bytes_of_segments(copy)
        for name, data in before.items():
            assert any(there.startswith(data) for there in after.get(name, [])), (what, started, name)
        shutil.rmtree(copy)


def start_of(data: Path) -> str:
    try:
        with Cluster(brokers=1, data=data) as cluster:
            return cluster.cluster_id
    except (MetadataLost, ValueError, OSError) as refused:
        return f"refused: {refused}"


def bytes_of_segments(data: Path) -> dict[str, bytes]:
    """Of each segment with records, by partition and name."""
    return {
        f"{path.parent.name} {path.name}": content
        for path in sorted((data / "broker-1").rglob("*.log"))
        if (content := path.read_bytes())
    }


def all_bytes_of_segments(data: Path) -> dict[str, list[bytes]]:
    """The same, also of folders that were set aside."""
    found: dict[str, list[bytes]] = {}
    for path in sorted((data / "broker-1").rglob("*.log")):
        folder = re.sub(r"\.[0-9a-f]{32}-\w+$", "", path.parent.name)
        found.setdefault(f"{folder} {path.name}", []).append(path.read_bytes())
    return found
