"""Every handler, in every version, asked for things that are there, that aren't and that can't be: each is answered.

Where `tests/protocol/test_refusals.py` walks what a whole request can be told, this walks what the handlers tell of a
part of one: by brokers that lead and coordinate, and by those that don't.
"""

import random
import uuid
import zlib
from collections import Counter

import pytest
from broker.wire import Client
from oracle.batches import batch
from simulation.story import story

from minikafka.broker import api
from minikafka.controller import handlers as controller_handlers
from minikafka.protocol.api import ApiKey
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.find_coordinator import FindCoordinatorRequest
from minikafka.protocol.routes import Dispatch
from minikafka.protocol.schema import Kind, Struct

NOW = 1_767_225_600_000
GOOD = batch(b"a", timestamps=[NOW])
RECORDS = [
    GOOD,
    GOOD,
    b"",
    None,
    GOOD * 2,
    GOOD[:-1],
    batch(b"a", timestamps=[NOW], crc_off_by=1),
    batch(b"a", timestamps=[NOW], producer_id=7, producer_epoch=0, sequence=3),
    batch(b"a", timestamps=[NOW], producer_id=7, producer_epoch=0, sequence=0, attributes=16),
    batch(b"x" * 2_000_000, timestamps=[NOW]),
]
TOPICS = ["here", "here", "here", "nowhere", "a/b", "..", "", "__consumer_offsets", "x" * 250]
GROUPS = ["group", "group", "nobody", "", "another"]
NAMES = {
    "topic": TOPICS,
    "name": TOPICS,
    "topic_name": TOPICS,
    "topics": TOPICS,
    "topic_names": TOPICS,
    "group_id": GROUPS,
    "groups": GROUPS,
    "groups_names": GROUPS,
    "key": GROUPS,
    "coordinator_keys": GROUPS,
    "member_id": ["", "", "nobody"],
    "group_instance_id": [None, None, "static"],
    "transactional_id": [None, None, "", "t"],
    "resource_name": ["here", "nowhere", "1", "2", "", "x", "group"],
    "protocol_type": ["consumer", "consumer", ""],
    "entity_type": ["user", "client-id", "ip", "x"],
    "client_software_name": ["a", "a", ""],
    "client_software_version": ["1", "-"],
    "records": RECORDS,
    "metadata": [b"", b"\0\0\0\0\0\0\0\0"],
    "assignment": [b"a"],
}
NUMBERS = {
    "partition": [0, 0, 1, 2, 7, -1],
    "partition_index": [0, 0, 1, 2, 7, -1],
    "partition_indexes": [0, 1, 7],
    "partitions": [0, 1, 7],
    "index": [0, 1, 2, 7, -1],
    "partition_id": [0, 1, 7],
    "acks": [-1, -1, 1, 7],
    "current_leader_epoch": [-1, -1, 0, 1, 99],
    "leader_epoch": [-1, 0, 99],
    "last_fetched_epoch": [-1, 0, 99],
    "fetch_offset": [0, 1, 5, 1000, -1],
    "timestamp": [-1, -2, -3, -4, -5, -6, -7, 0, NOW, NOW * 2],
    "offset": [-1, 0, 1, 1000],
    "committed_offset": [0, 7],
    "generation_id": [-1, 0, 1],
    "generation_id_or_member_epoch": [-1, 0, 1],
    "isolation_level": [0, 0, 1, 2],
    "session_id": [0, 0, 5],
    "session_epoch": [-1, 0, 3],
    "replica_id": [-1, -1, -2, 1, 9],
    "resource_type": [2, 4, 8, 16, 32, 1, 77],
    "resource_types": [2, 4, 8, 16, 32, 77],
    "config_operation": [0, 1, 2, 3, 9],
    "key_type": [0, 0, 1, 2, 9],
    "num_partitions": [1, 2, -1, 0],
    "count": [1, 3, 4, 0],
    "replication_factor": [1, -1, 9, 0],
    "broker_id": [1, 2, 9],
    "endpoint_type": [1, 2, 3],
    "election_type": [0, 1, 5],
    "session_timeout_ms": [6000, 10, -1],
    "rebalance_timeout_ms": [100],
    "max_wait_ms": [0, 50],
    "timeout_ms": [100],
    "min_bytes": [0, 1],
    "max_bytes": [0, 1000, 1 << 20],
    "partition_max_bytes": [0, 1000, 1 << 20, -1],
    "response_partition_limit": [0, 1, 2000],
    "retention_time_ms": [-1],
    "broker_ids": [1, 2, 3, 9],
    "port": [9092],
}


