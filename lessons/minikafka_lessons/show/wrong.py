"""What is wrong in the cluster, below a picture: the sentences that the inspector says, too."""

from __future__ import annotations

from minikafka.world.visible import in_html
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.trouble import troubles
from minikafka_lessons.language import say
from minikafka_lessons.show import ink

MOST = 4


def wrong_html(snapshot: Snapshot, *, broken_only: bool = False) -> str:
    """A line for each, what doesn't work in red; nothing while all is well."""
    found = [trouble for trouble in troubles(snapshot) if trouble.broken or not broken_only]
    style = f"color:{ink.TEXT};font-family:{ink.FONT};font-size:13px;margin-top:6px;padding-left:10px"
    lines = [
        f'<div style="{style};border-left:4px solid {ink.RED if trouble.broken else ink.ORANGE}">'
        f"{'✗' if trouble.broken else '!'} {in_html(trouble.text)}</div>"
        for trouble in found[:MOST]
    ]
    if len(found) > MOST:
        lines.append(f'<div style="{style}">{in_html(say("… and {n:,} more", n=len(found) - MOST))}</div>')
    return "".join(lines)
