"""Topics are created, deleted and given more partitions.

Rule: each topic of a request succeeds or fails by itself, with Kafka's code and sentence. Kafka:
`ControllerApis.createTopics`, `deleteTopics`, `createPartitions`, `ReplicationControlManager`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import TypeVar
from uuid import UUID

from minikafka.controller.alter_configs import check_topic_configs
from minikafka.controller.decision import PIECE_RECORDS, Decision, Situation
from minikafka.controller.placement import Replicas, check_manual_assignment, place
from minikafka.metadata.configs import describe_topic_configs
from minikafka.metadata.ids import METADATA_TOPIC
from minikafka.metadata.image import RECOVERED, TOPIC_RESOURCE, TopicImage
from minikafka.metadata.records import ConfigRecord, PartitionRecord, RemoveTopicRecord, TopicRecord
from minikafka.metadata.topic_names import has_mark, why_invalid, with_one_mark
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.create_partitions import (
    CreatePartitionsRequest,
    CreatePartitionsResponse,
    CreatePartitionsTopic,
    CreatePartitionsTopicResult,
)
from minikafka.protocol.messages.create_topics import (
    CreatableTopic,
    CreatableTopicConfigs,
    CreatableTopicResult,
    CreateTopicsRequest,
    CreateTopicsResponse,
)
from minikafka.protocol.messages.delete_topics import (
    DeletableTopicResult,
    DeleteTopicsRequest,
    DeleteTopicsResponse,
)
from minikafka.protocol.schema import ZERO_UUID, Message

T = TypeVar("T")

MAX_PARTITIONS_PER_REQUEST = 10_000
MAX_RECORDS_PER_REQUEST = 10_000
"""Of the metadata log; as in Kafka, a request that would take more is refused as a whole."""
NO_SUCH_NAME = "This server does not host this topic-partition."
NO_SUCH_ID = "This server does not host this topic ID."


class TopicsToCreate:
    """A CreateTopics request and what has become of it so far: `decide` as often as the decision isn't whole."""

    def __init__(self, request: CreateTopicsRequest) -> None:
        self._validate_only = request.validate_only
        self._repeated = dict.fromkeys(_repeated(topic.name for topic in request.topics))
        self._left = deque({topic.name: topic for topic in request.topics}.values())
        self._topics = request.topics
        self._results: list[CreatableTopicResult] = []
        self._alike: dict[str, str] = {}
        self._described: dict[tuple[tuple[str, str], ...], list[CreatableTopicConfigs]] = {}

    def decide(self, situation: Situation) -> Decision[CreateTopicsResponse]:
        """Creates what can be created; with `validate_only` nothing, but answers as if. Raises `ApiError`
        POLICY_VIOLATION for a request of too many records."""
        records: list[Message] = []
        self._described.clear()
        is_first = not self._results
        if is_first:  # as in Kafka, the topics of a request aren't compared with each other
            names = sorted(situation.image.topics, reverse=True)
            self._alike = {with_one_mark(name): name for name in names if has_mark(name)}
        wanted = [topic for topic in self._topics if topic.name not in self._repeated]
        is_too_much = sum(_wanted_partitions(situation, t) for t in wanted) > MAX_PARTITIONS_PER_REQUEST
        if is_first and not is_too_much:
            self._check_records(situation, wanted)
        while self._left and len(records) < PIECE_RECORDS:
            topic = self._left.popleft()
            try:
                if topic.name in self._repeated:
                    raise ApiError(ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
                if is_too_much:
                    raise ApiError(
                        ErrorCode.POLICY_VIOLATION, "Excessively large number of partitions per request."
                    )
                made, result = self._create(situation, topic)
            except ApiError as error:
                result = CreatableTopicResult(
                    name=topic.name, error_code=error.code, error_message=error.message
                )
            else:
                records += made
            self._results.append(result)
        return Decision(
            () if self._validate_only else tuple(records),
            CreateTopicsResponse(topics=self._results),
            is_whole=not self._left,
        )

    def _check_records(self, situation: Situation, wanted: list[CreatableTopic]) -> None:
        count = 0
        for topic in wanted:
            try:
                _check_new_name(situation, self._alike, topic.name)
            except ApiError:
                continue
            count += 1 + len(topic.configs) + _wanted_partitions(situation, topic)
        if count > MAX_RECORDS_PER_REQUEST:
            sentence = "Unable to perform excessively large batch operation."
            raise ApiError(ErrorCode.POLICY_VIOLATION, sentence)

    def _create(
        self, situation: Situation, topic: CreatableTopic
    ) -> tuple[list[Message], CreatableTopicResult]:
        _check_new_name(situation, self._alike, topic.name)
        nulls = [config.name for config in topic.configs if config.value is None]
        if nulls:
            raise ApiError(
                ErrorCode.INVALID_CONFIG, f"Null value not supported for topic configs: {','.join(nulls)}"
            )
        own = {config.name: config.value for config in topic.configs if config.value is not None}
        configs = self._checked_configs(situation, own)
        if topic.assignments:
            partitions = _assigned_by_hand(situation, topic)
        else:
            partitions = _placed(situation, topic)
        topic_id = situation.new_id()
        result = CreatableTopicResult(
            name=topic.name,
            topic_id=topic_id,
            num_partitions=len(partitions),
            replication_factor=len(partitions[0].brokers),
            configs=configs,
        )
        records: list[Message] = [TopicRecord(name=topic.name, topic_id=topic_id)]
        records += [
            ConfigRecord(resource_type=TOPIC_RESOURCE, resource_name=topic.name, name=name, value=value)
            for name, value in own.items()
        ]
        records += [_partition_record(topic_id, index, replicas) for index, replicas in enumerate(partitions)]
        return records, result

    def _checked_configs(self, situation: Situation, own: Mapping[str, str]) -> list[CreatableTopicConfigs]:
        """All that holds for a topic which sets these; worked out once for all that set the same."""
        key = tuple(own.items())
        described = self._described.get(key)
        if described is None:
            check_topic_configs(situation, own)
            described = self._described[key] = [
                CreatableTopicConfigs(
                    name=config.name,
                    value=config.value,
                    read_only=config.read_only,
                    config_source=config.source,
                    is_sensitive=config.sensitive,
                )
                for config in describe_topic_configs(situation.image, own, situation.configs)
            ]
        return described


def _check_new_name(situation: Situation, alike: Mapping[str, str], name: str) -> None:
    if name == METADATA_TOPIC:
        raise ApiError(
            ErrorCode.INVALID_REQUEST, f"Creation of internal topic {METADATA_TOPIC} is prohibited."
        )
    if name in situation.image.topics:
        raise ApiError(ErrorCode.TOPIC_ALREADY_EXISTS, f"Topic '{name}' already exists.")
    reason = why_invalid(name)
    if reason is not None:
        raise ApiError(ErrorCode.INVALID_TOPIC_EXCEPTION, reason)
    other = alike.get(with_one_mark(name))
    if other is not None:
        raise ApiError(
            ErrorCode.INVALID_TOPIC_EXCEPTION, f"Topic '{name}' collides with existing topic: {other}"
        )


def _assigned_by_hand(situation: Situation, topic: CreatableTopic) -> list[Replicas]:
    if topic.replication_factor != -1:
        raise ApiError(
            ErrorCode.INVALID_REQUEST,
            "A manual partition assignment was specified, but replication factor was not set to -1.",
        )
    if topic.num_partitions != -1:
        raise ApiError(
            ErrorCode.INVALID_REQUEST,
            "A manual partition assignment was specified, but numPartitions was not set to -1.",
        )
    placed: dict[int, Replicas] = {}
    replication_factor: int | None = None
    for assignment in topic.assignments:
        index = assignment.partition_index
        if index in placed:
            raise ApiError(
                ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                f"Found multiple manual partition assignments for partition {index}",
            )
        placed[index] = check_manual_assignment(situation, index, assignment.broker_ids, replication_factor)
        replication_factor = len(assignment.broker_ids)
    if sorted(placed) != list(range(len(placed))):
        raise ApiError(
            ErrorCode.INVALID_REPLICA_ASSIGNMENT,
            "partitions should be a consecutive 0-based integer sequence",
        )
    return [placed[index] for index in range(len(placed))]


def _placed(situation: Situation, topic: CreatableTopic) -> list[Replicas]:
    if topic.replication_factor < -1 or topic.replication_factor == 0:
        raise ApiError(
            ErrorCode.INVALID_REPLICATION_FACTOR,
            "Replication factor must be larger than 0, or -1 to use the default value.",
        )
    if topic.num_partitions < -1 or topic.num_partitions == 0:
        raise ApiError(
            ErrorCode.INVALID_PARTITIONS, "Number of partitions was set to an invalid non-positive value."
        )
    replication_factor = topic.replication_factor
    if replication_factor == -1:
        replication_factor = situation.configs.int("default.replication.factor")
    try:
        return place(situation, _wanted_partitions(situation, topic), replication_factor)
    except ApiError as error:
        raise ApiError(
            error.code, f"Unable to replicate the partition {replication_factor} time(s): {error.message}"
        ) from None


def _wanted_partitions(situation: Situation, topic: CreatableTopic) -> int:
    if topic.assignments:
        return len(topic.assignments)
    if topic.num_partitions == -1:
        return situation.configs.int("num.partitions")
    return max(topic.num_partitions, 0)


def _partition_record(topic_id: UUID, index: int, replicas: Replicas) -> PartitionRecord:
    return PartitionRecord(
        partition_id=index,
        topic_id=topic_id,
        replicas=list(replicas.brokers),
        isr=list(replicas.isr),
        leader=replicas.isr[0],
        leader_recovery_state=RECOVERED,
        leader_epoch=0,
        partition_epoch=0,
        directories=list(replicas.directories),
    )


def delete_topics(situation: Situation, request: DeleteTopicsRequest) -> Decision[DeleteTopicsResponse]:
    """Deletes topics by name or by id. Raises `ApiError` TOPIC_DELETION_DISABLED for the whole request."""
    if not situation.configs.bool("delete.topic.enable"):
        raise ApiError(ErrorCode.TOPIC_DELETION_DISABLED)
    results: list[DeletableTopicResult] = []

    def refuse(name: str | None, id: UUID, code: ErrorCode, sentence: str) -> None:
        results.append(DeletableTopicResult(name=name, topic_id=id, error_code=code, error_message=sentence))

    names, ids = list(request.topic_names), []
    for state in request.topics:
        if state.name is None and state.topic_id == ZERO_UUID:
            refuse(None, ZERO_UUID, ErrorCode.INVALID_REQUEST, "Neither topic name nor id were specified.")
        elif state.name is not None and state.topic_id != ZERO_UUID:
            sentence = "You may not specify both topic name and topic id."
            refuse(state.name, state.topic_id, ErrorCode.INVALID_REQUEST, sentence)
        elif state.name is not None:
            names.append(state.name)
        else:
            ids.append(state.topic_id)
    for name in _repeated(names):
        refuse(name, ZERO_UUID, ErrorCode.INVALID_REQUEST, "Duplicate topic name.")
    for id in _repeated(ids):
        refuse(None, id, ErrorCode.INVALID_REQUEST, "Duplicate topic id.")
    doomed: dict[UUID, TopicImage] = {}
    for id in _once(ids):
        topic = situation.image.topic_by_id(id)
        if topic is None:
            refuse(None, id, ErrorCode.UNKNOWN_TOPIC_ID, NO_SUCH_ID)
        else:
            doomed[id] = topic
    for name in _once(names):
        topic = situation.image.topic(name)
        if topic is None:
            refuse(name, ZERO_UUID, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, NO_SUCH_NAME)
        elif topic.id in ids:
            doomed.pop(topic.id, None)
            sentence = "The provided topic name maps to an ID that was already supplied."
            refuse(name, topic.id, ErrorCode.INVALID_REQUEST, sentence)
        else:
            doomed[topic.id] = topic
    results += [DeletableTopicResult(name=topic.name, topic_id=id) for id, topic in doomed.items()]
    records = tuple(RemoveTopicRecord(topic_id=id) for id in doomed)
    return Decision(records, DeleteTopicsResponse(responses=results))


def create_partitions(
    situation: Situation, request: CreatePartitionsRequest
) -> Decision[CreatePartitionsResponse]:
    """Gives topics more partitions; never fewer."""
    results = [
        CreatePartitionsTopicResult(
            name=name, error_code=ErrorCode.INVALID_REQUEST, error_message="Duplicate topic name."
        )
        for name in _repeated(topic.name for topic in request.topics)
    ]
    refused = [result.name for result in results]
    records: list[Message] = []
    for wanted in request.topics:
        if wanted.name in refused:
            continue
        try:
            records += _more_partitions(situation, wanted, MAX_RECORDS_PER_REQUEST - len(records))
        except ApiError as error:
            results.append(
                CreatePartitionsTopicResult(
                    name=wanted.name, error_code=error.code, error_message=error.message
                )
            )
        else:
            results.append(CreatePartitionsTopicResult(name=wanted.name))
    response = CreatePartitionsResponse(results=results)
    return Decision(() if request.validate_only else tuple(records), response)


def _more_partitions(situation: Situation, wanted: CreatePartitionsTopic, most: int) -> list[Message]:
    topic = situation.image.topic(wanted.name)
    if topic is None:
        raise ApiError(ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
    count = len(topic.partitions)
    if wanted.count == count:
        raise ApiError(ErrorCode.INVALID_PARTITIONS, f"Topic already has {count} partition(s).")
    if wanted.count < count:
        raise ApiError(
            ErrorCode.INVALID_PARTITIONS,
            f"The topic {wanted.name} currently has {count} partition(s); {wanted.count} would not be an "
            "increase.",
        )
    additional = wanted.count - count
    replication_factor = len(topic.partitions[min(topic.partitions)].replicas)
    if wanted.assignments is not None:
        if len(wanted.assignments) != additional:
            raise ApiError(
                ErrorCode.INVALID_REPLICA_ASSIGNMENT,
                f"Attempted to add {additional} additional partition(s), but only {len(wanted.assignments)} "
                "assignment(s) were specified.",
            )
        placed = [
            check_manual_assignment(situation, count + i, assignment.broker_ids, replication_factor)
            for i, assignment in enumerate(wanted.assignments)
        ]
    elif additional <= most:
        placed = place(situation, additional, replication_factor)
    if additional > most:
        # Kafka has no better word for it here: its list of records is full.
        raise ApiError(ErrorCode.UNKNOWN_SERVER_ERROR)
    return [_partition_record(topic.id, count + i, replicas) for i, replicas in enumerate(placed)]


def _repeated(items: Iterable[T]) -> list[T]:
    return [item for item, times in _counts(items).items() if times > 1]


def _once(items: Iterable[T]) -> list[T]:
    return [item for item, times in _counts(items).items() if times == 1]


def _counts(items: Iterable[T]) -> Mapping[T, int]:
    counts: dict[T, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    return counts
