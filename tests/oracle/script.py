"""A script: requests sent by one test function to a broker, and what it answered; and how two transcripts compare.

The test function runs once against the real Kafka and once against ours. Each answer is normalised (what may
legitimately differ between two clusters gets a name instead of a value), then compared field by field.
"""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from oracle import batches, wire
from oracle.wire import Closed, Connection, Tree

SETTLE_S = 30.0
MISSING = "<nothing>"
LIST_KEYS = (
    "name", "topic_name", "topic", "topic_id", "partition_index", "partition", "index", "resource_type",
    "resource_name", "group_id", "key", "member_id", "node_id", "broker_id", "api_key",
)  # fmt: skip
NEW_FIELDS = frozenset({"throttle_time", "cluster_id", "port", "client_host"})


@dataclass
class Step:
    number: int
    sentence: str
    request: str
    answer: Tree

    def __str__(self) -> str:
        return f"{self.number:3d} {self.sentence}\n      > {self.request}\n      < {short(self.answer, 1500)}"

    @property
    def is_wrong(self) -> bool:
        return self.answer == "closed" or any(wire.error_codes(self.answer))


@dataclass
class Transcript:
    steps: list[Step] = field(default_factory=list)
    failure: BaseException | None = None


class Pending:
    """A request whose answer was not read yet."""

    def __init__(
        self, speaker: "Speaker", sentence: str, api: str, version: int, fields: dict[str, Tree]
    ) -> None:
        self._speaker, self._sentence = speaker, sentence
        self._api, self._version, self._fields = api, version, fields
        self._correlation_id = speaker.connection.next_correlation_id
        speaker.connection.next_correlation_id += 1
        payload = wire.build(api, version, fields)
        self._closed = False
        try:
            speaker.connection.send(wire.frame(payload, self._correlation_id))
        except Closed:
            self._closed = True

    def answer(self, view: Callable[[Tree], Tree] = lambda tree: tree) -> Tree:
        """The answer as it came ("closed" when the broker hung up); `view` of it goes into the transcript."""
        try:
            if self._closed:
                raise Closed
            body = self._speaker.connection.receive()
            answer = wire.parse(self._api, self._version, body, self._correlation_id)
        except Closed:
            self._speaker.reconnect()
            answer = "closed"
        request = f"{self._api} v{self._version} {short(self._fields)}"
        self._speaker.broker.record(self._sentence, request, answer if answer == "closed" else view(answer))
        return answer


class Speaker:
    """One connection of a script. After a hang-up it connects again."""

    def __init__(self, broker: "Broker") -> None:
        self.broker = broker
        self.connection = Connection(broker.host, broker.port)

    def send(self, sentence: str, api: str, version: int, **fields: Tree) -> Pending:
        return Pending(self, sentence, api, version, fields)

    def ask(
        self,
        sentence: str,
        api: str,
        version: int,
        view: Callable[[Tree], Tree] = lambda tree: tree,
        **fields: Tree,
    ) -> Tree:
        return self.send(sentence, api, version, **fields).answer(view)

    def tell(self, sentence: str, api: str, version: int, **fields: Tree) -> None:
        """A request that has no answer (acks=0)."""
        Pending(self, sentence, api, version, fields)

    def send_bytes(self, sentence: str, data: bytes, answers: Callable[[bytes], Tree] | None = None) -> Tree:
        """Raw bytes, then either the answer's frame as `answers` sees it or "closed"."""
        try:
            self.connection.send(data)
            body = self.connection.receive()
            outcome = answers(body) if answers else body.hex()
        except Closed:
            self.reconnect()
            outcome = "closed"
        self.broker.record(sentence, data[:64].hex(), outcome)
        return outcome

    def reconnect(self) -> None:
        self.connection.close()
        self.connection = Connection(self.broker.host, self.broker.port)


