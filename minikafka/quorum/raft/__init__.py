"""Raft as Kafka has it: the leader is elected, and its log is fetched.

Rule: everything that has to be right is in `core.py`, which does no I/O: a message or the time in, a `Ready` out.
Whoever runs it writes what the `Ready` says, makes it durable, and only then sends.

Who votes is what the log says last (KIP-853, `voter_sets.py`); a log that begins behind a snapshot (KIP-630) is a
`LogShape` with a start, and a `FetchAnswer` that names the snapshot. Kafka: `KafkaRaftClient`, `QuorumState`,
`EpochState` and its classes; KIP-595, KIP-996 (pre-vote).
"""

from minikafka.quorum.raft.core import NotLeading, RaftCore
from minikafka.quorum.raft.leading import Unsettled
from minikafka.quorum.raft.log_shape import LogShape
from minikafka.quorum.raft.ready import Entry, LeaderChange, Ready
from minikafka.quorum.raft.roles import Role
from minikafka.quorum.raft.timing import Timing
from minikafka.quorum.raft.voter_sets import VoterSets

__all__ = [
    "Entry",
    "LeaderChange",
    "LogShape",
    "NotLeading",
    "RaftCore",
    "Ready",
    "Role",
    "Timing",
    "Unsettled",
    "VoterSets",
]
