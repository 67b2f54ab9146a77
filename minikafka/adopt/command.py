"""The command `minikafka adopt`: what was taken and what was left, for people or as JSON.

Rule: a request that makes no sense is one sentence and status 1; what is left behind is no error. Many things of
one kind are in one line.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.console import Console

from minikafka.adopt.adoption import NotAdopted, Wishes, adopt
from minikafka.adopt.report import Report
from minikafka.dump.text import line
from minikafka.world.visible import in_json

MOST_NAMED = 4
"""Things of one kind in one line."""


def run_adopt(given: Sequence[Path], data: Path, wishes: Wishes, *, as_json: bool) -> int:
    """Adopt, and tell; the status. Raises NotAdopted, OSError."""
    progress = Console(stderr=True, highlight=False)
    quiet = as_json or not progress.is_terminal

    def say(topic: str) -> None:
        if not quiet:
            line(progress, (f"copying {topic}", "dim"))

    report = adopt(given, data, wishes, say)
    if as_json:
        sys.stdout.write(in_json(json.dumps(msgspec.to_builtins(report), ensure_ascii=False)) + "\n")
    else:
        show(Console(highlight=False), report, data, wishes)
    return 0


def show(console: Console, report: Report, data: Path, wishes: Wishes) -> None:
    """The report for people."""
    records = sum(topic.records for topic in report.topics)
    size = sum(topic.size_bytes for topic in report.topics)
    partitions = sum(topic.partitions for topic in report.topics)
    line(
        console,
        ("adopted", "bold green"),
        f" from {', '.join(report.sources)} (cluster {report.cluster_id}): {_many(len(report.topics), 'topic')}, "
        f"{_many(partitions, 'partition')}, {records:,} records in {size / 1e6:,.1f} MB, "
        f"{_many(len(report.groups), 'group')} with committed offsets",
    )
    if not wishes.keep_retention:
        line(
            console,
            "nothing of it expires or is compacted: in place of their own settings, topics have retention.ms=-1, "
            "compacted ones the largest min.compaction.lag.ms; offsets don't expire (--keep-retention: as it was)",
        )
    for note in report.notes:
        line(console, ("note ", "bold yellow"), note)
    by_reason: dict[str, list[str]] = {}
    for left in report.left:
        by_reason.setdefault(left.why, []).append(left.what)
    for why, things in by_reason.items():
        shown = ", ".join(things[:MOST_NAMED])
        more = f" and {len(things) - MOST_NAMED} more" if len(things) > MOST_NAMED else ""
        line(console, ("left ", "bold magenta"), f"{shown}{more}: {why}")
    line(console, ("serve it: ", "bold"), f"minikafka up --data {data}")


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


__all__ = ["NotAdopted", "Wishes", "run_adopt", "show"]
