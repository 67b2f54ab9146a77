"""Why a cluster didn't start: one sentence for whoever started it, with what to do where that is known.

Rule: every exception has a sentence, and none is empty; what nobody foresaw is told with its class and place.
Kafka logs a stack trace and exits with status 1.
"""

from __future__ import annotations

import errno

from minikafka.world import DiskLocked, UnknownHost, reason_of, unforeseen

_PORTS = "choose another with --port, or 0 for free ones"
_TELLING = (errno.EADDRINUSE, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM)


def why_not_started(problem: BaseException) -> str:
    """A whole sentence."""
    match problem:
        case DiskLocked():
            return f"The data directory is in use by another process: {reason_of(problem)}."
        case UnknownHost():
            return f"A host name to listen on isn't known: {reason_of(problem)}."
        case OSError() if problem.errno in _TELLING and is_address(problem.filename):
            return why_not_listening(problem)
        case TimeoutError():
            return "The brokers did not come up in time; is this machine very busy?"
        case OSError() if problem.errno in (errno.EEXIST, errno.ENOTDIR):
            return f"The data directory can't be used: {problem.filename} is not a directory."
        case OSError() if problem.errno is not None and problem.filename:
            return f"The data directory can't be used: {reason_of(problem)}."
        case OSError() | ValueError() if str(problem):
            return f"{reason_of(problem)}."
    return f"It could not start: {unforeseen(problem)}."


def why_not_listening(problem: OSError) -> str:
    """For an address that the system refuses."""
    host, _, port = str(problem.filename).rpartition(":")
    if problem.errno == errno.EADDRINUSE:
        return f"Port {port} is in use on {host}; {_PORTS}."
    if problem.errno == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine; --listen 0.0.0.0 listens on all of them."
    return f"Port {port} can't be used ({problem.strerror}); {_PORTS}."


def is_address(name: object) -> bool:
    """Is it `host:port`, as `Network.listen` names what it couldn't have?"""
    return isinstance(name, str) and "/" not in name and name.rpartition(":")[2].isdecimal()
