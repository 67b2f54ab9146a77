from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikafka.policy import Rules, grants_vote, lag, lag_status, majority


@given(st.integers(1, 99))
def test_two_majorities_share_a_voter(voters: int) -> None:
    assert majority(voters) * 2 > voters
    assert (majority(voters) - 1) * 2 <= voters


def asks(candidate: int = 2, epoch: int = 5, last: int = 4, end: int = 10, **voter: int | None) -> bool:
    mine: dict[str, int | None] = {
        "epoch": 4,
        "voted_for": None,
        "leader": None,
        "last_epoch": 4,
        "end_offset": 10,
    }
    mine |= voter
    return grants_vote(candidate, epoch, last, end, *mine.values())  # type: ignore[arg-type]


def test_a_vote_goes_to_a_log_that_is_up_to_date() -> None:
    assert asks()
    assert asks(end=11)
    assert not asks(end=9)
    assert not asks(last=3, end=99)
    assert asks(last=5, end=1)


def test_one_vote_an_epoch() -> None:
    assert not asks(epoch=4, voted_for=3)
    assert asks(epoch=4, voted_for=2)
    assert asks(epoch=5, voted_for=3)
    assert not asks(epoch=4, leader=3)
    assert not asks(epoch=3)


def test_lag_counts_from_the_committed_offset() -> None:
    assert lag(10, 4, 0) == 6
    assert lag(10, 4, 6) == 4
    assert lag(10, 12, 0) == 0
    assert lag(10, None, 0) is None
    assert lag(10, -1, 0) is None


@pytest.mark.parametrize(
    ("window", "said"),
    [
        ([(0, None, 40)], ("WARN", "no commit", None)),
        ([(0, 50, 60), (0, 20, 62), (0, 60, 64)], ("REWIND", "commit went back", 4)),
        ([(0, 10, 90), (60, 10, 95)], ("WARN", "commit below log start", 35)),
        ([(0, 9, 9)] * 5, ("OK", "caught up", 0)),
        ([(0, 12, 10)], ("OK", "caught up", 0)),
        ([(0, 9, 10)] * 5, ("STALL", "commit stands still", 1)),
        ([(0, 9, 9)] * 4 + [(0, 9, 10)], ("OK", "keeps up", 1)),
        ([(0, 10, 40), (0, 20, 60)], ("WARN", "lag grows", 40)),
        ([(0, 10, 90), (0, 30, 95)], ("OK", "keeps up", 65)),
    ],
)
def test_a_group_is_judged_by_the_slope_of_its_lag(window, said) -> None:
    assert lag_status(window) == said


def test_a_rule_is_replaced_alone() -> None:
    mine = Rules(majority=lambda voters: 1)
    assert mine.majority(5) == 1
    changed = [f.name for f in fields(Rules) if getattr(mine, f.name) is not getattr(Rules(), f.name)]
    assert changed == ["majority"]
