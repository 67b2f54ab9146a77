"""`minikafka` as its user types it: it starts, tells its addresses, ends, and says in one sentence what is wrong."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_port


def command(*args: object) -> list[str]:
    return [sys.executable, "-m", "minikafka.cli", *map(str, args)]


def run(*args: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(*args), capture_output=True, text=True, timeout=60, check=False)


@contextmanager
def up(*args: object) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A running `minikafka up --json …`, and what it printed."""
    process = subprocess.Popen(
        command("up", "--json", *args), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.stderr and process.stderr.read()
        yield process, json.loads(line)
    finally:
        process.kill()
        process.communicate()


def refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    """Status not 0, and one sentence that has these words."""
    assert result.returncode != 0
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, result.stderr
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_up_tells_its_addresses_and_ends_cleanly(number: signal.Signals) -> None:
    with up("--brokers", 2, "--name", "classroom") as (process, about):
        assert about["name"] == "classroom"
        assert len(about["bootstrap_servers"].split(",")) == 2
        assert len(about["cluster_id"]) == 22
        process.send_signal(number)
        assert process.wait(30) == 0


def test_ports_follow_each_other(tmp_path: Path) -> None:
    port = free_port()
    with up("--brokers", 1, "--port", port, "--data", tmp_path) as (_, about):
        assert about["bootstrap_servers"] == f"127.0.0.1:{port}"


def test_the_same_directory_is_the_same_cluster_after_a_kill(tmp_path: Path) -> None:
    with up("--brokers", 1, "--data", tmp_path) as (process, first):
        process.kill()
        process.wait(30)
    with up("--brokers", 1, "--data", tmp_path) as (_, second):
        assert second["cluster_id"] == first["cluster_id"]


def test_a_port_in_use_is_one_sentence() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused(run("up", "--brokers", 1, "--port", taken.getsockname()[1]), "in use", "--port")


def test_a_directory_in_use_is_one_sentence(tmp_path: Path) -> None:
    with up("--brokers", 1, "--data", tmp_path):
        refused(run("up", "--brokers", 1, "--data", tmp_path), "in use by another process")


@pytest.mark.slow
def test_a_directory_of_another_cluster_is_one_sentence(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for directory in (one, other):
        with up("--brokers", 1, "--data", directory) as (process, _):
            process.terminate()
            assert process.wait(30) == 0
    meta = (other / "broker-1" / "meta.properties").read_bytes()
    (one / "broker-1" / "meta.properties").write_bytes(meta)
    refused(run("up", "--brokers", 1, "--data", one), "belongs to another cluster")


def test_a_data_path_that_is_a_file_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("not a directory")
    refused(run("up", "--brokers", 1, "--data", file), "not a directory")


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("no-equals-sign", ("KEY=VALUE",)),
        ("num.partitions=many", ("num.partitions", "many")),
        ("min.insync.replicas=0", ("min.insync.replicas",)),
    ],
)
def test_a_wrong_setting_is_one_sentence(setting: str, words: tuple[str, ...]) -> None:
    refused(run("up", "--brokers", 1, "--set", setting), *words)


