"""`minikafka up`: runs a cluster from its start to its end, and reports what happens meanwhile.

Rule: stdout has the addresses and nothing else; every trouble is a sentence for `say`, and a status that isn't 0.
Neither need be read by anybody. Kafka: `kafka-server-start`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from minikafka.broker.listeners import ADVERTISED, LISTENERS, PLAINTEXT, url
from minikafka.cluster.cluster import Cluster
from minikafka.cluster.ending import EndSignals
from minikafka.cluster.failures import AnsweredFailure, BackgroundFailure
from minikafka.cluster.reasons import why_not_started
from minikafka.cluster.telling import tell
from minikafka.metadata.config_types import ConfigWarning
from minikafka.world import unforeseen
from minikafka.world.garbage import collect_seldom
from minikafka.world.visible import in_json, visible

Say = Callable[[str], None]


@dataclass(frozen=True)
class Up:
    """What was typed."""

    brokers: int | None
    fewer_brokers: bool
    port: int
    listen: str
    advertise: str
    data: Path | None
    name: str | None
    settings: Sequence[str]
    json: bool
    controllers: int | None = None
    racks: str = ""

    def configs(self) -> dict[str, str]:
        """All settings by name. Raises ValueError: one sentence."""
        configs = {}
        for pair in self.settings:
            key, equals, value = pair.partition("=")
            if not equals or not key:
                raise ValueError(f"--set takes KEY=VALUE, not {pair!r}")
            configs[key] = value
        if self.listen:
            host, port = _split(self.listen)
            configs[LISTENERS] = url(PLAINTEXT, host, port or self.port)
        if self.advertise:  # a port of 0 is the one that is listened on
            configs[ADVERTISED] = url(PLAINTEXT, *_split(self.advertise))
        return configs


def _split(text: str) -> tuple[str, int]:
    """HOST or HOST:PORT; a port of 0 where there is none. An IPv6 address has its own colons."""
    host, colon, port = text.rpartition(":")
    if colon and port.isdecimal() and (":" not in host or host.endswith("]")):
        return host.strip("[]"), int(port)
    return text.strip("[]"), 0


def run_up(wanted: Up, say: Say) -> int:
    """Run it until a signal ends it; the exit status."""
    collect_seldom()
    with EndSignals() as signals:
        try:
            cluster = _start(wanted, say)
        except Exception as problem:
            say(why_not_started(problem))
            return 1
        signals.is_starting = False
        signals.before_hurrying = cluster.discard
        tell(cluster, say)
        if not signals.came:
            _say_where(cluster, wanted, say)
            signals.wait()
        return _end(cluster, say)


def _start(wanted: Up, say: Say) -> Cluster:
    configs = wanted.configs()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConfigWarning)
        cluster = Cluster(
            brokers=wanted.brokers,
            controllers=wanted.controllers,
            fewer_brokers=wanted.fewer_brokers,
            port=wanted.port,
            data=wanted.data,
            name=wanted.name,
            configs=configs,
            racks=[rack for rack in wanted.racks.split(",") if rack],
        )
    for warning in caught:
        say(str(warning.message))
    return cluster


def _say_where(cluster: Cluster, wanted: Up, say: Say) -> None:
    """Its addresses, for programs on stdout."""
    line = cluster.bootstrap_servers
    if wanted.json:
        about = {
            "name": cluster.name,
            "cluster_id": cluster.cluster_id,
            "bootstrap_servers": cluster.bootstrap_servers,
            "controllers": cluster.controllers,
        }
        line = msgspec.json.encode(about).decode()
    with suppress(OSError, ValueError):  # who has closed stdout doesn't want it
        print(in_json(line) if wanted.json else visible(line), flush=True)
    if not wanted.json:
        brokers = sum(host.startswith("broker-") for host in cluster.hosts)
        count = "1 broker" if brokers == 1 else f"{brokers} brokers"
        say(f"{cluster.name} is up ({count}); watch it with `minikafka tui`; Ctrl-C stops it")
    if ADVERTISED in wanted.configs():
        say(f"Clients are told to connect to {cluster.bootstrap_servers} (advertised.listeners).")
    if cluster.opened:
        opened = ", ".join(cluster.opened)
        say(f"Brokers listen on {opened}: everybody who reaches this machine can read and write.")


def _end(cluster: Cluster, say: Say) -> int:
    """Stop it cleanly; the exit status."""
    gone = cluster.problems
    try:
        cluster.close()
    except AnsweredFailure:
        pass  # said when it happened, and harmed nobody but the client that was told
    except BackgroundFailure as failure:
        if not gone:
            say(f"Something failed inside while the cluster ran: {failure}")
            return 1
    except Exception as problem:
        say(f"It did not stop cleanly ({unforeseen(problem)}); the next start recovers the logs.")
        return 1
    if gone:
        say(f"It ends without {' and '.join(sorted(gone))}; the reason is above.")
    return int(bool(gone))


__all__ = ["Up", "run_up"]
