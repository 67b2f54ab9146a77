"""What a log can't be read for in places must not keep it from opening."""

from __future__ import annotations

import pytest

from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.records.batch import BatchHeader, NewRecord, build_batch

FIRST_FILE = "orders-0/00000000000000000000.log"
EPOCHS = "orders-0/leader-epoch-checkpoint"
NO_MARKERS = [(b"x", b"x"), (None, b""), (b"\0\0\0\0", b""), (b"\xff\xff\0\0", b"\0\0\0\0\0\0")]


def no_marker(key: bytes | None, value: bytes, base_offset: int) -> bytes:
    """A control batch with a right checksum and nonsense in it."""
    return build_batch(
        [NewRecord(1, key, value)],
        base_offset=base_offset,
        producer_id=7,
        producer_epoch=0,
        transactional=True,
        control=True,
        leader_epoch=0,
    )


@pytest.mark.parametrize(("key", "value"), NO_MARKERS)
def test_a_leaders_control_batch_that_is_no_marker_is_refused_whole(lab, batch_of, key, value):
    log = lab.open()
    log.append_as_leader(batch_of(b"a"), 0)
    with pytest.raises(ApiError) as refused:
        log.append_as_follower(batch_of(b"b", base_offset=1) + no_marker(key, value, 2))
    assert refused.value.code == ErrorCode.CORRUPT_MESSAGE
    assert log.log_end_offset == 1


@pytest.mark.parametrize(("key", "value"), NO_MARKERS)
def test_a_recovery_cuts_a_control_batch_that_is_no_marker(lab, batch_of, key, value):
    log = lab.open()
    log.append_as_leader(batch_of(b"a"), 0)
    size = log.size_bytes
    log.close()
    file = lab.world.disk.open(FIRST_FILE)
    file.append(no_marker(key, value, 1))
    file.append(batch_of(b"b", base_offset=2))
    file.close()
    log = lab.open(clean=True)
    assert log.log_end_offset == 1, "it ends after the snapshot of a clean end"
    assert log.size_bytes == size


@pytest.mark.parametrize(("key", "value"), NO_MARKERS)
def test_a_control_batch_that_is_no_marker_in_a_trusted_segment(lab, batch_of, key, value):
    log = lab.open(segment_bytes=200)
    log.append_as_leader(batch_of(b"a"), 0)
    log.segments.active.append([no_marker(key, value, 1)], [BatchHeader.read(no_marker(key, value, 1))])
    for _ in range(4):
        log.append_as_leader(batch_of(b"c"), 0)
    end = log.log_end_offset
    log.close()
    for name in lab.files():
        if name.endswith(".snapshot"):
            lab.world.disk.remove(f"orders-0/{name}")
    assert lab.open(clean=True).log_end_offset == end
    assert lab.open(clean=False, recovery_point=end).log_end_offset == end


def test_lost_epochs_and_a_damaged_old_segment(lab, batch_of):
    log = lab.open(segment_bytes=200)
    for epoch in range(8):
        log.append_as_leader(batch_of(b"value"), epoch)
    end, bases = log.log_end_offset, log.segments.bases
    assert len(bases) > 3
    log.close()
    for name in lab.files():
        if name.endswith(".snapshot"):
            lab.world.disk.remove(f"orders-0/{name}")
    lab.world.disk.open(f"orders-0/{bases[1]:020d}.log").write_at(16, b"\x09")
    lab.world.disk.write_atomic(EPOCHS, b"nonsense")
    log = lab.open(clean=True)
    assert log.log_end_offset == end
    assert log.epochs.latest == 7
    with pytest.raises(ApiError) as refused:
        log.read(bases[1], 1000)
    assert refused.value.code == ErrorCode.CORRUPT_MESSAGE
    assert log.read(bases[2], 1000)
