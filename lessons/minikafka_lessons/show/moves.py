"""Who had which partition before a rebalance, and who has it after: what stayed, what moved, and why.

Rule: it compares two snapshots of a group; what was assigned is the coordinator's word, never a client's. A partition
that moved has its line drawn out; one that nobody has is said. Kafka: `ConsumerGroupDescribe`, the assignors' `assign`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from minikafka.world import Traced
from minikafka.xray.snapshot import Group, Member, Snapshot, TopicPartition
from minikafka_lessons.language import say, sentence
from minikafka_lessons.show import frame, ink
from minikafka_lessons.show.live import own_name

CHIP, HEAD, GAP, TOP = 20, 24, 10, 66
MOST_CHIPS, MOST_ON_A_SIDE = 36, 160
"""Of a member, and of all; of more partitions only those that moved have chips of their own."""
MOST_MEMBERS = 40
REASONS = (
    (r"member (?P<member>.+?) joins(: .*)?", sentence("{member} joins")),
    (r"member (?P<member>.+?) rejoins( .*|: .*)?", sentence("{member} joins again")),
    (r"static member (?P<member>.+) came back", sentence("{member} is back")),
    (r"members left(: .*)?", sentence("a member left")),
    (r"the session timed out", sentence("a member's session ended")),
    (r"members did not sync .*", sentence("not all members asked for their share in time")),
)
"""What a coordinator may give as its reason, and the same in a reader's words."""


@dataclass(frozen=True)
class Moves:
    """An assignment before and after, by member."""

    group: str
    before: Mapping[str, tuple[TopicPartition, ...]]
    after: Mapping[str, tuple[TopicPartition, ...]]
    why: str = ""
    generations: tuple[int | None, int | None] = (None, None)

    @property
    def moved(self) -> tuple[TopicPartition, ...]:
        """Those whose owner is another one now, by name."""
        was, now = _owners(self.before), _owners(self.after)
        every = sorted(dict.fromkeys((*was, *now)))
        return tuple(one for one in every if was.get(one) != now.get(one))

    @property
    def partitions(self) -> int:
        return len(dict.fromkeys((*_owners(self.before), *_owners(self.after))))


def moves(cluster: Any, before: Snapshot, after: Snapshot, group: str) -> ink.Picture:
    """The picture of what a rebalance did; why, the trace of the time between says."""
    return ink.Picture(moves_html(moves_between(before, after, own_name(cluster, group), cluster.events())))


def moves_between(before: Snapshot, after: Snapshot, group: str, events: Iterable[Traced] = ()) -> Moves:
    """What is to be drawn."""
    was, now = (next((g for g in s.groups or () if g.id == group), None) for s in (before, after))
    names = _names([*_members(was), *_members(now)])
    why = why_of(events, group, before.at, after.at, names)
    generations = (None if was is None else was.generation, None if now is None else now.generation)
    return Moves(group, _assigned(was, names), _assigned(now, names), why, generations)


def why_of(events: Iterable[Traced], group: str, since: float, until: float, names: Mapping[str, str]) -> str:
    """What the coordinator gave as reasons for rebalances in this time, each once."""
    said: dict[str, None] = {}
    for traced in events:
        event: Any = traced.event
        if not (since <= traced.at <= until and event.kind == "GroupStateChanged"):
            continue
        if (event.group, event.new) == (group, "PreparingRebalance"):
            reason = event.reason
            for id, called in names.items():
                reason = reason.replace(id, called)
            said[say_reason(reason)] = None
    return "; ".join(list(said)[:4])


def say_reason(reason: str) -> str:
    """A coordinator's reason in the reader's language; one that is not known here, in its own words."""
    for pattern, words in REASONS:
        if found := re.fullmatch(pattern, reason):
            return say(words, **found.groupdict())
    return reason


def _members(group: Group | None) -> tuple[Member, ...]:
    return () if group is None else group.members or ()


def _names(members: Sequence[Member]) -> dict[str, str]:
    """Member id → what it is called here: its instance or client id, numbered where several have the same."""
    names: dict[str, str] = {}
    taken: dict[str, int] = {}
    for member in members:
        if member.id not in names:
            called = member.instance_id or member.client_id
            taken[called] = taken.get(called, 0) + 1
            names[member.id] = called if taken[called] == 1 else f"{called} #{taken[called]}"
    return names


def _assigned(group: Group | None, names: Mapping[str, str]) -> dict[str, tuple[TopicPartition, ...]]:
    return {
        names[m.id]: tuple(sorted(m.assignment or ()))
        for m in sorted(_members(group), key=lambda m: names[m.id])
    }


def _owners(assigned: Mapping[str, tuple[TopicPartition, ...]]) -> dict[TopicPartition, str]:
    return {one: member for member, had in assigned.items() for one in had}


def moves_html(found: Moves) -> str:
    """The picture, for wide and narrow pages."""
    return frame.both(lambda width: moves_svg(found, width))


