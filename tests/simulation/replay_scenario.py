"""One run as a program: prints the timeline, all of it. `python replay_scenario.py SEED CLUTTER`."""

import sys

from minikafka import Cluster


def main(seed):
    lines = []
    with Cluster(brokers=3, world="simulated", seed=seed) as cluster:
        cluster.on_event(lambda traced: lines.append(str(traced)))
        cluster.create_topic("orders", partitions=6, replication_factor=3)
        producer = cluster.producer({"acks": "all", "enable.idempotence": True, "linger.ms": 5})
        answers = []

        def answered(error, message):
            answers.append(f"{error} {message.partition()} {message.offset()} {message.value()}")

        for number in range(1000):
            producer.produce(
                "orders", key=b"k%d" % (number % 17), value=b"v%d" % number, on_delivery=answered
            )
            if number % 25 == 0:
                producer.poll(0.01)
            if number == 500:
                killed = cluster.snapshot().partition("orders", 0).leader
                cluster.kill(killed)
        assert producer.flush(60) == 0
        cluster.restart(killed)
        members = [
            cluster.consumer({"group.id": "g", "auto.offset.reset": "earliest", "client.id": name})
            for name in ("one", "two")
        ]
        for member in members:
            member.subscribe(["orders"])
        seen = []
        while len(seen) < 1000:
            for member in members:
                message = member.poll(0.05)
                if message is not None and message.error() is None:
                    seen.append(f"{message.partition()} {message.offset()} {message.value()}")
        for member in members:
            member.close()
        lines += answers + seen + [cluster.timeline(), repr(cluster.now)]
    assert len(answers) == 1000
    assert not [answer for answer in answers if not answer.startswith("None ")]
    print("\n".join(lines))


if __name__ == "__main__":
    clutter = [bytearray(64 + n % 900) for n in range(int(sys.argv[2]))]  # moves all addresses
    del clutter[::3]
    main(int(sys.argv[1]))
