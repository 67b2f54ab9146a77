"""Many small networks, each with its own bad luck: one leader an epoch, logs that match, nothing committed is ever
lost; and when all is well again, work goes on.
"""

from __future__ import annotations

from random import Random

import pytest
from quorum.raft.network import Broken, Network

from minikafka import Rules

QUICK = range(60)
SLOW = range(60, 1500)


def disaster(seed: int, rules: Rules | None = None, *, voters_change: bool = False) -> Network:
    """Twelve virtual seconds of faults, then a healthy network; what must always hold is watched by the network."""
    luck = Random(f"disaster {seed}")
    network = Network(luck.choice((3, 3, 5)), seed, rules, loss=luck.choice((0.0, 0.02, 0.2)))
    wanted = 0
    for _ in range(luck.randrange(4, 14)):
        node = luck.choice(list(network.nodes.values()))
        if voters_change and network.leader is not None and network.leader.core is not None:
            voters = list(network.leader.core.voters)
            one = luck.choice(network.ids)
            others = [id for id in voters if id != one]
            network.leader.change_voters(others if one in voters and others else [*others, one])
            network.run(luck.choice((2, 10, 60, 300)))
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
                network.cut.clear()
            case 6 if node.core is not None:
                node.do(node.core.resign(network.now))
            case 7 if network.leader is not None:  # the newest is lost with whoever has it
                hit = {network.leader.id, node.id}
                for one in network.nodes.values():
                    wanted += one.propose(f"record {wanted}")
                network.run(luck.randrange(1, 40))
                for id in sorted(hit):
                    network.nodes[id].cut_power()
                network.run(luck.randrange(1, 30))
                for id in sorted(hit):
                    network.nodes[id].start()
            case 8:  # in the midst of elections and writes
                for _ in range(luck.randrange(2, 10)):
                    again = luck.choice(list(network.nodes.values()))
                    again.cut_power()
                    again.start()
                    for one in network.nodes.values():
                        wanted += one.propose(f"record {wanted}")
                    network.run(luck.choice((2, 10, 60, 300, 1200)))
            case _:
                pass
        for _ in range(luck.randrange(6)):
            for one in network.nodes.values():
                wanted += one.propose(f"record {wanted}")
            network.run(luck.randrange(1, 400))
        network.check_logs()
    network.heal()
    assert network.run_until(lambda: network.leader is not None, 30_000), "nobody is elected"
    known = len(network.committed)
    assert network.run_until(lambda: bool(network.leader and network.leader.propose("last")), 10_000)
    assert network.run_until(
        lambda: all(
            len(n.durable.entries) > known and n.committed == n.durable.end_offset
            for n in network.nodes.values()
        ),
        30_000,
    ), "not all come to have the same"
    network.check_logs()
    return network


@pytest.mark.parametrize("seed", QUICK)
def test_what_is_committed_stays(seed: int) -> None:
    disaster(seed)


@pytest.mark.parametrize("seed", range(20))
def test_what_is_committed_stays_while_voters_come_and_go(seed: int) -> None:
    disaster(seed, voters_change=True)


@pytest.mark.slow
def test_what_is_committed_stays_in_many_networks_whose_voters_come_and_go() -> None:
    for seed in range(20, 600):
        try:
            disaster(seed, voters_change=True)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise


@pytest.mark.slow
def test_what_is_committed_stays_in_many_more_networks() -> None:
    for seed in SLOW:
        try:
            disaster(seed)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise


def votes_for_everybody(*facts: object) -> bool:
    return True


def votes_for_the_new(
    candidate: int, candidate_epoch: int, last: int, end: int, epoch: int, voted, leader, *_
) -> bool:
    """Once an epoch, without a look at the log."""
    return candidate_epoch >= epoch and leader is None and voted in (None, candidate)


@pytest.mark.parametrize(
    "rules",
    [
        Rules(grants_vote=votes_for_everybody),
        Rules(grants_vote=votes_for_the_new),
        Rules(majority=lambda voters: 1),
        Rules(majority=lambda voters: voters // 2),
    ],
    ids=["two votes an epoch", "no look at the log", "one is a majority", "half is a majority"],
)
def test_a_wrong_rule_is_found(rules: Rules) -> None:
    for seed in range(300):
        try:
            disaster(seed, rules)
        except (Broken, AssertionError):
            return
    raise AssertionError("300 networks survived it")
