"""The producer's promises, in virtual time against a scripted broker."""

import pytest
from client.fake_broker import batches_of

from minikafka.client import TIMESTAMP_CREATE_TIME, KafkaError, KafkaException
from minikafka.client.producer.batches import PartitionQueue, ProducerBatch, ProducerIdentity
from minikafka.policy import Rules
from minikafka.protocol.api import ApiKey
from minikafka.protocol.errors import ErrorCode
from minikafka.records.compression import Compression


def produce(producer, count, topic="t", partition=0, reports=None, **more):
    for number in range(count):
        report = (lambda error, message: reports.append((error, message))) if reports is not None else None
        producer.produce(topic, b"%d" % number, partition=partition, on_delivery=report, **more)


def test_records_linger_and_leave_in_one_batch(stage):
    s = stage(t=1)
    producer = s.producer(linger_ms=50)
    produce(producer, 1)
    s.universe.run_for(0.02)
    produce(producer, 1)
    s.universe.run_for(1)
    [request] = s.broker.seen(ApiKey.PRODUCE)
    assert [batch.header.record_count for batch in batches_of(request)] == [2]
    assert 0.05 <= s.broker.times(ApiKey.PRODUCE)[0] < 0.06


def test_a_full_batch_does_not_linger(stage):
    s = stage(t=1)
    producer = s.producer(linger_ms=10_000, batch_size=200)
    produce(producer, 100)
    s.universe.run_for(1)
    assert len(s.broker.logs[("t", 0)].values()) > 80  # only the last batch still grows
    assert producer.flush(5) == 0
    assert s.now < 5


def test_a_learners_rule_decides_when_a_batch_is_ready(stage):
    s = stage(t=1)
    producer = s.producer(
        rules=Rules(batch_is_ready=lambda size, full, waited, linger: True), linger_ms=10_000
    )
    produce(producer, 1)
    s.universe.run_for(1)
    assert s.broker.logs[("t", 0)].values() == [b"0"]


def test_a_key_goes_where_the_rule_says_and_a_raising_rule_fails_only_its_record(stage):
    s = stage(t=3)

    def partition_for_key(key, count):
        if key == b"bad":
            raise ZeroDivisionError("oops")
        return 2

    producer = s.producer(rules=Rules(partition_for_key=partition_for_key))
    reports = []
    for key in (b"a", b"bad", b"b"):
        producer.produce("t", b"v", key, on_delivery=lambda e, m: reports.append((e, m.partition())))
    producer.flush(5)
    assert [partition for error, partition in reports if error is None] == [2, 2]
    assert ["ZeroDivisionError" in error.str() for error, _ in reports if error is not None] == [True]


def test_records_without_a_key_stick_to_one_partition_per_batch(stage):
    s = stage(t=4)
    producer = s.producer(linger_ms=5)
    for _ in range(20):
        producer.produce("t", b"v")
    producer.flush(5)
    used = [index for index in range(4) if s.broker.logs[("t", index)].end]
    assert len(used) == 1


def test_a_lost_answer_is_asked_for_again_and_idempotence_removes_the_double(stage):
    s = stage(t=1)
    s.broker.script(ApiKey.PRODUCE, "lose answer")
    reports = []
    producer = s.producer(enable_idempotence=True, linger_ms=0)
    produce(producer, 3, reports=reports)
    assert producer.flush(30) == 0
    assert s.broker.logs[("t", 0)].values() == [b"0", b"1", b"2"]
    assert [(error, message.offset()) for error, message in reports] == [(None, 0), (None, 1), (None, 2)]
    assert len(s.broker.seen(ApiKey.PRODUCE)) == 2


def test_without_idempotence_a_lost_answer_doubles_the_records(stage):
    s = stage(t=1)
    s.broker.script(ApiKey.PRODUCE, "lose answer")
    producer = s.producer(linger_ms=0)
    produce(producer, 1)
    assert producer.flush(30) == 0
    assert s.broker.logs[("t", 0)].values() == [b"0", b"0"]


def test_five_batches_in_flight_keep_their_order_through_retries(stage):
    s = stage(t=1)
    s.broker.script(ApiKey.PRODUCE, ErrorCode.NOT_LEADER_OR_FOLLOWER, None, "lose answer", None, None, "drop")
    reports = []
    producer = s.producer(enable_idempotence=True, batch_num_messages=1, linger_ms=0)
    produce(producer, 30, reports=reports)
    assert producer.flush(60) == 0
    assert s.broker.logs[("t", 0)].values() == [b"%d" % number for number in range(30)]
    assert all(error is None for error, _ in reports)


def test_a_refused_batch_leaves_no_gap_in_the_sequence(stage):
    s = stage(t=1)
    s.broker.script(ApiKey.PRODUCE, None, ErrorCode.INVALID_RECORD)
    reports = []
    producer = s.producer(enable_idempotence=True, batch_num_messages=1, linger_ms=0)
    produce(producer, 10, reports=reports)
    assert producer.flush(60) == 0
    assert len(s.broker.logs[("t", 0)].values()) == 9
    assert [error.code() for error, _ in reports if error] == [ErrorCode.INVALID_RECORD]


