"""A small scripted broker for the simulated universe: one node, logs in memory, and a hook to misbehave.

`broker.script(ApiKey.PRODUCE, what)` makes the next request of that kind go wrong: "drop" closes the connection before
the request is worked on, "lose answer" after, "silent" never answers, an ErrorCode is answered as it is.
"""

import asyncio
import sys
from collections import defaultdict, deque

from minikafka.protocol.api import ApiKey
from minikafka.protocol.dispatch import CloseConnection, handles
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages import (
    fetch,
    find_coordinator,
    heartbeat,
    init_producer_id,
    join_group,
    leave_group,
    list_offsets,
    metadata,
    offset_commit,
    offset_fetch,
    produce,
    sync_group,
)
from minikafka.protocol.routes import Dispatch
from minikafka.protocol.server import Server
from minikafka.records.batch import Batch, read_batches, set_base_offset_and_epoch

NAME_VERSIONS = {ApiKey.PRODUCE: (3, 12), ApiKey.FETCH: (4, 12)}


class FakeLog:
    def __init__(self):
        self.batches: list[tuple[int, int, bytes]] = []  # (first offset, offset after, bytes)
        self.start = 0
        self.end = 0
        self.sequences: dict[
            int, tuple[int, int, dict[int, int]]
        ] = {}  # producer → epoch, next, {sequence: offset}

    def append(self, data) -> tuple[int, int]:
        """(error, first offset), with Kafka's rules for sequence numbers."""
        [batch] = read_batches(memoryview(bytes(data)))
        header = batch.header
        if header.producer_id >= 0:
            # As Kafka: from a producer that it has never seen, a broker takes any first number.
            unseen = (header.producer_epoch, header.base_sequence, {})
            epoch, expected, recent = self.sequences.get(header.producer_id, unseen)
            if header.producer_epoch > epoch:
                epoch, expected, recent = header.producer_epoch, 0, {}
            if header.base_sequence in recent:
                return ErrorCode.NONE, recent[header.base_sequence]
            if header.base_sequence != expected:
                return ErrorCode.OUT_OF_ORDER_SEQUENCE_NUMBER, -1
            recent[header.base_sequence] = self.end
            for old in sorted(recent)[:-5]:
                del recent[old]
            self.sequences[header.producer_id] = (epoch, expected + header.record_count, recent)
        stored = bytearray(data)
        first = self.end
        set_base_offset_and_epoch(stored, first, 0)
        self.end = first + header.record_count
        self.batches.append((first, self.end, bytes(stored)))
        return ErrorCode.NONE, first

    def read(self, offset: int) -> bytes:
        return b"".join(data for _, after, data in self.batches if after > offset)

    def values(self) -> list[bytes | None]:
        return [
            record.value
            for _, _, data in self.batches
            for batch in read_batches(memoryview(data))
            for record in batch.records()
        ]


class FakeGroup:
    def __init__(self):
        self.generation = 0
        self.members: dict[str, list] = {}  # id → protocols
        self.joining: dict[str, asyncio.Future] = {}
        self.syncing: dict[str, asyncio.Future] = {}
        self.assignments: dict[str, bytes] = {}
        self.rebalancing = False
        self.leader = ""
        self.number = 0
        self.committed: dict[tuple[str, int], int] = {}


class FakeBroker:
    """One broker, id 1, that leads everything and coordinates every group."""

    def __init__(self, universe, topics, host="broker-1", port=9092):
        self.throttle_time_ms = 0  # what produce requests are told
        self.world = universe.world(host)
        self.port = port
        self.topics = dict(topics)
        self.logs: dict[tuple[str, int], FakeLog] = defaultdict(FakeLog)
        self.scripts: dict[ApiKey, deque] = defaultdict(deque)
        self.requests: list[tuple[float, ApiKey, object]] = []
        self.groups: dict[str, FakeGroup] = defaultdict(FakeGroup)
        self.next_producer_id = 100
        self.grew = asyncio.Event()
        self.server = Server(self.world, self, Dispatch(sys.modules[__name__]))
        universe.run(self.listen())

    async def listen(self):
        await self.world.spawn(self.server.listen(self.port), name="listen")

    def script(self, api: ApiKey, *what):
        self.scripts[api].extend(what)

    def note(self, api: ApiKey, request):
        self.requests.append((self.world.clock.now(), api, request))
        queue = self.scripts[api]
        what = queue.popleft() if queue else None
        if what == "drop":
            raise CloseConnection
        return what

    def seen(self, api: ApiKey) -> list:
        return [request for _, key, request in self.requests if key == api]

    def times(self, api: ApiKey) -> list[float]:
        return [round(at, 3) for at, key, _ in self.requests if key == api]


