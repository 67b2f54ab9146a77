"""A broker that has just started tells readers what was rolled back once its log has borne that out: in turns."""

from __future__ import annotations

from broker.wire import Client, fetch
from simulation.story import story

from minikafka.log import producer_snapshots
from minikafka.protocol.errors import ErrorCode
from minikafka.records.batch import NewRecord, build_batch
from minikafka.records.control import end_transaction_batch

TIME = 1_767_225_600_000
V = 17


def roll_back(log, producer: int, count: int) -> int:
    first = log.log_end_offset
    for sequence in range(count):
        log.append_as_leader(
            build_batch(
                [NewRecord(TIME, b"k", b"value")],
                producer_id=producer,
                producer_epoch=0,
                base_sequence=sequence,
                transactional=True,
            ),
            0,
        )
    marker = end_transaction_batch(
        commit=False, coordinator_epoch=0, timestamp_ms=TIME, producer_id=producer, producer_epoch=0
    )
    log.append_as_leader(marker, 0, origin="coordinator")
    return first


def test_the_walk_is_made_in_turns_before_the_answer(monkeypatch):
    monkeypatch.setattr(producer_snapshots, "HEADERS_A_TURN", 4)
    with story(1, brokers=1) as s:
        s.create_topic("orders")
        topic_id = s.nodes.controller.image.topic("orders").id
        log = s.replica("broker-1", "orders").log
        right = [(producer, roll_back(log, producer, 40)) for producer in (1, 2, 3)]
        s.kill("broker-1")
        s.restart("broker-1")
        s.until_whole("orders")
        replica = s.replica("broker-1", "orders")
        s.until(lambda: replica.last_stable_offset == log.log_end_offset, what="all committed")
        aborted = replica.log.aborted
        # As after a clean end: nothing of this file was seen in this life.
        replica.log.segments.active.aborted.is_borne_out = False
        turns = []
        at_once = aborted._between
        monkeypatch.setattr(aborted, "_between", lambda *asked: _counted(at_once(*asked), turns))
        client = Client(s, "broker-1")
        request = fetch(topic_id, {0: 0})
        request.isolation_level = 1
        asked = [client.submit(request, V) for _ in range(2)]
        responses = [s.universe.run(_result(task)) for task in asked]
        for response in responses:
            (data,) = response.responses[0].partitions
            assert data.error_code == ErrorCode.NONE
            told = [(each.producer_id, each.first_offset) for each in data.aborted_transactions]
            assert told == right
        assert turns[0] > 20, "the loop had its turns"
        assert sum(turns[1:]) == 0, "and the walk is made once"


def _counted(turns, counts):
    count = 0
    try:
        while True:
            next(turns)
            count += 1
            yield
    except StopIteration as end:
        counts.append(count)
        return end.value


async def _result(task):
    return await task
