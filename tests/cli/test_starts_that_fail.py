"""Every start that fails says why: one sentence, a status that isn't 0, never a traceback and never an empty reason."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from minikafka import Cluster
from minikafka.cli import app
from minikafka.cluster.reasons import why_not_started
from minikafka.world import DiskLocked, unforeseen

Words = tuple[str, ...]


def refused(words: Words, *args: object) -> str:
    """The one sentence, which has these words."""
    result = CliRunner().invoke(app, [str(arg) for arg in args])
    assert result.exit_code in (1, 2), result.output
    assert not result.stdout or args[0] == "grade", "the grader's sheet says it"
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    if result.exit_code == 1 and args[0] != "grade":
        assert len(lines) == 1, lines
    for word in words:
        assert word in result.stderr
    assert "Traceback" not in result.output
    assert result.output.strip() not in ("minikafka:", "")
    return result.stderr


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of three brokers, each with a partition."""
    data = tmp_path_factory.mktemp("made")
    with Cluster(brokers=3, data=data, announce=False) as cluster:
        cluster.create_topic("orders", partitions=3, replication_factor=1)
    return data


@pytest.fixture
def data(made: Path, tmp_path: Path) -> Path:
    """A copy of one's own to spoil."""
    return Path(shutil.copytree(made, tmp_path / "data"))


def spoil_version(data: Path) -> None:
    file = data / "broker-2" / "meta.properties"
    file.write_text(file.read_text().replace("version=1", "version=7"))


def spoil_text(data: Path) -> None:
    (data / "broker-1" / "meta.properties").write_bytes(os.urandom(64))


def spoil_node(data: Path) -> None:
    shutil.copy(data / "broker-2" / "meta.properties", data / "broker-1" / "meta.properties")


def spoil_cluster(data: Path) -> None:
    file = data / "broker-3" / "meta.properties"
    lines = ["cluster.id=AAAAAAAAAAAAAAAAAAAAAA" if "cluster" in x else x for x in file.read_text().split()]
    file.write_text("\n".join(lines) + "\n")


def file_for_broker(data: Path) -> None:
    shutil.rmtree(data / "broker-1")
    (data / "broker-1").write_text("a file")


def file_for_controller(data: Path) -> None:
    shutil.rmtree(data / "controller-1")
    (data / "controller-1").write_text("a file")


def folder_for_lock(data: Path) -> None:
    (data / "broker-1" / ".lock").unlink()
    (data / "broker-1" / ".lock").mkdir()


def folder_for_metadata(data: Path) -> None:
    log = data / "controller-1" / "__cluster_metadata-0" / f"{0:020d}.log"
    log.unlink()
    log.mkdir()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_version, ("broker-2/meta.properties has version 7", "newer Kafka")),
        (spoil_text, ("broker-1/meta.properties",)),
        (spoil_node, ("broker-1 belongs to another node", "its node id is 2")),
        (spoil_cluster, ("broker-3 belongs to another cluster", "AAAAAAAAAAAAAAAAAAAAAA")),
        (file_for_broker, ("broker-1",)),
        (file_for_controller, ("controller-1 is not a directory",)),
        (folder_for_lock, ("broker-1", "Is a directory")),
        (folder_for_metadata, ("Is a directory", "__cluster_metadata-0")),
    ],
)
def test_a_data_directory_that_is_not_as_it_should_be(
    data: Path, spoil: Callable[[Path], None], words: Words
) -> None:
    spoil(data)
    refused((str(data), *words), "up", "--data", data)


def test_a_data_directory_that_another_cluster_uses(data: Path) -> None:
    with Cluster(brokers=None, data=data, announce=False):
        refused(("in use by another process", str(data)), "up", "--data", data)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("file", ("is not a directory",)),
        ("file/below", ("is not a directory",)),
        ("x" * 300, ("File name too long",)),
        ("/proc/nowhere", ("No such file or directory", "/proc/nowhere")),
        ("", ("it is empty",)),
    ],
)
def test_a_data_directory_that_cannot_be(tmp_path: Path, path: str, words: Words) -> None:
    (tmp_path / "file").touch()
    refused(words, "up", "--brokers", 1, "--data", tmp_path / path if path else "")


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_in_use_is_named(taken: int) -> None:
    refused((f"Port {taken} is in use", "--port"), "up", "--brokers", 1, "--port", taken)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--listen", "203.0.113.77"), ("203.0.113.77 is not an address of this machine",)),
        (("--listen", "no.such.host.invalid"), ("no.such.host.invalid", "isn't known")),
        (("--listen", "0.0.0.0"), ("--advertise HOST",)),
        (("--listen", "a b"), ("Unable to parse",)),
        (("--set", "listeners=SSL://localhost:9092"), ("no TLS or SASL",)),
        (("--set", "num.partitions"), ("KEY=VALUE",)),
        (("--set", "num.partitions=0"), ("num.partitions", "at least 1")),
        (("--set", "num.io.threads=some"), ("num.io.threads", "Not a number")),
        (("--set", "log.dirs=/elsewhere"), ("log.dirs", "relative")),
        (("--brokers", "0"), ("--brokers",)),
        (("--brokers", "some"), ("--brokers",)),
        (("--port", "70000"), ("--port",)),
    ],
)
def test_what_is_typed_wrong(args: tuple[str, ...], words: Words) -> None:
    refused(words, "up", "--brokers", "1", *args)


