"""Brokers register, show that they live, are fenced and leave.

Rule: a broker is a process, known by its incarnation id and given a broker epoch; whatever an earlier
one says is refused. It begins fenced, and is in service once it has read the metadata log up to its own
registration. Kafka: `ClusterControlManager`, `ReplicationControlManager.processBrokerHeartbeat`,
`BrokerHeartbeatManager`; KIP-631, KIP-841, KIP-966 (unclean shutdown).
"""

from __future__ import annotations

from typing import TypeVar

from minikafka.controller.decision import PIECE_RECORDS, Decision, Situation
from minikafka.controller.directories import directories_offline, newly_offline
from minikafka.controller.partition_change import elections_where_allowed, leadership_changes
from minikafka.controller.sessions import Session, Sessions
from minikafka.metadata.ids import RESERVED_DIRECTORIES
from minikafka.metadata.image import BrokerRegistration
from minikafka.metadata.records import (
    BrokerEndpoint,
    BrokerFeature,
    BrokerRegistrationChangeRecord,
    PartitionChangeRecord,
    RegisterBrokerRecord,
    UnregisterBrokerRecord,
)
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.broker_heartbeat import BrokerHeartbeatRequest, BrokerHeartbeatResponse
from minikafka.protocol.messages.broker_registration import (
    BrokerRegistrationRequest,
    BrokerRegistrationResponse,
)
from minikafka.protocol.messages.unregister_broker import UnregisterBrokerRequest, UnregisterBrokerResponse
from minikafka.protocol.schema import Message
from minikafka.protocol.uuid_text import encode_uuid

R = TypeVar("R")


def check_broker_epoch(situation: Situation, broker_id: int, epoch: int) -> BrokerRegistration:
    """The broker's registration; `ApiError` STALE_BROKER_EPOCH when that process isn't the registered one."""
    broker = situation.image.brokers.get(broker_id)
    if broker is None:
        raise ApiError(
            ErrorCode.STALE_BROKER_EPOCH, f"No broker registration found for broker id {broker_id}"
        )
    if broker.epoch != epoch:
        raise ApiError(
            ErrorCode.STALE_BROKER_EPOCH,
            f"Expected broker epoch {broker.epoch}, but got broker epoch {epoch}",
        )
    return broker


def register_broker(
    situation: Situation,
    sessions: Sessions,
    request: BrokerRegistrationRequest,
    cluster_id: str,
    next_offset: int,
    now_s: float,
) -> Decision[BrokerRegistrationResponse]:
    """A new process, or one that amends its registration. Raises `ApiError`.

    `next_offset`: the offset that the first record of the decision will get; it becomes the broker's epoch.
    """
    if request.cluster_id != cluster_id:
        raise ApiError(
            ErrorCode.INCONSISTENT_CLUSTER_ID,
            f"Expected cluster ID {cluster_id}, but got cluster ID {request.cluster_id}",
        )
    existing = situation.image.brokers.get(request.broker_id)
    if request.previous_broker_epoch > (next_offset - 1 if existing is None else existing.epoch):
        # It was registered after all that this metadata log knows: the log is older than its data.
        raise ApiError(
            ErrorCode.STALE_BROKER_EPOCH,
            f"Broker {request.broker_id} had epoch {request.previous_broker_epoch}, of which nothing is known here",
        )
    is_new = existing is None or existing.incarnation_id != request.incarnation_id
    # Whoever holds the same directories holds their lock, so the earlier life is over although its session
    # is not. Kafka has it wait for the session's end all the same.
    holds_directories = existing is not None and set(request.log_dirs) & set(existing.log_dirs)
    if existing is not None and is_new and not holds_directories and sessions.is_valid(existing, now_s):
        raise ApiError(
            ErrorCode.DUPLICATE_BROKER_REGISTRATION, "Another broker is registered with that broker id."
        )
    _check_directories(situation, request)
    _check_features(situation, request)
    changes: list[PartitionChangeRecord] = []
    if is_new and existing is not None:
        if situation.uses_elr and request.previous_broker_epoch != existing.epoch:
            # It didn't end cleanly, so it may have lost records that it had acknowledged.
            changes = leadership_changes(situation, lost_data=request.broker_id)
        elif not existing.fenced:
            changes = leadership_changes(situation, gone=request.broker_id)
    record = RegisterBrokerRecord(
        broker_id=request.broker_id,
        incarnation_id=request.incarnation_id,
        broker_epoch=next_offset if existing is None or is_new else existing.epoch,
        end_points=[
            BrokerEndpoint(name=x.name, host=x.host, port=x.port, security_protocol=x.security_protocol)
            for x in request.listeners
        ],
        features=[
            BrokerFeature(
                name=x.name,
                min_supported_version=x.min_supported_version,
                max_supported_version=x.max_supported_version,
            )
            for x in request.features
        ],
        rack=request.rack,
        log_dirs=list(request.log_dirs),
    )
    if existing is not None and not is_new:
        record.fenced = existing.fenced
        record.in_controlled_shutdown = existing.in_controlled_shutdown
    return Decision.of_changes(changes, BrokerRegistrationResponse(broker_epoch=record.broker_epoch), record)


