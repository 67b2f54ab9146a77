"""Whatever goes wrong with a request, its client is told: every API, in every version, can say every error."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from oracle import brokers

from minikafka.broker import api
from minikafka.controller import envelope
from minikafka.controller import handlers as controller_handlers
from minikafka.protocol.api import REQUESTS, RESPONSES, ApiKey
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages.heartbeat import HeartbeatResponse
from minikafka.protocol.refusals import REFUSALS
from minikafka.protocol.routes import Dispatch, Route
from minikafka.protocol.schema import Message, Struct
from minikafka.protocol.server import Server
from minikafka.world import RequestFailed, SimulatedUniverse

from .conftest import random_message

ERRORS = [code for code in ErrorCode if code is not ErrorCode.NONE]
ROUTES = [
    (where, route)
    for where, homes in (("broker", [api]), ("controller", [controller_handlers, envelope]))
    for _, route in sorted(Dispatch(*homes).routes.items())
]
WITHOUT_A_WORD_FOR_IT = {(ApiKey.DESCRIBE_LOG_DIRS, 1), (ApiKey.DESCRIBE_LOG_DIRS, 2)}
"""They tell what is wrong with each directory only."""
KAFKAS_OWN = Path(__file__).parents[1] / "oracle" / "java" / "Refusals.java"


def versions(route: Route) -> range:
    return range(route.versions[0], route.versions[1] + 1)


def codes(value: object) -> Iterator[int]:
    """Every error code in an answer."""
    if isinstance(value, Struct):
        for spec in value.FIELDS:
            inner = getattr(value, spec.name)
            if spec.name.endswith("error_code"):
                yield inner
            else:
                yield from codes(inner)
    elif isinstance(value, list):
        for item in value:
            yield from codes(item)


def asking_for_something(request: type[Message], version: int) -> Any:
    """A request whose parts are there, so that each can have its error."""
    for seed in range(100):
        message: Any = random_message(request, version, random.Random(seed))
        lists = [getattr(message, spec.name) for spec in message.FIELDS if spec.exists_in(version)]
        if getattr(message, "acks", -1) != 0 and all(len(one) > 0 for one in lists if isinstance(one, list)):
            return message
    return message


@pytest.mark.parametrize(
    ("where", "route"), ROUTES, ids=lambda p: p if isinstance(p, str) else p.api_key.name
)
def test_each_error_is_told_in_each_version(where: str, route: Route) -> None:
    """243 versions of all handlers × 134 errors, with and without words: 65,124 answers."""
    for version in versions(route):
        request = asking_for_something(route.request, version)
        for code in ERRORS:
            for message in (None, "What is wrong, in words."):
                refusal = route.refusal(request, version, ApiError(code, message))
                assert refusal is not None
                data = refusal.encode(version)
                answer = route.response.decode(data, version)
                assert answer.encode(version) == data


def test_no_handler_is_left_out() -> None:
    """The counts that the test above speaks of, at least."""
    assert len([v for _, route in ROUTES for v in versions(route)]) >= 243
    assert len(ERRORS) >= 134
    assert {route.api_key for _, route in ROUTES} <= set(REFUSALS) == set(REQUESTS)


@pytest.fixture
def universe() -> Iterator[SimulatedUniverse]:
    with SimulatedUniverse(5) as universe:
        yield universe


def raises_at_once(node: object, request: Message, context: object) -> Message:
    raise KeyError("a fault of the handler's own")


async def raises_later(node: object, request: Message, context: object) -> Message:
    raise RecursionError("too deep")


def answers_what_no_version_can_hold(node: object, request: Message, context: object) -> Any:
    return lambda: HeartbeatResponse(error_code=1 << 40)


def answers_with_something_else(node: object, request: Message, context: object) -> Any:
    return lambda: object()


FAILURES = [raises_at_once, raises_later, answers_what_no_version_can_hold, answers_with_something_else]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.__name__)
def test_a_fault_in_a_handler_is_answered_and_said_once(universe: SimulatedUniverse, failure: Any) -> None:
    """Every handler and version, over one connection, which stays open; nobody hangs."""
    said: list[str] = []
    universe.trace.subscribe(
        lambda traced: said.append(traced.event.where) if isinstance(traced.event, RequestFailed) else None
    )
    dispatch = Dispatch(api)
    for key, route in dispatch.routes.items():
        dispatch.routes[key] = Route(
            route.api_key, route.versions, failure, route.refusal, route.request, route.response
        )
    server = Server(universe.world("broker-1"), object(), dispatch)
    universe.run(server.listen(9092), host="broker-1")

    async def scenario() -> int:
        channel = await Channel.connect(universe.world("client-1"), "broker-1", 9092, "c")
        asked = 0
        for route in dispatch.routes.values():
            for version in versions(route):
                request = asking_for_something(route.request, version)
                found = list(codes(await channel.request(request, version, 10)))
                wordless = (route.api_key, version) in WITHOUT_A_WORD_FOR_IT
                assert ErrorCode.UNKNOWN_SERVER_ERROR in found or wordless
                asked += 1
        assert not channel.closed
        return asked

    assert universe.run(scenario(), host="client-1") >= 191
    assert universe.trace.failures == []
    assert len(set(said)) == len(dispatch.routes)
    assert len(said) <= 2 * len(dispatch.routes)  # a heartbeat has too large a code, or no such version


def test_produce_without_an_answer_hears_of_a_fault_by_a_closed_connection(
    universe: SimulatedUniverse,
) -> None:
    module = ModuleType("nothing")
    dispatch = Dispatch(module)
    request = asking_for_something(REQUESTS[ApiKey.PRODUCE], 9)
    request.acks = 0
    refuse = REFUSALS[ApiKey.PRODUCE]
    route = Route(ApiKey.PRODUCE, (3, 13), raises_at_once, refuse, type(request), RESPONSES[ApiKey.PRODUCE])
    dispatch.routes[int(ApiKey.PRODUCE)] = route
    server = Server(universe.world("broker-1"), object(), dispatch)
    universe.run(server.listen(9092), host="broker-1")
    world = universe.world("client-1")
    channel = universe.run(Channel.connect(world, "broker-1", 9092, "c"), host="client-1")
    channel.send(request, 9)
    universe.run_for(1)
    assert channel.closed


@pytest.mark.java
def test_each_refusal_is_kafkas() -> None:
    """Byte for byte but for the words, by Kafka's own classes."""
    if reason := brokers.why_no_real_kafka():
        pytest.skip(reason)
    asked = []
    for key, cls in REQUESTS.items():
        for version in range(cls.SCHEMA.versions[0], cls.SCHEMA.versions[1] + 1):
            for code in (ErrorCode.UNKNOWN_SERVER_ERROR, ErrorCode.NOT_CONTROLLER):
                asked.append((key, version, code, _that_kafka_can_read(key, version)))
    lines = [f"{key} {v} {request.encode(v).hex()} {code}" for key, v, code, request in asked]
    done = subprocess.run(
        [*brokers.REAL_KAFKA, "java", KAFKAS_OWN],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        check=True,
    )
    for (key, version, code, request), line in zip(asked, done.stdout.splitlines(), strict=True):
        ours = REFUSALS[key](request, version, ApiError(code))
        assert ours is not None and not line.startswith("!"), (key.name, version, line)
        theirs = RESPONSES[key].decode(bytes.fromhex(line.strip("-")), version)
        known = RESPONSES[key].decode(ours.encode(version), version)
        assert _wordless(known) == _wordless(theirs), (key.name, version)


def _that_kafka_can_read(key: ApiKey, version: int) -> Any:
    request = asking_for_something(REQUESTS[key], version)
    if key is ApiKey.PRODUCE:
        # Once a partition, in the order of the hash map that Kafka puts them into.
        request.topic_data = request.topic_data[:1]
        for topic in request.topic_data:
            topic.partition_data = topic.partition_data[:1]
            for data in topic.partition_data:
                data.records = b""
    if key is ApiKey.DESCRIBE_ACLS:
        request.resource_type_filter, request.pattern_type_filter = 2, 3
        request.operation, request.permission_type = 2, 3
    if key is ApiKey.DESCRIBE_USER_SCRAM_CREDENTIALS:
        request.users = request.users or []
    return request


def _wordless(value: Any) -> Any:
    """Sentences may be put in other words; whether there is one may not differ."""
    if isinstance(value, Struct):
        return {
            spec.name: bool(getattr(value, spec.name))
            if spec.name == "error_message"
            else _wordless(getattr(value, spec.name))
            for spec in value.FIELDS
        }
    return [_wordless(item) for item in value] if isinstance(value, list) else value
