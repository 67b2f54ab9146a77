"""The controller: who is in the cluster, which topics there are, who leads which partition.

Rule: *decide, then replay*. A decision reads the metadata image and yields records and an answer; only
replaying the records, once they are committed, changes the image. Kafka: `QuorumController`,
`ClusterControlManager`, `ReplicationControlManager`, `ConfigurationControlManager`,
`ProducerIdControlManager`.
"""

from minikafka.controller.core import Controller
from minikafka.controller.decision import Decision

__all__ = ["Controller", "Decision"]
