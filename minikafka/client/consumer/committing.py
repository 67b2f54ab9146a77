"""A consumer's offsets: what it commits, when, and what it asks about them.

Rule: what is stored is committed, and nothing that no thread has been handed; a commit goes to the topic that was
read, and never to another one of its name; commits are carried out one by one, in the order in which they were
asked for. Kafka: `ConsumerCoordinator`, `OffsetFetcher`. Java's client never retries an asynchronous commit, since a
later one could have succeeded in between; librdkafka lets them wait, in order, for a coordinator. So do we.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from minikafka.client.connections.offsets import (
    EARLIEST,
    LATEST,
    GroupOffsets,
    OffsetAnswer,
    OffsetToCommit,
    Retrying,
    settled_offsets,
)
from minikafka.client.consumer.mailbox import Committed
from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error
from minikafka.client.values import TopicPartition
from minikafka.protocol.errors import ErrorCode

if TYPE_CHECKING:
    from minikafka.client.connections.reach import Reach
    from minikafka.client.consumer.drawing import Drawings
    from minikafka.client.consumer.group import Membership
    from minikafka.client.consumer.mailbox import Mailbox
    from minikafka.client.consumer.positions import Position
    from minikafka.client.values import Pair
    from minikafka.policy import Rules

_QUIET_COMMIT_TIMEOUT_S = 5.0
"""Neither close() nor a rebalance waits longer for a commit that nobody asked for."""


class ConsumerOffsets:
    """Commits for the membership's member, and asks leaders and the coordinator. Runs on the loop."""

    def __init__(
        self,
        reach: Reach,
        group: GroupOffsets,
        membership: Membership,
        positions: dict[Pair, Position],
        drawings: Drawings,
        mailbox: Mailbox,
        rules: Rules,
    ) -> None:
        self._reach, self._settings = reach, reach.settings
        self._group, self._membership = group, membership
        self._positions, self._drawings, self._mailbox = positions, drawings, mailbox
        self._rules = rules
        self._retrying = Retrying(reach.world, self._settings.seconds("retry.backoff.ms"))
        self._isolation = 1 if self._settings["isolation.level"] == "read_committed" else 0
        self._turn = asyncio.Lock()
        """Held by the commit that is on its way, retries included. The next one waits: it must not be overtaken."""
        self.wants_commit_event = False
        """Has the application an on_commit?"""

    # --- committing

    def stored(self, pairs: Iterable[Pair] | None = None) -> dict[Pair, OffsetToCommit]:
        """What is to be committed: stored and not committed yet."""
        offsets = {}
        for pair in list(self._positions) if pairs is None else pairs:
            position = self._positions.get(pair)
            if position is None:
                continue
            offset, epoch = self._drawings.storable(position)
            if offset >= 0 and offset != position.committed:
                offsets[pair] = OffsetToCommit(offset, epoch, topic_id=position.topic_id)
        return offsets

    async def commit(self, offsets: Mapping[Pair, OffsetToCommit], timeout_s: float) -> list[TopicPartition]:
        """Commits, after those asked for earlier, and retrying. Raises KafkaException when the whole commit fails; else
        each partition has its error."""
        deadline = self._reach.world.clock.now() + timeout_s
        offsets = {pair: self._with_topic_id(pair, commit) for pair, commit in offsets.items()}
        ours = {pair: self._positions.get(pair) for pair in offsets} if self._membership.is_on else {}

        async def attempt() -> dict[Pair, int]:
            lost = [pair for pair, position in ours.items() if self._positions.get(pair) is not position]
            left = {pair: commit for pair, commit in offsets.items() if pair not in lost}
            codes = await self._group.commit(left, self._membership.member) if left else {}
            return codes | dict.fromkeys(lost, int(ErrorCode.ILLEGAL_GENERATION))

        try:
            async with asyncio.timeout(timeout_s):
                await self._turn.acquire()
        except TimeoutError as cause:
            raise KafkaException(as_kafka_error(cause)) from cause
        try:
            codes = await self._retrying.run(attempt, deadline - self._reach.world.clock.now())
        finally:
            self._turn.release()
        result = []
        for pair, commit in offsets.items():
            code = codes.get(pair, 0)
            epoch = commit.leader_epoch if commit.leader_epoch >= 0 else None
            tp = TopicPartition(*pair, commit.offset, commit.metadata or None, epoch)
            tp.error = KafkaError(code) if code else None
            result.append(tp)
            position = self._positions.get(pair)
            if position is not None and not code:
                position.committed = commit.offset
        errors = [tp.error for tp in result]
        if errors and all(error is not None for error in errors):
            raise KafkaException(errors[0])
        return result

    def _with_topic_id(self, pair: Pair, commit: OffsetToCommit) -> OffsetToCommit:
        """The topic that this consumer reads, and not one that was made again under its name."""
        if commit.topic_id is not None:
            return commit
        position = self._positions.get(pair)
        return commit._replace(topic_id=None if position is None else position.topic_id)

    async def commit_and_tell(
        self, offsets: Mapping[Pair, OffsetToCommit], timeout_s: float | None = None
    ) -> None:
        """An asynchronous commit: its outcome goes to on_commit, if anybody listens."""
        try:
            result = await self.commit(offsets, timeout_s or self._settings.seconds("socket.timeout.ms"))
            self.tell(None, result)
        except KafkaException as cause:
            self.tell(cause.error, [TopicPartition(*pair, commit.offset) for pair, commit in offsets.items()])

    def tell(self, error: KafkaError | None, offsets: list[TopicPartition]) -> None:
        """Put what on_commit is called with into the mailbox."""
        if self.wants_commit_event:
            self._mailbox.put(Committed(error, offsets))

    async def commit_quietly(self, pairs: Iterable[Pair] | None = None) -> None:
        """What is stored, within a few seconds, and without complaints. Nothing for a cluster that never answered."""
        offsets = self.stored(pairs)
        if offsets and self._reach.metadata.brokers:
            await self.commit_and_tell(offsets, _QUIET_COMMIT_TIMEOUT_S)

    async def commit_by_time(self) -> None:
        """Commits now and then, as `enable.auto.commit` says."""
        while True:
            await asyncio.sleep(self._settings.seconds("auto.commit.interval.ms"))
            await self.commit_quietly()

    # --- asking

    async def committed(self, pairs: Sequence[Pair], timeout_s: float) -> dict[Pair, OffsetAnswer]:
        """What the group has committed. Raises KafkaException."""
        return await self._retrying.run(lambda: self._group.committed(pairs), timeout_s)

    async def at(self, wanted: Mapping[Pair, int], timeout_s: float) -> dict[Pair, OffsetAnswer]:
        """Offsets by timestamp, or LATEST or EARLIEST. Raises KafkaException."""
        connections, metadata = self._reach.connections, self._reach.metadata
        return await settled_offsets(
            connections, metadata, self._retrying, wanted, self._isolation, timeout_s
        )

    async def lag(self, timeout_s: float = 10.0, *, committed: bool = False) -> dict[Pair, int | None]:
        """How many records each assigned partition is behind, from its position or from what is committed."""
        pairs = list(self._positions)
        ends = await self.at(dict.fromkeys(pairs, LATEST), timeout_s)
        starts = await self.at(dict.fromkeys(pairs, EARLIEST), timeout_s)
        stands = {pair: position.standing for pair, position in self._positions.items()}
        if committed:
            answers = await self.committed(pairs, timeout_s)
            stands = {pair: a.offset if a.offset >= 0 else None for pair, a in answers.items()}
        return {
            pair: self._rules.lag(ends[pair].offset, stands.get(pair), starts[pair].offset)
            for pair in pairs
            if not ends[pair].error_code and not starts[pair].error_code
        }