def _check_directories(situation: Situation, request: BrokerRegistrationRequest) -> None:
    def refuse(sentence: str) -> ApiError:
        return ApiError(ErrorCode.INVALID_REGISTRATION, sentence)

    directories = request.log_dirs
    if not directories:
        raise refuse("No directories specified in request")
    if any(directory.int < RESERVED_DIRECTORIES for directory in directories):
        raise refuse("Reserved directory ID in request")
    if len(set(directories)) != len(directories):
        raise refuse("Duplicate directory ID in request")
    for id in sorted(situation.image.brokers):
        for directory in directories:
            if id != request.broker_id and directory in situation.image.brokers[id].log_dirs:
                raise refuse(f"Broker {id} is already registered with directory {encode_uuid(directory)}")


def _check_features(situation: Situation, request: BrokerRegistrationRequest) -> None:
    supported = {
        feature.name: (feature.min_supported_version, feature.max_supported_version)
        for feature in request.features
    }
    for name, level in sorted(situation.image.features.items()):
        lowest, highest = supported.get(name, (1, 1) if name == "metadata.version" else (0, 0))
        if not lowest <= level <= highest:
            raise ApiError(
                ErrorCode.UNSUPPORTED_VERSION,
                f"Unable to register because the broker does not support finalized version {level} of "
                f"{name}. The broker wants a version between {lowest} and {highest}, inclusive.",
            )


def heartbeat(
    situation: Situation,
    sessions: Sessions,
    request: BrokerHeartbeatRequest,
    registration_offset: int,
    next_offset: int,
    now_s: float,
) -> Decision[BrokerHeartbeatResponse]:
    """A broker lives, and may wish to be fenced or to leave. Raises `ApiError` STALE_BROKER_EPOCH.

    Touches the broker's session: that is not state of the cluster, and a refused heartbeat doesn't touch it.
    """
    broker = check_broker_epoch(situation, request.broker_id, request.broker_epoch)
    session = sessions.touch(broker.id, now_s, request.current_metadata_offset)
    is_certain = situation.committed.brokers.get(broker.id) is broker  # no decision about it is under way
    is_caught_up = request.current_metadata_offset >= registration_offset
    response = BrokerHeartbeatResponse(
        is_caught_up=is_caught_up, is_fenced=broker.fenced, should_shut_down=False
    )

    def leads() -> bool:
        return any(partition.leader == broker.id for _, _, partition in situation.image.partitions())

    if newly_offline(broker, request.offline_log_dirs):
        # First things first: all else is for the next heartbeat, which comes soon.
        return directories_offline(situation, broker, request.offline_log_dirs, response)
    if broker.fenced:
        # Who has asked to leave doesn't come back in this life.
        response.should_shut_down = request.want_shut_down or broker.in_controlled_shutdown
        if not response.should_shut_down and not request.want_fence and is_caught_up:
            response.is_fenced = False
            return _unfence(situation, broker, session, response)
    elif session.elects:
        return _elect_more(situation, session, response)
    elif session.shutdown_offset is not None or broker.in_controlled_shutdown:
        if leads():
            return _hand_over(situation, broker, session, next_offset, response)
        lowest = sessions.lowest_active_offset(situation.image.brokers)
        if lowest is None or session.shutdown_offset is None or session.shutdown_offset <= lowest:
            response.is_fenced = response.should_shut_down = True
    elif request.want_shut_down and not request.want_fence and leads():
        return _hand_over(situation, broker, session, next_offset, response)
    elif request.want_shut_down or request.want_fence:
        response.is_fenced, response.should_shut_down = True, request.want_shut_down
    if not response.is_fenced:
        return Decision((), response, is_certain=is_certain)
    session.shutdown_offset = None
    if broker.fenced:
        return Decision((), response, is_certain=is_certain)
    return fence(situation, broker, response)


