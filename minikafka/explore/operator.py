"""Somebody who adds to a list in a topic's settings again and again: each change goes through the controllers.

Rule: what was acknowledged is in the list in the end; of what nobody knows, it may be. The next is asked for when the
last one was answered. Jepsen's set, with one writer.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

import msgspec

from minikafka.client import KafkaException
from minikafka.client.admin.values import AlterConfigOpType, ConfigEntry, ConfigResource, ResourceType
from minikafka.explore.history import Change, Notebook

if TYPE_CHECKING:
    from minikafka.cluster import Cluster

SETTING = "leader.replication.throttled.replicas"
"""A list of partition:broker."""
FIRST = 1000
"""No broker has such an id."""
ANSWER_S = 20.0
TOLD_S, ASK_AGAIN_S = 5.0, 0.5
"""A broker tells of settings what it knows, and learns of a change a moment after the one who made it."""
_NEVER_MADE = ("NOT_CONTROLLER", "INVALID_CONFIG", "UNKNOWN_TOPIC_OR_PART", "POLICY_VIOLATION")


class Operator:
    """One topic's."""

    def __init__(self, cluster: Cluster, notebook: Notebook, number: int, topic: str) -> None:
        self.cluster, self.notebook, self.topic = cluster, notebook, topic
        self.name = f"operator-{number}"
        self._admin = cluster.admin()
        self._asked: Future[None] | None = None
        self._change: Change | None = None

    def turn(self) -> None:
        """Hear what became of the last change, and ask for the next."""
        if self._asked is not None:
            if not self._asked.done():
                return
            self._answered(self._asked)
        number = len(self.notebook.changes)
        self._change = Change(self.name, self.topic, FIRST + number, self.cluster.now)
        self.notebook.changes.append(self._change)
        self._asked = self._alter(self._change.value)

    def _alter(self, value: int) -> Future[None]:
        entry = ConfigEntry(SETTING, f"0:{value}", incremental_operation=AlterConfigOpType.APPEND)
        resource = ConfigResource(ResourceType.TOPIC, self.topic, incremental_configs=[entry])
        return self._admin.incremental_alter_configs([resource], request_timeout=ANSWER_S)[resource]

    def _answered(self, asked: Future[None]) -> None:
        assert self._change is not None
        error = asked.exception()
        outcome = "acknowledged" if error is None else "unknown"
        if isinstance(error, KafkaException) and error.args[0].name() in _NEVER_MADE:
            outcome = "refused"
        changed = msgspec.structs.replace(self._change, outcome=outcome, ended_s=self.cluster.now)
        self.notebook.changes[self.notebook.changes.index(self._change)] = changed

    def finish(self) -> None:
        """What is in the list in the end? Raises KafkaException: nobody says."""
        if self._asked is not None:
            self._asked.exception()
            self._answered(self._asked)
        self._asked = None
        made = [change.value for change in self.notebook.changes if change.outcome == "acknowledged"]
        until_s, values = self.cluster.now + TOLD_S, self._told()
        while self.cluster.now < until_s and not all(value in values for value in made):
            self.cluster.run(ASK_AGAIN_S)
            values = self._told()
        self.notebook.settled.append((self.topic, values, self.cluster.now))

    def _told(self) -> tuple[int, ...]:
        resource = ConfigResource(ResourceType.TOPIC, self.topic)
        told = self._admin.describe_configs([resource], request_timeout=ANSWER_S)[resource].result()
        return tuple(int(item.partition(":")[2]) for item in (told[SETTING].value or "").split(",") if item)
