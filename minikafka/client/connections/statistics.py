"""Statistics for `stats_cb`: a text of JSON every statistics.interval.ms, of librdkafka's shape.

Rule: every field of librdkafka's document that a program may look up is there; what this client does not measure
is 0, or what librdkafka has for "none". librdkafka describes the fields in STATISTICS.md.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from minikafka.client.values import OFFSET_INVALID

if TYPE_CHECKING:
    from minikafka.client.connections.notices import Notices
    from minikafka.client.connections.reach import Reach

_WINDOW = dict.fromkeys(
    (
        "min",
        "max",
        "avg",
        "sum",
        "stddev",
        "p50",
        "p75",
        "p90",
        "p95",
        "p99",
        "p99_99",
        "outofrange",
        "hdrsize",
        "cnt",
    ),
    0,
)
_BROKER_COUNTERS = (
    "outbuf_cnt",
    "outbuf_msg_cnt",
    "waitresp_cnt",
    "waitresp_msg_cnt",
    "tx",
    "txbytes",
    "txerrs",
    "txretries",
    "txidle",
    "req_timeouts",
    "rx",
    "rxbytes",
    "rxerrs",
    "rxcorriderrs",
    "rxpartial",
    "rxidle",
    "zbuf_grow",
    "buf_grow",
    "wakeups",
    "connects",
    "disconnects",
)
_BROKER_WINDOWS = ("int_latency", "outbuf_latency", "rtt", "throttle")
_PARTITION_COUNTERS = (
    "msgq_cnt",
    "msgq_bytes",
    "xmit_msgq_cnt",
    "xmit_msgq_bytes",
    "fetchq_cnt",
    "fetchq_size",
    "txmsgs",
    "txbytes",
    "rxmsgs",
    "rxbytes",
    "msgs",
    "rx_ver_drops",
    "msgs_inflight",
    "next_ack_seq",
    "next_err_seq",
    "acked_msgid",
)
_PARTITION_OFFSETS = (
    "query_offset",
    "app_offset",
    "stored_offset",
    "commited_offset",
    "committed_offset",
    "eof_offset",
    "lo_offset",
    "hi_offset",
    "ls_offset",
)


class Statistics:
    """Of one client. `more` gives what only its kind knows: top-level fields, and fields by topic and partition."""

    def __init__(
        self,
        reach: Reach,
        notices: Notices,
        kind: str,
        more: Callable[[], tuple[dict[str, Any], Mapping[tuple[str, int], dict[str, Any]]]],
    ) -> None:
        self._reach = reach
        self._notices = notices
        self._kind = kind
        self._more = more
        self._began = reach.world.clock.now()
        self._task: asyncio.Task[None] | None = None

    @property
    def is_wanted(self) -> bool:
        """Is there a stats_cb, and an interval?"""
        return self._notices.wants_statistics and self._reach.settings["statistics.interval.ms"] > 0

    def start(self) -> None:
        """Tells them from now on, if the application wants any. On the loop."""
        if self.is_wanted and self._task is None:
            self._task = self._reach.background.spawn(self._run(), name="statistics")

    def close(self) -> None:
        """Ends the statistics."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._reach.settings.seconds("statistics.interval.ms"))
            self._notices.inform(json.dumps(self.document()))

    def document(self) -> dict[str, Any]:
        """The document as plain values."""
        clock, settings = self._reach.world.clock, self._reach.settings
        more, partitions = self._more()
        client_id = settings["client.id"]
        document = {
            "name": f"{client_id}#{self._kind}-1",
            "client_id": client_id,
            "type": self._kind,
            "ts": int(clock.now() * 1_000_000),
            "time": clock.time_ms() // 1000,
            "age": int((clock.now() - self._began) * 1_000_000),
            **dict.fromkeys(("replyq", "msg_cnt", "msg_size", "msg_max", "msg_size_max", "simple_cnt"), 0),
            "metadata_cache_cnt": len(self._reach.metadata.topics),
            "brokers": {},
            "topics": {},
            **dict.fromkeys(("tx", "tx_bytes", "rx", "rx_bytes"), 0),
            **dict.fromkeys(("txmsgs", "txmsg_bytes", "rxmsgs", "rxmsg_bytes"), 0),
            **more,
        }
        for broker in self._reach.metadata.brokers.values():
            document["brokers"][f"{broker.host}:{broker.port}/{broker.id}"] = self._broker(broker, partitions)
        for (topic, partition), fields in partitions.items():
            shown = document["topics"].setdefault(topic, _topic(topic))
            shown["partitions"][str(partition)] = self._partition(topic, partition, fields)
        return document

    def _broker(self, broker: Any, partitions: Mapping[tuple[str, int], Any]) -> dict[str, Any]:
        leader = self._reach.metadata.leader
        return {
            "name": f"{broker.host}:{broker.port}/{broker.id}",
            "nodeid": broker.id,
            "nodename": f"{broker.host}:{broker.port}",
            "source": "learned",
            "state": "UP" if self._reach.connections.is_connected(broker.id) else "INIT",
            "stateage": 0,
            **dict.fromkeys(_BROKER_COUNTERS, 0),
            **{name: dict(_WINDOW) for name in _BROKER_WINDOWS},
            "req": {},
            "toppars": {
                f"{topic}-{partition}": {"topic": topic, "partition": partition}
                for topic, partition in partitions
                if leader(topic, partition) == broker.id
            },
        }

    def _partition(self, topic: str, partition: int, fields: dict[str, Any]) -> dict[str, Any]:
        leader = self._reach.metadata.leader(topic, partition)
        return {
            "partition": partition,
            "broker": leader,
            "leader": leader,
            "desired": self._kind == "consumer",
            "unknown": False,
            "fetch_state": "active" if self._kind == "consumer" else "none",
            "next_offset": 0,
            "stored_leader_epoch": -1,
            "committed_leader_epoch": -1,
            "consumer_lag": -1,
            "consumer_lag_stored": -1,
            "leader_epoch": -1,
            **dict.fromkeys(_PARTITION_COUNTERS, 0),
            **dict.fromkeys(_PARTITION_OFFSETS, OFFSET_INVALID),
            **fields,
        }


def _topic(name: str) -> dict[str, Any]:
    windows = {window: dict(_WINDOW) for window in ("batchsize", "batchcnt")}
    return {"topic": name, "age": 0, "metadata_age": 0, **windows, "partitions": {}}
