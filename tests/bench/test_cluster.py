"""`minikafka bench`, small: its figures are there and can be. No time is judged."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from minikafka.bench.requests import TOPIC
from minikafka.bench.servers import leader_of_the_topic, parse_against


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "minikafka.cli", *map(str, args)]


@pytest.fixture
def other(tmp_path: Path) -> Iterator[tuple[str, int]]:
    """Another cluster, for which a minikafka does; its address and process."""
    environment = {**os.environ, "MINIKAFKA_STATE_DIR": str(tmp_path)}
    process = subprocess.Popen(
        command("up", "--json", "--brokers", 3), stdout=subprocess.PIPE, text=True, env=environment
    )
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())["bootstrap_servers"].split(",")[0], process.pid
    finally:
        process.terminate()
        process.wait()


@pytest.mark.slow
def test_every_server_has_a_speed_and_a_cost_in_every_row(other: tuple[str, int]) -> None:
    address, pid = other
    result = subprocess.run(
        command("bench", "--seconds", 0.1, "--rounds", 1, "--json", "--against", f"other={address}@{pid}"),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert [row["row"] for row in report] == [
        "produce 960 kB, 4 in flight",
        "produce 16 kB, 16 in flight",
        "produce 200 B, 1 in flight",
        "produce 200 B, 16 in flight",
        "produce 200 B, 64 in flight",
        "fetch 960 kB",
    ]
    for row in report:
        names = ["RF 1", "RF 3", "other"]
        assert list(row["figures"]) == (names if row["row"].startswith("fetch") else ["bare", *names])
        for figures in row["figures"].values():
            assert figures["speed"] > 0
            assert figures["processor"] is None or figures["processor"] >= 0


@pytest.mark.parametrize("text", ["", "localhost", "kafka=localhost:x", "localhost:9092@x", "a=:1"])
def test_an_address_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not"):
        parse_against(text)


def test_the_name_of_another_is_its_address_where_none_is_given() -> None:
    assert parse_against("localhost:9092") == ("localhost:9092", "localhost:9092", ())
    assert parse_against(f"a=b:1@{os.getpid()}") == ("a", "b:1", (os.getpid(),))


def test_a_broker_that_learns_late_who_leads_is_asked_again() -> None:
    broker, elected = SimpleNamespace(host="here", port=9), [SimpleNamespace(leader=1)]
    told = [
        {},
        {TOPIC: SimpleNamespace(partitions={})},
        {TOPIC: SimpleNamespace(partitions=[SimpleNamespace(leader=-1)])},
    ]
    answers = iter([*told, {TOPIC: SimpleNamespace(partitions=elected)}])
    admin = SimpleNamespace(
        list_topics=lambda *_, **__: SimpleNamespace(topics=next(answers), brokers={1: broker})
    )
    assert leader_of_the_topic(admin) is broker
