"""A batch that somebody made byte by byte: on its way to a broker, in the broker's file, before other readers.

Rule: nothing is made right on the way: the bytes go out as they are, and what the broker says of them is told.
Kafka has no such client; its own writes batches in `MemoryRecordsBuilder`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from minikafka import AdminClient, KafkaError, KafkaException
from minikafka.client.connections.leaders import leaders_of
from minikafka.client.producer.produce_request import ProduceCall, produce
from minikafka.dump import meaning_of
from minikafka.protocol.errors import ErrorCode
from minikafka.records.batch import HEADER_BYTES, BatchHeader, Compression, NewRecord, build_batch
from minikafka.world.visible import in_html, visible
from minikafka.xray import reading
from minikafka_lessons.cells import Stumble
from minikafka_lessons.language import say
from minikafka_lessons.show import ink
from minikafka_lessons.show.batch_bytes import leader_of
from minikafka_lessons.show.live import own_name

Row = tuple[int, bytes | None, bytes | None]
"""Time in ms, key, value."""

FIELDS = (
    ("baseOffset", 0, 8),
    ("batchLength", 8, 4),
    ("partitionLeaderEpoch", 12, 4),
    ("magic", 16, 1),
    ("crc", 17, 4),
    ("attributes", 21, 2),
    ("lastOffsetDelta", 23, 4),
    ("baseTimestamp", 27, 8),
    ("maxTimestamp", 35, 8),
    ("producerId", 43, 8),
    ("producerEpoch", 51, 2),
    ("baseSequence", 53, 4),
    ("recordCount", 57, 4),
)
"""A batch's header, format v2: Kafka's name of a field, its first byte, its bytes. In the order of `HEADER`."""
TIMEOUT_S = 20


def record_batch(rows: Sequence[Row], gzipped: bool = False) -> bytes:
    """The batch of these rows, by minikafka's own code: it stands in where a learner's is not written."""
    return packed(rows, "gzip" if gzipped else "none")


def packed(rows: Sequence[Row], name: str) -> bytes:
    """The batch of these rows, packed with a codec."""
    compression = Compression.from_name(name)
    return bytes(build_batch([NewRecord(*row) for row in rows], compression=compression))


def codec(batch: bytes) -> str:
    """The name of the codec that the header names; "" for what is no batch."""
    return BatchHeader.read(batch).compression.name.lower() if len(batch) >= HEADER_BYTES else ""


@dataclass(frozen=True)
class Sent:
    """What a broker said of a batch: its first offset, or why it was refused."""

    offset: int | None
    error: KafkaError | None = None

    def __bool__(self) -> bool:
        return self.error is None

    def __repr__(self) -> str:
        if self.error is None:
            return say("stored, from offset {offset:,} on", offset=self.offset)
        why = visible(self.error.str()).removeprefix("Broker: ")
        return say("refused: {name}: {why}", name=kafka_name(self.error.code()), why=why)


def kafka_name(code: int) -> str:
    """What Kafka calls an error; clients made of librdkafka have names of their own."""
    try:
        return ErrorCode(code).name
    except ValueError:  # a client's own error, which no broker sends
        return str(KafkaError(code).name())


def send(cluster: Any, topic: str, batch: bytes, partition: int = 0) -> Sent:
    """These very bytes in a Produce request to the partition's leader."""
    if not isinstance(batch, bytes | bytearray):
        raise Stumble(say("A batch is bytes, not {kind}.", kind=type(batch).__name__))
    name = own_name(cluster, topic)
    with cluster.admin() as admin:
        answer = admin._ask("Failed to send a batch", _produced(admin, name, partition, bytes(batch)))
    if answer.error_code:
        return Sent(None, KafkaError(answer.error_code, answer.message or None))
    return Sent(answer.base_offset)


