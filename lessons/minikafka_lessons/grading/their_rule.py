"""An answer's rule in a cluster that lives by it.

Rule: it is called over there, once for the same arguments; the first value that is none of such a rule is kept, to be
told, and Kafka's own rule stands in, so that it is the answer that breaks, and not the cluster.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Raised
from minikafka_lessons.grading.words import returned
from minikafka_lessons.language import say, sentence


class TheirRule:
    """`answers.call(name, *args)` gives what the answer says; `kind`: what its values are, `wanted`: in words."""

    def __init__(
        self, answers: Any, name: str, kind: type, ours: Callable[..., Any], wanted: str = ""
    ) -> None:
        self.name, self.kind = name, kind
        self._wanted = wanted
        self.odd: tuple[tuple[Any, ...], Any] | None = None
        self._answers, self._ours = answers, ours
        self._known: dict[tuple[Any, ...], Any] = {}

    def __call__(self, *args: Any) -> Any:
        plain = tuple(tuple(a) if isinstance(a, list | tuple) else a for a in args)
        if plain not in self._known:
            value = self._answers.call(self.name, *plain)
            if type(value) is not self.kind:
                self.odd = self.odd or (plain, value)
                value = self._ours(*args)
            self._known[plain] = value
        return self._known[plain]

    @property
    def raised(self) -> bool:
        """Was it an exception instead of a value?"""
        return self.odd is not None and isinstance(self.odd[1], Raised)

    def told(self, sheet: Sheet, property: str, hint: str, seed: int) -> bool:
        """Was it answered with something else than a value? Then that is on the sheet."""
        if self.odd is None:
            return False
        args, value = self.odd
        usual = sentence("True or False") if self.kind is bool else sentence("an offset, an int")
        what = say(self._wanted or usual)
        message = say(
            "{name}{args} {did}; expected {what}", name=self.name, args=args, did=returned(value), what=what
        )
        sheet.fail(property, message, hint, seed)
        return True
