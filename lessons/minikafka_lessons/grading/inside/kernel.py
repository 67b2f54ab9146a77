"""What the kernel is asked to refuse to an answer's process: files (Landlock), calls (seccomp), the grader's rights
(a user of its own), memory, time and processes (limits).

Rule: each layer is asked for by itself and says whether it holds; none can be taken back from inside. The process
does this to itself before it has seen a line of the answer.
"""

from __future__ import annotations

import ctypes
import os
import platform
import sys

TYPE_CHECKING = False  # `typing` would be loaded for nothing
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from minikafka_lessons.grading.inside import syscalls
else:
    import syscalls  # the file beside this one

LIMITS = {
    "RLIMIT_CPU": 60,
    "RLIMIT_AS": 1 << 30,
    "RLIMIT_NOFILE": 64,
    "RLIMIT_NPROC": 0,
    "RLIMIT_CORE": 0,
}
SCRATCH = "/scratch"
SCRATCH_BYTES = 16 << 20

NO_NEW_PRIVILEGES, SET_SECCOMP, DIE_WITH_PARENT, SUBREAPER = 38, 22, 1, 36
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
READ = 1 << 2 | 1 << 3
EVERYTHING = {1: (1 << 13) - 1, 2: (1 << 14) - 1, 3: (1 << 15) - 1, 4: (1 << 15) - 1}
"""All rights to files that a version of Landlock knows; from 5 on devices, too."""


def libc() -> ctypes.CDLL:
    """The C library's functions."""
    return ctypes.CDLL(None, use_errno=True)


def control(option: int, *values: int) -> bool:
    """prctl(2). True where the kernel did it."""
    full = [*values, 0, 0, 0, 0][:4]
    done: int = libc().prctl(option, *[ctypes.c_ulong(v) for v in full])
    return done == 0


def limit(scratch: bool) -> bool:
    """Memory, processor time, open files, no processes, no file but small ones in the scratch folder."""
    try:
        import resource
    except ImportError:
        return False
    wanted = {**LIMITS, "RLIMIT_FSIZE": SCRATCH_BYTES if scratch else 0}
    for name, value in wanted.items():
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (ValueError, OSError, AttributeError):
            if name in ("RLIMIT_CPU", "RLIMIT_NPROC"):
                return False
    return True


def landlock(paths: Sequence[str], writable: Sequence[str]) -> int:
    """From here on files can be read below `paths`, written below `writable`, and nothing else. Returns the version.

    Raises OSError where the kernel has no Landlock.
    """
    call = libc().syscall
    call.restype = ctypes.c_long
    version: int = call(LANDLOCK_CREATE, None, ctypes.c_size_t(0), 1)
    if version < 1:
        raise OSError(ctypes.get_errno(), "no Landlock")
    rights = EVERYTHING.get(version, (1 << 16) - 1)
    network = 3 if version >= 4 else 0  # bind and connect, TCP
    scope = 3 if version >= 6 else 0  # abstract sockets and signals
    wanted = (ctypes.c_uint64 * 3)(rights, network, scope)
    rules = call(LANDLOCK_CREATE, ctypes.byref(wanted), ctypes.c_size_t(ctypes.sizeof(wanted)), 0)
    if rules < 0:
        raise OSError(ctypes.get_errno(), "no Landlock rules")
    for path, allowed in [*((p, READ) for p in paths), *((p, rights & ~1) for p in writable)]:
        allow_below(call, rules, path, allowed)
    control(NO_NEW_PRIVILEGES, 1)
    if call(LANDLOCK_RESTRICT, rules, 0) != 0:
        raise OSError(ctypes.get_errno(), "Landlock can't be switched on")
    os.close(rules)
    return version


def allow_below(call: Any, rules: int, path: str, allowed: int) -> None:
    """One rule; a path that isn't there needs none."""
    try:
        where = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    if not os.path.isdir(path):
        allowed &= 1 << 1 | 1 << 2 | 1 << 14
    rule = allowed.to_bytes(8, sys.byteorder) + where.to_bytes(4, sys.byteorder)
    done = call(LANDLOCK_ADD, rules, 1, rule, 0)
    os.close(where)
    if done != 0:
        raise OSError(ctypes.get_errno(), f"no rule for {path}")


def seccomp(files: bool, changes: bool) -> None:
    """From here on the calls of `syscalls.py` only. Raises OSError or KeyError where that can't be had."""
    if sys.maxsize < 1 << 32:
        raise KeyError("a Python of 32 bits")
    steps = syscalls.program(platform.machine(), files, changes)
    held = ctypes.create_string_buffer(steps, len(steps))

    class Program(ctypes.Structure):
        _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_void_p)]

    wanted = Program(len(steps) // 8, ctypes.addressof(held))
    control(NO_NEW_PRIVILEGES, 1)
    if libc().prctl(SET_SECCOMP, ctypes.c_ulong(2), ctypes.byref(wanted), 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "no seccomp filter")


def become(user: int) -> None:
    """Another user, one that owns nothing, for good. Raises OSError; nothing has changed then."""
    if user == os.getuid():
        return
    os.setegid(user)
    os.seteuid(user)
    try:
        with open(os.__file__, "rb"):
            pass  # can that user read Python's own library? Else nothing could be imported any more
    finally:
        os.seteuid(0)
        os.setegid(0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
