"""Produce (key 0): write batches to partitions this broker leads.

- 3+: record batches v2 only. Versions 0–2 are advertised (librdkafka looks for them) and refused.
- 7+: zstd. 8+: errors by record, and a message where there are some (KIP-467).
- 10+: the leader to go to instead (KIP-951). 13+: topics by id (KIP-516).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from minikafka.broker.leaving_answers import Written
from minikafka.metadata.topic_names import is_internal
from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import CloseConnection, RequestContext, handles
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.later import Later
from minikafka.protocol.messages.produce import (
    BatchIndexAndErrorMessage,
    LeaderIdAndEpoch,
    NodeEndpoint,
    PartitionProduceData,
    PartitionProduceResponse,
    ProduceRequest,
    ProduceResponse,
    TopicProduceResponse,
)
from minikafka.records.validation import (
    RecordError,
    RecordsRefused,
    first_batch,
    is_transactional,
    only_batch,
)
from minikafka.replication.partition import Partition

if TYPE_CHECKING:
    from minikafka.broker.broker import Broker

MOVED = (ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.FENCED_LEADER_EPOCH)

FIRST_VERSION_WITH_LEADERS = 10

ADMIN_CLIENT_ID = "__admin_client"
"""With this client id, Kafka's own tools may write into the internal topics."""

WITHOUT_LOG_START = (
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
    ErrorCode.NOT_LEADER_OR_FOLLOWER,
    ErrorCode.MESSAGE_TOO_LARGE,
    ErrorCode.RECORD_LIST_TOO_LARGE,
    ErrorCode.CORRUPT_MESSAGE,
    ErrorCode.KAFKA_STORAGE_ERROR,
)
"""The log's refusals that Kafka expects; with any other it tells where the log starts."""


@handles(ApiKey.PRODUCE, versions=(3, 13), overlaps=True)
def produce(
    node: Broker, request: ProduceRequest, context: RequestContext
) -> ProduceResponse | Later[ProduceResponse] | None:
    """Append every batch, then answer by `acks`: 0 never, 1 at once, -1 when the ISR has it."""
    _check_transactions(request)
    written: list[Written] = []
    topics: list[TopicProduceResponse] = []
    failed = False
    for topic in request.topic_data:
        name = topic.name if context.api_version < 13 else node.image.topic_names.get(topic.topic_id)
        answers = []
        for data in topic.partition_data:
            answer = _write(node, request, context, name, data, written)
            failed = failed or answer.error_code != ErrorCode.NONE
            answers.append(answer)
        if answers:
            topics.append(
                TopicProduceResponse(name=topic.name, topic_id=topic.topic_id, partition_responses=answers)
            )
    if request.acks == 0:
        if failed:
            # The client listens to no answer; a closed connection tells it to look at its metadata.
            raise CloseConnection("a produce request with acks=0 failed")
        return None
    response = ProduceResponse(responses=topics, throttle_time_ms=0, node_endpoints=[])
    outcome: ProduceResponse | Later[ProduceResponse]
    if request.acks == -1 and written:
        outcome = _wait(node, response, written, request.timeout_ms / 1000, context)
    else:
        outcome = _finish(node, response, context)
    if written and node.leaving_answers.are_held:
        return node.leaving_answers.hold(outcome, written)
    return outcome


def _check_transactions(request: ProduceRequest) -> None:
    """Raise ApiError when the request as a whole can't be: transactional batches without a transactional id
    (TRANSACTIONAL_ID_AUTHORIZATION_FAILED), or bytes in which no batch can be looked for (CORRUPT_MESSAGE)."""
    transactional = False
    for topic in request.topic_data:
        for data in topic.partition_data:
            transactional |= is_transactional(first_batch(_records(data)))
    if transactional and request.transactional_id is None:
        raise ApiError(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)


def _records(data: PartitionProduceData) -> memoryview:
    return memoryview(data.records) if data.records is not None else memoryview(b"")


