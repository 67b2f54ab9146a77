"""The lab's measurements with tiny sizes: their structure, their units, and that they leave nothing behind.

Nothing is said about how fast anything is.
"""

import dataclasses
import itertools
import sys

import pytest

from minikafka_lessons import measure
from minikafka_lessons.measure import free, rounds, scratch
from minikafka_lessons.measure.batches import BATCH_RECORDS, CODECS, KINDS
from minikafka_lessons.measure.codecs import FOUR_KINDS
from minikafka_lessons.measure.memory import FORMS
from minikafka_lessons.measure.results import MIB, Unmeasured, size, spread_words, thousands, three

TINY_S = 0.02
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells pages and memory")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Where the files go, and that none is left."""
    monkeypatch.setenv(scratch.DIRECTORY_VARIABLE, str(tmp_path))
    yield tmp_path
    assert list(tmp_path.iterdir()) == []


def measured(what, *arguments):
    """Its result, or a loud skip with the sentence that a learner would read."""
    found = what(*arguments)
    if not found:
        pytest.skip(f"{what.__name__} was not tested: {found.reason}")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.file_bytes = 0
    html = found._repr_html_()
    assert all(str(cell) in html for row in found.rows() for cell in row[:1])
    assert {len(row) for row in found.rows()} == {len(found.headers())}
    figure = found.figure().html
    assert figure.startswith("<svg")
    assert "#010203" not in figure, "a colour that is not the page's own"
    return found


def fine(spread):
    assert len(spread.values) >= 2
    assert 0 < spread.low <= spread.median <= spread.high


def test_writes():
    found = measured(measure.writes, TINY_S)
    assert len(found.speeds) == 6
    for spread in found.speeds.values():
        fine(spread)
    assert found.ratio("no sync") > 0
    assert found.written_bytes < found.file_bytes


@linux
def test_reads():
    found = measured(measure.reads, TINY_S)
    assert len(found.speeds) == 4
    for spread in (*found.speeds.values(), found.random_memory):
        fine(spread)


@linux
def test_reading_ahead_fetches_at_least_what_was_asked_for_and_never_less_than_before():
    found = measured(measure.read_ahead, 24)
    for steps in (found.in_order, found.at_random):
        assert len(steps) == 24
        assert all(asked <= cached for asked, cached in steps)
        assert [cached for _, cached in steps] == sorted(cached for _, cached in steps)


@linux
@pytest.mark.slow
def test_more_records_take_more_memory_and_bytes_the_least():
    found = measured(measure.memory, TINY_S, 20_000)
    assert found.counts == (5_000, 10_000, 15_000, 20_000)
    for form in FORMS:
        sizes = [spread.median for spread in found.memory_bytes[form]]
        assert sizes == sorted(sizes)
        fine(found.collection_s[form][-1])
        assert 0 <= found.gc_share[form].median < 1
    assert found.ratio("dictionaries") > found.ratio("objects") > 1


@linux
@pytest.mark.slow
def test_a_cache_of_ones_own_is_a_second_copy():
    found = measured(measure.double_caching, TINY_S)
    assert found.copies("cache") > 1.5 * found.copies("read") > 0
    assert found.copies("nothing") < found.copies("read")


@linux
def test_free_memory_becomes_cache_and_direct_io_leaves_it_alone():
    found = measured(measure.free_memory, TINY_S)
    cached = {way: spread.median for way, spread in found.cached.items()}
    assert cached["evicted"] * 4 < cached["written"]
    assert cached["read"] >= found.file_bytes
    assert cached.get("direct", 0) <= cached["evicted"]
    assert list(found.available) == list(found.free) == list(found.cached)


def test_a_system_that_keeps_no_account_of_its_memory_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr("minikafka_lessons.measure.free.ACCOUNT", tmp_path / "nothing")
    with pytest.raises(Unmeasured, match="how much memory is free"):
        free.account()


