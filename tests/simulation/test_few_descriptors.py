"""Few descriptors, or none as others have taken them, are no broken disk: nothing goes offline, nothing is lost."""

import pytest
from simulation.story import seeds, story

from minikafka import NewTopic


def failures(s):
    return [traced for traced in s.cluster.events() if "Failed" in traced.event.kind]


@seeds(3, slow=30)
def test_with_three_open_files_a_host_everything_goes_on_through_kills_and_power_cuts(seed):
    with story(seed, log_roll_ms=2000) as s:
        for host in (*s.nodes.brokers, "controller-1"):
            s.universe.limit_open_files(host, 3)
        s.create_topic("orders", partitions=6)
        writer = s.writer("orders")
        writer.keep_writing(0.5)
        s.kill(s.leader("orders"))
        writer.keep_writing(0.5)
        for host in list(s.nodes.brokers):
            if not s.nodes.is_up(host):
                s.restart(host)
        s.until_whole("orders")
        s.power_cut(s.leader("orders", 1))
        writer.keep_writing(0.5)
        for host in list(s.nodes.brokers):
            if not s.nodes.is_up(host):
                s.restart(host)
        s.until_whole("orders")
        writer.flush()
        assert not writer.refused
        writer.check(s.read_all("orders"))
        for host in s.nodes.brokers:
            assert len(s.universe.world(host).disk.files) <= 3
        assert not failures(s)


@seeds(3, slow=30)
@pytest.mark.parametrize("error", ["EMFILE", "ENFILE"])
def test_a_broker_without_descriptors_keeps_its_directory_and_goes_on_when_there_are_some(seed, error):
    with story(seed) as s:
        s.universe.limit_open_files("broker-1", 2)
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        s.universe.fail_disk("broker-1", error, count=None)
        writer.keep_writing(1.0)
        s.cluster.admin().create_topics([NewTopic("made-meanwhile", 3, 3)])
        s.run(3)
        assert s.nodes.is_up("broker-1")
        s.universe.repair_disk("broker-1")
        s.until_whole("orders")
        s.until_whole("made-meanwhile")
        writer.keep_writing(0.2)
        writer.flush()
        assert not writer.refused
        writer.check(s.read_all("orders"))
        assert not failures(s)


@seeds(2, slow=20)
def test_a_controller_without_descriptors_waits_for_some(seed):
    with story(seed) as s:
        s.universe.limit_open_files("controller-1", 1)
        s.universe.fail_disk("controller-1", "EMFILE", count=None)
        made = s.cluster.admin().create_topics([NewTopic("orders", 3, 3)])["orders"]
        s.run(3)
        assert not made.done()
        s.universe.repair_disk("controller-1")
        s.until(made.done, within=5, what="the topic")
        s.until_whole("orders")
        assert not failures(s)
