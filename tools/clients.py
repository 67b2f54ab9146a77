"""Write docs/CLIENTS.md: our clients beside confluent_kafka's (`python tools/clients.py [--check]`).

Both are asked for every case of `client_cases.py`, for the names of their classes and modules, and for librdkafka's
configuration keys; what differs needs a reason here, and a reason needs a difference.
"""

from __future__ import annotations

import ctypes
import logging
import re
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import confluent_kafka
import confluent_kafka.admin

import minikafka
import minikafka.admin
from minikafka import Cluster
from minikafka.client.settings import ADMIN, ALIASES, CONSUMER, PRODUCER
from minikafka.client.unused_settings import IN_C

sys.path.insert(0, str(Path(__file__).parent))
from client_cases import SECTIONS
from client_cases.kit import Case, Kit, raised

PAGE = Path(__file__).parents[1] / "docs" / "CLIENTS.md"
RECORDS = 10

# "Section: case" → why ours answers otherwise.
REASONS: dict[str, str] = {
    "Producer: produce, key=bytearray": "more is taken: it is copied",
    "Producer: produce, headers=[['a', b'x']]": "more is taken",
    "Producer: produce, headers=tuple of pairs": "more is taken",
    "Producer: produce, headers={1: b'a'}": "there the header is lost without a word",
    "Producer: produce, on_delivery=5": "there the error is an accident",
    "Producer: produce_batch, a timestamp": "more is taken",
    "Producer: closed: produce_batch([])": "a closed client says so, whatever it is given",
    "Consumer: subscribe([5])": "there the number is lost without a word, or ends the process",
    "Consumer: subscribe, on_assign=None": "more is taken",
    "Consumer: assign a tuple": "more is taken",
    "Consumer: seek to -3": "it stands for nothing; assign() refuses it there, too",
    "Consumer: commit, one of two unknown": "it is told which one failed, and that the other is committed",
    "AdminClient: describe_topics(list)": "more is taken",
    "AdminClient: list_consumer_group_offsets, two groups": "more is taken",
    "AdminClient: list_offsets, unknown": "the broker's own error",
    "AdminClient: describe_acls": "there the broker's error SECURITY_DISABLED is lost",
}
"""\"Section: case\" → why ours answers otherwise."""
_SERIALIZERS = "missing: serializers are not built; a message's value is bytes"
_SHARE = "missing: share groups are not built"
MISSING: dict[str, str] = {
    "AcknowledgeType": _SHARE,
    "ConcurrentModificationException": _SHARE,
    "DeserializingConsumer": _SERIALIZERS,
    "DeserializingShareConsumer": _SHARE,
    "IllegalStateException": _SHARE,
    "Messages": _SHARE,
    "SerializingProducer": _SERIALIZERS,
    "ShareConsumer": _SHARE,
    "ThrottleEvent": "missing: throttling is not told",
    "delivery_count": _SHARE,
    "deserialized_key": _SERIALIZERS,
    "deserialized_value": _SERIALIZERS,
    "libversion": "missing: there is no librdkafka",
    "version": "missing: it is `minikafka.__version__`",
}
"""Name → why ours has none."""
OURS: dict[str, str] = {
    "close": "ours alone: there the garbage collector closes it",
    "lag": "ours alone: how far behind each partition is",
    "remove_members_from_consumer_group": "ours alone: Java's admin client has it",
}
"""Name → why theirs has none."""


def outcome(case: Case, kit: Kit) -> str:
    """What a case answers, as text without anything that differs from run to run."""
    try:
        answer = case(kit)
    except Exception as error:
        return raised(error)
    finally:
        kit.close()
    return _plain(answer, kit)


def _plain(answer: Any, kit: Kit) -> str:
    text = repr(answer)
    text = re.sub(r"KafkaError\{.*?code=(\w+),.*?\}", r"\1", text)
    text = re.sub(r" object at 0x[0-9a-f]+", "", text)
    return text.replace(kit.topic, "t")[:4000]


def answers(cluster: Cluster) -> Iterator[tuple[str, str, str, str]]:
    """(section, case, theirs, ours)."""
    for section, cases in SECTIONS.items():
        sides = [
            kit_of(cluster, confluent_kafka, confluent_kafka.admin, f"theirs-{section}"),
            kit_of(cluster, minikafka, minikafka.admin, f"ours-{section}"),
        ]
        for name, case in cases.items():
            theirs, ours = (outcome(case, kit) for kit in sides)
            yield section, name, theirs, ours


def kit_of(cluster: Cluster, names: Any, admin_names: Any, topic: str) -> Kit:
    """One side, with a topic of its own that holds RECORDS records."""
    cluster.create_topic(topic)
    producer = cluster.producer()
    for number in range(RECORDS):
        producer.produce(topic, b"%d" % number)
    producer.flush()
    producer.close()
    return Kit(names, admin_names, cluster.bootstrap_servers, topic)


