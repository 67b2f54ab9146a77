"""Scenarios of messages, partitions, errors, constants and partitioners, as confluent_kafka's own tests use them."""

from __future__ import annotations

import copy
import pickle
from typing import Any

from client_cases.kit import Case, Kit, tried


def _getters(message: Any) -> list[Any]:
    names = ("topic", "partition", "offset", "key", "value", "headers", "error", "timestamp", "latency")
    return [getattr(message, name)() for name in (*names, "leader_epoch")]


def _full(kit: Kit, value: Any = "v") -> Any:
    return kit.names.Message("t", 1, 2, "k", value, [], None, (0, 4), 5.67, 3)


def _by_keywords(kit: Kit) -> Any:
    message = kit.names.Message(
        topic="t",
        partition=1,
        offset=2,
        key="k",
        value="v",
        headers=[("a", b"b")],
        timestamp=(1, 4),
        latency=0.5,
    )
    return len(message), _getters(message)


def _setters(kit: Kit) -> Any:
    message = kit.names.Message()
    for name in ("topic", "value", "key", "headers", "error"):
        getattr(message, f"set_{name}")(name)
    return len(message), _getters(message)


def _cleared(kit: Kit) -> Any:
    message = _full(kit)
    for name in ("topic", "value", "key", "headers", "error"):
        getattr(message, f"set_{name}")(None)
    return len(message), _getters(message)


def _pickled(kit: Kit) -> Any:
    message = _full(kit)
    again = pickle.loads(pickle.dumps(message))
    return again is message, again == message, _getters(again), copy.copy(message) == message


def _subclassed_message(kit: Kit) -> Any:
    class Mine(kit.names.Message):  # type: ignore[name-defined,misc]
        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            self.mine = 1

    message = Mine("t")
    return message.mine, message.topic(), isinstance(message, kit.names.Message)


def _compared_messages(kit: Kit) -> Any:
    one, same, other = _full(kit), _full(kit), _full(kit, "z")
    return (one == same, one != same, one == other, one == 1, one is None, [tried(lambda: one < same)])


MESSAGE: dict[str, Case] = {
    "an empty message": lambda k: (len(k.names.Message()), _getters(k.names.Message())),
    "an empty message, by numbers below zero": lambda k: _getters(
        k.names.Message(None, -2, -2, None, None, None, None, None, -2.0, -2)
    ),
    "a message of given values": lambda k: (len(_full(k)), _getters(_full(k))),
    "a message by keywords": _by_keywords,
    "any object as a value": lambda k: type(k.names.Message("t", 0, 0, None, object()).value()).__name__,
    "its setters": _setters,
    "its setters, with None": _cleared,
    "the length of a value that has none": lambda k: len(k.names.Message(value=1)),
    "a message is pickled and copied": _pickled,
    "a message's subclass": _subclassed_message,
    "messages are compared": _compared_messages,
    "a message as a key of a dict": lambda k: type(hash(_full(k))).__name__,
    "an empty value is no empty message": lambda k: bool(k.names.Message("t", value=b"")),
}


def _sorted_partitions(kit: Kit) -> Any:
    tp = kit.names.TopicPartition
    return [(p.topic, p.partition) for p in sorted([tp("b", 5), tp("a", 3), tp("b", 0), tp("a", 10)])]


def _compared_partitions(kit: Kit) -> Any:
    tp = kit.names.TopicPartition
    one, next_ = tp("a", 1, 7), tp("a", 2)
    equal = (one == tp("a", 1, 9), one != tp("a", 1), hash(one) == hash(tp("a", 1, 3)))
    order = (one < next_, one <= tp("a", 1), next_ > one, next_ >= one, tp("a", 9) < tp("b", 0))
    return equal, order


def _compared_with_a_text(kit: Kit) -> Any:
    one: Any = kit.names.TopicPartition("a", 1)
    return tried(lambda: one == "a"), tried(lambda: one < "a")


def _subclassed_partition(kit: Kit) -> Any:
    class Mine(kit.names.TopicPartition):  # type: ignore[name-defined,misc]
        def __init__(self, text: str) -> None:
            topic, partition = text.split(":")
            super().__init__(topic=topic, partition=int(partition))

    one = Mine("t:9")
    return one.topic, one.partition, one.offset


def _attributes(kit: Kit) -> Any:
    one = kit.names.TopicPartition("t", 1, 2, "m", 3)
    one.offset = 8
    found = (one.topic, one.partition, one.offset, one.metadata, one.leader_epoch, one.error)
    return found, [tried(lambda name=name: setattr(one, name, 5)) for name in ("topic", "partition", "error")]


TOPIC_PARTITION: dict[str, Case] = {
    "partitions are sorted": _sorted_partitions,
    "partitions are compared and hashed": _compared_partitions,
    "a partition and a text": _compared_with_a_text,
    "a partition's subclass": _subclassed_partition,
    "a partition's attributes": _attributes,
    "a partition's defaults": lambda k: str(k.names.TopicPartition("t")),
    "a partition as text": lambda k: str(k.names.TopicPartition("t", 1, 2, "m", 3)),
    "a partition's metadata with a null character": lambda k: str(k.names.TopicPartition("t", 0, 0, "a\0b")),
    "twice in a set": lambda k: len({k.names.TopicPartition("t", 0, 1), k.names.TopicPartition("t", 0, 2)}),
    "a partition of topic None": lambda k: k.names.TopicPartition(None),
    "a partition is copied": lambda k: str(copy.copy(k.names.TopicPartition("t", 1, 2))),
}


