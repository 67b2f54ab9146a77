"""Where hostile answers are let loose: for each a folder, a gradebook, a port and a stranger's process of its own, so
that what got out is known by name. As a program it prints docs/GRADING.md's table.

Rule: the answers are graded by the command, all in one run, as root or as an ordinary user, with the layers one wants.
"""

import json
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hostile_answers import HOSTILE, RAW, RIGHT

import minikafka
from minikafka_lessons.course import lesson

ROOT = Path(minikafka.__file__).parent.parent
USER = 12_345
LIBRARY = ROOT / "lessons" / "minikafka_lessons" / "grading"


@dataclass
class Outcome:
    """What became of one answer. `escaped`: what it did outside of its process."""

    points: float | None
    said: str
    escaped: list[str] = field(default_factory=list)


class Stage:
    """One answer's surroundings."""

    def __init__(self, folder: Path, name: str, as_user: int | None) -> None:
        self.folder, self.evidence = folder, folder / "evidence"
        self.evidence.mkdir(parents=True)
        self.evidence.chmod(0o777)
        self.gradebook, ann = folder / "gradebook.csv", folder / "ann.py"
        self.gradebook.write_text("ann,8\n")
        ann.write_text(RIGHT)
        self.gradebook.chmod(0o666)
        folder.chmod(0o777)
        self.mark = LIBRARY / f"{folder.parent.name}-mark"
        source = HOSTILE[name].source
        self.victim: subprocess.Popen[bytes] | None = None
        self.listener: socket.socket | None = None
        if "{victim}" in source:
            self.victim = subprocess.Popen(["sleep", "7200"], user=as_user, group=as_user)
        if "{port}" in source:
            self.listener = socket.create_server(("127.0.0.1", 0))
            self.listener.setblocking(False)
        values = {
            "evidence": self.evidence,
            "victim": self.victim.pid if self.victim else 0,
            "port": self.listener.getsockname()[1] if self.listener else 0,
            "lesson": lesson(1).source,
            "root": ROOT,
            "mark": self.mark,
            "packages": next(p for p in sys.path if p.endswith("site-packages")),
            "home": Path.home(),
        }
        for word, value in values.items():
            source = source.replace(f"{{{word}}}", str(value))
        self.answer = folder / "answer.py"
        self.answer.write_text(f'# %% exercise="1a"\n{source}')

    def escaped(self) -> list[str]:
        """What is no longer as it was."""
        found = [f"made {path.name}" for path in sorted(self.evidence.iterdir())]
        if not self.gradebook.exists():
            found.append("removed the gradebook")
        elif self.gradebook.stat().st_mode & 0o777 != 0o666:
            found.append("closed the gradebook")
        elif self.gradebook.read_text() != "ann,8\n":
            found.append("wrote the gradebook")
        if self.victim is not None and self.victim.poll() is not None:
            found.append("killed a stranger")
        if self.listener is not None:
            try:
                self.listener.accept()
                found.append("reached the network")
            except BlockingIOError:
                pass
        if str(self.mark) in self.answer.read_text() and self.mark.exists():
            self.mark.unlink()
            found.append("wrote into the library")
        return found

    def close(self) -> None:
        if self.victim is not None:
            self.victim.kill()
            self.victim.wait()
        if self.listener is not None:
            self.listener.close()


