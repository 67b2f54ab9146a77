"""The same seed gives the same run, byte for byte, in any process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCENARIO = Path(__file__).with_name("replay_scenario.py")


def timelines(*runs):
    """The timelines of (seed, PYTHONHASHSEED, clutter), each from a process of its own."""
    processes = [
        subprocess.Popen(
            [sys.executable, str(SCENARIO), str(seed), str(clutter)],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for seed, hash_seed, clutter in runs
    ]
    found = []
    for process, (seed, *_) in zip(processes, runs, strict=True):
        out, err = process.communicate()
        assert process.returncode == 0, f"seed {seed}: {err.decode()}"
        found.append(out.decode())
    return found


def assert_same(one, two, seed):
    for number, (a, b) in enumerate(zip(one.splitlines(), two.splitlines(), strict=False)):
        assert a == b, (
            f"line {number} differs; replay: PYTHONHASHSEED=… python tests/simulation/{SCENARIO.name} {seed} 0"
        )
    assert one == two


def test_a_thousand_records_and_a_lost_leader_replay_identically():
    one, two = timelines((7, "1", 0), (7, "4242", 12_345))
    assert len(one.splitlines()) > 5_000
    assert_same(one, two, seed=7)


@pytest.mark.slow
def test_another_seed_is_another_run():
    one, two = timelines((7, "1", 0), (8, "1", 0))
    assert one != two


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 110))
def test_more_seeds_replay_identically(seed):
    one, two = timelines((seed, "1", 0), (seed, "77", 999))
    assert_same(one, two, seed)
