"""Virtual time that runs by itself, and what becomes of a cluster when that fails."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from minikafka import BackgroundFailure, Cluster


def test_where_no_thread_can_be_had_it_is_said_and_the_cluster_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sim = Cluster(brokers=1, world="simulated", seed=1)

    def refuse(self: Any) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as without_threads:
        without_threads.setattr(threading.Thread, "start", refuse)
        with pytest.raises(RuntimeError, match="can't start new thread"):
            sim.play()
    assert sim.snapshot().paused
    sim.run(1)
    sim.close()


def test_what_ends_the_play_is_raised_at_the_next_call_and_the_cluster_can_be_closed() -> None:
    sim = Cluster(brokers=1, world="simulated", seed=1)
    run_to = sim._loop.universe.run_to
    told = threading.Event()

    def fail(at_s: float) -> None:
        sim._loop.universe.run_to = run_to  # type: ignore[method-assign]
        told.set()
        raise ValueError("the past can't be run")

    sim._loop.universe.run_to = fail  # type: ignore[method-assign]
    sim.play()
    assert told.wait(30)
    sim._player._thread.join(30)  # type: ignore[union-attr]
    with pytest.raises(BackgroundFailure, match="the past can't be run"):
        sim.snapshot()
    sim.run(1)
    sim.close()