class Asker:
    """Makes requests out of a vocabulary."""

    def __init__(self, chance, topic_ids):
        self.chance = chance
        self.words = NAMES | NUMBERS | {"topic_id": topic_ids}

    def struct(self, cls, version):
        values = {}
        for spec in cls.FIELDS:
            if spec.exists_in(version):
                values[spec.name] = self.value(spec, version)
            else:
                default = spec.wire_default
                values[spec.name] = list(default) if isinstance(default, list) else default
        return cls(**values)

    def value(self, spec, version):
        nullable = spec.is_nullable_in(version)
        kind = spec.kind
        if isinstance(kind, Kind) and kind.name == "array":
            if nullable and self.chance.random() < 0.2:
                return None
            size = self.chance.choice([0, 1, 1, 2, 3])
            return [self.item(spec.name, kind.element, version) for _ in range(size)]
        found = self.item(spec.name, kind, version)
        if found is None and not nullable:
            return b"" if kind.name in ("bytes", "records") else ""
        return found

    def item(self, name, kind, version):
        if not isinstance(kind, Kind):
            return self.struct(kind, version)
        if name in self.words and not (kind.name == "string" and name == "metadata"):
            return self.chance.choice(self.words[name])
        return {
            "bool": self.chance.random() < 0.5,
            "uuid": uuid.UUID(int=self.chance.getrandbits(128)),
            "string": self.chance.choice(["", "a"]),
            "bytes": b"",
        }.get(kind.name, self.chance.choice([0, 1, -1, 100]))


def told(value, found):
    """Every error code in an answer."""
    if isinstance(value, Struct):
        for spec in value.FIELDS:
            inner = getattr(value, spec.name)
            if spec.name.endswith("error_code"):
                found.append(ErrorCode(inner))
            else:
                told(inner, found)
    elif isinstance(value, list):
        for item in value:
            told(item, found)
    return found


def walk(s, routes, hosts, port, asker, seeds):
    """Ask every host everything; (api, error) → how often it was told, and how many requests that were."""
    codes, asked = Counter(), 0
    for host in hosts:
        client = Client(s, host, port=port)
        for route in routes:
            for version in range(route.versions[0], route.versions[1] + 1):
                for seed in range(seeds):
                    asker.chance.seed(zlib.crc32(f"{host} {route.api_key} {version} {seed}".encode()))
                    request = asker.struct(route.request, version)
                    answer = client.ask(request, version)
                    assert not client.channel.closed, (route.api_key.name, version, request)
                    asked += 1
                    for code in told(answer, []):
                        codes[route.api_key, code] += 1
        assert s.universe.trace.faults == []
    return codes, asked


@pytest.fixture
def s():
    with story(3, brokers=3) as s:
        s.create_topic("here", partitions=3, replication_factor=1)
        writer = s.cluster.producer()
        writer.produce("here", b"a")
        assert writer.flush(10) == 0
        yield s


def test_every_part_of_an_answer_encodes_in_every_version(s):
    """191 versions of all handlers × 3 brokers × 4 requests, 85 different (API, error)s."""
    here = s.nodes.brokers["broker-1"].image.topic("here").id
    asker = Asker(random.Random(), [here, here, uuid.UUID(int=0), uuid.UUID(int=99)])
    routes = list(Dispatch(api).routes.values())
    codes, asked = walk(s, routes, ["broker-1", "broker-2", "broker-3"], 9092, asker, 4)
    assert asked >= 3 * 4 * 191
    assert len([1 for _, error in codes if error]) >= 85


