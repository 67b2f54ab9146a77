"""A broker's standing with the controller: it registers, shows that it lives, and asks before it leaves.

Rule: a broker is in service only as long as its heartbeats are answered so. Kafka:
`BrokerLifecycleManager`; KIP-631, KIP-966 (the previous broker epoch).
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

from minikafka.membership.broker_state import BrokerState
from minikafka.membership.controller_channel import ControllerChannel
from minikafka.membership.controllers import Controllers
from minikafka.membership.membership import Member, Registration, RegistrationRefused
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.features import SUPPORTED_FEATURES
from minikafka.protocol.errors import ErrorCode
from minikafka.protocol.messages.broker_heartbeat import BrokerHeartbeatRequest, BrokerHeartbeatResponse
from minikafka.protocol.messages.broker_registration import (
    BrokerRegistrationRequest,
    BrokerRegistrationResponse,
    Feature,
    Listener,
)
from minikafka.protocol.schema import Message
from minikafka.world import Event, World

REGISTRATION_VERSION = 4
HEARTBEAT_VERSION = 1
BACKOFF_S = (0.05, 1.0)
"""The first and the longest pause after a failure, and between heartbeats while something is awaited."""

FATAL = (
    ErrorCode.INCONSISTENT_CLUSTER_ID,
    ErrorCode.INVALID_REGISTRATION,
    ErrorCode.UNSUPPORTED_VERSION,
)
"""Refusals that asking again won't change."""


class Refused(ConnectionError):
    """The controller answers, and not as it should."""


class RegistrationRejected(Event, frozen=True):
    """The controller refused for now (say, the broker's earlier life isn't over yet)."""

    broker_id: int
    error: str


