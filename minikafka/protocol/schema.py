"""The notation in which every message is declared, and the two base classes behind it.

Rule: a class says *what* is on the wire in which version; `reader.py` and `writer.py` turn that, on
first use, into one straight-line function per (class, version). Kafka does so with JSON definitions and a
generator (`generator/src/main/java/org/apache/kafka/message`; flexible versions KIP-482, nullable structs
KIP-893).
"""

from __future__ import annotations

import dataclasses
import inspect
import struct as _struct
import uuid
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, Generic, Literal, Self, TypeVar, dataclass_transform, overload

from minikafka.world.file_slice import FileSlice

T = TypeVar("T")
S = TypeVar("S", bound="Struct")
M = TypeVar("M", bound="Message")

Buffer = bytes | bytearray | memoryview
Piece = Buffer | FileSlice
"""Of a message that is written: bytes, or records that are in a file."""
Reader = Callable[[Buffer, int], tuple[Any, int]]
Writer = Callable[[Any, list[Piece]], None]

ZERO_UUID = uuid.UUID(int=0)
MIN_INT32 = -(1 << 31)
MAX_INT32 = (1 << 31) - 1
MAX_INT64 = (1 << 63) - 1


class MalformedMessage(ValueError):
    """Bytes that are not the message they should be; says which field, where that is known."""


class UnsupportedField(ValueError):
    """A field holds a value that the chosen version has no place for."""


@dataclasses.dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A type on the wire. `code` is its `struct` format where the size is fixed, else None."""

    name: str
    code: str | None = None
    size_bytes: int = 0
    zero: Any = 0
    element: Kind[Any] | type[Struct] | None = None


BOOL: Kind[bool] = Kind("bool", "?", 1, False)
INT8: Kind[int] = Kind("int8", "b", 1)
INT16: Kind[int] = Kind("int16", "h", 2)
INT32: Kind[int] = Kind("int32", "i", 4)
INT64: Kind[int] = Kind("int64", "q", 8)
UINT16: Kind[int] = Kind("uint16", "H", 2)
UINT32: Kind[int] = Kind("uint32", "I", 4)
FLOAT64: Kind[float] = Kind("float64", "d", 8, 0.0)
UUID: Kind[uuid.UUID] = Kind("uuid", "16s", 16, ZERO_UUID)
STRING: Kind[str] = Kind("string", zero="")
BYTES: Kind[bytes] = Kind("bytes", zero=b"")
RECORDS: Kind[Buffer] = Kind("records", zero=b"")


@overload
def array(element: Kind[T]) -> Kind[list[T]]: ...
@overload
def array(element: type[T]) -> Kind[list[T]]: ...
def array(element: Any) -> Any:
    """An array of a kind or of a struct; in Python a list."""
    return Kind("array", zero=[], element=element)


MISSING = dataclasses.MISSING


@dataclasses.dataclass(frozen=True, slots=True)
class FieldSpec:
    """A field as declared. `until`: the last version that has it; `nullable`: the first to allow null."""

    name: str
    kind: Kind[Any] | type[Struct]
    default: Any
    since: int
    until: int | None
    nullable: int | None
    tag: int | None
    tagged_since: int
    ignorable: bool
    about: str

    def exists_in(self, version: int) -> bool:
        return self.since <= version and (self.until is None or version <= self.until)

    def is_nullable_in(self, version: int) -> bool:
        return self.nullable is not None and version >= self.nullable

    def is_tagged_in(self, version: int) -> bool:
        return self.tag is not None and version >= self.tagged_since

    @property
    def wire_default(self) -> Any:
        """What a version without this field means by it: the declared default or the kind's zero."""
        if self.default is not MISSING:
            return self.default
        return self.kind.zero if isinstance(self.kind, Kind) else self.kind()


@overload
def field(
    kind: Kind[T] | type[T],
    *,
    default: T = ...,
    since: int = 0,
    until: int | None = None,
    tagged: tuple[int, int] | None = None,
    ignorable: bool = False,
    about: str = "",
) -> T: ...
@overload
def field(
    kind: Kind[T] | type[T],
    *,
    nullable: int,
    default: T | None = ...,
    since: int = 0,
    until: int | None = None,
    tagged: tuple[int, int] | None = None,
    ignorable: bool = False,
    about: str = "",
) -> T | None: ...
def field(
    kind: Any,
    *,
    default: Any = MISSING,
    since: int = 0,
    until: int | None = None,
    nullable: int | None = None,
    tagged: tuple[int, int] | None = None,
    ignorable: bool = False,
    about: str = "",
) -> Any:
    """Declare a field. Without `default` the constructor demands it.

    `tagged=(tag, first_version)` puts it among the tagged fields from that version on. `ignorable`: a
    version without the field drops its value silently; otherwise a value other than the default raises
    `UnsupportedField`.
    """
    tag, tagged_since = tagged if tagged is not None else (None, 0)
    return FieldSpec("", kind, default, since, until, nullable, tag, tagged_since, ignorable, about)


