"""What goes wrong inside a running cluster, told as it happens to whoever started it.

Rule: one sentence for each thing: who, what the system's reason is, and what to do. What was there before somebody
listened is told first. Kafka writes ERROR lines to its log, and halts.
"""

from __future__ import annotations

from collections.abc import Callable

from minikafka.broker.events import BrokerFailed
from minikafka.cluster.cluster import Cluster
from minikafka.controller.events import ControllerFailed
from minikafka.replication.log_directory import LogDirectoryFailed
from minikafka.world import TaskFailed, Traced


def tell(cluster: Cluster, say: Callable[[str], None]) -> None:
    """`say` every sentence, from the cluster's thread, as long as the cluster lives."""

    def hear(traced: Traced) -> None:
        sentence = sentence_of(traced)
        if sentence:
            say(sentence)

    for traced in cluster.events():
        hear(traced)
    cluster.on_event(hear)


def sentence_of(traced: Traced) -> str:
    """Empty for what is no trouble."""
    event = traced.event
    match event:
        case BrokerFailed():
            cure = f"When that is mended, press r on {traced.host} in `minikafka tui`, or start anew"
            return f"{traced.host} has left the service: {event.reason}. {cure}."
        case ControllerFailed():
            cure = f"When that is mended, choose Restart {traced.host} in `minikafka tui` (Ctrl-P), or start anew"
            return f"{traced.host} has ended: {event.reason}. Nothing is decided until it runs again. {cure}."
        case LogDirectoryFailed() if not event.is_last:
            count = "1 partition" if event.partitions == 1 else f"{event.partitions} partitions"
            return (
                f"{traced.host} can't use its log directory {event.directory}, with {count} in it: {event.reason}. "
                f"It goes on with the others; when that is mended, restart {traced.host}."
            )
        case TaskFailed():
            return f"Something failed inside {traced.host or 'the cluster'}: {event.where}: {event.error}"
    return ""
