"""Every declaration here against the definition that Kafka's own generator reads: its jars hold them as JSON.

kio, the other oracle, has a class for each version, so it can't tell what a field means to the versions without it.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import re
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from oracle import brokers

import minikafka
from minikafka.protocol.schema import Kind, Message, Struct

LIBRARIES = ("clients", "metadata", "group-coordinator", "transaction-coordinator", "raft")
Definition = dict[str, Any]
DEFINED_IN_CODE = {"StickyAssignorUserData"}  # by a `Schema` in the class of Kafka that it is for


def all_messages() -> list[type[Message]]:
    """Every request, response and record that is declared anywhere here, by name."""
    for module in pkgutil.walk_packages(minikafka.__path__, "minikafka."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    found = {cls.__name__: cls for cls in Message.__subclasses__() if cls.__module__.startswith("minikafka.")}
    return [
        found[name] for name in sorted(found) if "SCHEMA" in vars(found[name]) and name not in DEFINED_IN_CODE
    ]


@pytest.fixture(scope="session")
def definitions() -> dict[str, Definition]:
    """The definitions in Kafka's jars, by the message's name."""
    if reason := brokers.why_no_real_kafka():
        pytest.skip(reason)
    classpath = subprocess.check_output([*brokers.REAL_KAFKA, "classpath"], text=True)
    folder = Path(classpath.split(os.pathsep)[0]).parent
    found: dict[str, Definition] = {}
    for library in LIBRARIES:
        (jar,) = folder.glob(f"kafka-{library}-[0-9]*.jar")
        with zipfile.ZipFile(jar) as file:
            for name in file.namelist():
                if re.fullmatch(r"common/(message|metadata)/\w+\.json", name):
                    definition = json.loads(re.sub(r"(?m)^\s*//.*$", "", file.read(name).decode()))
                    found[definition["name"]] = definition
    return found


class Versions:
    """What Kafka writes as `3+`, `0-12`, `5` or `none`."""

    def __init__(self, text: str) -> None:
        low, _, high = text.rstrip("+").partition("-")
        self.low = 1 << 15 if text == "none" else int(low)
        self.high = 1 << 15 if text.endswith("+") else int(high or self.low) if text != "none" else -1

    def __contains__(self, version: int) -> bool:
        return self.low <= version <= self.high


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def told(cls: type[Struct], version: int, *, flexible: bool) -> Iterator[tuple[str, object]]:
    """(what, its value) of each of our fields, in the words of `defined`."""
    for spec in cls.FIELDS:
        if not spec.exists_in(version):
            # What a version lacks can still be set, and whether that matters is part of the declaration.
            yield spec.name, ("absent", spec.ignorable)
            continue
        tag = spec.tag if flexible and spec.is_tagged_in(version) else None
        yield spec.name, (kind_of(spec.kind), spec.is_nullable_in(version), tag)
        inner = inner_struct(spec.kind)
        if inner is not None:
            for name, value in told(inner, version, flexible=flexible):
                yield f"{spec.name}.{name}", value


def kind_of(kind: Kind[Any] | type[Struct]) -> str:
    if not isinstance(kind, Kind):
        return "struct"
    if kind.name == "array":
        assert kind.element is not None
        return f"[]{kind_of(kind.element)}"
    return kind.name


def inner_struct(kind: Kind[Any] | type[Struct]) -> type[Struct] | None:
    if isinstance(kind, Kind):
        return inner_struct(kind.element) if kind.element is not None else None
    return kind


def defined(
    fields: list[Definition], structs: dict[str, list[Definition]], version: int, *, flexible: bool
) -> Iterator[tuple[str, object]]:
    for one in fields:
        name, kind = snake(one["name"]), str(one["type"])
        if version not in Versions(one.get("versions") or one["taggedVersions"]):
            yield name, ("absent", one.get("ignorable", False))
            continue
        element = kind.removeprefix("[]")
        inner = one.get("fields") or structs.get(element)
        nullable = version in Versions(one.get("nullableVersions", "none"))
        tag = one.get("tag") if flexible and version in Versions(one.get("taggedVersions", "none")) else None
        yield name, (kind.replace(element, "struct") if inner else kind, nullable, tag)
        for inner_name, value in defined(inner or [], structs, version, flexible=flexible):
            yield f"{name}.{inner_name}", value


@pytest.mark.java
@pytest.mark.parametrize("cls", all_messages(), ids=lambda cls: cls.__name__)
def test_each_field_is_kafkas_in_every_version(
    cls: type[Message], definitions: dict[str, Definition]
) -> None:
    theirs = definitions[cls.__name__]
    structs = {one["name"]: one["fields"] for one in theirs.get("commonStructs", [])}
    low, high = cls.SCHEMA.versions
    is_key = theirs["type"] == "coordinator-key"  # has one version, whatever number its records begin with
    for version in range(low, high + 1):
        flexible = version in Versions(theirs["flexibleVersions"])
        assert cls.SCHEMA.is_flexible(version) == flexible
        ours = dict(told(cls, version, flexible=flexible))
        known = dict(defined(theirs["fields"], structs, 0 if is_key else version, flexible=flexible))
        # A field of versions that we don't speak at all has no place here.
        spoken = {name: value for name, value in known.items() if name in ours or value[0] != "absent"}
        assert ours == spoken, f"v{version}"
