"""What must hold of groups: no partition is read by two members at once.

Rule: it is asked of the coordinators, which have said so to the members. Kafka has none.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn

from minikafka.broker.broker import Broker
from minikafka.invariants.broken import GROUP
from minikafka.xray.groups import decode_assignment


def check_owners(brokers: Mapping[str, Broker | None], fail: Callable[..., NoReturn]) -> None:
    """Of every group that a live broker coordinates."""
    for broker in brokers.values():
        if broker is None:
            continue
        for group in broker.group_coordinator.snapshot():
            owners: dict[tuple[str, int], str] = {}
            for member in group.members:
                for pair in decode_assignment(member.assignment) or ():
                    key = (pair.topic, pair.partition)
                    if key in owners:
                        fail(
                            "a partition has one owner in a group",
                            f"{key} belongs to {owners[key]} and {member.id} in generation "
                            f"{group.generation} of {group.id}",
                            GROUP,
                            group=group.id,
                        )
                    owners[key] = member.id
