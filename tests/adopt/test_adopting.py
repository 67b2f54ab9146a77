"""Data directories of a real Kafka become a cluster of ours: what is taken, what is left, and nothing is touched."""

from pathlib import Path
from uuid import UUID

import pytest
from adopt.hand_made import (
    CLUSTER,
    OLD_MS,
    ZERO,
    adopted_image,
    adopted_records,
    checkpoint,
    commit,
    group_log,
    hashes,
    kraft_broker,
    left_group,
    live_groups,
    partition,
    positions,
    v1,
    v2,
    zookeeper_broker,
    zookeeper_server,
)

from minikafka import Cluster, TopicPartition
from minikafka.adopt import NotAdopted, Report, Wishes, adopt
from minikafka.adopt.offsets import NEVER_MS
from minikafka.coordinator.records import GroupMetadataValue, MemberMetadata, group_record, offset_record
from minikafka.dump.source import RawFile
from minikafka.log.checkpoints import CLEANER_OFFSETS, HIGH_WATERMARKS, LOG_STARTS, RECOVERY_POINTS
from minikafka.metadata.records import (
    ConfigRecord,
    PartitionRecord,
    ProducerIdsRecord,
    RemoveTopicRecord,
    TopicRecord,
    UserScramCredentialRecord,
)
from minikafka.protocol.schema import Message
from minikafka.protocol.uuid_text import encode_uuid
from minikafka.quorum import METADATA_DIRECTORY, MetadataLost
from minikafka.records.batch import NewRecord, build_batch
from minikafka.world import LiveUniverse
from minikafka.world.live_disk import LiveDisk

ORDERS, GONE, STATE = UUID(int=11 << 64), UUID(int=12 << 64), UUID(int=13 << 64)


def adopting(given: Path, data: Path, **wishes: object) -> Report:
    """Adopt, and the source is afterwards what it was before."""
    before = hashes(given)
    report = adopt([given], data, Wishes(**wishes))  # type: ignore[arg-type]
    assert hashes(given) == before
    return report


def why(report: Report, what: str) -> str:
    return next(left.why for left in report.left if what in left.what)


def described(name: str, id: UUID, partitions: int = 1, epoch: int = 5, **configs: str) -> list[Message]:
    """The records that make a topic known."""
    return [
        TopicRecord(name=name, topic_id=id),
        *(
            PartitionRecord(
                partition_id=n,
                topic_id=id,
                replicas=[1, 2],
                isr=[1],
                leader=1,
                leader_epoch=epoch,
                partition_epoch=9,
            )
            for n in range(partitions)
        ),
        *(
            ConfigRecord(resource_type=2, resource_name=name, name=key.replace("_", "."), value=value)
            for key, value in configs.items()
        ),
    ]


# -- ZooKeeper's years ------------------------------------------------------------------------------------------


def test_a_broker_of_the_zookeeper_years_comes_with_every_record_at_its_offset(tmp_path: Path) -> None:
    real = tmp_path / "real"
    old = b"".join(v1(n, b"old %d" % n) for n in range(3))
    zookeeper_broker(
        real, orders_0=old + v2(3, b"new", epoch=7), orders_1=v2(40, b"later"), **{"with-dash_2": v2(0, b"x")}
    )
    report = adopting(real, tmp_path / "data")
    assert adopted_records(tmp_path / "data", "orders") == [
        (0, b"old 0"),
        (1, b"old 1"),
        (2, b"old 2"),
        (3, b"new"),
    ]
    assert adopted_records(tmp_path / "data", "orders", 1) == [(40, b"later")]
    assert adopted_records(tmp_path / "data", "with-dash", 2) == [(0, b"x")]
    image = adopted_image(tmp_path / "data")
    assert sorted(image.topics["with-dash"].partitions) == [0, 1, 2]
    assert image.topics["orders"].partitions[0].leader_epoch == 7
    assert report.cluster_id == CLUSTER
    assert "begin empty" in why(report, "partitions 0, 1 of with-dash")
    assert [(topic.name, topic.records) for topic in report.topics] == [("orders", 5), ("with-dash", 1)]
    assert "settings aren't known" in report.notes[0]


