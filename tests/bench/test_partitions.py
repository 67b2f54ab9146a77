"""`minikafka bench partitions`, small: its figures are there and can be, and nothing stays. No time is judged."""

from __future__ import annotations

import json
import math
import os
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
    wanted = ("--replicated", "6", "--single", "4", "--pause", "0.5", "--idle", "0.5")
    command = [sys.executable, "-m", "minikafka.cli", "bench", "partitions", *wanted, "--json"]
    alone = {name: value for name, value in os.environ.items() if name != "REAL_KAFKA"}
    result = subprocess.run(
        [*command, "--data", tmp_path, "--port", str(free_port())],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
        env=alone,
    )
    assert result.returncode == 0, result.stderr
    assert not list(tmp_path.iterdir())
    assert "minikafka: 6 partitions of RF 3 (2 topics)" in result.stderr
    report = json.loads(result.stdout)
    assert [one["wanted"] for one in report] == [
        {"brokers": 3, "topics": 2, "partitions": 3},
        {"brokers": 1, "topics": 1, "partitions": 4},
    ]
    for one in report:
        (ours,) = one["clusters"]
        waits = ours.pop("waits_s")
        assert ours.pop("cluster") == "minikafka"
        assert set(waits) == {"create", "idle", "after the pause", "delete"}
        assert all(math.isfinite(figure) and figure >= 0 for figure in (*ours.values(), *waits.values()))
