"""Turns a message's declaration into a function that reads one version of it.

Rule: straight-line code, and every length checked against what remains before it is used. Kafka generates
the same from its JSON (`MessageDataGenerator.java`); what is generated here stands in
`READERS[version].source`.
"""

from __future__ import annotations

from typing import Any

from minikafka.protocol import primitives
from minikafka.protocol.schema import (
    FieldSpec,
    Kind,
    MalformedMessage,
    Message,
    Reader,
    Struct,
    fixed_fields,
    tagged_fields,
)
from minikafka.protocol.source import Source, least_size

# Kinds that are a length and then that many bytes: how the slice becomes the value. A string of bytes that
# aren't UTF-8 gets replacement characters, as in Java: no name is a malformed message.
_SLICES = {
    "string": 'str(b[p:q], "utf-8", "replace")',
    "bytes": "bytes(b[p:q])",
    "records": "memoryview(b)[p:q]",
}
# Their length's format where the version is not flexible; an array's length is its count.
_LENGTHS = {"string": "h", "bytes": "i", "records": "i", "array": "i"}


def compile_reader(cls: type[Message], version: int) -> Reader:
    """The reader of one version: `(buffer, start) -> (message, position after it)`."""
    low, high = cls.SCHEMA.versions
    if not low <= version <= high:
        raise ValueError(f"{cls.__name__} has no version {version}")
    namespace: dict[str, Any] = {
        "new": object.__new__,
        "more": primitives.finish_uvarint,
        "uvarint": primitives.read_uvarint,
        "numbers": primitives.read_numbers,
        "skip_tags": primitives.skip_tagged_fields,
        "uuid": primitives.uuid_from_bytes,
        "overrun": primitives.overrun,
        "Malformed": MalformedMessage,
    }
    source = _ReaderSource(
        f"{cls.__name__} v{version} reader", version, cls.SCHEMA.is_flexible(version), namespace
    )
    with source.block("def generated(b, p):"):
        source.line("end = len(b)")
        source.struct(cls, "m")
        source.flush()
        source.line("return m, p")
    return source.function()


