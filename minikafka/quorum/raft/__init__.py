"""Raft as Kafka has it: the leader is elected, and its log is fetched.

Rule: everything that has to be right is in `core.py`, which does no I/O: a message or the time in, a `Ready` out.
Whoever runs it writes what the `Ready` says, makes it durable, and only then sends.

What comes later has its place: voters change when a `VotersRecord` is appended (KIP-853), so only `core.voters` would
change; a log that begins behind a snapshot (KIP-630) is a `LogShape` with a start, and a `FetchAnswer` that names the
snapshot. Kafka: `KafkaRaftClient`, `QuorumState`, `EpochState` and its classes; KIP-595, KIP-996 (pre-vote).
"""

from minikafka.quorum.raft.core import NotLeading, RaftCore
from minikafka.quorum.raft.log_shape import LogShape
from minikafka.quorum.raft.ready import Entry, LeaderChange, Ready
from minikafka.quorum.raft.roles import Role
from minikafka.quorum.raft.timing import Timing

__all__ = ["Entry", "LeaderChange", "LogShape", "NotLeading", "RaftCore", "Ready", "Role", "Timing"]
