"""What failed in the background of a cluster, raised where somebody can catch it.

Rule: each failure is raised once, at the first call after it, with all that came since counted in its sentence.
Kafka has no such place: its brokers log the error, or halt (`FaultHandler`).
"""

from __future__ import annotations

from minikafka.world.trace import Trace


class BackgroundFailure(RuntimeError):
    """Something inside the cluster raised what nobody was there to catch; the cause is `__cause__`."""


class Failures:
    """Those of one universe's trace."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._raised = 0

    def raise_new(self) -> None:
        """Raises BackgroundFailure if something failed since the last call."""
        failures = self._trace.failures
        if len(failures) > self._raised:
            first = failures[self._raised]
            more = len(failures) - self._raised - 1
            self._raised = len(failures)
            where = "; ".join(getattr(first, "__notes__", ()))
            others = f" (and {more} more)" if more else ""
            raise BackgroundFailure(f"{type(first).__name__}: {first} [{where}]{others}") from first
