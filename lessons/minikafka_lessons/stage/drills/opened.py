"""A drill, opened: a cluster in which something went wrong, and what an operator has to find out what.

Rule: one sees what an operator sees (logs, messages, clocks, what customers were told), goes back and forth in it, and
is never told what was done to the cluster. Nothing is changed here: a runbook is tried in an accident of its own.
"""

from __future__ import annotations

import atexit
from typing import Any

from minikafka.commands.values import CantBePlayed
from minikafka.world.visible import in_html
from minikafka.xray.messages import Message
from minikafka_lessons.cells import Stumble
from minikafka_lessons.grading.display import code
from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink
from minikafka_lessons.show.brokers import boxes_html
from minikafka_lessons.show.orders import Order, orders_html
from minikafka_lessons.stage.drills import debriefs, looks
from minikafka_lessons.stage.drills.playing import TOPIC, Played, clocks
from minikafka_lessons.stage.drills.runbook import Misread, read
from minikafka_lessons.stage.drills.scenes import SCENES

SEEN = (
    "hosts",
    "mark",
    "name",
    "now",
    "picture",
    "run",
    "run_until",
    "seed",
    "snapshot",
    "step",
    "timeline",
    "world",
)
"""What there is of a cluster for who only looks."""
NEXT_SEED = 41
"""Of the accident in which `mended` tries a runbook. None of those that are graded."""


