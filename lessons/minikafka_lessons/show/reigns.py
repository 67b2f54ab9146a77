"""Who led when: a strip for each controller, and above them the epochs.

Rule: the strips are made of what each voter put on its disk, which the trace tells: whom it voted for, who leads, in
which epoch. Kafka: `quorum-state`; `kafka-metadata-quorum describe` shows this moment's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from minikafka.world import Traced
from minikafka.xray import look
from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink

LEADS, VOTED, FOLLOWS, LOOKS, DOWN = "leads", "voted", "follows", "looks", "down"
ROW, TOP = 30, 62
MOST_EPOCHS = 40


@dataclass(frozen=True)
class Turn:
    """Since then it is this, in that epoch."""

    at: float
    stands: str
    epoch: int


@dataclass
class Reigns:
    """What a trace tells of a quorum."""

    begin: float
    end: float
    strips: dict[str, list[Turn]] = field(default_factory=dict)

    def leaders(self) -> list[tuple[float, int, str]]:
        """(since when, epoch, who) of each leader, by epoch."""
        found = {
            turn.epoch: (turn.at, turn.epoch, host)
            for host, turns in self.strips.items()
            for turn in turns
            if turn.stands == LEADS
        }
        return [found[epoch] for epoch in sorted(found)]

    def without(self) -> float:
        """How many seconds nobody led, after the first did."""
        led = sorted(
            (a.at, b)
            for turns in self.strips.values()
            for a, b in zip(turns, [*(t.at for t in turns[1:]), self.end], strict=True)
            if a.stands == LEADS
        )
        alone, until = 0.0, led[0][0] if led else self.end
        for at, end in led:
            alone, until = alone + max(0.0, at - until), max(until, end)
        return alone + max(0.0, self.end - until)


def reigns(cluster: Any, since: float = 0.0) -> ink.Picture:
    """The strips of a cluster's controllers up to now."""
    made = history(cluster.events(), cluster.snapshot().at, since)
    return ink.Picture(frame.both(lambda width: reigns_svg(made, width)))


def history(events: Iterable[Traced], end: float, since: float = 0.0) -> Reigns:
    """Read from a trace."""
    made = Reigns(since, max(end, since))
    for traced in events:
        event: Any = traced.event
        if event.kind == "QuorumStateKept":
            _stand(made, traced.host, Turn(traced.at, standing(event), event.epoch))
        elif event.kind in ("HostCrashed", "PowerLost") and traced.host in made.strips:
            last = made.strips[traced.host][-1]
            _stand(made, traced.host, Turn(traced.at, DOWN, last.epoch))
    return Reigns(
        made.begin,
        made.end,
        {host: _since(made.strips[host], since) for host in sorted(made.strips, key=_number)},
    )


def _since(turns: Sequence[Turn], begin: float) -> list[Turn]:
    """The last one before that, and all after."""
    before = [turn for turn in turns if turn.at <= begin]
    return [*before[-1:], *(turn for turn in turns if turn.at > begin)]


def standing(event: Any) -> str:
    """What a voter is by what is on its disk."""
    if event.leader == event.node_id:
        return LEADS
    if event.leader >= 0:
        return FOLLOWS
    return VOTED if event.voted_for >= 0 else LOOKS


def _stand(made: Reigns, host: str, turn: Turn) -> None:
    turns = made.strips.setdefault(host, [])
    if not turns or (turns[-1].stands, turns[-1].epoch) != (turn.stands, turn.epoch):
        turns.append(turn)


def _number(host: str) -> tuple[int, str]:
    digits = "".join(c for c in host if c in "0123456789")[:9]
    return int(digits or 0), host


def say_stands(word: str) -> str:
    """In the reader's language."""
    return {
        LEADS: say("leads"),
        VOTED: say("has voted"),
        FOLLOWS: say("follows"),
        LOOKS: say("knows no leader"),
        DOWN: say("down"),
    }[word]


SIGNS = {
    LEADS: look.STANDINGS[look.LEADER][0],
    VOTED: "✎",
    FOLLOWS: look.STANDINGS[look.IN_SYNC][0],
    LOOKS: "?",
    DOWN: look.STANDINGS[look.DOWN][0],
}


