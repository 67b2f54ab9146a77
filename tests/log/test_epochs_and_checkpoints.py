"""The small files of a log directory: read back, refused when broken, Kafka's own text."""

from __future__ import annotations

import random
import uuid

import pytest

from minikafka.log.checkpoints import CorruptCheckpoint, OffsetCheckpoint
from minikafka.log.config import LogConfig
from minikafka.log.epochs import LeaderEpochs
from minikafka.log.meta_properties import WrongDirectory, claim_directory, read_meta_properties
from minikafka.log.partition_metadata import InconsistentTopicId, claim_for_topic, read_partition_metadata
from minikafka.protocol.uuid_text import decode_uuid, encode_uuid


@pytest.fixture
def epochs(lab):
    lab.world.disk.makedirs("orders-0")
    found = LeaderEpochs(lab.world.disk, "orders-0", lambda: 100)
    for epoch, start in ((2, 0), (4, 10), (7, 20)):
        found.assign(epoch, start)
    return found


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (7, (7, 100)),
        (8, (-1, -1)),
        (-1, (-1, -1)),
        (4, (4, 20)),
        (5, (4, 20)),
        (3, (2, 10)),
        (2, (2, 10)),
        (1, (1, 0)),
    ],
)
def test_the_end_offset_for_an_epoch_is_kafkas(epochs, asked, answer):
    assert epochs.end_offset_for(asked) == answer


def test_a_log_without_epochs_knows_none(lab):
    epochs = LeaderEpochs(lab.world.disk, "orders-0", lambda: 5)
    assert epochs.latest == -1 and epochs.end_offset_for(0) == (-1, -1) and epochs.epoch_for_offset(3) == -1


def test_a_new_entry_removes_those_that_contradict_it(epochs):
    epochs.assign(7, 25)
    assert epochs.entries[-1] == (7, 20)
    epochs.assign(9, 10)
    assert epochs.entries == ((2, 0), (9, 10))
    epochs.assign(5, 50)
    assert epochs.entries == ((2, 0), (5, 50))


def test_epochs_are_cut_at_both_ends(epochs):
    epochs.truncate_from_end(20)
    assert epochs.entries == ((2, 0), (4, 10))
    epochs.truncate_from_start(5)
    assert epochs.entries == ((2, 5), (4, 10))
    epochs.truncate_from_start(10)
    assert epochs.entries == ((4, 10),)
    epochs.truncate_from_start(40)
    assert epochs.entries == ((4, 40),)
    assert [epochs.epoch_for_offset(offset) for offset in (39, 40, 90)] == [-1, 4, 4]


def test_the_epoch_file_is_kafkas_text(lab, epochs):
    assert lab.world.disk.read_bytes("orders-0/leader-epoch-checkpoint") == b"0\n3\n2 0\n4 10\n7 20\n"
    again = LeaderEpochs(lab.world.disk, "orders-0", lambda: 100)
    again.load()
    assert again.entries == epochs.entries


@pytest.mark.parametrize(
    "text", ["", "0\n", "1\n0\n", "0\n2\n1 2\n", "0\n1\n1\n", "0\n1\nx y\n", "0\n2\n3 4\n2 9\n", "\xff"]
)
def test_a_broken_epoch_file_is_refused(lab, text):
    lab.world.disk.makedirs("orders-0")
    lab.world.disk.write_atomic("orders-0/leader-epoch-checkpoint", text.encode("latin-1"))
    with pytest.raises(CorruptCheckpoint):
        LeaderEpochs(lab.world.disk, "orders-0", lambda: 0).load()


@pytest.mark.parametrize("clean", [True, False])
def test_a_log_whose_epoch_file_was_taken_away_tells_its_epochs_itself(lab, log, batch_of, clean):
    for epoch in (0, 3, 3, 5, 8):
        log.append_as_leader(batch_of(b"v" * 150), epoch)
    entries = log.epochs.entries
    log.close()
    lab.world.disk.remove("orders-0/leader-epoch-checkpoint")
    again = lab.open(clean=clean)
    assert again.epochs.entries == entries == ((0, 0), (3, 1), (5, 3), (8, 4))
    again.close()
    reads = lab.world.disk.counters.bytes_read
    lab.open(clean=True)
    assert lab.world.disk.exists("orders-0/leader-epoch-checkpoint"), "the next start need not look"
    assert lab.world.disk.counters.bytes_read - reads < 1000


