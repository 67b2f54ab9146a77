"""`minikafka up` as a process: it says where it is, ends when asked, and forgets nothing when killed."""

import json
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
from clients.drivers import confluent
from oracle.script import until

BROKERS = 3
MINIKAFKA = [sys.executable, "-c", "from minikafka.cli import main; main()"]
START_S = 60


@contextmanager
def up(data, *options):
    """The running process and its bootstrap servers."""
    process = subprocess.Popen(
        [
            *MINIKAFKA,
            "up",
            "--brokers",
            str(BROKERS),
            "--data",
            str(data),
            *options,
        ],
        stdout=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process, process.stdout.readline().strip()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)
        process.stdout.close()


def answers(bootstrap):
    """Does every broker take connections?"""
    for address in bootstrap.split(","):
        host, port = address.rsplit(":", 1)
        with socket.socket() as probe:
            probe.settimeout(2)
            if probe.connect_ex((host, int(port))) != 0:
                return False
    return True


def test_it_prints_its_addresses_and_ends_cleanly_when_asked(tmp_path):
    with up(tmp_path) as (process, bootstrap):
        assert len(bootstrap.split(",")) == BROKERS
        assert answers(bootstrap)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
        assert not answers(bootstrap)


def test_it_prints_json_when_asked(tmp_path):
    with up(tmp_path, "--json") as (process, line):
        about = json.loads(line)
        assert len(about["bootstrap_servers"].split(",")) == BROKERS
        assert len(about["cluster_id"]) == 22
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_every_acknowledged_record_is_there_again(tmp_path, ending):
    written = [(b"key %d" % (i % 50), b"value %05d" % i) for i in range(5_000)]
    with up(tmp_path) as (process, bootstrap):
        confluent.create_topic(bootstrap, "orders", 6)
        confluent.write(bootstrap, "orders", written, "lz4")
        process.send_signal(ending)
        process.wait(30)
    with up(tmp_path) as (_, bootstrap):
        until(lambda: confluent.leader(bootstrap, "orders") > 0, "the topic has a leader again", START_S)
        found = confluent.read(bootstrap, "orders", len(written))
        assert sorted((key, value) for _, _, key, value in found) == sorted(written)
        confluent.write(bootstrap, "orders", written[:10], "none")


def test_committed_offsets_are_there_again(tmp_path):
    from confluent_kafka import Consumer, TopicPartition

    def consumer(bootstrap):
        return Consumer({"bootstrap.servers": bootstrap, "group.id": "readers", "enable.auto.commit": False})

    with up(tmp_path) as (process, bootstrap):
        confluent.create_topic(bootstrap, "orders", 1)
        confluent.write(bootstrap, "orders", [(b"k", b"v")] * 10, "none")
        reader = consumer(bootstrap)
        reader.commit(offsets=[TopicPartition("orders", 0, 7)], asynchronous=False)
        reader.close()
        process.kill()
        process.wait(30)
    with up(tmp_path) as (_, bootstrap):
        reader = consumer(bootstrap)
        committed = reader.committed([TopicPartition("orders", 0)], timeout=30)
        reader.close()
        assert committed[0].offset == 7


def test_a_port_in_use_is_one_sentence(tmp_path):
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = str(holder.getsockname()[1])
        done = subprocess.run(
            [
                *MINIKAFKA,
                "up",
                "--brokers",
                "1",
                "--port",
                port,
                "--data",
                str(tmp_path),
            ],
            capture_output=True,
            text=True,
            timeout=60,
            stdin=subprocess.DEVNULL,
        )
    assert done.returncode != 0
    assert "in use" in done.stderr
    assert "Traceback" not in done.stderr
