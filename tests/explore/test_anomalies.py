"""Each anomaly by its name, in histories written by hand."""

from minikafka.explore import Commit, History, Read, WholeReading, Write, anomalies


def write(number, offset=None, client="w", **more):
    """Acknowledged at that offset of t-0, or never answered."""
    outcome = "unknown" if offset is None else "acknowledged"
    placed = {"outcome": outcome, "partition": 0, "offset": -1 if offset is None else offset, "ended_s": 1.5}
    return Write(client, "t", b"%d" % number, number, 1.0, **{**placed, **more})


def read(offset, value, client="r", at_s=3.0, **more):
    return Read(client, "t", 0, offset, value, at_s, **more)


def whole(end, start=0, client="r", began_s=2.0):
    return WholeReading(client, "t", 0, start, end, began_s, 4.0)


def found(writes=(), reads=(), **more):
    return [(one.name, one.is_promised) for one in anomalies(History(tuple(writes), tuple(reads), **more))]


def test_a_sound_history_has_none():
    writes = [write(0, 0), write(1, 1), write(2)]
    assert not found(writes, [read(0, b"0"), read(1, b"1")], readings=(whole(2),))


def test_a_lost_write_is_broken_only_where_acks_all_promised():
    gone = write(1, 1)
    reads = [read(0, b"0")]
    assert found([write(0, 0), gone], reads, readings=(whole(1),)) == [("lost write", True)]
    careless = write(1, 1, acks_all=False)
    assert found([write(0, 0), careless], reads, readings=(whole(1),)) == [("lost write", False)]


def test_another_record_in_its_place_is_a_lost_write_too():
    other = write(9, None, client="v")
    assert found([write(0, 0), other], [read(0, b"9")], readings=(whole(1),)) == [("lost write", True)]


def test_what_was_acknowledged_after_the_reading_began_or_deleted_before_its_start_is_not_lost():
    late, old = write(0, 5, ended_s=2.5), write(1, 0)
    assert not found([late, old], [], readings=(whole(5, start=1),))


def test_a_duplicate_is_broken_only_for_the_idempotent():
    reads = [read(0, b"0"), read(1, b"0")]
    assert found([write(0)], reads) == [("duplicate", True)]
    assert found([write(0, idempotent=False)], reads) == [("duplicate", False)]


def test_a_later_write_before_an_earlier_one():
    assert found([write(0), write(1)], [read(0, b"1"), read(1, b"0")]) == [("order broken", True)]


def test_a_refused_write_that_is_read():
    refused = write(0, outcome="refused", error="MSG_SIZE_TOO_LARGE")
    assert found([refused], [read(0, b"0")]) == [("aborted read", True)]


def test_a_read_that_nobody_wrote():
    assert found([write(0)], [read(0, b"0"), read(1, b"?")]) == [("read that nobody wrote", True)]


def test_two_values_at_one_offset():
    reads = [read(0, b"0"), read(0, b"1", client="s")]
    assert found([write(0), write(1)], reads) == [("two values at one offset", True)]


def test_a_poll_that_leaves_a_record_out():
    reads = [read(0, b"0"), read(2, b"2")]
    assert found([write(0, 0), write(1, 1), write(2, 2)], reads) == [("skipped poll", True)]
    assert not found([write(0, 0), write(2, 2)], reads), "a gap is no record"
    again = [read(0, b"0"), read(2, b"2", turn=1)]
    assert not found([write(0, 0), write(1, 1), write(2, 2)], again), "it was given the partition anew"


def test_a_poll_that_goes_back():
    reads = [read(1, b"1"), read(0, b"0")]
    assert found([write(0), write(1)], reads) == [("repeated poll", True)]


def test_a_group_that_leaves_a_record_out_over_a_rebalance():
    reads = [read(0, b"0", "a", group="g"), read(2, b"2", "b", group="g")]
    assert found([write(0, 0), write(1, 1), write(2, 2)], reads) == [("skipped poll", True)]


def test_a_member_that_begins_before_what_is_committed():
    commits = (Commit("a", "g", "t", 0, 2, 3.5),)
    reads = [read(0, b"0", "a", group="g"), read(1, b"1", "a", group="g")]
    back = read(1, b"1", "b", at_s=4.0, group="g")
    assert found([write(0), write(1)], [*reads, back], commits=commits) == [("lost commit", True)]
    assert not found([write(0), write(1)], reads, commits=commits), "its own commit came after its reads"