def test_offset_checkpoints_read_back(lab):
    checkpoint = OffsetCheckpoint(lab.world.disk, "replication-offset-checkpoint")
    assert checkpoint.read() == {}
    offsets = {("orders", 1): 5, ("__consumer_offsets", 49): 2**40, ("a.b-c", 0): 0}
    checkpoint.write(offsets)
    assert checkpoint.read() == offsets
    data = lab.world.disk.read_bytes("replication-offset-checkpoint")
    assert data == b"0\n3\n__consumer_offsets 49 1099511627776\na.b-c 0 0\norders 1 5\n"
    lab.world.disk.write_atomic("replication-offset-checkpoint", data[:-4])
    with pytest.raises(CorruptCheckpoint, match="replication-offset-checkpoint"):
        checkpoint.read()


def test_a_data_directory_belongs_to_one_node_of_one_cluster(lab):
    disk = lab.world.disk
    mine = claim_directory(disk, "abc", 1, random.Random(1))
    assert read_meta_properties(disk) == mine == claim_directory(disk, "abc", 1, random.Random(2))
    with pytest.raises(WrongDirectory, match="another cluster: its cluster id is abc, this cluster's is xyz"):
        claim_directory(disk, "xyz", 1, random.Random(1))
    with pytest.raises(WrongDirectory, match="another node: its node id is 1"):
        claim_directory(disk, "abc", 2, random.Random(1))
    for text in (
        b"",
        b"version=0\nbroker.id=1\n",
        b"version=1\ncluster.id=x\n",
        b"\xff\x00",
        b"version=1\nnode.id=q\ncluster.id=x",
    ):
        disk.write_atomic("meta.properties", text)
        with pytest.raises(WrongDirectory):
            read_meta_properties(disk)


def test_a_partition_directory_belongs_to_one_topic_id(lab):
    disk = lab.world.disk
    disk.makedirs("orders-0")
    one, two = uuid.UUID(int=1 << 120), uuid.UUID(int=2)
    assert claim_for_topic(disk, "orders-0", None) is None
    assert claim_for_topic(disk, "orders-0", one) == one == claim_for_topic(disk, "orders-0", None)
    assert read_partition_metadata(disk, "orders-0") == one
    with pytest.raises(InconsistentTopicId):
        claim_for_topic(disk, "orders-0", two)
    disk.write_atomic("orders-0/partition.metadata", b"version: 0\ntopic_id: ***\n")
    assert read_partition_metadata(disk, "orders-0") is None
    assert claim_for_topic(disk, "orders-0", two) == two


def test_uuids_have_kafkas_text_form():
    assert encode_uuid(uuid.UUID(int=1)) == "AAAAAAAAAAAAAAAAAAAAAQ"
    value = uuid.UUID(bytes=bytes(range(240, 256)))
    assert decode_uuid(encode_uuid(value)) == value and len(encode_uuid(value)) == 22


def test_topic_configs_become_a_log_config():
    config = LogConfig.from_topic(
        {"segment.bytes": "100", "message.timestamp.type": "LogAppendTime", "cleanup.policy": "compact,delete",
         "compression.zstd.level": "7", "unknown.key": "x"}
    )  # fmt: skip
    assert (config.segment_bytes, config.message_timestamp_type, config.compression_zstd_level) == (100, 1, 7)
    assert config.is_compacted and config.deletes_old_segments and config.max_message_bytes == 1048588
    with pytest.raises(ValueError, match=r"Invalid value many for configuration segment\.bytes"):
        LogConfig.from_topic({"segment.bytes": "many"})


def test_a_reign_of_which_there_is_no_record_costs_the_disk_nothing(epochs, lab):
    epochs.sync()
    before = lab.world.disk.read_bytes("orders-0/leader-epoch-checkpoint")
    writes = lab.world.disk.counters.writes
    for epoch in (8, 9, 10):
        epochs.begin(epoch, 100)
    assert epochs.entries[-1] == (10, 100) and epochs.end_offset_for(9) == (7, 100)
    assert not epochs.sync()
    assert lab.world.disk.counters.writes == writes
    assert lab.world.disk.read_bytes("orders-0/leader-epoch-checkpoint") == before
    epochs.catch_up()
    epochs.catch_up()
    assert lab.world.disk.counters.writes == writes + 1
    again = LeaderEpochs(lab.world.disk, "orders-0", lambda: 101)
    again.load()
    assert again.entries == epochs.entries == ((2, 0), (4, 10), (7, 20), (10, 100))


def test_the_first_record_of_a_reign_has_its_epoch_noted_before_it(lab, batch_of):
    log = lab.open()
    log.append_as_leader(batch_of(b"a"), 3)
    log.epochs.begin(5, log.log_end_offset)
    end = log.log_end_offset
    log.append_as_leader(batch_of(b"b"), 5)
    lab.crash(log)
    assert lab.open().epochs.entries == ((3, 0), (5, end))
