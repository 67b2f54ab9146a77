"""The checker sees: each planted bug is found by drawn workloads and faults, and shrunk to a few commands."""

import pytest
from explore.planted import BUGS
from msgspec.structs import replace

from minikafka.explore import draw_case, shrink
from minikafka.explore.shrinking import run_quickly

MOST_SEEDS = 500
MOST_COMMANDS = 12
MOST_RUNS = 60
CHEAP = ("the high watermark is one too far",)
"""Found by the first seed, and shrunk within a second."""


def found(bug):
    """The first case that breaks so, and its report."""
    for seed in range(1, MOST_SEEDS + 1):
        case = draw_case(seed, brokers=3, seconds=15, kinds=bug.kinds, controllers=bug.controllers)
        case = replace(case, configs={**case.configs, **bug.configs})
        report = run_quickly(case, bug.rules)
        if report.broken is not None and report.broken.name in bug.names:
            return case, report
    pytest.fail(f"{MOST_SEEDS} seeds held")


@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in CHEAP else pytest.mark.slow) for name in BUGS]
)
def test_a_planted_bug_is_found_and_shrunk(name, monkeypatch):
    bug = BUGS[name]
    for where, what, instead in bug.patches:
        monkeypatch.setattr(where, what, instead)
    case, report = found(bug)
    smallest = shrink(case, report.broken, bug.rules, most_runs=MOST_RUNS)
    assert smallest.report.broken.name == report.broken.name
    assert smallest.case.size <= MOST_COMMANDS, smallest.case