def _write(
    node: Broker,
    request: ProduceRequest,
    context: RequestContext,
    name: str | None,
    data: PartitionProduceData,
    written: list[Written],
) -> PartitionProduceResponse:
    try:
        partition, batch = _check(node, request, context, name, data)
    except ApiError as error:
        return _refusal(data.index, error.code)
    try:
        appended = partition.append(batch, acks=request.acks)
    except RecordsRefused as error:
        return _refusal(
            data.index, error.code, partition.log.log_start_offset, error.message, error.record_errors
        )
    except ApiError as error:
        start = -1 if error.code in WITHOUT_LOG_START else partition.log.log_start_offset
        return _refusal(data.index, error.code, start)
    except OSError as problem:
        node.replicas.storage_failed(partition, problem)
        return _refusal(data.index, ErrorCode.KAFKA_STORAGE_ERROR)
    answer = PartitionProduceResponse(
        index=data.index,
        error_code=ErrorCode.NONE,
        base_offset=appended.first_offset,
        log_append_time_ms=appended.log_append_time_ms,
        log_start_offset=appended.log_start_offset,
        record_errors=[],
        error_message=None,
        current_leader=LeaderIdAndEpoch(),
    )
    if request.acks == -1 or (request.acks and node.leaving_answers.are_held):
        written.append(Written(partition, appended.last_offset + 1, answer))
    return answer


def _check(
    node: Broker,
    request: ProduceRequest,
    context: RequestContext,
    name: str | None,
    data: PartitionProduceData,
) -> tuple[Partition, memoryview]:
    """Where to append, and what; ApiError for all that is wrong before the log is asked."""
    if name is None:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_ID)
    partition = node.replicas.partition(name, data.index)
    batch = only_batch(_records(data), zstd_is_known=context.api_version >= 7)
    if request.acks not in (-1, 0, 1):
        raise ApiError(ErrorCode.INVALID_REQUIRED_ACKS)
    if is_internal(name) and context.client_id != ADMIN_CLIENT_ID:
        raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION)
    if is_transactional(batch):
        # No transaction can be open: the transaction coordinator is still to come.
        raise ApiError(ErrorCode.INVALID_TXN_STATE)
    return partition, batch


def _refusal(
    index: int,
    code: ErrorCode,
    log_start_offset: int = -1,
    message: str | None = None,
    record_errors: Sequence[RecordError] = (),
) -> PartitionProduceResponse:
    return PartitionProduceResponse(
        index=index,
        error_code=code,
        base_offset=-1,
        log_append_time_ms=-1,
        log_start_offset=log_start_offset,
        record_errors=[
            BatchIndexAndErrorMessage(batch_index=error.batch_index, batch_index_error_message=error.message)
            for error in record_errors
        ],
        error_message=message,
        current_leader=LeaderIdAndEpoch(),
    )


def _wait(
    node: Broker,
    response: ProduceResponse,
    written: list[Written],
    timeout_s: float,
    context: RequestContext,
) -> ProduceResponse | Later[ProduceResponse]:
    left = list(written)

    def look(_: object) -> ProduceResponse | None:
        for item in list(left):
            error = item.partition.acks_error(item.required_offset)
            if error is None:
                continue
            left.remove(item)
            if error is not ErrorCode.NONE:
                item.fail(error)
        return None if left else _finish(node, response, context)

    def on_deadline() -> ProduceResponse:
        for item in left:
            item.fail(ErrorCode.REQUEST_TIMED_OUT)
        return _finish(node, response, context)

    keys = [(item.partition.topic, item.partition.index) for item in written]
    return node.replicas.produce_pending.wait(keys, look, on_deadline, timeout_s)


def _finish(node: Broker, response: ProduceResponse, context: RequestContext) -> ProduceResponse:
    """Tell where the leader is, for partitions that are led elsewhere (KIP-951)."""
    if context.api_version < FIRST_VERSION_WITH_LEADERS:
        return response
    leaders: dict[int, None] = {}
    for topic in response.responses:
        name = topic.name or node.image.topic_names.get(topic.topic_id)
        for answer in topic.partition_responses:
            if answer.error_code in MOVED and name is not None:
                leader, epoch = node.leader_of(name, answer.index)
                answer.current_leader = LeaderIdAndEpoch(leader_id=leader, leader_epoch=epoch)
                if leader >= 0:
                    leaders[leader] = None
    for leader in leaders:
        endpoint = node.endpoint(leader)
        if endpoint is not None:
            response.node_endpoints.append(
                NodeEndpoint(node_id=leader, host=endpoint[0], port=endpoint[1], rack=None)
            )
    return response
