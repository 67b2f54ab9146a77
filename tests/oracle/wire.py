"""Kafka's wire by kio, an encoder and decoder that this project did not write, and a plain blocking socket.

Its one rule: nothing here imports minikafka, so that an error of ours can't hide behind itself.
An answer becomes plain dicts and lists, with kio's field names, error codes by name and times in milliseconds.
"""

import dataclasses
import datetime
import functools
import io
import socket
import struct
import uuid
from collections.abc import Iterator
from typing import Any

from kio.index import load_payload_module
from kio.schema.errors import ErrorCode
from kio.schema.index import api_key_map, schema_name_map
from kio.serial import entity_reader, entity_writer
from kio.serial._introspect import (
    EntityField,
    EntityTupleField,
    PrimitiveTupleField,
    classify_field,
    get_schema_field_type,
    is_optional,
)
from kio.static.constants import EntityType

Tree = Any
ANSWER_TIMEOUT_S = 20.0
API_KEYS = {name: key for key, name in api_key_map.items()}
IMPLICIT: dict[str, Any] = {"string": "", "bytes": b"", "records": None, "bool": False, "uuid": None}


def request_class(api: str, version: int) -> type:
    module = load_payload_module(API_KEYS[api], version, EntityType.request)
    return getattr(module, _class_name(api) + "Request")


def response_class(api: str, version: int) -> type:
    module = load_payload_module(API_KEYS[api], version, EntityType.response)
    return getattr(module, _class_name(api) + "Response")


def _class_name(api: str) -> str:
    return "".join(word.capitalize() for word in api.split("_"))


@functools.cache
def _fields_of_all_versions(api: str) -> frozenset[str]:
    names: set[str] = set()
    for version in schema_name_map[api]:
        todo = [request_class(api, version)]
        while todo:
            for field in dataclasses.fields(todo.pop()):
                names.add(field.name)
                found = classify_field(field)
                if isinstance(found, EntityField | EntityTupleField):
                    todo.append(found.type_)
    return frozenset(names)


def build(api: str, version: int, fields: dict[str, Tree]) -> Any:
    """The request as kio's entity. A field that this version lacks is left out (one script serves many versions);
    a field that no version has is a typing error of the script: KeyError."""
    return _entity(api, request_class(api, version), fields)


def _entity(api: str, cls: type, values: dict[str, Tree]) -> Any:
    unknown = sorted(set(values) - _fields_of_all_versions(api))
    if unknown:
        raise KeyError(f"{api} has no fields {unknown} in any version")
    return cls(**{field.name: _value(api, field, values) for field in dataclasses.fields(cls)})


def _value(api: str, field: Any, values: dict[str, Tree]) -> Any:
    found = classify_field(field)
    if field.name not in values:
        if field.default is not dataclasses.MISSING:
            return field.default
        if isinstance(found, EntityTupleField | PrimitiveTupleField):
            return ()
        if is_optional(field):
            return None
        kind = get_schema_field_type(field)
        return datetime.timedelta(0) if kind.startswith("timedelta") else IMPLICIT.get(kind, 0)
    value = values[field.name]
    if value is None:
        return None
    if isinstance(found, EntityTupleField):
        return tuple(_entity(api, found.type_, item) for item in value)
    if isinstance(found, EntityField):
        return _entity(api, found.type_, value)
    if isinstance(found, PrimitiveTupleField):
        return tuple(value)
    kind = get_schema_field_type(field)
    if kind.startswith("timedelta"):
        return datetime.timedelta(milliseconds=value)
    if kind.startswith("datetime"):
        return datetime.datetime.fromtimestamp(value / 1000, datetime.UTC)
    return value


def frame(payload: Any, correlation_id: int, client_id: str | None = "oracle") -> bytes:
    """Length, header and body of a request."""
    out = io.BytesIO()
    header_class = payload.__header_schema__
    header = header_class(
        request_api_key=payload.__api_key__,
        request_api_version=payload.__version__,
        correlation_id=correlation_id,
        client_id=client_id,
    )
    entity_writer(header_class)(out, header)
    entity_writer(type(payload))(out, payload)
    return struct.pack(">i", out.tell()) + out.getvalue()


def parse(api: str, version: int, body: bytes, correlation_id: int) -> dict[str, Tree]:
    """A response frame as a plain tree; wrong correlation id or bytes left over are an AssertionError."""
    cls = response_class(api, version)
    header, size = entity_reader(cls.__header_schema__)(body, 0)
    assert header.correlation_id == correlation_id, (
        f"asked with correlation id {correlation_id}, answered {header.correlation_id}"
    )
    payload, read = entity_reader(cls)(body, size)
    size += read
    assert size == len(body), f"{len(body) - size} bytes left over after {api} v{version}"
    return plain(payload)


def plain(value: Any) -> Tree:
    if dataclasses.is_dataclass(value):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple | list):
        return [plain(item) for item in value]
    if isinstance(value, ErrorCode):
        return value.name.upper()
    if isinstance(value, datetime.timedelta):
        return round(value.total_seconds() * 1000)
    if isinstance(value, datetime.datetime):
        return round(value.timestamp() * 1000)
    if isinstance(value, uuid.UUID):
        return value if value.int else None
    return value


def error_codes(tree: Tree) -> Iterator[str]:
    """Every error code in an answer, except NONE."""
    if isinstance(tree, dict):
        for name, value in tree.items():
            if name.endswith("error_code") and value not in ("NONE", None):
                yield value
            else:
                yield from error_codes(value)
    elif isinstance(tree, list):
        for item in tree:
            yield from error_codes(item)


class Closed(Exception):
    """The broker closed the connection instead of answering."""


class Connection:
    """One TCP connection: requests out, answers in, in order."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.create_connection((host, port), ANSWER_TIMEOUT_S)
        self._socket.settimeout(ANSWER_TIMEOUT_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.next_correlation_id = 1

    def send(self, data: bytes) -> None:
        try:
            self._socket.sendall(data)
        except (ConnectionError, BrokenPipeError) as error:
            raise Closed from error

    def receive(self) -> bytes:
        """One frame's body; Closed when the broker hangs up; TimeoutError when it stays silent."""
        (size,) = struct.unpack(">i", self._exactly(4))
        return self._exactly(size)

    def _exactly(self, size_bytes: int) -> bytes:
        data = bytearray()
        while len(data) < size_bytes:
            try:
                piece = self._socket.recv(size_bytes - len(data))
            except ConnectionError as error:
                raise Closed from error
            if not piece:
                raise Closed
            data += piece
        return bytes(data)

    def half_close(self) -> None:
        self._socket.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        self._socket.close()