@pytest.mark.parametrize("snapshot", [False, True])
def test_the_zookeepers_directory_tells_ids_and_settings(tmp_path: Path, snapshot: bool) -> None:
    real = tmp_path / "real"
    broker = zookeeper_broker(real, orders_0=v2(0, b"a"), deleted_0=v2(0, b"b"))
    partition(broker, "deleted-1", v2(0, b"c"))
    zookeeper_server(
        real,
        {
            "/kafka/cluster/id": {"version": "1", "id": CLUSTER},
            "/kafka/brokers/topics": None,
            "/kafka/brokers/topics/orders": {
                "version": 3,
                "topic_id": encode_uuid(ORDERS),
                "partitions": {"0": [0], "1": [0]},
            },
            "/kafka/brokers/topics/orders/partitions/0/state": {"leader_epoch": 12, "isr": [0]},
            "/kafka/config/topics/orders": {
                "version": 1,
                "config": {"segment.bytes": "2097152", "retention.ms": "1000"},
            },
            "/kafka/latest_producer_id_block": {"block_start": "4000", "block_end": "4999"},
        },
        snapshot=snapshot,
    )
    report = adopting(real, tmp_path / "data")
    image = adopted_image(tmp_path / "data")
    assert list(image.topics) == ["orders"]
    assert image.topics["orders"].id == ORDERS
    assert image.topics["orders"].partitions[0].leader_epoch == 12
    assert image.topic_configs("orders") == {"segment.bytes": "2097152", "retention.ms": "-1"}
    assert report.topics[0].changed == {"retention.ms": "1000"}
    assert image.next_producer_id == 5000
    assert "stray" in why(report, "deleted-1")
    assert "begin empty" in why(report, "partitions 1 of orders")


# -- KRaft ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("behind", [0, 7])
def test_a_kraft_directory_comes_with_ids_and_settings_from_log_and_snapshot(
    tmp_path: Path, behind: int
) -> None:
    records = [
        *described(
            "orders", ORDERS, 2, retention_ms="60000", retention_bytes="5", message_format_version="2.8"
        ),
        *described("gone", GONE),
        RemoveTopicRecord(topic_id=GONE),
        UserScramCredentialRecord(
            name="u", mechanism=1, salt=b"s", stored_key=b"k", server_key=b"k", iterations=9
        ),
        *described("state", STATE, cleanup_policy="compact", max_compaction_lag_ms="5"),
        ConfigRecord(resource_type=4, resource_name="", name="log.retention.ms", value="1"),
        ProducerIdsRecord(broker_id=1, broker_epoch=4, next_producer_id=7000),
    ]
    broker = kraft_broker(tmp_path / "real", records, behind=behind)
    partition(broker, "orders-0", v2(0, b"a", epoch=6), topic_id=ORDERS)
    partition(broker, "orders-1", v2(0, b"b"), topic_id=ORDERS)
    partition(broker, "gone-0", v2(0, b"c"), topic_id=GONE)
    partition(broker, "state-0", v2(0, b"d") + v2(9, b"e"), topic_id=STATE)
    partition(broker, "state-0.0123456789abcdef0123456789abcdef-future", v2(0, b"d"), topic_id=STATE)
    report = adopting(tmp_path / "real", tmp_path / "data")
    image = adopted_image(tmp_path / "data")
    assert {name: topic.id for name, topic in image.topics.items()} == {"orders": ORDERS, "state": STATE}
    assert image.topic_configs("orders") == {"retention.ms": "-1"}
    assert image.topic_configs("state") == {
        "cleanup.policy": "compact",
        "min.compaction.lag.ms": "9223372036854775807",
    }
    assert [p.leader_epoch for p in image.topics["orders"].partitions.values()] == [6, 5]
    assert image.next_producer_id == 7000
    assert adopted_records(tmp_path / "data", "state") == [(0, b"d"), (9, b"e")]
    assert "no such configuration" in why(report, "message.format.version=2.8 of orders")
    assert "settings of their own" in why(report, "log.retention.ms")
    assert "no such thing" in why(report, "SCRAM passwords (1 records)")
    assert "stray" in why(report, "gone-0")
    assert "unfinished copy" in why(report, "-future")
    assert not report.notes


