"""The same seed gives the same trace, byte for byte, in any process."""

import os
import subprocess
import sys
from pathlib import Path

SCENARIO = Path(__file__).with_name("determinism_scenario.py")
ROOT = Path(__file__).parents[2]


def trace_of(seed, hash_seed, clutter=0):
    result = subprocess.run(
        [sys.executable, str(SCENARIO), str(seed), str(clutter)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr.decode()
    return result.stdout


def test_the_trace_does_not_depend_on_the_process():
    one, two = trace_of(7, "1"), trace_of(7, "4242", clutter=12_345)
    assert len(one.splitlines()) > 100
    assert one == two


def test_another_seed_gives_another_trace():
    assert trace_of(7, "1") != trace_of(8, "1")
