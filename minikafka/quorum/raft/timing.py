"""How long voters wait for each other; milliseconds.

Rule: a leader sees that nobody hears it before another is elected for long, and an election ends before all have tried
twice. Kafka: `QuorumConfig` (`controller.quorum.*`).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """`election_ms`: how long to wait for votes, up to twice that, by lot. `fetch_ms`: without an answer for so long a
    follower looks for another leader. `backoff_max_ms`: the longest pause after an election that was lost.
    `request_ms`: until an answer is given up. `retry_ms`: before something that failed is asked again."""

    election_ms: int = 1000
    fetch_ms: int = 2000
    backoff_max_ms: int = 1000
    request_ms: int = 2000
    retry_ms: int = 20

    @property
    def check_quorum_ms(self) -> int:
        """A leader that no majority has fetched from for so long leads no more."""
        return self.fetch_ms * 3 // 2

    @property
    def begin_ms(self) -> int:
        """Who doesn't fetch is told so often who leads."""
        return self.fetch_ms // 2
