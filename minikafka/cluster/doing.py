"""Does commands: the one place where each of them is carried out.

Rule: `Cluster`'s methods, the x-ray socket, a script and a tape all come through `do`. What a command is called and
takes is in `commands/`; here is what it does. Kafka has no such place.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from minikafka.cluster.broker_changes import add_broker, begin_move, remove_broker
from minikafka.cluster.quorum_changes import add_controller, remove_controller
from minikafka.cluster.topic_commands import BY_CLIENTS
from minikafka.commands import (
    AddBroker,
    AddController,
    Await,
    Call,
    CancelMove,
    Command,
    Cut,
    FailDisk,
    FillDisk,
    Heal,
    Kill,
    Lose,
    MovePartition,
    NotUnderstood,
    OpenClient,
    Pause,
    PowerCut,
    RemoveBroker,
    RemoveController,
    Reorder,
    RepairDisk,
    Restart,
    Resume,
    Run,
    RunRounds,
    RunTo,
    SetClock,
    Slow,
    SlowDisk,
    Step,
    Stop,
    Suspend,
    Wake,
)
from minikafka.commands.command import name_of
from minikafka.commands.values import thawed
from minikafka.world.visible import quoted

if TYPE_CHECKING:
    from minikafka.cluster.cluster import Cluster

C = TypeVar("C", bound=Command)

START_TIMEOUT_S = STOP_TIMEOUT_S = 300.0
"""Ten thousand partitions take their time on a busy machine. This only ends a wait that would never end."""

_DOERS: dict[type[Command], Callable[[Cluster, Any], Any]] = {}


def _does(kind: type[C]) -> Callable[[Callable[[Cluster, C], Any]], Callable[[Cluster, C], Any]]:
    def register(function: Callable[[Cluster, C], Any]) -> Callable[[Cluster, C], Any]:
        _DOERS[kind] = function
        return function

    return register


def do(cluster: Cluster, command: Command) -> Any:
    """Raises what the command raises; the cluster is open."""
    doer = _DOERS.get(type(command))
    if doer is None:
        raise NotUnderstood(f"{name_of(type(command))} can't be done by itself.")
    if command.simulated:
        cluster._simulated(command.name, command.why_simulated)
    if not isinstance(command, Restart):  # what else has failed must not keep this one from starting
        cluster._check()
    result = doer(cluster, command)
    cluster._source.changed()
    return result


# -- hosts and disks -----------------------------------------------------------------------------------------


@_does(Kill)
def _kill(cluster: Cluster, command: Kill) -> None:
    cluster._loop.call(lambda: cluster._nodes.kill(command.host))


@_does(PowerCut)
def _cut_power(cluster: Cluster, command: PowerCut) -> None:
    cluster._loop.call(lambda: cluster._nodes.power_cut(command.host))


@_does(Restart)
def _restart(cluster: Cluster, command: Restart) -> None:
    nodes = cluster._nodes
    start = nodes.restart if command.is_awaited else nodes.begin_restart
    cluster._failures.forgive(command.host)
    cluster._finish(start(command.host), START_TIMEOUT_S, f"The start of {command.host}")


@_does(AddController)
def _add_controller(cluster: Cluster, command: AddController) -> str:
    adding = add_controller(cluster._nodes, command.host, is_awaited=command.is_awaited)
    return cluster._finish(adding, START_TIMEOUT_S, "The start of one more controller")


@_does(RemoveController)
def _remove_controller(cluster: Cluster, command: RemoveController) -> None:
    removing = remove_controller(cluster._nodes, command.host, is_awaited=command.is_awaited)
    cluster._finish(removing, STOP_TIMEOUT_S, f"The vote on {command.host}")


@_does(Stop)
def _stop(cluster: Cluster, command: Stop) -> None:
    cluster._finish(cluster._nodes.stop_broker(command.host), STOP_TIMEOUT_S, f"The stop of {command.host}")


@_does(AddBroker)
def _add_broker(cluster: Cluster, command: AddBroker) -> str:
    adding = add_broker(cluster._nodes, command.rack, is_awaited=command.is_awaited)
    return cluster._finish(adding, START_TIMEOUT_S, "The start of one more broker")


@_does(RemoveBroker)
def _remove_broker(cluster: Cluster, command: RemoveBroker) -> None:
    removing = remove_broker(cluster._nodes, command.host, is_awaited=command.is_awaited)
    cluster._finish(removing, STOP_TIMEOUT_S, f"The removal of {command.host}")


@_does(FailDisk)
def _fail_disk(cluster: Cluster, command: FailDisk) -> None:
    cluster._loop.call(lambda: cluster._nodes.faults.fail_disk(command.host, command.directory))


@_does(FillDisk)
def _fill_disk(cluster: Cluster, command: FillDisk) -> None:
    cluster._loop.call(lambda: cluster._nodes.faults.fill_disk(command.host))


@_does(SlowDisk)
def _slow_disk(cluster: Cluster, command: SlowDisk) -> None:
    loop = cluster._simulated(command.name)
    loop.call(lambda: loop.universe.slow_disk(cluster._nodes.known(command.host), command.seconds))


@_does(Suspend)
def _suspend(cluster: Cluster, command: Suspend) -> None:
    loop, seconds = cluster._simulated(command.name), math.inf if command.seconds is None else command.seconds
    loop.call(lambda: loop.universe.suspend(cluster._nodes.running(command.host), seconds))


@_does(Wake)
def _wake(cluster: Cluster, command: Wake) -> None:
    loop = cluster._simulated(command.name)
    loop.call(lambda: loop.universe.wake(cluster._nodes.running(command.host)))


@_does(SetClock)
def _set_clock(cluster: Cluster, command: SetClock) -> None:
    loop = cluster._simulated(command.name)
    loop.call(
        lambda: loop.universe.set_clock(cluster._nodes.known(command.host), command.seconds, command.gains)
    )


@_does(RepairDisk)
def _repair_disk(cluster: Cluster, command: RepairDisk) -> None:
    cluster._loop.call(lambda: cluster._nodes.faults.repair_disk(command.host))


# -- the network ---------------------------------------------------------------------------------------------


@_does(Cut)
def _cut(cluster: Cluster, command: Cut) -> None:
    if not command.is_told:
        fabric = cluster._simulated("A cut that nobody is told of").universe.fabric
        between = (command.hosts, command.others or None)
        cluster._loop.call(lambda: fabric.partition(*between, one_way=command.one_way))
        return
    cluster._loop.call(
        lambda: cluster._nodes.faults.partition(
            command.hosts, command.others or None, one_way=command.one_way
        )
    )
    cluster._picture.cut = (*cluster._picture.cut, command.hosts, command.others)


@_does(Heal)
def _heal(cluster: Cluster, command: Heal) -> None:
    if not command.is_told:
        fabric = cluster._simulated("An end that nobody is told of").universe.fabric
        cluster._loop.call(lambda: fabric.heal(drop=False))
        return
    cluster._loop.call(cluster._nodes.faults.heal)
    cluster._picture.cut = ()


@_does(Slow)
def _slow(cluster: Cluster, command: Slow) -> None:
    loop, between = cluster._simulated("slow"), (command.hosts or None, command.others or None)
    loop.call(
        lambda: loop.universe.set_latency(
            command.least_s, command.most_s, between=between[0], and_=between[1]
        )
    )


@_does(Lose)
def _lose(cluster: Cluster, command: Lose) -> None:
    loop, between = cluster._simulated("lose"), (command.hosts or None, command.others or None)
    loop.call(lambda: loop.universe.set_loss(command.chance, between=between[0], and_=between[1]))


@_does(Reorder)
def _reorder(cluster: Cluster, command: Reorder) -> None:
    loop, between = cluster._simulated("reorder"), (command.hosts or None, command.others or None)
    loop.call(lambda: loop.universe.set_reordering(command.chance, between=between[0], and_=between[1]))


# -- topics --------------------------------------------------------------------------------------------------


def _do_by_clients(cluster: Cluster, command: Command) -> None:
    BY_CLIENTS[type(command)](cluster, command)


_DOERS.update(dict.fromkeys(BY_CLIENTS, _do_by_clients))


@_does(MovePartition)
def _move_partition(cluster: Cluster, command: MovePartition) -> None:
    _move(cluster, command, list(command.brokers))


@_does(CancelMove)
def _cancel_move(cluster: Cluster, command: CancelMove) -> None:
    _move(cluster, command, None)


def _move(cluster: Cluster, command: MovePartition | CancelMove, brokers: list[int] | None) -> None:
    if command.is_awaited:
        _do_by_clients(cluster, command)
        return
    beginning = begin_move(cluster._nodes, command.topic, command.partition, brokers)
    cluster._finish(beginning, STOP_TIMEOUT_S, "The beginning of a move")


# -- time ----------------------------------------------------------------------------------------------------


@_does(Step)
def _step(cluster: Cluster, command: Step) -> bool:
    loop = cluster._simulated("step")
    moved = loop.call(loop.universe.step)
    cluster._check()
    return moved


@_does(Run)
def _run(cluster: Cluster, command: Run) -> None:
    loop = cluster._simulated("run")
    loop.call(lambda: loop.universe.run_for(command.seconds))
    cluster._check()


@_does(RunTo)
def _run_to(cluster: Cluster, command: RunTo) -> None:
    loop = cluster._simulated("run_to")
    loop.call(lambda: loop.universe.run_to(command.at_s))


@_does(RunRounds)
def _run_rounds(cluster: Cluster, command: RunRounds) -> None:
    loop, recorder = cluster._simulated("run_rounds"), cluster._recorder
    assert recorder is not None
    between = recorder.predicate(lambda: recorder.between_rounds())

    def reached() -> bool:
        between()
        return loop.loop.rounds >= command.rounds

    loop.call(lambda: loop.loop.drive(reached, command.at_s))
    loop.call(lambda: loop.loop.advance_to(command.at_s))


@_does(Resume)
def _resume(cluster: Cluster, command: Resume) -> None:
    assert cluster._player is not None
    cluster._player.play(command.speed)


@_does(Pause)
def _pause(cluster: Cluster, command: Pause) -> None:
    assert cluster._player is not None
    cluster._player.pause()


# -- clients -------------------------------------------------------------------------------------------------


@_does(OpenClient)
def _open(cluster: Cluster, command: OpenClient) -> Any:
    assert cluster._recorder is not None
    stand_in = cluster._recorder.stand_in
    config = {name: thawed(value, stand_in(name)) for name, value in command.config.items()}
    opened = cluster._clients.make(command.kind, config, command.client)
    cluster._recorder.kept[command.client] = opened
    return opened


@_does(Call)
def _call(cluster: Cluster, command: Call) -> Any:
    recorder = cluster._recorder
    assert recorder is not None
    client = recorder.clients.get(command.client)
    if client is None:
        raise ValueError(
            f"There is no client {quoted(command.client)}; there are: {', '.join(recorder.clients) or 'none'}."
        )
    method = getattr(client, command.method, None) if not command.method.startswith("_") else None
    if not callable(method):
        raise ValueError(f"A {type(client).__name__} has no {quoted(command.method)}.")
    values = [thawed(value, recorder.stand_in(str(n))) for n, value in enumerate(command.values)]
    options = {name: thawed(value, recorder.stand_in(name)) for name, value in command.options.items()}
    return method(*values, **options)


@_does(Await)
def _await(cluster: Cluster, command: Await) -> Any:
    futures = cluster._simulated("await").futures
    future = futures.get(command.number) if futures is not None else None
    if future is None:
        raise ValueError(f"Nobody has asked for answer {command.number}.")
    future.exception(command.timeout_s)
