"""Turns a message's declaration into a function that writes one version of it.

Rule: the generated function only appends pieces to a list, record buffers as they are; the sender joins.
"""

from __future__ import annotations

from typing import Any

from minikafka.protocol import primitives
from minikafka.protocol.schema import (
    FieldSpec,
    Kind,
    Message,
    Struct,
    UnsupportedField,
    Writer,
    fixed_fields,
    tagged_fields,
)
from minikafka.protocol.source import Source, is_list


def compile_writer(cls: type[Message], version: int) -> Writer:
    """The writer of one version: `(message, pieces) -> None`."""
    low, high = cls.SCHEMA.versions
    if not low <= version <= high:
        raise UnsupportedField(f"{cls.__name__} has no version {version}")
    namespace: dict[str, Any] = {
        "SMALL": primitives.SMALL_UVARINTS,
        "uvarint": primitives.uvarint,
        "numbers": primitives.write_numbers,
        "Unsupported": UnsupportedField,
        "NULL16": primitives.NULL_INT16,
        "NULL32": primitives.NULL_INT32,
    }
    source = _WriterSource(
        f"{cls.__name__} v{version} writer", version, cls.SCHEMA.is_flexible(version), namespace
    )
    with source.block("def generated(m, out):"):
        source.line("pass")
        source.struct(cls, "m")
        source.flush()
    return source.function()


class _WriterSource(Source):
    """In the generated code: m message, out the list of pieces."""

    out = "out"

    def put(self, code: str, expression: str) -> None:
        """Write a fixed-size value, together with its neighbours. Code x is a zero byte."""
        self.join_run(code, expression)

    def flush(self) -> None:
        """Write what was put."""
        if not self.in_run:
            return
        with self.end_run() as (codes, expressions):
            values = ", ".join(expression for expression in expressions if expression)
            if values:
                self.append(f"{self.struct_call(''.join(codes), 'pack')}({values})")
            else:
                self.append(repr(b"\0" * len(codes)))

    def append(self, expression: str) -> None:
        self.line(f"{self.out}.append({expression})")

    def struct(self, cls: type[Struct], var: str) -> None:
        for spec in cls.FIELDS:
            if not spec.exists_in(self.version) and not spec.ignorable:
                with self.at(spec.name):
                    self.refuse(differs(self, spec, f"{var}.{spec.name}"))
        for spec in fixed_fields(cls.FIELDS, self.version, self.flexible):
            with self.at(spec.name):
                self.value(spec.kind, f"{var}.{spec.name}", spec)
        if self.flexible:
            self.tags(tagged_fields(cls.FIELDS, self.version, self.flexible), var)

    def refuse(self, condition: str) -> None:
        text = f"{self.name.removesuffix(' writer')} has no {self.path}"
        self.line(f"if {condition}: raise Unsupported({text!r})")

    def value(self, kind: Kind[Any] | type[Struct], expression: str, spec: FieldSpec | None) -> None:
        """`spec` is None for an element of an array, which is never null."""
        nullable = spec is not None and spec.is_nullable_in(self.version)
        if not isinstance(kind, Kind):
            self.nullable_struct(kind, expression) if nullable else self.inner_struct(kind, expression)
        elif kind.name == "uuid":
            self.put("16s", f'{expression}.int.to_bytes(16, "big")')
        elif kind.code:
            self.put(kind.code, expression)
        else:
            self.sized(
                kind, expression, nullable, nullable_later=spec is not None and spec.nullable is not None
            )

    def inner_struct(self, cls: type[Struct], expression: str) -> None:
        var = self.fresh("o")
        self.line(f"{var} = {expression}")
        self.struct(cls, var)

    def nullable_struct(self, cls: type[Struct], expression: str) -> None:
        self.flush()
        with self.block(f"if {expression} is None:"):
            self.append(repr(b"\xff"))
        with self.block("else:"):
            self.put("b", "1")
            self.inner_struct(cls, expression)
            self.flush()

    def sized(self, kind: Kind[Any], expression: str, nullable: bool, nullable_later: bool) -> None:
        var = self.fresh("v")
        self.line(f"{var} = {expression}")
        if not nullable:
            if nullable_later:
                text = f"{self.name.removesuffix(' writer')} has no null for {self.path}"
                self.line(f"if {var} is None: raise Unsupported({text!r})")
            self.contents(kind, var)
            return
        self.flush()
        with self.block(f"if {var} is None:"):
            self.append(repr(b"\0") if self.flexible else "NULL16" if kind.name == "string" else "NULL32")
        with self.block("else:"):
            self.contents(kind, var)
            self.flush()

    def contents(self, kind: Kind[Any], var: str) -> None:
        if kind.name == "string":
            self.line(f"{var} = {var}.encode()")
        if self.flexible:
            self.flush()
            n = self.fresh("n")
            self.line(f"{n} = len({var}) + 1")
            self.append(f"SMALL[{n}] if {n} < 128 else uvarint({n})")
        else:
            self.put("h" if kind.name == "string" else "i", f"len({var})")
            self.flush()
        if kind.name == "array":
            self.elements(kind, var)
        else:
            self.append(var)

    def elements(self, kind: Kind[Any], var: str) -> None:
        element = kind.element
        assert element is not None
        if isinstance(element, Kind) and element.code and element.name != "uuid":
            self.line(f"if {var}: {self.out}.append(numbers({element.code!r}, {var}))")
            return
        item = self.fresh("e")
        with self.block(f"for {item} in {var}:"):
            if isinstance(element, Kind):
                self.value(element, item, None)
            else:
                self.struct(element, item)
                if not self.in_run:
                    self.line("pass")
            self.flush()

    def tags(self, specs: list[FieldSpec], var: str) -> None:
        if not specs:
            self.put("x", "")
            return
        self.flush()
        count, tags, outer = self.fresh("k"), self.fresh("g"), self.out
        self.line(f"{count} = 0; {tags} = []")
        for spec in specs:
            expression = f"{var}.{spec.name}"
            with self.at(spec.name), self.block(f"if {differs(self, spec, expression)}:"):
                self.out = self.fresh("w")
                self.line(f"{self.out} = []")
                self.value(spec.kind, expression, spec)
                self.flush()
                body, self.out = self.out, outer
                self.line(f'{body} = b"".join({body})')
                assert spec.tag is not None
                self.line(f"{tags} += ({primitives.uvarint(spec.tag)!r}, uvarint(len({body})), {body})")
                self.line(f"{count} += 1")
        self.append(f"uvarint({count})")
        self.line(f"if {count}: {outer} += {tags}")


def differs(source: Source, spec: FieldSpec, expression: str) -> str:
    """A condition: does this field hold anything but its default?"""
    default = spec.wire_default
    if isinstance(default, Struct):
        return (
            "("
            + " or ".join(differs(source, inner, f"{expression}.{inner.name}") for inner in default.FIELDS)
            + ")"
        )
    if default is None:
        return f"{expression} is not None"
    if is_list(spec) and spec.nullable is None:
        return expression
    return f"{expression} != {source.literal(default)}"
