"""Which system calls an answer's process may make: a filter that the kernel runs (seccomp), as numbers and as bytes.

Rule: what isn't named is refused, so that what a kernel learns tomorrow (as io_uring once) is refused, too. No socket,
no process, no signal to anybody, no call that looks into another process; and no file is opened where nothing else
keeps an answer from the files (`files=False`).
"""

from __future__ import annotations

import struct

ERRNO, ALLOW, KILL = 0x00050000, 0x7FFF0000, 0x80000000
EPERM, ENOTTY, ENOSYS = 1, 25, 38

# The numbers of the two processors that people have: x86-64, and arm64 with the kernel's newer, shared list.
MACHINES: dict[str, tuple[int, dict[str, int]]] = {
    "x86_64": (
        0xC000003E,
        {
            "read": 0, "write": 1, "open": 2, "close": 3, "stat": 4, "fstat": 5, "lstat": 6, "poll": 7, "lseek": 8,
            "mmap": 9, "mprotect": 10, "munmap": 11, "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14,
            "rt_sigreturn": 15, "ioctl": 16, "pread64": 17, "pwrite64": 18, "readv": 19, "writev": 20, "access": 21,
            "pipe": 22, "select": 23, "sched_yield": 24, "mremap": 25, "msync": 26, "mincore": 27, "madvise": 28,
            "dup": 32, "dup2": 33, "pause": 34, "nanosleep": 35, "getitimer": 36, "alarm": 37, "setitimer": 38,
            "getpid": 39, "exit": 60, "uname": 63, "fcntl": 72, "fsync": 74, "fdatasync": 75, "ftruncate": 77,
            "getcwd": 79, "chdir": 80, "fchdir": 81, "rename": 82, "mkdir": 83, "rmdir": 84, "unlink": 87,
            "readlink": 89, "umask": 95, "gettimeofday": 96, "getrlimit": 97, "getrusage": 98, "sysinfo": 99,
            "times": 100, "getuid": 102, "getgid": 104, "geteuid": 107, "getegid": 108, "getppid": 110,
            "getpgrp": 111, "getgroups": 115, "getresuid": 118, "getresgid": 120, "getpgid": 121, "getsid": 124,
            "rt_sigpending": 127, "rt_sigtimedwait": 128, "sigaltstack": 131, "arch_prctl": 158, "setrlimit": 160,
            "gettid": 186, "time": 201, "futex": 202, "sched_getaffinity": 204, "getdents64": 217,
            "set_tid_address": 218, "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229,
            "clock_nanosleep": 230, "exit_group": 231, "openat": 257, "mkdirat": 258, "newfstatat": 262,
            "unlinkat": 263, "renameat": 264, "readlinkat": 267, "faccessat": 269, "pselect6": 270, "ppoll": 271,
            "set_robust_list": 273, "dup3": 292, "pipe2": 293, "prlimit64": 302, "getcpu": 309, "renameat2": 316,
            "getrandom": 318, "membarrier": 324, "statx": 332, "rseq": 334, "clone3": 435, "close_range": 436,
            "faccessat2": 439,
        },
    ),
    "aarch64": (
        0xC00000B7,
        {
            "getcwd": 17, "dup": 23, "dup3": 24, "fcntl": 25, "ioctl": 29, "mkdirat": 34, "unlinkat": 35,
            "renameat": 38, "ftruncate": 46, "faccessat": 48, "chdir": 49, "fchdir": 50, "openat": 56, "close": 57,
            "pipe2": 59, "getdents64": 61, "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66,
            "pread64": 67, "pwrite64": 68, "pselect6": 72, "ppoll": 73, "readlinkat": 78, "newfstatat": 79,
            "fstat": 80, "fsync": 82, "fdatasync": 83, "exit": 93, "exit_group": 94, "set_tid_address": 96,
            "futex": 98, "set_robust_list": 99, "nanosleep": 101, "getitimer": 102, "setitimer": 103,
            "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115, "sched_getaffinity": 123,
            "sched_yield": 124, "restart_syscall": 128, "sigaltstack": 132, "rt_sigaction": 134,
            "rt_sigprocmask": 135, "rt_sigpending": 136, "rt_sigtimedwait": 137, "rt_sigreturn": 139, "times": 153,
            "getpgid": 155, "getsid": 156, "getgroups": 158, "uname": 160, "getrlimit": 163, "setrlimit": 164,
            "getrusage": 165, "umask": 166, "getcpu": 168, "gettimeofday": 169, "getpid": 172, "getppid": 173,
            "getuid": 174, "geteuid": 175, "getgid": 176, "getegid": 177, "gettid": 178, "sysinfo": 179,
            "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222, "mprotect": 226, "msync": 227, "mincore": 232,
            "madvise": 233, "prlimit64": 261, "renameat2": 276, "getrandom": 278, "membarrier": 283, "statx": 291,
            "rseq": 293, "clone3": 435, "close_range": 436, "faccessat2": 439,
        },
    ),
}  # fmt: skip
# What opens or lists files; and what changes a folder: only where there is a scratch folder to change.
OPENS = ("open", "openat")
CHANGES = ("rename", "renameat", "renameat2", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat")
# Calls that are allowed for some values of one argument only: (argument, values).
ONLY: dict[str, tuple[int, tuple[int, ...]]] = {
    "ioctl": (1, (0x5401, 0x5450, 0x5451)),  # is this a terminal? close on exec, or not
    "prlimit64": (0, (0,)),  # its own limits, nobody else's
}
# A pipe can be told to send a signal of one's choice to any process: F_SETOWN, F_SETSIG, F_SETOWN_EX.
NEVER: dict[str, tuple[int, tuple[int, ...]]] = {"fcntl": (1, (8, 10, 15))}
FIRST_UNKNOWN = 450


def _step(code: int, jump_true: int, jump_false: int, value: int) -> bytes:
    return struct.pack("<HBBI", code, jump_true, jump_false, value)


def _load(offset: int) -> bytes:
    return _step(0x20, 0, 0, offset)


def _return(value: int) -> bytes:
    return _step(0x06, 0, 0, value)


def _if_equal(value: int, then: bytes) -> bytes:
    """One instruction that is skipped unless the loaded word equals `value`."""
    return _step(0x15, 0, 1, value) + then


def program(machine: str, files: bool = True, changes: bool = True) -> bytes:
    """The filter's instructions. Raises KeyError for a processor whose numbers aren't known here."""
    audit_arch, numbers = MACHINES[machine]
    steps = [
        _load(4),
        _step(0x15, 1, 0, audit_arch),
        _return(KILL),
        _load(0),
    ]
    if machine == "x86_64":
        steps.append(_step(0x35, 0, 1, 0x40000000) + _return(ERRNO | EPERM))  # the x32 calls
    for name, number in numbers.items():
        if (name in OPENS and not files) or (name in CHANGES and not changes):
            continue
        if name == "clone3":
            # Refused so that the C library tries the older call, which is refused with a clear word.
            steps.append(_if_equal(number, _return(ERRNO | ENOSYS)))
        elif name in ONLY or name in NEVER:
            steps.append(_by_argument(number, name))
        else:
            steps.append(_if_equal(number, _return(ALLOW)))
    steps.append(_step(0x35, 0, 1, FIRST_UNKNOWN) + _return(ERRNO | ENOSYS))
    steps.append(_return(ERRNO | EPERM))
    return b"".join(steps)


def _by_argument(number: int, name: str) -> bytes:
    argument, values = ONLY.get(name) or NEVER[name]
    inside, outside = (ALLOW, ERRNO | ENOTTY if name == "ioctl" else ERRNO | EPERM)
    if name in NEVER:
        inside, outside = outside, ALLOW
    body = _load(16 + 8 * argument)
    body += b"".join(_if_equal(value, _return(inside)) for value in values)
    body += _return(outside)
    return _step(0x15, 0, len(body) // 8, number) + body
