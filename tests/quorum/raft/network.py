"""A network of cores in virtual milliseconds: messages that are late or lost, disks that take their time, power cuts,
partitions; and what must hold of them all at any moment.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random
from uuid import UUID

from minikafka.policy import Rules
from minikafka.protocol.errors import ErrorCode
from minikafka.quorum.raft import (
    Entry,
    LogShape,
    NotLeading,
    RaftCore,
    Ready,
    Role,
    Timing,
    Unsettled,
    VoterSets,
)
from minikafka.quorum.raft.messages import Answer, Fetch, FetchAnswer, Question
from minikafka.quorum.state import QuorumState

USUAL = Timing()
HASTY = Timing(election_ms=30, fetch_ms=150, backoff_max_ms=30, request_ms=150, retry_ms=5)
"""Elections as long as a message may be under way: they collide."""
PACES = ((USUAL, (1, 1, 2, 5, 30)), (USUAL, (1, 80)), (USUAL, (0, 20, 400)), (HASTY, (1, 1, 2)))
"""And how many milliseconds a disk takes."""
HOLD_MS = 500
ENTRIES = 8


class Broken(AssertionError):
    """What must always hold doesn't."""


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


class Node:
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
        self.do(self.core.start(self.network.now))

    def cut_power(self) -> None:
        """All is lost that isn't durable."""
        self.life += 1
        self.core, self.leads = None, -1

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
        if ready.truncate_to is not None:
            durable.entries = [e for e in durable.entries if e.next_offset <= ready.truncate_to]
        durable.entries += ready.entries
        if ready.entries:
            last = ready.entries[-1]
            self.do(core.persisted(last.next_offset, last.epoch, self.network.now))
        for to, message in ready.messages:
            self.network.send(self, to, message)
        if ready.answer is not None and back is not None:
            back(ready.answer)
        if ready.committed > self.committed:
            self.committed = ready.committed
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
            is_empty = isinstance(said, FetchAnswer) and not (said.error or said.diverging or said.entries)
            known = getattr(message, "known", -1)
            if is_empty and said.high_watermark <= known and self.network.now - since_ms < HOLD_MS:
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


@dataclass(frozen=True)
class KnowingFetch(Fetch):
    """It says, too, which high watermark is known (KIP-1166), so that it isn't told the same again."""

    known: int = -1


class Network:
    """`ids`: its voters. Everything follows from the seed."""

    def __init__(self, voters: int, seed: int, rules: Rules | None = None, loss: float = 0.0) -> None:
        self.random = Random(seed)
        self.rules = rules or Rules()
        self.loss = loss
        self.timing, self.disks_ms = self.random.choice(PACES)
        self.now = 0
        self.ids = tuple(range(1, voters + 1))
        self.cut: set[tuple[int, int]] = set()
        """Links, by direction, that let nothing through."""
        self.leaders: dict[int, int] = {}
        self.committed: list[Entry] = []
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self.nodes = {id: Node(self, id) for id in self.ids}
        for node in self.nodes.values():
            node.start()

    def at(self, ms: int, event: Callable[[], None]) -> None:
        heapq.heappush(self._events, (ms, next(self._order), event))

    def disk_ms(self) -> int:
        return self.random.choice(self.disks_ms)

    def run(self, ms: int) -> None:
        end = self.now + ms
        while self._events and self._events[0][0] <= end:
            self.now, _, event = heapq.heappop(self._events)
            event()
        self.now = end

    def run_until(self, holds: Callable[[], bool], ms: int) -> bool:
        end = self.now + ms
        while not holds() and self.now < end:
            self.run(20)
        return holds()

    def send(self, node: Node, to: int, message: Question) -> None:
        life = node.life
        if isinstance(message, Fetch):
            message = KnowingFetch(
                message.epoch, message.replica, message.offset, message.last_epoch, node.committed
            )

        def answer(said: Answer | None) -> None:
            if life != node.life or node.core is None:
                return
            if said is not None:
                node.do(node.core.step(said, self.now))
            elif isinstance(message, Fetch):  # the connection ended
                failed = FetchAnswer(
                    message.epoch, to, message.offset, message.last_epoch, 0, ErrorCode.NETWORK_EXCEPTION
                )
                node.do(node.core.step(failed, self.now))

        self._carry(
            node.id,
            to,
            lambda: self.nodes[to].hear(message, lambda a: self._carry(to, node.id, lambda: answer(a))),
        )

    def _carry(self, origin: int, to: int, deliver: Callable[[], None]) -> None:
        if self.random.random() >= self.loss and (origin, to) not in self.cut:
            self.at(self.now + self.random.choice((1, 1, 2, 3, 10, 60)), deliver)

    # What people do to it.

    def isolate(self, ids: Sequence[int], *, inbound: bool = True, outbound: bool = True) -> None:
        for one in ids:
            for other in self.ids:
                if other not in ids:
                    self.cut |= {(one, other)} if outbound else set()
                    self.cut |= {(other, one)} if inbound else set()

    def heal(self) -> None:
        self.cut.clear()
        self.loss = 0.0
        for node in self.nodes.values():
            if node.core is None:
                node.start()

    @property
    def leader(self) -> Node | None:
        """Who was told that it leads, in the newest epoch."""
        leading = [node for node in self.nodes.values() if node.core is not None and node.leads >= 0]
        return max(leading, key=lambda node: node.leads, default=None)

    # What must hold.

    def check_leader(self, node: Node) -> None:
        core = node.core
        if core is None or core.role is not Role.LEADER or core.epoch in self.leaders:
            if core is not None and core.role is Role.LEADER and self.leaders[core.epoch] != node.id:
                raise Broken(f"{self.leaders[core.epoch]} and {node.id} lead epoch {core.epoch}")
            return
        self.leaders[core.epoch] = node.id
        earlier = [e for e in self.committed if e.epoch < core.epoch]
        if node.durable.entries[: len(earlier)] != earlier:
            raise Broken(f"{node.id} leads epoch {core.epoch} without all that was committed")

    def check_committed(self, node: Node) -> None:
        said = [e for e in node.durable.entries if e.next_offset <= node.committed]
        common = min(len(said), len(self.committed))
        if said[:common] != self.committed[:common]:
            raise Broken(f"{node.id} takes something else for committed than others did")
        if node.committed > node.durable.end_offset:
            raise Broken(f"{node.id} knows of commits that it hasn't got")
        self.committed += said[common:]

    def check_logs(self) -> None:
        """Equal offset and epoch: equal up to there."""
        logs = [node.durable.entries for node in self.nodes.values()]
        for n, one in enumerate(logs):
            for other in logs[:n]:
                same = [
                    i
                    for i, (a, b) in enumerate(zip(one, other, strict=False))
                    if (a.offset, a.epoch) == (b.offset, b.epoch)
                ]
                if same and one[: same[-1] + 1] != other[: same[-1] + 1]:
                    raise Broken("two logs agree at an offset, and not before it")
