"""Accidents that chance seldom makes, step by step, on small networks of voters.

Rule: under Kafka's rules each ends well, under every seed; a scene says of one wrong decision what it costs.
"""

from __future__ import annotations

from collections.abc import Callable

from minikafka.explore.quorums.disaster import Outcome, goes_on, tried
from minikafka.explore.quorums.network import CALM, Broken, Network
from minikafka.explore.quorums.voter import ENTRIES, Voter
from minikafka.policy import Rules

UNDISTURBED = "a leader that works goes on leading"
PATIENCE_MS = 30_000


def _calm(seed: int, rules: Rules | None, voters: int = 3) -> Network:
    return Network(voters, seed, rules, paces=CALM)


def _leader(network: Network, besides: Voter | None = None) -> Voter:
    """As soon as somebody (else) leads."""
    found: list[Voter] = []

    def leads() -> bool:
        found[:] = [
            n for n in network.nodes.values() if n.core is not None and n.leads >= 0 and n is not besides
        ]
        return bool(found)

    if not network.run_until(leads, PATIENCE_MS):
        raise Broken(
            "a leader is elected", "for 30 s nobody is elected, though a majority lives and hears each other"
        )
    return max(found, key=lambda node: node.leads)


def _write(network: Network, node: Voter, count: int, word: str) -> None:
    for n in range(count):
        node.propose(f"{word} {n}")
    network.run(200)


def one_is_away(seed: int, rules: Rules | None = None) -> Outcome:
    """Of 3 one is dead, of 5 two: the others go on."""
    network = _calm(seed, rules, 3 + 2 * (seed % 2))

    def play(network: Network) -> None:
        away = network.ids[: len(network.ids) // 2]
        for id in away:
            network.nodes[id].cut_power()
        goes_on(network, network.ids[len(away) :])

    return tried("a minority is away", seed, network, play)


def two_halves(seed: int, rules: Rules | None = None) -> Outcome:
    """Of four, two hear each other, and two."""
    network = _calm(seed, rules, 4)

    def play(network: Network) -> None:
        leader = _leader(network)
        network.run(500)
        other = next(id for id in network.ids if id != leader.id)
        network.isolate([leader.id, other])
        for n in range(20):
            for node in network.nodes.values():
                node.propose(f"half {n}")
            network.run(500)
        network.mend_links()
        goes_on(network)

    return tried("two halves of four", seed, network, play)


def one_comes_back(seed: int, rules: Rules | None = None) -> Outcome:
    """A follower was cut off for a while: it has missed the leader, nobody else has."""
    network = _calm(seed, rules)

    def play(network: Network) -> None:
        for _ in range(5):
            leader = _leader(network)
            network.run(500)
            epoch = leader.leads
            late = next(node for node in network.nodes.values() if node is not leader)
            network.isolate([late.id])
            network.run(10_000)
            network.mend_links()
            network.run(3_000)
            if leader.leads != epoch:
                told = f"{leader} led epoch {epoch}, and a majority heard it; {late} came back, and it was deposed"
                raise Broken(UNDISTURBED, told)
        goes_on(network)

    return tried("one comes back", seed, network, play)


def long_log_of_an_old_epoch(seed: int, rules: Rules | None = None) -> Outcome:
    """A leader that nobody hears writes much; the next one writes little, and that is committed."""
    network = _calm(seed, rules)

    def play(network: Network) -> None:
        old = _leader(network)
        network.run(500)
        network.isolate([old.id])
        _write(network, old, 12, "unheard")
        new = _leader(network, besides=old)
        _write(network, new, 1, "heard")
        if not network.run_until(
            lambda: bool(network.committed and network.committed[-1].content == "heard 0"), PATIENCE_MS
        ):
            raise Broken(
                "what is written is committed",
                "two of three live and hear each other, and nothing is committed",
            )
        new.cut_power()
        network.mend_links()
        goes_on(network, [id for id in network.ids if id != new.id])
        network.heal()
        goes_on(network)

    return tried("a long log of an old epoch", seed, network, play)


def left_by_another(seed: int, rules: Rules | None = None) -> Outcome:
    """Three reigns: what the first left comes to a majority in the third, and the second's has the newer epoch."""
    network = _calm(seed, rules)

    def play(network: Network) -> None:
        first = _leader(network)
        network.run(500)
        network.isolate([first.id])
        _write(network, first, ENTRIES, "of the first")
        first.cut_power()
        network.mend_links()
        second = _elected(network)
        second.cut_power()  # its first record is on its own disk only
        end = first.durable.end_offset
        first.start()
        other = next(n for n in network.nodes.values() if n not in (first, second))
        if _elected(network) is first:
            for _ in range(5_000):  # until the old records have a majority, and nothing of its own has
                if other.durable.end_offset > end or first.committed >= end:
                    break
                network.run(1)
        for node in (first, other):  # what is under way to it is lost, too
            node.cut_power()
        for node in (second, other):
            node.start()
        goes_on(network, [second.id, other.id])
        network.heal()
        goes_on(network)

    return tried("left by another leader", seed, network, play)


def _elected(network: Network) -> Voter:
    """At the very moment of the election: nobody else has its first record yet."""
    before = set(network.leaders)
    end = network.now + PATIENCE_MS
    while network.now < end:
        network.run(1)
        if new := [epoch for epoch in network.leaders if epoch not in before]:
            return network.nodes[network.leaders[max(new)]]
    raise Broken(
        "a leader is elected", "for 30 s nobody is elected, though a majority lives and hears each other"
    )


Scene = Callable[[int, Rules | None], Outcome]
VOTES: tuple[Scene, ...] = (one_is_away, two_halves, one_comes_back, long_log_of_an_old_epoch)
APPENDS: tuple[Scene, ...] = (long_log_of_an_old_epoch, left_by_another)
