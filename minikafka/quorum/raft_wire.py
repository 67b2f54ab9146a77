"""What voters say to each other, in Kafka's messages.

Rule: what isn't for this cluster, this partition or this voter is refused before the core hears of it. Kafka:
`RaftUtil`, `KafkaRaftClient` (`hasValidClusterId`, `isValidVoterKey`); KIP-595, KIP-853.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from minikafka.metadata.ids import METADATA_TOPIC, METADATA_TOPIC_ID
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.messages import begin_quorum_epoch as begin
from minikafka.protocol.messages import end_quorum_epoch as end
from minikafka.protocol.messages import fetch as fetching
from minikafka.protocol.messages import fetch_snapshot as snapshots
from minikafka.protocol.messages import vote as voting
from minikafka.protocol.schema import ZERO_UUID, MalformedMessage, Message
from minikafka.quorum.control_records import voters_of
from minikafka.quorum.raft.messages import (
    NOBODY,
    Answer,
    BeginEpoch,
    EndEpoch,
    EpochEnd,
    Fetch,
    FetchAnswer,
    FetchSnapshot,
    Heard,
    Question,
    SnapshotAnswer,
    SnapshotId,
    Vote,
    VoteAnswer,
)
from minikafka.quorum.raft.ready import Entry
from minikafka.quorum.voter_book import VoterBook
from minikafka.records.batch import read_batches
from minikafka.records.errors import CorruptRecords
from minikafka.records.header import MAGIC_V2

STRANGER = -2
"""A node id that is nobody's: one of another directory isn't the voter of that id."""
FETCH_VERSION = 18
FETCH_MAX_WAIT_MS = 500
VERSIONS: Mapping[type[Question], int] = {
    Fetch: FETCH_VERSION,
    FetchSnapshot: 1,
    Vote: 2,
    BeginEpoch: 1,
    EndEpoch: 1,
}


@dataclass(frozen=True, slots=True)
class Most:
    """Bytes that are asked for at a time."""

    records: int = 8 << 20
    snapshot: int = 8 << 20


class Wire:
    """One voter's: `voters` by id, itself and all it may hear of among them; those that the log names come in."""

    def __init__(self, cluster_id: str, node_id: int, voters: VoterBook, most: Most = Most()) -> None:
        self._most = most
        self._cluster_id = cluster_id
        self._node_id = node_id
        self._voters = voters

    # -- questions that go out, and their answers -----------------------------------------------------------

    def request(self, to: int, question: Question, high_watermark: int) -> Message:
        """The question to that voter. `high_watermark`: what this one knows, so that it isn't told the same again."""
        cluster_id, other = self._cluster_id, self._directory_of(to)
        match question:
            case Vote():
                asked = voting.PartitionData(
                    partition_index=0,
                    replica_epoch=question.epoch,
                    replica_id=question.candidate,
                    replica_directory_id=self._directory_of(question.candidate),
                    voter_directory_id=other,
                    last_offset_epoch=question.last_epoch,
                    last_offset=question.end_offset,
                    pre_vote=question.pre_vote,
                )
                topic = voting.TopicData(topic_name=METADATA_TOPIC, partitions=[asked])
                return voting.VoteRequest(cluster_id=cluster_id, voter_id=to, topics=[topic])
            case BeginEpoch():
                begun = begin.PartitionData(
                    partition_index=0,
                    voter_directory_id=other,
                    leader_id=question.leader,
                    leader_epoch=question.epoch,
                )
                return begin.BeginQuorumEpochRequest(
                    cluster_id=cluster_id,
                    voter_id=to,
                    topics=[begin.TopicData(topic_name=METADATA_TOPIC, partitions=[begun])],
                    leader_endpoints=[begin.LeaderEndpoint(**self._endpoint_of(question.leader))],
                )
            case EndEpoch():
                candidates = [
                    end.ReplicaInfo(candidate_id=id, candidate_directory_id=self._directory_of(id))
                    for id in question.successors
                ]
                ended = end.PartitionData(
                    partition_index=0,
                    leader_id=question.leader,
                    leader_epoch=question.epoch,
                    preferred_candidates=candidates,
                )
                return end.EndQuorumEpochRequest(
                    cluster_id=cluster_id,
                    topics=[end.TopicData(topic_name=METADATA_TOPIC, partitions=[ended])],
                    leader_endpoints=[end.LeaderEndpoint(**self._endpoint_of(question.leader))],
                )
            case Fetch():
                return self._fetch(question, high_watermark)
            case FetchSnapshot():
                piece = snapshots.PartitionSnapshot(
                    partition=0,
                    current_leader_epoch=question.epoch,
                    snapshot_id=snapshots.SnapshotId(
                        end_offset=question.id.end_offset, epoch=question.id.epoch
                    ),
                    position=question.position,
                    replica_directory_id=self._directory_of(question.replica),
                )
                return snapshots.FetchSnapshotRequest(
                    cluster_id=cluster_id,
                    replica_id=question.replica,
                    max_bytes=self._most.snapshot,
                    topics=[snapshots.TopicSnapshot(name=METADATA_TOPIC, partitions=[piece])],
                )

    def _fetch(self, question: Fetch, high_watermark: int) -> Message:
        partition = fetching.FetchPartition(
            partition=0,
            current_leader_epoch=question.epoch,
            fetch_offset=question.offset,
            last_fetched_epoch=question.last_epoch,
            log_start_offset=0,
            partition_max_bytes=self._most.records,
            replica_directory_id=self._directory_of(question.replica),
            high_watermark=high_watermark,
        )
        topic = fetching.FetchTopic(topic=METADATA_TOPIC, topic_id=METADATA_TOPIC_ID, partitions=[partition])
        return fetching.FetchRequest(
            cluster_id=self._cluster_id,
            replica_state=fetching.ReplicaState(replica_id=question.replica, replica_epoch=-1),
            max_wait_ms=FETCH_MAX_WAIT_MS,
            min_bytes=0,
            max_bytes=self._most.records,
            topics=[topic],
        )

    def answer(self, to: int, question: Question, response: Any) -> Answer:
        """What that voter answered. Raises `ApiError` or `MalformedMessage`."""
        if response.error_code:
            raise ApiError(ErrorCode(response.error_code))
        topics = response.responses if isinstance(question, Fetch) else response.topics
        if len(topics) != 1 or len(topics[0].partitions) != 1:
            raise MalformedMessage("an answer that isn't about the metadata log alone")
        told = topics[0].partitions[0]
        error = ErrorCode(told.error_code)
        if isinstance(question, Fetch):
            return self._fetched(question, told, error)
        if isinstance(question, FetchSnapshot):
            leader, id = told.current_leader, SnapshotId(told.snapshot_id.end_offset, told.snapshot_id.epoch)
            data = bytes(told.unaligned_records or b"")
            return SnapshotAnswer(
                leader.leader_epoch, leader.leader_id, id, told.position, told.size, data, error
            )
        if isinstance(question, Vote):
            return VoteAnswer(
                told.leader_epoch, told.leader_id, to, told.vote_granted, question.pre_vote, error
            )
        return Heard(told.leader_epoch, told.leader_id, to, error)

    def _fetched(self, question: Fetch, told: fetching.PartitionData, error: ErrorCode) -> FetchAnswer:
        leader, diverging = told.current_leader, told.diverging_epoch
        snapshot = None
        if told.snapshot_id.end_offset >= 0:
            snapshot = SnapshotId(told.snapshot_id.end_offset, told.snapshot_id.epoch)
        return FetchAnswer(
            leader.leader_epoch,
            leader.leader_id,
            question.offset,
            question.last_epoch,
            told.high_watermark,
            error,
            None if diverging.end_offset < 0 else EpochEnd(diverging.epoch, diverging.end_offset),
            tuple(self._entries(told.records or b"", question.epoch)),
            snapshot,
        )

    def _entries(self, data: Any, present_epoch: int) -> Iterator[Entry]:
        """The whole batches of an answer. Raises `CorruptRecords`."""
        for batch in read_batches(data):
            header = batch.header
            if header.magic != MAGIC_V2 or not batch.crc_is_valid():
                raise CorruptRecords(f"the batch at offset {header.base_offset} is damaged")
            size = header.last_offset - header.base_offset + 1
            said, voters = voters_of(batch), None
            if said is not None:
                self._voters.learn(said, is_latest=header.partition_leader_epoch == present_epoch)
                voters = {voter.id: voter.directory_id for voter in said}
            yield Entry(header.base_offset, header.partition_leader_epoch, size, batch.data, voters)

    # -- questions that come in ------------------------------------------------------------------------------

    def question(self, request: Message) -> Question:
        """What another voter asks. Raises `ApiError`."""
        if isinstance(request, voting.VoteRequest):
            asked = self._partition(request)
            self._check_voter(request.voter_id, asked.voter_directory_id)
            candidate = self._known(asked.replica_id, asked.replica_directory_id)
            return Vote(
                asked.replica_epoch, candidate, asked.last_offset_epoch, asked.last_offset, asked.pre_vote
            )
        if isinstance(request, begin.BeginQuorumEpochRequest):
            begun = self._partition(request)
            self._check_voter(request.voter_id, begun.voter_directory_id)
            return BeginEpoch(begun.leader_epoch, begun.leader_id)
        assert isinstance(request, end.EndQuorumEpochRequest), request
        ended = self._partition(request)
        successors = [candidate.candidate_id for candidate in ended.preferred_candidates]
        return EndEpoch(ended.leader_epoch, ended.leader_id, tuple(successors or ended.preferred_successors))

    def response(self, request: Message, answer: Answer) -> Message:
        """This voter's answer to it."""
        about: dict[str, Any] = {
            "partition_index": 0,
            "error_code": answer.error,
            "leader_id": answer.leader,
            "leader_epoch": answer.epoch,
        }
        module: Any
        response: type[Message]
        if isinstance(answer, VoteAnswer):
            module, response = voting, voting.VoteResponse
            about["vote_granted"] = answer.granted
        elif isinstance(request, end.EndQuorumEpochRequest):
            module, response = end, end.EndQuorumEpochResponse
        else:
            module, response = begin, begin.BeginQuorumEpochResponse
        partition = module.ResponsePartitionData(**about)
        topic = module.ResponseTopicData(topic_name=METADATA_TOPIC, partitions=[partition])
        leader = self._voters.get(answer.leader)
        places = [] if leader is None else [(leader.id, leader.host, leader.port)]
        nodes = [module.NodeEndpoint(node_id=id, host=host, port=port) for id, host, port in places]
        return response(topics=[topic], node_endpoints=nodes)

    def _partition(self, request: Any) -> Any:
        if request.cluster_id is not None and request.cluster_id != self._cluster_id:
            raise ApiError(ErrorCode.INCONSISTENT_CLUSTER_ID)
        topics = [
            (topic.topic_name, [p.partition_index for p in topic.partitions]) for topic in request.topics
        ]
        if topics != [(METADATA_TOPIC, [0])]:
            raise ApiError(ErrorCode.INVALID_REQUEST)
        return request.topics[0].partitions[0]

    def _check_voter(self, id: int, directory_id: UUID) -> None:
        """Is it this one that was asked?"""
        if id not in (NOBODY, self._node_id) or directory_id not in (
            ZERO_UUID,
            self._directory_of(self._node_id),
        ):
            raise ApiError(ErrorCode.INVALID_VOTER_KEY)

    def _known(self, id: int, directory_id: UUID) -> int:
        """Who of that id has lost its directory isn't the voter that it was."""
        is_it = id in self._voters and directory_id in (ZERO_UUID, self._directory_of(id))
        return id if is_it else STRANGER

    def _directory_of(self, id: int) -> UUID:
        """Raises `ApiError`: it isn't known."""
        if id not in self._voters:
            raise ApiError(ErrorCode.VOTER_NOT_FOUND)
        return self._voters[id].directory_id

    def _endpoint_of(self, id: int) -> dict[str, Any]:
        voter = self._voters[id]
        return {"name": voter.listener, "host": voter.host, "port": voter.port}
