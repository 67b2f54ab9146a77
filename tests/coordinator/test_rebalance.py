"""Members come, go, fail and come back: what each of them is told."""

from minikafka.coordinator.classic_group import TRANSITIONS, GroupState
from minikafka.coordinator.events import GroupStateChanged
from minikafka.protocol.errors import ErrorCode


def test_three_members_become_one_generation(bench):
    members = [bench.new_member() for _ in range(3)]
    assert not any(token in bench.answers for _, token in members), (
        "the first rebalance waits for more members"
    )
    bench.advance(3_000)
    bench.advance(3_000)
    joined = [bench.answers[token] for _, token in members]
    assert {answer.generation_id for answer in joined} == {1}
    assert {answer.protocol_name for answer in joined} == {"range"}
    assert [len(answer.members) for answer in joined] == [3, 0, 0], "only the leader sees the members"
    tokens = bench.assign([m for m, _ in members], 1)
    for member, token in tokens.items():
        assert bench.answers[token].assignment == f"1:{member}".encode()
    assert bench.group().state is GroupState.STABLE


def test_a_first_rebalance_waits_longer_while_members_keep_coming(bench):
    _, first = bench.new_member()
    bench.advance(2_000)
    _, second = bench.new_member()
    bench.advance(1_500)
    assert first not in bench.answers
    bench.advance(3_000)
    assert bench.answers[first].generation_id == bench.answers[second].generation_id == 1


def test_a_dead_member_is_replaced_by_a_rebalance(bench):
    a, b, c = bench.stable(3)
    for _ in range(3):
        bench.advance(3_000)
        assert bench.heartbeat(a, 1) == bench.heartbeat(b, 1) == ErrorCode.NONE
    bench.advance(2_000)  # c's session of 10 s is over
    assert c not in bench.group().members
    assert bench.heartbeat(a, 1) == ErrorCode.REBALANCE_IN_PROGRESS
    assert bench.heartbeat(c, 1) == ErrorCode.UNKNOWN_MEMBER_ID
    tokens = bench.rejoin_all([a, b])
    assert [bench.answers[t].generation_id for t in tokens.values()] == [2, 2]
    assert bench.group().state is GroupState.STABLE
    assert [m.assignment for m in bench.group().members.values()] == [f"2:{m}".encode() for m in (a, b)]


def test_a_member_that_rejoins_during_a_rebalance_stays_known(bench):
    a, b = bench.stable(2)
    c, c_token = bench.new_member()
    assert bench.heartbeat(a, 1) == bench.heartbeat(b, 1) == ErrorCode.REBALANCE_IN_PROGRESS
    a_first = bench.join(a)
    d, d_token = bench.new_member()
    a_again = bench.join(a)  # its client lost the connection and asks again
    assert bench.answers[a_first].error_code == ErrorCode.REBALANCE_IN_PROGRESS
    b_token = bench.join(b)
    for token in (a_again, b_token, c_token, d_token):
        assert bench.answers[token].error_code == ErrorCode.NONE
        assert bench.answers[token].generation_id == 2
    assert list(bench.group().members) == [a, b, c, d]


def test_who_misses_the_rebalance_timeout_is_out(bench):
    a, b = bench.stable(2, rebalance_ms=20_000)
    token = bench.join(a, rebalance_ms=20_000)
    for _ in range(4):
        bench.advance(5_000)
        bench.heartbeat(b, 1)
    assert bench.answers[token].generation_id == 2
    assert list(bench.group().members) == [a]
    assert bench.heartbeat(b, 1) == ErrorCode.UNKNOWN_MEMBER_ID


def test_who_joins_but_never_syncs_is_out(bench):
    a, b = bench.stable(2, rebalance_ms=20_000)
    bench.join(a, rebalance_ms=20_000)
    bench.join(b, rebalance_ms=20_000)
    bench.sync(a, 2, {a: b"all"})
    for _ in range(4):
        bench.advance(5_000)
        bench.heartbeat(a, 2)
        bench.heartbeat(b, 2)
    assert list(bench.group().members) == [a]
    assert bench.group().state is GroupState.PREPARING_REBALANCE


