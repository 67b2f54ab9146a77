from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikafka.policy import murmur2, next_sticky_partition, partition_for_key


@pytest.mark.parametrize(
    ("key", "signed_hash"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_gives_what_the_java_client_computes(key: bytes, signed_hash: int) -> None:
    assert murmur2(key) == signed_hash & 0xFFFFFFFF


@given(st.binary(max_size=70))
def test_murmur2_agrees_with_kafka_python(key: bytes) -> None:
    oracle = pytest.importorskip("kafka.partitioner.default")
    assert murmur2(key) == oracle.murmur2(key)


@pytest.mark.parametrize(
    ("key", "partition"), [(b"", 681), (b"a", 524), (b"ab", 434), (b"abc", 107), (b"123456789", 566)]
)
def test_a_key_goes_where_other_clients_send_it(key: bytes, partition: int) -> None:
    assert partition_for_key(key, 1000) == partition


@given(st.binary(), st.integers(1, 100))
def test_a_partition_exists(key: bytes, partition_count: int) -> None:
    assert 0 <= partition_for_key(key, partition_count) < partition_count


@given(st.lists(st.integers(0, 50), min_size=2, unique=True), st.integers(), st.data())
def test_the_sticky_partition_changes_while_there_is_another(
    available: list[int], seed: int, data: st.DataObject
) -> None:
    current = data.draw(st.sampled_from(available))
    chosen = next_sticky_partition(available, current, Random(seed))
    assert chosen in available
    assert chosen != current


def test_a_lone_partition_stays() -> None:
    assert next_sticky_partition([4], 4, Random(1)) == 4
