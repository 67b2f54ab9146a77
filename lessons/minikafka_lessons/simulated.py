"""The cluster of a lesson whose world is simulated: a `Cluster` in virtual time, from the lesson's own seed.

Rule: it is the `Cluster`, with all its methods (`step`, `run`, `kill`, `tape` …); added are only those that pictures
need and that let a cell run twice. Nothing moves but while a cell asks, and `begin` gives the same run each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minikafka import Cluster, KafkaException, Rules, Snapshot
from minikafka.commands import AddPartitions
from minikafka.world.visible import visible
from minikafka.xray.snapshot import Group, Topic
from minikafka_lessons.cells import Stumble
from minikafka_lessons.course import Lesson
from minikafka_lessons.language import say, sentence
from minikafka_lessons.sources import Source
from minikafka_lessons.views import Views

KIND = sentence("a simulated cluster: virtual time, seed {seed}")


class SimulatedSource(Source):
    """A simulated cluster, for those who watch."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster
        self.name, self.bootstrap_servers = cluster.name, cluster.bootstrap_servers

    def fresh(self) -> Snapshot:
        return self.cluster.picture()

    def close(self) -> None:
        self.cluster.close()


class CountedProducer:
    """A producer of the cluster, with what the pictures know of it: its name, what it has sent, is it closed?"""

    def __init__(self, producer: Any, name: str) -> None:
        self.name, self.sent, self.gone = name, 0, False
        self._producer = producer

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_producer"], name)

    def __len__(self) -> int:
        return len(self._producer)

    def produce(self, *args: Any, **options: Any) -> None:
        """As in `Producer`."""
        self._producer.produce(*args, **options)
        self.sent += 1

    def close(self, *args: Any) -> None:
        """As in `Producer`."""
        self.gone = True
        self._producer.close(*args)

    def __enter__(self) -> CountedProducer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class SimulatedLesson:
    """What `begin()` returns for a lesson with `WORLD = "simulated"`."""

    def __init__(self, lesson: Lesson, rules: Rules | None = None) -> None:
        self.lesson, self.number = lesson, lesson.number
        self.cluster = Cluster(
            brokers=lesson.brokers,
            world="simulated",
            seed=lesson.seed,
            rules=rules,
            name=f"lesson-{lesson.number}",
        )
        self.producers: list[CountedProducer] = []
        self._source = SimulatedSource(self.cluster)
        self._views = Views(self._source)
        self.closed = False

    def __getattr__(self, name: str) -> Any:
        if self.__dict__.get("closed"):
            raise Stumble(
                say(
                    "This lesson's cluster is closed: run the cell with `begin({n})` again.",
                    n=self.__dict__["number"],
                )
            )
        return getattr(self.__dict__["cluster"], name)

    def producer(self, config: Mapping[str, Any] | None = None) -> CountedProducer:
        """A producer; give it a `client.id`, and the pictures call it so."""
        made = CountedProducer(
            self.cluster.producer(config), str((config or {}).get("client.id", "producer"))
        )
        self.producers.append(made)
        return made

    def create_topic(
        self,
        name: str,
        partitions: int = 1,
        replication_factor: int | None = None,
        configs: Mapping[str, object] | None = None,
    ) -> None:
        """As in `Cluster`; one that is there already is left as it is."""
        found = next((topic for topic in self.cluster.snapshot().topics if topic.name == name), None)
        if found is None:
            self.cluster.create_topic(name, partitions, replication_factor, configs)
        elif len(found.partitions) != partitions:
            print(
                say(
                    "Topic {topic} is there already, with {n} partitions.",
                    topic=visible(name),
                    n=len(found.partitions),
                )
            )

    def create_partitions(self, name: str, count: int) -> None:
        """So many partitions the topic has then. Raises KafkaException where that is fewer; as many are left as is."""
        if len(self.topic(name).partitions) != count:
            self.cluster.do(AddPartitions(name, count))

    def topic(self, name: str) -> Topic:
        """A topic as it is now. Raises KeyError."""
        return self.cluster.snapshot().topic(name)

    def group(self, name: str) -> Group:
        """A group as it is now. Raises KeyError when nobody of it has been there yet."""
        return self.cluster.snapshot().group(name)

    def records_in(self, name: str) -> int:
        """How many records lie in a topic."""
        return self.topic(name).records or 0

    def forget(self, group: str) -> None:
        """The group begins anew: what it has committed is deleted. Its members go first."""
        with self.cluster.admin() as admin:
            try:
                admin.remove_members_from_consumer_group(group).result()
            except KafkaException:
                pass  # it has none
            try:
                admin.delete_consumer_groups([group])[group].result()
            except KafkaException:
                pass  # nobody of it has been there yet

    def watch(self, key: str, look: Callable[[Snapshot], None]) -> Callable[[], None]:
        """Call `look` with a new picture at most ten times a second (in a thread); returns the way to end it."""
        return self._views.watch(key, look)

    def close(self) -> None:
        """End the views and the cluster. Twice is fine."""
        if not self.closed:
            self.closed = True
            self._views.close()
            self._source.close()

    def __enter__(self) -> SimulatedLesson:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        state = say("closed") if self.closed else say(KIND, seed=self.lesson.seed)
        return f"<{self.cluster.name}: {state}>"

    def _repr_html_(self) -> str:
        from minikafka_lessons.show.brokers import brokers_html

        return (
            repr(self)
            if self.closed
            else brokers_html(self.cluster.picture(), say(KIND, seed=self.lesson.seed))
        )
