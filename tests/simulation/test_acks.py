"""acks=0, 1, all and min.insync.replicas: what each promises when a leader is lost."""

import pytest
from simulation.story import seeds, story


@seeds(3, slow=30)
def test_with_too_few_in_sync_replicas_acks_all_is_refused_and_acks_1_is_not(seed):
    with story(seed) as s:
        s.create_topic("orders", min_insync_replicas=2)
        first, second = s.followers("orders")
        s.kill(first)
        s.kill(second)
        s.until(lambda: len(s.isr("orders")) == 1, within=20, what="an ISR of one")
        strict = s.writer("orders", delivery_timeout_ms=3000, enable_idempotence=False)
        strict.write(3)
        strict.flush()
        assert not strict.acked
        codes = set(strict.refused.values())
        assert codes <= {"NOT_ENOUGH_REPLICAS", "_MSG_TIMED_OUT"}
        easy = s.writer("orders", acks="1")
        easy.write(3)
        easy.flush()
        assert len(easy.acked) == 3
        s.restart(first)
        s.until(lambda: len(s.isr("orders")) == 2, within=20, what="an ISR of two")
        again = s.writer("orders")
        again.write(3)
        again.flush()
        assert len(again.acked) == 3
        found = s.read_all("orders")
        easy.check(found)
        again.check(found)


@seeds(3, slow=30)
def test_acks_all_waits_for_the_whole_isr_not_for_min_insync_replicas(seed):
    with story(seed) as s:
        s.create_topic("orders", min_insync_replicas=1)
        s.isolate(s.followers("orders")[0])
        writer = s.writer("orders")
        writer.write(1)
        s.run(2)
        assert writer.open
        s.heal()
        writer.flush()
        assert writer.acked


@pytest.mark.parametrize("acks", ["0", "1", "all"])
@seeds(3, slow=30)
def test_a_lost_leader_under_each_acks(seed, acks):
    with story(seed) as s:
        s.create_topic("orders")
        writer = s.writer("orders", acks=acks, enable_idempotence=False, retries=1000)
        writer.keep_writing(0.3)
        s.kill(s.leader("orders"))
        writer.keep_writing(2.0, every=0.05)
        writer.flush()
        # acks=all alone promises; only idempotence keeps repetitions out.
        writer.check(s.read_all("orders"), lost=acks != "all", duplicates=True)


@seeds(3, slow=30)
def test_the_last_replica_leads_again_and_nobody_else(seed):
    with story(seed) as s:
        s.create_topic("orders")
        writer = s.writer("orders")
        writer.write(20)
        writer.flush()
        leader, (first, second) = s.leader("orders"), s.followers("orders")
        s.kill(first)
        s.kill(second)
        s.until(lambda: len(s.isr("orders")) == 1, within=20, what="an ISR of one")
        writer.write(20)
        writer.flush()
        s.kill(leader)
        s.until(lambda: s.registration("orders").leader == -1, within=20, what="no leader")
        s.restart(first)
        s.restart(second)
        s.run(20)
        assert s.registration("orders").leader == -1, "who lacks committed records must not lead"
        s.restart(leader)
        s.until(lambda: s.registration("orders").leader >= 0, within=20, what="a leader")
        s.until_whole("orders")
        writer.check(s.read_all("orders"))


@seeds(3, slow=30)
def test_an_unclean_election_only_where_it_is_configured_and_then_records_are_lost(seed):
    with story(seed) as s:
        s.create_topic("orders", unclean_leader_election_enable="true")
        writer = s.writer("orders")
        writer.write(20)
        writer.flush()
        leader, (first, second) = s.leader("orders"), s.followers("orders")
        s.kill(first)
        s.kill(second)
        s.until(lambda: len(s.isr("orders")) == 1, within=20, what="an ISR of one")
        writer.write(20)
        writer.flush()
        s.kill(leader)
        s.restart(first)
        s.until(lambda: s.leader("orders") == first, within=30, what="an unclean election")
        values = [value for _, value in s.read_all("orders")[0]]
        assert len(values) == 20, "the rest is lost"
        s.restart(leader)
        s.restart(second)
        s.until_whole("orders")
        assert [value for _, value in s.read_all("orders")[0]] == values
        ends = {s.replica(host, "orders").log.log_end_offset for host in s.nodes.brokers}
        assert ends == {20}
