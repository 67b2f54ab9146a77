"""When a log is synced: Kafka's two rules."""

from minikafka.policy import is_flush_due, should_flush

NEVER = (1 << 63) - 1


def test_kafka_syncs_when_flush_messages_are_in_the_page_cache_only():
    assert [should_flush(n, 3, 0) for n in (1, 2, 3, 4)] == [False, False, True, True]
    assert not should_flush(10**9, NEVER, 0)


def test_kafka_does_not_care_who_waits_for_an_answer():
    assert not should_flush(2, 3, 2)


def test_flush_ms_counts_from_the_last_sync():
    assert [is_flush_due(age, 1000) for age in (999, 1000)] == [False, True]
