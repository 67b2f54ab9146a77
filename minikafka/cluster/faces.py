"""A learner's clients, when their cluster goes back in time.

Rule: whoever holds a client holds the same object afterwards, with the state of the other run. Kafka has none.
"""

from __future__ import annotations

import weakref
from typing import Any


def swap(one: Any, other: Any) -> None:
    """Two faces of one kind exchange all that they are."""
    for face in (one, other):
        _let_go(face)
    one.__dict__, other.__dict__ = other.__dict__, one.__dict__
    for face in (one, other):
        _hold(face)
    if "_recorder" in other.__dict__:
        other._recorder.kept[other._name] = other  # nobody else holds it


def refuse(face: Any, sentence: str) -> None:
    """It isn't there yet: its state goes to a face that nobody holds, and each call is answered with this sentence."""
    _let_go(face)
    other = object.__new__(type(face))
    other.__dict__, face.__dict__ = face.__dict__, {"_refusal": sentence, "_name": face._name}
    _hold(other)
    other._recorder.kept[other._name] = other


def _let_go(face: Any) -> None:
    for finalizer in (getattr(face, "_finalizer", None), getattr(face, "_drop", None)):
        if finalizer is not None:
            finalizer.detach()


def _hold(face: Any) -> None:
    """As its own maker did."""
    if face.__dict__.get("_recorder") is None:
        return
    if face._refusal is None:
        face._finalizer = weakref.finalize(face, face._attachment.abandon, face._ending())
        face._recorder.hold(face)
    else:
        face._recorder.clients[face._name] = face
