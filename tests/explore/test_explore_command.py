"""`minikafka explore`: the summary ends the report, and the status says what broke."""

import pytest
from typer.testing import CliRunner

from minikafka.cli import app
from minikafka.explore import command
from minikafka.explore.command import Search, run_explore
from minikafka.explore.crowd import in_processes
from minikafka.explore.report import Broken
from minikafka.explore.verdict import STATUSES, Tally, Verdict


def search(tmp_path, **changes):
    typed = {
        "seeds": 3,
        "first_seed": 5,
        "brokers": 3,
        "controllers": 1,
        "seconds": 1.0,
        "faults": "none",
        "jobs": 1,
        "shrinks": 0,
        "kept": tmp_path,
    }
    return Search(**{**typed, **changes})


def verdict(seed, kind=None):
    broken = Broken(kind, f"a broken {kind}", "so it was", 1.0) if kind else None
    return Verdict(seed, 10.0, ("kill",), 1, 2, broken, 0.5)


def test_a_seed_that_holds(tmp_path, capsys):
    assert run_explore(search(tmp_path, seeds=1)) == 0
    *_, last = capsys.readouterr().out.splitlines()
    assert last == "Everything held: no invariant, no client's history, no progress broken."


def test_a_fault_that_is_none(tmp_path):
    told = CliRunner().invoke(app, ["explore", "--seeds", "1", "--faults", "kill,flood"])
    assert told.exit_code == 1
    assert "There is no fault 'flood'" in told.stderr


def test_three_ways_to_break_have_three_statuses_and_the_help_says_them():
    seen = []
    for kind in ("invariant", "anomaly", "progress", "failure"):
        tally = Tally()
        for one in (verdict(1), verdict(2, kind)):
            tally.add(one)
        seen.append(tally.status)
    assert seen == [3, 3, 4, 5]
    assert sorted(STATUSES.values()) == [3, 4, 5]
    told = " ".join(CliRunner().invoke(app, ["explore", "--help"]).stdout.replace("│", " ").split())
    for status in ("3 safety", "4 liveness", "5 a crash"):
        assert status in told


def test_the_summary_counts_runs_hours_faults_and_what_broke(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(command, "look", lambda draw, seed: verdict(seed, "progress" if seed == 6 else None))
    assert run_explore(search(tmp_path)) == STATUSES["liveness"]
    said = capsys.readouterr().out
    assert "seed 6: liveness: progress broken" in said
    assert "3 runs, 0.0 virtual hours" in said
    assert "(20 virtual seconds a processor second), 3 writes, 6 reads" in said
    assert "faults: 3 kill" in said
    assert said.endswith("1 broke:\n  liveness, progress: a broken progress: 1\n    seed 6\n")


@pytest.mark.parametrize(("kind", "status"), [(None, 130), ("invariant", 3)])
def test_an_interrupt_ends_with_the_summary_so_far(monkeypatch, tmp_path, capsys, kind, status):
    def look(draw, seed):
        if seed == 6:
            raise KeyboardInterrupt
        return verdict(seed, kind)

    monkeypatch.setattr(command, "look", look)
    assert run_explore(search(tmp_path)) == status
    assert "1 of 3 runs" in capsys.readouterr().out


def half(number):
    if number == 3:
        import os

        os._exit(9)
    return number / 2


@pytest.mark.slow
def test_a_process_that_dies_has_broken_its_own_run_only():
    found = dict(in_processes(half, range(6), jobs=2))
    assert found == {0: 0.0, 1: 0.5, 2: 1.0, 3: None, 4: 2.0, 5: 2.5}
