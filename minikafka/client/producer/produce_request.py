"""One Produce request: from batches per partition to answers per partition, whatever the version.

Rule: up to version 12 topics go by name, from 13 by id (KIP-516); nobody above this file knows.
Kafka does the same in `Sender.sendProduceRequest`.
"""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, NamedTuple

from minikafka.client.connections.metadata import NO_TOPIC_ID
from minikafka.protocol.messages.produce import (
    PartitionProduceData,
    ProduceRequest,
    ProduceResponse,
    TopicProduceData,
)

if TYPE_CHECKING:
    from minikafka.client.connections.connections import Connections
    from minikafka.client.connections.metadata import Metadata

_LAST_BY_NAME = 12


class ProduceCall(NamedTuple):
    """What to send: (topic, partition, batch bytes) each, the acks wanted, the broker's time for them."""

    batches: list[tuple[str, int, bytes | bytearray]]
    acks: int
    timeout_ms: int


class PartitionAnswer(NamedTuple):
    """What the broker says of one partition; offset and time are -1 where unknown."""

    error_code: int
    base_offset: int
    append_time_ms: int
    message: str | None


async def produce(
    connections: Connections, metadata: Metadata, leader: int, call: ProduceCall
) -> dict[tuple[str, int], PartitionAnswer]:
    """Sends `call` to `leader`. Raises OSError or TimeoutError when the outcome is unknown.

    Calls reach the wire in the order in which they were made, also while a connection is being opened: a broker
    that sees a producer for the first time takes whatever sequence number comes first.
    """
    ids = {
        topic: metadata.topics[topic].id if topic in metadata.topics else NO_TOPIC_ID
        for topic, _, _ in call.batches
    }
    by_name = any(topic_id == NO_TOPIC_ID for topic_id in ids.values())
    async with connections.turn(leader):
        channel = await connections.to(leader)
        version = connections.version(channel, ProduceRequest, _LAST_BY_NAME if by_name else None)
        request = _request(call, ids, version)
        if call.acks == 0:
            channel.send(request, version)
            return {(topic, number): PartitionAnswer(0, -1, -1, None) for topic, number, _ in call.batches}
        answer = channel.submit(request, version, call.timeout_ms / 1000)
    response = await connections.answer(channel, answer, ProduceResponse)
    names = {topic_id: topic for topic, topic_id in ids.items()}
    answers = {}
    for result in response.responses:
        name = names.get(result.topic_id, "") if version > _LAST_BY_NAME else result.name
        for part in result.partition_responses:
            answers[(name, part.index)] = PartitionAnswer(
                part.error_code, part.base_offset, part.log_append_time_ms, part.error_message
            )
    return answers


def _request(call: ProduceCall, ids: dict[str, uuid.UUID], version: int) -> ProduceRequest:
    topics: dict[str, TopicProduceData] = {}
    for topic, partition, data in call.batches:
        entry = topics.get(topic)
        if entry is None:
            entry = topics[topic] = TopicProduceData(name=topic, topic_id=ids[topic], partition_data=[])
        entry.partition_data.append(PartitionProduceData(index=partition, records=memoryview(data)))
    return ProduceRequest(
        transactional_id=None, acks=call.acks, timeout_ms=call.timeout_ms, topic_data=list(topics.values())
    )
