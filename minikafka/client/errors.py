"""Errors as an application sees them: `KafkaError` (a value) and `KafkaException` (what is raised).

Rule: codes and their names are those of confluent_kafka, so that `error.code() == KafkaError._PARTITION_EOF`
means the same in both. Codes at or above -1 come from a broker, codes below -1 from the client itself.
Kafka does the same in `org.apache.kafka.common.errors` (one class per code).
"""

from __future__ import annotations

import operator
from typing import Any, ClassVar

from minikafka.world.visible import visible

_LOCAL_CODES: dict[int, tuple[str, str]] = {
    -199: ("_BAD_MSG", "the message is malformed"),
    -198: ("_BAD_COMPRESSION", "compressed data cannot be read"),
    -197: ("_DESTROY", "the client is closed"),
    -196: ("_FAIL", "the exchange with the broker failed"),
    -195: ("_TRANSPORT", "the connection to the broker failed"),
    -194: ("_CRIT_SYS_RESOURCE", "a system resource is missing"),
    -193: ("_RESOLVE", "the host name cannot be resolved"),
    -192: ("_MSG_TIMED_OUT", "the message was not delivered in time"),
    -191: ("_PARTITION_EOF", "the end of the partition is reached"),
    -190: ("_UNKNOWN_PARTITION", "the topic has no such partition"),
    -189: ("_FS", "a file cannot be used"),
    -188: ("_UNKNOWN_TOPIC", "the topic is unknown"),
    -187: ("_ALL_BROKERS_DOWN", "no broker can be reached"),
    -186: ("_INVALID_ARG", "an argument or setting is invalid"),
    -185: ("_TIMED_OUT", "timed out"),
    -184: ("_QUEUE_FULL", "the queue is full"),
    -183: ("_ISR_INSUFF", "too few replicas are in sync"),
    -182: ("_NODE_UPDATE", "the broker's address changed"),
    -181: ("_SSL", "TLS failed"),
    -180: ("_WAIT_COORD", "the group coordinator is not known yet"),
    -179: ("_UNKNOWN_GROUP", "the group is unknown"),
    -178: ("_IN_PROGRESS", "the operation is in progress"),
    -177: ("_PREV_IN_PROGRESS", "the previous operation is still in progress"),
    -176: ("_EXISTING_SUBSCRIPTION", "a subscription exists already"),
    -175: ("_ASSIGN_PARTITIONS", "partitions are to be assigned"),
    -174: ("_REVOKE_PARTITIONS", "partitions are to be revoked"),
    -173: ("_CONFLICT", "conflicting use"),
    -172: ("_STATE", "not possible in this state"),
    -171: ("_UNKNOWN_PROTOCOL", "the protocol is unknown"),
    -170: ("_NOT_IMPLEMENTED", "not implemented"),
    -169: ("_AUTHENTICATION", "authentication failed"),
    -168: ("_NO_OFFSET", "there is no offset to commit"),
    -167: ("_OUTDATED", "outdated"),
    -166: ("_TIMED_OUT_QUEUE", "timed out in the queue"),
    -165: ("_UNSUPPORTED_FEATURE", "the broker does not support this"),
    -164: ("_WAIT_CACHE", "waiting for metadata"),
    -163: ("_INTR", "interrupted"),
    -162: ("_KEY_SERIALIZATION", "the key cannot be serialized"),
    -161: ("_VALUE_SERIALIZATION", "the value cannot be serialized"),
    -160: ("_KEY_DESERIALIZATION", "the key cannot be deserialized"),
    -159: ("_VALUE_DESERIALIZATION", "the value cannot be deserialized"),
    -158: ("_PARTIAL", "the response is incomplete"),
    -157: ("_READ_ONLY", "read-only"),
    -156: ("_NOENT", "there is no such entry"),
    -155: ("_UNDERFLOW", "data ended too early"),
    -154: ("_INVALID_TYPE", "wrong type"),
    -153: ("_RETRY", "to be retried"),
    -152: ("_PURGE_QUEUE", "purged from the queue"),
    -151: ("_PURGE_INFLIGHT", "purged while in flight"),
    -150: ("_FATAL", "the client met a fatal error"),
    -149: ("_INCONSISTENT", "inconsistent state"),
    -148: ("_GAPLESS_GUARANTEE", "continuing would leave a gap in the sequence"),
    -147: (
        "_MAX_POLL_EXCEEDED",
        "the application did not poll within max.poll.interval.ms and left the group",
    ),
    -146: ("_UNKNOWN_BROKER", "the broker is unknown"),
    -145: ("_NOT_CONFIGURED", "the functionality is not configured"),
    -144: ("_FENCED", "fenced by a newer instance"),
    -143: ("_APPLICATION", "an error made by the application"),
    -142: ("_ASSIGNMENT_LOST", "the assignment of partitions was lost"),
    -141: ("_NOOP", "nothing was done"),
    -140: ("_AUTO_OFFSET_RESET", "there is no valid offset and auto.offset.reset=error"),
    -139: ("_LOG_TRUNCATION", "the log was truncated below the position"),
    -138: ("_INVALID_DIFFERENT_RECORD", "refused because of another record in its batch"),
    -137: ("_DESTROY_BROKER", "the broker was removed"),
}
# Where confluent_kafka's name is not Kafka's own.
_RENAMED = {
    -1: "UNKNOWN",
    0: "NO_ERROR",
    2: "INVALID_MSG",
    3: "UNKNOWN_TOPIC_OR_PART",
    4: "INVALID_MSG_SIZE",
    6: "NOT_LEADER_FOR_PARTITION",
    10: "MSG_SIZE_TOO_LARGE",
    11: "STALE_CTRL_EPOCH",
    12: "OFFSET_METADATA_TOO_LARGE",
    17: "TOPIC_EXCEPTION",
    18: "RECORD_LIST_TOO_LARGE",
    45: "OUT_OF_ORDER_SEQUENCE_NUMBER",
    60: "REASSIGNMENT_IN_PROGRESS",
}
_LOCAL_RETRIABLE = frozenset({-195, -193, -187, -185, -180, -164, -153})


