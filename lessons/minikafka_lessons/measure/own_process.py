"""A process of its own for what must not be disturbed: memory and the garbage collector of a fresh Python.

Rule: the child prints one JSON value and ends; what it needs stands in its arguments.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from typing import Any

from minikafka_lessons.language import say
from minikafka_lessons.measure.results import Unmeasured

LIMIT_S = 120.0


def ask(module: str, *arguments: object) -> Any:
    """Run `python -m module arguments` and read its answer. Raises Unmeasured with the child's last line."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", module, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except subprocess.TimeoutExpired:
        raise Unmeasured(say("The measuring process did not end within {n:.0f} s.", n=LIMIT_S)) from None
    if done.returncode:
        words = done.stderr.strip().splitlines()
        why = words[-1] if words else done.returncode
        raise Unmeasured(say("The measuring process failed: {why}.", why=why))
    return json.loads(done.stdout)


def own_bytes() -> int:
    """Memory that is this process' alone (`RssAnon`: no pages of files)."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("RssAnon"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    raise SystemExit("only Linux tells a process' memory without the pages of files")


def can_ask() -> None:
    """Raises Unmeasured where `own_bytes` can't work."""
    if not os.path.exists("/proc/self/status"):
        raise Unmeasured(say("Only Linux tells a process' memory without the pages of files."))


def free_bytes() -> int:
    """Memory that may be taken without pressing others (`MemAvailable`)."""
    with open("/proc/meminfo") as told:
        return next(int(line.split()[1]) * 1024 for line in told if line.startswith("MemAvailable"))


def settle() -> None:
    """Before a look: nothing is waiting to be collected."""
    gc.collect()
