"""A dump reads records the quick way, which agrees with the slow one or leaves it to that; no field is made unasked."""

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from minikafka.dump.command import Dump, Wanted
from minikafka.dump.decode import decode_batch
from minikafka.dump.record import parse_quickly
from minikafka.dump.segment import DumpedBatch
from minikafka.dump.value import BadBytes
from minikafka.records.batch import HEADER_BYTES, NewRecord, build_batch

contents = st.none() | st.binary(max_size=200)
records = st.builds(
    NewRecord,
    st.integers(0, 1 << 40),
    contents,
    contents,
    st.lists(st.tuples(st.text(max_size=5), contents), max_size=3).map(tuple),
)


@given(st.lists(records, min_size=1, max_size=5))
def test_the_quick_way_reads_every_record_that_is_right(wanted: list[NewRecord]) -> None:
    batch = decode_batch(build_batch(wanted))
    payload, position = batch.data()[HEADER_BYTES:], 0
    for record in wanted:
        parsed = parse_quickly(payload, position)
        assert parsed is not None
        assert (parsed.key, parsed.value, parsed.headers) == (record.key, record.value, record.headers)
        assert parsed == batch._slowly(payload, position, 0)[0]
        position = parsed.stop
    assert position == len(payload)


@given(st.binary(max_size=40), records, st.data())
def test_where_it_reads_damaged_bytes_the_slow_way_reads_the_same(
    noise: bytes, record: NewRecord, data: st.DataObject
) -> None:
    batch = decode_batch(build_batch([record]))
    payload = bytearray(batch.data()[HEADER_BYTES:])
    at = data.draw(st.integers(0, len(payload)))
    payload[at : at + len(noise) // 2] = noise
    parsed = parse_quickly(bytes(payload), 0)
    try:
        slowly = batch._slowly(bytes(payload), 0, 0)[0]
    except BadBytes:
        slowly = None
    assert parsed in (None, slowly)


@pytest.mark.parametrize(
    "wanted", [Wanted(deep=True), Wanted(data=True), Wanted(data=True, json=True), Wanted(verify=True)]
)
def test_a_thousand_records_are_shown_without_a_field_and_without_rich(
    wanted: Wanted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both cost more than all the rest: Kafka's tool was ten times as fast."""
    folder = tmp_path / "t-0"
    folder.mkdir()
    some = [NewRecord(1_700_000_000_000 + n, b"k", b"v%d" % n, (("h", b"x"),)) for n in range(1000)]
    (folder / f"{0:020}.log").write_bytes(build_batch(some))
    looks: list[object] = []
    monkeypatch.setattr(DumpedBatch, "_slowly", lambda *a: looks.append(a))
    monkeypatch.setattr(Console, "print", lambda *a, **k: looks.append(a))
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    assert Dump(wanted, Console(file=out)).run([folder]) == 0
    assert not looks
    assert len(out.getvalue().splitlines()) >= (1 if wanted.verify else 1000)
