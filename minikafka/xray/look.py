"""How things look, whatever draws them: a colour for each host, a sign for each standing, in terminal and notebook.

Rule: a colour only repeats what a word or a sign beside it says. A hue has a shade for dark surfaces, one for
light ones, and one that can be read on both. Kafka's tools show words only.
"""

from __future__ import annotations

from typing import NamedTuple

from minikafka.xray.snapshot import Replica


class Hue(NamedTuple):
    """A colour in its shades."""

    on_dark: str
    on_light: str
    on_both: str


HUES = {
    "blue": Hue("#6fb3ff", "#1f66c9", "#3f8ae0"),
    "violet": Hue("#b6a0f5", "#6f4bc8", "#9270e0"),
    "orange": Hue("#f4a26b", "#b9590f", "#d97b2b"),
    "pink": Hue("#f08cc0", "#b83a7c", "#d9629f"),
    "teal": Hue("#56c8d8", "#0f7886", "#1d9fae"),
    "sand": Hue("#cdb38b", "#7d6030", "#a08250"),
    "green": Hue("#7fd88f", "#1d7f4e", "#2fa36b"),
    "amber": Hue("#f2c063", "#9a6400", "#e08a1e"),
    "red": Hue("#ff6e6e", "#c62f3b", "#dd5555"),
    "grey": Hue("#77879a", "#66717d", "#7a828c"),
}

BROKERS = ("blue", "violet", "orange", "pink")
"""In their turn, by a broker's number."""

LEADER, IN_SYNC, OUT_OF_SYNC, DOWN, UNKNOWN = "leader", "in sync", "out of sync", "down", "unknown"
STANDINGS = {
    LEADER: ("★", "green"),
    IN_SYNC: ("✓", "green"),
    OUT_OF_SYNC: ("✗", "amber"),
    DOWN: ("○", "red"),
    UNKNOWN: ("?", "grey"),
}
"""Where a replica stands → its sign and the hue of both."""

LOST = "✗"
"""Where a message ended that nobody got."""


def host_hue(host: str) -> str:
    """The same host has the same hue everywhere: by its number, and by its kind."""
    if host.startswith(("controller", "zookeeper")):
        return "teal"
    if host.startswith("client"):
        return "sand"
    digits = "".join(c for c in host if c in "0123456789")[:9]
    return BROKERS[(int(digits) - 1) % len(BROKERS)] if digits else "grey"


def standing(replica: Replica) -> str:
    """Where a replica stands, in a word of `STANDINGS`."""
    if replica.alive is False:
        return DOWN
    if replica.is_leader:
        return LEADER
    if replica.in_sync is None:
        return UNKNOWN
    return IN_SYNC if replica.in_sync else OUT_OF_SYNC
