"""`AIOProducer` and `AIOConsumer`: confluent_kafka's clients for asyncio, in front of our clients for threads.

Rule: what may wait runs in a thread of the executor, and every callback runs on the event loop of the application,
where it may be a coroutine. New code can use `AsyncProducer` and `AsyncConsumer`, which need no threads.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import functools
import inspect
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Self

from minikafka.client.consumer.consumer import Consumer
from minikafka.client.errors import KafkaError, KafkaException
from minikafka.client.faces.arguments import checked_callback
from minikafka.client.faces.face import Face
from minikafka.client.producer.producer import Producer
from minikafka.client.values import Message

_CALLBACKS = ("error_cb", "throttle_cb", "stats_cb", "on_commit")
_NO_ROOM_PAUSE_S = 0.01

Waits = Callable[..., Coroutine[Any, Any, Any]]


def _in_a_thread(method: Callable[..., Any]) -> Waits:
    """A method of the client for threads as a coroutine."""

    @functools.wraps(method)
    async def call(self: _Client, *arguments: Any, **named: Any) -> Any:
        return await self._run(method, *arguments, **named)

    return call


class _Client:
    """What both have: a client for threads, an executor, and the application's loop."""

    _client: Face[Any]

    def __init__(self, max_workers: int, executor: concurrent.futures.Executor | None) -> None:
        if executor is None and max_workers < 1:
            raise ValueError("max_workers must be at least 1")
        self._owns_executor = executor is None
        self.executor = executor or concurrent.futures.ThreadPoolExecutor(max_workers)  # noqa: TID251
        self._loop = asyncio.get_running_loop()

    async def _run(self, method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        if self._client._refusal is not None:
            raise RuntimeError(self._client._refusal)
        call = functools.partial(method, self._client, *arguments, **named)
        return await self._loop.run_in_executor(self.executor, call)

    def _on_loop(self, callback: Callable[..., Any], first: Any = None) -> Callable[..., Any]:
        """`callback`, for a thread of the executor, which waits for it; `first` takes its first argument's place."""

        async def act(arguments: tuple[Any, ...]) -> Any:
            answer = callback(*arguments)
            return await answer if inspect.isawaitable(answer) else answer

        def call(*arguments: Any) -> Any:
            given = arguments if first is None else (first, *arguments[1:])
            return asyncio.run_coroutine_threadsafe(act(given), self._loop).result()

        return call

    def _settings(self, conf: Mapping[str, Any]) -> dict[str, Any]:
        """`conf` with its callbacks on the loop."""
        return {
            key: self._on_loop(value) if key in _CALLBACKS and callable(value) else value
            for key, value in conf.items()
        }

    async def close(self) -> Any:
        """Ends the client, and the executor unless it was given."""
        try:
            if self._client._refusal is None:
                return await self._run(type(self._client).close)
        finally:
            if self._owns_executor:
                await self._loop.run_in_executor(None, self.executor.shutdown)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_error: object) -> None:
        await self.close()

    list_topics = _in_a_thread(Face.list_topics)
    cluster_id = _in_a_thread(Face.cluster_id)
    set_sasl_credentials = _in_a_thread(Face.set_sasl_credentials)


