"""The controller's directory, or a part of it, is gone, and the brokers' are there: no other cluster begins on them."""

import shutil

import pytest

from minikafka import Cluster
from minikafka.quorum import MetadataLost


@pytest.fixture
def data(tmp_path):
    with Cluster(brokers=1, data=tmp_path, announce=False) as cluster:
        cluster.create_topic("orders")
        producer = cluster.producer()
        producer.produce("orders", b"precious")
        assert producer.flush(10) == 0
    return tmp_path


def files_of_brokers(data):
    return {path: path.read_bytes() for path in sorted(data.glob("broker-*/**/*")) if path.is_file()}


@pytest.mark.parametrize("lost", ["controller-1", "controller-1/__cluster_metadata-0"])
def test_a_lost_metadata_log_is_refused_in_one_sentence(data, lost):
    before = files_of_brokers(data)
    shutil.rmtree(data / lost)
    for _ in range(2):
        with pytest.raises(MetadataLost, match=r"committed|There is no metadata log in .* belong to cluster"):
            Cluster(brokers=1, data=data, announce=False)
    assert files_of_brokers(data) == before


def test_a_lost_name_of_the_cluster_is_known_by_the_brokers(data):
    (data / "controller-1" / "meta.properties").unlink()
    with Cluster(brokers=1, data=data, announce=False) as cluster:
        consumer = cluster.consumer({"group.id": "g", "auto.offset.reset": "earliest"})
        consumer.subscribe(["orders"])
        assert consumer.poll(20).value() == b"precious"
        consumer.close()
    assert (data / "controller-1" / "meta.properties").exists()