class BrokerLifecycle:
    """One broker's: `await run(registration, member)`.

    `want_fence` keeps the broker out of service as long as it is true (its disks have failed, say), and so does
    `member.has_untold_losses`. What fails of the registration's `log_dirs` is put into `offline_log_dirs`.
    """

    def __init__(
        self,
        world: World,
        broker_id: int,
        controllers: Controllers,
        configs: BrokerConfigs | None = None,
        *,
        want_fence: bool = False,
    ) -> None:
        self.state = BrokerState.NOT_RUNNING
        self.broker_epoch = -1
        self.fenced = True
        self.want_fence = want_fence
        self.offline_log_dirs: list[UUID] = []
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        """Done once the broker is in service; raises `RegistrationRefused` when it never will be."""
        self._world = world
        self._broker_id = broker_id
        self._channel = ControllerChannel(world, controllers, f"broker-{broker_id}-lifecycle")
        configs = configs or BrokerConfigs()
        self._interval_s = configs.seconds("broker.heartbeat.interval.ms")
        self._timeout_s = configs.seconds("broker.session.timeout.ms") / 2
        self._may_leave = asyncio.Event()
        self._out_of_service = asyncio.Event()
        self._wake = asyncio.Event()

    async def run(self, registration: Registration, member: Member) -> None:
        """Register and send heartbeats until the broker may leave, or is refused for good."""
        self.state = BrokerState.STARTING
        backoff_s = BACKOFF_S[0]
        try:
            while not self._may_leave.is_set():
                try:
                    await self._speak(registration, member)
                except (OSError, TimeoutError) as problem:
                    if isinstance(problem, Refused):
                        self._channel.close()
                    else:
                        self._channel.give_up()
                    pause_s, backoff_s = backoff_s, min(2 * backoff_s, BACKOFF_S[1])
                else:
                    is_settled = self.fenced is self.want_fence and self.state is BrokerState.RUNNING
                    pause_s = self._interval_s if is_settled else min(BACKOFF_S[0], self._interval_s)
                    backoff_s = BACKOFF_S[0]
                await self._pause(pause_s)
        except RegistrationRefused as error:
            if self.ready.done():
                raise
            self.ready.set_exception(error)
        finally:
            self.state = BrokerState.SHUTTING_DOWN
            self.fenced = True
            self._channel.close()

    def beat(self) -> None:
        """Send the next heartbeat now (something changed: metadata was read, `want_fence` was set …)."""
        self._wake.set()

    async def leave_service(self) -> None:
        """Ask to be fenced, and wait until the controller has done so and others lead what this broker led, or until
        it must have done so for lack of heartbeats.
        """
        self.want_fence = True
        self._wake.set()
        try:
            async with asyncio.timeout(2 * self._timeout_s):
                await self._out_of_service.wait()
        except TimeoutError:
            pass

    async def controlled_shutdown(self, timeout_s: float = 5.0) -> bool:
        """Ask to leave, and wait until others lead what this broker led; False when that wasn't granted in time.

        Heartbeats end either way only when `run` is cancelled or leaving was granted.
        """
        if self.broker_epoch < 0 or self.state in (BrokerState.NOT_RUNNING, BrokerState.SHUTTING_DOWN):
            return False
        self.state = BrokerState.PENDING_CONTROLLED_SHUTDOWN
        self._wake.set()
        try:
            async with asyncio.timeout(timeout_s):
                await self._may_leave.wait()
        except TimeoutError:
            return False
        return True

    async def _speak(self, registration: Registration, member: Member) -> None:
        await self._channel.connect(self._timeout_s)
        if self.broker_epoch < 0:
            await self._register(registration)
        await self._heartbeat(member)

    async def _register(self, life: Registration) -> None:
        request = BrokerRegistrationRequest(
            broker_id=life.broker_id,
            cluster_id=life.cluster_id,
            incarnation_id=life.incarnation_id,
            listeners=[
                Listener(name=x.name, host=x.host, port=x.port, security_protocol=x.security_protocol)
                for x in life.listeners
            ],
            features=[
                Feature(name=name, min_supported_version=low, max_supported_version=high)
                for name, (low, high) in SUPPORTED_FEATURES.items()
            ],
            rack=life.rack,
            log_dirs=list(life.log_dirs),
            previous_broker_epoch=life.previous_broker_epoch,
        )
        response: BrokerRegistrationResponse = await self._request(request, REGISTRATION_VERSION)
        code = ErrorCode(response.error_code)
        if code is ErrorCode.STALE_BROKER_EPOCH:
            raise RegistrationRefused(
                f"The controller's metadata log is older than the data of broker {self._broker_id}, which was last "
                f"registered at offset {life.previous_broker_epoch} of it: what was decided since is missing. Put the "
                "newest copy of the controller's directory back; if there is none, remove .kafka_cleanshutdown from "
                "the brokers' directories: what the metadata don't know is kept aside then."
            )
        if code in FATAL:
            raise RegistrationRefused(
                f"the controller refuses broker {self._broker_id}: {code.name} ({code.message})"
            )
        if code is ErrorCode.NOT_CONTROLLER:
            raise ConnectionError(code.name)
        if code is not ErrorCode.NONE:
            self._world.trace.emit(RegistrationRejected(self._broker_id, code.name))
            raise Refused(code.name)
        self.broker_epoch = response.broker_epoch

    async def _heartbeat(self, member: Member) -> None:
        request = BrokerHeartbeatRequest(
            broker_id=self._broker_id,
            broker_epoch=self.broker_epoch,
            current_metadata_offset=member.applied_offset,
            want_fence=self.want_fence or member.has_untold_losses,
            want_shut_down=self.state is BrokerState.PENDING_CONTROLLED_SHUTDOWN,
            offline_log_dirs=list(self.offline_log_dirs),
        )
        response: BrokerHeartbeatResponse = await self._request(request, HEARTBEAT_VERSION)
        code = ErrorCode(response.error_code)
        if code is ErrorCode.STALE_BROKER_EPOCH:
            # The controller has forgotten this broker, or knows a later life of it: register (again).
            self.broker_epoch = -1
            self.fenced = True
        if code is ErrorCode.NOT_CONTROLLER:
            raise ConnectionError(code.name)
        if code is not ErrorCode.NONE:
            raise Refused(code.name)
        self.fenced = response.is_fenced
        if self.fenced and self.want_fence:
            self._out_of_service.set()
        if response.should_shut_down:
            self._may_leave.set()
        elif not self.fenced and self.state is BrokerState.STARTING:
            self.state = BrokerState.RUNNING
            if not self.ready.done():
                self.ready.set_result(None)

    async def _request(self, request: Message, version: int) -> Any:
        return await self._channel.request(request, version, self._timeout_s)

    async def _pause(self, seconds: float) -> None:
        if self._may_leave.is_set():
            return
        timer = self._world.call_later(seconds, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            timer.cancel()
            self._wake.clear()
