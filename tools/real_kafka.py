#!/usr/bin/env python3
"""A real Apache Kafka on this machine, to ask and to test against. It needs Java 17 or newer, Maven, and no virtual
environment.

    tools/real_kafka.py up --brokers 3                 brokers until Ctrl-C; the first line printed is their address
    tools/real_kafka.py up --release 3.9.1 --zookeeper
    tools/real_kafka.py up --join HOST:PORT --cluster-id ID --first-id 11    brokers of somebody else's controllers
    tools/real_kafka.py tool kafka-topics --bootstrap-server HOST:PORT --list
    tools/real_kafka.py java Some.java ARGUMENTS       with Kafka's jars on the class path

Rule: nothing outlives this process, nothing listens but on 127.0.0.1, and stdout has only what was asked for.
Jars are fetched once into $XDG_CACHE_HOME/minikafka (default ~/.cache/minikafka).
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

from kafka_release import Release, fail, wait_for
from kafka_settings import alone, joining, new_id, small, write_properties

RELEASE = "4.3.1"
END_S = 20


@dataclass
class Cluster:
    """Brokers, each with a controller of its own unless they join others' or a ZooKeeper, in one data directory."""

    release: Release
    data: Path
    arguments: argparse.Namespace

    def __post_init__(self) -> None:
        self._running: list[subprocess.Popen[bytes]] = []

    def start(self) -> str:
        """Returns the bootstrap address once every port is open."""
        a = self.arguments
        controllers = {a.first_id + n: f"127.0.0.1:{a.port + 101 + n}" for n in range(a.brokers)}
        voters = ",".join(f"{n}@{address}:{new_id()}" for n, address in controllers.items())
        cluster_id = a.cluster_id or new_id()
        zookeeper = self._zookeeper() if a.zookeeper == "own" else a.zookeeper
        for n in range(a.brokers):
            node, port = a.first_id + n, a.port + n
            if a.join:
                settings = joining(node, port, a.join)
            elif zookeeper:
                listener = f"PLAINTEXT://127.0.0.1:{port}"
                settings = {"broker.id": node, "zookeeper.connect": zookeeper, "listeners": listener}
            else:
                settings = alone(node, port, controllers, a.brokers)
            settings |= {**small(min(3, a.brokers)), "log.dirs": ",".join(map(str, self._disks(node)))}
            if a.racks:
                settings["broker.rack"] = a.racks.split(",")[n % len(a.racks.split(","))]
            settings |= dict(setting.split("=", 1) for setting in a.set)
            file = write_properties(self.data / f"broker-{node}.properties", settings)
            if not zookeeper and not (self._disks(node)[0] / "meta.properties").exists():
                founding = [] if a.join else ["--initial-controllers", voters]
                self._format(file, cluster_id, founding)
            self._launch(f"broker-{node}", "kafka.Kafka", file)
        ports = [a.port + n for n in range(a.brokers)]
        wait_for(ports, self._running, self.data)
        return ",".join(f"127.0.0.1:{port}" for port in ports)

    def _disks(self, node: int) -> list[Path]:
        own, count = self.data / f"broker-{node}", self.arguments.disks
        return [own] if count == 1 else [own / f"d{disk}" for disk in range(1, count + 1)]

    def wait(self) -> None:
        """Until one of its processes ends by itself."""
        while all(process.poll() is None for process in self._running):
            time.sleep(0.2)

    def stop(self) -> None:
        for process in reversed(self._running):
            process.terminate()
        for process in reversed(self._running):
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _format(self, file: Path, cluster_id: str, founding: Sequence[str]) -> None:
        words = ["kafka.tools.StorageTool", "format", "-t", cluster_id, "-c", file, *founding]
        if subprocess.run(self.release.java(*words), stdout=sys.stderr, check=False).returncode:
            fail(f"the data directory of {file.stem} couldn't be formatted; what Kafka said is above")

    def _zookeeper(self) -> str:
        port = self.arguments.port + 200
        settings = {"dataDir": self.data / "zookeeper", "clientPort": port, "clientPortAddress": "127.0.0.1"}
        settings |= {"admin.enableServer": "false", "maxClientCnxns": 0, "4lw.commands.whitelist": "*"}
        file = write_properties(self.data / "zookeeper.properties", settings)
        self._launch("zookeeper", "org.apache.zookeeper.server.quorum.QuorumPeerMain", file)
        wait_for([port], self._running, self.data)
        return f"127.0.0.1:{port}"

    def _launch(self, name: str, *words: object) -> None:
        temporary = self.data / "tmp"  # native libraries are unpacked there
        temporary.mkdir(exist_ok=True)
        a = self.arguments
        command = self.release.java(f"-Djava.io.tmpdir={temporary}", *words, heap=a.heap, soon=a.soon)
        with open(self.data / f"{name}.log", "ab") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        (self.data / f"{name}.pid").write_text(str(process.pid))
        self._running.append(process)


