"""The table that `kafka-consumer-groups --describe` prints, from a snapshot."""

from __future__ import annotations

from typing import Any

from minikafka.world.visible import visible_name
from minikafka_lessons.language import say
from minikafka_lessons.show import ink
from minikafka_lessons.show.live import own_name


def offsets(cluster: Any, group: str) -> ink.Picture:
    """GROUP, TOPIC, PARTITION, CURRENT-OFFSET, LOG-END-OFFSET, LAG; – where the group never committed."""
    group = own_name(cluster, group)
    found = next((g for g in cluster.snapshot().groups or () if g.id == group), None)
    if found is None:
        return ink.Picture(
            ink.table(
                ["GROUP"], [[visible_name(group)]], caption=say("Nobody of this group has been here yet.")
            )
        )
    rows: list[list[object]] = [
        [
            visible_name(group),
            visible_name(o.topic),
            str(o.partition),
            ink.number(o.committed),
            ink.number(o.end),
            ink.number(o.lag),
        ]
        for o in found.offsets
    ]
    known = [o.lag for o in found.offsets if o.lag is not None]
    lag = ink.number(sum(known) if known else None)
    members = ink.number(None if found.members is None else len(found.members))
    total = say(
        "state {state}, {members} member(s), total LAG {lag}", state=found.state, members=members, lag=lag
    )
    headers = ["GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG"]
    return ink.Picture(ink.table(headers, rows, left=2, caption=total))