class AIOProducer(_Client):
    """Writes records; produce() answers with a future of the record. Made where a loop runs.

    `batch_size` and `buffer_timeout` have no effect: "linger.ms" and "batch.size" take their place.
    """

    _client: Producer

    def __init__(
        self,
        producer_conf: Mapping[str, Any],
        max_workers: int = 4,
        executor: concurrent.futures.Executor | None = None,
        batch_size: int = 1000,
        buffer_timeout: float = 1.0,
    ) -> None:
        super().__init__(max_workers, executor)
        self._is_due = False
        self._client = Producer(self._settings(producer_conf))
        self._client._core.news.listener = self._has_news

    def _has_news(self) -> None:
        """On the client's loop: there may be reports."""
        if not self._is_due and not self._loop.is_closed():
            self._is_due = True
            self._loop.call_soon_threadsafe(self._tell)

    def _tell(self) -> None:
        self._is_due = False
        if self._client._refusal is None:
            self._client._deliveries.serve(all_=True)

    async def produce(
        self, topic: str, value: Any = None, key: Any = None, *arguments: Any, **named: Any
    ) -> asyncio.Future[Message]:
        """Queues a record, waiting while the queue is full; the future gives the message, or raises KafkaException."""
        future: asyncio.Future[Message] = self._loop.create_future()

        def resolve(error: KafkaError | None, message: Message) -> None:
            if future.done():
                return
            if error is None:
                future.set_result(message)
            else:
                future.set_exception(KafkaException(error))

        def report(error: KafkaError | None, message: Message) -> None:
            self._loop.call_soon_threadsafe(resolve, error, message)

        named["on_delivery"] = report
        while True:
            try:
                self._client.produce(topic, value, key, *arguments, **named)
            except BufferError:
                await asyncio.sleep(_NO_ROOM_PAUSE_S)
            else:
                return future

    async def poll(self, timeout: float = 0) -> int:
        """Calls what is due, waiting up to `timeout` seconds; futures need no poll()."""
        served: int = await self._run(Producer.poll, timeout)
        return served

    flush = _in_a_thread(Producer.flush)
    purge = _in_a_thread(Producer.purge)
    init_transactions = _in_a_thread(Producer.init_transactions)
    begin_transaction = _in_a_thread(Producer.begin_transaction)
    commit_transaction = _in_a_thread(Producer.commit_transaction)
    abort_transaction = _in_a_thread(Producer.abort_transaction)
    send_offsets_to_transaction = _in_a_thread(Producer.send_offsets_to_transaction)

    def __len__(self) -> int:
        return len(self._client)

    def __bool__(self) -> bool:
        return True


class AIOConsumer(_Client):
    """Reads records. Made where a loop runs; callbacks get this consumer and may call it."""

    _client: Consumer

    def __init__(
        self,
        consumer_conf: Mapping[str, Any],
        max_workers: int = 2,
        executor: concurrent.futures.Executor | None = None,
    ) -> None:
        super().__init__(max_workers, executor)
        self._client = Consumer(self._settings(consumer_conf))

    async def subscribe(self, topics: list[str], **callbacks: Any) -> None:
        """Joins the group for these topics. Callbacks: on_assign, on_revoke, on_lost; each may be a coroutine."""
        for name, callback in callbacks.items():
            checked_callback(callback, name)
        on_loop = {name: one and self._on_loop(one, first=self) for name, one in callbacks.items()}
        await self._run(Consumer.subscribe, topics, **on_loop)

    poll = _in_a_thread(Consumer.poll)
    consume = _in_a_thread(Consumer.consume)
    unsubscribe = _in_a_thread(Consumer.unsubscribe)
    assign = _in_a_thread(Consumer.assign)
    unassign = _in_a_thread(Consumer.unassign)
    incremental_assign = _in_a_thread(Consumer.incremental_assign)
    incremental_unassign = _in_a_thread(Consumer.incremental_unassign)
    assignment = _in_a_thread(Consumer.assignment)
    commit = _in_a_thread(Consumer.commit)
    committed = _in_a_thread(Consumer.committed)
    store_offsets = _in_a_thread(Consumer.store_offsets)
    position = _in_a_thread(Consumer.position)
    seek = _in_a_thread(Consumer.seek)
    pause = _in_a_thread(Consumer.pause)
    resume = _in_a_thread(Consumer.resume)
    get_watermark_offsets = _in_a_thread(Consumer.get_watermark_offsets)
    offsets_for_times = _in_a_thread(Consumer.offsets_for_times)
    consumer_group_metadata = _in_a_thread(Consumer.consumer_group_metadata)
