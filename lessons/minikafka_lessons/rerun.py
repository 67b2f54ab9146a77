"""A run in which an answer failed, opened at its first bad event: `check.run("8a")`.

Rule: the run is the file's, and the rule in it is the answer that was judged, in the jail in which it was judged; so
what broke breaks again, whatever a cell has redefined since. What can't be opened is one sentence.
"""

from __future__ import annotations

import atexit
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minikafka import Cluster
from minikafka.cluster import BackgroundFailure
from minikafka.cluster.past import PastDiffers
from minikafka.cluster.replaying import TapeDiverged
from minikafka.cluster.run_file import NotARun, read
from minikafka.commands.values import CantBePlayed
from minikafka.explore import FIRST_BAD
from minikafka.world.visible import visible
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading import run_files
from minikafka_lessons.grading.display import code
from minikafka_lessons.grading.jail import Escaped
from minikafka_lessons.grading.sandbox import AnswerFailed, Code, Sandbox
from minikafka_lessons.language import say
from minikafka_lessons.show import ink
from minikafka_lessons.show.player import Player
from minikafka_lessons.show.space_time import arrows_of_messages, marks_of_events, space_time_html
from minikafka_lessons.show.tape import tape_html

A_FEW = 24
"""Messages that are drawn: the latest, so that the last ones led there."""


class CantBeOpened(Exception):
    """One sentence."""


def _heard(cluster: Cluster) -> None:
    """What failed in the background is part of the run, and no news."""
    try:
        cluster.snapshot()
    except BackgroundFailure:
        pass


class Rerun:
    """A run that stands at its first bad event: `cluster`, and a player of it.

    `player.back()`, `player.step()`; `cluster.messages(…)`, `cluster.snapshot()`: all that a simulated cluster can.
    """

    def __init__(self, exercise: Exercise, path: Path, answer: Code) -> None:
        self.exercise, self.path = exercise, path
        self._sandbox: Sandbox | None = None
        self.cluster = self._opened(answer)
        try:
            _heard(self.cluster)
            try:
                self.cluster.rewind(FIRST_BAD)
            except ValueError as no_such_mark:
                raise CantBeOpened(str(no_such_mark)) from None
            _heard(self.cluster)
            self.bad_s = self.cluster.now
            played: Any = self.cluster
            self.player = Player(played, self._draw)
        except BaseException:
            self.close()
            raise

    def _opened(self, answer: Code) -> Cluster:
        _, tape = read(self.path)
        rules = {name: self._rule(name, answer) for name in tape.setup.rules}
        try:
            return Cluster.open(self.path, rules=rules, message_events=True)
        except BaseException:
            self._end_answer()
            raise

    def _rule(self, name: str, answer: Code) -> Callable[..., Any]:
        if self.exercise.rule is None or name not in self.exercise.names:
            raise CantBeOpened(say("{path} is no run of exercise {id}.", path=self.path, id=self.exercise.id))
        if self._sandbox is None:
            self._sandbox = Sandbox(answer, self.exercise.names)
        return self.exercise.rule(self._sandbox, name)

    def _draw(self, cluster: Cluster) -> str:
        messages = cluster.messages()[-A_FEW:]
        since = messages[0].began_s if messages else self.bad_s
        picture = space_time_html(
            arrows_of_messages(messages), marks_of_events(cluster.events()), since=since
        )
        snapshot = cluster.snapshot()
        topic = next((topic for topic in snapshot.topics if not topic.name.startswith("__")), None)
        return picture + ("" if topic is None else tape_html(snapshot, topic.name))

    @property
    def _property(self) -> str:
        what, _ = self.exercise.properties.get(run_files.property_of(self.path), ("", 0.0))
        return say(what) if what else self.exercise.id

    def _head(self) -> str:
        where = say(
            "Here it broke: seed {seed}, {at} s. `{back}` goes one step back, `{step}` one on.",
            seed=self.cluster.seed,
            at=f"{self.bad_s:.6f}",
            back=",",
            step=".",
        )
        own = ", ".join(f'"{name}": {name}' for name in self.cluster.tape().setup.rules)
        by_hand = f'Cluster.open("{self.path.as_posix()}"' + (f", rules={{{own}}})" if own else ")")
        kept = say(
            "The same by hand: `{code}`, then `{rewind}`.", code=by_hand, rewind=f'rewind("{FIRST_BAD}")'
        )
        return (
            f'<div style="border-left:4px solid {ink.ORANGE};padding:6px 12px;color:{ink.TEXT};'
            f'font-family:{ink.FONT};font-size:13px"><b>✗ {code(self._property)}</b><br>{code(where)}'
            f'<div style="color:{ink.MUTED}">{code(kept)}</div></div>'
        )

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(ink.Picture(self._head()))
        self.player._ipython_display_()

    def __repr__(self) -> str:
        return f"{ink.plain(self._head())}\n{self.player!r}"

    def close(self) -> None:
        """End the cluster, and the process in which the answer decides. Twice is fine."""
        self.cluster.drop()
        self._end_answer()

    def _end_answer(self) -> None:
        sandbox, self._sandbox = self._sandbox, None
        if sandbox is not None:
            sandbox.close()


_latest: list[Rerun] = []


def close_latest() -> None:
    """The run that is open is closed: there is one at a time."""
    while _latest:
        _latest.pop().close()


atexit.register(close_latest)


def open_run(exercise: Exercise, what: str, answer: Code | None) -> Rerun | ink.Picture:
    """The run that was kept of this property; without one, of the first that failed."""
    close_latest()
    try:
        opened = Rerun(exercise, _found(exercise, what), _there(exercise, answer))
    except (CantBeOpened, AnswerFailed, Escaped, NotARun) as why:
        return _sentence(str(why))
    except OSError as why:
        return _sentence(say("The run can't be read: {why}.", why=why.strerror or why))
    except (TapeDiverged, CantBePlayed, PastDiffers):
        return _sentence(
            say(
                'Your rule decides otherwise than in that run: `check("{id}")` keeps a run of the one you have now.',
                id=exercise.id,
            )
        )
    _latest.append(opened)
    return opened


def _found(exercise: Exercise, what: str) -> Path:
    order = list(exercise.properties)
    known = {run_files.property_of(path): path for path in run_files.files(exercise.id)}
    there = [name for name in order if name in known]
    if not there:
        raise CantBeOpened(
            say('No run of exercise {id} is kept: none broke, or run `check("{id}")` first.', id=exercise.id)
        )
    if what and what not in there:
        raise CantBeOpened(
            say(
                "No run of {what!r} is kept; there are: {all}.", what=visible(str(what)), all=", ".join(there)
            )
        )
    return known[what or there[0]]


def _there(exercise: Exercise, answer: Code | None) -> Code:
    if answer is None:
        raise CantBeOpened(
            say(
                "Run the cell of exercise {id} first: the run needs your rule.",
                id=exercise.id,
            )
        )
    return answer


def _sentence(words: str) -> ink.Picture:
    return ink.Picture(f"<div>{code(words)}</div>")


__all__ = ["CantBeOpened", "Rerun", "close_latest", "open_run"]
