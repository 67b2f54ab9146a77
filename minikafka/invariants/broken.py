"""A broken invariant: its name, the moment, and the first bad event.

Rule: the event is looked for among those of the round that broke it, by what the invariant is about; without
message events there may be none. Kafka has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from minikafka.world import Traced


class InvariantBroken(AssertionError):
    """`name` says which, `at_s` when, `round` in which round of the loop, `event` is the first bad one, if there is."""

    def __init__(self, name: str, sentence: str, at_s: float, event: Traced | None, round: int = 0) -> None:
        said = f"{name}: {sentence} (at {at_s:.6f} s"
        if event is not None:
            said += f"; first bad event: {event.host} {event.event.kind} {event.event.text()}".rstrip()
        super().__init__(f"{said})")
        self.name, self.sentence, self.at_s, self.event, self.round = name, sentence, at_s, event, round


HIGH_WATERMARK = ("HighWatermarkAdvanced",)
LOG = ("RecordsAppended", "LogTruncated", "LogCleaned", "HighWatermarkAdvanced")
LEADER = ("BecameLeader", "LogTruncated")
REGISTRATION = ("IsrChanged", "LeaderElected", "BrokerFenced", "BrokerShuttingDown")
GROUP = ("GroupStateChanged",)


def first_bad(events: Sequence[Traced], kinds: Sequence[str], about: Mapping[str, object]) -> Traced | None:
    """The first of those that fit best: of such a kind and about just that, else about that, else any.

    `about` has fields of events (`topic`, `partition`, `group`), and `host`.
    """

    def nearness(traced: Traced) -> tuple[int, bool, int]:
        event, host = traced.event, about.get("host")
        fields = [name for name in about if name != "host"]
        same = sum(getattr(event, name, None) == about[name] for name in fields)
        near = 2 * (bool(fields) and same == len(fields)) + (host is not None and host == traced.host)
        return near, event.kind in kinds, -traced.seq

    return max(events, key=nearness, default=None)
