"""What is settled before a node's process starts, and what is refused then."""

from __future__ import annotations

import errno
import socket

import pytest

from minikafka.metadata.config_types import ConfigError
from minikafka.processes.plan import Failed, Plan, Up, line_of, plan_in, report_in
from minikafka.processes.planning import Planning, Wanted
from minikafka.world import DiskLocked, LiveUniverse
from minikafka.world.live import new_live_loop


def plans(root=None, **wanted) -> list[Plan]:
    """As the parent makes them; nothing starts."""

    async def planned() -> list[Plan]:
        with LiveUniverse(root) as universe:
            return Planning(universe, Wanted(**wanted), syncs=False).plans()

    loop = new_live_loop()
    try:
        return loop.run_until_complete(planned())
    finally:
        loop.close()


def test_every_node_knows_where_the_others_will_be():
    made = plans(brokers=2, controllers=3)
    assert [plan.host for plan in made] == [
        *("controller-1", "controller-2", "controller-3"),
        *("broker-1", "broker-2"),
    ]
    assert len({plan.port for plan in made}) == 5
    assert all(plan.voters == made[0].voters for plan in made)
    assert [voter.port for voter in made[0].voters] == [plan.port for plan in made[:3]]
    assert len({voter.directory_id for voter in made[0].voters}) == 3
    assert len({plan.cluster_id for plan in made}) == 1
    assert plan_in(line_of(made[0])) == made[0]


def test_what_is_advertised_leads_to_the_process_that_listens():
    settings = {"listeners": "PLAINTEXT://0.0.0.0:0", "advertised.listeners": "PLAINTEXT://kafka.example:0"}
    reached = plans(brokers=1, configs=settings)[0].reached
    assert [(one.host, one.at_host, one.port == one.at_port) for one in reached] == [
        ("kafka.example", "127.0.0.1", True)
    ]


def test_a_port_that_is_taken_is_refused_before_anything_starts():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match="in use") as refused:
            plans(brokers=2, port=port)
    assert refused.value.errno == errno.EADDRINUSE
    assert refused.value.filename == f"127.0.0.1:{port}"


def test_a_directory_in_use_is_refused_before_anything_starts(tmp_path):
    async def hold() -> None:
        with LiveUniverse(tmp_path) as universe:
            universe.world("broker-1").disk.lock(".lock")
            with pytest.raises(DiskLocked):
                Planning(universe, Wanted(brokers=1), syncs=False).plans()

    loop = new_live_loop()
    loop.run_until_complete(hold())
    loop.close()


def test_an_address_that_is_not_this_machines_is_refused():
    settings = {"listeners": "PLAINTEXT://192.0.2.1:0", "advertised.listeners": "PLAINTEXT://kafka.example:0"}
    with pytest.raises(OSError, match="assign") as refused:
        plans(brokers=1, configs=settings)
    assert refused.value.errno == errno.EADDRNOTAVAIL


def test_a_wrong_setting_is_refused():
    with pytest.raises(ConfigError):
        plans(configs={"min.insync.replicas": "0"})


def test_what_a_node_says_is_read_and_nonsense_is_not():
    assert report_in(line_of(Up("127.0.0.1", 9092))) == Up("127.0.0.1", 9092)
    assert report_in(line_of(Failed("No space left."))) == Failed("No space left.")
    assert report_in(b"Segmentation fault\n") is None
    assert report_in(b"\xff\n") is None
