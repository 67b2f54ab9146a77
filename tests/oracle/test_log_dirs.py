"""DescribeLogDirs: what lies where, and how much of it."""

import pytest
from oracle.batches import batch


def seen(answer):
    """Without what is a machine's own: paths and bytes of the volume, of which only the kind is compared."""
    results = []
    for result in answer["results"]:
        result = dict(result, log_dir=result["log_dir"].startswith("/"))
        for name in ("total_bytes", "usable_bytes"):
            if name in result:
                result[name] = result[name] > 0
        result["topics"] = [
            dict(topic, partitions=sorted(topic["partitions"], key=lambda p: p["partition_index"]))
            for topic in result["topics"]
        ]
        results.append(result)
    return dict(answer, results=results)


@pytest.mark.parametrize("version", range(1, 6))
def test_replicas_and_their_sizes(broker, version):
    topic = broker.create_topic("orders", partitions=3)
    broker.append(topic, batch(b"a", b"b"), batch(b"c"), partition=1)

    def ask(sentence, topics):
        broker.ask(sentence, "describe_log_dirs", version, seen, topics=topics)

    ask("All partitions of a topic", [{"topic": topic, "partitions": [0, 1, 2]}])
    ask("One of them", [{"topic": topic, "partitions": [1]}])
    ask("One that is not there", [{"topic": topic, "partitions": [1, 7, -1]}])
    ask("A topic that is not there", [{"topic": broker.named("nowhere"), "partitions": [0]}])
    ask("None", [])
