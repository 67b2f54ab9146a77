"""What broke is shrunk to the fewest commands, and kept so that anybody sees the same again."""

import json
import os

import pytest

from minikafka import Cluster, Rules
from minikafka.commands import CreateTopic, Cut, Slow
from minikafka.explore import Case, Fault, InvariantBroken, Reading, Workload, Writing, draw_case, shrink
from minikafka.explore.keeping import keep, source_of
from minikafka.explore.workload import PATIENT

TOO_FAR = Rules(
    high_watermark=lambda current, end, isr_ends: max(current, min(end, min([end, *isr_ends]) + 1))
)
"""A leader that commits one record more than all of the ISR have."""
UNSEEN = Case(
    4,
    Workload(
        (CreateTopic("orders", 1, 3, {"min.insync.replicas": "2"}),),
        (Writing("orders", PATIENT), Writing("orders", {**PATIENT, "linger.ms": 5}, 4)),
        (Reading("orders", "billing"),),
        lasts_s=3.0,
    ),
    (
        Fault(0.0, Slow(0.001, 0.002)),
        Fault(0.1, Cut(("broker-1",), ("controller-1",))),
    ),
)


BROKEN = "the high watermark waits for the whole ISR"


@pytest.fixture(scope="module")
def shrunk():
    report = UNSEEN.run(TOO_FAR)
    assert report.broken is not None
    assert report.broken.name == BROKEN
    return shrink(UNSEEN, report.broken, TOO_FAR, most_runs=40)


def test_only_what_is_needed_is_left_and_it_breaks_in_the_same_way(shrunk):
    assert shrunk.case.size == 2, "a topic and a writer"
    assert shrunk.runs < 40
    assert shrunk.report.broken.name == BROKEN
    assert shrunk.case.run(TOO_FAR) == shrunk.report


def test_it_is_kept_as_a_run_a_notebook_and_a_test(shrunk, tmp_path, monkeypatch):
    report = keep(shrunk.case, tmp_path, TOO_FAR)
    assert report == shrunk.report
    with Cluster.open(tmp_path / "run.mkr", rules=TOO_FAR) as cluster:
        assert cluster.now == report.ended_s
        assert "HighWatermarkAdvanced" in report.broken.event
        assert report.broken.event.strip() in cluster.timeline()
    names: dict = {}
    exec((tmp_path / "test_seed_4.py").read_text(), names)
    assert names["CASE"] == shrunk.case
    names["test_seed_4"]()  # it holds by Kafka's rules
    cells = json.loads((tmp_path / "open.ipynb").read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    monkeypatch.chdir(tmp_path)
    opening, *rest = code
    names = {}
    exec(opening.replace('open("run.mkr")', 'open("run.mkr", rules=TOO_FAR)'), {"TOO_FAR": TOO_FAR}, names)
    *rest, last = rest
    for cell in rest:
        exec(cell, names)
    with pytest.raises(InvariantBroken, match=BROKEN):
        exec(last, names)
    names["cluster"].drop()
    assert os.listdir(tmp_path)


@pytest.mark.parametrize("seed", range(5))
def test_the_source_of_a_case_is_the_case(seed):
    import minikafka.commands
    import minikafka.explore

    case = draw_case(seed)
    assert eval(source_of(case), {**vars(minikafka.commands), **vars(minikafka.explore)}) == case


def test_what_holds_is_not_kept(tmp_path):
    quiet = Case(1, Workload((CreateTopic("orders", 1, 3),), (Writing("orders"),), lasts_s=0.5))
    with pytest.raises(ValueError, match="holds"):
        keep(quiet, tmp_path)
