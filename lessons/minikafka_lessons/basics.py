"""Kafka's basics, statement by statement: what the lessons set out from, and where each has to be seen.

Rule: a statement is listed once, whether a lesson shows it or not. Where it is seen, the cell itself says, in
`lesson.py`: `# %% id="bus" shows="data-bus"`, or `measures=` where the learner's run gives numbers. What isn't a cell
(a tab of the inspector, a command) stands here, as does what no lesson shows yet (`later`).
"""

from __future__ import annotations

from dataclasses import dataclass

from minikafka_lessons.language import sentence


@dataclass(frozen=True)
class Statement:
    """One of the basics. `later`: what is planned where these lessons don't show it; `note`: where they fall short."""

    id: str
    words: str
    elsewhere: tuple[str, ...] = ()
    """`tui:TAB`, or a command."""
    note: str = ""
    later: str = ""


@dataclass(frozen=True)
class Chapter:
    """Statements on one thing."""

    title: str
    statements: tuple[Statement, ...]


ZOOKEEPER = sentence("planned: a cluster that has ZooKeeper, and the same drills on it")

CHAPTERS = (
    Chapter(
        sentence("Parts"),
        (
            Statement("data-bus", sentence("Kafka takes data in and hands it on: a data bus")),
            Statement("producer", sentence("A producer is a client that makes messages")),
            Statement("consumer", sentence("A consumer is a client that uses them")),
            Statement(
                "coordinator",
                sentence("ZooKeeper is the coordinator: it keeps the metadata and watches the brokers"),
                ("tui:overview",),
                sentence(
                    "here a controller (KRaft) does it: it finds a dead broker and names another leader"
                ),
                ZOOKEEPER,
            ),
            Statement(
                "broker", sentence("A broker is a server, or node, with Kafka on it"), ("tui:overview",)
            ),
        ),
    ),
    Chapter(
        sentence("Replication"),
        (
            Statement("copies", sentence("Messages are copied, and the copies spread over the brokers")),
            Statement(
                "replication-factor",
                sentence("A setting, the replication factor, says how many copies there are"),
            ),
            Statement(
                "partition-replicated",
                sentence("What is replicated is the partition of a topic"),
                ("tui:partitions",),
            ),
            Statement("factor-cost", sentence("A larger factor is safer, and takes more of the brokers")),
            Statement("factor-1", sentence("For tests and development: 1")),
            Statement("factor-2", sentence("In production where a little may be lost (logs): 2")),
            Statement(
                "factor-3",
                sentence("In production where nothing may be lost: 3"),
                note=sentence("it takes `acks=all` and `min.insync.replicas=2` as well"),
            ),
        ),
    ),
    Chapter(
        sentence("Partitions"),
        (
            Statement(
                "parallel",
                sentence("A topic is cut up, so that it can be worked on in parallel and bears more"),
            ),
            Statement("consumers", sentence("As many consumers as partitions can share the work")),
            Statement(
                "numbered", sentence("Partitions are numbered from 0, each new one gets the next number")
            ),
            Statement("how-many", sentence("How many are right is not clear beforehand")),
            Statement("size-and-rate", sentence("It depends on the size and the rate of the messages")),
            Statement("never-fewer", sentence("Partitions can be added, and never taken away")),
            Statement(
                "begin-small",
                sentence("So begin with 2 or 4, watch throughput and LAG, and add some step by step"),
            ),
            Statement("lag", sentence("LAG is what was sent minus what was fetched"), ("tui:groups",)),
            Statement(
                "latest-offset",
                sentence("Sent: the latest offset is the last one + 1, where the next message goes"),
            ),
            Statement(
                "committed-offset", sentence("Fetched: the committed offset is where the group reads next")
            ),
        ),
    ),
    Chapter(
        sentence("Segments"),
        (
            Statement("stored", sentence("What producers send is stored in a partition of the topic")),
            Statement(
                "segments",
                sentence("It is stored in log files, segments, on the broker's own disk"),
                ("tui:segments", "minikafka dump-log"),
            ),
            Statement(
                "several-segments", sentence("A partition's messages are spread over several segments")
            ),
        ),
    ),
    Chapter(
        sentence("A distributed system"),
        (
            Statement(
                "networked",
                sentence("It is computers that are connected by a network"),
                note=sentence("the hosts are simulated, or processes of one machine"),
            ),
            Statement("beyond-one", sentence("It aims at more than one system can do")),
            Statement("takes-over", sentence("When one fails, others do its work")),
            Statement("grows", sentence("It can grow when the load does")),
            Statement(
                "more-brokers",
                sentence("Kafka grows by adding brokers"),
                ("minikafka do add_broker", "minikafka do move_partition", "tui:partitions"),
            ),
        ),
    ),
    Chapter(
        sentence("The page cache"),
        (
            Statement("linear", sentence("Linear access is foreseeable, and the system makes much of it")),
            Statement(
                "disk-or-memory", sentence("A disk that is read in order may even beat memory at random")
            ),
            Statement("files", sentence("Others keep data in memory; Kafka writes messages to files")),
            Statement("read-ahead", sentence("Large pieces are read before anybody asks: read-ahead")),
            Statement("write-behind", sentence("Small writes become large ones: write-behind")),
            Statement(
                "linear-or-random",
                sentence("Linear writes are thousands of times as fast as random ones"),
                note=sentence("on a disk of today it is far less: the lab says how much on yours"),
            ),
            Statement("free-memory", sentence("Free memory becomes cache, and is given back at little cost")),
            Statement(
                "disk-gap",
                sentence(
                    "Seeking is slow beside reading in order, so a system caches the disk in main memory"
                ),
            ),
            Statement("one-cache", sentence("All reading and writing of files goes through this one cache")),
            Statement("direct", sentence("Only direct I/O gets around it")),
            Statement("double", sentence("A cache of the process's own holds the data twice")),
            Statement(
                "objects",
                sentence("Objects in Java take twice the memory or more"),
                note=sentence("measured with Python's objects"),
            ),
            Statement(
                "collector",
                sentence("The more objects, the slower the garbage collector"),
                note=sentence("measured with Python's collector"),
            ),
            Statement(
                "compact",
                sentence("The page cache has room for more: all free memory, and bytes in place of objects"),
            ),
            Statement(
                "files-better", sentence("So files and the kernel's cache are better than a cache in memory")
            ),
            Statement(
                "written-at-once", sentence("All is written to the log at once, without waiting for the disk")
            ),
            Statement("in-the-cache", sentence("What Kafka writes lies in the page cache")),
            Statement(
                "coherent",
                sentence("That cache and files agree is the system's work, and it does it better"),
            ),
            Statement(
                "efficient", sentence("Hence Kafka stores and reads efficiently"), ("minikafka bench",)
            ),
        ),
    ),
    Chapter(
        sentence("Batches and compression"),
        (
            Statement("batches", sentence("Many messages in one request save network overhead")),
            Statement("codecs", sentence("There are gzip, snappy, lz4 and zstd")),
            Statement(
                "saves-network",
                sentence("Compression saves network and the cost of lines"),
                note=sentence("measured in bytes; what a byte costs is between you and your line"),
            ),
            Statement(
                "packs-better",
                sentence("It helps more with batches: the more lies in one, the better it packs"),
            ),
            Statement("dense", sentence("Small: gzip, zstd")),
            Statement("fast", sentence("Fast: lz4, snappy")),
            Statement("test-it", sentence("It depends on format and size of the messages, so test it")),
        ),
    ),
    Chapter(
        sentence("Topics, partitions, offsets"),
        (
            Statement("topics", sentence("Data are kept by topic"), ("tui:topics",)),
            Statement("cut-up", sentence("A topic is cut into partitions, for work in parallel")),
            Statement(
                "offset",
                sentence("An offset is a message's place in a partition, a 64-bit number that grows"),
            ),
            Statement(
                "own-count", sentence("Each partition counts for itself, and no number comes twice in it")
            ),
            Statement("order", sentence("Offsets keep the order, and tell a consumer how far it has read")),
        ),
    ),
    Chapter(
        sentence("High availability"),
        (
            Statement("available", sentence("Kafka is highly available by replication")),
            Statement("leader", sentence("Replicas are a leader and followers"), ("tui:partitions",)),
        ),
    ),
    Chapter(
        sentence("Dependence on ZooKeeper"),
        (
            Statement(
                "zk-coordinates",
                sentence("ZooKeeper is a coordinator for distributed applications"),
                later=ZOOKEEPER,
            ),
            Statement(
                "zk-ensemble",
                sentence("Several of its servers form an ensemble"),
                note=sentence("lesson 12 has a quorum of controllers (KRaft)"),
                later=sentence("planned: an ensemble of ZooKeeper"),
            ),
            Statement(
                "zk-majority",
                sentence("It serves as long as more than half of them live"),
                note=sentence("lesson 12 shows it of a KRaft quorum, whose controllers die one by one"),
                later=sentence("planned: servers die one by one in ZooKeeper"),
            ),
            Statement(
                "zk-odd",
                sentence("Their number is odd, for the sake of majorities"),
                note=sentence("exercise 12c: what 2 of 3, of 4 and of 5 controllers can do"),
                later=sentence("planned: the same with ZooKeeper"),
            ),
            Statement(
                "zk-metadata",
                sentence("Kafka's metadata are kept in znodes"),
                ("minikafka dump-log",),
                sentence(
                    "KRaft keeps them in the log `__cluster_metadata-0`: lesson 12 reads it record by record"
                ),
                sentence("planned: the tree of znodes beside it"),
            ),
            Statement(
                "zk-manages",
                sentence("Znodes serve to look after brokers, topics and the controller"),
                later=sentence("planned: sessions, ephemeral znodes and the election of a controller"),
            ),
            Statement(
                "zk-limits",
                sentence("Its limits in speed led to KRaft"),
                note=sentence("the clusters of all lessons are KRaft's"),
                later=sentence("planned: one failover with ZooKeeper and one with KRaft, side by side"),
            ),
        ),
    ),
)

STATEMENTS = tuple(one for chapter in CHAPTERS for one in chapter.statements)
