"""Asking the leaders: which broker to ask for which partition, and asking again until each has its answer.

Rule: every partition is answered for by itself; one whose error is retriable is asked for again, the others are
not. Kafka: `PartitionLeaderStrategy` and `AdminApiDriver` (KIP-734).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeVar

from minikafka.client.errors import KafkaError, KafkaException, is_retriable
from minikafka.protocol.errors import ErrorCode

if TYPE_CHECKING:
    from minikafka.client.connections.metadata import Metadata
    from minikafka.client.connections.offsets import Retrying
    from minikafka.client.values import Pair


class Answer(Protocol):
    """What a leader says of a partition; error code 0 means that it is done."""

    @property
    def error_code(self) -> int:
        """A broker's code."""
        ...


_SECOND_LOOK_S = 0.8
V = TypeVar("V")
A = TypeVar("A", bound=Answer)


async def leaders_of(
    metadata: Metadata, pairs: Iterable[Pair]
) -> tuple[dict[int, list[Pair]], dict[Pair, int]]:
    """(leader → its partitions, leaders ascending; partition → error code where there is no leader)."""
    pairs = list(pairs)
    metadata.want(sorted({topic for topic, _ in pairs}))
    if any(metadata.leader(*pair) < 0 for pair in pairs):
        await metadata.update()
    by_leader: dict[int, list[Pair]] = {}
    without: dict[Pair, int] = {}
    for pair in pairs:
        view = metadata.topics.get(pair[0])
        leader = metadata.leader(*pair)
        if leader >= 0:
            by_leader.setdefault(leader, []).append(pair)
        elif view is None or view.error or pair[1] not in view.partitions:
            code = view.error if view is not None and view.error else ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
            without[pair] = code
        else:
            without[pair] = ErrorCode.LEADER_NOT_AVAILABLE
    return {leader: by_leader[leader] for leader in sorted(by_leader)}, without


async def settle(
    metadata: Metadata,
    retrying: Retrying,
    wanted: Mapping[Pair, V],
    ask: Callable[[dict[Pair, V]], Awaitable[Mapping[Pair, A]]],
    answers: dict[Pair, A],
    timeout_s: float,
) -> None:
    """Fills `answers` with rounds of `ask`. Raises KafkaException when time runs out before all are there.

    An unknown topic gets a second look, as it may have been made a moment ago; then that is the answer.
    """
    clock = retrying.world.clock
    believed_from = clock.now() + _SECOND_LOOK_S

    async def attempt() -> None:
        left = {pair: value for pair, value in wanted.items() if pair not in answers}
        retriable = 0
        try:
            round_ = await ask(left)
        except OSError:
            metadata.request_update()  # the leader may be gone, and another lead by now
            raise
        for pair, answer in round_.items():
            is_gone = (
                answer.error_code == ErrorCode.UNKNOWN_TOPIC_OR_PARTITION and clock.now() >= believed_from
            )
            if answer.error_code and is_retriable(answer.error_code) and not is_gone:
                retriable = answer.error_code
            else:
                answers[pair] = answer
        if retriable:
            metadata.request_update()
            raise KafkaException(KafkaError(retriable))

    await retrying.run(attempt, timeout_s)
