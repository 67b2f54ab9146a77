"""Deleting records: moving the beginning of partitions forward, by a request to each leader (KIP-107).

Rule: what was deleted is reported as deleted, even if other partitions of the same call failed or were not answered
for. Kafka: `DeleteRecordsHandler` of `KafkaAdminClient`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from minikafka.client.connections.leaders import leaders_of, settle
from minikafka.client.errors import KafkaError, KafkaException
from minikafka.protocol.messages.delete_records import (
    DeleteRecordsPartition,
    DeleteRecordsRequest,
    DeleteRecordsResponse,
    DeleteRecordsTopic,
)

if TYPE_CHECKING:
    from minikafka.client.connections.offsets import Retrying
    from minikafka.client.connections.reach import Reach
    from minikafka.client.values import Pair


class _Deletion(NamedTuple):
    error_code: int
    low_watermark: int = -1


async def delete_records(
    reach: Reach, retrying: Retrying, before: Mapping[Pair, int], timeout_s: float
) -> dict[Pair, int | KafkaError]:
    """partition → its first offset now, or its error. Deletes below `before` (-1: below the high watermark)."""

    async def ask(left: dict[Pair, int]) -> dict[Pair, _Deletion]:
        by_leader, without = await leaders_of(reach.metadata, left)
        answers = {pair: _Deletion(code) for pair, code in without.items()}
        for leader, pairs in by_leader.items():
            request = _request({pair: left[pair] for pair in pairs}, timeout_s)
            response = await reach.connections.request(leader, request, DeleteRecordsResponse)
            for topic in response.topics:
                for part in topic.partitions:
                    pair = (topic.name, part.partition_index)
                    answers[pair] = _Deletion(part.error_code, part.low_watermark)
        return answers

    deletions: dict[Pair, _Deletion] = {}
    missing = KafkaError(KafkaError._PARTIAL, "the broker's answer lacks this partition")
    try:
        await settle(reach.metadata, retrying, before, ask, deletions, timeout_s)
    except KafkaException as cause:
        if not deletions:
            raise
        missing = cause.error
    results: dict[Pair, int | KafkaError] = {}
    for pair in before:
        deletion = deletions.get(pair)
        if deletion is None:
            results[pair] = missing
        else:
            code = deletion.error_code
            results[pair] = KafkaError(code) if code else deletion.low_watermark
    return results


def _request(before: Mapping[Pair, int], timeout_s: float) -> DeleteRecordsRequest:
    topics: dict[str, DeleteRecordsTopic] = {}
    for (topic, partition), offset in before.items():
        if topic not in topics:
            topics[topic] = DeleteRecordsTopic(name=topic, partitions=[])
        topics[topic].partitions.append(DeleteRecordsPartition(partition_index=partition, offset=offset))
    return DeleteRecordsRequest(topics=list(topics.values()), timeout_ms=int(timeout_s * 1000))
