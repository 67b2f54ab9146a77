"""`minikafka bench clients`, small: every client does every kind of work, and its figures can be. No time is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import minikafka
from minikafka.bench.clients import ROWS, parse_version

SOURCE = Path(minikafka.__file__).parents[1]


@pytest.mark.slow
def test_every_client_has_a_cost_in_every_row() -> None:
    command = [sys.executable, "-m", "minikafka.cli", "bench", "clients", "--records", "40", "--rounds", "2"]
    result = subprocess.run(
        [*command, "--version", f"the same={SOURCE}", "--json"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    report = json.loads(result.stdout)
    assert [row["row"] for row in report] == [row.name for row in ROWS]
    for row in report:
        assert list(row["figures"])[:2] == ["minikafka", "the same"]
        for figures in row["figures"].values():
            assert len(figures["cost"]) == len(figures["speed"]) == 2
            assert min(figures["cost"]) >= 0
            assert min(figures["speed"]) > 0


@pytest.mark.parametrize("text", ["", "before", "=.", "before=/nowhere", f"before={Path(__file__).parent}"])
def test_a_version_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not NAME=DIRECTORY"):
        parse_version(text)


def test_a_version_is_a_name_and_its_source() -> None:
    assert parse_version(f"before={SOURCE}") == ("before", SOURCE)