class Broker(Speaker):
    """One side, as one script sees it: asks, remembers, and gives names that no other script uses."""

    def __init__(self, host: str, port: int) -> None:
        self.host, self.port = host, port
        self.broker = self
        self.suffix = f".{uuid.uuid4().hex[:10]}"
        self.transcript = Transcript()
        self.names = Names(self.suffix)
        self._speakers: list[Speaker] = []
        super().__init__(self)

    def another_connection(self) -> Speaker:
        self._speakers.append(Speaker(self))
        return self._speakers[-1]

    def named(self, name: str) -> str:
        return name + self.suffix

    def record(self, sentence: str, request: str, answer: Tree) -> None:
        step = Step(
            len(self.transcript.steps) + 1,
            sentence,
            request.replace(self.suffix, ""),
            self.names.plain(answer),
        )
        self.transcript.steps.append(step)

    def same(self, sentence: str, value: Tree) -> None:
        """Compare something that the script worked out itself."""
        self.record(sentence, "", value)

    def close(self) -> None:
        for speaker in [self, *self._speakers]:
            speaker.connection.close()

    # Setting up, off the record.

    def quietly(self, api: str, version: int, **fields: Tree) -> Tree:
        with contextlib.closing(Connection(self.host, self.port)) as connection:
            connection.send(wire.frame(wire.build(api, version, fields), 7))
            return wire.parse(api, version, connection.receive(), 7)

    def create_topic(self, name: str, partitions: int = 1, replication: int = 1, **configs: str) -> str:
        """A topic whose partitions have leaders that serve; dots of configuration keys are written `_`."""
        topic = self.named(name)
        settings = {"retention.ms": "-1"} | {key.replace("_", "."): value for key, value in configs.items()}
        request = {
            "name": topic,
            "num_partitions": partitions,
            "replication_factor": replication,
            "configs": [{"name": key, "value": value} for key, value in settings.items()],
        }
        answer = self.quietly("create_topics", 7, topics=[request], timeout=10_000)
        assert answer["topics"][0]["error_code"] == "NONE", answer
        self.names.learn(answer)
        self.settle(topic, partitions)
        return topic

    def settle(self, topic: str, partitions: int) -> None:
        """Wait until every partition of the topic serves."""
        asked = [{"partition_index": index, "timestamp": -1} for index in range(partitions)]

        def serves() -> bool:
            answer = self.quietly(
                "list_offsets", 7, replica_id=-1, topics=[{"name": topic, "partitions": asked}]
            )
            return not any(wire.error_codes(answer))

        until(serves, f"{topic} serves")

    def topic_id(self, topic: str) -> uuid.UUID:
        answer = self.quietly("metadata", 12, topics=[{"topic_id": None, "name": topic}])
        self.names.learn(answer)
        return answer["topics"][0]["topic_id"]

    def append(self, topic: str, *data: bytes, partition: int = 0) -> None:
        """Batches into a partition, each acknowledged; a real broker may know that it leads, and not serve yet."""
        for records in data:
            partitions = [{"index": partition, "records": records}]
            asked = [{"name": topic, "partition_data": partitions}]
            end = time.monotonic() + SETTLE_S
            while True:
                answer = self.quietly("produce", 9, acks=-1, timeout=10_000, topic_data=asked)
                codes = list(wire.error_codes(answer))
                if codes != ["NOT_LEADER_OR_FOLLOWER"] or time.monotonic() > end:
                    break
                time.sleep(0.02)
            assert not codes, answer


