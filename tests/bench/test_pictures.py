"""`minikafka bench pictures`, small: its figures are there and can be, and nothing stays. No time is judged."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ports import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processor times are read from /proc"),
]


def test_a_small_run_tells_everything_and_leaves_nothing(tmp_path: Path) -> None:
    wanted = (
        "--topics",
        "3",
        "--rate",
        "0",
        "--rate",
        "100",
        "--viewers",
        "0",
        "--viewers",
        "2",
        "--seconds",
        "2",
    )
    command = [sys.executable, "-m", "minikafka.cli", "bench", "pictures", *wanted, "--json"]
    result = subprocess.run(
        [*command, "--data", tmp_path, "--port", str(free_port())],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    assert not list(tmp_path.iterdir())
    report = json.loads(result.stdout)
    assert report["wanted"] == {"brokers": 3, "topics": 3, "partitions": 3}
    rows = report["rows"]
    assert [(row["rate"], row["viewers"]) for row in rows] == [(0, 0), (0, 2), (100, 0), (100, 2)]
    for row in rows:
        assert (row["pictures_a_second"] > 0) == (row["viewers"] > 0)
        assert (row["bytes_mean"] > 0) == (row["viewers"] > 0)
        assert (row["records_a_second"] > 0) == (row["rate"] > 0)
        assert row["longest_s"] > 0
