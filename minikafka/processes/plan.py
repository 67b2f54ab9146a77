"""What a node's process is told by its parent, and what it says to it: lines of JSON.

Rule: a plan holds all that a node must know to start, so that the same plan starts it again. Kafka:
`server.properties`, and what `kafka-storage format --initial-controllers` writes.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from minikafka.quorum import VoterNode

HAS_SAID_WHY = 3
"""The exit status of a node that has failed and told its parent."""


class Reached(msgspec.Struct, frozen=True):
    """A broker is known to clients by a name that may mean nothing here: who calls that is led to its listener."""

    host: str
    port: int
    at_host: str
    at_port: int


class Plan(msgspec.Struct, frozen=True):
    """Of one node, a broker or a controller."""

    host: str
    """As commands name it: `broker-2`."""
    node_id: int
    cluster_id: str
    root: str
    """The directory in which each host has its own."""
    syncs: bool
    port: int
    voters: tuple[VoterNode, ...]
    """The controllers, as they were when the cluster was started."""
    configs: Mapping[str, str]
    reached: tuple[Reached, ...] = ()
    directory_id: str = ""
    """The one that a controller's directory gets if it has none yet."""
    known_by: str = ""
    """What says that this cluster was there before (a clause)."""

    @property
    def is_controller(self) -> bool:
        return self.host.startswith("controller-")


class Up(msgspec.Struct, frozen=True, tag="up"):
    """The node serves. A broker says where clients are to connect."""

    host: str = ""
    port: int = 0


class Told(msgspec.Struct, frozen=True, tag="told"):
    """What its user should know; `reason`: why it goes out of service, where that is it (a clause)."""

    sentence: str
    reason: str = ""


class Failed(msgspec.Struct, frozen=True, tag="failed"):
    """It ends now, though nobody asked it to: why."""

    sentence: str


Report = Up | Told | Failed


def line_of(report: Report | Plan) -> bytes:
    """Without the end of the line."""
    return msgspec.json.encode(report)


def plan_in(line: bytes) -> Plan:
    """Raises ValueError."""
    return msgspec.json.decode(line, type=Plan)


def report_in(line: bytes) -> Report | None:
    """None: it is no report."""
    try:
        report: Report = msgspec.json.decode(line, type=Report)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
    return report


__all__ = [
    "HAS_SAID_WHY",
    "Failed",
    "Plan",
    "Reached",
    "Report",
    "Told",
    "Up",
    "line_of",
    "plan_in",
    "report_in",
]
