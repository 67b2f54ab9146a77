"""Taking a cluster's picture: gathers what `xray.inside` draws from. Runs in the cluster's loop.

Rule: it reads what is there, asks nobody and changes nothing, so looking never alters what happens next.
Kafka shows as much only by many requests (`Admin`) and JMX.
"""

from __future__ import annotations

from minikafka.cluster.nodes import CONTROLLER, CONTROLLER_ID, ClusterNodes
from minikafka.metadata.image import MetadataImage
from minikafka.xray import inside
from minikafka.xray.files import Found, Question, Unseen, answer
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.story import Story


class Picture:
    """Numbers the pictures of one cluster."""

    def __init__(self, nodes: ClusterNodes, name: str, world: str, seed: int | None) -> None:
        self._nodes = nodes
        self._name = name
        self._world = world
        self._seed = seed
        self._version = 0
        self._last_image = MetadataImage()
        trace = nodes.universe.trace
        self._story = Story(trace.recent.copy())  # the loop's thread may go on telling
        trace.subscribe(self._story.hear)
        self.cut: tuple[tuple[str, ...], ...] = ()

    def take(self, paused: bool | None) -> Snapshot:
        """The picture now."""
        nodes = self._nodes
        self._version += 1
        host, _, port = nodes.controllers.rpartition(":")
        node = nodes.controller
        view = node.snapshot() if node is not None else None
        return inside.build(
            inside.Inside(
                version=self._version,
                at=nodes.universe_now(),
                world=self._world,
                name=self._name,
                cluster_id=nodes.cluster_id,
                bootstrap_servers=nodes.bootstrap_servers,
                controller=inside.ControllerView(
                    name=CONTROLLER,
                    id=CONTROLLER_ID,
                    host=host,
                    port=int(port),
                    up=view is not None,
                    epoch=view.leader_epoch if view is not None else None,
                    log_end=view.end_offset if view is not None else None,
                    committed=view.high_watermark if view is not None else None,
                ),
                image=self._image(),
                lag=nodes.organs.lag,
                brokers={
                    name: broker.snapshot() if broker is not None and nodes.is_up(name) else None
                    for name, broker in nodes.brokers.items()
                },
                events=self._story.told(),
                paused=paused,
                seed=self._seed,
                problems=nodes.problems,
                cut=self.cut,
            )
        )

    def look(self, question: Question) -> Found:
        """What a replica's files hold; read through its broker's own disk. Raises Unseen."""
        nodes, place = self._nodes, question.place
        broker = nodes.brokers.get(place.broker)
        if place.broker not in nodes.brokers:
            raise Unseen(f"There is no broker called {place.broker[:100]!r} here.")
        if broker is None or not nodes.is_up(place.broker):
            raise Unseen(f"{place.broker} is down: nobody reads its disk. Restart it to look.")
        partition = broker.replicas.get(place.topic, place.partition)
        if partition is None:
            raise Unseen(f"{place.broker} has no replica of {place.topic[:249]}-{place.partition}.")
        return answer(partition.log.world.disk, partition.log.directory, question)

    def _image(self) -> MetadataImage:
        """The controller's metadata, or the newest that a broker has."""
        nodes = self._nodes
        known = [b.image for b in nodes.brokers.values() if b is not None]
        if nodes.controller is not None:
            known.append(nodes.controller.image)
        self._last_image = max([self._last_image, *known], key=lambda image: image.offset)
        return self._last_image
