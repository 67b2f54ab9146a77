"""Taking a cluster's picture: gathers what `xray.inside` draws from. Runs in the cluster's loop.

Rule: it reads what is there, asks nobody and changes nothing, so looking never alters what happens next. A picture for
somebody who watches (`take_in_turns`) costs what moved since the last one, and meanwhile the loop has its turns: a
cluster doesn't stand still for its viewers.
Kafka shows as much only by many requests (`Admin`) and JMX.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice

from minikafka.broker.broker import Broker
from minikafka.broker.snapshot import BrokerSnapshot
from minikafka.cluster.nodes import ClusterNodes
from minikafka.cluster.voters import controller_id
from minikafka.metadata.configs import topic_config_value
from minikafka.metadata.image import MetadataImage
from minikafka.metadata.topic_names import GROUP_METADATA_TOPIC
from minikafka.quorum.metadata_store import METADATA_DIRECTORY
from minikafka.world.simulated import SimulatedUniverse
from minikafka.world.turns import Aside
from minikafka.world.visible import quoted
from minikafka.xray import inside
from minikafka.xray.events import EventsFrom, WrongPage, page_of
from minikafka.xray.files import FileQuestion, Found, Question, ReplicaPlace, Unseen, answer
from minikafka.xray.groups import Groups
from minikafka.xray.snapshot import Partition, Snapshot, TopicPartition
from minikafka.xray.story import Story
from minikafka.xray.topics import Key, Topics

FEW = 500
"""So many replicas of a broker are all looked at each time; of more, those that moved and some others."""
MOST = 150
"""Of those that moved on a broker so many are looked at for one picture. Where more do, the others have their turn in
the next one: numbers may be a few seconds old then, and looking has a price that doesn't grow with the load."""
SOME = 40
"""What moves without a word (retention, the page cache) is seen when its turn comes."""


