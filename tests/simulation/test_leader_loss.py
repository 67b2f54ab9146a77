"""A leader dies while records are written."""

from simulation.story import seeds, story


@seeds(8, slow=60)
def test_every_acknowledged_record_survives_the_leader_exactly_once_and_in_order(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.keep_writing(0.3 * s.random.random())
        leader = s.leader("orders")
        s.kill(leader)
        writer.keep_writing(1.0)
        writer.flush()
        s.restart(leader)
        writer.keep_writing(0.3)
        writer.flush()
        assert not writer.refused
        writer.check(s.read_all("orders"))
        s.until_whole("orders")


@seeds(8, slow=60)
def test_a_power_cut_of_the_leader_loses_nothing_acknowledged(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.keep_writing(0.3 * s.random.random())
        leader = s.leader("orders")
        s.power_cut(leader)
        writer.keep_writing(s.random.random())
        s.restart(leader)
        writer.keep_writing(0.3)
        writer.flush()
        assert not writer.refused
        writer.check(s.read_all("orders"))
        s.until_whole("orders")


@seeds(8, slow=60)
def test_a_power_cut_of_a_follower_loses_nothing_acknowledged(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=3)
        writer = s.writer("orders")
        writer.keep_writing(0.3)
        follower = s.followers("orders")[0]
        s.power_cut(follower)
        writer.keep_writing(0.1)
        s.restart(follower)
        writer.keep_writing(0.3)
        s.kill(s.leader("orders"))
        writer.keep_writing(0.3)
        writer.flush()
        writer.check(s.read_all("orders"))
