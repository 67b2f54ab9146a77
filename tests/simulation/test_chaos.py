"""Everything at once, at random: two phases, safety under faults, then a healed cluster that makes progress.

At most one broker at a time loses what it had not synced, as `min.insync.replicas=2` of three replicas allows.
"""

from simulation.story import seeds

from minikafka.explore import ORDERS, draw_workload, run


@seeds(5, slow=100)
def test_safety_under_faults_and_then_progress(seed):
    report = run(seed, ORDERS, configs={"replica.lag.time.max.ms": "5000"})
    assert report.holds, report
    careful = report.history.of_writer("writer-0")
    assert all(write.outcome == "acknowledged" for write in careful), "longer than any fault may a write wait"


@seeds(4, slow=100)
def test_any_workload_under_any_faults(seed):
    report = run(seed, draw_workload(seed))
    assert report.holds, report