class OneTopic(Asker):
    """Asks, in every version, for the same thing that is there: partition 0 of `here`, or the group."""

    def __init__(self, topic_id):
        super().__init__(random.Random(1), [topic_id])
        right = {
            "partition": [0],
            "partition_index": [0],
            "partition_indexes": [0],
            "index": [0],
            "records": [GOOD],
            "acks": [-1],
            "current_leader_epoch": [-1],
            "last_fetched_epoch": [-1],
            "fetch_offset": [0],
            "timestamp": [-1],
            "isolation_level": [0],
            "session_id": [0],
            "session_epoch": [-1],
            "replica_id": [-1],
            "transactional_id": [None],
            "group_instance_id": [None],
            "generation_id": [1],
            "max_wait_ms": [0],
            "session_timeout_ms": [6000],
        }
        self.words |= right | {name: ["here"] for name, words in NAMES.items() if words is TOPICS}
        self.words |= {name: ["group"] for name, words in NAMES.items() if words is GROUPS}
        self.words["protocol_type"] = self.words["protocol_name"] = ["consumer"]

    def value(self, spec, version):
        kind = spec.kind
        if isinstance(kind, Kind) and kind.name == "array":
            return [self.item(spec.name, kind.element, version)]
        if isinstance(kind, Kind) and kind.name == "bool":
            return False
        return super().value(spec, version)


LED = (ApiKey.PRODUCE, ApiKey.FETCH, ApiKey.LIST_OFFSETS, ApiKey.OFFSET_FOR_LEADER_EPOCH)
COORDINATED = (
    ApiKey.OFFSET_COMMIT,
    ApiKey.OFFSET_FETCH,
    ApiKey.JOIN_GROUP,
    ApiKey.SYNC_GROUP,
    ApiKey.HEARTBEAT,
    ApiKey.LEAVE_GROUP,
    ApiKey.DESCRIBE_GROUPS,
    ApiKey.DELETE_GROUPS,
)


@pytest.mark.parametrize(
    ("apis", "wrong"),
    [(LED, ErrorCode.NOT_LEADER_OR_FOLLOWER), (COORDINATED, ErrorCode.NOT_COORDINATOR)],
    ids=["leader", "coordinator"],
)
def test_an_old_client_at_the_wrong_broker_is_told_in_every_version(s, apis, wrong):
    """As after a change of leaders: one broker has what is asked for, two say so, and nobody hangs up."""
    asker = OneTopic(s.nodes.brokers["broker-1"].image.topic("here").id)
    clients = [Client(s, f"broker-{n}") for n in (1, 2, 3)]
    clients[0].ask(FindCoordinatorRequest(key="group"), 0)
    s.run(2)  # the topic of groups is made
    for key in apis:
        route = Dispatch(api).routes[key]
        for version in range(route.versions[0], route.versions[1] + 1):
            request = asker.struct(route.request, version)
            answers = [told(client.ask(request, version), []) for client in clients]
            assert sum(wrong in answer for answer in answers) == 2, (key.name, version, answers)
            assert not any(client.channel.closed for client in clients)
    assert s.universe.trace.faults == []


def test_every_part_of_the_controllers_answers_encodes_in_every_version(s):
    """52 versions of all its handlers × 8 requests."""
    asker = Asker(random.Random(), [uuid.UUID(int=0), uuid.UUID(int=99)])
    routes = list(Dispatch(controller_handlers).routes.values())
    codes, asked = walk(s, routes, ["controller-1"], 9093, asker, 8)
    assert asked >= 52 * 8
    assert len([1 for _, error in codes if error]) >= 25