def let_loose(
    names: Iterable[str], *, without: str = "", as_user: bool = False
) -> tuple[dict[str, Outcome], list[str]]:
    """Grade them in one run. Returns what became of each, and the grader's first words."""
    names = [n for n in names if platform.machine() == "x86_64" or RAW not in HOSTILE[n].source]
    arena = Path(tempfile.mkdtemp(prefix="hostile-"))
    arena.chmod(0o755)
    stages = {
        name: Stage(arena / re.sub(r"\W+", "-", name), name, USER if as_user else None) for name in names
    }
    command = [sys.executable] if not as_user else user_python(arena)
    began = time.time()
    try:
        done = subprocess.run(
            [*command, "-m", "minikafka.cli", "grade", "--json", *(str(s.answer) for s in stages.values())],
            capture_output=True,
            text=True,
            errors="replace",
            cwd=arena,
            env={
                **os.environ,
                "MINIKAFKA_JAIL_WITHOUT": without,
                **({"HOME": "/nonexistent"} if as_user else {}),
            },
        )
        assert done.returncode in (0, 1, 2), done.stderr
        results = json.loads(done.stdout)
        time.sleep(5.0 if "daemon" in names else 0.1)
        found = {}
        for name, result in zip(names, results, strict=True):
            first = result["exercises"][0] if result["exercises"] else None
            said = (
                first["problem"] or " ".join(m["message"] for m in first["marks"])
                if first
                else result["problem"]
            )
            escaped = stages[name].escaped()
            found[name] = Outcome(first["points"] if first else None, said, escaped)
        for name in [n for n in left_behind(began) if n in found]:
            found[name].escaped.append("left a process behind")
        return found, done.stderr.splitlines()
    finally:
        for stage in stages.values():
            stage.close()
        shutil.rmtree(arena, ignore_errors=True)


def left_behind(began: float) -> list[str]:
    """Who has a process that lives on, and nobody who waits for it? Ends it."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
            parent = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
            above = Path(f"/proc/{parent}/cmdline").read_bytes()
            started = Path(f"/proc/{pid}").stat().st_mtime
        except (OSError, ValueError):
            continue
        # Who has a parent is somebody else's answer, of a grading beside this one.
        if started < began or not (parent == 1 or b"systemd" in above):
            continue
        name = (
            "fork_exec" if b"77.25" in command else "forks" if b"grading/inside/worker.py" in command else ""
        )
        if name:
            found.append(name)
            os.kill(int(pid), signal.SIGKILL)
    return sorted(set(found))


def user_python(arena: Path) -> list[str]:
    """A Python that an ordinary user can run, with what this one has; raises LookupError where there is none."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for python in (os.path.realpath(sys.executable), f"/usr/bin/{version}", f"/usr/local/bin/{version}"):
        # Through a shell: setpriv itself looks for the program with root's rights.
        as_user = ["setpriv", "--reuid", str(USER), "--regid", str(USER), "--clear-groups"]
        as_user += ["sh", "-c", 'exec "$0" "$@"']
        if (
            not os.path.exists(python)
            or subprocess.run([*as_user, python, "-c", ""], capture_output=True).returncode
        ):
            continue
        home = arena / "python"
        subprocess.run([python, "-m", "venv", "--without-pip", str(home)], check=True)
        site = next((home / "lib").glob("python*/site-packages"))
        lines = [f"import site; site.addsitedir({p!r})" for p in sys.path if p.endswith("-packages")]
        (site / "all.pth").write_text("\n".join(lines) + "\n")
        command = [*as_user, str(home / "bin" / "python")]
        tried = subprocess.run(
            [*command, "-c", "import minikafka_lessons.grade"], capture_output=True, cwd="/"
        )
        if tried.returncode == 0:
            return command
    raise LookupError("no Python that an ordinary user can run has minikafka's packages")


WAYS = {
    "jail, root": {},
    "jail, user": {"as_user": True},
    "no bubblewrap, root": {"without": "bubblewrap"},
    "no bubblewrap, user": {"without": "bubblewrap", "as_user": True},
    "seccomp and limits, user": {"without": "bubblewrap,landlock", "as_user": True},
    "no jail, root": {"without": "all"},
    "no jail, user": {"without": "all", "as_user": True},
}


def main() -> None:
    """The table."""
    ways = {name: WAYS[name] for name in sys.argv[1:] or WAYS}
    columns = {}
    for way, options in ways.items():
        began = time.time()
        columns[way], words = let_loose(HOSTILE, **options)
        print(f"\n{way} ({time.time() - began:.0f} s)\n" + "\n".join(words), file=sys.stderr)
    print("| answer | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for name in HOSTILE:
        row = []
        for found in columns.values():
            outcome = found[name]
            points = "not graded" if outcome.points is None else f"{outcome.points:g}"
            row.append(", ".join([points, *(f"**{e}**" for e in outcome.escaped)]))
        print(f"| {name} | " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
