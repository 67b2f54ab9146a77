"""The Python source that `reader.py` and `writer.py` write, and which field each line serves.

Rule: neighbouring fixed-size fields become one `struct` call: the call is what costs.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, cast

from minikafka.protocol.schema import FieldSpec, Kind, Struct, fixed_fields


class Source:
    """Generated source under construction."""

    def __init__(self, name: str, version: int, flexible: bool, namespace: dict[str, Any]) -> None:
        self.name = name
        self.version = version
        self.flexible = flexible
        self.namespace = namespace
        self.path = ""
        self._run: list[tuple[str, str]] = []
        self._run_paths: dict[str, None] = {}
        self._lines: list[str] = []
        self._paths: list[str] = []
        self._indent = 0
        self._names = 0
        self._constants: dict[object, str] = {}

    def line(self, text: str) -> None:
        self._lines.append("    " * self._indent + text)
        self._paths.append(self.path)

    @contextmanager
    def block(self, header: str) -> Iterator[None]:
        self.line(header)
        self._indent += 1
        yield
        self._indent -= 1

    @contextmanager
    def at(self, name: str) -> Iterator[None]:
        """While inside, lines belong to this field."""
        outer = self.path
        self.path = f"{outer}.{name}" if outer else name
        yield
        self.path = outer

    def join_run(self, code: str, expression: str) -> None:
        """A fixed-size value of the present field goes together with its neighbours."""
        self._run.append((code, expression))
        self._run_paths[self.path or "tagged fields"] = None

    @contextmanager
    def end_run(self) -> Iterator[tuple[list[str], list[str]]]:
        """(codes, expressions) of the run; lines written inside belong to all its fields."""
        run, outer = self._run, self.path
        self.path = ", ".join(self._run_paths)
        self._run, self._run_paths = [], {}
        yield [code for code, _ in run], [expression for _, expression in run]
        self.path = outer

    @property
    def in_run(self) -> bool:
        return bool(self._run)

    def fresh(self, stem: str) -> str:
        self._names += 1
        return f"{stem}{self._names}"

    def constant(self, value: Any, key: object = None) -> str:
        """A global of the generated function that holds `value`."""
        key = value if key is None else key
        name = self._constants.get(key)
        if name is None:
            name = self._constants[key] = f"C{len(self._constants)}"
            self.namespace[name] = value
        return name

    def struct_call(self, codes: str, method: str) -> str:
        return self.constant(getattr(struct.Struct(">" + codes), method), (codes, method))

    def literal(self, value: Any) -> str:
        """An expression for a default that is not a struct."""
        return self.constant(value) if isinstance(value, uuid.UUID) else repr(value)

    def function(self) -> Callable[..., Any]:
        """Compile. The function knows its source and, line by line, its fields."""
        text = "\n".join(self._lines) + "\n"
        code = compile(text, f"<{self.name}>", "exec")
        exec(code, self.namespace)
        function = cast("Any", self.namespace["generated"])
        function.field_paths = self._paths
        function.source = text
        return cast("Callable[..., Any]", function)


def least_size(kind: Kind[Any] | type[Struct], version: int, flexible: bool) -> int:
    """The fewest bytes a value can take: bounds the count of an array by the bytes that are there."""
    if isinstance(kind, Kind):
        if kind.code:
            return kind.size_bytes
        return 1 if flexible else 2 if kind.name == "string" else 4
    size = 1 if flexible else 0
    for spec in fixed_fields(kind.FIELDS, version, flexible):
        one_byte = not isinstance(spec.kind, Kind) and spec.is_nullable_in(version)
        size += 1 if one_byte else least_size(spec.kind, version, flexible)
    return size


def is_list(spec: FieldSpec) -> bool:
    return isinstance(spec.kind, Kind) and spec.kind.name == "array"