@pytest.mark.parametrize(
    "lost", ["log", "snapshot", "half the snapshot", "the log's end", "its last segment", "everything"]
)
def test_without_all_of_the_metadata_no_folder_is_taken_for_a_stray(tmp_path: Path, lost: str) -> None:
    records = [*described("orders", ORDERS, retention_ms="5"), *described("state", STATE)]
    broker = kraft_broker(tmp_path / "real", records, behind=3)
    partition(broker, "orders-0", v2(0, b"a"), topic_id=ORDERS)
    partition(broker, "state-0", v2(0, b"b"), topic_id=STATE)
    partition(broker, "unheard-0", v2(0, b"c"))
    folder = broker / METADATA_DIRECTORY
    log, snapshot = folder / f"{3:020}.log", folder / f"{3:020}-0000000001.checkpoint"
    if lost in ("log", "everything"):
        log.unlink()
    if lost in ("snapshot", "everything"):
        snapshot.unlink()
    if lost == "half the snapshot":
        snapshot.write_bytes(snapshot.read_bytes()[:-30])
    if lost == "its last segment":
        (folder / f"{9:020}.index").touch()
    if lost == "the log's end":
        log.write_bytes(log.read_bytes()[:-3])
    report = adopting(tmp_path / "real", tmp_path / "data")
    assert report.notes
    image = adopted_image(tmp_path / "data")
    assert {n: t.id for n, t in image.topics.items() if n != "unheard"} == {"orders": ORDERS, "state": STATE}
    for name, value in (("orders", b"a"), ("state", b"b"), ("unheard", b"c")):
        assert adopted_records(tmp_path / "data", name) == [(0, value)]


# -- several directories ----------------------------------------------------------------------------------------


def test_of_several_replicas_the_newest_reign_counts_then_the_length(tmp_path: Path) -> None:
    real = tmp_path / "real"
    five = v2(4, b"5", epoch=2)
    zookeeper_broker(
        real, 1, a_0=v2(0, b"x", b"y", b"z", epoch=1), b_0=v2(0, b"1", epoch=2), c_0=v2(0, b"only"), d_0=five
    )
    longer = v2(0, b"1", epoch=2) + v2(1, b"2", epoch=2)
    zookeeper_broker(real, 2, a_0=v2(0, b"new", epoch=2), b_0=longer, d_0=v2(2, b"3", epoch=2) + five)
    report = adopting(real, tmp_path / "data")
    assert adopted_records(tmp_path / "data", "a") == [(0, b"new")]
    assert adopted_records(tmp_path / "data", "b") == [(0, b"1"), (1, b"2")]
    assert adopted_records(tmp_path / "data", "c") == [(0, b"only")]
    assert adopted_records(tmp_path / "data", "d") == [(2, b"3"), (4, b"5")]
    assert "another replica" in why(report, "kafka-logs-1/a-0")
    assert "another replica" in why(report, "kafka-logs-1/b-0")


def test_a_folder_of_a_topic_that_had_the_name_before_is_left(tmp_path: Path) -> None:
    broker = kraft_broker(tmp_path / "real", described("orders", ORDERS))
    partition(broker, "orders-0", v2(0, b"now"), topic_id=ORDERS)
    other = zookeeper_broker(tmp_path / "real", 2)
    partition(other, "orders-0", v2(0, b"a", b"b", b"c", epoch=99), topic_id=GONE)
    report = adopting(tmp_path / "real", tmp_path / "data")
    assert adopted_records(tmp_path / "data", "orders") == [(0, b"now")]
    assert encode_uuid(GONE) in why(report, "orders-0")


# -- notes and offsets ------------------------------------------------------------------------------------------