def test_a_batch_that_is_refused_after_its_first_answer_was_lost_may_be_written_and_keeps_its_numbers(stage):
    """The next leader's clock says that its timestamp is wrong. Were its number used again, the next record would be
    taken for the one that is written, and be lost."""
    s = stage(t=1)
    s.broker.script(ApiKey.PRODUCE, "lose answer", ErrorCode.INVALID_TIMESTAMP)
    reports = []
    producer = s.producer(enable_idempotence=True, batch_num_messages=1, linger_ms=0)
    produce(producer, 3, reports=reports)
    assert producer.flush(60) == 0
    assert s.broker.logs[("t", 0)].values() == [b"0", b"1", b"2"]
    assert [error.code() for error, _ in reports if error] == [ErrorCode.INVALID_TIMESTAMP]
    told = {message.value(): message.offset() for error, message in reports if error is None}
    assert told == {b"1": 1, b"2": 2}


def test_a_broker_that_forgot_the_producer_is_met_with_a_new_epoch(stage):
    s = stage(t=1)
    producer = s.producer(enable_idempotence=True, linger_ms=0)
    produce(producer, 1)
    assert producer.flush(5) == 0
    s.broker.script(ApiKey.PRODUCE, ErrorCode.UNKNOWN_PRODUCER_ID)
    reports = []
    produce(producer, 2, reports=reports)
    assert producer.flush(30) == 0
    assert [error for error, _ in reports] == [None, None]
    headers = [batch.header for request in s.broker.seen(ApiKey.PRODUCE) for batch in batches_of(request)]
    assert (headers[-1].producer_epoch, headers[-1].base_sequence) == (1, 0)


def test_too_large_a_batch_is_cut_in_two(stage):
    s = stage(t=1)
    for idempotent in (False, True):
        s.broker.logs.clear()
        s.broker.script(ApiKey.PRODUCE, ErrorCode.MESSAGE_TOO_LARGE)
        producer = s.producer(enable_idempotence=idempotent)
        produce(producer, 5)
        assert producer.flush(30) == 0
        assert s.broker.logs[("t", 0)].values() == [b"0", b"1", b"2", b"3", b"4"]


def test_no_answer_until_the_delivery_timeout_is_reported(stage):
    s = stage(t=1)
    s.broker.script(ApiKey.PRODUCE, *["silent"] * 20)
    reports = []
    producer = s.producer(delivery_timeout_ms=10_000, request_timeout_ms=3_000)
    produce(producer, 1, reports=reports)
    assert producer.flush(60) == 0
    assert [error.code() for error, _ in reports] == [KafkaError._MSG_TIMED_OUT]
    assert 9 < s.now < 15


def test_after_a_time_out_in_doubt_the_idempotent_producer_goes_on(stage):
    s = stage(t=1)
    s.broker.script(ApiKey.PRODUCE, *["drop"] * 200)
    reports = []
    producer = s.producer(enable_idempotence=True, delivery_timeout_ms=2_000)
    produce(producer, 2, reports=reports)
    assert producer.flush(60) == 0
    assert {error.code() for error, _ in reports} == {KafkaError._MSG_TIMED_OUT}
    s.broker.scripts.clear()
    reports.clear()
    produce(producer, 2, reports=reports)
    assert producer.flush(60) == 0
    assert [error for error, _ in reports] == [None, None]


def test_retries_are_counted(stage):
    s = stage(t=1)
    s.broker.script(ApiKey.PRODUCE, *[ErrorCode.NOT_ENOUGH_REPLICAS] * 10)
    reports = []
    producer = s.producer(retries=2)
    produce(producer, 1, reports=reports)
    producer.flush(30)
    assert [error.code() for error, _ in reports] == [ErrorCode.NOT_ENOUGH_REPLICAS]
    assert len(s.broker.seen(ApiKey.PRODUCE)) == 3


def test_acks_0_waits_for_nobody(stage):
    s = stage(t=1)
    reports = []
    producer = s.producer(acks=0)
    produce(producer, 2, reports=reports)
    assert producer.flush(5) == 0
    assert [(error, message.offset()) for error, message in reports] == [(None, None)] * 2
    s.universe.run_for(1)
    assert s.broker.logs[("t", 0)].values() == [b"0", b"1"]


def test_a_full_queue_raises_buffer_error_and_poll_makes_room(stage):
    s = stage(t=1)
    producer = s.producer(queue_buffering_max_messages=2)
    produce(producer, 2)
    with pytest.raises(BufferError):
        produce(producer, 1)
    assert producer.poll(1) == 2
    produce(producer, 1)
    assert len(producer) == 1


