"""`minikafka up --processes`: each node is a process that signals reach, and none of them is left over."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest
from processes.running import is_alive, until, up_in_processes

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no POSIX signals")


def test_a_killed_node_is_told_of_and_nobody_is_left_over_at_the_end(tmp_path):
    with up_in_processes(tmp_path, "--brokers", 1) as cluster:
        first = cluster.pids["broker-1"]
        assert sorted(cluster.pids) == ["broker-1", "controller-1"]
        cluster.signal("broker-1", signal.SIGKILL)
        until(lambda: "\n" in cluster.said(), "its end is told")
        for words in ("broker-1", str(first), "SIGKILL", "minikafka do restart broker-1"):
            assert words in cluster.said()
        cluster.process.send_signal(signal.SIGINT)
        assert cluster.process.wait(60) == 0
        assert not any(is_alive(pid) for pid in cluster.pids.values())


@pytest.mark.slow
def test_what_is_suspended_is_shown_and_wakes(tmp_path):
    with up_in_processes(tmp_path, "--brokers", 2) as cluster:
        assert cluster.do("suspend", host="broker-2").text == "broker-2 is suspended."
        until(lambda: cluster.picture().broker("broker-2").state == "silent", "it is seen to be silent")
        assert "SIGSTOP" in str(cluster.picture().broker("broker-2").error)
        cluster.signal("broker-1", signal.SIGSTOP)
        until(lambda: {b.state for b in cluster.picture().brokers} == {"silent"}, "nobody is waited for")
        cluster.signal("broker-1", signal.SIGCONT)
        assert cluster.do("wake", host="broker-2").ok
        until(lambda: cluster.picture().broker("broker-2").state == "running", "it goes on")
        assert cluster.do("kill", host="controller-1").ok
        assert [host.pid for host in cluster.picture().hosts if host.name == "controller-1"] == [None]
        assert not cluster.do("kill", host="controller-1").ok
        assert "can't be cut" in cluster.do("cut", hosts=["broker-1"]).text
        assert not cluster.do("restart", host="broker-7").ok
        first = cluster.pids["controller-1"]
        cluster.restart("controller-1")
        assert cluster.pids["controller-1"] != first


@pytest.mark.slow
def test_topics_are_made_moved_and_written_by_commands_and_a_failed_disk_is_told_of(tmp_path):
    with up_in_processes(tmp_path, "--brokers", 2, "--racks", "near,far") as cluster:
        assert cluster.do("create_topic", topic="orders", partitions=1, replication_factor=1).ok
        assert cluster.do("produce", topic="orders", value="first").ok
        partition = cluster.picture().partition("orders", 0)
        assert [broker.rack for broker in cluster.picture().brokers] == ["near", "far"]
        (other,) = {1, 2} - {int(str(partition.leader)[-1])}
        assert cluster.do("move_partition", topic="orders", partition=0, brokers=[other]).ok
        until(lambda: cluster.picture().partition("orders", 0).leader == f"broker-{other}", "it has moved")
        assert cluster.do("fail_disk", host=f"broker-{other}").ok
        assert not cluster.do("create_topic", topic="orders").ok
        cluster.do("create_topic", topic="more", partitions=2, replication_factor=2)
        until(lambda: not is_alive(cluster.pids[f"broker-{other}"]), "a broker without a disk ends")
        until(lambda: "its last log directory" in str(cluster.picture().broker(other).error), "why is shown")
        assert cluster.do("repair_disk", host=f"broker-{other}").ok
        cluster.restart(f"broker-{other}")
        assert cluster.do("produce", topic="orders", value="second").ok


@pytest.mark.slow
@pytest.mark.parametrize("suspended", [[], ["broker-2", "controller-1"]])
def test_nobody_is_left_over_when_the_parent_is_killed(tmp_path, suspended):
    """Those that are stopped then are woken by the system."""
    with up_in_processes(
        tmp_path, "--brokers", 2, "--controllers", 3, "--data", tmp_path / "data"
    ) as cluster:
        for host in suspended:
            cluster.signal(host, signal.SIGSTOP)
        cluster.process.kill()
        cluster.process.wait()
        until(lambda: not any(is_alive(pid) for pid in cluster.pids.values()), "all have ended")
        if not suspended:
            assert (tmp_path / "data" / "broker-1" / ".kafka_cleanshutdown").exists()
        first = cluster.about
    with up_in_processes(tmp_path, "--data", tmp_path / "data") as again:
        assert again.about["cluster_id"] == first["cluster_id"]
        assert again.pids.keys() == first["pids"].keys()


@pytest.mark.slow
def test_who_is_stopped_is_woken_to_end_cleanly(tmp_path):
    with up_in_processes(tmp_path, "--brokers", 1) as cluster:
        cluster.signal("broker-1", signal.SIGSTOP)
        cluster.process.send_signal(signal.SIGTERM)
        until(lambda: not is_alive(cluster.pids["broker-1"]), "it was woken, and stopped cleanly")
        assert cluster.process.wait(60) == 0


def refused(*args: object) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "minikafka.cli", "up", "--processes", *map(str, args)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    lines = done.stderr.splitlines()
    assert done.returncode == 1
    assert len(lines) == 1, done.stderr
    assert done.stdout == ""
    return lines[0]


@pytest.mark.slow
def test_a_directory_in_use_is_one_sentence(tmp_path):
    data = tmp_path / "data"
    with up_in_processes(tmp_path, "--brokers", 1, "--data", data) as cluster:
        assert "in use by another process" in refused("--brokers", 1, "--data", data)
        assert all(is_alive(pid) for pid in cluster.pids.values())
