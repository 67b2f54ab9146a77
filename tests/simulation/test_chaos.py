"""Everything at once, at random: two phases, safety under faults, then a healed cluster that makes progress.

At most one broker at a time loses what it had not synced, as `min.insync.replicas=2` of three replicas allows.
"""

from simulation.story import seeds, story


class Faults:
    """What may befall the cluster; remembers what has to be undone."""

    def __init__(self, s):
        self.s = s
        self.down = []
        self.restarting = []

    def one(self):
        s, pick = self.s, self.s.random
        kind = pick.choice(
            ("kill", "kill", "power", "restart", "restart", "cut", "cut", "heal", "loss", "slow")
        )
        brokers = [host for host in s.nodes.brokers if s.nodes.is_up(host)]
        if kind == "kill" and len(brokers) > 1:
            self._stop(pick.choice([*brokers, *(["controller-1"] if s.nodes.controller else [])]), s.kill)
        elif kind == "power" and len(brokers) == 3 and self._is_whole():
            self._stop(pick.choice(brokers), s.power_cut)
        elif kind == "restart" and self.down:
            self.restart(self.down.pop(0))
        elif kind == "cut":
            one, other = pick.sample(list(s.nodes.hosts), 2)
            s.isolate(one, *([other] if pick.random() < 0.6 else []))
        elif kind == "heal":
            s.heal()
        elif kind == "loss":
            s.universe.set_loss(pick.choice([0, 0.02, 0.1]))
        elif kind == "slow":
            s.universe.set_latency(0.001, pick.choice([0.002, 0.05, 0.4]))

    def _is_whole(self):
        return all(
            len(p.isr) == 3 for p in self.s.invariants.newest_image().topic("orders").partitions.values()
        )

    def _stop(self, host, how):
        self.down.append(host)
        how(host)

    def restart(self, host):
        """Begin; the start may need the rest of the cluster, so nobody waits for it here."""
        s = self.s
        self.restarting.append(s.universe.loop.create_task(s.nodes.restart(host)))

    def undo(self):
        s = self.s
        s.heal()
        s.universe.set_loss(0)
        s.universe.set_latency(0.0002, 0.001)
        for host in self.down:
            self.restart(host)
        self.down = []
        s.until(lambda: all(task.done() for task in self.restarting), 120, "the restarts")
        for task in self.restarting:
            if not task.cancelled():  # killed again while it started
                task.result()


@seeds(12, slow=150)
def test_safety_under_faults_and_then_progress(seed):
    with story(seed, replica_lag_time_max_ms=5000) as s:
        s.create_topic("orders", partitions=3, min_insync_replicas=2)
        faults = Faults(s)
        writer = s.writer("orders", delivery_timeout_ms=300_000)
        careless = s.writer("orders", acks="1", delivery_timeout_ms=300_000)
        for _ in range(12):
            faults.one()
            writer.keep_writing(s.random.choice([0.1, 0.5, 3, 12]), every=0.25)
            careless.write(2)
        faults.undo()
        writer.write(20)
        writer.flush(300)
        careless.flush(300)
        assert not writer.refused, writer.refused
        s.until_whole("orders", within=120)
        found = s.read_all("orders")
        writer.check(found)
        careless.check(found, lost=True, duplicates=True)
        for index in range(3):
            ends = {s.replica(host, "orders", index).log.log_end_offset for host in s.nodes.brokers}
            assert len(ends) == 1
