"""How a broker belongs to a cluster: it registers, stays alive, is told what changes, and asks the controller.

Rule: a broker knows `membership.py`, the port, and nothing of what is behind it. `kraft.py` is what there is today;
the other files here are its parts. Kafka: `BrokerLifecycleManager`, `MetadataLoader`,
`NodeToControllerChannelManager` (KRaft), `KafkaZkClient` and `KafkaController`'s requests (ZooKeeper).
"""

from minikafka.membership.kraft import KRaftMembership, kraft
from minikafka.membership.membership import (
    AskController,
    ImageListener,
    Join,
    Member,
    Membership,
    Registration,
    RegistrationRefused,
)

__all__ = [
    "AskController",
    "ImageListener",
    "Join",
    "KRaftMembership",
    "Member",
    "Membership",
    "Registration",
    "RegistrationRefused",
    "kraft",
]
