"""Sizes, colours, sources that are slow, lost or broken."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from minikafka_tui.app import InspectorApp
from minikafka_tui.widgets.status_line import StatusLine
from tests.tui.driving import frame, run, screen


def test_a_lost_source_is_a_banner_and_goes_when_it_is_back(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw())

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        feed.lose("The cluster closed the connection.")
        await pilot.pause()
        assert "The cluster closed the connection. Trying again" in screen(app)
        assert "○ disconnected" in screen(app)
        feed.show(draw(at=3.0))
        await frame(pilot)
        assert "Trying again" not in screen(app)

    run(feed, scenario)


def test_before_the_first_picture_it_says_what_it_waits_for(feed_of: Any) -> None:
    feed = feed_of(None)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("2", "space", "slash", "k", "s", "1")
        feed.lose("Nobody listens on 127.0.0.1:1.")
        await pilot.pause()
        assert "Connecting to cluster lab" in screen(app)
        assert "Nobody listens" in screen(app)

    run(feed, scenario)


@pytest.mark.parametrize("tab", "123456")
def test_all_tabs_fit_80x24(draw: Any, feed_of: Any, tab: str) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press(tab)
        await pilot.pause()
        lines = screen(app).splitlines()
        assert len(lines) == 24
        assert "Quit" in lines[-1]
        assert app.pane.table.size.height >= 3

    run(feed_of(draw()), scenario, size=(80, 24))


def test_without_colour_the_cursor_and_states_are_still_told(
    draw: Any, feed_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("down")
        text = screen(app)
        assert "› broker-2" in text
        assert "○ down" in text
        assert app.no_color

    run(feed_of(draw(down=(3,))), scenario)


def test_pictures_faster_than_frames_are_not_all_drawn(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw())

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        drawn: list[int] = []
        original = app.draw
        app.draw = lambda: (drawn.append(1), original())[1]  # type: ignore[method-assign]
        for n in range(100):
            feed.show(draw(end=200 + n, at=2.0 + n))
        await frame(pilot)
        assert len(drawn) <= 3
        assert app.snapshot is not None
        assert app.snapshot.partition("orders", 0).end == 299

    run(feed, scenario)


@pytest.mark.parametrize("size", [(20, 6), (40, 12), pytest.param((200, 60), marks=pytest.mark.slow)])
@pytest.mark.slow
def test_other_sizes_draw_too(draw: Any, feed_of: Any, size: tuple[int, int]) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        for tab in "123456":
            await pilot.press(tab)
        await pilot.press("question_mark", "escape", "slash", "x", "escape")
        assert len(screen(app).splitlines()) == size[1]

    run(feed_of(draw(down=(3,))), scenario, size=size)


def test_a_source_that_raises_is_a_banner_and_not_a_traceback(feed_of: Any) -> None:
    class Broken(feed_of):
        async def watch(self, show: Any, lost: Any) -> None:
            raise KeyError("surprise")

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        assert "could not be read (KeyError: 'surprise')" in screen(app)

    run(Broken(None), scenario, size=(140, 30))


def test_a_picture_that_comes_while_the_inspector_closes_does_no_harm(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw())

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await app.query_one(StatusLine).remove()
        feed.show(draw(at=2.0))
        feed.lose("The cluster closed the connection.")
        await frame(pilot)

    run(feed, scenario)


def test_a_partition_that_moves_shows_who_comes_and_who_goes(draw: Any, feed_of: Any) -> None:
    picture = draw()
    topic = picture.topics[0]
    first = msgspec.structs.replace(topic.partitions[0], adding=("broker-1",), removing=("broker-3",))
    moving = msgspec.structs.replace(topic, partitions=(first, *topic.partitions[1:]))
    feed = feed_of(msgspec.structs.replace(picture, topics=(moving, *picture.topics[1:])))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("3")
        await frame(pilot)
        assert "→ moving" in screen(app)
        assert "+1" in screen(app)
        assert "−3" in screen(app)

    run(feed, scenario)
