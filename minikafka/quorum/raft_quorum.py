"""A voter of a Raft quorum, as a controller has it: the core, its disk, its lines to the others, and its clock.

Rule: what the core wants done is done in the order of its steps, by one worker: written, made durable together with
all that came meanwhile, and only then said to others and to the controller. Kafka: `KafkaRaftClient`,
`KafkaRaftClientDriver`, `BatchAccumulator`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from uuid import UUID

from minikafka.log.log import LogSnapshot
from minikafka.metadata.batches import MetadataBatch
from minikafka.metadata.records import encode_record
from minikafka.policy import Rules
from minikafka.protocol.dispatch import CloseConnection
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.schema import Message
from minikafka.quorum.control_records import VoterNode, directories_of
from minikafka.quorum.metadata_store import MetadataStore
from minikafka.quorum.quorum import Listener, NotLeader
from minikafka.quorum.raft.core import NotLeading, RaftCore
from minikafka.quorum.raft.leading import NEVER_MS, Unsettled
from minikafka.quorum.raft.messages import (
    NOBODY,
    Answer,
    Fetch,
    FetchAnswer,
    SnapshotId,
)
from minikafka.quorum.raft.ready import Leadership, Ready
from minikafka.quorum.raft.timing import Timing
from minikafka.quorum.raft.voter_sets import VoterSets
from minikafka.quorum.raft_commits import Commits
from minikafka.quorum.raft_disk import Proposal, RaftDisk, end_of, voters_in
from minikafka.quorum.raft_peers import Peers
from minikafka.quorum.raft_wire import Most, Wire
from minikafka.quorum.snapshot_file import MetadataSnapshot, SnapshotName
from minikafka.quorum.snapshot_writer import SnapshotWriter
from minikafka.quorum.state import QuorumState, QuorumStateKept
from minikafka.quorum.voter_book import VoterBook
from minikafka.records.batch import NewRecord, build_batch
from minikafka.world import Alarm, World, with_descriptors

GOODBYE_S = 1.0
"""So long a leader that leaves waits for the others to hear of it."""

Reply = asyncio.Future[Answer]


class RaftQuorum:
    """See `Quorum`. Made by `open`, then `load`, then `join`."""

    def __init__(
        self,
        world: World,
        store: MetadataStore,
        node_id: int,
        cluster_id: str,
        rules: Rules,
        timing: Timing,
        most: Most,
    ) -> None:
        self.node_id = node_id
        self._world = world
        self._store = store
        self._cluster_id = cluster_id
        self._rules = rules
        self._timing = timing
        self._most = most
        self._core: RaftCore | None = None
        self._book: VoterBook
        self._listener: Listener | None = None
        self._on_progress: list[Callable[[], None]] = []
        self._disk = RaftDisk(world, store)
        self._commits = Commits(store, self._disk.own)
        self._to_do: deque[tuple[Ready, Reply | None]] = deque()
        self._working: asyncio.Task[None] | None = None
        self._alarm: Alarm | None = None
        self._is_open = True

    @classmethod
    def open(
        cls,
        world: World,
        node_id: int,
        rules: Rules,
        *,
        segment_bytes: int,
        known_by: str,
        cluster_id: str,
        timing: Timing,
        fetch_max_bytes: int = 8 << 20,
        snapshot_max_bytes: int = 8 << 20,
    ) -> RaftQuorum:
        """As `MetadataStore.open`; what isn't known to be committed may be missing, the others have it."""
        store = MetadataStore.open(
            world, rules, segment_bytes=segment_bytes, known_by=known_by, may_be_empty=True
        )
        below = 0 if store.snapshot_below is None else store.snapshot_below.name.end_offset
        store.log.high_watermark = max(store.start_offset, store.noted_committed, below)
        return cls(
            world, store, node_id, cluster_id, rules, timing, Most(fetch_max_bytes, snapshot_max_bytes)
        )

    # -- what is known ---------------------------------------------------------------------------------------

    @property
    def leader(self) -> VoterNode | None:
        return None if self._core is None else self._book.get(self._core.leader)

    @property
    def voters(self) -> tuple[VoterNode, ...]:
        return () if self._core is None else self._nodes(self._core.directories)

    def _nodes(self, directories: Mapping[int, UUID]) -> tuple[VoterNode, ...]:
        known = [(self._book[id], directory_id) for id, directory_id in sorted(directories.items())]
        return tuple(one if one.directory_id == its else replace(one, directory_id=its) for one, its in known)

    @property
    def leader_epoch(self) -> int:
        return self._store.state.leader_epoch if self._core is None else self._core.epoch

    @property
    def snapshot_below(self) -> MetadataSnapshot | None:
        return self._store.snapshot_below

    @property
    def start_offset(self) -> int:
        return self._store.start_offset

    @property
    def end_offset(self) -> int:
        return self._store.end_offset

    @property
    def next_offset(self) -> int:
        return self._store.end_offset if self._core is None else self._core.log.end_offset

    @property
    def high_watermark(self) -> int:
        return self._store.high_watermark

    @property
    def synced_offset(self) -> int:
        return self._store.log.recovery_point

    @property
    def state(self) -> QuorumState:
        return self._store.state

    @property
    def bytes_since_snapshot(self) -> int:
        return self._store.bytes_since_snapshot

    def begin_snapshot(self, name: SnapshotName, last_contained_ms: int) -> SnapshotWriter | None:
        writer = self._store.begin_snapshot(name)
        if writer is not None and self._core is not None:
            writer.begin(self._nodes(self._core.directories_at(name.end_offset)), last_contained_ms)
        return writer

    def took_snapshot(self, name: SnapshotName, retention_bytes: int, retention_ms: int) -> None:
        self._store.took_snapshot(name)
        self._store.clean(retention_bytes, retention_ms)

    def snapshot(self) -> LogSnapshot:
        return self._store.snapshot()

    def read(self, offset: int, max_bytes: int, up_to_offset: int) -> memoryview:
        return self._store.read(offset, max_bytes, up_to_offset)

    def read_snapshot(self, name: SnapshotName, position: int, max_bytes: int) -> tuple[bytes, int] | None:
        return self._store.read_snapshot(name, position, max_bytes)

    def on_progress(self, callback: Callable[[], None]) -> None:
        self._on_progress.append(callback)

    # -- taking part -----------------------------------------------------------------------------------------

    def load(self, listener: Listener) -> None:
        self._listener = listener
        self._commits.begin_anew(listener)
        self._commits.tell(listener, self.high_watermark)

    def join(self, voter: VoterNode, voters: Sequence[VoterNode]) -> None:
        """Elections take their time: nobody leads at once."""
        first = {one.id: one for one in voters}
        assert first.get(self.node_id, voter) == voter, "a node votes as itself"
        said = list(self._store.voters())
        self._book = VoterBook(voter, voters)
        for _, nodes in said:
            self._book.learn(nodes, is_latest=False)  # they may have moved since
        self._store.keep(self._store.state)  # from now on it has taken part
        if self._store.state.leader_id != self.node_id:  # else it is about to say that it leads no more
            self._world.trace.emit(QuorumStateKept.of(self.node_id, self._store.state))
        self._wire = Wire(self._cluster_id, self.node_id, self._book, self._most)
        timeout_s = self._timing.request_ms / 1000 * 0.9
        self._peers = Peers(self._world, self.node_id, self._book, self._wire, timeout_s, self._heard)
        self._core = RaftCore(
            *(self.node_id, voter.directory_id),
            VoterSets(directories_of(voters), ((at, directories_of(nodes)) for at, nodes in said)),
            self._store.state,
            self._store.shape(),
            self._rules,
            self._world.random,
            committed=self.high_watermark,
            timing=self._timing,
            opens=self._opens,
        )
        self._do(self._core.start(self._now_ms()))

    def _opens(self, id: SnapshotId, data: bytes) -> Mapping[int, UUID] | None:
        voters = voters_in(id, data)
        if voters is None:
            return None
        self._book.learn(voters, is_latest=id.epoch == self.leader_epoch)
        return directories_of(voters)

    def propose(self, records: Sequence[Message]) -> int:
        assert records, "an empty batch can't be committed"
        if self._core is None or not self._is_open:
            raise NotLeader
        now_ms = self._world.clock.time_ms()
        values = [NewRecord(now_ms, None, encode_record(record)) for record in records]
        offset, epoch = self.next_offset, self.leader_epoch
        batch = MetadataBatch(offset, offset + len(values) - 1, epoch, list(records))
        proposal = Proposal(build_batch(values, leader_epoch=epoch), batch)
        try:
            ready = self._core.propose(len(values), proposal, self._now_ms())
        except NotLeading:
            raise NotLeader from None
        self._do(ready)
        return offset

    def follow(self, fetch: Fetch) -> FetchAnswer:
        if self._core is None:
            error, committed = ErrorCode.NOT_LEADER_OR_FOLLOWER, self.high_watermark
            return FetchAnswer(self.leader_epoch, NOBODY, fetch.offset, fetch.last_epoch, committed, error)
        ready = self._core.step(fetch, self._now_ms())
        self._do(ready)
        assert isinstance(ready.answer, FetchAnswer)
        return ready.answer

    async def consult(self, request: Message) -> Message:
        if self._core is None or not self._is_open:
            raise CloseConnection("this controller is about to start, or has stopped")
        question = self._wire.question(request)
        reply: Reply = asyncio.get_running_loop().create_future()
        self._do(self._core.step(question, self._now_ms()), reply)
        return self._wire.response(request, await reply)

    async def change_voters(self, voters: Sequence[VoterNode], timeout_s: float) -> None:
        if self._core is None or not self._is_open:
            raise NotLeader
        try:
            ready = self._core.change_voters(directories_of(voters), self._now_ms())
        except NotLeading:
            raise NotLeader from None
        except Unsettled:
            raise ApiError(
                ErrorCode.REQUEST_TIMED_OUT, "The last change of the voters isn't committed yet."
            ) from None
        self._book.learn(voters, is_latest=True)
        done = self._commits.wait_for(ready.entries[-1].offset)
        self._do(ready)
        if timeout_s <= 0:
            return
        try:
            async with asyncio.timeout(timeout_s):
                await done
        except TimeoutError:
            raise ApiError(
                ErrorCode.REQUEST_TIMED_OUT, "The change of the voters isn't committed yet."
            ) from None

    async def leave(self) -> None:
        if self._core is None:
            return
        self._do(self._core.resign(self._now_ms()))
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_S):
                while self._working is not None:
                    await asyncio.shield(self._working)
                await self._peers.wait()

    def close(self) -> None:
        self._end()
        self._store.close()

    def abandon(self) -> None:
        self._end()
        self._store.abandon()

    def _end(self) -> None:
        self._is_open = False
        if self._alarm is not None:
            self._alarm.cancel()
        for _, reply in self._to_do:
            if reply is not None and not reply.done():
                reply.set_exception(CloseConnection("this controller has stopped"))
        self._to_do.clear()
        self._commits.is_open = False
        self._commits.wake(leads=False)
        if self._core is not None:
            self._peers.close()

    # -- time ------------------------------------------------------------------------------------------------

    def _now_ms(self) -> int:
        return int(self._world.clock.now() * 1000)

    def _watch(self) -> None:
        """One timer; when what it was set for has moved on, it finds nothing to do and is set anew."""
        assert self._core is not None
        due_ms = self._core.next_tick_ms
        if due_ms >= NEVER_MS or not self._is_open:
            return
        due_s = due_ms / 1000 + 0.001
        if self._alarm is not None:
            if self._alarm.when() <= due_s:
                return
            self._alarm.cancel()
        self._alarm = self._world.alarm(max(0.0, due_s - self._world.clock.now()), self._ring)

    def _ring(self) -> None:
        self._alarm = None
        if self._core is not None and self._is_open:
            self._do(self._core.tick(self._now_ms()))

    # -- doing what the core wants ---------------------------------------------------------------------------

    def _do(self, ready: Ready, reply: Reply | None = None) -> None:
        if not self._is_open:
            return
        if reply is None and not self._to_do and ready.is_nothing_above(self.high_watermark):
            self._watch()
            return
        self._to_do.append((ready, reply))
        if self._working is None:
            self._working = self._world.spawn(self._work(), "metadata log")
        self._watch()

    async def _work(self) -> None:
        try:
            while self._to_do and self._is_open:
                done: list[tuple[Ready, Reply | None]] = []
                last: tuple[int, int] | None = None
                while self._to_do:
                    ready = self._to_do[0][0]
                    for write in self._disk.writes(ready, self._book):
                        await with_descriptors(write)
                    last = end_of(ready) or last
                    done.append(self._to_do.popleft())
                if last is not None:
                    await with_descriptors(self._store.log.flush)
                for ready, reply in done:
                    if self._is_open:
                        self._say(ready, reply)
                if last is not None and self._is_open and self._core is not None:
                    self._do(self._core.persisted(*last, self._now_ms()))
                    await with_descriptors(self._store.note_segment)
        except OSError as error:
            assert self._listener is not None
            self._listener.on_failure(error)
        finally:
            self._working = None

    def _say(self, ready: Ready, reply: Reply | None) -> None:
        if ready.state is not None:
            self._world.trace.emit(QuorumStateKept.of(self.node_id, ready.state))
        for to, question in ready.messages:
            self._peers.send(to, question, self.high_watermark)
        if reply is not None and ready.answer is not None and not reply.done():
            reply.set_result(ready.answer)
        assert self._listener is not None
        if ready.install is not None:
            self._commits.begin_anew(self._listener)
        is_news = bool(ready.entries or ready.install) or ready.leadership is not None
        if ready.committed > self.high_watermark:
            self._store.log.high_watermark = ready.committed
            self._commits.tell(self._listener, ready.committed)
            is_news = True
        if ready.leadership is not None:
            self._tell(ready.leadership)
        self._commits.wake(leads=self._core is not None and self._core.leader == self.node_id)
        if is_news:
            for callback in self._on_progress:
                callback()

    def _tell(self, leadership: Leadership) -> None:
        if leadership.leader != self.node_id:
            self._disk.own.clear()
        assert self._listener is not None
        self._listener.on_leader(leadership.leader, leadership.epoch)

    def _heard(self, answer: Answer) -> None:
        if self._is_open and self._core is not None:
            self._do(self._core.step(answer, self._now_ms()))
