"""Which controller a broker turns to."""

from collections.abc import Iterator

import pytest
from controller.slow_quorum import COMMIT_S
from controller.test_slow_commits import SlowLab

from minikafka.membership.controllers import Controllers

A, B, C = ("a", 1), ("b", 1), ("c", 1)


def test_the_first_one_is_asked_until_it_fails_and_then_the_next_and_so_on_round() -> None:
    known = Controllers([A, B])
    assert known.present == A
    known.fail(A)
    assert known.present == B
    known.fail(B)
    assert known.present == A


def test_of_several_connections_to_one_that_is_gone_only_the_first_to_notice_turns_away() -> None:
    known = Controllers([A, B, C])
    for _ in range(3):
        known.fail(A)
    assert known.present == B


def test_one_that_an_answer_names_is_asked_next_also_if_nobody_knew_it() -> None:
    known = Controllers([A, B])
    known.lead(C)
    assert (known.present, known.voters) == (C, (A, B, C))
    known.lead(B)
    assert (known.present, known.voters) == (B, (A, B, C))


def test_one_controller_is_asked_again_and_again() -> None:
    known = Controllers([A, A])
    known.fail(A)
    assert (known.present, known.voters) == (A, (A,))


@pytest.fixture
def lab() -> Iterator[SlowLab]:
    made = SlowLab()
    made.start_brokers()
    made.universe.run_for(0.5)
    yield made
    made.universe.close()


@pytest.mark.parametrize("old", ["goes on as a standby", "is gone"])
def test_brokers_turn_to_the_standby_that_took_over_and_stay_in_service(lab: SlowLab, old: str) -> None:
    lab.create("orders", 3)
    for broker in lab.brokers.values():
        assert broker.membership.controller == ("controller-1", 9093)
        assert broker.membership.controllers == (("controller-1", 9093), ("controller-2", 9093))
    if old == "is gone":
        lab.universe.crash("controller-1")
        lab.universe.run_for(1)

    async def take_over() -> None:
        lab.copy.take_over()  # type: ignore[attr-defined]
        if old != "is gone":
            lab.log.hears_of(lab.copy.leader, lab.copy.leader_epoch)  # type: ignore[attr-defined]

    lab.universe.run(take_over(), host="controller-2")
    lab.controller = lab.standby
    lab.universe.run_for(20)
    assert {b.id for b in lab.standby.image.alive_brokers()} == {1, 2, 3}
    for broker in lab.brokers.values():
        assert broker.membership.controller == ("controller-2", 9093)
        assert not broker.lifecycle.fenced
    created = lab.at_once("later")
    lab.universe.run_for(3 * COMMIT_S)
    assert created[0].result() == 0
    assert lab.universe.run_until(lab.agree, 1)
    assert not [f for f in lab.universe.trace.failures if "NOT_CONTROLLER" not in str(f)]


def test_a_broker_that_starts_finds_the_one_that_decides(lab: SlowLab) -> None:
    async def take_over() -> None:
        lab.copy.take_over()  # type: ignore[attr-defined]
        lab.log.hears_of(lab.copy.leader, lab.copy.leader_epoch)  # type: ignore[attr-defined]

    lab.universe.run(take_over(), host="controller-2")
    broker = lab.start_broker(4)
    lab.universe.run(lab.wait(broker))
    assert broker.membership.controller == ("controller-2", 9093)
