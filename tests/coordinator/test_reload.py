"""Whatever happened, the log alone tells what is persistent; and a partition never has two owners."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from minikafka.coordinator.classic_group import GroupState
from minikafka.coordinator.records import decode_record, encode_record
from minikafka.protocol.errors import ErrorCode

PARTITIONS = 6


def test_a_stable_group_goes_on_after_a_restart(bench):
    a, b = bench.stable(2)
    bench.commit_offset(9, a, 1)
    restarted = bench.reloaded()
    group = restarted.groups["g"]
    assert (group.state, group.generation, group.leader) == (GroupState.STABLE, 1, a)
    bench.core = restarted
    assert bench.heartbeat(a, 1) == bench.heartbeat(b, 1) == ErrorCode.NONE
    assert bench.answers[bench.sync(b, 1)].assignment == f"1:{b}".encode()
    assert bench.answers[bench.join(b)].generation_id == 1, "b rejoins unchanged: nothing moves"


def test_members_that_do_not_come_back_after_a_restart_are_out(bench):
    a, _ = bench.stable(2)
    bench.core = bench.reloaded()
    bench.timers.clear()
    bench.take(bench.core.loaded(bench.now_ms))
    for _ in range(3):
        bench.advance(4_000)
        bench.heartbeat(a, 1)
    assert list(bench.group().members) == [a]


def test_a_rebalance_in_flight_is_lost_but_the_last_generation_is_not(bench):
    a, b = bench.stable(2)
    bench.join(a)
    bench.join(b)
    group = bench.reloaded().groups["g"]
    assert (group.state, group.generation) == (GroupState.STABLE, 1)
    assert list(group.members) == [a, b]


def test_waiting_requests_are_sent_to_the_next_coordinator(bench):
    a, _ = bench.stable(2)
    parked = bench.join(a)
    _, newcomer = bench.new_member()
    bench.take(bench.core.unload())
    assert bench.answers[parked].error_code == ErrorCode.NOT_COORDINATOR
    assert bench.answers[newcomer].error_code == ErrorCode.NOT_COORDINATOR


class Client:
    """A consumer: the id it has, the tokens of the requests it waits for."""

    def __init__(self, instance):
        self.instance = instance
        self.member = ""
        self.generation = -1
        self.join = self.sync = None


class Crowd:
    """Clients driven by a list of choices; checks who owns what at every assignment."""

    def __init__(self, bench):
        self.bench = bench
        self.clients = []
        self.owners = {}  # (generation, partition) -> (member id, instance id)

    def step(self, action, who, amount):
        bench = self.bench
        if action == "hold":
            bench.hold = True
        elif action == "commit":
            bench.hold = False
            bench.commit()
        elif action == "refuse":
            bench.refuse(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        elif action == "advance":
            bench.advance(amount * 700)
        elif action == "new" and len(self.clients) < 5:
            self.clients.append(Client(f"i{who}" if who < 2 else None))
        elif self.clients:
            self.act(action, self.clients[who % len(self.clients)], amount)
        self.look()

    def act(self, action, client, amount):
        bench = self.bench
        if action == "join":
            client.join, client.sync = bench.join(client.member, instance=client.instance), None
        elif action == "heartbeat" and client.member:
            bench.heartbeat(client.member, client.generation, instance=client.instance)
        elif action == "offset":
            bench.commit_offset(amount, client.member, client.generation, partition=amount % 3)
        elif action == "leave" and client.member:
            bench.leave((client.member, None))
            client.member = ""
        elif action == "forget":
            self.clients.remove(client)

    def look(self):
        """Clients read their answers: take a new id, sync after a join."""
        for client in self.clients:
            joined = self.bench.answers.get(client.join)
            if joined is not None:
                client.join = None
                self.joined(client, joined)
            synced = self.bench.answers.get(client.sync)
            if synced is not None:
                client.sync = None
                if synced.error_code == ErrorCode.NONE:
                    self.owns(client, synced.assignment)

    def joined(self, client, answer):
        if answer.error_code == ErrorCode.MEMBER_ID_REQUIRED:
            client.member = answer.member_id
        elif answer.error_code == ErrorCode.NONE:
            client.member, client.generation = answer.member_id, answer.generation_id
            ids = [m.member_id for m in answer.members]
            given = {m: bytes(range(i, PARTITIONS, len(ids))) for i, m in enumerate(ids)}
            client.sync = self.bench.sync(
                client.member, client.generation, None if answer.skip_assignment else given
            )
        else:
            client.member, client.generation = "", -1

    def owns(self, client, partitions):
        """A static member that came back under a new id takes over what its old id owned."""
        for partition in partitions:
            me = (client.member, client.instance)
            owner = self.owners.setdefault((client.generation, partition), me)
            assert owner == me or (client.instance is not None and owner[1] == client.instance)


ACTIONS = [
    *("new", "join", "join", "join", "heartbeat", "offset", "leave", "forget"),
    *("advance", "advance", "hold", "commit", "commit", "refuse"),
]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS),
        st.integers(0, 4),
        st.integers(0, 20),
    ),
    max_size=60,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_log_tells_all_that_is_persistent(make_bench, steps):
    bench = make_bench()
    crowd = Crowd(bench)
    for step in steps:
        crowd.step(*step)
    bench.hold = False
    bench.commit()
    bench.log = [decode_record(*encode_record(record)) for record in bench.log]
    again = bench.reloaded()
    assert again.persisted == bench.core.persisted
    assert again.offsets == bench.core.offsets
    for group_id, group in bench.core.groups.items():
        if group.state is not GroupState.STABLE:
            continue
        loaded = again.groups[group_id]
        assert (loaded.state, loaded.generation) == (group.state, group.generation)
        assert (loaded.leader, loaded.protocol, loaded.protocol_type) == (
            group.leader,
            group.protocol,
            group.protocol_type,
        )
        assert {m.member_id: m.assignment for m in loaded.members.values()} == {
            m.member_id: m.assignment for m in group.members.values()
        }
        assert loaded.static_members == group.static_members


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_every_request_is_answered_in_the_end(make_bench, steps):
    bench = make_bench()
    crowd = Crowd(bench)
    for step in steps:
        crowd.step(*step)
    bench.hold = False
    bench.commit()
    bench.advance(20 * 60_000)
    assert [
        token for token in range(1, bench.tokens + 1) if token not in bench.answers and token in bench.parked
    ] == []
    assert all(not group.members for group in bench.core.groups.values()), "nobody sends heartbeats any more"


@pytest.mark.parametrize("seed", [1, 2])
def test_the_same_seed_gives_the_same_ids(make_bench, seed):
    assert make_bench(seed).stable(3) == make_bench(seed).stable(3)
