"""A release of Apache Kafka: its jars, fetched once, and the commands that run its classes.

Rule: what is made in the cache is made by one process at a time, and appears whole.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from kafka_settings import alone, new_id, write_properties

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "minikafka"
PACKAGES = ("org.apache.kafka.tools", "org.apache.kafka.tools.consumer", "kafka.admin", "kafka.tools")
CLASSES = {
    "kafka-acls": "AclCommand",
    "kafka-broker-api-versions": "BrokerApiVersionsCommand",
    "kafka-cluster": "ClusterTool",
    "kafka-configs": "ConfigCommand",
    "kafka-console-consumer": "ConsoleConsumer",
    "kafka-console-producer": "ConsoleProducer",
    "kafka-consumer-groups": "group.ConsumerGroupCommand",
    "kafka-consumer-perf-test": "ConsumerPerformance",
    "kafka-delete-records": "DeleteRecordsCommand",
    "kafka-dump-log": "DumpLogSegments",
    "kafka-e2e-latency": "EndToEndLatency",
    "kafka-features": "FeatureCommand",
    "kafka-get-offsets": "GetOffsetShell",
    "kafka-groups": "GroupsCommand",
    "kafka-leader-election": "LeaderElectionCommand",
    "kafka-log-dirs": "LogDirsCommand",
    "kafka-metadata-quorum": "MetadataQuorumCommand",
    "kafka-producer-perf-test": "ProducerPerformance",
    "kafka-reassign-partitions": "reassign.ReassignPartitionsCommand",
    "kafka-storage": "StorageTool",
    "kafka-topics": "TopicCommand",
    "kafka-transactions": "TransactionsCommand",
    "kafka-verifiable-consumer": "VerifiableConsumer",
    "kafka-verifiable-producer": "VerifiableProducer",
}
"""The class behind each of Kafka's scripts, below one of the packages."""

AS_KAFKA_RUNS = ("-XX:+UseG1GC", "-XX:MaxGCPauseMillis=20", "-XX:InitiatingHeapOccupancyPercent=35")
"""What its scripts give a broker (`kafka-run-class.sh`)."""
TO_START_SOON = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""For what lives for seconds: half the processor time until it is up, and slower afterwards."""
QUIET = ("-XX:-UsePerfData", "-Xlog:disable", "-Xlog:all=error:stderr")
START_S = 90


def fail(sentence: str) -> NoReturn:
    sys.exit(f"real_kafka: {sentence}")


@dataclass(frozen=True)
class Release:
    """A release of Apache Kafka, and how Java runs its classes."""

    number: str

    @property
    def jars(self) -> Path:
        """The folder with its jars, which is filled when it is first asked for."""
        folder = CACHE / f"kafka-{self.number}"
        with locked(folder):
            if not folder.exists():
                need("java", "mvn")
                print(f"real_kafka: fetching Apache Kafka {self.number} into {folder}", file=sys.stderr)
                fetched = Path(tempfile.mkdtemp(prefix="fetching-", dir=CACHE))
                maven = ["mvn", "-q", "-B", "-f", str(Path(__file__).with_name("real_kafka_pom.xml"))]
                maven += [
                    f"-Drelease={self.number}",
                    "dependency:copy-dependencies",
                    f"-DoutputDirectory={fetched}",
                ]
                if subprocess.run(maven, stdout=sys.stderr, check=False).returncode:
                    shutil.rmtree(fetched)
                    fail(f"Maven couldn't fetch Apache Kafka {self.number}; what it said is above")
                fetched.rename(folder)
        return folder

    @property
    def class_path(self) -> str:
        return os.pathsep.join(str(jar) for jar in sorted(self.jars.glob("*.jar")))

    def java(self, *arguments: object, heap: str = "512m", soon: bool = True) -> list[str]:
        """The command that runs a class, or a source file. `soon`: it lives for seconds."""
        need("java")
        options = [*QUIET, f"-Xmx{heap}", "-Xms64m", "-cp", self.class_path]
        options.append(
            f"-Dorg.slf4j.simpleLogger.defaultLogLevel={os.environ.get('REAL_KAFKA_LOG', 'error')}"
        )
        options += TO_START_SOON if soon else AS_KAFKA_RUNS
        if soon and (archive := self._class_archive()):
            options.append(f"-XX:SharedArchiveFile={archive}")
        return ["java", *options, *map(str, arguments)]

    def _class_archive(self) -> Path | None:
        """A broker's classes, parsed once for all later starts (class data sharing); None where Java makes none."""
        version = subprocess.run(["java", "-version"], capture_output=True, text=True, check=True).stderr
        name = re.sub(r"[^\w.+-]+", "-", version.splitlines()[-1]).strip("-")
        archive = CACHE / f"kafka-{self.number}-{name}.jsa"
        with locked(archive):
            if not archive.exists():
                made = archive.with_suffix(".new")
                made.touch()
                with suppress(SystemExit), tempfile.TemporaryDirectory() as folder:
                    self._run_once(Path(folder), made)
                made.rename(archive)  # stays empty where it can't be made, so that nobody tries again
        return archive if archive.stat().st_size else None

    def _run_once(self, folder: Path, archive: Path) -> None:
        """A broker that starts and ends; Java leaves the classes it loaded in `archive`."""
        port = free_port(), free_port()
        settings = alone(1, port[0], {1: f"127.0.0.1:{port[1]}"}, 1)
        file = write_properties(folder / "broker.properties", {**settings, "log.dirs": folder / "data"})
        run = ["java", *QUIET, *TO_START_SOON, f"-Djava.io.tmpdir={folder}", "-cp", self.class_path]
        format_it = [
            *run,
            "kafka.tools.StorageTool",
            "format",
            "--standalone",
            "-t",
            new_id(),
            "-c",
            str(file),
        ]
        subprocess.run(format_it, capture_output=True, check=False)
        broker = subprocess.Popen(
            [*run, f"-XX:ArchiveClassesAtExit={archive}", "kafka.Kafka", str(file)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for([port[0]], [broker], folder)
        finally:
            broker.terminate()
            broker.wait()

    def class_of(self, script: str) -> str:
        """The class that Kafka's script of this name runs."""
        if script not in CLASSES:
            fail(f"no tool {script}; there are {', '.join(sorted(CLASSES))}")
        wanted = [f"{package}.{CLASSES[script]}" for package in PACKAGES]
        for jar in sorted(self.jars.glob("kafka*.jar")):
            with zipfile.ZipFile(jar) as archive:
                names = set(archive.namelist())
            for name in wanted:
                if name.replace(".", "/") + ".class" in names:
                    return name
        fail(f"Apache Kafka {self.number} has no {script}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def need(*programs: str) -> None:
    for program, package in (("java", "openjdk-17-jre-headless"), ("mvn", "maven")):
        if program in programs and not shutil.which(program):
            fail(f"{program} is not installed (Debian: {package})")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time makes what is at `path`."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(f"{path}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def wait_for(ports: Sequence[int], running: Sequence[subprocess.Popen[bytes]], data: Path) -> None:
    """Until all are open; ends this process when one doesn't, with the end of every log."""
    end = time.monotonic() + START_S
    for port in ports:
        while True:
            with socket.socket() as peer:
                if peer.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if any(process.poll() is not None for process in running) or time.monotonic() > end:
                logs = "".join(
                    f"\n--- {log.name}\n{log.read_text(errors='replace')[-3000:]}"
                    for log in sorted(data.glob("*.log"))
                )
                fail(f"port {port} didn't open{logs}")
            time.sleep(0.05)
