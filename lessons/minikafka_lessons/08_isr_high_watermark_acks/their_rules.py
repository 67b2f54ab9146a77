"""A learner's rule of exercise 8a in a cluster, and the story of a run that broke.

Rule: what is no value of such a rule is kept and told; Kafka's own rule stands in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minikafka.commands import CreateTopic
from minikafka.explore import Report
from minikafka.policy import high_watermark as true_high_watermark
from minikafka.policy import is_in_sync as true_is_in_sync
from minikafka.policy import truncation_offset as true_truncation_offset
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Sandbox
from minikafka_lessons.grading.words import returned
from minikafka_lessons.language import say

Arguments = tuple[Any, ...]


TOPIC = CreateTopic("orders", 1, 3, {"min.insync.replicas": "2"})


TRUE: dict[str, Callable[..., Any]] = {
    "high_watermark": true_high_watermark,
    "is_in_sync": true_is_in_sync,
    "truncation_offset": true_truncation_offset,
}


class Theirs:
    """The answer's rule in a cluster; what is no value of such a rule is kept, and ours stands in."""

    def __init__(self, sandbox: Sandbox, name: str) -> None:
        self.sandbox, self.name = sandbox, name
        self.kind: type = bool if name == "is_in_sync" else int
        self.odd: tuple[Arguments, Any] | None = None
        self._known: dict[Arguments, Any] = {}

    def __call__(self, *args: Any) -> Any:
        plain = tuple(tuple(a) if isinstance(a, list | tuple) else a for a in args)
        if plain not in self._known:
            value = self.sandbox.call(self.name, *plain)
            if type(value) is not self.kind:
                self.odd = self.odd or (plain, value)
                value = TRUE[self.name](*args)
            self._known[plain] = value
        return self._known[plain]

    def told(self, sheet: Sheet, where: str, hint: str, seed: int) -> bool:
        """Was it answered with something else than a value?"""
        if self.odd is None:
            return False
        args, value = self.odd
        what = say("True or False") if self.kind is bool else say("an offset, an int")
        message = say(
            "{name}{args} {did}; expected {what}",
            name=self.name,
            args=args,
            did=returned(value),
            what=what,
        )
        sheet.fail(where, message, hint, seed)
        return True


def story(report: Report) -> str:
    """A broken run, step by step."""
    assert report.broken is not None
    steps = [" ".join(line.split()) for line in report.befell]
    last = f"{report.broken.at_s:.3f} s {report.broken.name}: {report.broken.sentence}"
    if report.broken.event:
        steps.append(" ".join(report.broken.event.split()))
    return " → ".join([*steps, last])
