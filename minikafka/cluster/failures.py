"""What failed in the background of a cluster, raised where somebody can catch it.

Rule: each failure is raised once, at the first call after it, with all that came since counted in its sentence.
Kafka has no such place: its brokers log the error, or halt (`FaultHandler`).
"""

from __future__ import annotations

from minikafka.world.trace import Trace


class BackgroundFailure(RuntimeError):
    """Something inside the cluster raised what nobody was there to catch; the cause is `__cause__`."""


class AnsweredFailure(BackgroundFailure):
    """All that failed were requests whose clients have been told: the cluster is as well as before."""


class NodeFailure(RuntimeError):
    """A node has left the service, and nobody asked it to."""

    def __init__(self, host: str, reason: str) -> None:
        super().__init__(f"{host} is out of service: {reason}. Once that is fixed, restart {host}.")
        self.host = host


class Failures:
    """Those of one universe's trace."""

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        self._raised = 0
        self._answered = 0

    def forgive(self, host: str) -> None:
        """Who starts a node again knows that it had failed."""
        failures = self._trace.failures
        failures[self._raised :] = [
            error
            for error in failures[self._raised :]
            if not (isinstance(error, NodeFailure) and error.host == host)
        ]

    def go_on_from(self, other: Failures) -> None:
        """The same failures in a run that is repeated aren't raised again."""
        self._raised = max(self._raised, min(other._raised, len(self._trace.failures)))
        self._answered = max(self._answered, min(other._answered, len(self._trace.faults)))

    def raise_new(self) -> None:
        """Raises BackgroundFailure if something failed since the last call."""
        failures = self._trace.failures[self._raised :]
        faults = self._trace.faults[self._answered :]
        self._raised += len(failures)
        self._answered += len(faults)
        new = [*failures, *faults]
        if not new:
            return
        first, more = new[0], len(new) - 1
        where = "; ".join(getattr(first, "__notes__", ()))
        others = f" (and {more} more)" if more else ""
        kind = BackgroundFailure if failures else AnsweredFailure
        what = str(first) if isinstance(first, NodeFailure) else f"{type(first).__name__}: {first} [{where}]"
        raise kind(f"{what}{others}") from first