def test_settings_without_effect_are_a_sentence_each_and_hinder_nothing() -> None:
    settings = ("no.such.key=1", "log.retention.hour=1", "broker.id=7", "zookeeper.connect=zk:2181")
    process = subprocess.Popen(
        command(
            "up", "--json", "--brokers", 1, *(word for setting in settings for word in ("--set", setting))
        ),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith("{")
    process.terminate()
    said = process.communicate(timeout=30)[1].splitlines()
    names = sorted(setting.partition("=")[0] for setting in settings)
    assert [line.split()[1] for line in said] == names
    assert process.returncode == 0


@pytest.mark.slow
def test_a_broker_whose_disk_is_full_is_told_and_restarted_from_the_inspector(tmp_path: Path) -> None:
    """The limit on the size of a file stands in for the full disk."""
    import resource

    from minikafka import AdminClient, NewTopic, Producer
    from minikafka.xray.client import SocketFeed
    from minikafka.xray.discovery import find_cluster

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))

    async def restart() -> str:
        feed = SocketFeed(find_cluster("full"))
        watching = asyncio.create_task(feed.watch(lambda _: seen.set(), pytest.fail))
        await seen.wait()
        answer = await feed.command("restart", {"host": "broker-1"})
        watching.cancel()
        await feed.close()
        return answer.text

    seen = asyncio.Event()

    process = subprocess.Popen(
        command("up", "--json", "--brokers", 1, "--name", "full", "--data", tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,
    )
    try:
        assert process.stdout is not None
        about = json.loads(process.stdout.readline())
        boot = {"bootstrap.servers": about["bootstrap_servers"]}
        AdminClient(boot).create_topics([NewTopic("t", 1, 1)])["t"].result(30)
        producer = Producer({**boot, "message.timeout.ms": 1000, "batch.num.messages": 1})
        errors: list[object] = []

        def fill() -> None:
            errors.clear()
            while errors[-1:] in ([], [None]):
                producer.produce("t", bytes(300_000), on_delivery=lambda error, _: errors.append(error))
                producer.flush(10)

        fill()
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        assert asyncio.run(restart()) == "broker-1 runs again."
        producer.produce("t", b"there is room again", on_delivery=lambda error, _: errors.append(error))
        producer.flush(10)
        assert errors[-1] is None
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
        fill()
        producer.close()
        process.terminate()
        first, again, last = process.communicate(timeout=30)[1].splitlines()
        assert first == again
        for words in ("broker-1", str(tmp_path / "broker-1"), "File too large", "minikafka tui"):
            assert words in first
        assert "It ends without broker-1" in last
        assert process.returncode == 1
    finally:
        process.kill()
        process.communicate()


def closed(number: int) -> Callable[[], None]:
    return lambda: os.close(number)


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="no terminals that go away")
def test_a_terminal_that_goes_away_ends_it_cleanly_and_nohup_does_not() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup
    try:
        with up("--brokers", 1) as (process, _):
            process.send_signal(signal.SIGHUP)
            assert process.wait(30) == 0
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # children inherit that
        with up("--brokers", 1) as (process, _):
            process.send_signal(signal.SIGHUP)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_while_it_starts_ends_it_without_a_traceback(number: signal.Signals, tmp_path: Path) -> None:
    process = subprocess.Popen(
        command("up", "--brokers", 3, "--data", tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (tmp_path / "controller-1").exists():
        assert process.poll() is None
    process.send_signal(number)
    out, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    assert process.returncode == 0
    if not out:  # else it was up already
        assert said.splitlines() == [
            "minikafka: It stops as soon as it is up; a second Ctrl-C stops it at once."
        ]
    assert (tmp_path / "broker-1" / ".kafka_cleanshutdown").exists()


@pytest.mark.parametrize("number", [0, 1, 2])
@pytest.mark.slow
def test_nobody_need_read_or_write_it(number: int) -> None:
    """A closed stdin, stdout or stderr: it runs, and a socket doesn't get that number."""
    port = free_port()
    process = subprocess.Popen(
        command("up", "--brokers", 1, "--port", port),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if number != 2 else None,
        preexec_fn=closed(number),
        text=True,
    )
    try:
        while True:
            assert process.poll() is None
            try:
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            except OSError:
                continue
        process.terminate()
        said = process.communicate(timeout=30)[1] or ""
        assert process.returncode == 0
        assert [line for line in said.splitlines() if "is up" not in line] == []
    finally:
        process.kill()
        process.wait()


def test_whoever_reads_its_first_line_and_leaves_hurts_nobody() -> None:
    process = subprocess.Popen(command("up", "--brokers", 1), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert b"is up" in process.stderr.readline()
    process.terminate()
    assert process.wait(30) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


def test_what_is_opened_and_advertised_is_said() -> None:
    process = subprocess.Popen(
        command("up", "--json", "--brokers", 1, "--listen", "0.0.0.0", "--advertise", "127.0.0.2"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    address = json.loads(process.stdout.readline())["bootstrap_servers"]
    assert address.startswith("127.0.0.2:")
    process.terminate()
    told, opened = process.communicate(timeout=30)[1].splitlines()
    assert f"Clients are told to connect to {address} (advertised.listeners)" in told
    assert f"listen on 0.0.0.0:{address.rpartition(':')[2]}: everybody who reaches this machine" in opened


def test_zero_brokers_are_refused() -> None:
    result = run("up", "--brokers", 0)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr


def test_help_names_every_command() -> None:
    result = run("--help")
    assert result.returncode == 0
    for name in ("up", "lab", "tui", "grade", "bench"):
        assert name in result.stdout


def test_the_inspector_without_a_cluster_says_how_to_start_one(tmp_path: Path) -> None:
    environment = {**os.environ, "MINIKAFKA_STATE_DIR": str(tmp_path)}
    result = subprocess.run(
        command("tui", "--once"), capture_output=True, text=True, timeout=60, env=environment, check=False
    )
    refused(result, "minikafka up")


def test_one_picture_of_a_running_cluster_as_json(tmp_path: Path) -> None:
    environment = {**os.environ, "MINIKAFKA_STATE_DIR": str(tmp_path)}
    process = subprocess.Popen(
        command("up", "--json", "--brokers", 3), stdout=subprocess.PIPE, text=True, env=environment
    )
    try:
        assert process.stdout is not None
        about = json.loads(process.stdout.readline())
        result = subprocess.run(
            command("tui", "--once", "--json"),
            capture_output=True,
            text=True,
            timeout=60,
            env=environment,
            check=False,
        )
        assert result.returncode == 0, result.stderr
        picture = json.loads(result.stdout)
        assert picture["cluster_id"] == about["cluster_id"]
        assert [broker["state"] for broker in picture["brokers"]] == ["running"] * 3
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.parametrize("world", ["live", "simulated"])
def test_a_cluster_that_nobody_closes_ends_quietly_with_the_interpreter(world: str) -> None:
    program = (
        f"from minikafka import Cluster; c = Cluster(2, world={world!r}, announce=False); c.create_topic('t')"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
