"""The bar under a simulated picture: step, run, back, speed. Nothing moves unless somebody says so.

Rule: each button has a function that does the same, and a key. A press goes from the page to the kernel by the door
that the notebook itself uses; where a page can't reach it, the bar says what to type, and `widgets()` gives buttons
that go the front end's own way. The picture above is drawn anew after each, and stands in the notebook whole.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from typing import Any, Protocol

from minikafka.world.visible import in_html, visible
from minikafka_lessons.kernel import kernel_id
from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink
from minikafka_lessons.show.shown import Shown

TARGET = "minikafka-player"
"""Who listens for presses in the kernel."""
SPEEDS = (0.001, 0.01, 0.1, 1.0, 10.0)
"""Virtual seconds a second."""
TICK_S = 0.2
"""So often the page asks for more while it runs."""
ICONS = {
    "back": ("M13 2 5 8l8 6zM3 2h2v12H3z",),
    "step": ("M3 2l8 6-8 6zM11 2h2v12h-2z",),
    "message": ("M1 7h8V3l6 5-6 5V9H1z",),
    "run": ("M3 2l11 6-11 6z", "M3 2h4v12H3zM9 2h4v12H9z"),
}
_HIDDEN = ' display="none"'
KEYS = {"back": ",", "step": ".", "message": "m", "run": "space"}


class Playable(Protocol):
    """What a simulated cluster can do. Where it can also `rewind(to, steps=…)` and `step(what)`, there are buttons."""

    @property
    def now(self) -> float: ...

    def step(self) -> bool: ...

    def run(self, seconds: float) -> None: ...


class Player:
    """A picture of a simulated cluster with its bar. `draw(cluster) -> HTML` is asked after each press."""

    def __init__(self, cluster: Playable, draw: Callable[[Any], str]) -> None:
        self._cluster: Any = cluster
        self._draw = draw
        self.speed = 0.01
        """Virtual seconds a second, of `run()` without a number and of the run button."""
        self.said = ""
        """What was wrong with the last press: one sentence."""
        self.id = f"{len(_players) + 1}"
        _players[self.id] = self
        self.picture = Shown(draw(cluster))
        self._bar = Shown(self._bar_html())

    # -- the functions -----------------------------------------------------------------------------------------

    def step(self, what: str = "") -> Player:
        """Let the next thing happen; `step("message")`: go on until a message has been delivered."""
        self._cluster.step(what) if what else self._cluster.step()
        return self._drawn()

    def run(self, seconds: float | None = None) -> Player:
        """Let virtual time pass: so many seconds, or as many as pass in one at the present speed."""
        self._cluster.run(self.speed if seconds is None else seconds)
        return self._drawn()

    def back(self, steps: int = 1) -> Player:
        """Undo so many steps."""
        self._cluster.rewind(steps=steps)
        return self._drawn()

    def rewind(self, to: Any) -> Player:
        """Go to a moment: seconds, or the name of a mark."""
        self._cluster.rewind(to)
        return self._drawn()

    def _drawn(self) -> Player:
        self.picture.redraw(self._draw(self._cluster))
        return self

    # -- the bar -----------------------------------------------------------------------------------------------

    @property
    def can_go_back(self) -> bool:
        return hasattr(self._cluster, "rewind")

    @property
    def can_step_messages(self) -> bool:
        return bool(inspect.signature(self._cluster.step).parameters)

    def press(self, verb: str, speed: float | None = None) -> dict[str, Any]:
        """What a button does; the answer goes to the page. Whatever goes wrong is one sentence there."""
        self.said = ""
        if speed in SPEEDS:
            self.speed = float(speed)
        try:
            match verb:
                case "step":
                    self.step()
                case "message":
                    self.step("message")
                case "back":
                    self.back()
                case "run":
                    self.run(self.speed * TICK_S)
                case "look":
                    self._drawn()
        except Exception as problem:  # a press has no cell to raise in
            self.said = visible(f"{problem}" or type(problem).__name__)[:300]
        return {"now": self._now(), "said": self.said}

    def _now(self) -> str:
        return f"{self._cluster.now:.6f} s"

    def _bar_html(self) -> str:
        buttons = [("back", say("back"), say("back one step"))] if self.can_go_back else []
        buttons += [
            ("step", say("step"), say("one step")),
            *([("message", say("message"), say("to the next message"))] if self.can_step_messages else []),
            ("run", say("run"), say("run, and stop")),
        ]
        style = (
            f"font:inherit;height:34px;color:{ink.TEXT};background:{frame.PAPER};border:1px solid {ink.LINE};"
            "border-radius:7px;cursor:pointer;padding:0 10px;display:inline-flex;align-items:center;gap:6px"
        )
        shown = "".join(
            f'<button type="button" data-verb="{verb}" title="{in_html(words)} ({KEYS[verb]})" '
            f'aria-label="{in_html(words)}" aria-keyshortcuts="{KEYS[verb]}" style="{style}">{_icon(verb)}'
            f"{in_html(word)}</button>"
            for verb, word, words in buttons
        )
        chosen = ' selected="selected"'
        options = "".join(
            f'<option value="{one:g}"{chosen if one == self.speed else ""}>{in_html(_speed(one))}</option>'
            for one in SPEEDS
        )
        about = {
            "id": self.id,
            "kernel": kernel_id(),
            "target": TARGET,
            "tick": TICK_S * 1000,
            "words": {
                "unreachable": say("This page can't reach the kernel. Type into a cell:") + " player.step()",
                "gone": say("The kernel doesn't know this player any more: run its cell again."),
            },
        }
        settings = json.dumps(about, ensure_ascii=False).replace("<", "\\u003c")
        return (
            f'{frame.style()}<div class="mk" data-player="{self.id}" role="toolbar" tabindex="0" '
            f'aria-label="{in_html(say("Player of virtual time"))}" data-lm-suppress-shortcuts="true" '
            f'style="display:flex;flex-wrap:wrap;gap:6px;align-items:center;max-width:{frame.WIDE}px;margin:4px 0;'
            f'padding:3px;border-radius:9px;color:{ink.TEXT};font-family:{ink.FONT};font-size:13px">{shown}'
            f'<select data-speed="1" aria-label="{in_html(say("speed"))}" style="{style}">{options}</select>'
            f'<output data-now="1" style="font-family:{ink.MONO};margin-left:6px">{self._now()}</output>'
            f'<span data-said="1" role="status" style="color:{frame.hue("red")};flex-basis:100%"></span></div>'
            f"<script>({_script()})({settings});</script>"
        )

    # -- in a notebook -----------------------------------------------------------------------------------------

    def _ipython_display_(self) -> None:
        listen()
        self.picture._ipython_display_()
        self._bar = Shown(self._bar_html())
        self._bar._ipython_display_()

    def widgets(self) -> Any:
        """The bar as ipywidgets, for front ends whose pages can't reach the kernel. Raises ImportError without them."""
        import ipywidgets

        now, said = ipywidgets.Label(self._now()), ipywidgets.Label("")

        def button(verb: str, words: str) -> Any:
            made = ipywidgets.Button(description=words, tooltip=words)

            def press(_: Any) -> None:
                told = self.press(verb)
                now.value, said.value = told["now"], told["said"]

            made.on_click(press)
            return made

        row = [button("back", say("back one step"))] if self.can_go_back else []
        row += [button("step", say("one step"))]
        row += [button("message", say("to the next message"))] if self.can_step_messages else []
        row += [button("run", say("run")), now]
        return ipywidgets.VBox([ipywidgets.HBox(row), said])

    def __repr__(self) -> str:
        return f"{self._now()} · {self.picture!r}"


