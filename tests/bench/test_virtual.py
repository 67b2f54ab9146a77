"""`minikafka bench virtual`: two ratios of virtual to processor time, from one run."""

import json

import pytest

from minikafka.bench.virtual import run_virtual


@pytest.mark.slow
def test_idle_and_explored_are_told_side_by_side(capsys):
    run_virtual(5, 1, 1, as_json=True)
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert list(told) == ["idle", "idle, invariants watched", "explore"]
    assert told["idle"] > told["explore"] > 0
