"""The live driver's thread: shared, ended with its last user, safe at exit and after a fork."""

import os
import subprocess
import sys
import textwrap
import threading

import pytest

from minikafka.client import (
    AdminClient,
    Consumer,
    KafkaError,
    KafkaException,
    LiveDriver,
    Producer,
    TopicPartition,
)

NOBODY = {"bootstrap.servers": "127.0.0.1:1,localhost:1", "reconnect.backoff.ms": 1}


def client_threads():
    return [thread for thread in threading.enumerate() if thread.name == "minikafka-client"]


def test_clients_share_one_thread_that_ends_with_the_last():
    with Producer(NOBODY) as producer, AdminClient(NOBODY):
        assert len(client_threads()) == 1
        assert len(producer) == 0
    assert client_threads() == []


def test_a_dropped_client_is_cleaned_up():
    producer = Producer(NOBODY)
    assert len(client_threads()) == 1
    del producer
    assert client_threads() == []


def test_a_wrong_configuration_leaves_no_thread():
    with pytest.raises(KafkaException):
        Producer({"nonsense": 1})
    assert client_threads() == []


def test_a_dead_bootstrap_is_an_error_and_not_a_hang():
    with AdminClient(NOBODY) as admin:
        with pytest.raises(KafkaException) as caught:
            admin.list_topics(timeout=0.3)
        assert caught.value.args[0] == KafkaError._TRANSPORT
        with pytest.raises(KafkaException) as caught:
            admin.describe_cluster(request_timeout=0.3).result(5)
        assert caught.value.args[0] == KafkaError._TIMED_OUT
    consumer = Consumer({**NOBODY, "group.id": "g"})
    consumer.subscribe(["t"])
    assert consumer.poll(0.1) is None
    for ask in (
        lambda: consumer.get_watermark_offsets(TopicPartition("t", 0), timeout=0.2),
        lambda: consumer.committed([TopicPartition("t", 0)], timeout=0.2),
    ):
        with pytest.raises(KafkaException):
            ask()
    consumer.close()


def test_errors_reach_error_cb():
    errors = []
    with Consumer({**NOBODY, "group.id": "g", "error_cb": errors.append}) as consumer:
        consumer.subscribe(["t"])
        consumer.poll(0.3)
    assert errors[0].code() == KafkaError._ALL_BROKERS_DOWN


def test_closing_a_client_twice_is_fine_and_using_it_is_not():
    producer = Producer(NOBODY)
    producer.close()
    producer.close()
    with pytest.raises(RuntimeError, match="closed"):
        producer.produce("t", b"v")


def run(code):
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_program_that_forgets_to_close_ends_by_itself():
    done = run(
        """
        from minikafka.client import Producer, Consumer
        p = Producer({"bootstrap.servers": "127.0.0.1:1"})
        p.produce("t", b"v")
        c = Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "g"})
        c.subscribe(["t"])
        c.poll(0.1)
        """
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_client_from_before_a_fork_says_so_and_a_new_one_works():
    done = run(
        """
        import os, warnings
        warnings.simplefilter("ignore")
        from minikafka.client import AdminClient
        admin = AdminClient({"bootstrap.servers": "127.0.0.1:1"})
        pid = os.fork()
        if pid == 0:
            try:
                admin.list_topics(timeout=0.1)
            except RuntimeError as error:
                print(error)
            try:
                AdminClient({"bootstrap.servers": "127.0.0.1:1"}).list_topics(timeout=0.1)
            except Exception as error:
                print(type(error).__name__)
        else:
            os.waitpid(pid, 0)
        """
    )
    assert "before a fork" in done.stdout
    assert "KafkaException" in done.stdout
    assert done.stderr == ""


def test_a_blocking_call_from_the_loop_itself_is_refused():
    driver = LiveDriver()

    async def inside():
        driver.run(inside())

    with pytest.raises(RuntimeError, match="own event loop"):
        driver.run(inside(), 5)
    driver.close()


def test_importing_the_package_is_cheap():
    done = run(
        """
        import sys
        import minikafka.client
        heavy = {"asyncio", "threading", "minikafka.protocol", "zstandard", "lz4"} & set(sys.modules)
        print(sorted(heavy - {"threading"}))
        """
    )
    assert done.stdout.strip() == "[]"


def test_a_daemon_thread_that_still_waits_ends_with_the_interpreter_without_a_word():
    program = (
        "import threading\nfrom minikafka import Cluster, Consumer\n"
        "cluster = Cluster(brokers=1, announce=False)\ncluster.create_topic('t')\n"
        "c = Consumer({'bootstrap.servers': cluster.bootstrap_servers, 'group.id': 'g'})\nc.subscribe(['t'])\n"
        "threading.Thread(target=c.poll, args=(60,), daemon=True).start()\n"
    )
    done = subprocess.run([sys.executable, "-c", program], timeout=30, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
