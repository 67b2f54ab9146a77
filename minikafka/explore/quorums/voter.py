"""A voter of a small network, and its disk: a core, and what is done for it.

Rule: what a core wants done is done in the order of its steps, each as long as the disk takes; a power cut leaves what
was done. What came of it is noted in words.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING
from uuid import UUID

from minikafka.quorum.raft import Entry, LogShape, NotLeading, RaftCore, Ready, Role, Unsettled, VoterSets
from minikafka.quorum.raft.messages import Answer, FetchAnswer, Question
from minikafka.quorum.state import QuorumState

if TYPE_CHECKING:
    from minikafka.explore.quorums.network import Network

HOLD_MS = 500
ENTRIES = 8
"""In an answer to a fetch, at most."""


@dataclass
class Durable:
    """What a power cut leaves."""

    state: QuorumState = field(default_factory=QuorumState)
    entries: list[Entry] = field(default_factory=list)

    @property
    def end_offset(self) -> int:
        return self.entries[-1].next_offset if self.entries else 0

    def shape(self) -> LogShape:
        shape = LogShape()
        for entry in self.entries:
            shape.append(entry.epoch, entry.size)
        return shape


class Voter:
    """A voter and its disk."""

    def __init__(self, network: Network, id: int) -> None:
        self.network, self.id = network, id
        self.durable = Durable()
        self.life = 0
        self.core: RaftCore | None = None
        self.leads = -1
        """The epoch in which it was told that it leads."""
        self.committed = 0
        self._disk_free_ms = 0
        self._alarm_ms = -1

    def __str__(self) -> str:
        return f"controller-{self.id}"

    def start(self) -> None:
        self.life += 1
        self.leads, self.committed, self._alarm_ms = -1, 0, -1
        said = [(e.offset, e.voters) for e in self.durable.entries if e.voters is not None]
        voters = VoterSets({id: UUID(int=id) for id in self.network.ids}, said)
        self.core = RaftCore(
            *(self.id, UUID(int=self.id)),
            voters,
            self.durable.state,
            self.durable.shape(),
            self.network.rules,
            Random(self.network.random.random()),
            timing=self.network.timing,
        )
        if self.life > 1:
            self.network.note(f"{self} starts again")
        self.do(self.core.start(self.network.now))

    def cut_power(self) -> None:
        """All is lost that isn't durable."""
        self.life += 1
        self.core, self.leads = None, -1
        self.network.note(f"{self} loses power; its log ends at {self.durable.end_offset}")
        self.network.stands(self, None)

    def propose(self, content: object) -> bool:
        if self.core is None or self.core.role is not Role.LEADER:
            return False
        self.do(self.core.propose(1, content, self.network.now))
        return True

    def change_voters(self, ids: Sequence[int]) -> bool:
        """These vote from now on, if that can be said now."""
        if self.core is None:
            return False
        try:
            self.do(self.core.change_voters({id: UUID(int=id) for id in ids}, self.network.now))
        except (NotLeading, Unsettled):
            return False
        return True

    def do(self, ready: Ready, back: Callable[[Answer], None] | None = None) -> None:
        """Carry it out, after what came before it."""
        network, life = self.network, self.life
        writes = ready.state is not None or ready.truncate_to is not None or ready.entries
        self._disk_free_ms = max(self._disk_free_ms, network.now) + (network.disk_ms() if writes else 0)

        def done() -> None:
            if life == self.life:
                self._done(ready, back)

        network.at(self._disk_free_ms, done)
        self._watch()

    def _done(self, ready: Ready, back: Callable[[Answer], None] | None) -> None:
        durable, core = self.durable, self.core
        assert core is not None
        if ready.state is not None:
            durable.state = ready.state
            self.network.stands(self, ready.state)
        if ready.truncate_to is not None:
            durable.entries = [e for e in durable.entries if e.next_offset <= ready.truncate_to]
            self.network.note(f"{self} cuts its log back to {ready.truncate_to}")
        durable.entries += ready.entries
        if ready.entries:
            last = ready.entries[-1]
            self.do(core.persisted(last.next_offset, last.epoch, self.network.now))
        for to, message in ready.messages:
            self.network.send(self, to, message)
        if ready.answer is not None and back is not None:
            back(ready.answer)
        if ready.committed < self.committed:
            self.network.fell(self, ready.committed)
        if ready.committed > self.committed:
            self.committed = ready.committed
            if core.role is Role.LEADER:
                self.network.note(f"{self}, which leads, takes all below {ready.committed} for committed")
            self.network.check_committed(self)
        if ready.leadership is not None:
            self.leads = ready.leadership.epoch if ready.leadership.leader == self.id else -1
        self.network.check_leader(self)

    def _filled(self, answer: Answer) -> Answer:
        """The leader's log is read in the very moment of its answer."""
        if not isinstance(answer, FetchAnswer) or answer.error or answer.diverging:
            return answer
        entries = [e for e in self.durable.entries if e.offset >= answer.offset][:ENTRIES]
        return replace(answer, entries=tuple(entries))

    def hear(self, message: Question, back: Callable[[Answer], None], since_ms: int | None = None) -> None:
        """A question. A fetch that brings nothing new waits."""
        if self.core is None:
            return
        since_ms = self.network.now if since_ms is None else since_ms

        def answer(said: Answer) -> None:
            known = getattr(message, "known", -1)
            is_nothing_new = (
                isinstance(said, FetchAnswer)
                and not (said.error or said.diverging or said.entries)
                and said.high_watermark <= known
            )
            if is_nothing_new and self.network.now - since_ms < HOLD_MS:
                self.network.at(self.network.now + 50, lambda: self.hear(message, back, since_ms))
            else:
                back(said)

        ready = self.core.step(message, self.network.now)
        self.do(ready if ready.answer is None else replace(ready, answer=self._filled(ready.answer)), answer)

    def _watch(self) -> None:
        assert self.core is not None
        due_ms = max(self.core.next_tick_ms, self.network.now + 1)
        if due_ms == self._alarm_ms or due_ms > 1 << 59:
            return
        self._alarm_ms, life = due_ms, self.life

        def ring() -> None:
            if life == self.life and self._alarm_ms == due_ms and self.core is not None:
                self._alarm_ms = -1
                self.do(self.core.tick(self.network.now))

        self.network.at(due_ms, ring)
