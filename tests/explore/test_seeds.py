"""Drawn workloads and faults on sound clusters: everything holds.

40 whole seeds cost about 50 s of processor time: a few short ones are in the quick tier, 200 whole ones in the slow.
"""

import pytest

from minikafka.explore import draw_case

SHORT_S = 5
BLOCK = 10


@pytest.mark.parametrize("seed", range(1, 7))
def test_a_short_seed(seed):
    report = draw_case(seed, brokers=3, seconds=SHORT_S).run()
    assert report.holds, report


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("first", range(1001, 1201, BLOCK))
def test_ten_seeds(first):
    for seed in range(first, first + BLOCK):
        report = draw_case(seed).run()
        assert report.holds, report
