"""Scenarios of settings, statistics, credentials and loggers."""

from __future__ import annotations

import json
import logging
from io import StringIO
from typing import Any

from client_cases.kit import Case, Kit, tried

from client_scenarios.lonely import (
    NOWHERE,
    lonely_consumer,
    lonely_producer,
)


def _statistics(kit: Kit, kind: str) -> Any:
    told: list[str] = []
    conf: dict[str, Any] = {"statistics_interval_ms": 50, "stats_cb": told.append}
    client = lonely_consumer(kit, **conf) if kind == "Consumer" else lonely_producer(kit, **conf)
    for _ in range(40):
        client.poll(0.1)
        if told:
            break
    return type(told[0]).__name__


def _no_servers(kit: Kit) -> Any:
    told: list[str] = []
    conf = {"bootstrap.servers": None, "statistics.interval.ms": 10, "stats_cb": told.append}
    producer = kit.keep(kit.names.Producer(conf))
    for _ in range(20):
        producer.poll(0.1)
    return len(json.loads(told[0])["brokers"])


def _topic_settings(kit: Kit) -> Any:
    """default.topic.config, librdkafka's old place for some keys."""
    found = []
    for conf in (
        {"message.timeout.ms": 600_000, "default.topic.config": {"message.timeout.ms": 100}},
        {"default.topic.config": {"message.timeout.ms": 100}},
    ):
        producer, told = kit.keep(kit.names.Producer({"bootstrap.servers": "127.0.0.1:1", **conf})), []
        producer.produce("t", b"v", on_delivery=lambda error, _message, told=told: told.append(error.name()))
        producer.flush(3)
        found.append(told)
    return found


def _throttled(kit: Kit) -> Any:
    event = kit.names.ThrottleEvent("broker", 0, 10.0)
    return event.broker_name, event.broker_id, event.throttle_time, str(event)


def _credentials(kit: Kit) -> Any:
    clients = [kit.admin(), lonely_consumer(kit), lonely_producer(kit)]
    ways = [("u", "p"), (None, "p"), ("u", None), ("u",)]
    return [[tried(lambda c=c, way=way: c.set_sasl_credentials(*way)) for way in ways] for c in clients]


MISC: dict[str, Case | str] = {
    "version(), libversion()": "missing: there is no librdkafka; ours is `minikafka.__version__`",
    "stats_cb of a consumer": lambda k: _statistics(k, "Consumer"),
    "stats_cb of a producer": lambda k: _statistics(k, "Producer"),
    "bootstrap.servers=None": _no_servers,
    "default.topic.config": _topic_settings,
    "throttle_cb=1": lambda k: k.names.Producer({"throttle_cb": 1}),
    "throttle_cb": lambda k: type(lonely_producer(k, throttle_cb=print)).__name__,
    "ThrottleEvent": _throttled,
    "set_sasl_credentials of all three": _credentials,
    "interceptors": "missing: plug-ins in C are not loaded",
}


def _logged(kit: Kit, kind: str, how: str) -> Any:
    """A logger of one's own is told something, once `debug` asks for it."""
    text = StringIO()
    logger = logging.getLogger(f"{kit.topic}-{kind}-{how}")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    handler = logging.StreamHandler(text)
    handler.setFormatter(logging.Formatter("%(name)s | %(message)s"))
    logger.addHandler(handler)
    make = kit.admin_names.AdminClient if kind == "AdminClient" else getattr(kit.names, kind)
    conf = {**NOWHERE, "group.id": "g", "debug": "all"} if kind == "Consumer" else {**NOWHERE, "debug": "all"}
    if how == "a setting":
        client = make({**conf, "logger": logger})
    elif how == "an argument":
        client = make(conf, logger=logger)
    else:
        client = make(**{**conf, "logger": logger})
    for _ in range(30):
        client.poll(0.1)
        if text.getvalue():
            break
    if hasattr(client, "close"):
        client.close()
    return f"{kit.topic}-{kind}-{how} | INIT" in text.getvalue()


LOG: dict[str, Case | str] = {
    f"logger of a {kind}, as {how}": lambda k, kind=kind, how=how: _logged(k, kind, how)
    for kind in ("Producer", "Consumer", "AdminClient")
    for how in ("a setting", "an argument", "keywords alone")
}