def test_a_logs_start_and_gaps_stay_what_they_are(tmp_path: Path) -> None:
    broker = zookeeper_broker(tmp_path / "real", t_0=v2(0, b"a", b"b", b"c"), k_0=v2(5, b"k") + v2(90, b"k"))
    checkpoint(broker, LOG_STARTS, {"t-0": 2})
    checkpoint(broker, RECOVERY_POINTS, {"t-0": 3, "k-0": 91})
    checkpoint(broker, CLEANER_OFFSETS, {"k-0": 90})
    adopting(tmp_path / "real", tmp_path / "data")
    ours = tmp_path / "data" / "broker-1"
    assert (ours / LOG_STARTS).read_text() == "0\n1\nt 0 2\n"
    assert (ours / HIGH_WATERMARKS).read_text() == "0\n2\nk 0 91\nt 0 3\n"
    assert (ours / CLEANER_OFFSETS).read_text() == "0\n1\nk 0 90\n"
    assert (ours / ".kafka_cleanshutdown").exists()
    assert adopted_image(tmp_path / "data").topic_configs("k")["cleanup.policy"] == "compact"


def test_new_producers_get_ids_that_no_record_has(tmp_path: Path) -> None:
    zookeeper_broker(tmp_path / "real", t_0=v2(0, b"a", producer_id=4711))
    adopting(tmp_path / "real", tmp_path / "data")
    assert adopted_image(tmp_path / "data").next_producer_id == 5000


def test_a_torn_end_is_cut_in_the_copy_and_damage_is_said(tmp_path: Path) -> None:
    damaged = bytearray(v2(0, b"a") + v2(1, b"bbbbbbbb") + v2(2, b"c"))
    damaged[len(v2(0, b"a")) + 70] ^= 1
    zookeeper_broker(
        tmp_path / "real",
        t_0=v2(0, b"a") + v2(1, b"b")[:-2],
        d_0=bytes(damaged),
        p_0=v2(0, b"a") + bytes(5000),
    )
    report = adopting(tmp_path / "real", tmp_path / "data")
    assert adopted_records(tmp_path / "data", "t") == [(0, b"a")]
    assert "damaged" in why(report, "d-0 from offset 1 on")
    assert [note for note in report.notes if "d-0 is damaged" in note and "wrong checksum" in note]
    assert [note for note in report.notes if note.startswith("t-0 is damaged")]
    assert not [note for note in report.notes if note.startswith("p-0")]


def test_an_open_transaction_is_said(tmp_path: Path) -> None:
    record = NewRecord(OLD_MS, None, b"maybe")
    batch = build_batch(
        [record], leader_epoch=0, producer_id=3, producer_epoch=0, base_sequence=0, transactional=True
    )
    zookeeper_broker(tmp_path / "real", t_0=batch)
    report = adopting(tmp_path / "real", tmp_path / "data")
    assert "t-0 has a transaction open since offset 0" in " ".join(report.notes)


def test_committed_offsets_have_no_end(tmp_path: Path) -> None:
    """Those of a group whose last member left years ago, and of one that never had a member; not those in use."""
    busy = GroupMetadataValue(
        protocol_type="consumer",
        generation=1,
        protocol="range",
        leader="m",
        members=[MemberMetadata(member_id="m")],
    )
    log = group_log(
        commit("left", "orders", 0, 1, "half"),
        left_group("left"),
        commit("simple", "orders", 0, 2),
        commit("busy", "orders", 0, 3),
        group_record("busy", busy),
        offset_record("simple", "gone", 0, None),
    )
    zookeeper_broker(tmp_path / "real", orders_0=v2(0, b"a"), __consumer_offsets_0=log)
    adopting(tmp_path / "real", tmp_path / "data")
    groups = live_groups(tmp_path / "data")
    ends = {(group, value.commit_timestamp) for group, value in positions(groups)}
    assert ends == {("left", NEVER_MS), ("simple", NEVER_MS), ("busy", OLD_MS)}
    assert [(g, v.offset, v.leader_epoch, v.metadata) for g, v in positions(groups) if g == "left"] == [
        ("left", 1, 3, "half")
    ]
    states = {
        name: group.value.current_state_timestamp for name, group in groups.groups.items() if group.value
    }
    assert states == {"left": NEVER_MS, "busy": -1}


