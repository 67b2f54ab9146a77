"""The consumer's promises, in virtual time against a scripted broker."""

import pytest

from minikafka.client import (
    OFFSET_BEGINNING,
    OFFSET_END,
    OFFSET_INVALID,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from minikafka.policy import Rules
from minikafka.protocol.api import ApiKey
from minikafka.protocol.errors import ErrorCode
from minikafka.records.batch import NewRecord, build_batch


def fill(broker, count, partition=0, topic="t", start=0):
    for number in range(start, start + count):
        broker.logs[(topic, partition)].append(build_batch([NewRecord(1000 + number, None, b"%d" % number)]))
    broker.grew.set()
    broker.grew.clear()


def read(consumer, count, timeout=10.0):
    """The values of the next `count` records; events are left out."""
    values = []
    while len(values) < count:
        message = consumer.poll(timeout)
        if message is None:
            break
        if message.error() is None:
            values.append(message.value())
    return values


def manual(stage, *partitions, **conf):
    consumer = stage.consumer(auto_offset_reset="earliest", **conf)
    consumer.assign([TopicPartition("t", partition) for partition in partitions or (0,)])
    return consumer


def test_records_come_in_order_and_a_waiting_poll_is_woken(stage):
    s = stage(t=1)
    fill(s.broker, 3)
    consumer = manual(s)
    assert read(consumer, 3) == [b"0", b"1", b"2"]
    s.universe.loop.call_later(0.2, fill, s.broker, 1, 0, "t", 3)
    before = s.now
    assert read(consumer, 1) == [b"3"]
    assert s.now - before < 0.25


def test_poll_returns_none_when_its_time_is_over(stage):
    s = stage(t=1)
    consumer = manual(s)
    before = s.now
    assert consumer.poll(2.0) is None
    assert s.now - before == pytest.approx(2.0, abs=0.01)


def test_the_end_of_a_partition_is_told_once(stage):
    s = stage(t=1)
    fill(s.broker, 1)
    consumer = manual(s, enable_partition_eof=True)
    assert consumer.poll(5).value() == b"0"
    event = consumer.poll(5)
    assert (event.error().code(), event.offset()) == (KafkaError._PARTITION_EOF, 1)
    assert consumer.poll(5) is None


def test_seek_drops_what_was_fetched(stage):
    s = stage(t=1)
    fill(s.broker, 5)
    consumer = manual(s)
    assert read(consumer, 2) == [b"0", b"1"]
    consumer.seek(TopicPartition("t", 0, 4))
    assert read(consumer, 1) == [b"4"]
    consumer.seek(TopicPartition("t", 0, OFFSET_BEGINNING))
    assert read(consumer, 2) == [b"0", b"1"]
    with pytest.raises(KafkaException):
        consumer.seek(TopicPartition("t", 3, 0))


def test_a_paused_partition_is_silent_and_loses_nothing(stage):
    s = stage(t=2)
    fill(s.broker, 3, 0)
    consumer = manual(s, 0, 1)
    assert read(consumer, 1) == [b"0"]
    consumer.pause([TopicPartition("t", 0)])
    fill(s.broker, 1, 1, start=100)
    assert read(consumer, 1) == [b"100"]
    assert consumer.poll(3) is None
    consumer.resume([TopicPartition("t", 0)])
    assert read(consumer, 2) == [b"1", b"2"]


def test_position_committed_and_lag(stage):
    s = stage(t=1)
    fill(s.broker, 5)
    consumer = manual(s, enable_auto_commit=False)
    assert consumer.position([TopicPartition("t", 0)])[0].offset == OFFSET_INVALID
    read(consumer, 2)
    assert consumer.position([TopicPartition("t", 0)])[0].offset == 2
    [committed] = consumer.commit(asynchronous=False)
    assert committed.offset == 2
    assert consumer.committed([TopicPartition("t", 0)])[0].offset == 2
    assert consumer.lag() == {TopicPartition("t", 0): 3}
    read(consumer, 1)
    assert consumer.lag(committed=True) == {TopicPartition("t", 0): 3}
    assert consumer.get_watermark_offsets(TopicPartition("t", 0)) == (0, 5)
    assert consumer.get_watermark_offsets(TopicPartition("t", 0), cached=True) == (0, 5)
    with pytest.raises(KafkaException) as caught:
        consumer.commit(offsets=[TopicPartition("t", 0)], asynchronous=False)
    assert caught.value.args[0] == KafkaError._NO_OFFSET


def test_offsets_are_committed_by_themselves_and_at_close(stage):
    s = stage(t=1)
    fill(s.broker, 5)
    consumer = manual(s, auto_commit_interval_ms=1_000)
    read(consumer, 2)
    s.universe.run_for(1.5)
    assert s.broker.groups["g"].committed == {("t", 0): 2}
    read(consumer, 2)
    consumer.close()
    assert s.broker.groups["g"].committed == {("t", 0): 4}
    with pytest.raises(RuntimeError, match="Consumer closed"):
        consumer.poll(0)


def test_offsets_stored_by_hand(stage):
    s = stage(t=1)
    fill(s.broker, 3)
    consumer = manual(s, enable_auto_commit=False, enable_auto_offset_store=False)
    first = consumer.poll(5)
    read(consumer, 1)
    consumer.store_offsets(first)
    assert consumer.commit(asynchronous=False)[0].offset == 1


def test_reading_goes_on_from_the_committed_offset(stage):
    s = stage(t=1)
    fill(s.broker, 5)
    s.broker.groups["g"].committed[("t", 0)] = 3
    assert read(manual(s), 2) == [b"3", b"4"]


def test_an_offset_out_of_range_follows_the_reset_policy(stage):
    s = stage(t=1)
    fill(s.broker, 5)
    s.broker.groups["g"].committed[("t", 0)] = 99
    assert read(manual(s, enable_auto_commit=False), 1) == [b"0"]
    strict = s.consumer(auto_offset_reset="error")
    strict.assign([TopicPartition("t", 0)])
    assert strict.poll(5).error().code() == KafkaError._AUTO_OFFSET_RESET
    latest = s.consumer()
    latest.assign([TopicPartition("t", 0, OFFSET_END)])
    assert latest.poll(1) is None
    fill(s.broker, 1, start=50)
    assert read(latest, 1) == [b"50"]


def test_a_lost_fetch_is_repeated(stage):
    s = stage(t=1)
    fill(s.broker, 3)
    s.broker.script(ApiKey.FETCH, "lose answer", ErrorCode.NOT_LEADER_OR_FOLLOWER)
    assert read(manual(s), 3) == [b"0", b"1", b"2"]


# --- groups


def joined(*consumers, s, seconds=15.0):
    """Polls everybody in turn until time has passed; returns each one's partitions."""
    until = s.now + seconds
    while s.now < until:
        for consumer in consumers:
            consumer.poll(0.2)
    return [sorted(tp.partition for tp in consumer.assignment()) for consumer in consumers]


def group_of(s, count, **conf):
    consumers = [s.consumer(auto_offset_reset="earliest", **conf) for _ in range(count)]
    for consumer in consumers:
        consumer.subscribe(["t"])
    return consumers


def test_members_share_the_partitions(stage):
    s = stage(t=4)
    consumers = group_of(s, 2)
    assert sorted(joined(*consumers, s=s)) == [[0, 1], [2, 3]]


def test_a_member_that_leaves_hands_over_and_nothing_is_lost_or_doubled(stage):
    s = stage(t=2)
    fill(s.broker, 3, 0)
    fill(s.broker, 3, 1, start=10)
    first, second = group_of(s, 2)
    values = []
    until = s.now + 15
    while s.now < until:
        values += read(first, 1, 0.2) + read(second, 1, 0.2)
    assert len(values) == 6
    first.close()
    fill(s.broker, 2, 0, start=3)
    fill(s.broker, 2, 1, start=13)
    assert sorted(read(second, 4, 20)) == [b"13", b"14", b"3", b"4"]
    assert sorted(tp.partition for tp in second.assignment()) == [0, 1]


def test_callbacks_see_each_change_and_may_choose_offsets(stage):
    s = stage(t=1)
    fill(s.broker, 5)
    seen = []

    def on_assign(consumer, partitions):
        seen.append(("assign", [tp.partition for tp in partitions]))
        for tp in partitions:
            tp.offset = 3
        consumer.assign(partitions)

    consumer = s.consumer()
    consumer.subscribe(
        ["t"], on_assign=on_assign, on_revoke=lambda c, ps: seen.append(("revoke", [p.partition for p in ps]))
    )
    assert read(consumer, 2) == [b"3", b"4"]
    consumer.close()
    assert seen == [("assign", [0]), ("revoke", [0])]
    assert s.broker.groups["g"].members == {}
    assert s.broker.groups["g"].committed == {("t", 0): 5}


def test_cooperative_members_keep_what_they_can(stage):
    s = stage(t=4)
    revoked = []
    conf = {"partition_assignment_strategy": "cooperative-sticky"}
    first, second = s.consumer(**conf), s.consumer(**conf)
    first.subscribe(["t"], on_revoke=lambda c, ps: revoked.extend(p.partition for p in ps))
    assert joined(first, s=s) == [[0, 1, 2, 3]]
    second.subscribe(["t"])
    one, two = joined(first, second, s=s, seconds=30)
    assert sorted(one + two) == [0, 1, 2, 3]
    assert len(one) == len(two) == 2
    assert sorted(revoked) == two  # only what went to the other


def test_a_learners_assignor_is_used_and_one_that_raises_is_told(stage):
    s = stage(t=2)

    def everything_to_the_last(subscriptions, partitions, owned):
        members = sorted(subscriptions)
        return {m: ([("t", 0), ("t", 1)] if m == members[-1] else []) for m in members}

    consumers = group_of(s, 2, rules=Rules(assign_range=everything_to_the_last))
    assert sorted(joined(*consumers, s=s)) == [[], [0, 1]]

    def broken(subscriptions, partitions, owned):
        raise ValueError("no idea")

    [consumer] = group_of(s, 1, group="other", rules=Rules(assign_range=broken))
    message = consumer.poll(10)
    assert "ValueError: no idea" in message.error().str()


def test_who_does_not_poll_leaves_the_group_and_comes_back(stage):
    s = stage(t=1)
    lost = []
    consumer = s.consumer(max_poll_interval_ms=10_000, session_timeout_ms=6_000)
    consumer.subscribe(["t"], on_lost=lambda c, ps: lost.extend(ps))
    assert joined(consumer, s=s) == [[0]]
    s.universe.run_for(30)
    assert s.broker.groups["g"].members == {}
    errors = [message.error().code() for message in (consumer.poll(0.1) for _ in range(3)) if message]
    assert errors == [KafkaError._MAX_POLL_EXCEEDED]
    assert lost == [TopicPartition("t", 0)]
    assert joined(consumer, s=s) == [[0]]


def test_a_coordinator_that_forgot_the_member_is_joined_anew(stage):
    s = stage(t=1)
    [consumer] = group_of(s, 1)
    assert joined(consumer, s=s) == [[0]]
    s.broker.groups["g"].members.clear()
    assert joined(consumer, s=s) == [[0]]
    assert consumer.memberid() == "member-2"


def test_unsubscribe_leaves_and_subscribe_joins_again(stage):
    s = stage(t=1)
    [consumer] = group_of(s, 1)
    assert joined(consumer, s=s) == [[0]]
    consumer.unsubscribe()
    assert consumer.assignment() == []
    assert s.broker.groups["g"].members == {}
    consumer.subscribe(["t"])
    assert joined(consumer, s=s) == [[0]]


def test_a_regular_expression_subscribes_to_what_matches(stage):
    s = stage(alpha=1, beta=1, almost=1)
    consumer = s.consumer()
    consumer.subscribe(["^al.*"])
    until = s.now + 10
    while s.now < until:
        consumer.poll(0.5)
    assert sorted(tp.topic for tp in consumer.assignment()) == ["almost", "alpha"]


def test_an_asynchronous_commit_is_told_to_on_commit(stage):
    s = stage(t=1)
    fill(s.broker, 1)
    told = []
    consumer = manual(s, on_commit=lambda error, offsets: told.append((error, [tp.offset for tp in offsets])))
    consumer.commit(message=consumer.poll(5))
    consumer.poll(1)
    assert told == [(None, [1])]


def test_a_commit_that_is_tried_again_is_not_overtaken_by_later_ones(stage):
    s = stage(t=1)
    fill(s.broker, 3)
    told = []
    consumer = manual(s, on_commit=lambda error, offsets: told.append((error, [tp.offset for tp in offsets])))
    s.broker.script(ApiKey.OFFSET_COMMIT, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, "drop")
    for _ in range(3):
        consumer.commit(message=consumer.poll(5))
    consumer.poll(5)
    assert told == [(None, [1]), (None, [2]), (None, [3])]
    asked = [r.topics[0].partitions[0].committed_offset for r in s.broker.seen(ApiKey.OFFSET_COMMIT)]
    assert asked == [1, 1, 1, 2, 3]
    assert s.broker.groups["g"].committed == {("t", 0): 3}


def test_commits_that_never_get_through_fail_in_order_and_close_does_not_wait_for_them(stage):
    s = stage(t=1)
    fill(s.broker, 3)
    told = []
    consumer = manual(
        s,
        auto_commit_interval_ms=0,
        on_commit=lambda error, offsets: told.append((offsets[0].offset, error.name())),
    )
    s.broker.script(ApiKey.OFFSET_COMMIT, *[ErrorCode.COORDINATOR_LOAD_IN_PROGRESS] * 10_000)
    for _ in range(2):
        consumer.commit(message=consumer.poll(5))
    until = s.now + 70
    while s.now < until:
        consumer.poll(1)
    assert told == [(1, "COORDINATOR_LOAD_IN_PROGRESS"), (2, "COORDINATOR_LOAD_IN_PROGRESS")]
    consumer.commit(message=consumer.poll(5))
    before = s.now
    consumer.close()
    assert s.now - before < 10


def test_a_commit_that_is_tried_again_leaves_out_what_others_were_given_since(stage):
    s = stage(t=2)
    fill(s.broker, 1, 0)
    fill(s.broker, 1, 1)
    told = []
    first = s.consumer(
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        partition_assignment_strategy="cooperative-sticky",
        on_commit=lambda error, offsets: told.append((error, {tp.partition: tp.error for tp in offsets})),
    )
    first.subscribe(["t"])
    assert len(read(first, 2)) == 2
    s.broker.script(ApiKey.OFFSET_COMMIT, *[ErrorCode.COORDINATOR_LOAD_IN_PROGRESS] * 100)
    first.commit()
    second = s.consumer(partition_assignment_strategy="cooperative-sticky")
    second.subscribe(["t"])
    until = s.now + 20
    while s.now < until:
        first.poll(0.1)
        second.poll(0.1)
    [kept], [lost] = first.assignment(), second.assignment()
    [(error, errors)] = told
    assert error is None
    assert errors[kept.partition] is None
    assert errors[lost.partition].code() == KafkaError.ILLEGAL_GENERATION
    assert s.broker.groups["g"].committed == {("t", kept.partition): 1}


def test_a_topic_that_does_not_exist_is_told_and_read_once_it_does(stage):
    s = stage(t=1)
    consumer = s.consumer(auto_offset_reset="earliest", allow_auto_create_topics=False)
    consumer.subscribe(["later"])
    message = consumer.poll(10)
    assert (message.topic(), message.error().code()) == ("later", KafkaError.UNKNOWN_TOPIC_OR_PART)
    s.broker.topics["later"] = 1
    fill(s.broker, 1, topic="later")
    assert read(consumer, 1, 20) == [b"0"]


def test_a_dropped_consumer_leaves_its_group(stage):
    s = stage(t=1)
    [consumer] = group_of(s, 1)
    assert joined(consumer, s=s) == [[0]]
    del consumer
    s.universe.run_for(1)
    assert s.broker.groups["g"].members == {}


def test_closing_does_not_wait_for_a_dead_cluster(stage):
    s = stage(t=1)
    fill(s.broker, 1)
    [consumer] = group_of(s, 1)
    assert read(consumer, 1) == [b"0"]
    s.universe.crash("broker-1")
    before = s.now
    consumer.close()
    assert s.now - before < 10
