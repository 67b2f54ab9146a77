"""The callbacks of one consumer: on_commit, and those about rebalances.

Rule: they are called here, in the thread of the application that polls, and a rebalance continues when its callback
has ended, whatever it raised. Kafka: `ConsumerRebalanceListener`, `OffsetCommitCallback`.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from minikafka.client.consumer.mailbox import Committed, Rebalance
from minikafka.client.faces.arguments import checked_callback
from minikafka.client.values import Message, TopicPartition

if TYPE_CHECKING:
    from minikafka.client.consumer.async_consumer import AsyncConsumer
    from minikafka.client.consumer.consumer import Consumer

RebalanceCallback = Callable[[Any, list[TopicPartition]], Any]


class Callbacks:
    """`serve` calls those that are due."""

    def __init__(self, core: AsyncConsumer) -> None:
        self._core = core
        self._on_commit: Callable[[Any, list[TopicPartition]], Any] | None = core.settings["on_commit"]
        core.offsets.wants_commit_event = self._on_commit is not None
        self._rebalance: dict[str, RebalanceCallback | None] = {}
        self.have_assigned = False
        """Has the callback that runs assigned partitions by itself?"""

    def use(
        self,
        on_assign: RebalanceCallback | None,
        on_revoke: RebalanceCallback | None,
        on_lost: RebalanceCallback | None,
    ) -> None:
        """From now on these. Raises TypeError."""
        callbacks = {"assign": on_assign, "revoke": on_revoke, "lost": on_lost}
        for name, callback in callbacks.items():
            checked_callback(callback, f"on_{name}")
        self._rebalance = callbacks
        core = self._core
        core.wants_assign_event = on_assign is not None
        core.wants_revoke_event = on_revoke is not None
        core.wants_lost_event = on_lost is not None

    def serve(self, consumer: Consumer) -> Message | None:
        """Calls those that are due; returns the first event that is a message. Raises what one raises."""
        core = self._core
        if not core.events and not core.notices.waiting:
            return None
        consumer._enter()
        try:
            core.notices.serve()
            while True:
                event = core.mailbox.take()
                if event is None or isinstance(event, Message):
                    return event
                if isinstance(event, Committed):
                    if self._on_commit is not None:
                        self._on_commit(event.error, event.offsets)
                else:
                    self._serve_rebalance(consumer, event)
        finally:
            consumer._leave()

    def _serve_rebalance(self, consumer: Consumer, event: Rebalance) -> None:
        core = self._core
        callback = self._rebalance.get(event.kind)
        self.have_assigned = False
        try:
            if callback is not None:
                callback(consumer, [TopicPartition(*pair) for pair in event.pairs])
        finally:

            def settle() -> None:
                if event.kind == "assign" and not self.have_assigned:
                    core.add(TopicPartition(*pair) for pair in event.pairs)
                core.mailbox.settle(event)

            if not consumer._closed:  # else closing has settled it
                consumer._call(settle)

    def serve_until(self, consumer: Consumer, coro: Coroutine[Any, Any, None]) -> None:
        """Waits for something that may need callbacks to be called meanwhile."""
        core = self._core
        future = consumer._attachment.submit(coro)
        first: Exception | None = None
        kept: list[Message] = []
        while not consumer._closed:  # by a callback, say
            is_done = future.done()
            try:
                while (event := self.serve(consumer)) is not None:
                    kept.append(event)
            except Exception as error:
                first = first or error
                continue
            if is_done or consumer._closed:
                break
            consumer._attachment.run(core.wait_event(0.05))
        core.events.extendleft(reversed(kept))  # errors, which are for poll()
        if not consumer._closed:
            future.result(0)
        if first is not None:
            raise first
