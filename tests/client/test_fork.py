"""A child of a fork holds no port, lock or loop of its parent, and a client or cluster from before says so."""

import os
import subprocess
import sys
import textwrap

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def run(code):
    done = subprocess.run(
        [sys.executable, "-W", "ignore::DeprecationWarning", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


def test_what_the_parent_closed_is_free_although_a_child_lives():
    lines = run(
        """
        import os, signal, socket, tempfile
        from minikafka import Cluster
        data = tempfile.mkdtemp()
        cluster = Cluster(brokers=1, data=data)
        port = int(cluster.bootstrap_servers.rpartition(":")[2])
        child = os.fork()
        if child == 0:
            signal.pause()
        try:
            cluster.close()
            try:
                socket.create_connection(("127.0.0.1", port), 2)
            except OSError:
                print("nobody listens")
            Cluster(brokers=1, data=data, port=port, announce=False).close()
            print("the port and the directory are free")
        finally:
            os.kill(child, signal.SIGKILL)
        """
    )
    assert lines == ["nobody listens", "the port and the directory are free"]


def test_what_was_made_before_says_so_and_the_parent_goes_on():
    lines = run(
        """
        import os, sys
        from minikafka import AdminClient, Cluster, Consumer, Producer
        cluster = Cluster(brokers=1)
        cluster.create_topic("t")
        boot = {"bootstrap.servers": cluster.bootstrap_servers}
        producer, consumer, admin = Producer(boot), Consumer({**boot, "group.id": "g"}), AdminClient(boot)
        producer.produce("t", b"v")
        producer.flush()
        child = os.fork()
        if child == 0:
            for call in (
                lambda: producer.produce("t", b"v"),
                lambda: producer.poll(0),
                lambda: producer.flush(),
                lambda: consumer.poll(0),
                lambda: consumer.subscribe(["t"]),
                lambda: admin.describe_cluster(),
                lambda: cluster.snapshot(),
                lambda: cluster.producer(),
                lambda: cluster.kill("broker-1"),
                lambda: cluster.close(),
            ):
                try:
                    call()
                    print("no error")
                except RuntimeError as error:
                    assert "before a fork" in str(error), error
            with Producer(boot) as fresh:
                fresh.produce("t", b"of the child")
                assert fresh.flush(10) == 0
            with Cluster(brokers=1) as own:
                own.create_topic("u")
            sys.exit(0)
        assert os.waitpid(child, 0)[1] == 0
        producer.produce("t", b"v")
        assert producer.flush(10) == 0
        consumer.close()
        producer.close()
        admin.close()
        cluster.close()
        print("the parent went on")
        """
    )
    assert lines == ["the parent went on"]
