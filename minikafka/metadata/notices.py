"""What to tell somebody whose setting changes nothing here: one sentence for each.

Rule: a setting is never taken without a word unless something reads it. A name that Kafka doesn't know is most
likely misspelt, so the nearest that it knows is named. Kafka keeps unknown names in silence, and logs those that
nobody used.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping

from minikafka.metadata.broker_configs import BROKER_CONFIGS
from minikafka.metadata.topic_configs import TOPIC_CONFIGS
from minikafka.metadata.unread_configs import RETIRED, unread_configs

LIKENESS = 0.84
"""Of two names, from 0 to 1, for one to be taken for a slip of the other."""

_NUMBERED = "brokers are numbered from 1"
_OWN_CONTROLLERS = "a cluster comes with controllers of its own"
_NO_TRANSACTIONS = "there are no transactions here yet"
_NO_SECURITY = "there is no TLS, SASL or authorization here yet"
_NO_TIERS = "there is no tiered storage here yet"
_CLASSIC = "groups are classic ones here so far"
_ONE_PROCESS = "all brokers share one thread"

WITHOUT_EFFECT: Mapping[str, str] = {
    "node.id": _NUMBERED,
    "broker.id": _NUMBERED,
    "process.roles": _OWN_CONTROLLERS,
    "controller.listener.names": _OWN_CONTROLLERS,
    "controller.quorum.bootstrap.servers": _OWN_CONTROLLERS,
    "controller.quorum.voters": _OWN_CONTROLLERS,
    "inter.broker.listener.name": "brokers have one listener",
    "security.inter.broker.protocol": _NO_SECURITY,
    "controlled.shutdown.enable": "a clean stop always hands leadership over",
    "initial.broker.registration.timeout.ms": "",
    "metadata.max.idle.interval.ms": "an idle controller writes nothing",
    "num.replica.fetchers": _ONE_PROCESS,
    "replica.socket.timeout.ms": "",
    "request.timeout.ms": "",
    "offsets.topic.compression.codec": "",
    "log.flush.offset.checkpoint.interval.ms": "",
    "log.local.retention.bytes": _NO_TIERS,
    "log.local.retention.ms": _NO_TIERS,
    "log.preallocate": "",
    "log.roll.jitter.ms": "",
    "log.roll.jitter.hours": "",
    "log.segment.delete.delay.ms": "deleted segments go at once",
    "transaction.max.timeout.ms": _NO_TRANSACTIONS,
    "transaction.state.log.min.isr": _NO_TRANSACTIONS,
    "transaction.state.log.num.partitions": _NO_TRANSACTIONS,
    "transaction.state.log.replication.factor": _NO_TRANSACTIONS,
    "transaction.state.log.segment.bytes": _NO_TRANSACTIONS,
    "transactional.id.expiration.ms": _NO_TRANSACTIONS,
}
"""Names in `BROKER_CONFIGS` (clients are told of them) that nothing reads, and why where a few words can say it."""

_FAMILIES: tuple[tuple[str, str], ...] = (
    ("controller.quorum.", _OWN_CONTROLLERS),
    ("ssl.", _NO_SECURITY),
    ("sasl.", _NO_SECURITY),
    ("security.", _NO_SECURITY),
    ("delegation.token.", _NO_SECURITY),
    ("authorizer.", _NO_SECURITY),
    ("principal.builder.", _NO_SECURITY),
    ("listener.name.", _NO_SECURITY),
    ("remote.log.", _NO_TIERS),
    ("rsm.config.", _NO_TIERS),
    ("rlmm.config.", _NO_TIERS),
    ("transaction.", _NO_TRANSACTIONS),
    ("group.consumer.", _CLASSIC),
    ("group.share.", _CLASSIC),
    ("group.streams.", _CLASSIC),
    ("share.coordinator.", _CLASSIC),
    ("num.io.threads", _ONE_PROCESS),
    ("num.network.threads", _ONE_PROCESS),
)
_OPEN_FAMILIES = ("listener.name.", "rsm.config.", "rlmm.config.")
"""What may follow these is for somebody else to say."""


def notices(names: Iterable[str]) -> tuple[str, ...]:
    """A sentence for each of these settings of a broker that has no effect, in their order."""
    return tuple(sentence for name in names if (sentence := _notice(name)))


def _notice(name: str) -> str:
    if name in WITHOUT_EFFECT or name in unread_configs() or name.startswith(_OPEN_FAMILIES):
        why = WITHOUT_EFFECT.get(name) or next(
            (why for start, why in _FAMILIES if name.startswith(start)), ""
        )
        return f"{name} is known to Kafka and has no effect here{why and ': '}{why}."
    if name in BROKER_CONFIGS:
        return ""
    if name in RETIRED:
        why = " with ZooKeeper" if name.startswith("zookeeper.") else ""
        return f"{name} was removed from Kafka{why} in 4.0, and has no effect here."
    return f"{name} is not a setting of a Kafka broker and has no effect.{_instead(name)}"


def _instead(name: str) -> str:
    topic = TOPIC_CONFIGS.get(name)
    if topic is not None:
        if not topic.synonyms:
            return " It is a topic's."
        synonym = topic.synonyms[0]
        return f" It is a topic's; what all topics start from is {synonym[0]}."
    word = name.strip().lower().replace("_", ".").replace("-", ".")
    near = difflib.get_close_matches(word, [*BROKER_CONFIGS, *unread_configs()], 1, LIKENESS)
    return f" Did you mean {near[0]}?" if near else ""