def names_that_differ() -> Iterator[tuple[str, str, str]]:
    """(where, name, whose) of classes and modules."""
    pairs = {
        "confluent_kafka": (confluent_kafka, minikafka),
        "confluent_kafka.admin": (confluent_kafka.admin, minikafka.admin),
        "Producer": (confluent_kafka.Producer, minikafka.Producer),
        "Consumer": (confluent_kafka.Consumer, minikafka.Consumer),
        "AdminClient": (confluent_kafka.admin.AdminClient, minikafka.AdminClient),
        "Message": (confluent_kafka.Message, minikafka.Message),
        "TopicPartition": (confluent_kafka.TopicPartition, minikafka.TopicPartition),
        "KafkaError": (confluent_kafka.KafkaError, minikafka.KafkaError),
    }
    for where, (theirs, ours) in pairs.items():
        for name in sorted(set(_names(theirs)) - set(_names(ours))):
            yield where, name, "theirs"
        if where not in ("confluent_kafka", "confluent_kafka.admin"):
            for name in sorted(set(_names(ours)) - set(_names(theirs))):
                yield where, name, "ours"


_MODULES = ("os", "cimpl", "error", "serialization", "concurrent", "warnings", "string_type")
_TYPING = ("Any", "Dict", "List", "Optional", "Set", "Tuple", "Union")


def _names(one: Any) -> list[str]:
    own = one is confluent_kafka or one is confluent_kafka.admin
    return [
        name
        for name in dir(one)
        if (not name.startswith("_") or re.fullmatch(r"_[A-Z_]+", name))
        and not (own and (name in _MODULES or name in _TYPING or name.endswith(("consumer", "producer"))))
    ]


def librdkafkas_keys() -> dict[str, str]:
    """key → "P", "C" or "*", as librdkafka's own list has them."""
    folder = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    library = ctypes.CDLL(str(next(folder.glob("librdkafka*"))))
    libc = ctypes.CDLL(None)
    libc.fopen.restype = ctypes.c_void_p
    with tempfile.NamedTemporaryFile() as listing:
        file = ctypes.c_void_p(libc.fopen(listing.name.encode(), b"w"))
        library.rd_kafka_conf_properties_show(file)
        libc.fclose(file)
        text = Path(listing.name).read_text()
    cells = [[cell.strip() for cell in line.split("|")] for line in text.splitlines() if line.count("|") > 3]
    return {row[0]: row[1] for row in cells if re.fullmatch(r"[a-z_.]+[a-z]", row[0])}


def what_a_key_does(key: str) -> str:
    """In our clients."""
    if key in IN_C:
        return "refused, as there: only a program in C can give it"
    name = ALIASES.get(key, key)
    for settings in (PRODUCER, CONSUMER, ADMIN):
        if name in settings:
            setting = settings[name]
            if setting.kind == "refused":
                return f"refused: {setting.why_unused}"
            return f"no effect: {setting.why_unused}" if setting.why_unused else "honoured"
    return "unknown"


def page() -> str:
    """The page's text."""
    log = logging.getLogger("minikafka.client")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), Cluster(brokers=1, announce=False) as cluster:
            warnings.simplefilter("ignore", DeprecationWarning)
            found = list(answers(cluster))
    finally:
        log.setLevel(level)
    lines = [
        "# Our clients beside confluent_kafka's",
        "",
        'Made by `tools/clients.py`, which asks both on one live cluster; do not edit. "Same" counts the cases',
        "that both answer alike; what differs is listed with the reason.",
        "",
    ]
    for section in SECTIONS:
        mine = [row for row in found if row[0] == section]
        differing = [row for row in mine if row[2] != row[3]]
        lines += [f"## {section}: {len(mine) - len(differing)} of {len(mine)} cases same", ""]
        if differing:
            lines += ["| case | confluent_kafka | minikafka | why |", "|---|---|---|---|"]
        for _, name, theirs, ours in differing:
            why = REASONS.get(f"{section}: {name}", "?")
            lines.append(f"| {_cell(name)} | {_cell(theirs)} | {_cell(ours)} | {why} |")
        lines += ["", "<details><summary>The same</summary>", ""]
        lines += [f"- {_text(name)}: {_text(theirs)}" for _, name, theirs, ours in mine if theirs == ours]
        lines += ["", "</details>", ""]
    lines += ["## Names", "", "| where | name | whose | why |", "|---|---|---|---|"]
    for where, name, whose in names_that_differ():
        lines.append(f"| {where} | `{name}` | {whose} | {reason_of_name(where, name, whose)} |")
    keys = {key: what_a_key_does(key) for key in librdkafkas_keys()}
    honoured = sum(does == "honoured" for does in keys.values())
    lines += [
        "",
        f"## Configuration: {len(keys)} keys, {honoured} honoured",
        "",
        "| key | in our clients |",
        "|---|---|",
    ]
    lines += [f"| `{key}` | {does} |" for key, does in sorted(keys.items())]
    return "\n".join(lines) + "\n"


def reason_of_name(where: str, name: str, whose: str) -> str:
    """Why a name is only on one side."""
    if where == "KafkaError":
        return "an error code of Kafka's that librdkafka does not name"
    return (OURS if whose == "ours" else MISSING).get(name, "?")


def _text(text: str) -> str:
    short = text if len(text) < 160 else f"{text[:157]}…"
    return f"`{short}`"


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|")


def main() -> int:
    """With --check: 1 when the page is not what it would be now."""
    text = page()
    if "--check" in sys.argv:
        return int(PAGE.read_text() != text)
    PAGE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
