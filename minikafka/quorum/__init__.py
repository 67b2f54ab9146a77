"""Where the controller's records are agreed on.

One rule: a record counts once it is committed, and what was committed never changes. Today the quorum has
one voter, so committed means written and synced; the shape is that of a Raft log. Kafka:
`org.apache.kafka.raft`.
"""

from minikafka.quorum.control_records import VoterNode
from minikafka.quorum.metadata_log import METADATA_DIRECTORY, MetadataLog
from minikafka.quorum.snapshots import MetadataLost
from minikafka.quorum.state import QuorumState

__all__ = ["METADATA_DIRECTORY", "MetadataLog", "MetadataLost", "QuorumState", "VoterNode"]
