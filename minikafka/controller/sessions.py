"""When each broker was last heard of. Not in the metadata log: a new controller gives everybody a fresh start.

Rule: a session is kept alive by heartbeats alone, and who falls silent for `broker.session.timeout.ms` is
fenced. Kafka: `BrokerHeartbeatManager`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from minikafka.metadata.image import BrokerRegistration


@dataclass(slots=True)
class Session:
    """One broker's. Times are seconds on the controller's clock.

    `metadata_offset`: how far it has read the metadata log; `shutdown_offset`: the offset that the other
    brokers must have read before this one may leave (None: it doesn't want to); `elects`: since it is in service there
    may be leaders for partitions that have none.
    """

    last_contact_s: float
    metadata_offset: int = -1
    shutdown_offset: int | None = None
    elects: bool = False


class Sessions:
    """The sessions of all registered brokers, fenced ones too."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._sessions: dict[int, Session] = {}

    def begin(self, broker_id: int, now_s: float) -> None:
        """A broker registered, or a controller begins its work: forget what was before."""
        self._sessions[broker_id] = Session(now_s)

    def end(self, broker_id: int) -> None:
        self._sessions.pop(broker_id, None)

    def touch(self, broker_id: int, now_s: float, metadata_offset: int) -> Session:
        """A broker was heard of."""
        session = self._sessions.setdefault(broker_id, Session(now_s))
        session.last_contact_s = now_s
        session.metadata_offset = metadata_offset
        return session

    def get(self, broker_id: int) -> Session | None:
        return self._sessions.get(broker_id)

    def heard_at(self) -> dict[int, float]:
        """When each broker was last heard of, by id; seconds on the controller's clock."""
        return {id: session.last_contact_s for id, session in sorted(self._sessions.items())}

    def is_valid(self, broker: BrokerRegistration, now_s: float) -> bool:
        """Whether an unfenced broker was heard of recently enough."""
        session = self._sessions.get(broker.id)
        if broker.fenced or session is None:
            return False
        return session.last_contact_s + self.timeout_s >= now_s

    def first_expired(self, brokers: Mapping[int, BrokerRegistration], now_s: float) -> int | None:
        """The unfenced broker that has been silent longest, if that is too long."""
        found = self._longest_silent(brokers)
        return found if found is not None and not self.is_valid(brokers[found], now_s) else None

    def next_expiry_s(self, brokers: Mapping[int, BrokerRegistration]) -> float | None:
        """When the next session ends unless its broker is heard of; None when nobody is in service."""
        found = self._longest_silent(brokers)
        return None if found is None else self._sessions[found].last_contact_s + self.timeout_s

    def lowest_active_offset(self, brokers: Mapping[int, BrokerRegistration]) -> int | None:
        """How far all brokers in service have read the metadata log; None when there is none."""
        offsets = [
            self._sessions[id].metadata_offset
            for id in sorted(brokers)
            if brokers[id].is_active and id in self._sessions
        ]
        return min(offsets, default=None)

    def _longest_silent(self, brokers: Mapping[int, BrokerRegistration]) -> int | None:
        unfenced = [id for id in sorted(brokers) if not brokers[id].fenced and id in self._sessions]
        return min(unfenced, key=lambda id: self._sessions[id].last_contact_s, default=None)