def fence(situation: Situation, broker: BrokerRegistration, response: R) -> Decision[R]:
    """Take a broker out of service: others lead what it led, and it leaves every ISR."""
    change = BrokerRegistrationChangeRecord(broker_id=broker.id, broker_epoch=broker.epoch, fenced=1)
    return Decision.of_changes(leadership_changes(situation, gone=broker.id), response, change)


def _unfence(
    situation: Situation, broker: BrokerRegistration, session: Session, response: BrokerHeartbeatResponse
) -> Decision[BrokerHeartbeatResponse]:
    """Put a broker into service; it leads what nobody led, if it may."""
    change = BrokerRegistrationChangeRecord(broker_id=broker.id, broker_epoch=broker.epoch, fenced=-1)
    changes = leadership_changes(situation, back=broker.id)
    session.elects = len(changes) == PIECE_RECORDS
    return Decision((change, *changes), response, is_whole=not session.elects)


def _elect_more(
    situation: Situation, session: Session, response: BrokerHeartbeatResponse
) -> Decision[BrokerHeartbeatResponse]:
    """The rest of `_unfence`."""
    decision = Decision.of_changes(elections_where_allowed(situation), response)
    session.elects = not decision.is_whole
    return decision


def _hand_over(
    situation: Situation,
    broker: BrokerRegistration,
    session: Session,
    next_offset: int,
    response: BrokerHeartbeatResponse,
) -> Decision[BrokerHeartbeatResponse]:
    """A broker that wants to leave is first noted as such, so that it gets nothing back; then others lead."""
    records: list[Message] = []
    if not broker.in_controlled_shutdown:
        records.append(
            BrokerRegistrationChangeRecord(
                broker_id=broker.id, broker_epoch=broker.epoch, in_controlled_shutdown=1
            )
        )
    changes = leadership_changes(situation, gone=broker.id)
    records += changes
    if records:
        session.shutdown_offset = next_offset + len(records) - 1
    return Decision(tuple(records), response, is_whole=len(changes) < PIECE_RECORDS)


def unregister_broker(
    situation: Situation, request: UnregisterBrokerRequest
) -> Decision[UnregisterBrokerResponse]:
    """Forget a broker for good. Raises `ApiError` BROKER_ID_NOT_REGISTERED."""
    broker = situation.image.brokers.get(request.broker_id)
    if broker is None:
        raise ApiError(
            ErrorCode.BROKER_ID_NOT_REGISTERED, f"Broker ID {request.broker_id} is not currently registered"
        )
    record = UnregisterBrokerRecord(broker_id=broker.id, broker_epoch=broker.epoch)
    # Its replicas are no longer eligible leaders either.
    changes = leadership_changes(situation, gone=broker.id, lost_data=broker.id)
    return Decision.of_changes(changes, UnregisterBrokerResponse(), record)