class Picture:
    """Numbers the pictures of one cluster."""

    def __init__(self, nodes: ClusterNodes, name: str, world: str, seed: int | None) -> None:
        self._nodes = nodes
        self._name = name
        self._world = world
        self._seed = seed
        self._version = 0
        self._last_image = MetadataImage()
        self._topics = Topics(self._min_isr)
        self._groups = Groups(nodes.rules.lag, self._coordinator_of, self._partition_at)
        self._looked_at: dict[str, weakref.ref[Broker]] = {}  # a dead one isn't kept for a picture's sake
        self._rounds: dict[str, Iterator[Key]] = {}
        trace = nodes.universe.trace
        self._story = Story(trace.recent.copy())  # the loop's thread may keep telling
        trace.subscribe(self._story.hear)
        nodes.before_end = self.before_end
        self.cut: tuple[tuple[str, ...], ...] = ()

    def go_on_from(self, other: Picture) -> None:
        """Viewers count on it that a later picture has a higher number."""
        self._version = max(self._version, other._version)

    def take(self, paused: bool | None) -> Snapshot:
        """The picture now: everything at this instant."""
        for _ in self._look(in_turns=False):
            pass
        return self._finish(paused)

    async def take_in_turns(self, paused: bool | None) -> Snapshot:
        """The picture for those who watch. Its parts are a few turns of the loop apart; the ends of partitions are
        always looked at before the commits of groups."""
        aside = Aside(asyncio.get_running_loop().time)
        for _ in self._look(in_turns=True):
            if aside.is_over():
                await aside.rest()
        return self._finish(paused)

    def before_end(self, host: str) -> None:
        """A broker is about to be killed or to end: what it alone knows, its groups, is seen once more."""
        broker = self._nodes.brokers.get(host)
        if broker is None or not self._nodes.is_up(host):
            return
        groups = broker.group_coordinator.snapshot()
        if not groups:
            return
        self._see_cluster()
        read = {(o.topic, o.partition): None for group in groups for o in group.offsets}
        for other in self._running().values():
            for key in read:
                self._topics.see(other.id, key, other.partition_snapshot(*key))
        for _ in self._draw():
            pass

    # -- parts ---------------------------------------------------------------------------------------------------

    def _look(self, *, in_turns: bool) -> Iterator[None]:
        """One thing after the other, until all that is to be drawn is drawn."""
        self._see_cluster()
        moved = self._moved() if in_turns else {}
        for host, broker in self._running().items():
            for key in self._to_look_at(host, broker, moved if in_turns else None):
                self._topics.see(broker.id, key, broker.partition_snapshot(*key))
                yield
        self._see_cluster()  # some turns later
        yield from self._draw()

    def _see_cluster(self) -> None:
        running = self._running()
        for host, broker in running.items():
            looked_at = self._looked_at.get(host)
            if looked_at is None or looked_at() is not broker:
                self._topics.forget(broker.id)  # that was another life
                self._rounds.pop(host, None)
        self._looked_at = {host: weakref.ref(broker) for host, broker in running.items()}
        self._topics.see_brokers(broker.id for broker in running.values())
        self._topics.see_image(self._image())

    def _moved(self) -> dict[Key, None]:
        """Those that moved first, since they were looked at last; all of a partition's replicas in one picture."""
        moved: dict[Key, None] = {}
        for broker in self._running().values():
            moved.update(dict.fromkeys(islice(broker.replicas.moved, MOST)))
        return moved

    def _to_look_at(self, host: str, broker: Broker, moved: dict[Key, None] | None) -> Iterable[Key]:
        """`moved`: of any broker; None: everything is to be looked at."""
        moved_here = broker.replicas.moved
        if moved is None or len(broker.replicas) <= FEW or host not in self._rounds:
            moved_here.clear()
            self._rounds[host] = iter(())
            there = [(p.topic, p.index) for p in broker.replicas]
            return dict.fromkeys((*there, *self._topics.seen_on(broker.id)))
        some = list(islice(self._rounds[host], SOME))
        if len(some) < SOME:
            self._rounds[host] = iter([(p.topic, p.index) for p in broker.replicas])
        keys = dict.fromkeys((*(key for key in moved if key in moved_here), *some))
        for key in keys:
            moved_here.pop(key, None)
        return keys

    def _draw(self) -> Iterator[None]:
        yield from self._topics.draw()
        views = {b.id: b.snapshot() for b in self._running().values()}
        yield from self._groups.see(self._nodes.universe_now(), self._clock_offset_s(), views)

    def _finish(self, paused: bool | None) -> Snapshot:
        nodes = self._nodes
        self._version += 1
        return inside.build(
            inside.Inside(
                version=self._version,
                at=nodes.universe_now(),
                world=self._world,
                name=self._name,
                cluster_id=nodes.cluster_id,
                bootstrap_servers=nodes.bootstrap_servers,
                controllers=tuple(self._controller(controller_id(host), host) for host in nodes.controllers),
                image=self._image(),
                topics=self._topics,
                groups=self._groups.drawn,
                brokers=self._views(),
                events=self._story.told(),
                session_timeout_s=nodes.configs.seconds("broker.session.timeout.ms"),
                paused=paused,
                seed=self._seed,
                problems=nodes.problems,
                cut=self.cut,
            )
        )

    def _controller(self, id: int, name: str) -> inside.ControllerView:
        host, port = self._nodes.address_of(name)
        node = self._nodes.controllers[name]
        if node is None:
            return inside.ControllerView(name, id, host, port)
        view, offset_s = node.snapshot(), self._clock_offset_s()
        return inside.ControllerView(
            name=name,
            id=id,
            host=host,
            port=port,
            up=True,
            is_leader=view.is_active,
            epoch=view.leader_epoch,
            log_end=view.end_offset,
            committed=view.high_watermark,
            heard_at={b: round(at + offset_s, 3) for b, at in view.heard_at.items()},
        )

    def _running(self) -> dict[str, Broker]:
        nodes = self._nodes
        return {name: b for name, b in nodes.brokers.items() if b is not None and nodes.is_up(name)}

    def _views(self) -> Mapping[str, BrokerSnapshot | None]:
        running = self._running()
        return {name: running[name].snapshot() if name in running else None for name in self._nodes.brokers}

    def _clock_offset_s(self) -> float:
        """From the nodes' clock to that of pictures."""
        nodes = self._nodes
        for node in (*nodes.controllers.values(), *nodes.brokers.values()):
            if node is not None:
                return nodes.universe_now() - node.world.clock.now()
        return 0.0

    def _min_isr(self, image: MetadataImage, topic: str) -> int:
        return int(topic_config_value(image, topic, "min.insync.replicas", self._nodes.configs))

    def _coordinator_of(self, partition: int) -> int:
        return self._topics.led_by(GROUP_METADATA_TOPIC, partition)

    def _partition_at(self, place: TopicPartition) -> Partition | None:
        return self._topics.partition(place.topic, place.partition)

    def look(self, question: Question) -> Found:
        """What a replica's files hold, read through its broker's own disk, or a page of events. Raises Unseen."""
        if isinstance(question, EventsFrom):
            try:
                return page_of(self._nodes.universe.trace, question)
            except WrongPage as why:
                raise Unseen(str(why)) from None
        nodes, place = self._nodes, question.place
        if place.broker in nodes.controllers:
            return self._look_at_metadata(place, question)
        broker = nodes.brokers.get(place.broker)
        if place.broker not in nodes.brokers:
            raise Unseen(f"There is no broker called {quoted(place.broker[:100])} here.")
        if broker is None or not nodes.is_up(place.broker):
            return self._look_at_still(place, question)
        partition = broker.replicas.get(place.topic, place.partition)
        if partition is None:
            raise Unseen(f"{place.broker} has no replica of {place.topic[:249]}-{place.partition}.")
        return answer(partition.log.world.disk, partition.log.directory, question)

    def _look_at_metadata(self, place: ReplicaPlace, question: FileQuestion) -> Found:
        """A controller has one log."""
        node = self._nodes.controllers[place.broker]
        if node is None or not self._nodes.is_up(place.broker):
            return self._look_at_still(place, question)
        if f"{place.topic}-{place.partition}" != METADATA_DIRECTORY:
            raise Unseen(f"{place.broker} is a controller: it has {METADATA_DIRECTORY} only.")
        return answer(node.world.disk, METADATA_DIRECTORY, question)

    def _look_at_still(self, place: ReplicaPlace, question: FileQuestion) -> Found:
        """What lies on the disk of a broker that is down: a simulated one's can be read."""
        universe = self._nodes.universe
        disk = universe.still_disk(place.broker) if isinstance(universe, SimulatedUniverse) else None
        if disk is None:
            raise Unseen(f"{place.broker} is down, so its disk can't be read. Restart it to look.")
        name = f"{place.topic}-{place.partition}"
        for parent in ("", *disk.listdir("")):
            directory = f"{parent}/{name}".lstrip("/")
            if disk.exists(directory):
                return answer(disk, directory, question)
        raise Unseen(f"{place.broker} has no replica of {place.topic[:249]}-{place.partition}.")

    def _image(self) -> MetadataImage:
        """The newest metadata that a controller has; when none is up, a broker."""
        nodes = self._nodes
        known = [b.image for b in nodes.brokers.values() if b is not None]
        known += [node.image for node in nodes.controllers.values() if node is not None]
        self._last_image = max([self._last_image, *known], key=lambda image: image.offset)
        return self._last_image