def test_the_adopted_cluster_serves_records_and_offsets(tmp_path: Path) -> None:
    real = tmp_path / "real"
    broker = zookeeper_broker(real, orders_0=v2(0, b"a", b"b", b"c"), orders_1=v2(0, b"d"))
    groups = group_log(
        commit("left", "orders", 0, 1),
        left_group("left"),
        commit("simple", "orders", 0, 2, "half"),
        commit("left", "orders", 0, 3),
    )
    for index in range(3):
        partition(broker, f"__consumer_offsets-{index}", groups)  # wherever these groups belong among three
    report = adopting(real, tmp_path / "data")
    assert report.groups == ["left", "simple"]
    with Cluster(brokers=1, data=tmp_path / "data") as cluster:
        cluster.wait_until(lambda s: all(p.leader for t in s.topics for p in t.partitions))
        consumer = cluster.consumer({"group.id": "left", "auto.offset.reset": "earliest"})
        assert [p.offset for p in consumer.committed([TopicPartition("orders", 0)], timeout=10)] == [3]
        consumer.assign([TopicPartition("orders", 0, 0), TopicPartition("orders", 1, 0)])
        seen = [message.value() for message in consumer.consume(4, timeout=10)]
        consumer.close()
        simple = cluster.consumer({"group.id": "simple"})
        assert [p.offset for p in simple.committed([TopicPartition("orders", 0)], timeout=10)] == [2]
        simple.close()
    assert sorted(seen) == [b"a", b"b", b"c", b"d"]


# -- wishes and refusals ----------------------------------------------------------------------------------------


def test_some_topics_by_name_or_glob(tmp_path: Path) -> None:
    zookeeper_broker(tmp_path / "real", orders_0=v2(0, b"a"), order_0=v2(0, b"a"), logs_0=v2(0, b"a"))
    report = adopting(tmp_path / "real", tmp_path / "data", topics=("order*", "nothing"))
    assert [topic.name for topic in report.topics] == ["order", "orders"]


def test_with_keep_retention_settings_stay(tmp_path: Path) -> None:
    broker = kraft_broker(tmp_path / "real", described("orders", ORDERS, retention_ms="60000"))
    partition(broker, "orders-0", v2(0, b"a"))
    report = adopting(tmp_path / "real", tmp_path / "data", keep_retention=True)
    assert adopted_image(tmp_path / "data").topic_configs("orders") == {"retention.ms": "60000"}
    assert report.topics[0].changed == {}


def test_what_is_left_is_said(tmp_path: Path) -> None:
    broker = zookeeper_broker(tmp_path / "real", orders_0=v2(0, b"a"), hollow_0=b"")
    (broker / "hollow-0" / f"{ZERO}.log").unlink()
    (broker / "orders-0" / "notes.txt").write_text("mine")
    (broker / "never-0").mkdir()
    partition(broker, "@metadata-0", v2(0, b"of Kafka 2.8"))
    partition(broker, "__transaction_state-3", v2(0, b"x"))
    partition(broker, "old-0.0123456789abcdef0123456789abcdef-delete", v2(0, b"x"))
    partition(broker, "lost-0.0123456789abcdef0123456789abcdef-stray", v2(0, b"x"))
    (broker / LOG_STARTS).write_text("0\n5\n")
    report = adopting(tmp_path / "real", tmp_path / "data")
    assert "no .log" in why(report, "hollow-0")
    assert "no .log" in why(report, "never-0")
    assert "no files" in why(report, "notes.txt")
    assert "transactions" in why(report, "__transaction_state")
    assert "deleting" in why(report, "old-0")
    assert "no topic can have this name" in why(report, "@metadata")
    assert "set it aside" in why(report, "lost-0")
    assert "entries" in why(report, LOG_STARTS)
    assert [(t.name, t.partitions, t.records) for t in report.topics] == [
        ("hollow", 1, 0),
        ("never", 1, 0),
        ("orders", 1, 1),
    ]


