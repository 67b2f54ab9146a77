"""Answers to writes, held to the end of the turn in which they would leave, where a log may have to be synced before.

Rule: a log is asked once for all that is acknowledged of it in a turn, after whatever arrived in that turn has been
appended: so a sync is shared. Under Kafka's own rule, which has had its say at each append, nothing is held.

Kafka: nothing (there `UnifiedLog.append` syncs by itself). Databases know it as group commit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from minikafka.policy import Rules
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.later import Later
from minikafka.protocol.messages.produce import PartitionProduceResponse, ProduceResponse
from minikafka.replication.partition import Partition
from minikafka.world import World

T = TypeVar("T")


@dataclass(slots=True)
class Written:
    """A batch that was appended, and what its producer is going to hear."""

    partition: Partition
    required_offset: int
    """One past its last record."""
    answer: PartitionProduceResponse

    def fail(self, error: ErrorCode) -> None:
        """It hears that instead."""
        self.answer.error_code = error
        self.answer.base_offset = -1
        self.answer.log_append_time_ms = -1
        self.answer.log_start_offset = -1


class _Held(NamedTuple):
    answer: ProduceResponse
    written: Sequence[Written]
    later: Later[ProduceResponse]


class LeavingAnswers:
    """Of one broker."""

    def __init__(
        self, world: World, rules: Rules, storage_failed: Callable[[Partition, OSError], None]
    ) -> None:
        self._world = world
        self._storage_failed = storage_failed
        self._held: list[_Held] = []
        self.are_held = rules.should_flush is not Rules().should_flush

    def hold(
        self, answer: ProduceResponse | Later[ProduceResponse], written: Sequence[Written]
    ) -> Later[ProduceResponse]:
        """The same answer, at the end of the turn in which it is there."""
        later: Later[ProduceResponse] = Later()
        if not isinstance(answer, Later):
            self._add(_Held(answer, written, later))
            return later
        waited: Later[ProduceResponse] = answer

        def is_there() -> None:
            if waited.error is not None:
                later.fail(waited.error)
                later.tell()
            else:
                self._add(_Held(waited.answer, written, later))

        waited.then(is_there)
        return later

    def _add(self, held: _Held) -> None:
        if not self._held:
            self._world.call_soon(self._end_of_turn)
        self._held.append(held)

    def _end_of_turn(self) -> None:
        leaving, self._held = self._held, []
        unsynced: dict[tuple[str, int], list[Written]] = {}
        for held in leaving:
            for written in held.written:
                is_told = written.answer.error_code == ErrorCode.NONE
                if is_told and written.required_offset > written.partition.log.recovery_point:
                    key = (written.partition.topic, written.partition.index)
                    unsynced.setdefault(key, []).append(written)
        for batches in unsynced.values():
            partition = batches[0].partition
            try:
                partition.log.flush_before_acks(len(batches))
            except OSError as problem:
                self._storage_failed(partition, problem)
                for written in batches:
                    written.fail(ErrorCode.KAFKA_STORAGE_ERROR)
        for held in leaving:
            held.later.give(held.answer)
        for held in leaving:
            held.later.tell()