@handles(ApiKey.METADATA, versions=(0, 9))
def on_metadata(node, request, context):
    node.note(ApiKey.METADATA, request)
    names = sorted(node.topics) if request.topics is None else [topic.name for topic in request.topics]
    topics = []
    for name in names:
        count = node.topics.get(name, 0)
        code = 0 if count else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
        partitions = [
            metadata.MetadataResponsePartition(
                partition_index=index, leader_id=1, leader_epoch=0, replica_nodes=[1], isr_nodes=[1]
            )
            for index in range(count)
        ]
        topics.append(
            metadata.MetadataResponseTopic(
                error_code=code, name=name, is_internal=False, partitions=partitions
            )
        )
    broker = metadata.MetadataResponseBroker(
        node_id=1, host=node.world.network.address, port=node.port, rack=None
    )
    return metadata.MetadataResponse(brokers=[broker], cluster_id="fake", controller_id=1, topics=topics)


@handles(ApiKey.PRODUCE, versions=(3, 12))
async def on_produce(node, request, context):
    what = node.note(ApiKey.PRODUCE, request)
    responses = []
    for topic in request.topic_data:
        parts = []
        for part in topic.partition_data:
            if isinstance(what, ErrorCode):
                code, offset = what, -1
            else:
                code, offset = node.logs[(topic.name, part.index)].append(part.records)
            parts.append(
                produce.PartitionProduceResponse(index=part.index, error_code=code, base_offset=offset)
            )
        responses.append(produce.TopicProduceResponse(name=topic.name, partition_responses=parts))
    node.grew.set()
    node.grew.clear()
    if what == "lose answer":
        raise CloseConnection
    if what == "silent":
        await asyncio.sleep(1e6)
    if request.acks == 0:
        return None
    return produce.ProduceResponse(responses=responses, throttle_time_ms=node.throttle_time_ms)


@handles(ApiKey.FETCH, versions=(4, 12))
async def on_fetch(node, request, context):
    what = node.note(ApiKey.FETCH, request)
    responses = fetched(node, request, what)
    if not any(part.records or part.error_code for topic in responses for part in topic.partitions):
        try:
            async with asyncio.timeout(request.max_wait_ms / 1000):
                await node.grew.wait()
        except TimeoutError:
            pass
        responses = fetched(node, request, what)
    if what == "lose answer":
        raise CloseConnection
    return fetch.FetchResponse(responses=responses)


def fetched(node, request, what):
    responses = []
    for topic in request.topics:
        parts = []
        for part in topic.partitions:
            log = node.logs[(topic.topic, part.partition)]
            code = what if isinstance(what, ErrorCode) else 0
            if not log.start <= part.fetch_offset <= log.end:
                code = ErrorCode.OFFSET_OUT_OF_RANGE
            parts.append(
                fetch.PartitionData(
                    partition_index=part.partition,
                    error_code=code,
                    high_watermark=log.end,
                    last_stable_offset=log.end,
                    log_start_offset=log.start,
                    aborted_transactions=None,
                    records=b"" if code else log.read(part.fetch_offset),
                )
            )
        responses.append(fetch.FetchableTopicResponse(topic=topic.topic, partitions=parts))
    return responses


@handles(ApiKey.LIST_OFFSETS, versions=(1, 7))
def on_list_offsets(node, request, context):
    node.note(ApiKey.LIST_OFFSETS, request)
    topics = []
    for topic in request.topics:
        parts = []
        for part in topic.partitions:
            log = node.logs[(topic.name, part.partition_index)]
            offset = log.start if part.timestamp == -2 else log.end
            parts.append(
                list_offsets.ListOffsetsPartitionResponse(partition_index=part.partition_index, offset=offset)
            )
        topics.append(list_offsets.ListOffsetsTopicResponse(name=topic.name, partitions=parts))
    return list_offsets.ListOffsetsResponse(topics=topics)


@handles(ApiKey.INIT_PRODUCER_ID, versions=(0, 4))
def on_init_producer_id(node, request, context):
    node.note(ApiKey.INIT_PRODUCER_ID, request)
    node.next_producer_id += 1
    return init_producer_id.InitProducerIdResponse(producer_id=node.next_producer_id, producer_epoch=0)


@handles(ApiKey.FIND_COORDINATOR, versions=(0, 3))
def on_find_coordinator(node, request, context):
    node.note(ApiKey.FIND_COORDINATOR, request)
    return find_coordinator.FindCoordinatorResponse(
        node_id=1, host=node.world.network.address, port=node.port
    )


@handles(ApiKey.OFFSET_COMMIT, versions=(2, 8))
def on_offset_commit(node, request, context):
    what = node.note(ApiKey.OFFSET_COMMIT, request)
    code = what if isinstance(what, ErrorCode) else 0
    topics = []
    for topic in request.topics:
        parts = []
        for part in topic.partitions:
            if not code:
                committed = node.groups[request.group_id].committed
                committed[(topic.name, part.partition_index)] = part.committed_offset
            parts.append(
                offset_commit.OffsetCommitResponsePartition(
                    partition_index=part.partition_index, error_code=code
                )
            )
        topics.append(offset_commit.OffsetCommitResponseTopic(name=topic.name, partitions=parts))
    return offset_commit.OffsetCommitResponse(topics=topics)


