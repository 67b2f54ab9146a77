"""Which member of a consumer group reads which partitions.

Rule: every partition of a subscribed topic belongs to exactly one member that subscribed to it.

All four take `subscriptions` (member id → topics), `partitions` (topic → partition count; a topic that is
missing doesn't exist and is skipped) and `owned` (member id → what it had before; only the sticky ones look
at it), and return every member with its (topic, partition) pairs. Kafka: `RangeAssignor`,
`RoundRobinAssignor`, `StickyAssignor`, `CooperativeStickyAssignor`; KIP-54, KIP-429.

Shown in lesson 10 (consumer groups).
"""

from collections.abc import Mapping, Sequence

TopicPartition = tuple[str, int]
Subscriptions = Mapping[str, Sequence[str]]
PartitionCounts = Mapping[str, int]
Owned = Mapping[str, Sequence[TopicPartition]]
Assignment = dict[str, list[TopicPartition]]


def assign_range(
    subscriptions: Subscriptions, partitions: PartitionCounts, owned: Owned | None = None
) -> Assignment:
    """Topic by topic: the partitions in order are cut into as many ranges as there are members.

    The first members (by id) get one more when it doesn't divide evenly, and that for each topic. Kafka:
    `RangeAssignor`.
    """
    assignment: Assignment = {member: [] for member in sorted(subscriptions)}
    for topic in _topics(subscriptions, partitions):
        members = [member for member in assignment if topic in subscriptions[member]]
        each, extra = divmod(partitions[topic], len(members))
        start = 0
        for position, member in enumerate(members):
            end = start + each + (position < extra)
            assignment[member] += [(topic, partition) for partition in range(start, end)]
            start = end
    return assignment


def assign_round_robin(
    subscriptions: Subscriptions, partitions: PartitionCounts, owned: Owned | None = None
) -> Assignment:
    """All partitions of all topics are dealt out like cards, skipping members that didn't subscribe.

    Kafka: `RoundRobinAssignor`.
    """
    members = sorted(subscriptions)
    assignment: Assignment = {member: [] for member in members}
    turn = 0
    for topic in _topics(subscriptions, partitions):
        for partition in range(partitions[topic]):
            while topic not in subscriptions[members[turn % len(members)]]:
                turn += 1
            assignment[members[turn % len(members)]].append((topic, partition))
            turn += 1
    return assignment


def assign_sticky(
    subscriptions: Subscriptions, partitions: PartitionCounts, owned: Owned | None = None
) -> Assignment:
    """As even as possible, and each member keeps as much of what it had as evenness allows.

    Members keep what they own; free partitions go to the member with the fewest; then single partitions move
    from a member to another that has at least two fewer. A partition that two members claim is free.
    Kafka: `StickyAssignor`, KIP-54.
    """
    assignment = _kept(subscriptions, partitions, owned or {})
    readers = {
        topic: [member for member in assignment if topic in subscriptions[member]]
        for topic in _topics(subscriptions, partitions)
    }
    taken = {pair for pairs in assignment.values() for pair in pairs}
    # The topics with the fewest possible readers first: the others can still make up for them.
    for topic in sorted(readers, key=lambda topic: (len(readers[topic]), topic)):
        for partition in range(partitions[topic]):
            if (topic, partition) not in taken:
                member = min(readers[topic], key=lambda member: len(assignment[member]))
                assignment[member].append((topic, partition))
    while _move_one(assignment, readers, owned or {}):
        pass
    return assignment


def assign_cooperative_sticky(
    subscriptions: Subscriptions, partitions: PartitionCounts, owned: Owned | None = None
) -> Assignment:
    """Sticky, but a partition that changes hands is given to nobody yet.

    Its owner first gives it up and joins again; the following rebalance hands it out. So members continue
    reading everything that doesn't move. Kafka: `CooperativeStickyAssignor`, KIP-429.
    """
    assignment = assign_sticky(subscriptions, partitions, owned)
    owner = {
        pair: member for member, pairs in (owned or {}).items() if member in subscriptions for pair in pairs
    }
    return {
        member: [pair for pair in pairs if owner.get(pair, member) == member]
        for member, pairs in assignment.items()
    }


def _topics(subscriptions: Subscriptions, partitions: PartitionCounts) -> list[str]:
    wanted = {topic for topics in subscriptions.values() for topic in topics}
    return sorted(topic for topic in wanted if topic in partitions)


def _kept(subscriptions: Subscriptions, partitions: PartitionCounts, owned: Owned) -> Assignment:
    """What each member owns and may keep: it exists, is subscribed to, and nobody else claims it."""
    claims: dict[TopicPartition, int] = {}
    for member in subscriptions:
        for pair in owned.get(member, ()):
            claims[pair] = claims.get(pair, 0) + 1
    return {
        member: [
            (topic, partition)
            for topic, partition in owned.get(member, ())
            if topic in subscriptions[member]
            and partition < partitions.get(topic, 0)
            and claims[topic, partition] == 1
        ]
        for member in sorted(subscriptions)
    }


def _move_one(assignment: Assignment, readers: Mapping[str, Sequence[str]], owned: Owned) -> bool:
    """Move one partition from a fuller to an emptier member; False when no move makes it more even.

    A partition that came to the member in this round is moved before one that it owned.
    """
    for giver in sorted(assignment, key=lambda member: (-len(assignment[member]), member)):
        had = set(owned.get(giver, ()))
        for pair in sorted(assignment[giver], key=lambda pair: pair in had):
            taker = min(readers[pair[0]], key=lambda member: (len(assignment[member]), member))
            if len(assignment[giver]) - len(assignment[taker]) >= 2:
                assignment[giver].remove(pair)
                assignment[taker].append(pair)
                return True
    return False
