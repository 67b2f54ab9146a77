"""Followers that die, come back, or are slow: the ISR follows them."""

from simulation.story import seeds, story


@seeds(6, slow=50)
def test_a_dead_follower_leaves_the_isr_when_it_is_fenced_and_returns_when_it_has_caught_up(seed):
    with story(seed) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        follower = s.random.choice(s.followers("orders"))
        s.kill(follower)
        writer.keep_writing(0.2)
        s.until(lambda: follower not in s.isr("orders"), within=10, what="fencing")
        writer.keep_writing(0.2)
        writer.flush(5)
        s.restart(follower)
        s.until(lambda: follower in s.isr("orders"), within=10, what="the return to the ISR")
        end = s.replica(s.leader("orders"), "orders").log.log_end_offset
        assert s.replica(follower, "orders").log.log_end_offset >= end - 1
        writer.flush()
        writer.check(s.read_all("orders"))


@seeds(4, slow=40)
def test_a_slow_follower_leaves_the_isr_after_the_lag_time_and_comes_back(seed):
    with story(seed, replica_lag_time_max_ms=5000) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.keep_writing(0.1)
        leader, (slow, _) = s.leader("orders"), s.followers("orders")
        s.isolate(slow, leader)
        writer.keep_writing(0.5)
        assert slow in s.isr("orders")
        assert writer.open, "acks=all waits for everybody in the ISR"
        s.until(lambda: slow not in s.isr("orders"), within=10, what="the shrinking of the ISR")
        writer.flush(5)
        writer.keep_writing(0.2)
        s.heal()
        s.until(lambda: slow in s.isr("orders"), within=30, what="the growing of the ISR")
        writer.flush()
        writer.check(s.read_all("orders"))


@seeds(3, slow=30)
def test_a_far_away_follower_delays_acknowledgements_but_stays_in_the_isr(seed):
    with story(seed) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        far = s.followers("orders")[0]
        s.universe.set_latency(0.2, 0.3, between=[far])
        writer.write(5)
        started = s.now
        writer.flush()
        assert s.now - started >= 0.2
        assert len(s.isr("orders")) == 3
        writer.keep_writing(2, every=0.1)
        s.run(10)
        assert len(s.isr("orders")) == 3
        writer.flush()
        writer.check(s.read_all("orders"))


@seeds(4, slow=40)
def test_lossy_links_slow_everything_down_and_lose_nothing(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        s.universe.set_loss(0.05)
        writer.keep_writing(2, every=0.05)
        s.kill(s.leader("orders"))
        writer.keep_writing(2, every=0.05)
        writer.flush()
        s.universe.set_loss(0.0)
        writer.check(s.read_all("orders"))


@seeds(6, slow=40)
def test_what_a_follower_had_in_an_earlier_life_does_not_let_it_into_the_isr(seed):
    """It loses its cache, is back at once, and the leader looks at its ISR before it has fetched (KIP-903)."""
    with story(seed, replica_lag_time_max_ms=400, replica_fetch_wait_max_ms=200) as s:
        s.create_topic("orders", min_insync_replicas=2)
        writer = s.writer("orders")
        writer.keep_writing(0.2)
        writer.flush()
        leader, follower = s.leader("orders"), s.followers("orders")[0]
        s.power_cut(follower)
        s.universe.set_latency(1.0, 1.0, between=[follower], and_=[leader])
        s.restart(follower)
        s.run(5)
        s.universe.set_latency(0.0002, 0.001, between=[follower], and_=[leader])
        s.until_whole("orders")
        writer.check(s.read_all("orders"))