@pytest.mark.parametrize(
    "args",
    [
        ("lab", "77"),
        ("lab", "--port", "65530", "--directory", "/proc/nowhere"),
        ("tui", "--once", "--bootstrap-server", "no.such.host.invalid:9092"),
        ("tui", "--once", "--bootstrap-server", "127.0.0.1:1"),
        ("tui", "--once", "--bootstrap-server", "nonsense"),
        ("tui", "--once", "--cluster", "no-such-cluster"),
        ("tui", "--cluster", "a", "--bootstrap-server", "b:1"),
        ("grade", "/nowhere/notebook.ipynb"),
        ("grade", "/proc"),
        ("dump-log", "/nowhere"),
        ("dump-log", "--hex", "--json", "/nowhere"),
        ("bench", "storage", "--size", "big"),
        ("bench", "storage", "--data", "/proc/nowhere"),
        ("bench", "--seconds", "0"),
    ],
)
def test_the_other_commands(args: tuple[str, ...]) -> None:
    refused((), *args)


# -- fewer brokers than have data ------------------------------------------------------------------------------


def test_fewer_brokers_than_have_data_are_refused_before_anything_is_led_by_nobody(data: Path) -> None:
    before = sorted(data.rglob("*"))
    refused(("broker-2, broker-3", "--brokers 3", "--fewer-brokers"), "up", "--brokers", 1, "--data", data)
    assert sorted(data.rglob("*")) == before


def test_fewer_will_do_where_that_is_said(data: Path) -> None:
    with Cluster(brokers=1, data=data, fewer_brokers=True, announce=False) as cluster:
        leaders = {p.leader for p in cluster.snapshot().topic("orders").partitions}
        assert leaders == {"broker-1", None}
    with Cluster(brokers=None, data=data, announce=False) as cluster:
        assert len(cluster.hosts) == 4
        cluster.wait_until(lambda s: not s.topic("orders").offline)


def test_more_brokers_than_there_were_are_more_brokers(data: Path) -> None:
    with Cluster(brokers=4, data=data, announce=False) as cluster:
        cluster.wait_until(lambda s: len(s.brokers) == 4 and not s.topic("orders").offline)


# -- what nobody foresaw ---------------------------------------------------------------------------------------


def test_an_exception_without_a_text_has_its_class_and_place() -> None:
    def fault() -> None:
        raise AssertionError

    try:
        fault()
    except AssertionError as error:
        sentence = why_not_started(error)
        assert sentence.startswith(
            "It could not start: AssertionError (in fault, test_starts_that_fail.py line "
        )
        assert unforeseen(KeyError("x")) == "KeyError: 'x'"


@pytest.mark.parametrize(
    "problem",
    [
        OSError(),
        ValueError(),
        OSError(5, ""),
        TimeoutError(),
        ConnectionError(),
        RuntimeError(),
        KeyError(),
        DiskLocked(),
        Exception("\n"),
    ],
)
def test_no_reason_is_empty(problem: Exception) -> None:
    sentence = why_not_started(problem)
    assert sentence.endswith((".", "?"))
    assert len(sentence) > 10
    assert ": ." not in sentence and "\n" not in sentence


def test_a_folder_for_announcements_that_cannot_be_keeps_nobody_from_working(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MINIKAFKA_STATE_DIR", "/proc/nowhere")
    with (
        pytest.warns(RuntimeWarning, match="`minikafka tui` won't find this cluster: No such file"),
        Cluster(brokers=1) as cluster,
    ):
        cluster.create_topic("orders")
