"""Positions: who may commit, what is kept, when it is forgotten."""

from minikafka.coordinator import reading
from minikafka.coordinator.classic_group import GroupState
from minikafka.coordinator.events import OffsetsCommitted
from minikafka.coordinator.records import (
    GroupMetadataKey,
    GroupMetadataValue,
    MemberMetadata,
    OffsetCommitValue,
    decode_record,
    encode_record,
    group_record,
    offset_record,
)
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.offset_fetch import OffsetFetchRequestGroup, OffsetFetchRequestTopics

DAY_MS = 24 * 60 * 60_000


def fetch(core, *asked, group="g"):
    topics = None
    if asked:
        topics = [OffsetFetchRequestTopics(name=topic, partition_indexes=[index]) for topic, index in asked]
    found = reading.fetch_offsets(core, OffsetFetchRequestGroup(group_id=group, topics=topics))
    return [
        (t.name, p.partition_index, p.committed_offset, p.committed_leader_epoch, p.metadata)
        for t in found.topics
        for p in t.partitions
    ]


def test_a_member_commits_and_finds_it_again(bench):
    (a,) = bench.stable(1)
    assert bench.commit_offset(42, a, 1, metadata="halfway") == ErrorCode.NONE
    assert bench.commit_offset(7, a, 1, topic="u", partition=3) == ErrorCode.NONE
    assert fetch(bench.core, ("t", 0), ("t", 1)) == [("t", 0, 42, 3, "halfway"), ("t", 1, -1, -1, "")]
    assert fetch(bench.core) == [("t", 0, 42, 3, "halfway"), ("u", 3, 7, 3, "")]
    assert fetch(bench.core, ("t", 0), group="none") == [("t", 0, -1, -1, "")]
    assert fetch(bench.core, group="none") == []


def test_a_position_is_known_only_when_it_is_committed(bench):
    bench.hold = True
    bench.commit_offset(42)
    assert fetch(bench.core, ("t", 0)) == [("t", 0, -1, -1, "")]
    bench.commit()
    assert fetch(bench.core, ("t", 0)) == [("t", 0, 42, 3, "")]


def test_a_simple_consumer_commits_while_nobody_is_in_the_group(bench):
    assert bench.commit_offset(5) == ErrorCode.NONE
    assert bench.group().state is GroupState.EMPTY
    assert bench.group().protocol_type is None
    bench.stable(1)
    assert bench.commit_offset(6) == ErrorCode.UNKNOWN_MEMBER_ID
    assert fetch(bench.core)[0][2] == 5


def test_strangers_may_not_commit(bench):
    assert bench.commit_offset(5, "ghost", 3) == ErrorCode.ILLEGAL_GENERATION
    assert bench.commit_offset(5, "ghost", 3, version=9) == ErrorCode.GROUP_ID_NOT_FOUND
    a, b = bench.stable(2)
    assert bench.commit_offset(5, "ghost", 1) == ErrorCode.UNKNOWN_MEMBER_ID
    bench.join(a)
    assert bench.commit_offset(5, b, 1) == ErrorCode.NONE, "a member may commit before it rejoins"
    bench.join(b)
    assert bench.commit_offset(5, a, 2) == ErrorCode.REBALANCE_IN_PROGRESS


def test_a_commit_keeps_the_session_alive(bench):
    (a,) = bench.stable(1)
    for offset in range(4):
        bench.advance(6_000)
        assert bench.commit_offset(offset, a, 1) == ErrorCode.NONE


def test_long_metadata_is_refused(bench):
    assert bench.commit_offset(5, metadata="x" * 4097) == ErrorCode.OFFSET_METADATA_TOO_LARGE
    assert bench.commit_offset(5, metadata="x" * 4096) == ErrorCode.NONE


def delete(bench, *groups):
    token = bench.token()
    bench.take(bench.core.delete_groups(groups, bench.now_ms), token)
    return token


def test_an_empty_group_is_deleted_with_its_positions(bench):
    (a,) = bench.stable(1)
    bench.commit_offset(5, a, 1)
    refused = bench.answers[delete(bench, "g", "none")]
    assert [r.error_code for r in refused.results] == [
        ErrorCode.NON_EMPTY_GROUP,
        ErrorCode.GROUP_ID_NOT_FOUND,
    ]
    bench.leave((a, None))
    assert bench.answers[delete(bench, "g")].results[0].error_code == ErrorCode.NONE
    for core in (bench.core, bench.reloaded()):
        assert (core.groups, core.persisted, core.offsets.by_group) == ({}, {}, {})


def test_a_group_being_deleted_takes_no_one_and_survives_a_failed_write(bench):
    bench.commit_offset(5)
    bench.hold = True
    delete(bench, "g")
    assert bench.answers[bench.join()].error_code == ErrorCode.COORDINATOR_NOT_AVAILABLE
    assert bench.commit_offset(6) == ErrorCode.COORDINATOR_NOT_AVAILABLE
    bench.refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    bench.hold = False
    assert bench.commit_offset(6) == ErrorCode.NONE
    assert fetch(bench.core)[0][2] == 6


