"""Requests that ask for more than a controller decides at once: 10,000 partitions or records of the metadata log."""

import pytest

TOO_MANY = {
    "exactly as many partitions as records": [("a", 10_000)],
    "one partition fewer": [("a", 9_999)],
    "one more": [("a", 10_001)],
    "as many in two": [("a", 6_000), ("b", 4_000)],
    "as many as go in two": [("a", 6_000), ("b", 3_998)],
    "more in two": [("a", 6_000), ("b", 6_000)],
    "more with the default": [("a", -1), ("b", 10_000)],
    "as many with the default": [("a", -1), ("b", 9_999)],
    "a small one beside it": [("a", 10_001), ("b", 1), ("a/b", 1)],
    "a name twice": [("a", 20_000), ("a", 20_000), ("b", 1)],
    "names that can't be": [("a/b", 9_000), ("b", 900)],
    "numbers that can't be": [("a", 0), ("b", 10_001)],
    "more than anybody has": [("a", 2**31 - 1)],
}
TOLD = ("name", "error_code", "error_message", "num_partitions", "replication_factor")


def wish(broker, name, count, assigned=0, configs=0):
    return {
        "name": broker.named(name),
        "num_partitions": count,
        "replication_factor": -1 if assigned else 1,
        "assignments": [{"partition_index": n, "broker_ids": [1]} for n in range(assigned)],
        "configs": [{"name": "retention.ms", "value": "1"}][:configs],
    }


def create(broker, sentence, topics, version=7, **more):
    return broker.ask(
        sentence,
        "create_topics",
        version,
        topics=topics,
        timeout=30_000,
        validate_only=True,
        view=lambda answer: [{key: one[key] for key in TOLD} for one in answer["topics"]],
        **more,
    )


@pytest.mark.parametrize("what", TOO_MANY)
def test_topics_of_many_partitions(broker, what):
    create(broker, f"Ask for {what}", [wish(broker, name, count) for name, count in TOO_MANY[what]])


@pytest.mark.slow
def test_assignments_and_settings_count_too(broker):
    create(broker, "10,001 assigned by hand", [wish(broker, "a", -1, assigned=10_001)])
    create(broker, "10,000 assigned by hand", [wish(broker, "a", -1, assigned=10_000)])
    create(broker, "9,999 and a setting", [wish(broker, "a", 9_999, configs=1)])
    create(broker, "9,998 and a setting", [wish(broker, "a", 9_998, configs=1)])


def test_many_more_partitions(broker):
    two, three = broker.create_topic("two", 2), broker.create_topic("three", 3)

    def more(sentence, *wanted):
        topics = [{"name": name, "count": count, "assignments": None} for name, count in wanted]
        broker.ask(sentence, "create_partitions", 3, topics=topics, timeout=30_000, validate_only=True)

    more("10,000 more", (two, 10_002))
    more("10,001 more", (two, 10_003))
    more("Of a topic that isn't there", (two, 20_000), (broker.named("nowhere"), 20_000))
    more("10,000 more of two", (two, 6_002), (three, 4_003))
    more("Fewer", (two, 1), (three, 10_003))
    assigned = [{"broker_ids": [1]}] * 10_001
    topics = [{"name": two, "count": 10_003, "assignments": assigned}]
    broker.ask("10,001 by hand", "create_partitions", 3, topics=topics, timeout=30_000, validate_only=True)
