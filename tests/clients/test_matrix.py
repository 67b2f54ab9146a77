"""Four clients that we did not write: each reads what each other wrote, with every codec."""

import shutil
from collections import defaultdict

import pytest
from clients.conftest import driver

CLIENTS = ("kcat", "confluent", "kafka_python", "aio")
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
QUICK_CODECS = [c if c in ("none", "zstd") else pytest.param(c, marks=pytest.mark.slow) for c in CODECS]
FEW, MANY = 2_000, 100_000


def some_records(count):
    return [
        (b"key %d" % (i % 97), b"record %06d of a batch bus, which says the same again and again" % i)
        for i in range(count)
    ]


def check(found, written):
    """Every record once, with its key; offsets without gaps and values in the order of writing, per partition."""
    assert len(found) == len(written)
    assert sorted((key, value) for _, _, key, value in found) == sorted(written)
    partitions = defaultdict(list)
    for partition, offset, _, value in found:
        partitions[partition].append((offset, value))
    for rows in partitions.values():
        assert [offset for offset, _ in rows] == list(range(len(rows)))
        assert [value for _, value in rows] == sorted(value for _, value in rows)


def write_and_read(bootstrap, topic, writer, codec, count):
    written = some_records(count)
    driver(writer).write(bootstrap, topic, written, codec)
    for reader in CLIENTS:
        if reader == "kcat" and not shutil.which("kcat"):
            continue  # the tests in which kcat writes are skipped with a reason
        check(driver(reader).read(bootstrap, topic, count), written)


@pytest.mark.parametrize("codec", QUICK_CODECS)
@pytest.mark.parametrize("writer", CLIENTS)
@pytest.mark.slow
def test_everyone_reads_what_one_wrote(bootstrap, new_topic, writer, codec):
    driver(writer)
    write_and_read(bootstrap, new_topic(), writer, codec, FEW)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("writer", CLIENTS)
def test_everyone_reads_a_hundred_thousand_records_that_one_wrote(bootstrap, new_topic, writer, codec):
    driver(writer)
    write_and_read(bootstrap, new_topic(), writer, codec, MANY)


@pytest.mark.parametrize("codec", CODECS)
def test_one_topic_holds_what_all_wrote(bootstrap, new_topic, codec):
    topic = new_topic()
    writers = [name for name in CLIENTS if name != "kcat" or shutil.which("kcat")]
    for writer in writers:
        driver(writer).write(bootstrap, topic, some_records(200), codec)
    for reader in writers:
        found = driver(reader).read(bootstrap, topic, 200 * len(writers))
        assert sorted(value for *_, value in found) == sorted(
            [value for _, value in some_records(200)] * len(writers)
        )
