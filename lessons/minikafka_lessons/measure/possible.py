"""A measurement that this machine can't make is a result, too: it shows the reason, and is false.

Rule: what a lesson calls never raises for what the machine is; what is inside (`measure.writes` …) raises Unmeasured.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from minikafka.world.visible import in_html
from minikafka_lessons.language import say
from minikafka_lessons.measure.results import Unmeasured
from minikafka_lessons.show import ink

P = ParamSpec("P")
R = TypeVar("R")


class NotMeasured:
    """In place of a result: why there is none."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def __bool__(self) -> bool:
        return False

    def ratio(self, *_: object) -> float:
        """Nothing compares with what was not measured."""
        return float("nan")

    sync_ratio = memory_ratio = order_ratio = collection_ratio = ratio

    def figure(self) -> ink.Picture:
        """There is nothing to draw, for the same reason."""
        return ink.Picture(
            f'<div style="color:{ink.MUTED};font-family:{ink.FONT}">{in_html(self.reason)}</div>'
        )

    def _repr_html_(self) -> str:
        return self.figure().html

    def __repr__(self) -> str:
        return say("Not measured: {reason}", reason=self.reason)


def possible(measure: Callable[P, R]) -> Callable[P, R | NotMeasured]:
    """The measurement, or its reason not to be made."""

    @functools.wraps(measure)
    def measured(*args: P.args, **kwargs: P.kwargs) -> R | NotMeasured:
        try:
            return measure(*args, **kwargs)
        except Unmeasured as reason:
            return NotMeasured(str(reason))

    return measured
