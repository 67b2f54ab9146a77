"""A coordinator on one partition of an internal topic: the shell around a pure core.

Rule: load, decide, append, replay after the write, answer when it is committed. Requests decide at once, in
the order in which they come; one task appends what they decided, several decisions in a batch, one append at a
time. What a decision asks of other brokers is sent when its records are committed. A decision that depends on
what is persisted takes its turn in that queue ("alone"), where every earlier write is replayed.
Kafka: `CoordinatorRuntime.CoordinatorContext`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from minikafka.coordinator.core import Core, MetadataStep
from minikafka.coordinator.decision import (
    BrokerAnswer,
    BrokerRequest,
    Decision,
    Timer,
    TimerKey,
    coordinator_error,
)
from minikafka.coordinator.events import (
    CoordinatorFailed,
    CoordinatorLoaded,
    CoordinatorRecordSkipped,
    CoordinatorResigned,
)
from minikafka.protocol.errors import ApiError, ErrorCode
from minikafka.protocol.schema import Message, Struct
from minikafka.records.batch import NewRecord, Record
from minikafka.world import Alarm, World, reason_of

MAX_APPEND_BYTES = 512 * 1024
RECORDS_PER_LOAD_STEP = 1_000
C = TypeVar("C", bound=Core)
Send = Callable[[BrokerRequest], Awaitable[Message]]
"""Asks another broker. Raises OSError, TimeoutError or ApiError when there is no answer."""


class Journal(Protocol):
    """The log of the partition, as the broker lends it for one leader epoch."""

    @property
    def epoch(self) -> int: ...

    async def append(self, records: Sequence[NewRecord]) -> int:
        """Write, and return the first offset once all is at or below the high watermark. Raises ApiError."""

    def read_all(self) -> Iterator[Record]:
        """Every record of the partition, oldest first."""


class ShardState(StrEnum):
    LOADING = "loading"
    ACTIVE = "active"
    FAILED = "failed"
    RESIGNED = "resigned"


@dataclass(slots=True)
class _Write:
    """A decision on its way to the log. `decide` is set while it still awaits its turn to be made."""

    token: int
    decision: Decision
    decide: Callable[[], Decision] | None = None


class Shard(Generic[C]):
    """One partition's coordinator. Made when this broker becomes its leader, thrown away when it resigns."""

    def __init__(
        self, world: World, core: C, topic: str, partition: int, epoch: int, journal: Journal, send: Send
    ) -> None:
        self.world = world
        self.core = core
        """Decides. What is stored changes by `replay` of committed records only."""
        self.topic = topic
        self.partition = partition
        self.epoch = epoch
        """The leader epoch in which this broker began to lead the partition."""
        self.state = ShardState.LOADING
        """LOADING → ACTIVE or FAILED; RESIGNED is final. Only an ACTIVE one decides."""
        self.moves = 0
        """Grows with each decision: who looked, and finds it as it was, needn't look again."""
        self._journal = journal
        self._send = send
        self._asking: dict[int, asyncio.Task[None]] = {}
        """Requests to other brokers that a decision asked for and that have no answer yet."""
        self._waiting: dict[int, asyncio.Future[Struct]] = {}
        """By token: who waits for an answer that a later decision will give."""
        self._next_token = 0
        self._queue: deque[_Write] = deque()
        """Decisions that are not on their way to the log yet, in the order in which they will be written."""
        self._is_writing = False
        """At most one write is on its way at a time."""
        self._timers: dict[TimerKey, Alarm] = {}

    # --- life

    async def load(self) -> None:
        """Replay the log, giving way to others now and then."""
        count = 0
        try:
            for stored in self._journal.read_all():
                try:
                    record = self.core.decode(stored.key, stored.value)
                    if record is not None:
                        self.core.replay(record)
                except ValueError as problem:
                    # It stays in the log; the other groups must not do without their coordinator.
                    self.world.trace.emit(
                        CoordinatorRecordSkipped(self.topic, self.partition, stored.offset, str(problem))
                    )
                count += 1
                if count % RECORDS_PER_LOAD_STEP == 0:
                    await asyncio.sleep(0)
                    if self.state is not ShardState.LOADING:
                        return
        except Exception as problem:
            self.state = ShardState.FAILED
            self.world.trace.emit(CoordinatorFailed(self.topic, self.partition, reason_of(problem)))
            if not isinstance(problem, (OSError, ValueError)):
                raise
            return  # what is stored can't be read: those whose partition this is are told, all others keep working
        self.state = ShardState.ACTIVE
        decision = self.core.loaded(self.world.clock.time_ms())
        self.world.trace.emit(CoordinatorLoaded(self.topic, self.partition, self.epoch, count))
        self.take(decision)

    def resign(self) -> None:
        """Answer all who wait with NOT_COORDINATOR, and do nothing more."""
        if self.state is ShardState.RESIGNED:
            return
        was_active = self.state is ShardState.ACTIVE
        self.state = ShardState.RESIGNED
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        self._queue.clear()
        for task in self._asking.values():
            task.cancel()
        self._asking.clear()
        for answer in self.core.unload().answers if was_active else ():
            self._resolve(answer.token, answer.response)
        for token in list(self._waiting):
            self._refuse(token, ErrorCode.NOT_COORDINATOR)
        self.world.trace.emit(CoordinatorResigned(self.topic, self.partition))

    def check_active(self) -> None:
        """Raises ApiError while this broker cannot speak for the partition."""
        if self.state is ShardState.LOADING:
            raise ApiError(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
        if self.state is ShardState.FAILED:
            raise ApiError(ErrorCode.COORDINATOR_NOT_AVAILABLE)
        if self.state is not ShardState.ACTIVE:
            raise ApiError(ErrorCode.NOT_COORDINATOR)

    # --- asking

    async def ask(self, decide: Callable[[int], Decision]) -> Struct:
        """Decide now; return the answer when it may be given. Raises ApiError."""
        self.check_active()
        token = self._token()
        decision = decide(token)
        if decision.response is not None and not decision.records:
            self.take(decision)
            return decision.response
        future = self._expect(token)
        self.take(decision, token)
        return await self._answer(token, future)

    async def ask_alone(self, decide: Callable[[], Decision]) -> Struct:
        """Decide when all earlier writes are replayed. Raises ApiError."""
        self.check_active()
        token = self._token()
        future = self._expect(token)
        self._enqueue(_Write(token, Decision(), decide))
        return await self._answer(token, future)

    def run_alone(self, decide: Callable[[], Decision]) -> None:
        """As `ask_alone`, for the coordinator's own chores, which nobody waits for."""
        self._enqueue(_Write(self._token(), Decision(), decide))

    def on_metadata(self, step: MetadataStep) -> None:
        """The cluster changed."""
        chore = self.core.on_metadata(step)
        if chore is not None:
            self.run_alone(lambda: chore(self.world.clock.time_ms()))

    def take(self, decision: Decision, token: int = -1) -> None:
        """Do what a core decided: set timers, answer, tell the trace, queue the records, ask others."""
        self.moves += 1
        for timer in decision.timers:
            self._set_timer(timer)
        for event in decision.events:
            self.world.trace.emit(event)
        for answer in decision.answers:
            self._resolve(answer.token, answer.response)
        if decision.records:
            self._enqueue(_Write(token, decision))
            return
        if decision.response is not None:
            self._resolve(token, decision.response)
        self._ask_brokers(decision.requests)

    def _token(self) -> int:
        self._next_token += 1
        return self._next_token

    def _expect(self, token: int) -> asyncio.Future[Struct]:
        future: asyncio.Future[Struct] = asyncio.get_running_loop().create_future()
        self._waiting[token] = future
        return future

    async def _answer(self, token: int, future: asyncio.Future[Struct]) -> Struct:
        try:
            return await future
        finally:
            self._waiting.pop(token, None)

    def _resolve(self, token: int, response: Struct) -> None:
        future = self._waiting.pop(token, None)
        if future is not None and not future.done():
            future.set_result(response)

    def _refuse(self, token: int, code: ErrorCode) -> None:
        future = self._waiting.pop(token, None)
        if future is not None and not future.done():
            future.set_exception(ApiError(code))

    # --- asking other brokers

    def _ask_brokers(self, requests: Sequence[BrokerRequest]) -> None:
        for request in requests:
            number = self._token()
            work = self._ask_broker(number, request)
            self._asking[number] = self.world.spawn(work, f"coordinator-{self.partition}-asks")

    async def _ask_broker(self, number: int, request: BrokerRequest) -> None:
        try:
            answer = BrokerAnswer(request, await self._send(request))
        except (OSError, TimeoutError, ApiError) as problem:
            answer = BrokerAnswer(request, None, reason_of(problem))
        self._asking.pop(number, None)
        if self.state is ShardState.ACTIVE:
            self.take(self.core.answered(answer, self.world.clock.time_ms()))

    # --- timers

    def due_at(self, key: TimerKey) -> float | None:
        """On the loop's clock, when a timer ends."""
        alarm = self._timers.get(key)
        return None if alarm is None else alarm.when()

    def _set_timer(self, timer: Timer) -> None:
        running = self._timers.pop(timer.key, None)
        if running is not None:
            running.cancel()
        if timer.delay_s is not None:
            self._timers[timer.key] = self.world.alarm(timer.delay_s, self._on_timer, timer)

    def _on_timer(self, timer: Timer) -> None:
        self._timers.pop(timer.key, None)
        if self.state is not ShardState.ACTIVE:
            return
        if timer.alone:
            self.run_alone(lambda: self._expire(timer))
        else:
            self.take(self._expire(timer))

    def _expire(self, timer: Timer) -> Decision:
        return self.core.expire(timer.key, self.world.clock.time_ms())

    # --- writing

    def _enqueue(self, write: _Write) -> None:
        self._queue.append(write)
        if not self._is_writing:
            self._is_writing = True
            self.world.spawn(self._write_all(), f"coordinator-{self.partition}-writer")

    async def _write_all(self) -> None:
        try:
            while self._queue and self.state is ShardState.ACTIVE:
                batch, records = self._next_batch()
                if records:
                    await self._write(batch, records)
        except Exception:
            # What failed is told and recorded; what waits behind it gets its own try.
            self._is_writing = False
            if self._queue:
                self._enqueue(self._queue.pop())
            raise
        self._is_writing = False

    def _next_batch(self) -> tuple[list[_Write], list[NewRecord]]:
        """As many waiting decisions as fit. One that was to be made alone is made now, and goes first."""
        batch: list[_Write] = []
        records: list[NewRecord] = []
        size_bytes = 0
        while self._queue and (self._queue[0].decide is None or not batch):
            write = self._queue.popleft()
            if write.decide is not None and not self._decide_alone(write):
                continue
            try:
                encoded = self._encode(write.decision)
            except ValueError:  # a name too long for the record's format
                self._fail([write], ErrorCode.UNKNOWN_SERVER_ERROR)
                continue
            encoded_bytes = sum(len(r.key or b"") + len(r.value or b"") for r in encoded)
            if batch and size_bytes + encoded_bytes > MAX_APPEND_BYTES:
                self._queue.appendleft(write)
                break
            batch.append(write)
            records.extend(encoded)
            size_bytes += encoded_bytes
        return batch, records

    def _decide_alone(self, write: _Write) -> bool:
        """Make the decision; False if there is nothing to write and whoever asked has the answer."""
        assert write.decide is not None
        decide, write.decide = write.decide, None
        try:
            decision = decide()
        except ApiError as error:
            self._refuse(write.token, error.code)
            return False
        if not decision.records:
            self.take(decision, write.token)
            return False
        write.decision = decision
        self.take(Decision((), None, decision.answers, decision.timers, decision.events))
        return True

    def _encode(self, decision: Decision) -> list[NewRecord]:
        now_ms = self.world.clock.time_ms()
        return [NewRecord(now_ms, *self.core.encode(record)) for record in decision.records]

    async def _write(self, batch: list[_Write], records: list[NewRecord]) -> None:
        try:
            await self._journal.append(records)
        except ApiError as error:
            self._fail(batch, error.code)
        except Exception:
            self._fail(batch, ErrorCode.UNKNOWN_SERVER_ERROR)
            raise
        else:
            self._committed(batch)

    def _committed(self, batch: list[_Write]) -> None:
        """Replay, then answer."""
        if self.state is not ShardState.ACTIVE:
            return
        now_ms = self.world.clock.time_ms()
        for write in batch:
            for record in write.decision.records:
                self.core.replay(record, now_ms)
            self.take(self.core.drain())
            if write.decision.response is not None:
                self._resolve(write.token, write.decision.response)
            self._ask_brokers(write.decision.requests)

    def _fail(self, batch: list[_Write], code: ErrorCode) -> None:
        told = coordinator_error(code)
        for write in batch:
            if self.state is ShardState.ACTIVE and write.decision.on_failure is not None:
                now_ms = self.world.clock.time_ms()
                self.take(self.core.write_failed(write.decision.on_failure, told, now_ms))
            if write.decision.response is not None:
                self._refuse(write.token, told)
