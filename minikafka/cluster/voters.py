"""The controllers of a cluster: how many there are, and how they agree.

Rule: who votes is settled when the cluster is made, and every voter knows all of them before it takes part. Kafka:
`controller.quorum.voters`, `kafka-storage format --initial-controllers`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from minikafka.controller.node import OpenQuorum
from minikafka.metadata.configs import BrokerConfigs
from minikafka.policy import Rules
from minikafka.quorum import MetadataLog, Quorum, RaftQuorum
from minikafka.quorum.raft import Timing
from minikafka.world import World

CONTROLLER_ID = 3000
"""The first controller's; the others' follow."""


class OtherVoters(ValueError):
    """The data directory is of a quorum of another size."""


def controller_host(number: int) -> str:
    """`controller-1`, `controller-2`, …"""
    return f"controller-{number}"


def controller_id(host: str) -> int:
    return CONTROLLER_ID - 1 + int(host.rpartition("-")[2])


def number_of_controllers(kept_hosts: Sequence[str], wanted: int | None) -> int:
    """As many as have a directory, else as are wanted, else one. Raises `OtherVoters`."""
    kept = sum(re.fullmatch(r"controller-[1-9]\d{0,2}", host) is not None for host in kept_hosts)
    if kept and wanted not in (None, kept):
        have = "1 controller" if kept == 1 else f"{kept} controllers"
        raise OtherVoters(
            f"The data directory belongs to a quorum of {have}, and the number can't be changed: leave out "
            f"--controllers, or say {kept}."
        )
    return kept or wanted or 1


def timing_of(configs: BrokerConfigs) -> Timing:
    """How long controllers wait for each other."""
    return Timing(
        election_ms=configs.int("controller.quorum.election.timeout.ms"),
        fetch_ms=configs.int("controller.quorum.fetch.timeout.ms"),
        backoff_max_ms=configs.int("controller.quorum.election.backoff.max.ms"),
        request_ms=configs.int("controller.quorum.request.timeout.ms"),
        retry_ms=configs.int("controller.quorum.retry.backoff.ms"),
    )


def opens_quorum(cluster_id: str, voters: int, configs: BrokerConfigs) -> OpenQuorum:
    """One of one needs no votes."""
    if voters == 1:
        return MetadataLog.open

    def open(world: World, node_id: int, rules: Rules, *, segment_bytes: int, known_by: str) -> Quorum:
        return RaftQuorum.open(
            world,
            node_id,
            rules,
            segment_bytes=segment_bytes,
            known_by=known_by,
            cluster_id=cluster_id,
            timing=timing_of(configs),
            fetch_max_bytes=configs.int("controller.quorum.fetch.max.bytes"),
            snapshot_max_bytes=configs.int("controller.quorum.fetch.snapshot.max.bytes"),
        )

    return open


__all__ = [
    "CONTROLLER_ID",
    "OtherVoters",
    "controller_host",
    "controller_id",
    "number_of_controllers",
    "opens_quorum",
]
