"""A network of cores in virtual milliseconds: messages that are late or lost, disks that take their time, power cuts,
partitions; and what must hold of them all at any moment.

Rule: everything follows from the seed and from what is done to it; it costs a thousandth of a cluster of controllers,
and has the same core with the same rules. What breaks has the name that it has in a cluster (`minikafka.invariants`).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random

from minikafka.explore.quorums.voter import Voter
from minikafka.policy import Rules
from minikafka.protocol.errors import ErrorCode
from minikafka.quorum.raft import Entry, Role, Timing
from minikafka.quorum.raft.messages import Answer, Fetch, FetchAnswer, Question
from minikafka.quorum.state import QuorumState

USUAL = Timing()
HASTY = Timing(election_ms=30, fetch_ms=150, backoff_max_ms=30, request_ms=150, retry_ms=5)
"""Elections as long as a message may be under way: they collide."""
Pace = tuple[Timing, tuple[int, ...]]
PACES: tuple[Pace, ...] = (
    (USUAL, (1, 1, 2, 5, 30)),
    (USUAL, (1, 80)),
    (USUAL, (0, 20, 400)),
    (HASTY, (1, 1, 2)),
)
"""And how many milliseconds a disk takes."""
CALM = PACES[:1]
ONE_LEADER = "one leader in an epoch"
HAS_ALL = "a new controller has all that was committed"
STAYS = "committed metadata stays"
HAS_IT = "what is committed is in the log"
NEVER_FALLS = "a controller's high watermark never falls"
MATCH = "metadata logs match"


class Broken(AssertionError):
    """What must always hold doesn't: its name, and a sentence."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(f"{name}: {sentence}")
        self.name, self.sentence = name, sentence


@dataclass(frozen=True)
class Note:
    """Something that happened, in words."""

    at_ms: int
    words: str

    def __str__(self) -> str:
        return f"{self.at_ms / 1000:.3f} s {self.words}"


@dataclass(frozen=True)
class Stand:
    """Since then a voter is this, in that epoch. `state`: what is on its disk; None: it is down."""

    at_ms: int
    voter: int
    state: QuorumState | None


@dataclass(frozen=True)
class KnowingFetch(Fetch):
    """It says, too, which high watermark is known (KIP-1166), so that it isn't told the same again."""

    known: int = -1


class Network:
    """`ids`: its voters. Everything follows from the seed."""

    def __init__(
        self,
        voters: int,
        seed: int,
        rules: Rules | None = None,
        loss: float = 0.0,
        paces: Sequence[Pace] = PACES,
    ) -> None:
        self.random = Random(seed)
        self.rules = rules or Rules()
        self.loss = loss
        self.timing, self.disks_ms = self.random.choice(paces)
        self.now = 0
        self.ids = tuple(range(1, voters + 1))
        self.cut: set[tuple[int, int]] = set()
        """Links, by direction, that let nothing through."""
        self.leaders: dict[int, int] = {}
        self.committed: list[Entry] = []
        self.notes: list[Note] = []
        self.stood: list[Stand] = []
        self._votes: dict[int, tuple[int, int]] = {}
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self.nodes = {id: Voter(self, id) for id in self.ids}
        for node in self.nodes.values():
            node.start()

    def note(self, words: str) -> None:
        """Keep it, for who reads the story of this network."""
        self.notes.append(Note(self.now, words))

    def stands(self, node: Voter, state: QuorumState | None) -> None:
        """What is on its disk is this now; None: it is down."""
        self.stood.append(Stand(self.now, node.id, state))
        if state is None:
            return
        epoch = state.leader_epoch
        if state.leader_id == node.id:
            self.note(f"{node} is elected in epoch {epoch}; its log ends at {node.durable.end_offset}")
        elif (
            state.leader_id < 0
            and state.voted_id >= 0
            and self._votes.get(node.id) != (epoch, state.voted_id)
        ):
            self._votes[node.id] = (epoch, state.voted_id)
            whom = "itself" if state.voted_id == node.id else f"controller-{state.voted_id}"
            self.note(f"{node} votes for {whom} in epoch {epoch}")

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

    def send(self, node: Voter, to: int, message: Question) -> None:
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
        """Nothing gets to them, or from them, any more."""
        ways = [way for way, is_cut in (("to", inbound), ("from", outbound)) if is_cut]
        self.note(f"nothing gets {' or '.join(ways)} {', '.join(f'controller-{id}' for id in ids)} any more")
        for one in ids:
            for other in self.ids:
                if other not in ids:
                    self.cut |= {(one, other)} if outbound else set()
                    self.cut |= {(other, one)} if inbound else set()

    def mend_links(self) -> None:
        """No link is cut any more."""
        if self.cut:
            self.note("the network is whole again")
        self.cut.clear()

    def heal(self) -> None:
        """The network is whole, loses nothing, and all are up."""
        self.mend_links()
        self.loss = 0.0
        for node in self.nodes.values():
            if node.core is None:
                node.start()

    @property
    def leader(self) -> Voter | None:
        """Who was told that it leads, in the newest epoch."""
        leading = [node for node in self.nodes.values() if node.core is not None and node.leads >= 0]
        return max(leading, key=lambda node: node.leads, default=None)

    # What must hold.

    def check_leader(self, node: Voter) -> None:
        core = node.core
        if core is None or core.role is not Role.LEADER or core.epoch in self.leaders:
            if core is not None and core.role is Role.LEADER and self.leaders[core.epoch] != node.id:
                other = self.nodes[self.leaders[core.epoch]]
                raise Broken(ONE_LEADER, f"{other} and {node} both lead in epoch {core.epoch}")
            return
        self.leaders[core.epoch] = node.id
        earlier = [e for e in self.committed if e.epoch < core.epoch]
        if node.durable.entries[: len(earlier)] != earlier:
            lost = next(e for n, e in enumerate(earlier) if node.durable.entries[n : n + 1] != [e])
            where = f"at offset {lost.offset} in epoch {lost.epoch}"
            raise Broken(HAS_ALL, f"{node} leads epoch {core.epoch}, and hasn't what was committed {where}")

    def fell(self, node: Voter, committed: int) -> None:
        """What is committed stays so."""
        raise Broken(NEVER_FALLS, f"the high watermark of {node} fell from {node.committed} to {committed}")

    def check_committed(self, node: Voter) -> None:
        said = [e for e in node.durable.entries if e.next_offset <= node.committed]
        common = min(len(said), len(self.committed))
        if said[:common] != self.committed[:common]:
            raise Broken(STAYS, f"{node} takes something else for committed than what was")
        if node.committed > node.durable.end_offset:
            raise Broken(
                HAS_IT,
                f"{node} takes all below {node.committed} for committed, and its log ends at {node.durable.end_offset}",
            )
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
                    at = one[same[-1]]
                    raise Broken(
                        MATCH,
                        f"two logs have the same at offset {at.offset} of epoch {at.epoch}, and not before it",
                    )
