"""Somebody who changes a setting of a topic again and again: each change goes through the controllers.

Rule: the next change is asked for when the last one was answered, so what the setting is in the end is known, up to
changes of which nobody knows what became of them. Jepsen's register, with one writer.
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

SETTING = "retention.ms"
FIRST = 10**9
"""Nothing is that old in any run."""
ANSWER_S = 20.0
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
        entry = ConfigEntry(SETTING, str(value), incremental_operation=AlterConfigOpType.SET)
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
        """What is it in the end? Raises KafkaException: nobody says."""
        if self._asked is not None:
            self._asked.exception()
            self._answered(self._asked)
        self._asked = None
        resource = ConfigResource(ResourceType.TOPIC, self.topic)
        told = self._admin.describe_configs([resource], request_timeout=ANSWER_S)[resource].result()
        value = told[SETTING].value
        self.notebook.settled.append((self.topic, -1 if value is None else int(value), self.cluster.now))
