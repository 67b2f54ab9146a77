"""Twelve virtual seconds of faults on a small network of voters, then health: does work go on, and did all hold?

Rule: a disaster follows from its seed and the rules. It returns what came of it, with the story, and raises nothing
but what a rule raises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from minikafka.explore.quorums.network import Broken, Network, Note, Stand
from minikafka.policy import Rules

ELECTED = "a leader is elected"
GOES_ON = "what is written is committed"
LAST_NOTES = 9
"""Of a story: what led to its end."""


@dataclass(frozen=True)
class Outcome:
    """`broken`: what didn't hold. `epochs`: how many there were; `committed`: how many entries were in the end."""

    name: str
    seed: int
    broken: Broken | None
    notes: tuple[Note, ...]
    stood: tuple[Stand, ...]
    end_ms: int
    epochs: int
    committed: int

    @property
    def is_stuck(self) -> bool:
        """Nothing was lost, but nothing goes on."""
        return self.broken is not None and self.broken.name in (ELECTED, GOES_ON)

    @property
    def story(self) -> tuple[str, ...]:
        """The last things that happened, and how it ended."""
        if self.broken is None:
            return ()
        last = [str(note) for note in self.notes[-LAST_NOTES:]]
        return (*last, f"{self.end_ms / 1000:.3f} s {self.broken.name}: {self.broken.sentence}")

    def __str__(self) -> str:
        if self.broken is None:
            return f"{self.name}, seed {self.seed}: {self.epochs} epochs, {self.committed} entries committed, all held"
        return "\n".join((f"{self.name}, seed {self.seed}: broken", *self.story))


def tried(name: str, seed: int, network: Network, play: Callable[[Network], None]) -> Outcome:
    """What comes of it."""
    broken = None
    try:
        play(network)
    except Broken as what:
        broken = what
    return Outcome(
        name,
        seed,
        broken,
        tuple(network.notes),
        tuple(network.stood),
        network.now,
        max((epoch for epoch in network.leaders), default=0),
        len(network.committed),
    )


def disaster(seed: int, rules: Rules | None = None, *, voters_change: bool = False) -> Outcome:
    """One, of 3 or 5 voters."""
    luck = Random(f"disaster {seed}")
    network = Network(luck.choice((3, 3, 5)), seed, rules, loss=luck.choice((0.0, 0.02, 0.2)))

    def play(network: Network) -> None:
        writer = Writer(network)
        for _ in range(luck.randrange(4, 14)):
            if voters_change:
                change_voters(network, luck)
            befall(network, luck, writer)
            for _ in range(luck.randrange(6)):
                writer.write()
                network.run(luck.randrange(1, 400))
            network.check_logs()
        network.heal()
        goes_on(network)

    return tried("disaster", seed, network, play)


class Writer:
    """It asks everybody to append; who leads does."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._wanted = 0

    def write(self) -> None:
        for one in self._network.nodes.values():
            self._wanted += one.propose(f"record {self._wanted}")


def change_voters(network: Network, luck: Random) -> None:
    """One comes or goes, if somebody leads."""
    leader = network.leader
    if leader is None or leader.core is None:
        return
    voters = list(leader.core.voters)
    one = luck.choice(network.ids)
    others = [id for id in voters if id != one]
    leader.change_voters(others if one in voters and others else [*others, one])
    network.run(luck.choice((2, 10, 60, 300)))


def befall(network: Network, luck: Random, writer: Writer) -> None:
    """One fault, or none."""
    node = luck.choice(list(network.nodes.values()))
    match luck.randrange(9):
        case 0 | 1 if node.core is not None:
            node.cut_power()
        case 2 if node.core is None:
            node.start()
        case 3:
            network.isolate([node.id], inbound=luck.random() < 0.7)
        case 4 if network.leader is not None:
            network.isolate([network.leader.id], outbound=luck.random() < 0.7)
        case 5:
            network.mend_links()
        case 6 if node.core is not None:
            node.do(node.core.resign(network.now))
        case 7 if network.leader is not None:  # the newest is lost with whoever has it
            hit = sorted({network.leader.id, node.id})
            writer.write()
            network.run(luck.randrange(1, 40))
            for id in hit:
                network.nodes[id].cut_power()
            network.run(luck.randrange(1, 30))
            for id in hit:
                network.nodes[id].start()
        case 8:  # in the midst of elections and writes
            for _ in range(luck.randrange(2, 10)):
                again = luck.choice(list(network.nodes.values()))
                again.cut_power()
                again.start()
                writer.write()
                network.run(luck.choice((2, 10, 60, 300, 1200)))
        case _:
            pass


def goes_on(network: Network, ids: Sequence[int] = ()) -> None:
    """Those (all, unless said) elect a leader, what it is given is committed, and all come to have the same."""
    nodes = [network.nodes[id] for id in ids or network.ids]
    if not network.run_until(lambda: network.leader is not None, 30_000):
        raise Broken(
            ELECTED, "for 30 s nobody is elected, though enough controllers live and hear each other"
        )
    known = len(network.committed)
    stuck = Broken(GOES_ON, "for 30 s not all come to have the same, though they live and hear each other")
    if not network.run_until(lambda: bool(network.leader and network.leader.propose("last")), 10_000):
        raise stuck
    if not network.run_until(
        lambda: all(len(n.durable.entries) > known and n.committed == n.durable.end_offset for n in nodes),
        30_000,
    ):
        raise stuck
    network.check_logs()


def disasters(seeds: Sequence[int], rules: Rules | None = None) -> Outcome | None:
    """The first that breaks something."""
    return next((one for seed in seeds if (one := disaster(seed, rules)).broken is not None), None)