def player(cluster: Playable, draw: Callable[[Any], str]) -> Player:
    """A picture of a simulated cluster with step, run, back and speed under it."""
    return Player(cluster, draw)


def _icon(verb: str) -> str:
    """A sign that needs no font; that of `run` has a second one, for the while it runs."""
    paths = "".join(
        f'<path d="{path}" data-icon="{n}"{_HIDDEN if n else ""}/>' for n, path in enumerate(ICONS[verb])
    )
    return f'<svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" fill="currentColor">{paths}</svg>'


def _speed(one: float) -> str:
    return f"{one * 1000:g} ms / s" if one < 1 else f"{one:g} s / s"


_players: dict[str, Player] = {}


def listen() -> None:
    """Hear presses, where there is a kernel."""
    try:
        from IPython import get_ipython

        get_ipython().kernel.comm_manager.register_target(TARGET, _opened)
    except Exception:
        pass  # no kernel: the functions do the same


def _opened(comm: Any, message: dict[str, Any]) -> None:
    """A page is there; what it sends are presses."""

    def pressed(message: dict[str, Any]) -> None:
        told = message["content"]["data"]
        found = _players.get(str(told.get("id")))
        if found is None:
            comm.send({"gone": True})
            return
        speed = told.get("speed")
        comm.send(
            found.press(str(told.get("verb")), float(speed) if isinstance(speed, int | float) else None)
        )

    comm.on_msg(pressed)
    pressed(message)


@cache
def _script() -> str:
    return (files("minikafka_lessons") / "show" / "player.js").read_text(encoding="utf-8").strip()