def test_compression_gets_better_with_the_batch_and_does_nothing_for_random_bytes():
    found = measured(measure.compression, TINY_S)
    for kind, codec in itertools.product(KINDS, CODECS):
        sizes = [found.sizes[(kind, codec, batch)] for batch in BATCH_RECORDS]
        assert sizes[0] == max(sizes)
        if codec != "none":
            fine(found.compressing[(kind, codec)])
            fine(found.decompressing[(kind, codec)])
            assert found.ratio("JSON text", codec) > 1 > found.ratio("random bytes", codec)


def test_four_codecs_and_four_kinds_each_with_its_spread_at_each_size_of_batch():
    found = measured(measure.codecs, TINY_S)
    for kind, codec in itertools.product(FOUR_KINDS, CODECS):
        for batch in BATCH_RECORDS:
            for spreads in (found.smaller, found.packing, found.unpacking):
                fine(spreads[(kind, codec, batch)])
        assert found.ratio(kind, codec, 1) < found.ratio(kind, codec, 1_000)
        assert (found.ratio(kind, codec) > 1) is (codec != "none" and kind != "random bytes")


def test_rounds_are_interleaved_and_the_first_one_does_not_count():
    ran = []
    cases = {name: lambda name=name: ran.append(name) or float(len(ran)) for name in "abc"}
    found = rounds.interleaved(cases, 1e-9)
    assert len(ran) == 3 * (rounds.AT_LEAST + 1)
    assert all(sorted(ran[i : i + 3]) == ["a", "b", "c"] for i in range(0, len(ran), 3))
    assert all(min(spread.values) > 3 for spread in found.values())


def test_a_budget_is_asked_for_or_set_and_is_never_nothing(monkeypatch):
    monkeypatch.setenv(rounds.SECONDS_VARIABLE, "0.5")
    assert (rounds.budget(None), rounds.budget(2)) == (0.5, 2)
    assert rounds.scaled(1_000, 0.4, 10) == 100
    assert rounds.scaled(1_000, 60, 10) == 1_000
    with pytest.raises(ValueError, match="more than 0"):
        rounds.budget(0)


def test_a_disk_that_is_too_full_and_a_system_that_cannot_are_said_in_a_sentence(monkeypatch, tmp_path):
    with pytest.raises(Unmeasured, match="free disk"), scratch.scratch(1 << 60):
        pass
    monkeypatch.setattr(scratch, "page_counts", lambda path: None)
    with pytest.raises(Unmeasured, match="Only Linux"):
        scratch.pages(tmp_path)
    monkeypatch.delattr(scratch.os, "posix_fadvise", raising=False)
    found = measure.reads(TINY_S)
    assert not found
    assert "no posix_fadvise" in found.reason
    assert found._repr_html_() == found.figure().html
    assert not found.ratio() < 1
    assert not found.ratio() >= 1


def test_files_go_even_when_the_measurement_fails():
    def fails():
        with scratch.scratch(MIB) as directory:
            scratch.fill(directory / "x", MIB)
            raise KeyError

    with pytest.raises(KeyError):
        fails()


def test_words():
    assert [three(v) for v in (0, 0.05, 1.234, 12.34, 1234)] == ["0", "0.05", "1.23", "12.3", "1,230"]
    assert [size(v) for v in (12, 2048, 5 * MIB)] == ["12 B", "2.00 KiB", "5.00 MiB"]
    assert spread_words(rounds.Spread((2048.0, 4096.0)), size) == "2.00 – 4.00 KiB"
    assert spread_words(rounds.Spread((12.0, 4096.0)), size) == "12 B – 4.00 KiB"
    assert [thousands(v) for v in (0, 0.25, 1.25, 1.5, 2, 1000, 0.1 + 0.2)] == [
        "0",
        "0.25",
        "1.25",
        "1.5",
        "2",
        "1,000",
        "0.3",
    ]
