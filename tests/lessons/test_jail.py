"""The jail around an answer: what holds it in, also when layers are missing, and what is said where none is left."""

import os
import sys

import pytest

from minikafka_lessons.course import exercise
from minikafka_lessons.grading import jail, trial
from minikafka_lessons.grading.answers import Answer
from minikafka_lessons.grading.marking import grade_answer
from minikafka_lessons.grading.sandbox import PROMISED, AnswerFailed, Code, Raised, Sandbox

NAMES = ["reads", "writes", "connects", "signals", "starts"]
WITHOUT = ["", "bubblewrap", "bubblewrap,landlock", "bubblewrap,seccomp", "landlock,seccomp,user"]
linux = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="no kernel here that could hold an answer"
)


@linux
@pytest.mark.parametrize("without", WITHOUT)
def test_each_layer_holds_without_the_others(monkeypatch, tmp_path, without):
    monkeypatch.setenv(jail.WITHOUT, without)
    secret = tmp_path / "secret"
    secret.write_text("x")
    with Sandbox(Code(trial.SOURCE), NAMES) as sandbox, trial.listening() as listener:
        held = set(sandbox.held)
        if not held & {"bubblewrap", "landlock", "seccomp"}:
            pytest.skip(f"this kernel refuses every layer but {held}: {sandbox.why_not}")
        reads = sandbox.call("reads", [str(secret), jail.__file__])
        said = sandbox.call("connects", listener.port)
        connects = said is not False or listener.heard()
        signals = sandbox.call("signals", os.getpid())
        started = sandbox.call("starts")
    assert reads == []
    # Landlock knows TCP only.
    assert connects is not bool(held & {"bubblewrap", "seccomp"})
    assert signals is not bool(held & {"bubblewrap", "seccomp"} or (sandbox.landlock_version or 0) >= 6)
    assert isinstance(started, Raised) is ("seccomp" in held or ("limits" in held and os.getuid() != 0))
    if not isinstance(started, Raised) and "bubblewrap" not in held:
        assert not trial.alive(started)


@linux
def test_without_any_layer_orphans_end_with_the_answer_and_it_is_said(monkeypatch):
    monkeypatch.setenv(jail.WITHOUT, "all")
    said, names = trial.held()
    assert names == ()
    text = "\n".join(said.sentences())
    assert text.startswith("There is no jail for answers on this machine.")
    assert "✗ CAN read and write" in text
    assert "✗ CAN reach the network" in text
    assert "✓ leaves no process behind" in text
    assert "switches layers off" in said.advice


@linux
def test_what_holds_is_said_in_one_line_each():
    said, names = trial.held()
    if "seccomp" not in names:
        pytest.skip(f"this kernel has no seccomp for us: {said.sentences()}")
    assert [line.holds for line in said.lines] == [True] * 5
    assert said.advice == ""
    assert "seccomp" in said.head
    assert len(said.sentences()) == 7


def test_elsewhere_it_is_said_how_to_get_a_jail(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "Linux container" in trial.advice(())
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv(jail.WITHOUT, raising=False)
    assert "bubblewrap" in trial.advice(("limits",))
    assert "Landlock" in trial.advice(("limits",))


def test_a_jail_that_got_weaker_grades_nothing(monkeypatch):
    monkeypatch.setenv(PROMISED, "limits,a layer that was there")
    grade = grade_answer(Answer(exercise("1a"), Code("def lag(e, c, s):\n    return 1\n")))
    assert "weaker than it was at the start (a layer that was there)" in grade.problem
    assert grade.points == 0


@linux
@pytest.mark.parametrize("without", ["", "bubblewrap,landlock,user"])
def test_pythons_own_library_can_be_imported_in_the_jail(monkeypatch, without):
    monkeypatch.setenv(jail.WITHOUT, without)
    source = (
        "import collections, hashlib, zlib, random, datetime\nfrom decimal import Decimal\nimport xml.dom.minidom\n"
        "def f(x):\n    return hashlib.sha256(b'').hexdigest()[:4], str(Decimal('1.10')), zlib.crc32(b'a')\n"
    )
    with Sandbox(Code(source), ["f"]) as sandbox:
        assert sandbox.call("f", 1) == ("e3b0", "1.10", 3904355907)


@linux
def test_the_scratch_folder_can_be_written_and_is_small():
    source = (
        "def f(x):\n    import tempfile\n    with tempfile.TemporaryFile(dir='.') as file:\n"
        "        return file.write(bytes(1_000_000)) and file.write(bytes(x))\n"
    )
    with Sandbox(Code(source), ["f"]) as sandbox:
        if "bubblewrap" not in sandbox.held:
            pytest.skip("no bubblewrap: nothing can be written at all")
        assert sandbox.call("f", 1_000) == 1_000
        try:
            got = sandbox.call("f", 40_000_000)
        except AnswerFailed:
            return  # the system ended who wrote more
        assert isinstance(got, Raised)


def test_who_hangs_up_and_stays_does_not_keep_the_grader():
    source = "def f(x):\n    import os, time\n    os.closerange(0, 64)\n    time.sleep(1_000)\n"
    with Sandbox(Code(source), ["f"], limit_s=0.2) as sandbox, pytest.raises(AnswerFailed):
        sandbox.call("f", 1)
