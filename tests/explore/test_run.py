"""A run and its report: drawn from a seed, faults by name or by role, what is left out, what never goes on."""

from minikafka import Cluster, Rules
from minikafka.commands import (
    AddController,
    CreateTopic,
    Cut,
    FailDisk,
    Kill,
    PowerCut,
    RemoveController,
    RepairDisk,
    Restart,
    Stop,
)
from minikafka.explore import Fault, Operating, Workload, Writing, draw_case, draw_faults, draw_workload, run

ONE = Workload((CreateTopic("orders", 1, 3),), (Writing("orders"),), lasts_s=2)


def test_a_seed_draws_the_same_again_and_another_one_something_else():
    assert draw_faults(7) == draw_faults(7) != draw_faults(8)
    assert draw_workload(7) == draw_workload(7)
    assert len({str(draw_workload(seed)) for seed in range(20)}) > 15
    assert [fault.at_s for fault in draw_faults(7)] == sorted(fault.at_s for fault in draw_faults(7))


def test_a_quiet_run_holds_and_its_history_says_what_was_written_and_read():
    report = run(1, ONE, ())
    assert report.holds, report
    assert all(write.outcome == "acknowledged" for write in report.history.writes)
    assert {read.value for read in report.history.reads} == {write.value for write in report.history.writes}
    assert str(report).startswith("seed 1 held: ")


def test_who_leads_is_found_when_the_moment_comes_and_what_cannot_be_is_left_out():
    faults = (
        Fault(0.5, Kill("broker-1"), whom="leader of orders-0"),
        Fault(0.6, Kill("broker-1"), whom="leader of orders-9"),
        Fault(1, Stop("broker-9")),
        Fault(1, Cut(("broker-2",), ("broker-9",))),
    )
    report = run(1, ONE, faults)
    assert report.holds, report
    killed, *left_out = report.befell
    assert "kill broker-" in killed and "left out" not in killed
    assert all("left out" in line for line in left_out)


def test_a_cluster_that_never_goes_on_is_told():
    report = run(1, ONE, (), rules=Rules(high_watermark=lambda current, *_: current))
    assert (report.broken.kind, report.broken.name) == ("progress", "writes are acknowledged")
    assert "_MSG_TIMED_OUT" in report.broken.sentence


def test_a_start_that_is_only_begun_waits_for_whom_it_needs():
    with Cluster(world="simulated", seed=1) as cluster:
        cluster.kill("controller-1")
        cluster.kill("broker-1")
        cluster.do(Restart("broker-1", is_awaited=False))
        cluster.run(2)
        assert cluster.starting == ("broker-1",)
        cluster.restart("controller-1")
        cluster.run(2)
        assert cluster.starting == ()
        assert cluster.snapshot().hosts[1].state == "running"


def test_a_host_that_was_killed_while_it_started_can_be_started_at_once():
    with Cluster(world="simulated", seed=1) as cluster:
        cluster.kill("controller-1")
        cluster.kill("broker-1")
        cluster.do(Restart("broker-1", is_awaited=False))
        cluster.run(2)
        cluster.kill("broker-1")
        assert cluster.starting == ()
        cluster.do(Restart("broker-1", is_awaited=False))
        cluster.restart("controller-1")
        cluster.run(2)
        assert cluster.starting == ()
        assert cluster.snapshot().hosts[1].state == "running"


def test_a_host_that_was_stopped_while_it_started_is_down_and_can_be_started_again():
    with Cluster(world="simulated", seed=1) as cluster:
        cluster.kill("broker-1")
        cluster.partition(["broker-1"])
        cluster.do(Restart("broker-1", is_awaited=False))
        cluster.run(2)
        cluster.stop_broker("broker-1")
        assert cluster.starting == ()
        cluster.heal()
        cluster.do(Restart("broker-1", is_awaited=False))
        cluster.run(5)
        assert cluster.starting == ()
        assert [h.state for h in cluster.snapshot().hosts if h.name == "broker-1"] == ["running"]


def test_a_restart_that_is_only_begun_stops_a_running_host_first():
    with Cluster(world="simulated", seed=1) as cluster:
        cluster.do(Restart("broker-1", is_awaited=False))
        cluster.run(5)
        assert cluster.starting == ()
        assert [h.state for h in cluster.snapshot().hosts if h.name == "broker-1"] == ["running"]


