"""Every error code a Kafka server can answer with.

Rule: a server says what went wrong in one of these codes, never by a broken connection. Numbers and
retriability are Kafka's (`org.apache.kafka.common.protocol.Errors` and the exceptions behind it).
"""

from __future__ import annotations

from enum import IntEnum


class ErrorCode(IntEnum):
    """A code, whether asking again can help, and what it means in a sentence."""

    retriable: bool
    message: str

    def __new__(cls, code: int, retriable: bool = False, message: str = "") -> ErrorCode:
        member = int.__new__(cls, code)
        member._value_ = code
        member.retriable = retriable
        member.message = message
        return member

    UNKNOWN_SERVER_ERROR = -1, False, "The server failed in a way that it has no code for."
    NONE = 0, False, "No error."
    OFFSET_OUT_OF_RANGE = 1, False, "The log holds no such offset: it is before its start or beyond its end."
    CORRUPT_MESSAGE = 2, True, "A record batch is damaged: its checksum, its size or a missing key."
    UNKNOWN_TOPIC_OR_PARTITION = 3, True, "This broker knows no such topic or partition."
    INVALID_FETCH_SIZE = 4, False, "The number of bytes to fetch makes no sense."
    LEADER_NOT_AVAILABLE = 5, True, "The partition has no leader right now; one may be elected soon."
    NOT_LEADER_OR_FOLLOWER = 6, True, "This broker is not the partition's leader, or holds no replica of it."
    REQUEST_TIMED_OUT = 7, True, "The request was not done within its time."
    BROKER_NOT_AVAILABLE = 8, False, "The broker cannot be reached."
    REPLICA_NOT_AVAILABLE = 9, True, "The wanted replica is not usable on this broker."
    MESSAGE_TOO_LARGE = 10, False, "A record batch is larger than the topic allows."
    STALE_CONTROLLER_EPOCH = 11, False, "The sender is a controller of the past; another has taken over."
    OFFSET_METADATA_TOO_LARGE = 12, False, "The text committed with an offset is too long."
    NETWORK_EXCEPTION = 13, True, "The connection ended before the answer came."
    COORDINATOR_LOAD_IN_PROGRESS = 14, True, "The coordinator is still reading its partition's state."
    COORDINATOR_NOT_AVAILABLE = 15, True, "There is no coordinator right now."
    NOT_COORDINATOR = 16, True, "Another broker is the coordinator."
    INVALID_TOPIC_EXCEPTION = (
        17,
        False,
        "The topic's name is not valid, or the topic may not be used in this way.",
    )
    RECORD_LIST_TOO_LARGE = 18, False, "A record batch is larger than a log segment may be."
    NOT_ENOUGH_REPLICAS = 19, True, "Refused: fewer replicas are in sync than min.insync.replicas demands."
    NOT_ENOUGH_REPLICAS_AFTER_APPEND = (
        20,
        True,
        "Written, but the in-sync replicas fell below min.insync.replicas before all had it.",
    )
    INVALID_REQUIRED_ACKS = 21, False, "acks must be 0, 1 or -1 (all)."
    ILLEGAL_GENERATION = 22, False, "The group has moved on to another generation."
    INCONSISTENT_GROUP_PROTOCOL = 23, False, "The member shares no protocol with the rest of the group."
    INVALID_GROUP_ID = 24, False, "The group id is not valid."
    UNKNOWN_MEMBER_ID = 25, False, "The coordinator knows no such member."
    INVALID_SESSION_TIMEOUT = 26, False, "The session timeout is outside what the broker allows."
    REBALANCE_IN_PROGRESS = 27, False, "The group is rebalancing: join again."
    INVALID_COMMIT_OFFSET_SIZE = 28, False, "The offsets to commit are more than fits into a batch."
    TOPIC_AUTHORIZATION_FAILED = 29, False, "Not allowed on this topic."
    GROUP_AUTHORIZATION_FAILED = 30, False, "Not allowed on this group."
    CLUSTER_AUTHORIZATION_FAILED = 31, False, "Not allowed on this cluster."
    INVALID_TIMESTAMP = 32, False, "A record's timestamp is too far from the broker's clock."
    UNSUPPORTED_SASL_MECHANISM = 33, False, "The broker does not offer this SASL mechanism."
    ILLEGAL_SASL_STATE = 34, False, "The request does not fit the state of the SASL exchange."
    UNSUPPORTED_VERSION = 35, False, "The server does not speak this version of the request."
    TOPIC_ALREADY_EXISTS = 36, False, "There is a topic of this name already."
    INVALID_PARTITIONS = 37, False, "The number of partitions is not possible."
    INVALID_REPLICATION_FACTOR = (
        38,
        False,
        "The replication factor is below one or above the number of brokers.",
    )
    INVALID_REPLICA_ASSIGNMENT = 39, False, "The list of replicas is not possible."
    INVALID_CONFIG = 40, False, "A configuration value is not valid."
    NOT_CONTROLLER = 41, True, "This server is not the active controller."
    INVALID_REQUEST = 42, False, "The request contradicts itself or holds a value that is not allowed."
    UNSUPPORTED_FOR_MESSAGE_FORMAT = 43, False, "The log's record format cannot do this."
    POLICY_VIOLATION = 44, False, "A policy of the cluster forbids this."
    OUT_OF_ORDER_SEQUENCE_NUMBER = 45, False, "The producer's batch does not follow the one before it."
    DUPLICATE_SEQUENCE_NUMBER = 46, False, "The producer's batch has been written already."
    INVALID_PRODUCER_EPOCH = 47, False, "The producer's epoch is old: a newer producer has its id."
    INVALID_TXN_STATE = 48, False, "The transaction is not in a state that allows this."
    INVALID_PRODUCER_ID_MAPPING = 49, False, "The transactional id belongs to another producer id."
    INVALID_TRANSACTION_TIMEOUT = 50, False, "The transaction timeout is above transaction.max.timeout.ms."
    CONCURRENT_TRANSACTIONS = 51, True, "The transaction's previous step is still under way."
    TRANSACTION_COORDINATOR_FENCED = 52, False, "The marker's sender no longer coordinates this producer."
    TRANSACTIONAL_ID_AUTHORIZATION_FAILED = 53, False, "Not allowed to use this transactional id."
    SECURITY_DISABLED = 54, False, "The broker has no authorizer."
    OPERATION_NOT_ATTEMPTED = 55, False, "Not tried, because another part of the request failed."
    KAFKA_STORAGE_ERROR = 56, True, "The disk failed."
    LOG_DIR_NOT_FOUND = 57, False, "The broker has no such log directory."
    SASL_AUTHENTICATION_FAILED = 58, False, "The SASL credentials were refused."
    UNKNOWN_PRODUCER_ID = 59, False, "The broker remembers nothing of this producer: its records are gone."
    REASSIGNMENT_IN_PROGRESS = 60, False, "The partition is being moved to other replicas."
    DELEGATION_TOKEN_AUTH_DISABLED = 61, False, "Delegation tokens are switched off."
    DELEGATION_TOKEN_NOT_FOUND = 62, False, "The server knows no such delegation token."
    DELEGATION_TOKEN_OWNER_MISMATCH = 63, False, "The principal may not renew or use this delegation token."
    DELEGATION_TOKEN_REQUEST_NOT_ALLOWED = 64, False, "Delegation tokens need a stronger authentication."
    DELEGATION_TOKEN_AUTHORIZATION_FAILED = 65, False, "Not allowed to use this delegation token."
    DELEGATION_TOKEN_EXPIRED = 66, False, "The delegation token has expired."
    INVALID_PRINCIPAL_TYPE = 67, False, "The server knows no such kind of principal."
    NON_EMPTY_GROUP = 68, False, "The group still has members."
    GROUP_ID_NOT_FOUND = 69, False, "There is no group of this id."
    FETCH_SESSION_ID_NOT_FOUND = 70, True, "The broker has forgotten this fetch session."
    INVALID_FETCH_SESSION_EPOCH = 71, True, "The fetch session's epoch is not the expected one."
    LISTENER_NOT_FOUND = 72, True, "The leader has no listener of the name that the request came in by."
    TOPIC_DELETION_DISABLED = 73, False, "Deleting topics is switched off."
    FENCED_LEADER_EPOCH = 74, True, "The request's leader epoch is older than the broker's."
    UNKNOWN_LEADER_EPOCH = 75, True, "The request's leader epoch is newer than the broker has heard of."
    UNSUPPORTED_COMPRESSION_TYPE = 76, False, "The client cannot read the partition's compression."
    STALE_BROKER_EPOCH = 77, False, "The broker has registered again since it sent this."
    OFFSET_NOT_AVAILABLE = 78, True, "A new leader does not know its high watermark yet."
    MEMBER_ID_REQUIRED = 79, False, "Join again with the member id that was just given."
    PREFERRED_LEADER_NOT_AVAILABLE = 80, True, "The preferred leader cannot lead now."
    GROUP_MAX_SIZE_REACHED = 81, False, "The group is full."
    FENCED_INSTANCE_ID = 82, False, "Another member has taken over this group.instance.id."
    ELIGIBLE_LEADERS_NOT_AVAILABLE = 83, True, "No replica is fit to lead the partition."
    ELECTION_NOT_NEEDED = 84, True, "The partition has the wanted leader already."
    NO_REASSIGNMENT_IN_PROGRESS = 85, False, "The partition is not being moved."
    GROUP_SUBSCRIBED_TO_TOPIC = 86, False, "The group is subscribed to the topic, so its offsets must stay."
    INVALID_RECORD = 87, False, "A record breaks a rule of the broker."
    UNSTABLE_OFFSET_COMMIT = 88, True, "A transaction that commits these offsets is still open."
    THROTTLING_QUOTA_EXCEEDED = 89, True, "The quota is used up for now."
    PRODUCER_FENCED = 90, False, "A newer producer has the same transactional id."
    RESOURCE_NOT_FOUND = 91, False, "The request names something that does not exist."
    DUPLICATE_RESOURCE = 92, False, "The request names the same thing twice."
    UNACCEPTABLE_CREDENTIAL = 93, False, "The credential is not good enough."
    INCONSISTENT_VOTER_SET = 94, False, "Sender or receiver is not one of the quorum's voters."
    INVALID_UPDATE_VERSION = 95, False, "The feature's wanted version is not possible."
    FEATURE_UPDATE_FAILED = 96, False, "The cluster's features could not be changed."
    PRINCIPAL_DESERIALIZATION_FAILURE = 97, False, "The principal of a forwarded request could not be read."
    SNAPSHOT_NOT_FOUND = 98, False, "There is no such snapshot."
    POSITION_OUT_OF_RANGE = 99, False, "The position is outside the snapshot."
    UNKNOWN_TOPIC_ID = 100, True, "This broker knows no topic of this id."
    DUPLICATE_BROKER_REGISTRATION = 101, False, "A living broker has this id already."
    BROKER_ID_NOT_REGISTERED = 102, False, "No broker of this id is registered."
    INCONSISTENT_TOPIC_ID = 103, True, "The log belongs to a topic of another id."
    INCONSISTENT_CLUSTER_ID = 104, False, "The request is meant for another cluster."
    TRANSACTIONAL_ID_NOT_FOUND = 105, False, "There is no such transactional id."
    FETCH_SESSION_TOPIC_ID_ERROR = 106, True, "The fetch session mixes topic ids and topic names."
    INELIGIBLE_REPLICA = 107, False, "A replica of the new ISR may not be in it."
    NEW_LEADER_ELECTED = 108, False, "The ISR was changed, and with it the leader."
    OFFSET_MOVED_TO_TIERED_STORAGE = 109, False, "The offset is in tiered storage only."
    FENCED_MEMBER_EPOCH = 110, False, "The member's epoch is over: give up all partitions and join again."
    UNRELEASED_INSTANCE_ID = 111, False, "Another member still holds this instance id."
    UNSUPPORTED_ASSIGNOR = 112, False, "The group does not offer this assignor."
    STALE_MEMBER_EPOCH = 113, False, "The member's epoch is old; the next heartbeat tells the new one."
    MISMATCHED_ENDPOINT_TYPE = 114, False, "Sent to a broker what is a controller's, or the other way round."
    UNSUPPORTED_ENDPOINT_TYPE = 115, False, "The server knows no such kind of endpoint."
    UNKNOWN_CONTROLLER_ID = 116, False, "No controller of this id is known."
    UNKNOWN_SUBSCRIPTION_ID = 117, False, "The telemetry subscription is not, or no longer, valid."
    TELEMETRY_TOO_LARGE = 118, False, "The telemetry is larger than the broker takes."
    INVALID_REGISTRATION = 119, False, "The controller refuses the broker's registration."
    TRANSACTION_ABORTABLE = (
        120,
        False,
        "The transaction failed; abort it and continue with the same producer.",
    )
    INVALID_RECORD_STATE = 121, False, "The record is not in a state that can be acknowledged."
    SHARE_SESSION_NOT_FOUND = 122, True, "The broker has forgotten this share session."
    INVALID_SHARE_SESSION_EPOCH = 123, True, "The share session's epoch is not the expected one."
    FENCED_STATE_EPOCH = 124, False, "The share group's state has a newer epoch."
    INVALID_VOTER_KEY = 125, False, "The voter's key is not that of the replica asked."
    DUPLICATE_VOTER = 126, False, "The replica is a voter already."
    VOTER_NOT_FOUND = 127, False, "The replica is not a voter."
    INVALID_REGULAR_EXPRESSION = 128, False, "The regular expression cannot be read."
    REBOOTSTRAP_REQUIRED = 129, False, "The client's view is too old: start again from bootstrap.servers."
    STREAMS_INVALID_TOPOLOGY = 130, False, "The Streams topology is not valid."
    STREAMS_INVALID_TOPOLOGY_EPOCH = 131, False, "The Streams topology's epoch is not valid."
    STREAMS_TOPOLOGY_FENCED = 132, False, "The Streams topology's epoch is over."
    SHARE_SESSION_LIMIT_REACHED = 133, True, "The broker holds as many share sessions as it may."


class ApiError(Exception):
    """Something that has a Kafka error code. `message` is Kafka's error_message where the API has one."""

    def __init__(self, code: ErrorCode, message: str | None = None) -> None:
        super().__init__(f"{code.name}: {message or code.message}")
        self.code = code
        self.message = message