class Struct:
    """Base of every struct and message: fields, equality and a readable repr."""

    __slots__ = ()
    FIELDS: ClassVar[tuple[FieldSpec, ...]] = ()

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, spec.name) == getattr(other, spec.name) for spec in self.FIELDS)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Only what differs from the defaults, so that a trace can be read."""
        shown = []
        for spec in self.FIELDS:
            value = getattr(self, spec.name)
            if value != spec.default:
                text = f"<{len(value)} bytes>" if isinstance(value, (memoryview, bytearray)) else repr(value)
                shown.append(f"{spec.name}={text}")
        return f"{type(self).__name__}({', '.join(shown)})"


@dataclasses.dataclass(frozen=True, slots=True)
class MessageSchema:
    """What `@message` said: `versions` the inclusive range, `flexible` the first flexible version."""

    api_key: int
    kind: str
    versions: tuple[int, int]
    flexible: int | None

    def is_flexible(self, version: int) -> bool:
        return self.flexible is not None and version >= self.flexible


class Message(Struct):
    """A whole request, response, record or data blob, with its codec.

    `decode` raises `MalformedMessage`; the writers raise `UnsupportedField`, or `ValueError` for a
    value that does not fit. RECORDS fields decode to a `memoryview` of `data`: it has to outlive them.
    """

    __slots__ = ()
    SCHEMA: ClassVar[MessageSchema]
    READERS: ClassVar[dict[int, Reader]]
    WRITERS: ClassVar[dict[int, Writer]]

    def encode(self, version: int) -> bytes:
        """The message's body in this version."""
        pieces = self.parts(version)
        return b"".join([piece.read() if isinstance(piece, FileSlice) else piece for piece in pieces])

    def parts(self, version: int) -> list[Piece]:
        """The same bytes as `encode` in pieces, records as they were given (no copy)."""
        out: list[Piece] = []
        self.write(version, out)
        return out

    def write(self, version: int, out: list[Piece]) -> None:
        """Append the body's pieces to `out`."""
        writer = self.WRITERS.get(version)
        if writer is None:
            from minikafka.protocol import writer as compiler

            writer = self.WRITERS[version] = compiler.compile_writer(type(self), version)
        try:
            writer(self, out)
        except UnsupportedField:
            raise
        except (_struct.error, AttributeError, TypeError, UnicodeEncodeError) as error:
            where = _field_of(error, writer)
            raise ValueError(f"{type(self).__name__} v{version}: cannot write {where}: {error}") from error

    @classmethod
    def decode(cls, data: Buffer, version: int, start: int = 0) -> Self:
        """Read the message that fills `data` from `start` to its end."""
        message, position = cls.decode_prefix(data, version, start)
        if position != len(data):
            raise MalformedMessage(f"{cls.__name__} v{version}: {len(data) - position} bytes left over")
        return message

    @classmethod
    def decode_prefix(cls, data: Buffer, version: int, start: int = 0) -> tuple[Self, int]:
        """Read the message that begins at `start`: (message, position after it)."""
        reader = cls.READERS.get(version)
        if reader is None:
            from minikafka.protocol import reader as compiler

            reader = cls.READERS[version] = compiler.compile_reader(cls, version)
        try:
            return reader(data, start)
        except (_struct.error, IndexError, ValueError) as error:
            where = _field_of(error, reader)
            raise MalformedMessage(f"{cls.__name__} v{version}: {where}: {error}") from None


def _field_of(error: BaseException, function: Any) -> str:
    """The field whose generated line raised: the generated function knows which line reads what."""
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code is function.__code__:
            paths: list[str] = function.field_paths
            return paths[traceback.tb_lineno - 1] or "end of message"
        traceback = traceback.tb_next
    return "message"


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
def struct(cls: type[S]) -> type[S]:
    """Make a slotted dataclass of a declaration; construction is by keyword."""
    return _build(cls)


@dataclass_transform(kw_only_default=True, field_specifiers=(field,))
def message(
    *,
    api_key: int,
    kind: Literal["request", "response", "record", "data"],
    versions: tuple[int, int],
    flexible: int | None = None,
) -> Callable[[type[M]], type[M]]:
    """As `struct`, for a whole message. `versions`: the inclusive range that can be read and written."""

    def build(cls: type[M]) -> type[M]:
        built = _build(cls)
        built.SCHEMA = MessageSchema(api_key, kind, versions, flexible)
        built.READERS = {}
        built.WRITERS = {}
        return built

    return build


def _build(cls: type[S]) -> type[S]:
    specs = []
    for name in inspect.get_annotations(cls):
        spec = cls.__dict__[name]
        if not isinstance(spec, FieldSpec):
            raise TypeError(f"{cls.__name__}.{name} is not declared with field()")
        spec = dataclasses.replace(spec, name=name)
        specs.append(spec)
        setattr(cls, name, _dataclass_field(spec))
    if not cls.__doc__:
        cls.__doc__ = cls.__name__  # else dataclass() computes a signature, which is slow
    built = dataclasses.dataclass(slots=True, kw_only=True, repr=False, eq=False)(cls)
    built.FIELDS = tuple(specs)
    return built


def _dataclass_field(spec: FieldSpec) -> Any:
    default = spec.default
    if default is MISSING:
        return dataclasses.field()
    if isinstance(default, list):
        return dataclasses.field(default_factory=(lambda: list(default)) if default else list)
    if isinstance(default, Struct):
        return dataclasses.field(default_factory=type(default))
    return dataclasses.field(default=default)


def fixed_fields(specs: Sequence[FieldSpec], version: int, flexible: bool) -> list[FieldSpec]:
    """The fields of a version that are written in place, in wire order."""
    return [
        spec for spec in specs if spec.exists_in(version) and not (flexible and spec.is_tagged_in(version))
    ]


def tagged_fields(specs: Sequence[FieldSpec], version: int, flexible: bool) -> list[FieldSpec]:
    """The fields of a version that are written as tagged fields, by rising tag."""
    found = [spec for spec in specs if spec.exists_in(version) and flexible and spec.is_tagged_in(version)]
    return sorted(found, key=lambda spec: spec.tag or 0)
