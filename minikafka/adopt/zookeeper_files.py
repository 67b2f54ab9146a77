"""The data directory of a ZooKeeper server: its snapshots and transaction logs, replayed into a tree of znodes.

Rule: only what Kafka's brokers keep in it is wanted: data by path. Numbers are Jute's, with the large end first.
ZooKeeper: `FileSnap`, `FileTxnLog`, `SerializeUtils`, `DataTree.processTxn`; Kafka: `KafkaZkClient`, `ZkData`.
"""

from __future__ import annotations

import json
import struct
import zlib
from pathlib import Path
from typing import Any

from minikafka.adopt.known import Known, KnownTopic
from minikafka.adopt.source import read_file
from minikafka.protocol.uuid_text import decode_uuid

_LOG_MAGIC, _SNAPSHOT_MAGIC = b"ZKLG", b"ZKSN"
_HEAD_BYTES = 16
_STAT_BYTES = 60
_CREATE, _CREATE2, _CREATE_CONTAINER, _CREATE_TTL = 1, 15, 19, 21
_DELETE, _DELETE_CONTAINER, _SET_DATA, _MULTI = 2, 20, 5, 14


class NotZooKeepers(ValueError):
    """A file that isn't what its name promises; the message says why."""


class _Jute:
    """A cursor over Jute's bytes."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def number(self, code: str) -> int:
        try:
            (value,) = struct.unpack_from(">" + code, self.data, self.position)
        except struct.error:
            raise NotZooKeepers(f"it ends at byte {self.position}") from None
        self.position += struct.calcsize(">" + code)
        return int(value)

    def buffer(self) -> bytes:
        size = self.number("i")
        if size < 0:
            return b""
        if self.position + size > len(self.data):
            raise NotZooKeepers(f"{size} bytes from byte {self.position} on aren't there")
        self.position += size
        return self.data[self.position - size : self.position]

    def text(self) -> str:
        return self.buffer().decode("utf-8", "replace")


class Tree:
    """Data by path, and the zxid up to which it is known."""

    def __init__(self) -> None:
        self.nodes: dict[str, bytes] = {}
        self.zxid = 0

    def apply(self, kind: int, body: _Jute) -> None:
        """One transaction; those that change no data pass."""
        if kind in (_CREATE, _CREATE2, _CREATE_CONTAINER, _CREATE_TTL, _SET_DATA):
            path = body.text()
            self.nodes[path] = body.buffer()
        elif kind in (_DELETE, _DELETE_CONTAINER):
            self.nodes.pop(body.text(), None)
        elif kind == _MULTI:
            for _ in range(max(0, body.number("i"))):
                inner = body.number("i")
                self.apply(inner, _Jute(body.buffer()))

    def below(self, path: str) -> dict[str, bytes]:
        """The children of a node: name → data."""
        prefix = f"{path}/"
        return {
            name[len(prefix) :]: data
            for name, data in sorted(self.nodes.items())
            if name.startswith(prefix) and "/" not in name[len(prefix) :]
        }


def find_zookeeper(given: Path) -> list[Path]:
    """Folders named `version-2` at and below `given` that hold a server's files."""
    candidates = [given, *sorted(given.glob("version-2")), *sorted(given.glob("*/version-2"))]
    return [path for path in candidates if path.name == "version-2" and _numbered(path, "log", "snapshot")]


def _numbered(folder: Path, *kinds: str) -> list[tuple[int, Path]]:
    """Files `KIND.ZXID`, by their zxid."""
    found = []
    for path in folder.iterdir():
        kind, _, zxid = path.name.partition(".")
        try:
            if kind in kinds:
                found.append((int(zxid, 16), path))
        except ValueError:
            continue
    return sorted(found)


def read_tree(folder: Path) -> Tree:
    """The newest whole snapshot, and the logs on top of it. Raises OSError, `NotZooKeepers`."""
    tree = Tree()
    for zxid, path in reversed(_numbered(folder, "snapshot")):
        try:
            _read_snapshot(read_file(path), tree)
        except NotZooKeepers:
            tree.nodes.clear()
            continue
        tree.zxid = zxid
        break
    for _, path in _numbered(folder, "log"):
        _read_log(read_file(path), tree)
    return tree


def _read_snapshot(data: bytes, tree: Tree) -> None:
    if data[:4] != _SNAPSHOT_MAGIC:
        raise NotZooKeepers("it doesn't begin as a snapshot")
    jute = _Jute(data, _HEAD_BYTES)
    for _ in range(jute.number("i")):
        jute.position += 12  # a session: its id and timeout
    for _ in range(jute.number("i")):
        jute.position += 8
        for _ in range(max(0, jute.number("i"))):
            jute.position += 4
            jute.buffer()
            jute.buffer()
    while (path := jute.text()) != "/":
        content = jute.buffer()
        jute.position += 8 + _STAT_BYTES
        tree.nodes[path] = content
    if jute.position > len(data):
        raise NotZooKeepers("it is cut off")


def _read_log(data: bytes, tree: Tree) -> None:
    """Up to the first transaction that isn't whole: the file is filled with zeros behind the last one."""
    if data[:4] != _LOG_MAGIC:
        raise NotZooKeepers("it doesn't begin as a transaction log")
    jute = _Jute(data, _HEAD_BYTES)
    while jute.position + 12 <= len(data):
        checksum, size = jute.number("q"), jute.number("i")
        end = jute.position + size
        if size <= 0 or end >= len(data):
            return
        transaction = data[jute.position : end]
        if zlib.adler32(transaction) != checksum:
            raise NotZooKeepers(f"the transaction at byte {jute.position} has a wrong checksum")
        body = _Jute(transaction, 12)
        zxid, _, kind = body.number("q"), body.number("q"), body.number("i")
        if zxid > tree.zxid:
            tree.apply(kind, body)
            tree.zxid = zxid
        jute.position = end + 1  # behind the mark of the record's end


def read_zookeeper(folder: Path) -> Known:
    """What Kafka's brokers had there: topics with their ids, epochs and configurations. Raises OSError."""
    known = Known()
    try:
        tree = read_tree(folder)
    except NotZooKeepers as problem:
        known.notes.append(f"the ZooKeeper files in {folder} can't be read: {problem}")
        return known
    root = _chroot(tree)
    configs = tree.below(f"{root}/config/topics")
    for name, data in tree.below(f"{root}/brokers/topics").items():
        described = _json(data)
        epochs = {}
        for index in described.get("partitions") or {}:
            state = _json(tree.nodes.get(f"{root}/brokers/topics/{name}/partitions/{index}/state", b""))
            epochs[int(index)] = int(state.get("leader_epoch", 0))
        own = _json(configs.get(name, b"")).get("config") or {}
        known.topics[name] = KnownTopic(_topic_id(described.get("topic_id")), epochs, own)
    known.cluster_id = str(_json(tree.nodes.get(f"{root}/cluster/id", b"")).get("id", ""))
    block = _json(tree.nodes.get(f"{root}/latest_producer_id_block", b""))
    known.next_producer_id = int(block.get("block_end", -1)) + 1
    known.end_offset = tree.zxid
    known.is_complete = bool(known.topics)
    return known


def _chroot(tree: Tree) -> str:
    """Where Kafka's tree begins: others may share the ensemble."""
    suffix = "/brokers/topics"
    found = [path.removesuffix(suffix) for path in tree.nodes if path.endswith(suffix)]
    return min(found, key=len, default="")


def _json(data: bytes) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _topic_id(text: object) -> Any:
    try:
        return decode_uuid(str(text)) if text else None
    except ValueError:
        return None