def moves_svg(found: Moves, width: int = frame.WIDE) -> str:
    """The picture."""
    called = frame.name(found.group, width - 20, 14)
    if not found.before and not found.after:
        return frame.nothing(
            width, say("Nobody is in the group {name}.", name=frame.name(found.group, width / 2))
        )
    column = min(250.0, width * 0.37)
    body = ink.text(0, 15, called, bold=True, size=14)
    for i, line in enumerate(frame.lines(_headline(found), width, 12)):
        body += ink.text(0, 33 + 14 * i, line, size=12, fill=ink.MUTED)
    one_topic = len({p.topic: None for side in (found.before, found.after) for p in _owners(side)}) < 2
    left, was, low = _side(found, found.before, 0, column, one_topic)
    right, now, high = _side(found, found.after, width - column, column, one_topic)
    moved = dict.fromkeys(found.moved)
    links = ""
    for one, (_, x1, y1) in was.items():
        if one in now:
            x2, y2 = now[one][0], now[one][2]
            colour = frame.hue("amber") if one in moved else ink.FAINT
            links += ink.curve(x1 + 1, y1, x2 - 1, y2, stroke=colour, width=2.2 if one in moved else 1)
    bottom = max(low, high)
    legend = [
        (ink.line(-7, 0, 7, 0, stroke=ink.FAINT, width=1), say("stayed")),
        (
            ink.line(-7, 0, 7, 0, stroke=frame.hue("amber"), width=2.5),
            say("moved: it is read from its commit on"),
        ),
    ]
    drawn, bottom = frame.legend(legend, bottom + 18, width)
    title = say("The group {name} before and after a rebalance", name=frame.name(found.group, 300))
    return frame.svg(width, bottom + 8, body + links + left + right + drawn, title, _in_words(found))


def _headline(found: Moves) -> str:
    words = say("{n} of {all} partitions moved", n=len(found.moved), all=found.partitions)
    if None not in found.generations and found.generations[0] != found.generations[1]:
        words += f" · {say('generation')} {found.generations[0]} → {found.generations[1]}"
    return f"{words}: {found.why}" if found.why else words


Places = dict[TopicPartition, tuple[float, float, float]]


def _side(
    found: Moves, assigned: Mapping[str, tuple[TopicPartition, ...]], x: float, column: float, one_topic: bool
) -> tuple[str, Places, float]:
    """One assignment as a column of boxes; where each partition's chip is, and where the column ends."""
    is_after = assigned is found.after
    others = found.before if is_after else found.after
    words = say("after") if is_after else say("before")
    y, places = float(TOP), Places()
    body = ink.text(x, y + 11, words.upper(), size=10.5, bold=True, fill=ink.MUTED)
    y += 18
    moved = dict.fromkeys(found.moved)
    every = _owners(others)
    nobody = tuple(one for one in sorted(every) if one not in _owners(assigned))
    rows = list(assigned.items())[:MOST_MEMBERS]
    if nobody:
        rows.append(("", nobody))
    most = max(2, min(MOST_CHIPS, MOST_ON_A_SIDE // max(1, len(rows))))
    for member, had in rows:
        chips = had if len(had) <= most else tuple(one for one in had if one in moved)[:most]
        rest = len(had) - len(chips)
        height = HEAD + CHIP * (len(chips) + (rest > 0)) + 4
        gone = not member
        news = "" if gone or member in others else ("+" if is_after else "−")
        colour = frame.hue("red") if gone or news == "−" else frame.hue("green") if news else ink.FAINT
        body += ink.box(x + 0.5, y + 0.5, column - 1, height, fill=frame.SOFT, stroke=colour, radius=7)
        called = say("nobody") if gone else frame.name(member, column - 34, 12.5)
        body += ink.text(
            x + 9, y + 16, called, bold=True, size=12.5, fill=colour if gone or news else ink.TEXT
        )
        body += ink.text(x + column - 9, y + 16, news or str(len(had)), anchor="end", size=11.5, fill=colour)
        y += HEAD
        for one in chips:
            places[one] = (x + 8, x + column - 8, y + CHIP / 2 - 1)
            body += _chip(one, x + 8, y, column - 16, one in moved and is_after, one_topic)
            y += CHIP
        if rest:
            body += ink.text(x + 12, y + 13, say("… and {n} more", n=f"{rest:,}"), size=11, fill=ink.MUTED)
            y += CHIP
        y += 4 + GAP
    if len(assigned) > MOST_MEMBERS:
        more = say("… and {n} more members", n=len(assigned) - MOST_MEMBERS)
        body += ink.text(x, y + 6, more, size=11.5, fill=ink.MUTED)
        y += 16
    return body, places, y


def _chip(one: TopicPartition, x: float, y: float, width: float, moved: bool, one_topic: bool) -> str:
    colour = frame.hue("amber") if moved else frame.hue("grey")
    words = (
        say("partition {n}", n=one.partition)
        if one_topic
        else f"{frame.name(one.topic, width - 40, 11)}-{one.partition}"
    )
    body = ink.box(x, y, width, CHIP - 3, fill=colour, opacity=0.28 if moved else 0.16, radius=4)
    return body + ink.text(x + 7, y + 12.5, words, size=11)


def _in_words(found: Moves) -> str:
    said = [_headline(found) + "."]
    was, now = _owners(found.before), _owners(found.after)
    for one in found.moved[:20]:
        said.append(
            say(
                "{partition}: from {old} to {new}.",
                partition=f"{frame.name(one.topic, 200)}-{one.partition}",
                old=frame.name(was[one], 200) if one in was else say("nobody"),
                new=frame.name(now[one], 200) if one in now else say("nobody"),
            )
        )
    return " ".join(said)