async def _produced(admin: AdminClient, topic: str, partition: int, batch: bytes) -> Any:
    reach = admin._open()._reach
    leaders, without = await leaders_of(reach.metadata, [(topic, partition)])
    if without:
        raise KafkaException(KafkaError(without[(topic, partition)]))
    call = ProduceCall([(topic, partition, batch)], -1, TIMEOUT_S * 1_000)
    return (await produce(reach.connections, reach.metadata, next(iter(leaders)), call))[(topic, partition)]


def stored(cluster: Any, topic: str, offset: int | None, partition: int = 0) -> bytes:
    """The batch that holds this offset, as it lies in the leader's file; b"" for None. Raises Unseen."""
    if offset is None:
        return b""
    place = leader_of(cluster, topic, partition)
    hit = reading.read(reading.find_offset(place, offset), cluster.look)
    found = reading.read(reading.batch(place, hit.file, hit.line.position, meaning_of), cluster.look)
    return found.data()


def compare(sent: bytes, found: bytes) -> ink.Picture:
    """A table: each field of a header as it was sent and as it lies in the file, and all that comes after it."""
    if not found:
        return ink.Picture(
            f'<div style="color:{ink.MUTED}">{in_html(say("Nothing lies in the file."))}</div>'
        )
    rows: list[list[object]] = []
    for name, at, size in FIELDS:
        one, other = sent[at : at + size], found[at : at + size]
        rows.append(
            [
                name,
                f"{at} – {at + size - 1}" if size > 1 else f"{at}",
                one.hex(),
                other.hex(),
                _sign(one, other),
            ]
        )
    one, other = sent[HEADER_BYTES:], found[HEADER_BYTES:]
    size_one, size_other = (say("{n:,} bytes", n=len(part)) for part in (one, other))
    rows.append([say("records"), f"{HEADER_BYTES} –", size_one, size_other, _sign(one, other)])
    headers = [say("FIELD"), say("BYTES"), say("SENT"), say("IN THE FILE"), ""]
    return ink.Picture(ink.table(headers, rows, left=5))


def _sign(one: bytes, other: bytes) -> str:
    return "=" if one == other else "≠ " + say("changed")


def changed(sent: bytes, found: bytes) -> list[str]:
    """The names of what differs: of fields of the header, and `records`."""
    names = [name for name, at, size in FIELDS if sent[at : at + size] != found[at : at + size]]
    return names + ["records"] * (sent[HEADER_BYTES:] != found[HEADER_BYTES:])


# --- readers that are not ours

ROUNDS, WAIT_S = 40, 0.5


@dataclass(frozen=True)
class Read:
    """Which client has read, and what."""

    client: str
    rows: list[Row]

    def __repr__(self) -> str:
        lines = [say("read by {client}:", client=self.client)]
        return "\n".join([*lines, *(f"  {row!r:.100}" for row in self.rows)])


def read(cluster: Any, topic: str) -> Read:
    """All records of partition 0, by the first other client that is installed: librdkafka's, or else our own."""
    found = cluster.topic(topic).partitions[0]
    first, count = found.log_start or 0, (found.end or 0) - (found.log_start or 0)
    consumer, place, client = _reader(cluster)
    try:
        consumer.assign([place(own_name(cluster, topic), 0, first)])
        messages: list[Any] = []
        for _ in range(ROUNDS):
            if len(messages) >= count:
                break
            message = consumer.poll(WAIT_S)
            if message is not None and message.error() is None:
                messages.append(message)
    finally:
        consumer.close()
    return Read(client, [(m.timestamp()[1], m.key(), m.value()) for m in messages])


def _reader(cluster: Any) -> tuple[Any, Callable[..., Any], str]:
    config = {"group.id": "by-hand", "enable.auto.commit": False}
    try:
        import confluent_kafka
    except ImportError:
        from minikafka import TopicPartition

        return cluster.consumer(config), TopicPartition, say("minikafka's consumer")
    config["bootstrap.servers"] = cluster.bootstrap_servers
    version = confluent_kafka.libversion()[0]
    consumer = confluent_kafka.Consumer(config)
    return consumer, confluent_kafka.TopicPartition, f"librdkafka {version} (confluent-kafka)"
