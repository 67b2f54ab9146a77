"""Kafka's API keys, and which classes speak them.

Rule: a message module is imported when its API is first used: a client pays only for what it speaks.
Kafka: `org.apache.kafka.common.protocol.ApiKeys`; header versions as in its generated `ApiMessageType`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from enum import IntEnum
from pkgutil import iter_modules
from typing import cast

from minikafka.protocol import messages
from minikafka.protocol.schema import Message


class ApiKey(IntEnum):
    """The number at the start of every request."""

    PRODUCE = 0
    FETCH = 1
    LIST_OFFSETS = 2
    METADATA = 3
    LEADER_AND_ISR = 4
    STOP_REPLICA = 5
    UPDATE_METADATA = 6
    CONTROLLED_SHUTDOWN = 7
    OFFSET_COMMIT = 8
    OFFSET_FETCH = 9
    FIND_COORDINATOR = 10
    JOIN_GROUP = 11
    HEARTBEAT = 12
    LEAVE_GROUP = 13
    SYNC_GROUP = 14
    DESCRIBE_GROUPS = 15
    LIST_GROUPS = 16
    SASL_HANDSHAKE = 17
    API_VERSIONS = 18
    CREATE_TOPICS = 19
    DELETE_TOPICS = 20
    DELETE_RECORDS = 21
    INIT_PRODUCER_ID = 22
    OFFSET_FOR_LEADER_EPOCH = 23
    ADD_PARTITIONS_TO_TXN = 24
    ADD_OFFSETS_TO_TXN = 25
    END_TXN = 26
    WRITE_TXN_MARKERS = 27
    TXN_OFFSET_COMMIT = 28
    DESCRIBE_ACLS = 29
    CREATE_ACLS = 30
    DELETE_ACLS = 31
    DESCRIBE_CONFIGS = 32
    ALTER_CONFIGS = 33
    ALTER_REPLICA_LOG_DIRS = 34
    DESCRIBE_LOG_DIRS = 35
    SASL_AUTHENTICATE = 36
    CREATE_PARTITIONS = 37
    CREATE_DELEGATION_TOKEN = 38
    RENEW_DELEGATION_TOKEN = 39
    EXPIRE_DELEGATION_TOKEN = 40
    DESCRIBE_DELEGATION_TOKEN = 41
    DELETE_GROUPS = 42
    ELECT_LEADERS = 43
    INCREMENTAL_ALTER_CONFIGS = 44
    ALTER_PARTITION_REASSIGNMENTS = 45
    LIST_PARTITION_REASSIGNMENTS = 46
    OFFSET_DELETE = 47
    DESCRIBE_CLIENT_QUOTAS = 48
    ALTER_CLIENT_QUOTAS = 49
    DESCRIBE_USER_SCRAM_CREDENTIALS = 50
    ALTER_USER_SCRAM_CREDENTIALS = 51
    VOTE = 52
    BEGIN_QUORUM_EPOCH = 53
    END_QUORUM_EPOCH = 54
    DESCRIBE_QUORUM = 55
    ALTER_PARTITION = 56
    UPDATE_FEATURES = 57
    ENVELOPE = 58
    FETCH_SNAPSHOT = 59
    DESCRIBE_CLUSTER = 60
    DESCRIBE_PRODUCERS = 61
    BROKER_REGISTRATION = 62
    BROKER_HEARTBEAT = 63
    UNREGISTER_BROKER = 64
    DESCRIBE_TRANSACTIONS = 65
    LIST_TRANSACTIONS = 66
    ALLOCATE_PRODUCER_IDS = 67
    CONSUMER_GROUP_HEARTBEAT = 68
    CONSUMER_GROUP_DESCRIBE = 69
    CONTROLLER_REGISTRATION = 70
    GET_TELEMETRY_SUBSCRIPTIONS = 71
    PUSH_TELEMETRY = 72
    ASSIGN_REPLICAS_TO_DIRS = 73
    LIST_CONFIG_RESOURCES = 74
    DESCRIBE_TOPIC_PARTITIONS = 75
    SHARE_GROUP_HEARTBEAT = 76
    SHARE_GROUP_DESCRIBE = 77
    SHARE_FETCH = 78
    SHARE_ACKNOWLEDGE = 79
    ADD_RAFT_VOTER = 80
    REMOVE_RAFT_VOTER = 81
    UPDATE_RAFT_VOTER = 82

    @property
    def module(self) -> str:
        """The file in `messages/`: the key's name in lower case."""
        return self.name.lower()


_FILES = {found.name for found in iter_modules(messages.__path__)}
SPOKEN = tuple(key for key in ApiKey if key.module in _FILES)
"""The APIs that `messages/` has."""


class _Classes(Mapping[ApiKey, type[Message]]):
    """ApiKey to class, found in the module of the key's name when first asked for."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._found: dict[ApiKey, type[Message]] = {}

    def __getitem__(self, key: ApiKey) -> type[Message]:
        found = self._found.get(key)
        if found is None:
            if key not in SPOKEN:
                raise KeyError(key)
            module = importlib.import_module(f"minikafka.protocol.messages.{key.module}")
            name = key.name.title().replace("_", "") + self._suffix
            found = self._found[key] = cast("type[Message]", getattr(module, name))
        return found

    def __iter__(self) -> Iterator[ApiKey]:
        return iter(SPOKEN)

    def __len__(self) -> int:
        return len(SPOKEN)


REQUESTS: Mapping[ApiKey, type[Message]] = _Classes("Request")
RESPONSES: Mapping[ApiKey, type[Message]] = _Classes("Response")


def request_header_version(request: type[Message], version: int) -> int:
    """2 for a flexible request, else 1."""
    return 2 if request.SCHEMA.is_flexible(version) else 1


def response_header_version(response: type[Message], version: int) -> int:
    """1 for a flexible response, else 0. ApiVersions always 0: its reader may not know the version yet."""
    if response.SCHEMA.api_key == ApiKey.API_VERSIONS:
        return 0
    return 1 if response.SCHEMA.is_flexible(version) else 0