def test_a_newcomer_during_the_sync_sends_everybody_back_to_join(bench):
    a, b = bench.stable(2)
    bench.join(a)
    bench.join(b)
    waiting = bench.sync(b, 2)
    _, c_token = bench.new_member()
    assert bench.answers[waiting].error_code == ErrorCode.REBALANCE_IN_PROGRESS
    assert bench.answers[bench.sync(a, 2, {})].error_code == ErrorCode.REBALANCE_IN_PROGRESS
    bench.join(a)
    bench.join(b)
    assert bench.answers[c_token].generation_id == 3


def test_a_generation_is_fenced(bench):
    a, b = bench.stable(2)
    bench.rejoin_all([a, b])
    assert bench.heartbeat(a, 1) == ErrorCode.ILLEGAL_GENERATION
    assert bench.answers[bench.sync(b, 1)].error_code == ErrorCode.ILLEGAL_GENERATION
    assert bench.commit_offset(5, a, 1) == ErrorCode.ILLEGAL_GENERATION
    assert bench.commit_offset(5, a, 2) == ErrorCode.NONE


def test_a_lost_join_response_is_given_again(bench):
    a, b = bench.stable(2)
    bench.join(a)
    bench.join(b)
    again = bench.answers[bench.join(b)]
    assert (again.error_code, again.generation_id, again.members) == (ErrorCode.NONE, 2, [])
    assert len(bench.answers[bench.join(a)].members) == 2
    assert bench.group().state is GroupState.COMPLETING_REBALANCE


def test_a_follower_that_rejoins_unchanged_moves_nothing_but_a_leader_does(bench):
    a, b = bench.stable(2)
    assert bench.answers[bench.join(b)].generation_id == 1
    assert bench.group().state is GroupState.STABLE
    bench.join(a)
    assert bench.group().state is GroupState.PREPARING_REBALANCE


def test_a_member_leaves_and_the_last_one_empties_the_group(bench):
    a, b = bench.stable(2)
    assert bench.leave((b, None), ("nobody", None)) == [ErrorCode.NONE, ErrorCode.UNKNOWN_MEMBER_ID]
    assert bench.group().state is GroupState.PREPARING_REBALANCE
    bench.rejoin_all([a])
    assert bench.leave((a, None)) == [ErrorCode.NONE]
    assert (bench.group().state, bench.group().generation) == (GroupState.EMPTY, 3)
    assert bench.core.persisted["g"].members == []
    assert bench.leave(("x", None), group="none") == [ErrorCode.UNKNOWN_MEMBER_ID]


def test_the_protocol_all_speak_with_most_votes_wins(bench):
    both = (("sticky", b"s"), ("range", b"r"))
    first = bench.join(protocols=both, version=3)
    second = bench.join(protocols=tuple(reversed(both)), version=3)
    third = bench.join(protocols=tuple(reversed(both)), version=3)
    fourth = bench.join(protocols=(("other", b""),), version=3)
    fifth = bench.join(protocols=both, protocol_type="connect", version=3)
    bench.advance(10_000)
    assert {bench.answers[t].protocol_name for t in (first, second, third)} == {"range"}
    assert bench.answers[fourth].error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    assert bench.answers[fifth].error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL


def test_a_protocol_named_twice_counts_once(bench):
    token = bench.join(protocols=(("range", b"first"), ("range", b"second")), version=3)
    bench.advance(3_000)
    assert bench.answers[token].members[0].metadata == b"first"


def test_unknown_members_and_empty_protocols_are_refused(bench):
    assert bench.answers[bench.join("ghost")].error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert bench.answers[bench.join(protocols=())].error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    bench.stable(1)
    assert bench.answers[bench.join("ghost")].error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert bench.answers[bench.sync("ghost", 1)].error_code == ErrorCode.UNKNOWN_MEMBER_ID
    assert bench.answers[bench.sync("x", 1, group="none")].error_code == ErrorCode.UNKNOWN_MEMBER_ID


def test_sync_with_another_protocol_is_refused(bench):
    (a,) = bench.stable(1)
    assert (
        bench.answers[bench.sync(a, 1, protocol="sticky")].error_code == ErrorCode.INCONSISTENT_GROUP_PROTOCOL
    )


def test_an_id_that_never_comes_back_is_forgotten(bench):
    _, token = bench.new_member(rebalance_ms=60_000)
    promised = bench.answers[bench.join()]
    assert promised.error_code == ErrorCode.MEMBER_ID_REQUIRED
    assert promised.member_id.startswith("client-")
    bench.advance(10_000)
    assert bench.group().pending_joins == {}
    assert bench.answers[token].generation_id == 1
    assert bench.answers[bench.join(promised.member_id)].error_code == ErrorCode.UNKNOWN_MEMBER_ID


