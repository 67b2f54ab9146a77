"""The three rules of exercise 8a: Kafka's, a learner's, and the story of a run that broke under them.

Rule: a broken run is told step by step, up to the first bad event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minikafka.commands import CreateTopic
from minikafka.explore import Report
from minikafka.policy import high_watermark as true_high_watermark
from minikafka.policy import is_in_sync as true_is_in_sync
from minikafka.policy import truncation_offset as true_truncation_offset
from minikafka_lessons.grading.their_rule import TheirRule

Arguments = tuple[Any, ...]


TOPIC = CreateTopic("orders", 1, 3, {"min.insync.replicas": "2"})


TRUE: dict[str, Callable[..., Any]] = {
    "high_watermark": true_high_watermark,
    "is_in_sync": true_is_in_sync,
    "truncation_offset": true_truncation_offset,
}


def theirs(answers: Any, name: str) -> TheirRule:
    """The answer's rule of that name."""
    kind = bool if name == "is_in_sync" else int
    return TheirRule(answers, name, kind, TRUE[name])


def story(report: Report) -> str:
    """A broken run, step by step."""
    assert report.broken is not None
    steps = [" ".join(line.split()) for line in report.befell]
    last = f"{report.broken.at_s:.3f} s {report.broken.name}: {report.broken.sentence}"
    if report.broken.event:
        steps.append(" ".join(report.broken.event.split()))
    return " → ".join([*steps, last])
