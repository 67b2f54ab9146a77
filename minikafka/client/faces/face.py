"""What the three synchronous clients have in common: a core on a loop, and a hold on the driver that runs it.

Rule: a face that could not be made lets go of its driver, and one that is dropped without being closed closes
its core by itself. A closed one, and one from before a fork, says so to every call. confluent_kafka's clients do the
same when they are collected; Kafka's Java clients leak.
"""

from __future__ import annotations

import asyncio
import functools
import threading  # noqa: TID251  a client is closed once, whoever closes it
import weakref
from collections.abc import Callable, Coroutine, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, NoReturn, Protocol, Self, TypeVar

from minikafka.client.connections.topic_listing import ClusterMetadata, cluster_metadata
from minikafka.client.errors import KafkaError, KafkaException, as_kafka_error
from minikafka.client.faces.arguments import checked_text, keyword_config, timeout_of
from minikafka.client.faces.driver import AFTER_FORK, Attachment, after_fork

if TYPE_CHECKING:
    from minikafka.client.connections.metadata import Metadata
    from minikafka.client.connections.notices import Notices
    from minikafka.client.faces.driver import Driver
    from minikafka.client.settings.settings import Settings
    from minikafka.policy import Rules
    from minikafka.world import World

_LIST_TIMEOUT_S = 60.0
_CLOSE_TIMEOUT_S = 5.0


class Core(Protocol):
    """What a face drives."""

    settings: Settings
    notices: Notices

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

    _when_closed = "Handle has been closed"
    """What a call to a closed client raises a RuntimeError with."""
    _core: C = None  # type: ignore[assignment]
    _refusal: str | None = "The client was never begun: its subclass must call super().__init__()"
    """Why this client answers no call: it was closed, or never begun."""

    def __init__(
        self,
        config: Mapping[str, Any] | None = None,
        *,
        driver: Driver | None = None,
        world: World | None = None,
        rules: Rules | None = None,
        **more: Any,
    ) -> None:
        conf = keyword_config(config, more)
        self._attachment = Attachment(driver, world)
        try:
            self._core = self._new_core(self._attachment.world, conf, rules)
        except BaseException:
            self._attachment.release()
            raise
        self._refusal = None
        # Reentrant: who was interrupted while he took it takes it again.
        self._closing = threading.RLock()
        self._closer: int | None = None
        self._serving: dict[int, int] = {}  # thread → how deep it is in calling callbacks
        self._finalizer = weakref.finalize(self, self._attachment.abandon, self._ending())
        try:
            self._begin()
        except BaseException:  # KeyboardInterrupt: nobody will ever close it
            self._finalizer()
            raise
        if self._core.settings["error_cb"] is not None:  # it hears at once that nobody is there
            self._attachment.post(functools.partial(self._core.metadata.request_update, creating=False))
        after_fork(self)

    def _new_core(self, world: World, conf: Mapping[str, Any], rules: Rules | None) -> C:
        raise NotImplementedError

    def _begin(self) -> None:
        """What the face itself keeps, once its core is there."""

    def _ending(self) -> Callable[[], Coroutine[Any, Any, None]]:
        """What closes the core of a face that was dropped. It must not hold the face."""
        return self._core.close

    def _forked(self) -> None:
        """In the child of a fork: this client belongs to the parent."""
        self._refusal = AFTER_FORK
        self._finalizer.detach()

    @property
    def _closed(self) -> bool:
        return self._refusal is not None

    def _open(self) -> C:
        if self._refusal is not None:
            raise RuntimeError(self._refusal)
        return self._core

    def _call(self, function: Callable[..., Any], *args: Any) -> Any:
        """`function(*args)` on the loop."""

        async def call() -> Any:
            return function(*args)

        return self._attachment.run(call())

    def _ask(self, doing: str, coro: Coroutine[Any, Any, Any]) -> Any:
        """What `coro` answers. Raises KafkaException; `doing` begins its sentence."""
        try:
            return self._attachment.run(coro)
        except (KafkaException, OSError, TimeoutError) as cause:
            raise KafkaException(as_kafka_error(cause, doing)) from cause

    def _enter(self) -> None:
        """This thread begins to call callbacks."""
        thread = threading.get_ident()
        self._serving[thread] = self._serving.get(thread, 0) + 1

    def _leave(self) -> None:
        thread = threading.get_ident()
        depth = self._serving[thread] - 1
        if depth:
            self._serving[thread] = depth
        else:
            del self._serving[thread]

    def _serve_notices(self) -> int:
        """Calls the callbacks that are due for errors and statistics; returns how many."""
        notices = self._core.notices
        if not notices.waiting:
            return 0
        self._enter()
        try:
            return notices.serve()
        finally:
            self._leave()

    def list_topics(self, topic: str | None = None, timeout: float = -1) -> ClusterMetadata:
        """The cluster's brokers and topics (or one topic). Raises KafkaException."""
        metadata = self._open().metadata
        if topic is not None:
            checked_text(topic)
        limit_s = timeout_of(timeout)
        timeout_s = _LIST_TIMEOUT_S if limit_s is None else limit_s

        async def ask() -> ClusterMetadata:
            async with asyncio.timeout(timeout_s):
                view = await metadata.ask(None if topic is None else [topic])
            return cluster_metadata(view, topic)

        try:
            return self._attachment.run(ask())
        except (OSError, TimeoutError) as cause:
            error = as_kafka_error(cause, "Failed to get metadata")
            code = KafkaError._TIMED_OUT if limit_s == 0 else KafkaError._TRANSPORT
            raise KafkaException(KafkaError(code, error.str())) from cause

    def cluster_id(self, timeout: float = -1) -> str | None:
        """The cluster's id. Raises KafkaException."""
        return self.list_topics(timeout=timeout).cluster_id

    def set_sasl_credentials(self, username: str, password: str) -> None:
        """Has no effect: there is no SASL here."""
        self._open()
        checked_text(username)
        checked_text(password)

    # --- the end

    def close(self) -> Any:
        """Ends the client."""
        raise NotImplementedError

    def _may_close(self) -> bool:
        """Must this call do the closing? A second thread waits until the first has done it; a callback does not."""
        thread = threading.get_ident()
        if self._refusal is not None or self._closer == thread:
            return False
        if thread in self._serving and not self._closing.acquire(blocking=False):
            return False  # who closes waits for this callback
        if thread not in self._serving:
            self._closing.acquire()
        if self._closed:  # meanwhile
            self._closing.release()
            return False
        self._closer = thread
        return True

    def _end(self) -> None:
        """Closes the core and lets go of the driver."""
        self._finalizer.detach()
        try:
            self._attachment.run(self._core.close(), _CLOSE_TIMEOUT_S)
        finally:
            self._ended()

    def _ended(self) -> None:
        """From now on every call is refused."""
        self._refusal = self._when_closed
        self._closer = None
        self._closing.release()
        self._attachment.release()

    def __reduce__(self) -> NoReturn:
        raise TypeError(
            f"a {type(self).__name__} can't be copied or pickled: it is one client of its cluster"
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