def _broker_name(code: int) -> str:
    from minikafka.protocol.errors import ErrorCode

    try:
        return _RENAMED.get(code) or ErrorCode(code).name
    except ValueError:
        return f"ERR_{code}?"


def _sentence(code: int) -> str:
    if code in _LOCAL_CODES:
        return f"Local: {_LOCAL_CODES[code][1]}"
    if code == 0:
        return "Success"
    from minikafka.protocol.errors import ErrorCode

    try:
        return f"Broker: {ErrorCode(code).message}"
    except ValueError:
        return f"Err-{code}?"


class _ErrorCodes(type):
    """Gives `KafkaError.UNKNOWN_TOPIC_OR_PART` without a table of broker codes of our own."""

    def __getattr__(cls, name: str) -> int:
        if name.startswith("__") or not name.isupper():
            raise AttributeError(name)
        for code, renamed in _RENAMED.items():
            if renamed == name:
                return code
        from minikafka.protocol.errors import ErrorCode

        try:
            return int(ErrorCode[name])
        except KeyError:
            raise AttributeError(f"KafkaError has no code {name}") from None

    def __dir__(cls) -> list[str]:
        from minikafka.protocol.errors import ErrorCode

        codes = {_RENAMED.get(int(code), code.name) for code in ErrorCode}
        return sorted({*super().__dir__(), *codes})