class _ReaderSource(Source):
    """In the generated code: b buffer, p position, end its length, q end of a slice."""

    def pull(self, code: str, target: str) -> None:
        """Read a fixed-size value into `target`, together with its neighbours."""
        self.join_run(code, target)

    def flush(self) -> None:
        """Read what was pulled."""
        if not self.in_run:
            return
        with self.end_run() as (codes, targets):
            if codes == ["B"]:
                self.line(f"{targets[0]} = b[p]; p += 1")
                return
            size = sum(_SIZES[code] for code in codes)
            names = [self.fresh("u") if target.startswith("uuid:") else target for target in targets]
            call = self.struct_call("".join(codes), "unpack_from")
            self.line(f"{', '.join(names)}, = {call}(b, p); p += {size}")
            for name, target in zip(names, targets, strict=True):
                if target.startswith("uuid:"):
                    self.line(f"{target[5:]} = uuid({name})")

    def struct(self, cls: type[Struct], var: str) -> None:
        self.line(f"{var} = new({self.constant(cls)})")
        fixed = fixed_fields(cls.FIELDS, self.version, self.flexible)
        tagged = tagged_fields(cls.FIELDS, self.version, self.flexible)
        names = {spec.name for spec in fixed}
        for spec in cls.FIELDS:
            if spec.name not in names:
                self.default(spec, f"{var}.{spec.name}")
        for spec in fixed:
            with self.at(spec.name):
                self.value(spec.kind, f"{var}.{spec.name}", spec.is_nullable_in(self.version))
        if self.flexible:
            self.tags(tagged, var)

    def default(self, spec: FieldSpec, target: str) -> None:
        value = spec.wire_default
        if isinstance(value, Struct):
            var = self.fresh("d")
            self.line(f"{var} = {target} = new({self.constant(type(value))})")
            for inner in value.FIELDS:
                self.default(inner, f"{var}.{inner.name}")
        else:
            self.line(f"{target} = {self.literal(value)}")

    def value(self, kind: Kind[Any] | type[Struct], target: str, nullable: bool) -> None:
        if not isinstance(kind, Kind):
            self.nullable_struct(kind, target) if nullable else self.inner_struct(kind, target)
        elif kind.code:
            self.pull(kind.code, f"uuid:{target}" if kind.name == "uuid" else target)
        else:
            self.sized(kind, target, nullable)

    def inner_struct(self, cls: type[Struct], target: str) -> None:
        var = self.fresh("o")
        self.struct(cls, var)
        self.line(f"{target} = {var}")

    def nullable_struct(self, cls: type[Struct], target: str) -> None:
        marker = self.fresh("n")
        self.pull("b", marker)
        self.flush()
        with self.block(f"if {marker} < 0:"):
            self.line(f"{target} = None")
        with self.block("else:"):
            self.inner_struct(cls, target)
            self.flush()

    def sized(self, kind: Kind[Any], target: str, nullable: bool) -> None:
        """A length (in flexible versions a varint, one too high), then bytes or elements."""
        n = self.fresh("n")
        self.pull("B" if self.flexible else _LENGTHS[kind.name], n)
        self.flush()
        if self.flexible:
            self.line(f"if {n} > 127: {n}, p = more(b, p, {n})")
            self.line(f"{n} -= 1")
        with self.block(f"if {n} >= 0:"):
            if kind.name == "array":
                self.elements(kind, target, n)
            else:
                self.line(f"q = p + {n}")
                self.line(f"if q > end: raise overrun({n}, end - p)")
                self.line(f"{target} = {_SLICES[kind.name]}; p = q")
        if nullable:
            self.line(f"else: {target} = None")
        else:
            self.line('else: raise Malformed("null where null is not allowed")')

    def elements(self, kind: Kind[Any], target: str, n: str) -> None:
        element = kind.element
        assert element is not None
        size = max(1, least_size(element, self.version, self.flexible))
        self.line(f"if {n} * {size} > end - p: raise overrun({n} * {size}, end - p)")
        if isinstance(element, Kind) and element.code and element.name != "uuid":
            self.line(f"{target} = numbers({element.code!r}, {n}, b, p) if {n} else []; p += {n} * {size}")
            return
        items, item = self.fresh("l"), self.fresh("e")
        self.line(f"{items} = {target} = []")
        with self.block(f"for _ in range({n}):"):
            if isinstance(element, Kind):
                self.value(element, item, nullable=False)
            else:
                self.struct(element, item)
            self.flush()
            self.line(f"{items}.append({item})")

    def tags(self, specs: list[FieldSpec], var: str) -> None:
        count = self.fresh("t")
        self.pull("B", count)
        self.flush()
        if not specs:
            self.line(f"if {count}: p = skip_tags(b, p, {count}, end)")
            return
        with self.block(f"if {count}:"):
            self.line(f"if {count} > 127: {count}, p = more(b, p, {count})")
            with self.block(f"while {count}:"):
                tag, stop = self.fresh("t"), self.fresh("q")
                self.line(f"{count} -= 1")
                self.line(f"{tag}, p = uvarint(b, p)")
                self.line(f"{stop}, p = uvarint(b, p)")
                self.line(f"{stop} += p")
                self.line(f"if {stop} > end: raise overrun({stop} - p, end - p)")
                for index, spec in enumerate(specs):
                    with self.at(spec.name), self.block(f"{'el' if index else ''}if {tag} == {spec.tag}:"):
                        self.value(spec.kind, f"{var}.{spec.name}", spec.is_nullable_in(self.version))
                        self.flush()
                        self.line(
                            f'if p != {stop}: raise Malformed("a tagged field is not as long as it says")'
                        )
                self.line(f"else: p = {stop}")


_SIZES = {"16s": 16, "?": 1, "b": 1, "B": 1, "h": 2, "H": 2, "i": 4, "I": 4, "q": 8, "d": 8}
