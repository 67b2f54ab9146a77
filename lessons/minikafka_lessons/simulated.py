"""The cluster of a lesson whose world is simulated: a `Cluster` in virtual time, from the lesson's own seed.

Rule: it is the `Cluster`, with all its methods (`step`, `run`, `kill`, `tape` …); added are only those that pictures
need and that let a cell run twice. Nothing moves but while a cell asks, and `begin` gives the same run each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from minikafka import Cluster, KafkaException, Rules, Snapshot
from minikafka.cluster.past import Mark
from minikafka.commands import AddPartitions
from minikafka.commands.tape import CantBePlayed
from minikafka.world.visible import visible
from minikafka.xray.files import BytesOf, FileBytes, ReplicaPlace
from minikafka.xray.messages import Message
from minikafka.xray.snapshot import RUNNING, Group, Topic
from minikafka_lessons.cells import Stumble
from minikafka_lessons.course import Lesson
from minikafka_lessons.language import say, sentence
from minikafka_lessons.sources import Source
from minikafka_lessons.stage import partition_files
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
            controllers=lesson.controllers,
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
        *,
        afresh: bool = False,
    ) -> None:
        """As in `Cluster`; one that is there already is left as it is, or, `afresh`, made anew and empty."""
        found = next((topic for topic in self.cluster.snapshot().topics if topic.name == name), None)
        if found is not None and afresh:
            with self.cluster.admin() as admin:
                _must(lambda: admin.delete_topics([name])[name].result())
            found = None
        if found is None:
            _must(lambda: self.cluster.create_topic(name, partitions, replication_factor, configs))
        elif len(found.partitions) != partitions:
            print(
                say(
                    "Topic {topic} is there already, with {n} partitions.",
                    topic=visible(name),
                    n=len(found.partitions),
                )
            )

    def rewind(self, to: float | str | Mark | None = None, *, steps: int | None = None) -> None:
        """As in `Cluster`; what can't be (no such mark yet) is one sentence."""
        try:
            self.cluster.rewind(to, steps=steps)
        except CantBePlayed as why:
            raise Stumble(
                say("{why} Run the cell with `begin({n})` again.", why=why, n=self.number)
            ) from None
        except ValueError as why:
            raise Stumble(str(why)) from None

    def messages(self, **wishes: Any) -> tuple[Message, ...]:
        """As in `Cluster`; a mark that isn't there yet is one sentence."""
        try:
            return self.cluster.messages(**wishes)
        except ValueError as why:
            raise Stumble(str(why)) from None

    def create_partitions(self, name: str, count: int) -> None:
        """So many partitions the topic has then. Raises KafkaException where that is fewer; as many are left as is."""
        if len(self.topic(name).partitions) != count:
            self.cluster.do(AddPartitions(name, count))

    def topic(self, name: str) -> Topic:
        """A topic as it is now. Raises Stumble when it isn't there yet."""
        try:
            return self.cluster.snapshot().topic(name)
        except KeyError:
            raise Stumble(
                say(
                    'Topic {name} is not there yet: run the cell with `create_topic("{name}", …)` first.',
                    name=visible(name),
                )
            ) from None

    def group(self, name: str) -> Group:
        """A group as it is now. Raises KeyError when nobody of it has been there yet."""
        return self.cluster.snapshot().group(name)

    def records_in(self, name: str) -> int:
        """How many records lie in a topic."""
        return self.topic(name).records or 0

    def start_all(self) -> None:
        """Whoever is down is started again."""
        for broker in self.cluster.snapshot().brokers:
            if broker.state != RUNNING:
                self.cluster.restart(broker.name)

    def log_files(self, topic: str, partition: int = 0) -> dict[str, bytes]:
        """The bytes of a partition's newest segment (at most 1 MiB) on each of its brokers that lives."""
        found = {}
        for replica in self.topic(topic).partitions[partition].replicas:
            if replica.alive and replica.segments:
                name = f"{replica.segments[-1].base_offset:020d}.log"
                place = ReplicaPlace(replica.broker, topic, partition)
                seen = self.cluster.look(BytesOf(place, name))
                assert isinstance(seen, FileBytes)
                found[replica.broker] = seen.data
        return found

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

    def files(self, topic: str, partition: int = 0, broker: str | None = None) -> dict[str, int]:
        """The files of a partition and their sizes, on its leader's disk or on that of `broker`, up or down."""
        return partition_files.files(self, topic, partition, broker)

    def read_file(self, topic: str, name: str, partition: int = 0, broker: str | None = None) -> bytes:
        """All bytes of one of them."""
        return partition_files.read_file(self, topic, name, partition, broker)

    def dump_log(
        self, topic: str, name: str, partition: int = 0, broker: str | None = None
    ) -> list[dict[str, Any]]:
        """What `minikafka dump-log --json` says of it, line by line."""
        return partition_files.dump_log(self, topic, name, partition, broker)

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


def _must(do: Callable[[], object]) -> None:
    """A refusal (no broker is up, perhaps) is one sentence."""
    try:
        do()
    except KafkaException as refused:
        raise Stumble(refused.args[0].str()) from None
