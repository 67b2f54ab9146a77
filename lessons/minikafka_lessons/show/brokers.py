"""Who is there: the brokers and the controller, as a line of boxes."""

from __future__ import annotations

from minikafka.world.visible import cut, in_html, visible_name
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.trouble import silent_s
from minikafka_lessons.language import say
from minikafka_lessons.show import ink
from minikafka_lessons.show.wrong import wrong_html

WIDTH = 860


def brokers_html(snapshot: Snapshot, kind: str, names: str = "") -> str:
    """The cluster in one strip, and what is wrong in it; `names`: what to know about the names of topics and groups."""
    drawn = boxes_html(snapshot, kind) + wrong_html(snapshot)
    if not names:
        return drawn
    style = f"color:{ink.TEXT};font-family:{ink.FONT};font-size:13px;margin-top:8px;max-width:{WIDTH}px"
    return f'{drawn}<div style="{style};border-left:4px solid {ink.ORANGE};padding-left:10px">{in_html(names)}</div>'


def boxes_html(snapshot: Snapshot, kind: str) -> str:
    """The strip alone."""
    width = WIDTH
    body = ink.text(0, 16, cut(visible_name(snapshot.name), 80), bold=True, size=14)
    body += ink.text(0, 36, cut(f"{kind} · {snapshot.bootstrap_servers}", 110), fill=ink.MUTED, size=12)
    hosts = [(b.name, f"{b.host}:{b.port}", b.state) for b in snapshot.brokers]
    hosts += [(c.name, say("metadata log"), c.state) for c in snapshot.controllers[:1]]
    mute = [b.name for b in snapshot.brokers if silent_s(snapshot, b) is not None]
    each = min(200, (width - 12 * (len(hosts) - 1)) / max(1, len(hosts)))
    for i, (name, where, state) in enumerate(hosts):
        x = i * (each + 12)
        colour = ink.RED if state != "running" else ink.ORANGE if name in mute else ink.GREEN
        body += ink.box(x + 0.5, 48.5, each - 1, 52, fill=ink.PANEL, stroke=ink.LINE)
        body += f'<circle cx="{x + 16:.1f}" cy="68" r="4.5" style="fill:{colour}"/>'
        body += ink.text(x + 27, 72.5, cut(name, 20), bold=True)
        body += ink.text(
            x + 27, 91, cut(where if state == "running" else say(state), 24), fill=ink.MUTED, size=11.5
        )
    return ink.svg(width, 104, body, say("{n} brokers", n=len(snapshot.brokers)))
