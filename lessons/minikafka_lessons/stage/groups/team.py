"""A team: the members of one consumer group, who take turns.

Rule: each is an ordinary consumer on a host of its own; the team only polls them while time passes. A member that is
killed never says goodbye: its host is cut off, which is all that the group could see of a death, too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from minikafka.commands import Cut
from minikafka.world.visible import quoted
from minikafka.xray.snapshot import Group, Snapshot
from minikafka_lessons.cells import Stumble
from minikafka_lessons.language import say
from minikafka_lessons.show.moves import moves_between

CONFIG: Mapping[str, Any] = {
    "auto.offset.reset": "earliest",
    "enable.auto.commit": False,
    "session.timeout.ms": 10_000,
    "heartbeat.interval.ms": 3_000,
}
TURN_S = 0.1
APART_S = 0.8
"""Between two who join: nobody's heartbeats are in step with another's."""


class Team:
    """Some members of a group.

    `join`, `leave`, `kill`, `stall` and `wake` name them; `run` and `settle` let time pass.
    """

    def __init__(self, cluster: Any, group: str, topics: Sequence[str], config: Mapping[str, Any]) -> None:
        self._cluster, self.group, self.topics = cluster, group, list(topics)
        self._config = {**CONFIG, **config, "group.id": group}
        self._members: dict[str, Any] = {}
        self._hosts: dict[str, str] = {}
        self._stalled: dict[str, None] = {}
        self.unread_s = 0.0
        """For so long partitions had no reader, one second for each partition and second, since the last `join`,
        `leave`, `kill` or `stall`."""

    def join(self, *names: str, config: Mapping[str, Any] | None = None) -> Team:
        """New members with these names, one after the other; `config`: settings of their own."""
        self.unread_s = 0.0
        for name in names:
            if name in self._members:
                raise Stumble(
                    say("{name} is in the team already: run the cell that makes the team again.", name=name)
                )
            known = dict.fromkeys(self._cluster.clients)
            consumer = self._cluster.consumer({**self._config, "client.id": name, **(config or {})})
            self._hosts[name] = next(host for host in self._cluster.clients if host not in known)
            self._members[name] = consumer
            consumer.subscribe(self.topics)
            self.run(APART_S)
        return self

    def leave(self, name: str) -> Team:
        """It closes, and says goodbye (a static member doesn't)."""
        self._member(name).close()
        self._forget(name)
        return self

    def kill(self, name: str) -> Team:
        """It is gone from one moment to the next: no goodbye, no heartbeat."""
        self._member(name)
        self._cluster.do(Cut((self._hosts[name],)))
        self._forget(name)
        return self

    def stall(self, name: str) -> Team:
        """It is busy and doesn't poll. Its heartbeats go on in the background."""
        self._member(name)
        self._stalled[name] = None
        self.unread_s = 0.0
        return self

    def wake(self, name: str) -> Team:
        """It polls again."""
        self._member(name)
        self._stalled.pop(name, None)
        return self

    def run(self, seconds: float) -> Team:
        """Let virtual time pass; all who are not stalled poll, ten times a second."""
        until = self._cluster.now + seconds
        while self._cluster.now < until - 1e-9:
            self._turn()
        return self

    def settle(self, within_s: float = 60.0) -> float:
        """Let time pass until each partition has its reader and nothing is in motion; returns how long it took.

        When that doesn't come about, it ends after `within_s`.
        """
        began = self._cluster.now
        while self._cluster.now < began + within_s and not self.is_settled:
            self._turn()
        took = self._cluster.now - began
        self.run(0.5)
        return float(took)

    @property
    def is_settled(self) -> bool:
        """Is the group stable, with all of these members and none else, and has each partition one reader?"""
        group = self._seen()
        if group is None or group.state != "Stable":
            return False
        there = sorted(member.client_id for member in group.members or ())
        given = sorted((a.topic, a.partition) for m in group.members or () for a in m.assignment or ())
        return there == sorted(self._members) and given == self._wanted() and self._unread() == 0

    @property
    def assignment(self) -> dict[str, list[str]]:
        """What the coordinator says that each member reads: `{"ada": ["flights-0", …]}`."""
        group = self._seen()
        return {
            member.client_id: [f"{one.topic}-{one.partition}" for one in sorted(member.assignment or ())]
            for member in sorted((group and group.members) or (), key=lambda m: m.client_id)
        }

    @property
    def generation(self) -> int | None:
        """That of the group now."""
        group = self._seen()
        return None if group is None else group.generation

    def close(self) -> None:
        """All leave."""
        for name in list(self._members):
            with suppress(Exception):  # it wasn't there yet at the moment to which the cluster was rewound
                self._members.pop(name).close()
        self._stalled.clear()

    # -- inside

    def _member(self, name: str) -> Any:
        if name not in self._members:
            raise Stumble(
                say(
                    "{name} is not in the team; there are: {all}. Run the cell that makes the team again.",
                    name=quoted(name),
                    all=", ".join(self._members) or "–",
                )
            )
        return self._members[name]

    def _forget(self, name: str) -> None:
        self._members.pop(name, None)
        self._stalled.pop(name, None)
        self.unread_s = 0.0

    def _turn(self) -> None:
        for name, consumer in self._members.items():
            if name not in self._stalled:
                consumer.poll(0)
        self._cluster.run(TURN_S)
        self.unread_s = round(self.unread_s + self._unread() * TURN_S, 6)

    def _unread(self) -> int:
        """How many partitions nobody of those who poll reads just now."""
        read = [
            (one.topic, one.partition)
            for name, consumer in self._members.items()
            if name not in self._stalled
            for one in consumer.assignment()
        ]
        return len(self._wanted()) - len(dict.fromkeys(read))

    def _wanted(self) -> list[tuple[str, int]]:
        topics = self._cluster.snapshot().topics
        return sorted((t.name, p.index) for t in topics if t.name in self.topics for p in t.partitions)

    def _seen(self) -> Group | None:
        return next((g for g in self._cluster.snapshot().groups or () if g.id == self.group), None)

    def __repr__(self) -> str:
        rows = [f"{name}: {', '.join(read) or '–'}" for name, read in self.assignment.items()]
        return "\n".join([f"{self.group}, generation {self.generation}", *rows])


def team(
    cluster: Any,
    group: str,
    topics: Sequence[str] | str,
    strategy: str = "range",
    config: Mapping[str, Any] | None = None,
) -> Team:
    """A new team. One of the same group that an earlier run of the cell left behind goes home first."""
    teams: dict[str, Team] = cluster.__dict__.setdefault("_teams", {})
    earlier = teams.pop(group, None)
    if earlier is not None:
        earlier.close()
        cluster.run(CONFIG["session.timeout.ms"] / 1000 + 1)
    topics = [topics] if isinstance(topics, str) else list(topics)
    made = Team(cluster, group, topics, {"partition.assignment.strategy": strategy, **(config or {})})
    teams[group] = made
    return made


def moved(before: Snapshot, after: Snapshot, group: str) -> int:
    """How many partitions have another reader in the second of two snapshots."""
    return len(moves_between(before, after, group).moved)
