"""How the parts of one client reach the cluster: its host, its settings, its connections and its metadata.

Rule: a client makes one of these and hands it to all its parts, so there is one pool and one view of the cluster.
Kafka's clients hand `NetworkClient` and `Metadata` around in the same way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from minikafka.client.connections.connections import Connections
from minikafka.client.connections.metadata import Metadata
from minikafka.client.connections.waiting import Background, News

if TYPE_CHECKING:
    from minikafka.client.settings.settings import Settings
    from minikafka.world import World


@dataclass(frozen=True, slots=True)
class Reach:
    """One client's way to the cluster."""

    world: World
    settings: Settings
    connections: Connections
    metadata: Metadata
    news: News
    background: Background

    @classmethod
    def of(cls, world: World, settings: Settings) -> Reach:
        """A new one; it connects to nobody before it has to."""
        news = News()
        background = Background(world, news)
        connections = Connections(world, settings)
        metadata = Metadata(world, connections, settings, background)
        return cls(world, settings, connections, metadata, news, background)

    def close(self) -> None:
        """Ends the refreshes and closes the connections."""
        self.metadata.close()
        self.connections.close()
