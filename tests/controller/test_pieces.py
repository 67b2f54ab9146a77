"""What concerns thousands of partitions is decided piece by piece, and holds together whatever comes in between."""

import pytest
from controller.machine import Machine

from minikafka.controller import topics
from minikafka.controller.decision import PIECE_RECORDS
from minikafka.controller.topics import TopicsToCreate
from minikafka.metadata.image import NO_LEADER
from minikafka.protocol.messages.broker_heartbeat import BrokerHeartbeatRequest
from minikafka.protocol.messages.create_topics import CreatableTopic, CreateTopicsRequest

MANY = 2 * PIECE_RECORDS + 10


@pytest.fixture
def machine():
    machine = Machine(1)
    for id in (1, 2, 3):
        machine.register(id, clean=False)
        machine.heartbeat(id)
    return machine


def carry_out(machine, decide, between=lambda: None):
    """All pieces of a decision; how large each was, and the answer."""
    sizes = []
    while True:
        decision = decide()
        sizes.append(len(decision.records))
        answer = machine.do(decision)
        if decision.is_whole:
            return sizes, answer
        between()


def partitions(machine):
    return [partition for _, _, partition in machine.core.image.partitions()]


def beat(machine, id, **wishes):
    request = BrokerHeartbeatRequest(
        broker_id=id, broker_epoch=machine.epochs[id], current_metadata_offset=len(machine.log), **wishes
    )
    return lambda: machine.core.heartbeat(request, len(machine.log), machine.now_s)


def test_a_thousand_topics_are_created_some_at_a_time_and_described_once(machine, monkeypatch):
    described = []
    real = topics.describe_topic_configs
    monkeypatch.setattr(topics, "describe_topic_configs", lambda *them: described.append(them) or real(*them))
    wanted = [CreatableTopic(name=f"t{n}", num_partitions=2, replication_factor=3) for n in range(MANY)]
    asked = TopicsToCreate(CreateTopicsRequest(topics=wanted))
    sizes, answer = carry_out(machine, lambda: machine.core.create_topics(asked))
    assert max(sizes) <= PIECE_RECORDS + 2 and sum(sizes) == 3 * MANY
    assert [(t.name, t.error_code, t.num_partitions) for t in answer.topics] == [
        (f"t{n}", 0, 2) for n in range(MANY)
    ]
    assert len(partitions(machine)) == 2 * MANY
    assert len(described) == len(sizes)


def test_a_silent_broker_leaves_all_it_led_before_it_is_fenced(machine):
    machine.create("t", 3 * MANY, 3)
    machine.now_s += 60
    for id in (2, 3):
        machine.heartbeat(id)

    def not_yet():
        assert not machine.core.image.brokers[1].fenced

    sizes, fenced = carry_out(machine, lambda: machine.core.expire_session(machine.now_s), not_yet)
    assert fenced == 1 and machine.core.image.brokers[1].fenced
    assert len(sizes) > 2 and max(sizes) <= PIECE_RECORDS + 1
    assert all(1 not in p.isr and p.leader in (2, 3) for p in partitions(machine))


def test_a_broker_that_is_heard_of_between_two_pieces_is_not_fenced(machine):
    machine.create("t", 3 * MANY, 3)
    machine.now_s += 60
    for id in (2, 3):
        machine.heartbeat(id)
    sizes, fenced = carry_out(
        machine, lambda: machine.core.expire_session(machine.now_s), lambda: machine.heartbeat(1)
    )
    assert fenced is None and not machine.core.image.brokers[1].fenced
    assert sizes == [PIECE_RECORDS, 0]


def test_a_broker_that_comes_back_leads_again_all_that_only_it_has(machine):
    for id in (2, 3):
        machine.heartbeat(id, fence=True)
    machine.create("t", MANY, 1)
    carry_out(machine, beat(machine, 1, want_fence=True, want_shut_down=False))
    assert all(p.leader == NO_LEADER for p in partitions(machine))
    sizes, answer = carry_out(machine, beat(machine, 1, want_fence=False, want_shut_down=False))
    assert sizes == [PIECE_RECORDS + 1, PIECE_RECORDS, 10] and not answer.is_fenced
    assert all(p.leader == 1 for p in partitions(machine))


def test_a_broker_that_leaves_hands_over_all_it_leads_first(machine):
    machine.create("t", 3 * MANY, 3)
    leave = beat(machine, 1, want_fence=False, want_shut_down=True)
    sizes, answer = carry_out(machine, leave)
    assert len(sizes) > 2 and not answer.should_shut_down
    assert machine.core.image.brokers[1].in_controlled_shutdown
    assert all(p.leader in (2, 3) for p in partitions(machine))
    for id in (2, 3):
        machine.heartbeat(id)  # they know their new partitions
    _, answer = carry_out(machine, beat(machine, 1, want_fence=False, want_shut_down=True))
    assert answer.should_shut_down and machine.core.image.brokers[1].fenced


def test_a_new_life_that_may_have_lost_records_is_registered_when_nobody_counts_on_them(machine):
    machine.create("t", 3 * MANY, 3)
    before = machine.epochs[1]
    request = machine.registration(1, clean=False)
    sizes, answer = carry_out(
        machine, lambda: machine.core.register_broker(request, len(machine.log), machine.now_s)
    )
    assert len(sizes) > 2 and answer.broker_epoch > before
    assert all(1 not in p.isr and 1 not in p.elr for p in partitions(machine))
