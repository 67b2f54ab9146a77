"""What killed processes have left in the system's directory of temporary files goes; what lives is left alone."""

import os
import signal
import subprocess
import sys
import time

import pytest

from minikafka.world import LiveUniverse
from minikafka.world.temporary import LOCK, TemporaryDirectory, sweep

UNIVERSE = """
from minikafka.world import LiveUniverse
universe = LiveUniverse()
(universe.root / "broker-1").mkdir()
(universe.root / "broker-1" / "00000000000000000000.log").write_bytes(b"x" * 1000)
print(universe.root, flush=True)
input()
"""


@pytest.fixture
def process(tmp_path):
    """A process with a cluster's directory below tmp_path; where that is."""
    started = []

    def start():
        one = subprocess.Popen(
            [sys.executable, "-c", UNIVERSE],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(one)
        return one, one.stdout.readline().strip()

    yield start
    for one in started:
        one.kill()
        one.communicate()


def test_a_killed_processs_directory_goes_when_the_next_is_made_and_a_living_ones_stays(tmp_path, process):
    killed, left = process()
    living, used = process()
    killed.send_signal(signal.SIGKILL)
    killed.wait(30)
    assert os.path.isdir(left)
    third, own = process()
    while os.path.exists(left):  # it goes in the background
        time.sleep(0.01)
    assert sorted(os.listdir(tmp_path)) == sorted([os.path.basename(used), os.path.basename(own)])
    assert os.listdir(used + "/broker-1") == ["00000000000000000000.log"]
    assert living.poll() is third.poll() is None


def test_what_is_not_ours_is_not_touched(tmp_path):
    (tmp_path / "minikafka-notes").mkdir()
    (tmp_path / "somebody-else").mkdir()
    (tmp_path / "somebody-else" / LOCK).write_text("")
    (tmp_path / "minikafka-file").write_text("")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / LOCK).write_text("")
    (tmp_path / "minikafka-link").symlink_to(elsewhere)
    mine = TemporaryDirectory(parent=str(tmp_path))
    before = sorted(os.listdir(tmp_path))
    assert sweep(str(tmp_path)) == 0
    assert sorted(os.listdir(tmp_path)) == before
    assert os.listdir(elsewhere) == [LOCK]
    mine.remove()
    mine.remove()
    assert not mine.path.exists()
    with pytest.raises(ValueError, match="begins with"):
        TemporaryDirectory("other-")


def test_a_removal_that_was_killed_in_the_middle_is_finished(tmp_path):
    half = tmp_path / "minikafka-half"
    half.mkdir()
    (half / LOCK).write_text("")
    assert sweep(str(tmp_path)) == 1
    assert not half.exists()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_of_a_fork_neither_removes_nor_keeps_its_parents_directory(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    universe = LiveUniverse()
    reads, writes = os.pipe()
    told, tells = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writes)
        universe.close()
        os.write(tells, b".")
        os.read(reads, 1)
        os._exit(0)
    try:
        assert os.read(told, 1) == b"."
        assert sweep(str(tmp_path)) == 0
        assert universe.root.is_dir()
        # As if the parent had been killed: its descriptors are closed, and the child lives on.
        os.close(universe._temporary.descriptors()[0])
        universe._temporary = None
        assert sweep(str(tmp_path)) == 1
    finally:
        for fd in (writes, reads, told, tells):
            os.close(fd)
        os.waitpid(child, 0)
        universe.close()