def test_what_can_not_be_adopted_is_one_sentence_and_leaves_nothing(tmp_path: Path) -> None:
    real, full = tmp_path / "real", tmp_path / "full"
    broker = zookeeper_broker(real, orders_0=v2(0, b"a"))
    other = zookeeper_broker(tmp_path / "other", x_0=v2(0, b"a"))
    (other / "meta.properties").write_text("version=0\nbroker.id=1\ncluster.id=another\n")
    (tmp_path / "empty" / "some-1").mkdir(parents=True)
    full.mkdir()
    (full / "file").touch()
    data = tmp_path / "data"
    for given, target, wanted, said in (
        ([tmp_path / "none"], data, (), "does not exist"),
        ([broker / "meta.properties"], data, (), "is not a directory"),
        ([tmp_path / "empty"], data, (), "is not a Kafka data directory"),
        ([real], full, (), "is not empty"),
        ([real], full / "file", (), "is not a directory"),
        ([real], real / "new", (), "must stay as it is"),
        ([real, tmp_path / "other"], data, (), "different clusters"),
        ([real], data, ("nope*",), "No topic matches nope"),
    ):
        with pytest.raises(NotAdopted, match=said):
            adopt(given, target, Wishes(wanted))
        assert not data.exists()
    assert not (real / "new").exists()
    assert [path.name for path in full.iterdir()] == ["file"]


def test_an_adoption_that_fails_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, data = tmp_path / "real", tmp_path / "data"
    zookeeper_broker(real, a_0=v2(0, b"a"), b_0=v2(0, b"b"))
    read_at = RawFile.read_at

    def failing(file: RawFile, position: int, size_bytes: int) -> bytes:
        if (data / "broker-1" / "b-0").exists():
            raise OSError(5, "Input/output error")
        return read_at(file, position, size_bytes)

    with monkeypatch.context() as patched:
        patched.setattr(RawFile, "read_at", failing)
        with pytest.raises(OSError, match="Input/output"):
            adopt([real], data, Wishes())
    assert not data.exists()
    with monkeypatch.context() as patched:
        patched.setattr(LiveDisk, "space", lambda _: (1 << 30, 1 << 20))
        with pytest.raises(NotAdopted, match="has room for 1"):
            adopt([real], data, Wishes())
    assert not data.exists()
    data.mkdir()
    assert len(adopting(real, data).topics) == 2


def test_our_own_directory_whose_metadata_are_lost_is_adopted_from_its_brokers(tmp_path: Path) -> None:
    """What a cluster of ours says when it refuses to start on less than it had."""
    zookeeper_broker(tmp_path / "real", orders_0=v2(0, b"a"), orders_1=v2(0, b"b"))
    adopting(tmp_path / "real", tmp_path / "ours")
    for file in (tmp_path / "ours" / "controller-1" / METADATA_DIRECTORY).glob("*.log"):
        file.unlink()
    with pytest.raises(MetadataLost, match="minikafka adopt"):
        Cluster(brokers=1, data=tmp_path / "ours")
    adopting(tmp_path / "ours", tmp_path / "new")
    assert adopted_records(tmp_path / "new", "orders", 1) == [(0, b"b")]
    assert list(adopted_image(tmp_path / "new").topics) == ["orders"]


def test_a_cluster_of_ours_is_not_begun_in_a_real_ones_directory(tmp_path: Path) -> None:
    broker = zookeeper_broker(tmp_path, orders_0=v2(0, b"a"))
    before = hashes(tmp_path)
    with pytest.raises(ValueError, match=r"minikafka adopt .* --data NEW"):
        Cluster(brokers=1, data=broker)
    assert hashes(tmp_path) == before


def test_a_directory_in_use_is_refused(tmp_path: Path) -> None:
    broker = zookeeper_broker(tmp_path / "real", orders_0=v2(0, b"a"))
    with LiveUniverse(tmp_path / "real") as universe:
        lock = universe.world(broker.name).disk.lock(".lock")
        with pytest.raises(NotAdopted, match="is in use"):
            adopt([tmp_path / "real"], tmp_path / "data", Wishes())
        lock.release()
    adopting(tmp_path / "real", tmp_path / "data")
