"""How much of a file is in the page cache: known on Linux, unknown elsewhere, and looking is free of effects."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

from minikafka.world import LiveUniverse, SimulatedUniverse, residency
from minikafka.world.residency import page_counts

MIB = 1 << 20
linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux tells the residency of files"
)


def written(directory: Path, size_bytes: int = 4 * MIB) -> Path:
    path = directory / "some.log"
    path.write_bytes(os.urandom(size_bytes))
    return path


def evicted(path: Path) -> None:
    """Out of the page cache, or a loud skip where this file system can't."""
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(fd)


def by_mincore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(residency, "_by_cachestat", lambda libc, fd: None)


@linux
@pytest.mark.parametrize("way", ["cachestat", "mincore"])
def test_what_was_just_written_is_resident_and_what_was_evicted_is_not(tmp_path, monkeypatch, way):
    if way == "mincore":
        by_mincore(monkeypatch)
    path = written(tmp_path)
    counts = page_counts(str(path))
    assert counts.pages == 4 * MIB // counts.page_bytes
    assert counts.resident == counts.pages
    evicted(path)
    after = page_counts(str(path))
    if after.resident > after.pages // 2:
        pytest.skip(f"the file system of {tmp_path} keeps its pages (tmpfs?): eviction was not tested")
    assert page_counts(str(path)).resident == after.resident, "looking read pages in"
    path.read_bytes()
    assert page_counts(str(path)).resident == counts.pages


@linux
def test_both_ways_agree_and_an_odd_end_counts_as_a_page(tmp_path, monkeypatch):
    path = written(tmp_path, 3 * MIB + 1)
    first = page_counts(str(path))
    by_mincore(monkeypatch)
    second = page_counts(str(path))
    assert first[:2] == second[:2] == (-(-(3 * MIB + 1) // first.page_bytes),) * 2
    assert second.dirty is None
    path.write_bytes(b"")
    assert page_counts(str(path))[:2] == (0, 0)


@linux
def test_dirty_pages_are_clean_after_a_sync(tmp_path):
    path = written(tmp_path)
    if page_counts(str(path)).dirty is None:
        pytest.skip("no cachestat here (Linux before 6.5, or a sandbox): dirty pages were not tested")
    fd = os.open(path, os.O_RDONLY)
    os.fsync(fd)
    os.close(fd)
    assert page_counts(str(path)).dirty == 0


@linux
def test_files_in_memory_are_always_resident():
    if not os.path.isdir("/dev/shm"):
        pytest.skip("no /dev/shm")
    with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
        counts = page_counts(str(written(Path(directory), MIB)))
        assert counts is None or counts.resident == counts.pages


def test_other_systems_and_the_simulated_world_say_unknown(tmp_path, monkeypatch):
    residency._libc.cache_clear()
    monkeypatch.setattr(residency.sys, "platform", "darwin")
    try:
        assert page_counts(str(written(tmp_path, 10))) is None
        universe = LiveUniverse(tmp_path / "hosts")
        disk = universe.world("broker-1").disk
        disk.open("a", create=True).append(b"x")
        assert disk.residency("a") is None
        universe.close()
    finally:
        residency._libc.cache_clear()
    disk = SimulatedUniverse(1).world("broker-1").disk
    disk.open("a", create=True).append(b"x")
    assert disk.residency("a") is None


@linux
def test_a_missing_file_is_an_error_of_the_disk(tmp_path):
    with pytest.raises(FileNotFoundError):
        page_counts(str(tmp_path / "none"))
