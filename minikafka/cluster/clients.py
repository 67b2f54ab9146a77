"""The clients that a cluster opens: in its world, each on a host of its own.

Rule: a client of a simulated cluster is on its tape from the moment when it was opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from minikafka.client.faces.face import Face
from minikafka.cluster.drivers import ClusterLoop
from minikafka.cluster.nodes import ClusterNodes
from minikafka.cluster.recording import Recorder
from minikafka.cluster.replaying import clients_of
from minikafka.commands import OpenClient
from minikafka.commands.clients import ClientKind
from minikafka.commands.values import frozen
from minikafka.world import World
from minikafka.world.visible import quoted


class ClusterClients:
    """They are named by their hosts: `client-1` is the first."""

    def __init__(self, loop: ClusterLoop, nodes: ClusterNodes, recorder: Recorder | None) -> None:
        self._loop = loop
        self._nodes = nodes
        self._recorder = recorder
        self._opened = 0

    @property
    def held(self) -> dict[str, Any]:
        """Those of a simulated cluster that somebody holds, by name."""
        return clients_of(self._recorder)

    def open(self, kind: ClientKind, config: Mapping[str, Any] | None) -> Any:
        """A new one, by a call from outside."""
        name = f"client-{self._opened + 1}"
        if self._recorder is None:
            return self.make(kind, config or {}, name)
        written = {key: frozen(value) for key, value in (config or {}).items() if key != "logger"}
        with self._recorder.command(OpenClient(name, kind, written)):
            return self.make(kind, config or {}, name)

    def make(self, kind: ClientKind, config: Mapping[str, Any], name: str) -> Any:
        """A new one of this name, by a call that is on the tape already. Raises ValueError for a name that is taken."""
        from minikafka.client import AdminClient, Consumer, Producer

        faces: dict[str, type[Face[Any]]] = {
            "producer": Producer,
            "consumer": Consumer,
            "admin": AdminClient,
        }
        if name in self.held:
            raise ValueError(f"There is a client {quoted(name)} already.")
        more: dict[str, Any] = {"driver": self._loop, "world": self.world(name)}
        if kind != "admin":
            more["rules"] = self._nodes.rules
        whole = {"bootstrap.servers": self._nodes.bootstrap_servers, **config}
        if self._recorder is None:
            return faces[kind](whole, **more)
        return self._recorder.client(faces[kind], name, whole, **more)

    def world(self, name: str = "") -> World:
        """A host for one, with a connection to all of the cluster."""
        self._opened += 1
        host = name or f"client-{self._opened}"
        return self._loop.call(lambda: self._loop.universe.guest(host))
