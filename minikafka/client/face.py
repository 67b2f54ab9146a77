"""What the three synchronous clients have in common: a core on a loop, and a hold on the driver that runs it.

One rule: a face that could not be made lets go of its driver, and one that is dropped without being closed closes
its core by itself. confluent_kafka's clients do the same when they are collected; Kafka's Java clients leak.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from minikafka.client.arguments import keyword_config
from minikafka.client.driver import Attachment
from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error
from minikafka.client.topic_listing import ClusterMetadata, cluster_metadata

if TYPE_CHECKING:
    from minikafka.client.driver import Driver
    from minikafka.client.metadata import Metadata
    from minikafka.policy import Organs
    from minikafka.world import World

_LIST_TIMEOUT_S = 60.0
_CLOSE_TIMEOUT_S = 5.0


class Core(Protocol):
    """What a face drives."""

    @property
    def metadata(self) -> Metadata:
        """What the client knows of the cluster."""
        ...

    async def close(self) -> None:
        """Ends the core."""
        ...


C = TypeVar("C", bound=Core)


class Face(Generic[C]):
    """`Face(conf)` as in confluent_kafka; the keyword-only arguments are for clusters."""

    def __init__(
        self,
        config: Mapping[str, Any] | None = None,
        *,
        driver: Driver | None = None,
        world: World | None = None,
        organs: Organs | None = None,
        **more: Any,
    ) -> None:
        conf = keyword_config(config, more)
        self._attachment = Attachment(driver, world)
        try:
            self._core: C = self._new_core(self._attachment.world, conf, organs)
        except BaseException:
            self._attachment.release()
            raise
        self._closed = False
        self._begin()
        self._finalizer = weakref.finalize(self, self._attachment.abandon, self._ending())

    def _new_core(self, world: World, conf: Mapping[str, Any], organs: Organs | None) -> C:
        raise NotImplementedError

    def _begin(self) -> None:
        """What the face itself keeps, once its core is there."""

    def _ending(self) -> Callable[[], Coroutine[Any, Any, None]]:
        """What closes the core of a face that was dropped. It must not hold the face."""
        return self._core.close

    def _open(self) -> C:
        if self._closed:
            raise RuntimeError(f"{type(self).__name__} closed")
        return self._core

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> ClusterMetadata:
        """The cluster's brokers and topics (or one topic). Raises KafkaException."""
        metadata = self._open().metadata
        timeout_s = _LIST_TIMEOUT_S if timeout < 0 else timeout

        async def ask() -> ClusterMetadata:
            async with asyncio.timeout(timeout_s):
                view = await metadata.ask(None if topic is None else [topic])
            return cluster_metadata(view, topic)

        try:
            return self._attachment.run(ask())
        except (OSError, TimeoutError) as cause:
            error = as_kafka_error(cause, "Failed to get metadata")
            raise KafkaException(KafkaError(KafkaError._TRANSPORT, error.str())) from cause

    def cluster_id(self, timeout: float = -1) -> str | None:
        """The cluster's id. Raises KafkaException."""
        return self.list_topics(timeout=timeout).cluster_id

    def close(self) -> Any:
        """Ends the client."""
        raise NotImplementedError

    def _end(self) -> None:
        """Closes the core and lets go of the driver."""
        self._closed = True
        self._finalizer.detach()
        try:
            self._attachment.run(self._core.close(), _CLOSE_TIMEOUT_S)
        finally:
            self._attachment.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
