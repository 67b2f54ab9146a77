"""Golden transcripts: a script of commands, and below each one what the cluster then did, in words.

Rule: a file is what the runner writes; `pytest tests/scenarios --rewrite-transcripts` writes it anew, and what is
reviewed is the diff. Lines that begin with `> ` are the script, the rest is made. Kin: etcd-io/raft's `testdata`.

Besides the commands of `minikafka.commands` a script may look: `show orders-0`, `read orders`, `group readers`,
`files broker-1 orders-0`. `cluster` stands first, with brokers, seed and configs.
"""

from minikafka import Cluster, Message
from minikafka.commands import Call, NotUnderstood, parse
from minikafka.xray.story import UNTOLD
from minikafka.xray.wording import in_words

INTERNAL = "__consumer_offsets"
HIDDEN = {*UNTOLD, "MemberJoined", "OffsetsCommitted", "HostCrashed", "Partitioned", "Healed", "PowerLost"}
"""What the commands say themselves, and what happens all the time. `cluster tell=HighWatermarkAdvanced` shows more."""


class Script:
    """One run of one file."""

    def __init__(self, text):
        self.out = []
        self.told = frozenset()
        self.cluster = None
        try:
            for line in text.splitlines():
                if line.startswith("#"):
                    self.out.append(line)
                elif line.startswith("> "):
                    self.say("", line)
                    self.command(line[2:].strip())
        finally:
            if self.cluster is not None:
                self.deaf()
                self.cluster.drop()
        self.text = "\n".join(self.out) + "\n"

    def say(self, *lines):
        self.out += lines

    def command(self, line):
        word, _, rest = line.partition(" ")
        looks = getattr(self, f"look_{word}", None)
        if word == "cluster":
            return self.begin(dict(word.split("=", 1) for word in rest.split()))
        if looks is not None:
            return looks(*rest.split())
        try:
            command = parse(line)
            result = self.cluster.do(command)
        except NotUnderstood:
            raise
        except Exception as error:
            self.say(f"  ! {error}")
        else:
            if isinstance(command, Call) and result is not None:
                self.say(f"  = {shown(result)}")
        return None

    def begin(self, options):
        self.told = frozenset(options.pop("tell", "").split(","))
        brokers, seed = int(options.pop("brokers", 3)), int(options.pop("seed", 1))
        self.cluster = Cluster(brokers=brokers, world="simulated", seed=seed, configs=options)
        self.deaf = self.cluster.on_event(self.hear)

    def hear(self, traced):
        event = traced.event
        internal = getattr(event, "topic", None) == INTERNAL or INTERNAL in str(getattr(event, "text", str)())
        if internal and not event.kind.startswith("Coordinator"):
            return
        if event.kind in HIDDEN and event.kind not in self.told:
            return
        self.say(f"  {traced.at:8.3f} {traced.host:<12} {in_words(event, traced.host)}".rstrip())

    # -- looking -----------------------------------------------------------------------------------------------

    def look_show(self, name):
        topic, _, index = name.rpartition("-")
        p = self.cluster.snapshot().partition(topic, int(index))
        self.say(f"  {name}: leader {p.leader}, epoch {p.leader_epoch}, ISR {' '.join(sorted(p.isr))}")
        for replica in p.replicas:
            if replica.end is None:
                self.say(f"    {replica.broker}: away")
            else:
                self.say(f"    {replica.broker}: high watermark {replica.high_watermark}, end {replica.end}")

    def look_read(self, topic):
        """All that a consumer is shown, from the beginning."""
        from minikafka import TopicPartition

        partitions = self.cluster.snapshot().topic(topic).partitions
        with self.cluster.consumer({"group.id": "transcript", "enable.auto.commit": False}) as consumer:
            for p in partitions:
                low, high = consumer.get_watermark_offsets(TopicPartition(topic, p.index), timeout=30)
                consumer.assign([TopicPartition(topic, p.index, low)])
                records, position = [], low
                while position < high:
                    message = consumer.poll(5)
                    if message is None:
                        break
                    records.append(shown(message).partition("@")[2])
                    position = message.offset() + 1
                self.say(f"  {topic}-{p.index}: {' '.join(records) or 'nothing'}")

    def look_group(self, name):
        group = next((g for g in self.cluster.snapshot().groups if g.id == name), None)
        if group is None:
            return self.say(f"  {name}: nobody coordinates it")
        self.say(f"  {name}: {group.state}, generation {group.generation}")
        for member in group.members:
            owned = " ".join(f"{tp.topic}-{tp.partition}" for tp in member.assignment or ()) or "nothing"
            self.say(f"    {member.client_id}: {owned}")
        return None

    def look_files(self, host, name):
        disk = self.cluster._loop.universe.world(host).disk
        self.say(f"  {' '.join(one for one in disk.listdir(name) if one.endswith('.log'))}")


def shown(result):
    """A client's answer."""
    if isinstance(result, Message):
        if result.error() is not None:
            return str(result.error())
        key = f"{result.key().decode()}:" if result.key() else ""
        value = result.value()
        return f"{result.topic()}-{result.partition()}@{result.offset()}={key}{'' if value is None else value.decode()}"
    if isinstance(result, list | tuple):
        return " ".join(map(shown, result)) or "nothing"
    return str(result)