class KafkaError(metaclass=_ErrorCodes):
    """What went wrong, as a value. Compares equal to its code, so `error == KafkaError._PARTITION_EOF` works."""

    __slots__ = ("_code", "_fatal", "_reason", "_retriable", "_txn_requires_abort")

    _PARTITION_EOF: ClassVar[int] = -191
    _TIMED_OUT: ClassVar[int] = -185
    _MSG_TIMED_OUT: ClassVar[int] = -192
    _ALL_BROKERS_DOWN: ClassVar[int] = -187
    _TRANSPORT: ClassVar[int] = -195

    def __init__(
        self,
        code: int,
        reason: str | None = None,
        fatal: bool = False,
        retriable: bool = False,
        txn_requires_abort: bool = False,
    ) -> None:
        self._code = operator.index(code)
        self._reason = reason
        self._fatal = fatal
        self._retriable = retriable
        self._txn_requires_abort = txn_requires_abort

    def code(self) -> int:
        """The number, to compare with the class's constants."""
        return self._code

    def name(self) -> str:
        """The constant's name, such as `UNKNOWN_TOPIC_OR_PART`."""
        local = _LOCAL_CODES.get(self._code)
        return local[0] if local else _broker_name(self._code)

    def str(self) -> str:
        """One sentence for a person: what it quotes, whoever chose it, is visible."""
        return (
            visible(self._reason) if self._reason else _sentence(self._code)
        )  # a broker's text may be empty

    def retriable(self) -> bool:
        """May the same operation succeed when it is tried again?"""
        if self._retriable or self._code in _LOCAL_RETRIABLE:
            return True
        if self._code <= 0:
            return False
        from minikafka.protocol.errors import ErrorCode

        try:
            return bool(ErrorCode(self._code).retriable)
        except ValueError:
            return False

    def fatal(self) -> bool:
        """Is the client unusable from now on?"""
        return self._fatal

    def txn_requires_abort(self) -> bool:
        """Must the current transaction be aborted?"""
        return self._txn_requires_abort

    def __eq__(self, other: object) -> bool:
        if isinstance(other, KafkaError):
            return self._code == other._code
        if isinstance(other, int):
            return self._code == other
        return NotImplemented

    def __lt__(self, other: object) -> bool:
        return self._code < int(other) if isinstance(other, (KafkaError, int)) else NotImplemented

    def __gt__(self, other: object) -> bool:
        return self._code > int(other) if isinstance(other, (KafkaError, int)) else NotImplemented

    def __le__(self, other: object) -> bool:
        return self._code <= int(other) if isinstance(other, (KafkaError, int)) else NotImplemented

    def __ge__(self, other: object) -> bool:
        return self._code >= int(other) if isinstance(other, (KafkaError, int)) else NotImplemented

    def __int__(self) -> int:
        return self._code

    def __hash__(self) -> int:
        return self._code

    def __bool__(self) -> bool:
        return self._code != 0

    def __repr__(self) -> builtins_str:
        fatal = "FATAL," if self._fatal else ""
        return f'KafkaError{{{fatal}code={self.name()},val={self._code},str="{self.str()}"}}'

    __str__ = __repr__

    def __reduce__(self) -> tuple[Any, ...]:
        arguments = (self._code, self._reason, self._fatal, self._retriable, self._txn_requires_abort)
        return (KafkaError, arguments)


builtins_str = str  # inside the class the name `str` is the method that confluent_kafka gave it

for _code, (_name, _) in _LOCAL_CODES.items():
    setattr(KafkaError, _name, _code)


class KafkaException(Exception):
    """What is raised: `exception.args[0]` is the `KafkaError`."""

    @property
    def error(self) -> KafkaError:
        """The error inside."""
        first = self.args[0] if self.args else None
        return first if isinstance(first, KafkaError) else KafkaError(-196, builtins_str(first))


def is_retriable(code: int) -> bool:
    """May a request that was answered with this broker's code succeed when it is repeated?"""
    return KafkaError(code).retriable()


def failure(code: int, reason: str | None = None) -> KafkaException:
    """A KafkaException of this code."""
    return KafkaException(KafkaError(code, reason))


def as_kafka_error(error: BaseException, doing: str | None = None) -> KafkaError:
    """What an exception of the lower layers means to the application; `doing` begins the sentence."""
    from minikafka.protocol.errors import ApiError

    if isinstance(error, KafkaException):
        inner = error.error
        return inner if doing is None else KafkaError(inner.code(), f"{doing}: {inner.str()}", inner.fatal())
    code, detail = -196, builtins_str(error) or type(error).__name__
    if isinstance(error, ApiError):
        code = int(error.code)
        detail = getattr(error, "message", None) or _sentence(code)
    elif isinstance(error, TimeoutError):
        code, detail = -185, builtins_str(error) or "timed out"
    elif isinstance(error, OSError):
        code = getattr(error, "kafka_code", -195)
    return KafkaError(code, detail if doing is None else f"{doing}: {detail}")
