"""How long nobody leads the controllers, in virtual time: when the leader dies, and when it says goodbye.

Rule: measured on small networks of the controllers' own cores with Kafka's timings, a network for each seed, from the
death to the moment in which the next leader has committed its first record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from random import Random

from minikafka.explore.quorums import Network
from minikafka.explore.quorums.network import CALM
from minikafka_lessons.language import say

PATIENCE_MS = 60_000
WIDE = 40


@dataclass(frozen=True)
class Gaps:
    """Seconds without a leader, ascending."""

    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        return self.seconds[len(self.seconds) // 2]

    def __str__(self) -> str:
        least, most = self.seconds[0], self.seconds[-1]
        numbers = say(
            "{n} elections: at least {least} s, half of them within {median} s, at most {most} s",
            n=len(self.seconds),
            least=f"{least:.3f}",
            median=f"{self.median:.3f}",
            most=f"{most:.3f}",
        )
        return "\n".join((numbers, *self._bars()))

    def _bars(self) -> list[str]:
        """So many in each half of a second."""
        counts: dict[int, int] = {}
        for one in self.seconds:
            counts[int(one * 2)] = counts.get(int(one * 2), 0) + 1
        most = max(counts.values())
        return [
            f"{half / 2:5.1f} s  {'█' * max(counts.get(half, 0) > 0, round(WIDE * counts.get(half, 0) / most))} "
            f"{counts.get(half, 0) or ''}".rstrip()
            for half in range(min(counts), max(counts) + 1)
        ]


def without_a_leader(
    seeds: Iterable[int], *, voters: int = 3, fetch_timeout_ms: int = 2000, says_goodbye: bool = False
) -> Gaps:
    """One death for each seed. `fetch_timeout_ms`: after so long a silence a follower looks for another leader."""
    return Gaps(tuple(sorted(_gap(seed, voters, fetch_timeout_ms, says_goodbye) for seed in seeds)))


def _gap(seed: int, voters: int, fetch_timeout_ms: int, says_goodbye: bool) -> float:
    (usual, disks_ms), *_ = CALM
    pace = (replace(usual, fetch_ms=fetch_timeout_ms), disks_ms)
    network = Network(voters, seed, paces=[pace])
    network.run(5000 + Random(seed).randrange(3000))
    network.run_until(lambda: network.leader is not None, PATIENCE_MS)
    leader = network.leader
    assert leader is not None
    assert leader.core is not None
    epoch, began = leader.leads, network.now
    if says_goodbye:
        leader.do(leader.core.resign(network.now))
    else:
        leader.cut_power()
    while (network.leader is None or network.leader.leads <= epoch) and network.now < began + PATIENCE_MS:
        network.run(1)
    return (network.now - began) / 1000