def test_positions_of_an_idle_group_expire_and_the_group_with_them(bench):
    (a,) = bench.stable(1)
    bench.commit_offset(5, a, 1)
    bench.leave((a, None))
    bench.advance(6 * DAY_MS)
    assert fetch(bench.core)[0][2] == 5
    bench.advance(1 * DAY_MS + 700_000)
    assert fetch(bench.core) == []
    assert bench.core.groups == {}
    assert bench.reloaded().groups == {}


def test_positions_in_a_deleted_topic_are_forgotten(bench):
    bench.commit_offset(5)
    bench.commit_offset(6, topic="u")
    bench.take(bench.core.forget_topics({"t"}, bench.now_ms))
    assert (
        [found[0] for found in fetch(bench.core)] == [found[0] for found in fetch(bench.reloaded())] == ["u"]
    )


def test_a_group_without_a_trace_is_dropped(bench):
    bench.join()
    bench.advance(700_000)
    assert bench.core.groups == {}
    assert bench.log == []


def test_groups_are_listed_by_state_and_type(bench):
    bench.stable(1)
    bench.commit_offset(1, group="simple")

    def names(states=(), types=()):
        return [g.group_id for g in reading.list_groups(bench.core, states, types)]

    assert names() == ["g", "simple"]
    assert names(["STABLE"]) == ["g"]
    assert names(["Empty", "nonsense"]) == ["simple"]
    assert names(types=["Classic"]) == ["g", "simple"]
    assert names(types=["consumer"]) == []


def test_a_group_is_described(bench):
    (a,) = bench.stable(1)
    stable = reading.describe_group(bench.core, "g", 6)
    assert (stable.group_state, stable.protocol_type, stable.protocol_data) == ("Stable", "consumer", "range")
    (member,) = stable.members
    assert (member.member_id, member.client_id, member.client_host) == (a, "client", "/127.0.0.1")
    assert (member.member_metadata, member.member_assignment) == (b"range-metadata", f"1:{a}".encode())
    bench.new_member()
    rebalancing = reading.describe_group(bench.core, "g", 6)
    assert (rebalancing.group_state, rebalancing.protocol_data) == ("PreparingRebalance", "")
    assert rebalancing.members[0].member_metadata == b""
    gone = reading.describe_group(bench.core, "none", 6)
    assert (gone.group_state, gone.error_code) == ("Dead", ErrorCode.GROUP_ID_NOT_FOUND)
    assert gone.error_message == "Group none not found."
    assert reading.describe_group(bench.core, "none", 5).error_code == ErrorCode.NONE


def test_records_have_kafkas_bytes():
    value = OffsetCommitValue(offset=5, leader_epoch=2, metadata="m", commit_timestamp=7)
    key, stored = encode_record(offset_record("g", "t", 1, value))
    assert key == bytes.fromhex("0001 0001 67 0001 74 00000001")
    assert stored == bytes.fromhex("0003 0000000000000005 00000002 0001 6d 0000000000000007")
    member = MemberMetadata(
        member_id="m",
        group_instance_id="i",
        client_id="c",
        client_host="/h",
        rebalance_timeout=2,
        session_timeout=3,
        subscription=b"s",
        assignment=b"as",
    )
    generation = GroupMetadataValue(
        protocol_type="consumer",
        generation=4,
        protocol="range",
        leader="m",
        current_state_timestamp=9,
        members=[member],
    )
    assert encode_record(group_record("g", generation))[1] == bytes.fromhex(
        "0003 0008 636f6e73756d6572 00000004 0005 72616e6765 0001 6d 0000000000000009 00000001"
        "0001 6d 0001 69 0001 63 0002 2f68 00000002 00000003 00000001 73 00000002 6173"
    )
    assert encode_record(group_record("g", None)) == (bytes.fromhex("0002 0001 67"), None)


def test_records_of_other_protocols_are_skipped_and_expiry_times_kept():
    assert decode_record(bytes.fromhex("0003 0001 67"), b"whatever") is None
    assert decode_record(None, None) is None
    expiring = offset_record("g", "t", 0, OffsetCommitValue(offset=1, commit_timestamp=5, expire_timestamp=9))
    read = decode_record(*encode_record(expiring))
    assert read.value.expire_timestamp == 9
    assert decode_record(*encode_record(group_record("g", None))).key == GroupMetadataKey(group="g")


def test_a_commit_of_several_partitions_is_one_event(bench):
    bench.commit_offset(42)
    bench.commit_offset(7, topic="u", partition=3)
    assert len([e for e in bench.events if isinstance(e, OffsetsCommitted)]) == 2
    for record in bench.log:
        bench.core.replay(record, bench.now_ms)
    (event,) = bench.core.drain().events
    assert [(topic, partition, offset) for topic, partition, offset, _ in event.offsets] == [
        ("t", 0, 42),
        ("u", 3, 7),
    ]
