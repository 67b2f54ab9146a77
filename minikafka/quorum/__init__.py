"""Where the controller's records are agreed on.

Rule: a record counts once it is committed, and what was committed never changes. `quorum.py` is what a controller
sees of any quorum; today's has one voter (`metadata_log.py`), so committed means written and synced there. Kafka:
`org.apache.kafka.raft`.
"""

from minikafka.quorum.control_records import VoterNode
from minikafka.quorum.metadata_log import METADATA_DIRECTORY, MetadataLog
from minikafka.quorum.quorum import Listener, NotLeader, Quorum
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
    "VoterNode",
]
