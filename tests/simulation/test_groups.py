"""Consumer groups whose members, coordinators and partitions' leaders die."""

from simulation.story import seeds, story

from minikafka import KafkaException


def coordinator(s, group):
    count = len(s.invariants.newest_image().topic("__consumer_offsets").partitions)
    return s.leader("__consumer_offsets", _java_hash(group) % count)


def _java_hash(text):
    value = 0
    for character in text:
        value = (31 * value + ord(character)) & 0xFFFFFFFF
    return (value - 2**32 if value & 0x80000000 else value) & 0x7FFFFFFF


class Group:
    """Some members who read by turns, and commit what they have read."""

    def __init__(self, s, name, topic, count):
        self.s = s
        self.name = name
        self.topic = topic
        self.members = [s.member(name, topic) for _ in range(count)]
        self.got = {}  # value -> how often

    def read(self, seconds, commit=0.3):
        until = self.s.now + seconds
        while self.s.now < until:
            for member in self.members:
                message = member.poll(0.02)
                if message is None or message.error() is not None:
                    continue
                _, _, value = self.s.take(message)
                self.got[value] = self.got.get(value, 0) + 1
                if self.s.random.random() < commit:
                    self.commit(member)

    def commit(self, *members):
        for member in members or self.members:
            try:
                member.commit(asynchronous=False)
            except KafkaException:
                pass  # nothing new, or a rebalance: whoever gets the partition reads on from the last commit

    def read_until(self, values, within=90):
        deadline = self.s.now + within
        while not set(values) <= set(self.got):
            assert self.s.now < deadline, f"not read: {sorted(set(values) - set(self.got))[:10]}"
            self.read(0.5)

    def form(self, within=60):
        """Wait until every member has its share."""
        deadline = self.s.now + within
        while len({len(member.assignment()) for member in self.members} - {0}) != 1:
            assert self.s.now < deadline, "the group does not settle"
            self.read(0.1)

    def leave(self):
        for member in self.members:
            member.close()


@seeds(4, slow=40)
def test_the_coordinator_dies_and_the_group_goes_on_from_its_commits(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=4)
        group = Group(s, "g", "orders", 2)
        group.form()
        writer = s.writer("orders")
        writer.write(40)
        group.read_until([b"0/%d" % n for n in range(40)])
        group.commit()
        committed = {
            p.partition: p.offset
            for member in group.members
            for p in member.committed(member.assignment(), timeout=30)
        }
        assert sum(offset for offset in committed.values() if offset > 0) == 40
        dead = coordinator(s, "g")
        s.kill(dead)
        writer.write(40)
        group.read_until([b"0/%d" % n for n in range(80)])
        assert all(group.got[b"0/%d" % n] == 1 for n in range(40)), "what was committed is not read again"
        s.restart(dead)
        group.read(3)
        group.leave()
        writer.flush()


@seeds(4, slow=40)
def test_members_and_brokers_die_and_everything_is_read(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=4)
        writer = s.writer("orders")
        group = Group(s, "g", "orders", 3)
        dead = None
        for turn in range(4):
            writer.write(20)
            group.read(s.random.uniform(0.5, 3))
            if turn == 1:
                gone = group.members.pop(s.random.randrange(3))
                s.universe.crash(gone._attachment.world.host)
                gone._finalizer.detach()
            elif turn == 2:
                dead = s.random.choice(list(s.nodes.brokers))
                s.kill(dead)
        group.read(2)
        s.restart(dead)
        group.read_until([b"0/%d" % n for n in range(80)], within=120)
        group.leave()
        writer.flush()
        writer.check(s.read_all("orders"))


@seeds(3, slow=30)
def test_committed_offsets_survive_the_restart_of_everything(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=2)
        writer = s.writer("orders")
        writer.write(20)
        writer.flush()
        group = Group(s, "g", "orders", 1)
        group.read_until(writer.acked)
        group.commit()
        group.leave()
        hosts = list(s.nodes.hosts)
        for host in hosts:
            s.kill(host)
        for host in hosts:
            s.restart(host)
        again = Group(s, "g", "orders", 1)
        writer.write(5)
        again.read_until([b"0/%d" % n for n in range(20, 25)])
        assert len(again.got) == 5, "from the committed offsets on"
        again.leave()
        writer.flush()


@seeds(3, slow=30)
def test_a_member_that_is_cut_off_loses_its_partitions_to_the_others(seed):
    with story(seed) as s:
        s.create_topic("orders", partitions=4)
        writer = s.writer("orders")
        group = Group(s, "g", "orders", 2)
        writer.write(20)
        group.read_until([b"0/%d" % n for n in range(20)])
        away = group.members.pop(0)
        s.universe.partition([away._attachment.world.host], None)
        writer.write(20)
        group.read_until([b"0/%d" % n for n in range(40)])
        assert len(group.members[0].assignment()) == 4
        s.heal()
        group.members.append(away)
        group.read(15)
        assert sorted(len(member.assignment()) for member in group.members) == [2, 2]
        group.leave()
        writer.flush()