def test_a_cluster_that_is_let_go_takes_nothing_more():
    cluster = Cluster(1, world="simulated", seed=1)
    producer = cluster.producer()
    producer.produce("orders", b"x")
    cluster.drop()
    cluster.drop()
    cluster.close()
    del producer


def test_no_broker_ends_while_another_one_lacks_what_a_power_cut_took():
    """Both would have ended uncleanly: the controller could only guess which of them has what was acknowledged."""
    faults = (
        Fault(1, PowerCut("broker-1"), only_when_whole=True),
        Fault(1.5, Kill("broker-2"), only_alone=True),
        Fault(2, Restart("broker-1", is_awaited=False)),
        Fault(20, Kill("broker-2"), only_alone=True),
    )
    report = run(1, ONE, faults)
    assert report.holds, report
    assert report.done == ("power_cut", "restart", "kill")
    assert "broker-1 lost power and isn't in sync yet" in report.befell[1]
    ends = [fault for seed in range(20) for fault in draw_faults(seed) if isinstance(fault.command, Kill)]
    assert all(fault.only_alone == (fault.command.host != "controller-1") for fault in ends)


def test_a_broker_that_is_stopped_while_it_restarts_can_start_again():
    faults = (Fault(0, Restart("broker-3", is_awaited=False)), Fault(0, Stop("broker-3")))
    report = run(1, ONE, faults)
    assert report.holds, report


def test_the_faults_of_a_quorum_befall_all_its_controllers():
    drawn = [draw_faults(seed, controllers=3) for seed in range(30)]
    befallen = {getattr(fault.command, "host", "") for faults in drawn for fault in faults}
    assert {"controller-1", "controller-2", "controller-3"} <= befallen
    lost = {f.command.host for faults in drawn for f in faults if isinstance(f.command, PowerCut)}
    assert any(host.startswith("controller-") for host in lost)
    assert {draw_case(seed).controllers for seed in range(30)} == {1, 3, 5}


def test_an_operators_changes_go_on_while_the_controllers_die():
    workload = Workload(ONE.topics, (), lasts_s=8, operators=(Operating("orders"),))
    faults = (
        Fault(1, Kill("controller-1")),
        Fault(5, Restart("controller-1", is_awaited=False)),
        Fault(5.5, PowerCut("controller-2")),
    )
    report = run(1, workload, faults, controllers=3)
    assert report.holds, report
    acknowledged = [c.value for c in report.history.changes if c.outcome == "acknowledged"]
    assert len(acknowledged) > 10
    ((_, values, _),) = report.history.settled
    assert set(acknowledged) <= set(values)


def test_controllers_lose_their_votes_and_disks_and_others_come():
    drawn = [draw_faults(seed, controllers=3, kinds=("voters", "disk-fails", "repair")) for seed in range(10)]
    commands = [fault.command for faults in drawn for fault in faults]
    assert {type(command) for command in commands} >= {AddController, RemoveController}
    failed = {command.host for command in commands if isinstance(command, FailDisk)}
    assert any(host.startswith("controller-") for host in failed)
    alone = [draw_faults(seed, controllers=1, kinds=("kill", "voters", "restart")) for seed in range(10)]
    assert not [
        f for faults in alone for f in faults if isinstance(f.command, AddController | RemoveController)
    ]


def test_changes_go_on_while_voters_come_and_go():
    workload = Workload(ONE.topics, (), lasts_s=8, operators=(Operating("orders"),))
    faults = (
        Fault(0.5, RemoveController("controller-1", is_awaited=False)),
        Fault(2, AddController(is_awaited=False)),
        Fault(3, FailDisk("controller-2")),
        Fault(5, RepairDisk("controller-2")),
        Fault(5.5, AddController("controller-1", is_awaited=False)),
        Fault(6, Kill("controller-4")),
    )
    report = run(1, workload, faults, controllers=3)
    assert report.holds, report
    assert not [told for told in report.befell if "left out" in told]
    assert len([c for c in report.history.changes if c.outcome == "acknowledged"]) > 10
