"""Where an interrupt may come: at a cell's own lines and while something waits, not between two lines of a client."""

import os
import signal
import sys
import threading
import time
from types import SimpleNamespace

import pytest

import minikafka
import minikafka_lessons
from minikafka_lessons.interrupts import (
    AT_MOST_S,
    IMPORTING,
    IMPORTING_AT_MOST_S,
    WHOLE_AT_MOST_S,
    CellInterrupts,
    put_off_s,
)

CLIENT = os.path.join(os.path.dirname(minikafka.__file__), "client", "producer.py")
LESSONS = os.path.join(os.path.dirname(minikafka_lessons.__file__), "live.py")
LOCKS = threading.__file__
CELL = "/tmp/ipykernel_1/2.py"


def frame_at(*places):
    """The innermost frame of calls through these (file, function), from the outermost on; and the cell's globals."""
    space, frame = {}, None
    for file, name in places:
        code = SimpleNamespace(co_filename=file, co_name=name)
        frame = SimpleNamespace(f_code=code, f_globals=space if file == CELL else {}, f_back=frame)
    return frame, space


@pytest.mark.parametrize(
    ("places", "limit_s"),
    [
        ([(CELL, "cell")], 0.0),
        ([(CELL, "cell"), ("numpy.py", "sort")], 0.0),
        ([(CELL, "cell"), (CLIENT, "produce")], AT_MOST_S),
        ([(CELL, "cell"), (CLIENT, "poll"), (LOCKS, "notify")], AT_MOST_S),
        ([(CELL, "cell"), (CLIENT, "poll"), (LOCKS, "wait")], 0.0),
        ([(CELL, "cell"), (CLIENT, "close"), (LOCKS, "wait")], WHOLE_AT_MOST_S),
        ([(CELL, "cell"), (CLIENT, "__init__"), (LOCKS, "wait")], WHOLE_AT_MOST_S),
        ([(CELL, "cell"), (LESSONS, "begin"), (LESSONS, "find_source")], WHOLE_AT_MOST_S),
        ([(CELL, "cell"), (LESSONS, "producer")], AT_MOST_S),
        ([("IPython.py", "run_cell")], AT_MOST_S),
        (
            [(CELL, "cell"), (IMPORTING + "_bootstrap>", "_load"), ("numpy.py", "<module>")],
            IMPORTING_AT_MOST_S,
        ),
    ],
)
def test_where_it_is_put_off(places, limit_s):
    assert put_off_s(*frame_at(*places)) == limit_s


@pytest.fixture
def interruptible():
    """A job in the background begins with SIGINT ignored."""
    given = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, given)


@pytest.mark.usefixtures("interruptible")
def test_it_comes_a_little_later_and_nothing_is_left_set():
    before = signal.getsignal(signal.SIGINT)
    space = {"signal": signal, "time": time}
    client = dict(space)
    exec(compile("def client():\n    signal.raise_signal(signal.SIGINT)\n", CLIENT, "exec"), client)
    exec(compile("def cell():\n    client()\n    done.append(1)\n    time.sleep(5)\n", CELL, "exec"), space)
    space["client"], space["done"] = client["client"], []
    interrupts = CellInterrupts(space)
    interrupts.begin()
    try:
        with pytest.raises(KeyboardInterrupt):
            space["cell"]()
    finally:
        interrupts.end()
    assert space["done"] == [1], "the client came to its end"
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.usefixtures("interruptible")
def test_what_took_long_to_be_made_gets_its_name_first(monkeypatch):
    """Else nobody could close it."""
    monkeypatch.setattr("minikafka_lessons.interrupts.AT_MOST_S", 0.05)
    made = "class Made:\n    def __init__(self):\n        signal.raise_signal(signal.SIGINT)\n        time.sleep(0.2)\n"
    asked = (
        "def producer():\n    made = Made()\n    for n in range(100_000): pass\n    names.append('given')\n"
    )
    space, ours = {"time": time}, {"signal": signal, "time": time, "names": []}
    exec(compile(made, CLIENT, "exec"), ours)
    exec(compile(asked, LESSONS, "exec"), ours)
    exec(compile("def cell():\n    producer()\n    time.sleep(5)\n", CELL, "exec"), space)
    space["producer"] = ours["producer"]
    interrupts = CellInterrupts(space)
    interrupts.begin()
    try:
        with pytest.raises(KeyboardInterrupt):
            space["cell"]()
    finally:
        interrupts.end()
    assert ours["names"] == ["given"]


@pytest.mark.usefixtures("interruptible")
def test_an_import_comes_to_its_end(tmp_path, monkeypatch):
    """Half of matplotlib, imported again, has two classes of a name."""
    inner = "import signal\nsignal.raise_signal(signal.SIGINT)\nimport time\ntime.sleep(0.1)\nwhole = True\n"
    (tmp_path / "torn_inside.py").write_text(inner)
    (tmp_path / "torn.py").write_text("from torn_inside import whole\n")
    monkeypatch.syspath_prepend(tmp_path)
    space = {"time": time}
    exec(compile("def cell():\n    import torn\n    time.sleep(5)\n", CELL, "exec"), space)
    interrupts = CellInterrupts(space)
    interrupts.begin()
    try:
        with pytest.raises(KeyboardInterrupt):
            space["cell"]()
    finally:
        interrupts.end()
    assert sys.modules.pop("torn").whole
    assert sys.modules.pop("torn_inside").whole