@handles(ApiKey.OFFSET_FETCH, versions=(1, 7))
def on_offset_fetch(node, request, context):
    node.note(ApiKey.OFFSET_FETCH, request)
    committed = node.groups[request.group_id].committed
    topics = [
        offset_fetch.OffsetFetchResponseTopic(
            name=topic.name,
            partitions=[
                offset_fetch.OffsetFetchResponsePartition(
                    partition_index=index,
                    committed_offset=committed.get((topic.name, index), -1),
                    metadata="",
                )
                for index in topic.partition_indexes
            ],
        )
        for topic in request.topics or ()
    ]
    return offset_fetch.OffsetFetchResponse(topics=topics)


@handles(ApiKey.JOIN_GROUP, versions=(0, 7))
async def on_join_group(node, request, context):
    what = node.note(ApiKey.JOIN_GROUP, request)
    if isinstance(what, ErrorCode):
        return join_response(request.member_id, what)
    group = node.groups[request.group_id]
    member = request.member_id
    if not member:
        group.number += 1
        return join_response(f"member-{group.number}", ErrorCode.MEMBER_ID_REQUIRED)
    group.members[member] = request.protocols
    group.joining[member] = asyncio.get_running_loop().create_future()
    if not group.rebalancing:
        group.rebalancing = True
        asyncio.get_running_loop().call_later(0.5, complete_join, group)
    elif set(group.joining) >= set(group.members):
        asyncio.get_running_loop().call_soon(complete_join, group)
    return await group.joining[member]


def join_response(member, code):
    return join_group.JoinGroupResponse(error_code=code, leader="", member_id=member, members=[])


def complete_join(group):
    if not group.rebalancing:
        return
    if not set(group.joining) >= set(group.members):
        asyncio.get_running_loop().call_later(0.5, complete_join, group)
        return
    group.rebalancing = False
    group.generation += 1
    group.leader = min(group.members)
    group.assignments, waiting, group.joining = {}, group.joining, {}
    for member, future in waiting.items():
        members = []
        if member == group.leader:
            members = [
                join_group.JoinGroupResponseMember(member_id=other, metadata=bytes(protocols[0].metadata))
                for other, protocols in sorted(group.members.items())
            ]
        if not future.done():
            future.set_result(
                join_group.JoinGroupResponse(
                    generation_id=group.generation,
                    protocol_name=group.members[member][0].name,
                    leader=group.leader,
                    member_id=member,
                    members=members,
                )
            )


@handles(ApiKey.SYNC_GROUP, versions=(0, 4))
async def on_sync_group(node, request, context):
    node.note(ApiKey.SYNC_GROUP, request)
    group = node.groups[request.group_id]
    if request.generation_id != group.generation or group.rebalancing:
        return sync_group.SyncGroupResponse(error_code=ErrorCode.REBALANCE_IN_PROGRESS, assignment=b"")
    if request.member_id == group.leader:
        group.assignments = {a.member_id: bytes(a.assignment) for a in request.assignments}
        for member, future in group.syncing.items():
            if not future.done():
                future.set_result(group.assignments.get(member, b""))
        group.syncing = {}
        return sync_group.SyncGroupResponse(assignment=group.assignments.get(request.member_id, b""))
    if not group.assignments:
        group.syncing[request.member_id] = asyncio.get_running_loop().create_future()
        return sync_group.SyncGroupResponse(assignment=await group.syncing[request.member_id])
    return sync_group.SyncGroupResponse(assignment=group.assignments.get(request.member_id, b""))


@handles(ApiKey.HEARTBEAT, versions=(0, 4))
def on_heartbeat(node, request, context):
    what = node.note(ApiKey.HEARTBEAT, request)
    group = node.groups[request.group_id]
    code = 0
    if isinstance(what, ErrorCode):
        code = what
    elif request.member_id not in group.members:
        code = ErrorCode.UNKNOWN_MEMBER_ID
    elif group.rebalancing:
        code = ErrorCode.REBALANCE_IN_PROGRESS
    return heartbeat.HeartbeatResponse(error_code=code)


@handles(ApiKey.LEAVE_GROUP, versions=(0, 4))
def on_leave_group(node, request, context):
    node.note(ApiKey.LEAVE_GROUP, request)
    group = node.groups[request.group_id]
    for member in [m.member_id for m in request.members] or [request.member_id]:
        group.members.pop(member, None)
    if group.members and not group.rebalancing:
        group.rebalancing = True
        asyncio.get_running_loop().call_later(0.5, complete_join, group)
    return leave_group.LeaveGroupResponse()


def batches_of(request) -> list[Batch]:
    return [
        batch
        for topic in request.topic_data
        for part in topic.partition_data
        for batch in read_batches(memoryview(bytes(part.records)))
    ]