def up(a: argparse.Namespace) -> None:
    if a.join and not a.cluster_id:
        fail("--join needs the --cluster-id of the cluster to join")
    for setting in a.set:
        if "=" not in setting:
            fail(f"--set {setting}: write KEY=VALUE")

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    data = Path(a.dir or tempfile.mkdtemp(prefix="real-kafka-")).absolute()
    data.mkdir(parents=True, exist_ok=True)
    cluster = Cluster(Release(a.release), data, a)
    try:
        print(cluster.start(), flush=True)
        print(f"real_kafka: {a.release} is up; logs and data: {data}; Ctrl-C stops it", file=sys.stderr)
        cluster.wait()
        fail(f"a process ended by itself; its log is in {data}")
    finally:
        cluster.stop()
        if not a.dir:
            shutil.rmtree(data, ignore_errors=True)


def run_tool(a: argparse.Namespace) -> None:
    release = Release(a.release)
    os.execvp("java", release.java(release.class_of(a.name), *a.arguments))


def run_java(a: argparse.Namespace) -> None:
    os.execvp("java", Release(a.release).java(a.file, *a.arguments))


def print_class_path(a: argparse.Namespace) -> None:
    print(Release(a.release).class_path)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False
    )
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--release", default=RELEASE, help=f"of Apache Kafka (default {RELEASE})")
    commands = top.add_subparsers(dest="command", required=True)
    it = commands.add_parser("up", parents=[common], help="brokers until Ctrl-C")
    it.add_argument("--brokers", type=int, default=1)
    it.add_argument(
        "--port", type=int, default=19092, help="the first broker's; its controller's is 101 above"
    )
    it.add_argument(
        "--dir", help="data and logs, which are kept and opened again; default: a temporary folder"
    )
    it.add_argument("--disks", type=int, default=1, help="log directories of each broker: d1, d2 …")
    it.add_argument("--racks", default="", metavar="RACK,…", help="the racks of the brokers, over and over")
    it.add_argument("--heap", default="512m")
    it.add_argument("--first-id", type=int, default=1, help="of the first broker; the others count up")
    it.add_argument("--cluster-id", help="default: a new one")
    it.add_argument("--join", metavar="HOST:PORT,…", help="controllers to join (ID@HOST:PORT if static)")
    it.add_argument(
        "--zookeeper", nargs="?", const="own", help="an own one, or that at HOST:PORT (3.9.x and older)"
    )
    it.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of every broker"
    )
    it.add_argument(
        "--soon",
        action="store_true",
        help="up in half the time, slower later: for tests",
    )
    it.set_defaults(run=up)
    it = commands.add_parser("tool", parents=[common], help="one of Kafka's command-line tools")
    it.add_argument("name")
    it.add_argument("arguments", nargs=argparse.REMAINDER)
    it.set_defaults(run=run_tool)
    it = commands.add_parser("java", parents=[common], help="a Java source file, with Kafka's classes")
    it.add_argument("file")
    it.add_argument("arguments", nargs=argparse.REMAINDER)
    it.set_defaults(run=run_java)
    it = commands.add_parser("classpath", parents=[common], help="print the class path")
    it.set_defaults(run=print_class_path)
    return top


if __name__ == "__main__":
    arguments = parser().parse_args()
    arguments.run(arguments)
