"""A picture may be taken at any moment of a start or an end: what is shown is whole, or not there yet."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest

from minikafka import Cluster
from minikafka.protocol.server import Server


def look(cluster: Cluster) -> None:
    snapshot = cluster.snapshot()
    assert [broker.name for broker in snapshot.brokers] == ["broker-1", "broker-2", "broker-3"]
    assert len(snapshot.controllers) == 1


@pytest.mark.parametrize("how", ["kill", "stop cleanly"])
@pytest.mark.parametrize("host", ["broker-2", "controller-1"])
def test_a_picture_after_every_step_of_a_restart(
    host: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    listen = Server.listen

    async def listen_later(self: Server, *where: Any) -> int:
        await asyncio.sleep(0.01)  # a real system takes its time for it
        return await listen(self, *where)

    monkeypatch.setattr(Server, "listen", listen_later)
    with Cluster(brokers=3, world="simulated", seed=5, message_events=False) as sim:
        sim.create_topic("orders", 4, 3)
        if how == "kill":
            sim.kill(host)

        def begin() -> asyncio.Task[Any]:
            return sim._loop.universe.loop.create_task(sim._nodes.restart(host))

        restart, looks = sim._loop.call(begin), 0
        while not restart.done() and sim.step():
            look(sim)
            for node in (*sim._nodes.controllers.values(), *sim._nodes.brokers.values()):
                assert node is None or node.snapshot().port, "whoever is there is there with all its parts"
            looks += 1
        restart.result()
        assert looks
        sim.run_until(lambda s: all(p.leader and len(p.isr) == 3 for t in s.topics for p in t.partitions), 60)


@pytest.mark.parametrize("looks", [80, pytest.param(10_000, marks=pytest.mark.slow)])
def test_pictures_of_a_live_cluster_whose_brokers_restart_all_the_time(looks: int) -> None:
    with Cluster(brokers=3, announce=False) as cluster:
        cluster.create_topic("orders", 6, 3)
        enough = threading.Event()
        restarts: list[str] = []

        def keep_restarting() -> None:
            while not enough.is_set():
                for host in ("broker-1", "broker-2", "broker-3"):
                    if len(restarts) % 2:
                        cluster.kill(host)
                    cluster.restart(host)
                    restarts.append(host)

        thread = threading.Thread(target=keep_restarting)
        thread.start()
        try:
            taken = 0
            while taken < looks or len(restarts) < 3:
                look(cluster)
                taken += 1
        finally:
            enough.set()
            thread.join()
        assert len(restarts) >= 3
