"""Runs in files: saved by one process, opened by another, and safe to open whatever they are."""

import os
import subprocess
import sys
import zlib
from pathlib import Path

import msgspec
import pytest

from minikafka import Cluster, Rules
from minikafka.cluster.replaying import TapeDiverged
from minikafka.cluster.run_file import NotARun
from minikafka.commands.values import CantBePlayed

from .test_rewind import seen

ROOT = Path(__file__).parents[2]
OPEN = """
import sys
import msgspec
from minikafka import Cluster
sim = Cluster.open(sys.argv[1])
snapshot = msgspec.msgpack.encode(msgspec.structs.replace(sim.snapshot(), version=0)).hex()
print(snapshot, sim.messages(), sim.timeline(), sep="\\n", end="")
"""


@pytest.fixture
def cluster():
    with Cluster(brokers=3, world="simulated", seed=11) as cluster:
        cluster.create_topic("orders", partitions=3)
        producer = cluster.producer()
        for number in range(5):
            producer.produce("orders", b"%d" % number, on_delivery=lambda error, message: None)
        producer.flush()
        cluster.mark("before the kill")
        cluster.kill("broker-1")
        cluster.run(15)
        yield cluster


def test_another_process_under_another_hash_seed_sees_the_same(cluster, tmp_path):
    path = cluster.save(tmp_path / "run.mkr")
    assert path.stat().st_size < 2000
    done = subprocess.run(
        [sys.executable, "-c", OPEN, str(path)],
        env={**os.environ, "PYTHONHASHSEED": "77", "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    snapshot, timeline = seen(cluster)
    assert done.stdout.decode() == "\n".join([snapshot.hex(), str(cluster.messages()), timeline])


def test_an_opened_run_goes_on_and_back(cluster, tmp_path):
    path = cluster.save(tmp_path / "run.mkr")
    with Cluster.open(path) as again:
        assert seen(again) == seen(cluster)
        assert again.tape() == cluster.tape()
        again.clients["client-2"].produce("orders", b"more")
        again.clients["client-2"].flush()
        again.rewind(to="before the kill")
        assert again.snapshot().broker("broker-1").state == "running"
        again.save(path)
    with Cluster.open(path) as once_more:
        assert once_more.snapshot().broker("broker-1").state == "running"


def test_a_moment_in_the_middle_of_something_has_a_mark_that_a_file_keeps(cluster, tmp_path):
    elected = [one.at for one in cluster.events() if one.event.kind == "LeaderElected"][-1]
    cluster.mark("elected", elected + 1e-9)
    with pytest.raises(ValueError, match="is not in it"):
        cluster.mark("tomorrow", cluster.now + 1)
    path = cluster.save(tmp_path / "run.mkr")
    with Cluster.open(path) as again:
        again.rewind("elected")
        assert again.events()[-1].at == elected
        again.rewind("before the kill")
        assert "broker-1" in [host.name for host in again.snapshot().brokers if host.state == "running"]
        again.rewind("elected")
        assert again.events()[-1].at == elected
        again.run(1)
        assert again.mark("now").length > 0
        again.rewind("elected")


def test_a_run_that_was_made_without_messages_opens_with_them(tmp_path):
    with Cluster(3, world="simulated", seed=1, message_events=False) as cluster:
        cluster.create_topic("orders", 1, 3)
        cluster.run(1)
        path, now = cluster.save(tmp_path / "run.mkr"), cluster.now
    with Cluster.open(path, message_events=True) as again:
        assert again.now == now
        assert again.messages(api="FETCH")
        again.rewind(now / 2)
        assert again.messages()


def test_a_run_that_was_cut_short_by_a_rewind_is_saved_as_well(cluster, tmp_path):
    cluster.rewind(to=cluster.now - 7.7)
    cluster.mark("here")
    with Cluster.open(cluster.save(tmp_path / "run.mkr")) as again:
        assert seen(again) == seen(cluster)
        again.run(3)
        again.rewind(to="here")
        assert seen(again) == seen(cluster)


def test_a_rule_of_ones_own_is_asked_for_by_name(tmp_path):
    def least(current, leader_end_offset, isr_end_offsets):
        return max(current, min([leader_end_offset, *isr_end_offsets]))

    def never(current, leader_end_offset, isr_end_offsets):
        return current

    with Cluster(brokers=3, world="simulated", seed=2, rules=Rules(high_watermark=least)) as cluster:
        cluster.create_topic("orders")
        producer = cluster.producer()
        producer.produce("orders", b"x")
        producer.flush()
        path = cluster.save(tmp_path / "run.mkr")
        with pytest.raises(CantBePlayed, match="high_watermark"):
            Cluster.open(path)
        with pytest.raises(ValueError, match="There is no rule 'watermark'; there are: "):
            Cluster.open(path, rules={"watermark": least})
        with pytest.raises(TapeDiverged, match="can't repeat the run"):
            Cluster.open(path, rules={"high_watermark": never})
        with Cluster.open(path, rules={"high_watermark": least}) as again:
            assert seen(again) == seen(cluster)


def rewritten(data, change):
    """The content of a file, changed."""
    first, _, packed = data.partition(b"\n")
    content = msgspec.json.decode(zlib.decompress(packed))
    change(content)
    return first + b"\n" + zlib.compress(msgspec.json.encode(content))


def other_end(content):
    content["tape"]["end"]["digest"] += 1


def crowded(content):
    content["tape"]["entries"][0]["command"]["partitions"] = 10**9


def endless(content):
    content["tape"]["entries"][-1]["command"]["seconds"] = 9e8


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda data: data[:-20], "cut off"),
        (lambda data: data.replace(b"run 1", b"run 9"), "has format 9, and this minikafka"),
        (lambda data: b"\x80\x04pickle", "is not a saved run"),
        (lambda data: b"", "is not a saved run"),
        (lambda data: data[:30] + b"\xff\xff" + data[32:], "damaged"),
        (lambda data: b"minikafka run 1\n" + zlib.compress(b"[" * 5000), "damaged"),
        (
            lambda data: b"minikafka run 1\n" + zlib.compress(bytes(300 << 20), 1),
            "too large: more than 256 MB",
        ),
        (
            lambda data: rewritten(data, lambda c: c["tape"]["setup"].update(brokers=10**9)),
            "1000000000 brokers",
        ),
        (lambda data: rewritten(data, crowded), "1000000000 partitions"),
        (lambda data: rewritten(data, lambda c: c["tape"].update(version=1)), "of version 1"),
    ],
)
def test_what_is_no_run_is_refused_in_one_sentence(cluster, tmp_path, change, sentence):
    path = cluster.save(tmp_path / "run.mkr")
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(NotARun, match=sentence) as refused:
        Cluster.open(path)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(("change", "sentence"), [(other_end, "others than"), (endless, "the run is at")])
def test_a_forged_run_is_found_out(cluster, tmp_path, change, sentence):
    path = cluster.save(tmp_path / "run.mkr")
    path.write_bytes(rewritten(path.read_bytes(), change))
    with pytest.raises(TapeDiverged, match=f"can't repeat the run: .*({sentence})"):
        Cluster.open(path)