class Names:
    """Names for the values that may differ: the same value gets the same name throughout a script."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._topics: dict[uuid.UUID, str] = {}
        self._seen: dict[tuple[str, Any], str] = {}

    def learn(self, tree: Tree) -> None:
        """Which topic ids belong to which names."""
        if isinstance(tree, list):
            for item in tree:
                self.learn(item)
        elif isinstance(tree, dict):
            name = tree.get("name") or tree.get("topic_name") or tree.get("topic")
            if isinstance(tree.get("topic_id"), uuid.UUID) and isinstance(name, str):
                self._topics[tree["topic_id"]] = name.replace(self._suffix, "")
            for value in tree.values():
                self.learn(value)

    def _nth(self, kind: str, value: Any) -> str:
        count = sum(1 for known, _ in self._seen if known == kind)
        return self._seen.setdefault((kind, value), f"<{kind} {count + 1}>")

    def plain(self, tree: Tree) -> Tree:
        self.learn(tree)
        return self._plain("", tree)

    def _plain(self, name: str, tree: Tree) -> Tree:
        if isinstance(tree, dict):
            return {key: self._plain(key, value) for key, value in tree.items()}
        if isinstance(tree, list):
            items = [self._plain(name, item) for item in tree]
            if items and isinstance(items[0], dict) and "payload" not in items[0]:
                items.sort(key=lambda item: [str(item.get(key, "")).rjust(12) for key in LIST_KEYS])
            return items
        return self._leaf(name, tree)

    def _leaf(self, name: str, value: Any) -> Any:
        if name == "records":
            return self._plain("", batches.decode(value))
        if isinstance(value, uuid.UUID):
            return f"<id of {self._topics[value]}>" if value in self._topics else value
        if name in NEW_FIELDS and value is not None:
            return f"<{name}>"
        if name in ("member_id", "leader") and isinstance(value, str) and value:
            return self._nth("member", value)
        if name == "producer_id" and value not in (-1, None):
            return self._nth("producer", value)
        if name == "session_id" and value:
            return self._nth("fetch session", value)
        if name in ("log_append_time", "base_timestamp", "max_timestamp", "timestamp") and is_now(value):
            return "<now>"
        if isinstance(value, str):
            return value.replace(self._suffix, "")
        if isinstance(value, bytes):
            return value.hex()
        return value


def is_now(value: Any) -> bool:
    """Scripts write records of 2023; what is of these days was stamped by the broker."""
    return isinstance(value, int) and abs(value - time.time() * 1000) < 86_400_000


@dataclass
class Difference:
    step: int
    path: str
    theirs: Any
    ours: Any


def differences(theirs: Tree, ours: Tree, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for key in dict.fromkeys([*theirs, *ours]):
            yield from differences(
                theirs.get(key, MISSING), ours.get(key, MISSING), f"{path}.{key}".lstrip(".")
            )
    elif isinstance(theirs, list) and isinstance(ours, list):
        for index in range(max(len(theirs), len(ours))):
            left = theirs[index] if index < len(theirs) else MISSING
            right = ours[index] if index < len(ours) else MISSING
            yield from differences(left, right, f"{path}[{index}]")
    elif type(theirs) is not type(ours) or theirs != ours:
        yield path or "(answer)", theirs, ours


def compare(name: str, theirs: Transcript, ours: Transcript) -> tuple[list[str], list[str]]:
    """What differs, as text: (faults, sentences that only differ in their words)."""
    faults: list[str] = []
    words: list[str] = []
    for left, right in zip(theirs.steps, ours.steps, strict=False):
        if left.sentence != right.sentence:
            faults.append(
                f"step {left.number}: theirs went on with {left.sentence!r}, ours with {right.sentence!r}"
            )
            break
        lines = []
        for path, a, b in differences(left.answer, right.answer):
            if path.endswith("error_message") and isinstance(a, str) and isinstance(b, str):
                words.append(f"{left.sentence}\n      theirs: {a}\n      ours:   {b}")
            else:
                lines.append(f"    {path}\n      theirs: {short(a)}\n      ours:   {short(b)}")
        if lines:
            faults.append(
                f"step {left.number}: {left.sentence}\n    request: {left.request}\n" + "\n".join(lines[:12])
            )
            if len(lines) > 12:
                faults[-1] += f"\n    … and {len(lines) - 12} more"
    if ours.failure is not None:
        faults.append(f"ours ended the script early: {type(ours.failure).__name__}: {ours.failure}")
    elif len(theirs.steps) != len(ours.steps):
        faults.append(f"theirs has {len(theirs.steps)} steps, ours {len(ours.steps)}")
    return faults, words


def run(script: Callable[[Broker], None], host: str, port: int) -> Transcript:
    broker = Broker(host, port)
    try:
        script(broker)
    except (Exception, AssertionError) as error:
        broker.transcript.failure = error
    finally:
        broker.close()
    return broker.transcript


def until(condition: Callable[[], bool], what: str, seconds: float = SETTLE_S) -> None:
    """Wait on a condition with a deadline (the pause only spares the processor)."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain until {what}"
        time.sleep(0.02)


def short(value: Any, size: int = 600) -> str:
    def shown(item: Any) -> str:
        if isinstance(item, dict):
            return "{" + ", ".join(f"{key}: {shown(value)}" for key, value in item.items()) + "}"
        if isinstance(item, list | tuple):
            return "[" + ", ".join(map(shown, item)) + "]"
        if isinstance(item, bytes) and len(item) > 24:
            return f"{item[:8].hex()}…({len(item)} bytes)"
        return repr(item)

    text = shown(value)
    return text if len(text) <= size else text[:size] + "…"
