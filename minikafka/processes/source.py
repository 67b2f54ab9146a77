"""A cluster of processes behind the x-ray socket: its pictures, and commands that are signals here.

Rule: what processes can't do is refused in one sentence that says what can. Called in the parent's loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from minikafka.cluster.host_faults import Faults
from minikafka.cluster.topic_commands import BY_CLIENTS
from minikafka.commands import (
    Command,
    Cut,
    FailDisk,
    Heal,
    Kill,
    NotUnderstood,
    RepairDisk,
    Restart,
    Stop,
    Suspend,
    Wake,
    command_named,
)
from minikafka.processes.clients import ProcessClients
from minikafka.processes.picture import ProcessPicture
from minikafka.processes.supervisor import Supervisor
from minikafka.world import reason_of
from minikafka.xray.files import Found, Question
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.source import Answer

TICK_S = 1.0
"""Brokers are asked so often while somebody watches."""


class ProcessSource:
    """See `Source`."""

    def __init__(
        self, supervisor: Supervisor, picture: ProcessPicture, faults: Faults, clients: ProcessClients
    ) -> None:
        self._supervisor = supervisor
        self._picture = picture
        self._faults = faults
        self._clients = clients
        self._watching: dict[int, Callable[[], None]] = {}
        self._number = 0
        self._doers: dict[type[Command], Callable[[Any], Awaitable[object]]] = {
            Kill: self._kill,
            Suspend: self._suspend,
            Wake: self._wake,
            Stop: self._stop,
            Restart: self._restart,
            FailDisk: self._fail_disk,
            RepairDisk: self._repair_disk,
        }

    async def snapshot(self) -> Snapshot:
        return await self._picture.take()

    async def look(self, question: Question) -> Found:
        return self._picture.look(question)

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        self._number += 1
        number = self._number
        self._watching[number] = changed
        ticker = asyncio.get_running_loop().create_task(_tick(changed))
        changed()

        def stop() -> None:
            self._watching.pop(number, None)
            ticker.cancel()

        return stop

    def changed(self) -> None:
        """Tell every viewer."""
        for callback in list(self._watching.values()):
            callback()

    async def command(self, name: str, args: Mapping[str, Any]) -> Answer:
        try:
            command = command_named(name, args)
            if type(command) in BY_CLIENTS:
                await asyncio.to_thread(BY_CLIENTS[type(command)], self._clients, command)
                return Answer(True, command.told(None))
            doer = self._doers.get(type(command))
            if doer is None:
                raise NotUnderstood(_refusal(command))
            return Answer(True, command.told(None), await doer(command))
        except NotUnderstood as problem:
            return Answer(False, str(problem))
        except Exception as problem:
            return Answer(False, f"{name} failed: {reason_of(problem)}")

    # -- what each does ----------------------------------------------------------------------------------------

    async def _kill(self, command: Kill) -> None:
        await self._supervisor.kill(command.host)

    async def _suspend(self, command: Suspend) -> None:
        self._supervisor.suspend(command.host, command.seconds)

    async def _wake(self, command: Wake) -> None:
        self._supervisor.wake(command.host)

    async def _stop(self, command: Stop) -> None:
        await self._supervisor.stop_node(command.host)

    async def _restart(self, command: Restart) -> dict[str, int]:
        return {"pid": await self._supervisor.restart(command.host, is_awaited=command.is_awaited)}

    async def _fail_disk(self, command: FailDisk) -> None:
        self._faults.fail_disk(command.host, command.directory)

    async def _repair_disk(self, command: RepairDisk) -> None:
        self._faults.repair_disk(command.host)


def _refusal(command: Command) -> str:
    if isinstance(command, Cut | Heal):
        return "The network between processes can't be cut; suspend a host instead, or start without --processes."
    if command.simulated:
        why = f": {command.why_simulated}" if command.why_simulated else ""
        return f"{command.name} needs a simulated cluster{why}."
    return f"{command.name} can't be done to a cluster of processes; start it without --processes."


async def _tick(changed: Callable[[], None]) -> None:
    while True:
        await asyncio.sleep(TICK_S)
        changed()


__all__ = ["ProcessSource"]