def reigns_svg(made: Reigns, width: int = frame.WIDE) -> str:
    """The picture."""
    if not made.strips:
        return frame.nothing(width, say("The trace tells nothing of a quorum: there is one controller."))
    left, size = (112.0, 12.5) if width > frame.BREAK else (92.0, 11.5)
    right = width - 8.0
    span = max(1e-9, made.end - made.begin)

    def x(moment: float) -> float:
        return left + (right - left) * min(1.0, max(0.0, (moment - made.begin) / span))

    body = ink.text(0, 15, say("Who leads the controllers"), bold=True, size=14)
    body += _epochs(made, x)
    for row, (host, turns) in enumerate(made.strips.items()):
        y = TOP + row * ROW
        body += ink.text(
            0, y + 15, frame.name(host, left - 4, size), bold=True, size=size, fill=frame.host(host)
        )
        ends = [*(turn.at for turn in turns[1:]), made.end]
        for turn, end in zip(turns, ends, strict=True):
            body += _piece(turn, end, x(turn.at), x(end), y)
    bottom = TOP + len(made.strips) * ROW + 10
    body += _axis(made, x, bottom, right - left)
    marks = [(_shape(word, -7, 7, -6, 11), f"{SIGNS[word]} {say_stands(word)}") for word in SIGNS]
    legend, end = frame.legend(marks, bottom + 38, width)
    return frame.svg(width, end + 8, body + legend, say("Who leads the controllers"), _in_words(made))


def _epochs(made: Reigns, x: Callable[[float], float]) -> str:
    """Above the strips: each epoch, bold from its leader's election on, pale where it had none."""
    began = {epoch: (at, True) for at, epoch, _ in made.leaders()}
    for turns in made.strips.values():
        for turn in turns:
            if turn.stands == VOTED and not began.get(turn.epoch, (0.0, False))[1]:
                began[turn.epoch] = (min(turn.at, began.get(turn.epoch, (turn.at, False))[0]), False)
    body = ink.text(0, 47, say("epoch"), size=12, fill=ink.MUTED)
    free = 0.0
    for epoch in sorted(began)[-MOST_EPOCHS:]:
        at, is_led = began[epoch]
        x1 = x(at)
        if x1 < free:
            continue
        body += ink.line(x1, 36, x1, TOP + len(made.strips) * ROW, stroke=ink.FAINT, dash="2 3")
        body += ink.text(
            x1 + 4, 47, str(epoch), size=12, bold=is_led, mono=True, fill=ink.TEXT if is_led else ink.MUTED
        )
        free = x1 + 8 + frame.wide(str(epoch), 12)
    return body


def _piece(turn: Turn, end: float, x1: float, x2: float, y: float) -> str:
    x2 = max(x2, x1 + 1.5)
    says = f"{turn.at:.3f} – {end:.3f} s: {say_stands(turn.stands)}, {say('epoch {epoch}', epoch=turn.epoch)}"
    shape = _shape(turn.stands, x1, x2, y + 4, 17)
    if x2 - x1 > 16:
        fill = frame.PAPER if turn.stands == LEADS else ink.TEXT
        shape += ink.text(x1 + 5, y + 17, SIGNS[turn.stands], size=11.5, fill=fill)
    return f"<g><title>{says}</title>{shape}</g>"


def _shape(word: str, x1: float, x2: float, y: float, height: float) -> str:
    if word == DOWN:
        middle = y + height / 2
        return ink.line(x1, middle, x2, middle, stroke=frame.hue("red"), width=1.5, dash="2 4")
    if word == LOOKS:
        return ink.box(
            x1 + 0.5,
            y + 0.5,
            max(1.0, x2 - x1 - 1),
            height - 1,
            fill="none",
            stroke=frame.hue("amber"),
            dash="3 2",
            radius=3,
        )
    hue, dim = {LEADS: ("teal", 0.95), VOTED: ("amber", 0.75), FOLLOWS: ("teal", 0.3)}[word]
    return ink.box(x1, y, x2 - x1, height, fill=frame.hue(hue), opacity=dim, radius=3)


def _axis(made: Reigns, x: Callable[[float], float], y: float, width: float) -> str:
    span = max(1e-9, made.end - made.begin)
    step = 10.0**-3
    for factor in (2, 2.5, 2) * 9:
        if span / step <= max(2, width / 80):
            break
        step *= factor
    body = ""
    tick = (int(made.begin / step) + 1) * step
    while tick <= made.end:
        body += ink.line(x(tick), y - 3, x(tick), y + 2, stroke=ink.FAINT)
        body += ink.text(
            x(tick), y + 14, f"{tick:g} s", anchor="middle", size=10.5, fill=ink.MUTED, mono=True
        )
        tick = round(tick / step + 1) * step
    return body


def _in_words(made: Reigns) -> str:
    said = [
        say(
            "Epoch {epoch}: {host} leads from {at} s on.",
            epoch=epoch,
            host=frame.name(host, 200),
            at=f"{at:.3f}",
        )
        for at, epoch, host in made.leaders()[-MOST_EPOCHS:]
    ]
    said += [
        say("{host} is down from {at} s on.", host=frame.name(host, 200), at=f"{turn.at:.3f}")
        for host, turns in made.strips.items()
        for turn in turns[-12:]
        if turn.stands == DOWN
    ]
    said.append(say("For {seconds} s nobody led.", seconds=f"{made.without():.3f}"))
    return " ".join(said)
