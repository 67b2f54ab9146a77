"""The network is cut between brokers, controller and clients."""

from simulation.story import seeds, story


@seeds(6, slow=60)
def test_a_leader_that_is_cut_off_acknowledges_nothing_and_the_clients_move_on(seed):
    with story(seed) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        zombie = s.leader("orders")
        s.isolate(zombie, "controller-1", *s.followers("orders"))
        acked = len(writer.acked)
        writer.keep_writing(1.0, every=0.05)
        assert len(writer.acked) <= acked + 5, "no more than what was on its way"
        s.until(lambda: s.leader("orders") != zombie, within=20, what="a new leader")
        assert s.replica(zombie, "orders").is_leader, "it does not know"
        writer.keep_writing(1.0, every=0.05)
        s.heal()
        writer.flush()
        s.until_whole("orders")
        assert not s.replica(zombie, "orders").is_leader
        writer.check(s.read_all("orders"))


@seeds(6, slow=60)
def test_what_a_cut_off_leader_took_with_acks_1_is_lost_and_its_log_is_cut_back(seed):
    with story(seed) as s:
        s.create_topic("orders")
        safe = s.writer("orders")
        safe.keep_writing(0.2)
        safe.flush()
        zombie = s.leader("orders")
        s.isolate(zombie, "controller-1", *s.followers("orders"))
        careless = s.writer("orders", acks="1")
        careless.keep_writing(0.3)
        careless.flush(5)
        assert careless.acked, "acks=1 asks nobody else"
        lost = s.replica(zombie, "orders").log.log_end_offset
        s.until(lambda: s.leader("orders") != zombie, within=20, what="a new leader")
        # The client can't reach the zombie any more, so it asks the others.
        s.isolate(zombie)
        safe.keep_writing(3.0, every=0.1)
        s.run(60)
        safe.keep_writing(1.0, every=0.1)
        s.heal()
        safe.flush(120)
        s.until_whole("orders")
        truncated = [t for t in s.cluster.events() if t.event.kind == "LogTruncated" and t.host == zombie]
        assert truncated, "the tail that nobody else had is cut off"
        assert truncated[0].event.offset < lost
        found = s.read_all("orders")
        safe.check(found)
        values = {value for _, value in found[0]}
        assert not values & set(careless.acked), "acknowledged by a zombie, with acks=1: lost"


@seeds(4, slow=40)
def test_a_leader_without_controller_goes_on_until_it_is_replaced(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        alone = s.leader("orders")
        s.isolate(alone, "controller-1")
        writer.keep_writing(15, every=0.2)
        s.heal()
        writer.flush()
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@seeds(4, slow=60)
def test_cuts_that_come_and_go(seed):
    with story(seed, replica_lag_time_max_ms=4000) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        hosts = list(s.nodes.hosts)
        for _ in range(4):
            one, other = s.random.sample(hosts, 2)
            s.isolate(one, *([other] if s.random.random() < 0.5 else []))
            writer.keep_writing(s.random.uniform(0.5, 12), every=0.25)
            s.heal()
            writer.keep_writing(s.random.uniform(0.1, 3), every=0.25)
        writer.flush(120)
        s.until_whole("orders")
        assert not writer.refused
        writer.check(s.read_all("orders"))


@seeds(3, slow=20)
def test_a_leader_that_wrote_nothing_in_its_reign_follows_the_next_one(seed):
    """Its log ends where the others' do, but it knows an epoch that nobody else has ever heard of."""
    with story(seed) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.write(10)
        writer.flush()
        first = s.leader("orders")
        s.kill(first)
        s.until(lambda: s.leader("orders") != first, within=20, what="a second leader")
        second = s.leader("orders")
        s.until(lambda: s.replica(second, "orders").is_leader)
        s.isolate(second, *(host for host in s.nodes.hosts if host != second))
        s.until(lambda: s.leader("orders") != second, within=20, what="a third leader")
        s.heal()
        s.until(lambda: second in s.isr("orders"), within=20, what="the second's return")
        s.restart(first)
        s.until_whole("orders")
        writer.check(s.read_all("orders"))
