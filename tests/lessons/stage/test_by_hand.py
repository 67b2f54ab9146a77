"""Batches and frames that somebody made byte by byte: sent as they are, told of as they are, read by others."""

import lz4.frame
import pytest

from minikafka import Cluster
from minikafka_lessons import by_hand, lz4_frames
from minikafka_lessons.cells import Stumble
from minikafka_lessons.rules import mine

ROWS = [(1_700_000_000_000 + n, b"seattle", b"%d" % n) for n in range(3)]


@pytest.fixture
def cluster():
    with Cluster(brokers=1, world="simulated", seed=4, announce=False) as made:
        made.create_topic("by-hand", 1, 1)
        made.create_topic("as-gzip", 1, 1, {"compression.type": "gzip"})
        yield made


def test_what_is_stored_is_what_was_sent_but_for_offset_and_epoch(cluster):
    batch = by_hand.packed(ROWS, "lz4")
    assert by_hand.send(cluster, "by-hand", batch).offset == 0
    sent = by_hand.send(cluster, "by-hand", batch)
    assert repr(sent) == "stored, from offset 3 on"
    found = by_hand.stored(cluster, "by-hand", sent.offset)
    assert by_hand.changed(batch, found) == ["baseOffset", "partitionLeaderEpoch"]
    assert by_hand.compare(batch, found).html.count("changed") == 2


def test_a_topic_with_a_codec_of_its_own_has_the_records_packed_again(cluster):
    batch = by_hand.packed(ROWS, "zstd")
    sent = by_hand.send(cluster, "as-gzip", batch)
    found = by_hand.stored(cluster, "as-gzip", sent.offset)
    assert (by_hand.codec(batch), by_hand.codec(found)) == ("zstd", "gzip")
    assert {"crc", "attributes", "records"} <= set(by_hand.changed(batch, found))


def test_a_refused_batch_says_why_and_lies_nowhere(cluster):
    batch = by_hand.packed(ROWS, "none")
    sent = by_hand.send(cluster, "by-hand", batch[:-1] + bytes([batch[-1] ^ 1]))
    assert not sent
    assert repr(sent).startswith("refused: CORRUPT_MESSAGE: A record batch is damaged")
    assert by_hand.stored(cluster, "by-hand", sent.offset) == b""
    assert "Nothing lies in the file" in by_hand.compare(batch, b"").html


def test_what_is_no_bytes_is_told_in_one_sentence(cluster):
    with pytest.raises(Stumble, match="A batch is bytes, not str"):
        by_hand.send(cluster, "by-hand", "a batch")


def test_a_batch_of_a_learner_is_stood_in_for_while_it_is_not_written():
    def record_batch(rows, gzipped=False):
        raise NotImplementedError("exercise 4a")

    write = mine(record_batch)
    assert write(ROWS, True) == by_hand.packed(ROWS, "gzip")
    assert write.by == "by our function: yours is not written yet"


@pytest.mark.parametrize("sized", [False, True])
def test_two_generations_of_clients_do_not_read_each_others_frames(sized):
    old, right = (lz4_frames.frame(7, sized=sized, old=is_old) for is_old in (True, False))
    assert (lz4_frames.old_client(old), lz4_frames.today(old)) == ("reads 30 records", "can't read it")
    assert (lz4_frames.old_client(right), lz4_frames.today(right)) == ("can't read it", "reads 30 records")
    assert len([a for a, b in zip(old, right, strict=True) if a != b]) == 1
    assert bool(lz4.frame.get_frame_info(right)["content_size"]) is sized
    with pytest.raises(RuntimeError, match="headerChecksum"):
        lz4.frame.decompress(old)


def test_of_the_docks_frames_one_is_refused_by_a_broker(cluster):
    taken = {
        dock: bool(by_hand.send(cluster, "by-hand", lz4_frames.batch_of(frame)))
        for dock, frame in lz4_frames.frames().items()
    }
    assert [dock for dock, is_taken in taken.items() if not is_taken] == [lz4_frames.OLD_DOCK]
