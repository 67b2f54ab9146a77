"""Where the controller's records are agreed on.

Rule: a record counts once it is committed, and what was committed never changes. `quorum.py` is what a controller
sees of any quorum: one of a single voter (`metadata_log.py`), where committed means written and synced, or Raft's
(`raft_quorum.py`, `raft/`), where a majority has it. Kafka: `org.apache.kafka.raft`.
"""

from minikafka.quorum.control_records import VoterNode
from minikafka.quorum.metadata_log import METADATA_DIRECTORY, MetadataLog
from minikafka.quorum.quorum import Listener, NotLeader, Quorum
from minikafka.quorum.raft_quorum import RaftQuorum
from minikafka.quorum.snapshots import MetadataLost
from minikafka.quorum.state import QuorumState

__all__ = [
    "METADATA_DIRECTORY",
    "Listener",
    "MetadataLog",
    "MetadataLost",
    "NotLeader",
    "Quorum",
    "QuorumState",
    "RaftQuorum",
    "VoterNode",
]
