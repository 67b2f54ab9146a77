"""Three members in processes of their own share six partitions; one dies; nothing is lost."""

import json
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest
from clients.drivers import confluent
from oracle.script import until

MEMBER = Path(__file__).with_name("member.py")
PARTITIONS = 6


class Member:
    """A process that consumes; what it said so far."""

    def __init__(self, client, bootstrap, group, topic):
        self.process = subprocess.Popen(
            [sys.executable, MEMBER, client, bootstrap, group, topic],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        self.partitions = []
        self.values = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        for line in self.process.stdout:
            event = json.loads(line)
            if "assigned" in event:
                self.partitions = event["assigned"]
            else:
                self.values.append(event["got"][2])

    def kill(self):
        self.process.kill()
        self.process.wait(10)
        self.partitions = []


def shared_among(members, share):
    """Every partition has one owner, and each member owns `share`."""
    owned = [partition for member in members for partition in member.partitions]
    return sorted(owned) == list(range(PARTITIONS)) and all(
        len(member.partitions) == share for member in members
    )


@pytest.mark.parametrize(
    "client",
    [
        "confluent",
        pytest.param("kafka_python", marks=pytest.mark.slow),
        pytest.param("aio", marks=pytest.mark.slow),
    ],
)
def test_a_group_survives_a_members_death(bootstrap, new_topic, client):
    topic, group = new_topic(partitions=PARTITIONS), f"group-{uuid.uuid4().hex[:8]}"
    first = [(b"%d" % i, b"first %04d" % i) for i in range(600)]
    second = [(b"%d" % i, b"second %04d" % i) for i in range(600)]
    members = []
    try:
        members = [Member(client, bootstrap, group, topic) for _ in range(3)]
        until(lambda: shared_among(members, 2), "each of three members has two partitions", 60)
        confluent.write(bootstrap, topic, first, "none")
        until(lambda: arrived(members, first), "all of the first records arrived", 60)

        members[1].kill()
        survivors = [members[0], members[2]]
        until(lambda: shared_among(survivors, 3), "each of two survivors has three partitions", 60)
        confluent.write(bootstrap, topic, second, "none")
        until(lambda: arrived(survivors, second), "all of the second records arrived", 60)
    finally:
        for member in members:
            member.kill()


def arrived(members, records):
    seen = {value for member in members for value in list(member.values)}
    return all(value.decode() in seen for _, value in records)
