"""Whoever waits for an answer's process where no process namespace does: it ends all that the answer started.

Rule: orphans come to it (it is their subreaper), so that a daemon or a double fork doesn't get away; when the answer
ends, when it is told to end (SIGTERM), or when the grader dies, it kills until nobody is left, and then ends as the
answer did.
"""

from __future__ import annotations

import os
import signal
import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from minikafka_lessons.grading.inside import kernel
else:
    import kernel  # the file beside this one


def divide() -> None:
    """Returns in a child that runs the answer; the parent stays here until everything is over."""
    if not hasattr(os, "fork"):
        return
    watcher = os.getpid()
    if hasattr(os, "O_PATH"):
        kernel.control(kernel.SUBREAPER, 1)
        kernel.control(kernel.DIE_WITH_PARENT, signal.SIGTERM)
    signal.signal(signal.SIGTERM, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGCHLD})
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM, signal.SIGCHLD})
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        return
    for number in (0, 1, 2):
        os.close(number)
    status = wait_for(child)
    kill_all(watcher, child)
    os._exit(status)


def wait_for(child: int) -> int:
    """The child's exit status, as a shell says it; 143 when this process was told to end."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == child:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code
        if pid == 0 and signal.sigwait({signal.SIGTERM, signal.SIGCHLD}) == signal.SIGTERM:
            return 143


def kill_all(watcher: int, child: int) -> None:
    """Every descendant, again and again until there is none: a child's children become ours when it dies."""
    while True:
        for pid in children(watcher, child):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.001)
        except ChildProcessError:
            return


def children(watcher: int, child: int) -> list[int]:
    """The processes whose parent this is; where there is no /proc, the one that it knows."""
    try:
        with open(f"/proc/{watcher}/task/{watcher}/children", "rb") as file:
            return [int(pid) for pid in file.read().split()]
    except OSError:
        pass  # not every kernel keeps that list
    if not os.path.isdir("/proc/self"):
        return [child]
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    parent = int(file.read().rpartition(b")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                continue
            if parent == watcher:
                found.append(int(name))
    return found
