"""Records about topics and their partitions.

Kafka: `TopicRecord.json`, `PartitionRecord.json`, `PartitionChangeRecord.json`, `RemoveTopicRecord.json`;
eligible leader replicas are KIP-966, directories KIP-858.
"""

from __future__ import annotations

from uuid import UUID as Uuid

from minikafka.protocol.schema import INT8, INT32, STRING, UUID, ZERO_UUID, Message, array, field, message


@message(api_key=2, kind="record", versions=(0, 0), flexible=0)
class TopicRecord(Message):
    """A topic was created."""

    name: str = field(STRING, about="Its name.")
    topic_id: Uuid = field(UUID, about="Its id: a topic made again under the same name gets another.")


@message(api_key=3, kind="record", versions=(0, 2), flexible=0)
class PartitionRecord(Message):
    """A partition was created."""

    partition_id: int = field(INT32, default=-1, about="Its number.")
    topic_id: Uuid = field(UUID, default=ZERO_UUID, about="Its topic.")
    replicas: list[int] = field(array(INT32), default=[], about="The brokers that hold it, preferred first.")
    isr: list[int] = field(array(INT32), default=[], about="Those in sync.")
    removing_replicas: list[int] = field(array(INT32), default=[], about="Those being removed.")
    adding_replicas: list[int] = field(array(INT32), default=[], about="Those being added.")
    leader: int = field(INT32, default=-1, about="The leader, or -1.")
    leader_recovery_state: int = field(
        INT8, tagged=(0, 0), default=0, about="1 while it recovers from an unclean election."
    )
    leader_epoch: int = field(INT32, default=-1, about="Counts the leaders.")
    partition_epoch: int = field(INT32, default=-1, about="Counts all changes.")
    directories: list[Uuid] = field(
        array(UUID),
        since=1,
        default=[],
        about="The log directory of each replica, in the order of `replicas`.",
    )
    eligible_leader_replicas: list[int] | None = field(
        array(INT32),
        since=2,
        nullable=2,
        tagged=(1, 2),
        default=None,
        about="May lead when the ISR is empty.",
    )
    last_known_elr: list[int] | None = field(
        array(INT32), since=2, nullable=2, tagged=(2, 2), default=None, about="The last known leader."
    )


@message(api_key=5, kind="record", versions=(0, 2), flexible=0)
class PartitionChangeRecord(Message):
    """Something about a partition changed; what isn't mentioned stays."""

    partition_id: int = field(INT32, default=-1, about="Its number.")
    topic_id: Uuid = field(UUID, default=ZERO_UUID, about="Its topic.")
    isr: list[int] | None = field(array(INT32), nullable=0, tagged=(0, 0), default=None, about="The new ISR.")
    leader: int = field(INT32, tagged=(1, 0), default=-2, about="-1 none, -2 as before, else the new leader.")
    replicas: list[int] | None = field(
        array(INT32), nullable=0, tagged=(2, 0), default=None, about="The new replicas."
    )
    removing_replicas: list[int] | None = field(
        array(INT32), nullable=0, tagged=(3, 0), default=None, about="Those now being removed."
    )
    adding_replicas: list[int] | None = field(
        array(INT32), nullable=0, tagged=(4, 0), default=None, about="Those now being added."
    )
    leader_recovery_state: int = field(
        INT8, tagged=(5, 0), default=-1, about="-1 as before, 0 recovered, 1 recovering."
    )
    directories: list[Uuid] | None = field(
        array(UUID), since=1, nullable=1, tagged=(8, 1), default=None, about="The new directories."
    )
    eligible_leader_replicas: list[int] | None = field(
        array(INT32), since=2, nullable=2, tagged=(6, 2), default=None, about="The new ELR."
    )
    last_known_elr: list[int] | None = field(
        array(INT32), since=2, nullable=2, tagged=(7, 2), default=None, about="The new last known leader."
    )


@message(api_key=9, kind="record", versions=(0, 0), flexible=0)
class RemoveTopicRecord(Message):
    """A topic and all its partitions are gone."""

    topic_id: Uuid = field(UUID, about="The topic.")


@message(api_key=28, kind="record", versions=(0, 0), flexible=0)
class ClearElrRecord(Message):
    """Whoever was eligible to lead is so no longer (KIP-966): a setting that decides it was changed."""

    topic_name: str = field(STRING, about="The topic; '' for all.")