def _flags(kit: Kit, code: str, *arguments: Any, **flags: bool) -> Any:
    error = kit.names.KafkaError(getattr(kit.names.KafkaError, code), *arguments, **flags)
    return (error.name(), error.fatal(), error.retriable(), error.txn_requires_abort(), error.code())


def _raised(kit: Kit) -> Any:
    try:
        raise kit.names.KafkaException(kit.names.KafkaError(3, "why"))
    except kit.names.KafkaException as error:
        return error.args[0].code(), error.args[0].str(), "why" in str(error)


def _compared_errors(kit: Kit) -> Any:
    e = kit.names.KafkaError
    one, other = e(e._TIMED_OUT, "a"), e(e._TIMED_OUT, "b")
    return (
        one == other,
        one == e._TIMED_OUT,
        one != 3,
        one == "a",
        hash(one) == hash(other),
        bool(e(0)),
        [int(x.code()) for x in sorted([e(3), e(1), e(2)], key=e.code)],
        [tried(lambda: e(1) < e(3)), tried(lambda: e(1) < 3), tried(lambda: e(1) < "a")],
        one in (e._TIMED_OUT, e._TRANSPORT),
    )


def _error_of_nobody(kit: Kit) -> Any:
    """Nobody listens there: error_cb is told within seconds."""
    told: list[str] = []
    conf = {"bootstrap.servers": "127.0.0.1:1", "socket.timeout.ms": 10, "group.id": "g"}
    client = kit.keep(kit.names.Consumer({**conf, "error_cb": lambda error: told.append(error.name())}))
    client.subscribe(["test"])
    for _ in range(50):
        client.poll(0.1)
        if "_ALL_BROKERS_DOWN" in told:
            break
    return set(told) <= {"_TRANSPORT", "_ALL_BROKERS_DOWN"}, "_ALL_BROKERS_DOWN" in told


def _subclassed_exception(kit: Kit) -> Any:
    class Mine(kit.names.KafkaException):  # type: ignore[name-defined,misc]
        def __init__(self, code: int) -> None:
            super().__init__(kit.names.KafkaError(code))

    return tried(lambda: _raise(Mine(3))), Mine(3).args[0].code()


def _raise(error: BaseException) -> None:
    raise error


KAFKA_ERROR: dict[str, Case] = {
    "error_cb where nobody listens": _error_of_nobody,
    "a fatal error": lambda k: _flags(k, "MEMBER_ID_REQUIRED", fatal=True),
    "a retriable error": lambda k: _flags(k, "MEMBER_ID_REQUIRED", retriable=True),
    "an error for which the transaction must end": lambda k: _flags(
        k, "MEMBER_ID_REQUIRED", txn_requires_abort=True
    ),
    "an error that is made says nothing of retries": lambda k: [
        _flags(k, code)
        for code in ("_TRANSPORT", "_TIMED_OUT", "NOT_LEADER_FOR_PARTITION", "_ALL_BROKERS_DOWN")
    ],
    "a text of one's own": lambda k: k.names.KafkaError(-187, "Mayday!").str(),
    "a code that nobody knows": lambda k: (k.names.KafkaError(12345).name(), k.names.KafkaError(12345).str()),
    "raise KafkaException(error)": _raised,
    "an exception's subclass": _subclassed_exception,
    "errors are compared": _compared_errors,
    "an error is pickled": lambda k: str(pickle.loads(pickle.dumps(k.names.KafkaError(3, "why")))),
    "an exception is pickled": lambda k: str(
        pickle.loads(pickle.dumps(k.names.KafkaException(k.names.KafkaError(3, "why"))))
    ),
    "an error as text": lambda k: str(k.names.KafkaError(-185, "why", fatal=True)),
    "KafkaError()": lambda k: k.names.KafkaError(),
    "KafkaError('x')": lambda k: k.names.KafkaError("x"),
}

_CONSTANTS = (
    "TIMESTAMP_NOT_AVAILABLE",
    "TIMESTAMP_CREATE_TIME",
    "TIMESTAMP_LOG_APPEND_TIME",
    "OFFSET_BEGINNING",
    "OFFSET_END",
    "OFFSET_STORED",
    "OFFSET_INVALID",
)
ENUMS: dict[str, Case] = {
    "times and offsets": lambda k: [getattr(k.names, name) for name in _CONSTANTS],
    "codes of errors": lambda k: (k.names.KafkaError._NO_OFFSET, k.names.KafkaError.REBALANCE_IN_PROGRESS),
}
PARTITIONERS: dict[str, Case] = {
    f"{name}, {label}": lambda k, name=name, given=given: getattr(k.names, name)(*given)
    for name in ("murmur2", "consistent", "fnv1a")
    for label, given in {
        "a key": (b"test_key", 10),
        "an empty key": (b"", 10),
        "no partition": (b"key", 0),
        "text": ("key", 10),
        "a number as text": (b"key", "10"),
        "negative": (b"key", -1),
    }.items()
}

VALUES: dict[str, dict[str, Case | str]] = {
    "tests/test_message.py": dict(MESSAGE),
    "tests/test_topic_partition.py": dict(TOPIC_PARTITION),
    "tests/test_kafka_error.py": dict(KAFKA_ERROR),
    "tests/test_enums.py": dict(ENUMS),
    "tests/test_partitioners.py": dict(PARTITIONERS),
}