def test_an_unknown_partition_fails_its_record(stage):
    s = stage(t=1)
    reports = []
    producer = s.producer()
    produce(producer, 1, partition=9, reports=reports)
    producer.flush(5)
    assert [error.code() for error, _ in reports] == [KafkaError._UNKNOWN_PARTITION]


def test_an_unknown_topic_fails_after_the_propagation_time(stage):
    s = stage(t=1)
    reports = []
    producer = s.producer(topic_metadata_propagation_max_ms=3_000)
    produce(producer, 1, topic="nowhere", partition=-1, reports=reports)
    assert producer.flush(30) == 0
    assert [error.code() for error, _ in reports] == [KafkaError.UNKNOWN_TOPIC_OR_PART]
    assert s.now < 5


def test_purge_reports_what_it_dropped(stage):
    s = stage(t=1)
    reports = []
    producer = s.producer(linger_ms=100_000)
    produce(producer, 2, reports=reports)
    s.universe.run_for(1)
    producer.purge()
    producer.poll(0)
    assert [error.code() for error, _ in reports] == [KafkaError._PURGE_QUEUE] * 2
    assert len(producer) == 0


def test_a_raising_callback_does_not_swallow_the_others(stage):
    s = stage(t=1)
    producer = s.producer()
    told = []

    def report(error, message):
        told.append(message.offset())
        if message.offset() == 0:
            raise RuntimeError("from the callback")

    for _ in range(3):
        producer.produce("t", b"v", partition=0, on_delivery=report)
    with pytest.raises(RuntimeError, match="from the callback"):
        producer.flush(5)
    producer.flush(5)
    assert told == [0, 1, 2]


def test_a_dead_cluster_is_told_and_nothing_hangs(stage):
    s = stage(t=1)
    s.universe.crash("broker-1")
    errors, reports = [], []
    producer = s.producer(message_timeout_ms=5_000, error_cb=errors.append)
    produce(producer, 1, reports=reports)
    assert producer.flush(60) == 0
    assert [error.code() for error, _ in reports] == [KafkaError._MSG_TIMED_OUT]
    assert errors
    assert all(error.retriable() for error in errors)
    with pytest.raises(KafkaException) as caught:
        producer.list_topics(timeout=2)
    assert caught.value.args[0] == KafkaError._TRANSPORT


def test_the_same_seed_sends_the_same_bytes(stage):
    def run():
        s = stage(t=3)
        s.broker.script(ApiKey.PRODUCE, "lose answer", ErrorCode.NOT_LEADER_OR_FOLLOWER)
        producer = s.producer(enable_idempotence=True)
        for number in range(50):
            producer.produce("t", b"%d" % number, key=b"%d" % (number % 5) if number % 2 else None)
            if number % 10 == 0:
                producer.poll(0.01)
        producer.flush(30)
        return [(at, api, repr(request)) for at, api, request in s.broker.requests], [
            (key, [data for _, _, data in log.batches]) for key, log in sorted(s.broker.logs.items())
        ]

    assert run() == run()


def test_a_record_without_a_timestamp_has_the_time_of_its_produce(stage):
    s = stage(t=1)
    producer = s.producer(linger_ms=0)
    clock = producer._core.world.clock
    told = []
    expected = []
    for pause_s in (0, 0.004, 3600):
        s.universe.run_for(pause_s)
        for _ in range(2):
            expected.append((TIMESTAMP_CREATE_TIME, clock.time_ms()))
            producer.produce("t", b"v", on_delivery=lambda _error, message: told.append(message.timestamp()))
        producer.flush(30)
    assert told == expected


def test_no_batch_overtakes_the_oldest_so_far_that_a_broker_forgets_it():
    """After a change of leader the oldest waits on a dead connection, while those after it are answered."""
    queue = PartitionQueue("t", 0)

    def take():
        batch = ProducerBatch(1000, Compression.NONE, None, 0.0)
        batch.messages = [None]
        queue.batches.append(batch)
        return queue.take(ProducerIdentity(1, 0))

    def acknowledge(batch):
        queue.acknowledged(batch)
        queue.settle(batch)

    waiting = ProducerBatch(1000, Compression.NONE, None, 0.0)
    acknowledge(take())
    oldest = take()
    for _ in range(4):
        assert queue.may_send(waiting, True, 5)
        acknowledge(take())
    assert not queue.may_send(waiting, True, 5), (
        "a broker remembers five batches, and knows the oldest for a duplicate"
    )
    assert queue.is_surely_written(oldest)
    acknowledge(oldest)
    assert queue.may_send(waiting, True, 5)


def test_with_one_request_in_flight_a_partition_has_one_too():
    queue = PartitionQueue("t", 0)
    first, second = (ProducerBatch(1000, Compression.NONE, None, 0.0) for _ in range(2))
    queue.batches.append(first)
    assert queue.may_send(first, False, 1)
    queue.take(None)
    assert not queue.may_send(second, False, 1)
    assert queue.may_send(second, False, 2)
