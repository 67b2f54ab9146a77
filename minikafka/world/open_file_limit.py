"""How many files and sockets this process may have open, and who gets how many of them.

Rule: what is there is shared out beforehand, so that the brokers' links to each other and to their controllers, the
locks and the logs never run out because clients came. Nothing is asked of the system by importing this.

A JVM raises its soft limit to the hard one at start (`-XX:+MaxFDLimit`); `ulimit -n` shows and sets it.
"""

from __future__ import annotations

from typing import Any, NamedTuple

resource: Any
try:
    import resource
except ImportError:  # Windows, which has no such limit
    resource = None

UNLIMITED = 1 << 20
"""Where the system sets no limit, or a higher one; more is of no use to anybody."""
MOST_OF_MACOS = 10_240
"""`OPEN_MAX`: macOS calls its hard limit unlimited and takes no more."""
RESERVED = 64
"""For the brokers' own links, listeners, locks, the loop, and whatever else this process opens."""
LOW_LIMIT = 4_096
"""Below it people are told what to expect."""
DESCRIPTORS_A_PARTITION = 3
"""Of one that is written to: the log and its two indexes."""


class Shares(NamedTuple):
    """Of the descriptors of one process."""

    limit: int
    files: int
    connections: int


def shares() -> Shares:
    """As the limit is now: half of what isn't reserved for files, half for connections."""
    limit = _soft_limit()
    rest = max(16, limit - min(RESERVED, limit // 2))
    return Shares(limit, rest // 2, rest - rest // 2)


def raise_limit() -> None:
    """Raise the soft limit to the hard one, or as far as the system lets us."""
    if resource is None:
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    for wanted in (hard, UNLIMITED, MOST_OF_MACOS):
        if soft in (hard, resource.RLIM_INFINITY) or (wanted != resource.RLIM_INFINITY and wanted <= soft):
            return
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        except (OSError, ValueError):
            continue
        return


def low_limit_sentence() -> str | None:
    """What a low limit allows, for people; None when it isn't low."""
    limit, files, connections = shares()
    if limit >= LOW_LIMIT:
        return None
    return (
        f"This process may open {limit} files: about {files // DESCRIPTORS_A_PARTITION} replicas that are written "
        f"to at a time (more take turns) and {connections} connections; raise it with `ulimit -n`."
    )


def _soft_limit() -> int:
    if resource is None:
        return UNLIMITED
    soft = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return UNLIMITED if soft == resource.RLIM_INFINITY else min(int(soft), UNLIMITED)
