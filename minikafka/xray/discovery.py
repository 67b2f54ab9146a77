"""How a viewer finds the clusters that run on this machine: one small file for each.

Rule: a file names a living process, is readable by its owner only (it holds the token), and whoever
lists the files removes those of the dead. This is process-level work outside any world, hence the raw files.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets  # noqa: TID251 - a token must not be guessable, not even from a seed
from pathlib import Path

import msgspec
import platformdirs

from minikafka.world.visible import quoted
from minikafka.xray.snapshot import Snapshot

NONE_FOUND = (
    "No running minikafka cluster found. Start one with `minikafka up`, "
    "or name any Kafka with --bootstrap-server HOST:PORT."
)


class Announcement(msgspec.Struct, frozen=True):
    """A running cluster: whom to ask and with which token."""

    name: str
    pid: int
    port: int
    token: str
    cluster_id: str | None = None
    bootstrap_servers: str = ""
    world: str = "live"
    started_ms: int | None = None

    @property
    def file_name(self) -> str:
        """`<name>-<pid>.json`, with nothing in it that a file name can't hold."""
        return f"{re.sub(r'[^A-Za-z0-9_.-]', '_', self.name)[:80]}-{self.pid}.json"


class NoCluster(LookupError):
    """No cluster of this name runs; the text is one sentence for a person."""


def new_token() -> str:
    """A secret for one server's life."""
    return secrets.token_urlsafe(24)


def clusters_directory() -> Path:
    """Where the files lie: `$MINIKAFKA_STATE_DIR/clusters`, else the user's state directory."""
    home = os.environ.get("MINIKAFKA_STATE_DIR")
    return Path(home or platformdirs.user_state_dir("minikafka", appauthor=False)) / "clusters"


def announce(announcement: Announcement, directory: Path | None = None) -> Path:
    """Write the file (0600, in a 0700 directory) and return its path. OSError when that can't be."""
    directory = directory or clusters_directory()
    directory.mkdir(parents=True, exist_ok=True)
    os.chmod(directory, 0o700)
    path = directory / announcement.file_name
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # noqa: TID251 - process level
    try:
        os.write(descriptor, msgspec.json.encode(announcement))
    finally:
        os.close(descriptor)
    os.replace(temporary, path)
    return path


def withdraw(path: Path) -> None:
    """Remove the file of a cluster that stops."""
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def running_clusters(directory: Path | None = None) -> list[Announcement]:
    """The living clusters, newest first; files of dead processes, and files that are none of ours, go."""
    directory = directory or clusters_directory()
    found = []
    for path in sorted(directory.glob("*.json")) if directory.is_dir() else ():
        try:
            announcement = msgspec.json.decode(path.read_bytes(), type=Announcement)
        except FileNotFoundError:
            continue
        except (OSError, msgspec.DecodeError, UnicodeDecodeError):
            withdraw(path)
            continue
        if is_alive(announcement.pid):
            found.append(announcement)
        else:
            withdraw(path)
    return sorted(found, key=lambda a: (-(a.started_ms or 0), a.name, a.pid))


def find_cluster(name: str | None = None, directory: Path | None = None) -> Announcement:
    """The newest living cluster (of this name). NoCluster, in one sentence, when there is none."""
    running = running_clusters(directory)
    if not running:
        raise NoCluster(NONE_FOUND)
    named = [a for a in running if name is None or a.name == name]
    if not named:
        names = ", ".join(sorted({a.name for a in running}))
        raise NoCluster(f"No running cluster is called {quoted(name or '')}. Running: {names}.")
    return named[0]


def is_alive(pid: int) -> bool:
    """Does a process of this id run?"""
    if pid <= 0:
        return False
    if os.name == "nt":
        return _is_alive_on_windows(pid)
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _is_alive_on_windows(pid: int) -> bool:
    """`os.kill(pid, 0)` would end the process there, so ask for a handle instead."""
    import ctypes

    still_active, query_limited = 259, 0x1000
    kernel = getattr(ctypes, "windll").kernel32  # noqa: B009 - the name exists on Windows only
    handle = kernel.OpenProcess(query_limited, False, pid)
    if not handle:
        return False
    code = ctypes.c_ulong()
    kernel.GetExitCodeProcess(handle, ctypes.byref(code))
    kernel.CloseHandle(handle)
    return bool(code.value == still_active)


def announcement_of(snapshot: Snapshot, *, port: int, token: str, started_ms: int) -> Announcement:
    """The announcement of this process's cluster, from its first picture."""
    return Announcement(
        name=snapshot.name,
        pid=os.getpid(),
        port=port,
        token=token,
        cluster_id=snapshot.cluster_id,
        bootstrap_servers=snapshot.bootstrap_servers,
        world=snapshot.world,
        started_ms=started_ms,
    )