def test_a_full_group_refuses_newcomers(make_bench):
    bench = make_bench(max_size=2)
    a, b = bench.stable(2)
    assert bench.answers[bench.join()].error_code == ErrorCode.GROUP_MAX_SIZE_REACHED
    assert list(bench.group().members) == [a, b]
    bench.join(a)
    assert bench.group().state is GroupState.PREPARING_REBALANCE


def test_a_static_member_comes_back_without_a_rebalance(bench):
    first = bench.join(instance="one")
    second = bench.join(instance="two")
    bench.advance(10_000)
    a, b = (bench.answers[t].member_id for t in (first, second))
    bench.assign([a, b], 1)
    back = bench.answers[bench.join(instance="two")]
    assert back.error_code == ErrorCode.NONE
    assert (back.generation_id, back.leader, back.skip_assignment) == (1, a, False)
    assert back.member_id != b
    assert bench.answers[bench.sync(back.member_id, 1)].assignment == f"1:{b}".encode()
    assert bench.group().state is GroupState.STABLE
    assert bench.heartbeat(b, 1, instance="two") == ErrorCode.FENCED_INSTANCE_ID
    assert bench.heartbeat(b, 1) == ErrorCode.UNKNOWN_MEMBER_ID
    leader = bench.answers[bench.join(instance="one")]
    assert leader.skip_assignment
    assert leader.leader == leader.member_id
    assert len(leader.members) == 2
    assert bench.reloaded().groups["g"].static_members == bench.group().static_members


def test_an_old_static_leader_does_not_learn_that_it_leads(bench):
    token = bench.join(instance="one", version=5)
    bench.advance(10_000)
    a = bench.answers[token].member_id
    bench.assign([a], 1)
    back = bench.answers[bench.join(instance="one", version=5)]
    assert (back.leader, back.members, back.skip_assignment) == (a, [], False)


def test_two_clients_with_one_instance_id_fence_each_other(bench):
    first = bench.join(instance="one")
    second = bench.join(instance="one")
    assert bench.answers[first].error_code == ErrorCode.FENCED_INSTANCE_ID
    bench.advance(10_000)
    assert bench.answers[second].error_code == ErrorCode.NONE
    assert len(bench.group().members) == 1


def test_an_admin_removes_a_static_member_by_its_instance_id(bench):
    token = bench.join(instance="one")
    bench.advance(10_000)
    bench.assign([bench.answers[token].member_id], 1)
    assert bench.leave(("", "two"), ("", "one")) == [ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.NONE]
    assert bench.group().state is GroupState.EMPTY


def test_an_assignment_that_cannot_be_written_is_made_again(bench):
    a, b = bench.stable(2)
    bench.join(a)
    bench.join(b)
    bench.hold = True
    waiting = [bench.sync(b, 2), bench.sync(a, 2, {a: b"x", b: b"y"})]
    assert not any(token in bench.answers for token in waiting), "nothing is answered before it is written"
    assert bench.group().state is GroupState.COMPLETING_REBALANCE
    bench.refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE)
    assert [bench.answers[t].error_code for t in waiting] == [ErrorCode.COORDINATOR_NOT_AVAILABLE] * 2
    assert bench.group().state is GroupState.PREPARING_REBALANCE
    bench.hold = False
    bench.rejoin_all([a, b])
    assert (bench.group().state, bench.group().generation) == (GroupState.STABLE, 3)


def test_a_newcomer_while_the_assignment_is_written_wins(bench):
    a, b = bench.stable(2)
    bench.join(a)
    bench.join(b)
    bench.hold = True
    leader = bench.sync(a, 2, {a: b"x"})
    bench.new_member()
    bench.commit()
    assert bench.answers[leader].error_code == ErrorCode.REBALANCE_IN_PROGRESS
    assert bench.group().state is GroupState.PREPARING_REBALANCE


def test_every_state_change_is_in_the_table_and_told(bench):
    bench.stable(2)
    told = [(e.old, e.new) for e in bench.events if isinstance(e, GroupStateChanged)]
    assert told == [
        ("Empty", "PreparingRebalance"),
        ("PreparingRebalance", "CompletingRebalance"),
        ("CompletingRebalance", "Stable"),
    ]
    for state, moves in TRANSITIONS.items():
        assert state not in moves.values()
