"""Readers of committed records on a cluster: nothing of an aborted or an open transaction is shown, on any leader."""

from broker.wire import Client, fetch
from simulation.story import seeds, story

from minikafka import TopicPartition
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.list_offsets import (
    ListOffsetsPartition,
    ListOffsetsRequest,
    ListOffsetsTopic,
)
from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.control import end_transaction_batch

TIME_MS = 1_767_225_600_000


class Transactions:
    """Writes transactions on the leader of orders-0, as a coordinator lets it be done."""

    def __init__(self, s) -> None:
        self.s = s
        self.sequences = {}
        self.written = []
        self.committed = []
        self._open = {}

    def _append(self, data, origin):
        leader = self.s.replica(self.s.leader("orders"), "orders")
        return leader.append(memoryview(data), acks=-1, origin=origin).first_offset

    def write(self, producer, count=1):
        for _ in range(count):
            value = b"%d/%d" % (producer, self.sequences.get(producer, 0))
            sequence = self.sequences.get(producer, 0)
            self.sequences[producer] = sequence + 1
            data = build_batch(
                [NewRecord(TIME_MS, None, value)],
                producer_id=producer,
                producer_epoch=0,
                base_sequence=sequence,
                transactional=True,
            )
            at = self._append(data, "client")
            self.written.append(value)
            self._open.setdefault(producer, []).append((at, value))

    def end(self, producer, *, commit):
        marker = end_transaction_batch(
            commit=commit, coordinator_epoch=0, timestamp_ms=TIME_MS, producer_id=producer, producer_epoch=0
        )
        offset = self._append(marker, "coordinator")
        records = self._open.pop(producer, [])
        if commit:
            self.committed += records
        return offset


def read(s, level, end):
    """The values that a consumer is shown up to `end`."""
    consumer = s.cluster.consumer(
        {"group.id": f"{level}-{s.now}", "isolation.level": level, "enable.auto.commit": False}
    )
    try:
        consumer.assign([TopicPartition("orders", 0, 0)])
        values = []
        deadline = s.now + 30
        while consumer.position([TopicPartition("orders", 0)])[0].offset < end:
            assert s.now < deadline, values
            message = consumer.poll(0.5)
            if message is not None and message.error() is None:
                values.append(message.value())
        assert consumer.poll(1.0) is None, "nothing is shown beyond"
        return values
    finally:
        consumer.close()


def latest(s, isolation):
    ask = ListOffsetsPartition(partition_index=0, current_leader_epoch=-1, timestamp=-1)
    request = ListOffsetsRequest(
        replica_id=-1,
        isolation_level=isolation,
        topics=[ListOffsetsTopic(name="orders", partitions=[ask])],
    )
    found = s.ask(s.leader("orders"), request, 7).topics[0].partitions[0]
    assert found.error_code == ErrorCode.NONE
    return found.offset


def fetched(s, offset, isolation):
    topic_id = s.nodes.controller.image.topic("orders").id
    request = fetch(topic_id, {0: offset}, max_wait_ms=10)
    request.isolation_level = isolation
    return Client(s, s.leader("orders")).ask(request, 17).responses[0].partitions[0]


def some_of_everything(s):
    work = Transactions(s)
    work.write(1, 2)
    work.write(2)
    work.end(1, commit=True)
    work.write(1)
    s.replica(s.leader("orders"), "orders").log.roll()
    work.write(3)
    work.end(2, commit=False)
    work.end(1, commit=False)
    work.write(2, 2)
    work.end(2, commit=True)
    work.end(7, commit=False)
    open_at = work.s.replica(s.leader("orders"), "orders").log.log_end_offset
    work.end(3, commit=True)
    work.write(4)
    work.write(5)
    work.end(5, commit=True)
    s.run(2)
    return work, open_at + 1


def shown(work, below):
    return [value for offset, value in sorted(work.committed) if offset < below]


@seeds(1, slow=3)
def test_consumers_are_shown_what_their_isolation_level_says_on_every_leader(seed):
    with story(seed) as s:
        s.create_topic("orders")
        work, stable = some_of_everything(s)
        end = s.replica(s.leader("orders"), "orders").high_watermark
        for _ in range(2):
            assert (latest(s, 0), latest(s, 1)) == (end, stable)
            assert read(s, "read_uncommitted", end) == work.written
            assert read(s, "read_committed", stable) == shown(work, stable)
            s.kill(s.leader("orders"))
            s.run(15)
        s.restart("broker-1")
        s.restart("broker-2")
        s.restart("broker-3")
        s.until_whole("orders")
        work.end(4, commit=False)
        s.run(2)
        whole = s.replica(s.leader("orders"), "orders").high_watermark
        assert latest(s, 1) == whole == end + 1
        assert read(s, "read_committed", whole) == shown(work, whole)
        known = {
            host: s.replica(host, "orders").log.aborted_transactions(0, whole) for host in s.nodes.brokers
        }
        assert len(known[s.leader("orders")]) == 3
        assert len({str(found) for found in known.values()}) == 1


def test_a_fetch_names_the_aborted_transactions_to_readers_of_committed_records_only():
    with story(1, brokers=1) as s:
        s.create_topic("orders")
        _, stable = some_of_everything(s)
        assert fetched(s, 0, 0).aborted_transactions is None
        data = fetched(s, 0, 1)
        assert [(a.producer_id, a.first_offset) for a in data.aborted_transactions] == [(2, 2), (1, 4)]
        assert data.last_stable_offset == stable < data.high_watermark
        assert fetched(s, stable, 1).aborted_transactions == []
        assert fetched(s, stable + 50, 1).error_code == ErrorCode.OFFSET_OUT_OF_RANGE


def test_a_marker_above_the_high_watermark_is_not_relied_on():
    with story(1) as s:
        s.create_topic("orders")
        work = Transactions(s)
        work.write(1)
        s.run(1)
        for follower in s.followers("orders"):
            s.isolate(follower, s.leader("orders"))
        marker = work.end(1, commit=True)
        s.run(1)
        assert (latest(s, 0), latest(s, 1)) == (marker, 0)
        s.heal()
        s.run(5)
        assert latest(s, 1) == marker + 1
