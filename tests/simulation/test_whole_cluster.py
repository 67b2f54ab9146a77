"""Everything goes down and comes up again; the controller dies."""

from simulation.story import seeds, story


@seeds(4, slow=40)
def test_all_brokers_are_killed_and_restarted(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        hosts = list(s.nodes.brokers)
        s.random.shuffle(hosts)
        for host in hosts:
            s.kill(host)
            s.run(s.random.uniform(0, 0.5))
        for host in hosts:
            s.restart(host)
        writer.keep_writing(0.2)
        writer.flush(120)
        assert not writer.refused
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@seeds(4, slow=40)
def test_all_brokers_are_killed_so_long_that_none_is_left_in_an_isr(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        writer.flush()
        hosts = list(s.nodes.brokers)
        s.random.shuffle(hosts)
        for host in hosts:
            s.kill(host)
            s.run(s.random.choice([0, 12]))
        s.run(20)
        s.random.shuffle(hosts)
        for host in hosts:
            s.restart(host)
        writer.keep_writing(0.2)
        writer.flush(120)
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@seeds(4, slow=40)
def test_the_controller_dies_and_writing_goes_on(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        s.kill("controller-1")
        before = len(writer.acked)
        writer.keep_writing(1.0)
        assert len(writer.acked) > before, "nobody needs the controller to write"
        s.run(s.random.uniform(0, 30))
        s.restart("controller-1")
        writer.keep_writing(0.2)
        s.create_topic("more", partitions=2)
        s.kill(s.leader("orders"))
        writer.keep_writing(1.0)
        writer.flush()
        writer.check(s.read_all("orders"))


@seeds(4, slow=40)
def test_a_leader_dies_while_there_is_no_controller(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        s.kill("controller-1")
        leader = s.leader("orders")
        s.kill(leader)
        writer.keep_writing(5.0, every=0.1)
        assert writer.open
        s.restart("controller-1")
        writer.flush()
        assert not writer.refused
        s.restart(leader)
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@seeds(3, slow=40)
def test_a_power_cut_of_the_controller_forgets_nothing_it_has_said(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.keep_writing(0.1)
        s.create_topic("more", partitions=2)
        s.power_cut("controller-1")
        s.restart("controller-1")
        assert set(s.nodes.controller.image.topics) == {"orders", "more"}
        s.kill(s.leader("orders"))
        writer.keep_writing(0.5)
        writer.flush()
        writer.check(s.read_all("orders"))


@seeds(3, slow=30)
def test_power_cuts_of_all_brokers_one_after_the_other(seed):
    """Never two at once, so every acknowledged record is always on two that keep it."""
    with story(seed) as s:
        s.create_topic("orders", partitions=3, min_insync_replicas=2)
        writer = s.writer("orders")
        hosts = list(s.nodes.brokers)
        s.random.shuffle(hosts)
        for host in hosts:
            writer.keep_writing(0.2)
            s.power_cut(host)
            writer.keep_writing(s.random.uniform(0, 12), every=0.2)
            s.restart(host)
            s.until_whole("orders")
        writer.flush()
        assert not writer.refused
        writer.check(s.read_all("orders"))


def recovered(s, host):
    return [t for t in s.cluster.events() if t.event.kind == "LogRecovered" and t.host == host]


@seeds(3)
def test_a_clean_restart_recovers_nothing_and_a_kill_does(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.write(50)
        writer.flush()
        s.restart("broker-1")
        assert not recovered(s, "broker-1")
        s.until_whole("orders")
        s.kill("broker-1")
        s.restart("broker-1")
        assert recovered(s, "broker-1")
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@seeds(4, slow=40)
def test_a_rolling_restart_interrupts_nobody(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3, min_insync_replicas=2)
        writer = s.writer("orders")
        for host in s.nodes.brokers:
            writer.keep_writing(0.2)
            s.restart(host)
            writer.keep_writing(0.2)
            s.until_whole("orders")
        writer.flush(5)
        assert not writer.refused
        writer.check(s.read_all("orders"))
