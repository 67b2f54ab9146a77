"""Connections to the brokers: one `Channel` per broker and purpose, opened when first needed.

Rule: whoever needs a broker asks here, gets a live channel with negotiated versions or an OSError, and never
keeps it over an error. Long waits have channels of their own ("fetch", "group"), because a broker answers the
requests of one connection in order. Kafka does the same in `NetworkClient` and `ClusterConnectionStates`.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

from minikafka.client.errors import KafkaError, failure
from minikafka.protocol.channel import Channel
from minikafka.protocol.errors import ApiError
from minikafka.protocol.schema import MalformedMessage

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from minikafka.client.settings.settings import Settings
    from minikafka.protocol.schema import Message
    from minikafka.world import World

R = TypeVar("R", bound="Message")

DATA, FETCH, GROUP = "data", "fetch", "group"
_BOOTSTRAP_FIRST_ID = -1


class UnknownBroker(ConnectionError):
    """The cluster's metadata names no broker of this id (any more)."""


class AllBrokersDown(ConnectionError):
    """No known broker and no bootstrap server accepts a connection."""

    kafka_code = KafkaError._ALL_BROKERS_DOWN


class Connections:
    """The pool. Broker ids below zero stand for bootstrap servers, as in Kafka's client."""

    def __init__(self, world: World, settings: Settings) -> None:
        self._world = world
        self._client_id: str = settings["client.id"]
        self._connect_timeout_s = settings.seconds("socket.connection.setup.timeout.ms")
        self._request_timeout_s = settings.seconds("socket.timeout.ms")
        self._backoff_ms = (settings["reconnect.backoff.ms"], settings["reconnect.backoff.max.ms"])
        self._bootstrap = settings.servers()
        self._addresses: dict[int, tuple[str, int]] = {}
        self._channels: dict[tuple[int, str], Channel] = {}
        self._locks: dict[tuple[int, str], asyncio.Lock] = {}
        self._turns: dict[int, asyncio.Lock] = {}
        self._failures: dict[int, tuple[int, float]] = {}
        self._closed = False
        self.on_throttle: Callable[[str, int, int], None] = lambda name, broker_id, throttled_ms: None
        """Called when a broker says that it made us wait, with its name and id, and the milliseconds."""

    def learn(self, addresses: dict[int, tuple[str, int]]) -> None:
        """Takes the brokers of fresh metadata; a broker that moved is connected to again."""
        for broker_id in sorted(set(self._addresses) | set(addresses)):
            if self._addresses.get(broker_id) != addresses.get(broker_id):
                self._failures.pop(broker_id, None)
                for key in [key for key in self._channels if key[0] == broker_id]:
                    self._channels.pop(key).close()
        self._addresses = dict(addresses)

    def add(self, broker_id: int, host: str, port: int) -> None:
        """One broker more, from an answer that names it (FindCoordinator)."""
        if self._addresses.get(broker_id) != (host, port):
            self.learn({**self._addresses, broker_id: (host, port)})

    def address(self, broker_id: int) -> tuple[str, int]:
        """Where this broker is; ("", -1) when it is not known."""
        return self._addresses.get(broker_id, ("", -1))

    def is_connected(self, broker_id: int) -> bool:
        """Is there a live connection to this broker?"""
        return any(key[0] == broker_id and not one.closed for key, one in self._channels.items())

    @property
    def broker_ids(self) -> list[int]:
        """The brokers known from metadata, sorted."""
        return sorted(self._addresses)

    async def to(self, broker_id: int, purpose: str = DATA) -> Channel:
        """A live channel to this broker. Raises OSError (UnknownBroker, refused, timed out)."""
        key = (broker_id, purpose)
        channel = self._channels.get(key)
        if channel is not None and not channel.closed:
            return channel
        lock = self._locks.setdefault(key, asyncio.Lock())
        async with lock:
            channel = self._channels.get(key)
            if channel is not None and not channel.closed:
                return channel
            return await self._open(broker_id, purpose)

    async def _open(self, broker_id: int, purpose: str) -> Channel:
        if self._closed:
            raise failure(KafkaError._DESTROY)
        if broker_id < 0:
            host, port = self._bootstrap[_BOOTSTRAP_FIRST_ID - broker_id]
        elif broker_id in self._addresses:
            host, port = self._addresses[broker_id]
        else:
            raise UnknownBroker(f"broker {broker_id} is not part of the cluster")
        await self._back_off(broker_id)
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                channel = await Channel.connect(
                    self._world, host, port, self._client_id, timeout=self._connect_timeout_s
                )
                await channel.negotiate()
        except (OSError, TimeoutError, ApiError, MalformedMessage) as error:
            count = self._failures.get(broker_id, (0, 0.0))[0]
            low, high = self._backoff_ms
            wait_s = min(low * 2**count, high) / 1000 * (0.8 + 0.4 * self._world.random.random())
            self._failures[broker_id] = (min(count + 1, 20), self._world.clock.now() + wait_s)
            raise ConnectionError(
                f"connecting to {host}:{port} failed: {error or type(error).__name__}"
            ) from error
        self._failures.pop(broker_id, None)
        if self._is_closed():  # meanwhile
            channel.close()
            raise failure(KafkaError._DESTROY)
        self._channels[(broker_id, purpose)] = channel
        return channel

    def _is_closed(self) -> bool:
        return self._closed

    async def _back_off(self, broker_id: int) -> None:
        wait_s = self._failures.get(broker_id, (0, 0.0))[1] - self._world.clock.now()
        if wait_s > 0:
            await asyncio.sleep(wait_s)

    async def any(self) -> tuple[int, Channel]:
        """Some broker: one that is connected already, else one that is known, else a bootstrap server."""
        if not self._bootstrap and not self._addresses:
            raise AllBrokersDown("bootstrap.servers is not set")
        live = [key for key in sorted(self._channels) if key[1] == DATA and not self._channels[key].closed]
        if live:
            key = live[self._world.random.randrange(len(live))]
            return key[0], self._channels[key]
        known = self.broker_ids
        self._world.random.shuffle(known)
        bootstrap = [_BOOTSTRAP_FIRST_ID - index for index in range(len(self._bootstrap))]
        self._world.random.shuffle(bootstrap)
        reasons = []
        for broker_id in known + bootstrap:
            try:
                return broker_id, await self.to(broker_id)
            except OSError as error:
                reasons.append(str(error))
        raise AllBrokersDown(f"no broker can be reached ({'; '.join(reasons)})")

    async def request(
        self,
        broker_id: int,
        message: Message,
        response: type[R],
        *,
        purpose: str = DATA,
        at_most: int | None = None,
        timeout_s: float | None = None,
    ) -> R:
        """One request and its answer, at the highest version both know (`at_most` caps it).

        Raises OSError when the connection is lost, TimeoutError when no answer comes.
        """
        channel = await self.to(broker_id, purpose)
        return await self.ask(channel, message, response, at_most=at_most, timeout_s=timeout_s)

    async def request_any(self, message: Message, response: type[R], timeout_s: float | None = None) -> R:
        """The same to whichever broker can be reached."""
        _, channel = await self.any()
        return await self.ask(channel, message, response, timeout_s=timeout_s)

    async def ask(
        self,
        channel: Channel,
        message: Message,
        response: type[R],
        *,
        at_most: int | None = None,
        timeout_s: float | None = None,
    ) -> R:
        """The same on a channel that is at hand. A broker that does not answer in time is disconnected."""
        version = self.version(channel, type(message), at_most)
        answer = channel.submit(message, version, timeout_s or self._request_timeout_s)
        return await self.answer(channel, answer, response)

    async def answer(self, channel: Channel, answer: Awaitable[Message], response: type[R]) -> R:
        """Waits for the answer to a request that was submitted. Raises OSError, TimeoutError."""
        try:
            message = await answer
        except TimeoutError:
            channel.close()  # as Kafka's client does: the answer could come at any later time
            raise
        except MalformedMessage as error:
            channel.close()
            raise ConnectionError(f"the answer can't be read: {error}") from error
        assert isinstance(message, response)
        throttled_ms = getattr(message, "throttle_time_ms", 0)
        if throttled_ms:
            self.on_throttle(*self._broker_of(channel), throttled_ms)
        return message

    def _broker_of(self, channel: Channel) -> tuple[str, int]:
        """(name, id) as librdkafka tells them."""
        broker_id = next((key[0] for key, one in self._channels.items() if one is channel), -1)
        host, port = self.address(broker_id)
        return f"{host}:{port}/{broker_id}", broker_id

    def turn(self, broker_id: int) -> asyncio.Lock:
        """Who must not be overtaken on the way to this broker holds this until the request is submitted."""
        return self._turns.setdefault(broker_id, asyncio.Lock())

    @staticmethod
    def version(channel: Channel, request: type[Message], at_most: int | None = None) -> int:
        """The version to use on this channel. Raises KafkaException(_UNSUPPORTED_FEATURE) if there is none."""
        try:
            highest = channel.version_for(request)
        except ApiError as error:
            raise failure(KafkaError._UNSUPPORTED_FEATURE, f"Local: {error}") from error
        return highest if at_most is None else min(highest, at_most)

    def drop(self, broker_id: int, purposes: Sequence[str] = (DATA, FETCH, GROUP)) -> None:
        """Closes the channels to this broker."""
        for purpose in purposes:
            channel = self._channels.pop((broker_id, purpose), None)
            if channel is not None:
                channel.close()

    def close(self) -> None:
        """Closes everything; later calls raise KafkaException(_DESTROY)."""
        self._closed = True
        for key in sorted(self._channels):
            self._channels[key].close()
        self._channels.clear()
