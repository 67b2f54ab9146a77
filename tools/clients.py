"""Write docs/CLIENTS.md: our clients beside confluent_kafka's (`python tools/clients.py [--check]`).

Both are asked for every case of `client_cases` and every scenario of `client_scenarios`, for the names of their classes
and modules, and for librdkafka's configuration keys; what differs needs a reason in `client_reasons.py`, and a reason
needs a difference.
"""

from __future__ import annotations

import ctypes
import inspect
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
import confluent_kafka.aio

import minikafka
import minikafka.admin
import minikafka.aio
from minikafka import Cluster
from minikafka.client.settings.settings import ADMIN, ALIASES, CONSUMER, PRODUCER
from minikafka.client.settings.unused_settings import IN_C

sys.path.insert(0, str(Path(__file__).parent))
from client_cases import SECTIONS
from client_cases.kit import Case, Kit, raised
from client_reasons import MISSING, OURS, REASONS
from client_scenarios import SCENARIOS

PAGE = Path(__file__).parents[1] / "docs" / "CLIENTS.md"
RECORDS = 10


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
    """(section, case, theirs, ours); a scenario that ours has none of has the reason twice."""
    sections: dict[str, dict[str, Case | str]] = {**{name: dict(cases) for name, cases in SECTIONS.items()}}
    for number, (section, cases) in enumerate({**sections, **SCENARIOS}.items()):
        sides = [
            kit_of(cluster, confluent_kafka, confluent_kafka.admin, f"theirs-{number}"),
            kit_of(cluster, minikafka, minikafka.admin, f"ours-{number}"),
        ]
        print(f"{section}: {len(cases)}", file=sys.stderr)
        for name, case in cases.items():
            if isinstance(case, str):
                yield section, name, case, case
            else:
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
        "AIOProducer": (confluent_kafka.aio.AIOProducer, minikafka.aio.AIOProducer),
        "AIOConsumer": (confluent_kafka.aio.AIOConsumer, minikafka.aio.AIOConsumer),
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
        and not inspect.ismodule(getattr(one, name, None))
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
        lines += _section(f"## {section}", [row for row in found if row[0] == section])
    lines += [
        "## Scenarios of confluent-kafka-python's own tests, and of what users reported",
        "",
        "| file | scenarios | same | otherwise | missing |",
        "|---|---|---|---|---|",
    ]
    for file in SCENARIOS:
        rows = [row for row in found if row[0] == file]
        missing, same = sum(map(_is_missing, rows)), sum(row[2] == row[3] for row in rows)
        lines.append(f"| {file} | {len(rows)} | {same - missing} | {len(rows) - same} | {missing} |")
    lines.append("")
    for file in SCENARIOS:
        lines += _section(f"### {file}", [row for row in found if row[0] == file])
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


def _is_missing(row: tuple[str, str, str, str]) -> bool:
    return isinstance(SCENARIOS.get(row[0], {}).get(row[1]), str)


def _section(title: str, rows: list[tuple[str, str, str, str]]) -> list[str]:
    """One section of cases: what differs, what is missing, and what is the same."""
    missing = [row for row in rows if _is_missing(row)]
    asked = [row for row in rows if not _is_missing(row)]
    differing = [row for row in asked if row[2] != row[3]]
    lines = [f"{title}: {len(asked) - len(differing)} of {len(asked)} cases same" if asked else title, ""]
    if differing:
        lines += ["| case | confluent_kafka | minikafka | why |", "|---|---|---|---|"]
    for section, name, theirs, ours in differing:
        why = REASONS.get(f"{section}: {name}", "?")
        lines.append(f"| {_cell(name)} | {_cell(theirs)} | {_cell(ours)} | {why} |")
    lines += [""] if differing else []
    lines += [f"- {name}: {why}" for _, name, why, _ in missing] + ([""] if missing else [])
    same = [f"- {_text(name)}: {_text(theirs)}" for _, name, theirs, ours in asked if theirs == ours]
    if same:
        lines += ["<details><summary>The same</summary>", "", *same, "", "</details>", ""]
    return lines


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
