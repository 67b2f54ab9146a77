"""Batches that a learner made, from a broker to a consumer. Part of exercises 4a and 4c.

Rule: what counts is what a consumer reads that has nothing of the learner's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minikafka_lessons.grading import scenes
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.language import say
from minikafka_lessons.stage import by_hand


def judge_delivery(
    sheet: Sheet,
    name: str,
    hint: str,
    seed: int,
    batches: Sequence[bytes],
    wanted: Sequence[Any],
    otherwise: str,
) -> None:
    """Batches made by hand, given to a broker and read by a consumer; `otherwise`: it reads something else."""
    with scenes.cluster(seed) as made:
        made.create_topic("by-hand", 1)
        for batch in batches:
            sent = by_hand.send(made, "by-hand", batch)
            if not sent:
                sheet.fail(
                    name, say("the broker says: {what}", what=repr(sent)), hint, seed
                )
                return
        sheet.expect(
            name,
            scenes.read_topic(made, "by-hand").get(0, []) == wanted,
            otherwise,
            hint,
            seed,
        )