class Drill:
    """`orders()`, `log()`, `times()`, `dates()`; `rewind(…)`, `messages(…)`, `snapshot()`; `mended(fix)`."""

    def __init__(self, letter: str) -> None:
        self.scene = SCENES[letter]
        self.letter = letter
        played = Played(self.scene, self.scene.seed, messages=True)
        try:
            played.play()
        except BaseException:
            played.close()
            raise
        self._played, self._cluster = played, played.cluster
        self._orders, self._until_s = told(played), self._cluster.now
        self.closed = False

    def __getattr__(self, name: str) -> Any:
        if name not in SEEN:
            raise AttributeError(
                say(
                    "A drill has no {name!r}: you may look, and go back and forth. See `help(drills)`.",
                    name=name,
                )
            )
        return getattr(self._there, name)

    @property
    def _there(self) -> Any:
        if self.closed:
            raise Stumble(
                say('This drill is closed: `drills.open("{letter}")` opens it again.', letter=self.letter)
            )
        return self._cluster

    # -- what there is to see ----------------------------------------------------------------------------------

    def orders(self) -> ink.Picture:
        """What the customers noticed, from the beginning to the end, wherever you have gone meanwhile."""
        title = say("Drill {letter}: orders, and how long they waited", letter=self.letter)
        return ink.Picture(orders_html(self._orders, self._until_s, title))

    def log(self, host: str = "", since: float = 1.0, until: float | None = None) -> looks.Lines:
        """What the brokers and the controller have written into their logs up to now."""
        return looks.Lines(looks.log_lines(self._there.events(), host, since, until))

    def events(self, from_sequence: int = 0) -> tuple[Any, ...]:
        """As in `Cluster`."""
        return tuple(self._there.events(from_sequence))

    def messages(self, **wishes: Any) -> tuple[Message, ...]:
        """As in `Cluster`."""
        try:
            return tuple(self._there.messages(**wishes))
        except ValueError as why:
            raise Stumble(str(why)) from None

    def times(self, since: float, until: float) -> ink.Picture:
        """How long messages were under way, there and back, and how long they lay with who answered."""
        return ink.Picture(looks.times_table(self.messages(since=since, until=until)))

    def dates(self) -> ink.Picture:
        """What `date` says on each broker, now."""
        return ink.Picture(looks.dates_table(self._there.now, clocks(self._there)))

    def rewind(self, to: float | str | None = None, *, steps: int | None = None) -> None:
        """As in `Cluster`; what can't be is one sentence."""
        try:
            self._there.rewind(to, steps=steps)
        except (CantBePlayed, ValueError) as why:
            raise Stumble(str(why)) from None

    def tui(self) -> ink.Picture:
        """Let `minikafka tui` find this drill: it shows the moment at which you are, and moves when you do."""
        self._there.announce()
        words = say("In a terminal: `minikafka tui --cluster {name} --read-only`", name=self._cluster.name)
        return ink.Picture(f'<div style="color:{ink.TEXT};font-family:{ink.FONT}">{code(words)}</div>')

    # -- the mending -------------------------------------------------------------------------------------------

    def mended(self, fix: object) -> ink.Picture:
        """The next accident of this kind, with your runbook: what the customers notice then."""
        if fix is None:
            return looks.sentence_picture(say("There is no fix yet: write one into the dictionary above."))
        try:
            played = Played(self.scene, NEXT_SEED, read(fix))
        except Misread as why:
            return looks.sentence_picture(str(why))
        try:
            result = played.mend()
            title = say("The next accident, with your fix")
            picture = orders_html(told(played), played.cluster.now, title)
        finally:
            played.close()
        words = result.works or result.kept or say("It works again, and every confirmed order is there.")
        sign, hue = ("✗", "red") if result.works or result.kept else ("✓", "green")
        said = (
            f'<div style="max-width:{frame.WIDE}px;border-left:4px solid {frame.hue(hue)};padding:4px 10px;'
            f'color:{ink.TEXT};font-family:{ink.FONT};font-size:13px;margin-top:6px">{sign} {in_html(words)}</div>'
        )
        return _Told(picture + f'<div class="mk">{said}</div>', f"{sign} {words}")

    def debrief(self, answer: object) -> ink.Picture:
        """What it was, and what it is called in Kafka; once `answer` has the cause."""
        cause = answer.get("cause") if isinstance(answer, dict) else answer
        if str(cause).strip().lower() != self.scene.cause:
            return looks.sentence_picture(say("The debrief comes when the cause has its name."))
        seen, in_kafka = (code(say(words[self.letter])) for words in (debriefs.SEEN, debriefs.IN_KAFKA))
        return ink.Picture(
            f'<div class="mk" style="max-width:{frame.WIDE}px;border-left:4px solid {frame.hue("blue")};'
            f'padding:4px 10px;color:{ink.TEXT};font-family:{ink.FONT};font-size:14px">{frame.style()}'
            f"<b>{in_html(say('What you have seen'))}</b>: {seen}<br>"
            f"<b>{in_html(say('In Kafka itself'))}</b>: {in_kafka}</div>"
        )

    # -- itself ------------------------------------------------------------------------------------------------

    def _head(self) -> str:
        return (
            f'<div class="mk" style="max-width:{frame.WIDE}px;border:1px solid {ink.LINE};border-left:4px solid '
            f"{frame.hue('amber')};border-radius:6px;padding:8px 12px;color:{ink.TEXT};font-family:{ink.FONT};"
            f'font-size:14px;margin-bottom:8px">{frame.style()}<b>{in_html(say("The pager"))}</b> '
            f'<span style="color:{ink.MUTED}">{self._until_s:.0f} s</span><br>{code(say(self.scene.pager))}</div>'
        )

    def _repr_html_(self) -> str:
        if self.closed:
            return in_html(repr(self))
        about = say("topic {topic}, replication factor {n}", topic=TOPIC, n=self.scene.factor)
        return self._head() + boxes_html(self._cluster.picture(), about)

    def __repr__(self) -> str:
        if self.closed:
            return say("Drill {letter}: closed", letter=self.letter)
        return f"{say('Drill {letter}', letter=self.letter)}: {say(self.scene.pager)}"

    def close(self) -> None:
        """Let go of it. Twice is fine."""
        if not self.closed:
            self.closed = True
            self._played.close()


class _Told(ink.Picture):
    """A picture with its verdict, which is what stands where there are no pictures."""

    def __init__(self, html: str, words: str) -> None:
        super().__init__(html)
        self._words = words

    def __repr__(self) -> str:
        return self._words


def told(played: Played) -> list[Order]:
    """The orders as a picture wants them."""
    return [
        Order(
            one.began_s,
            one.ended_s - one.began_s if one.outcome == "acknowledged" else None,
            one.value in played.missing,
        )
        for one in played.writes
    ]


_open: dict[str, Drill] = {}


def open(letter: str) -> Drill:
    """The drill of that letter; an open one of the same letter is closed."""
    wanted = str(letter).strip().upper()
    if wanted not in SCENES:
        raise Stumble(
            say("There is no drill {letter!r}; there are: {all}.", letter=letter, all=", ".join(SCENES))
        )
    if wanted in _open:
        _open.pop(wanted).close()
    _open[wanted] = Drill(wanted)
    return _open[wanted]


def close_all() -> None:
    """Let go of all that are open."""
    while _open:
        _open.popitem()[1].close()


atexit.register(close_all)

__all__ = ["Drill", "close_all", "open"]
