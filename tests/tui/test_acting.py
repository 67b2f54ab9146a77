"""What the inspector does to a cluster, and what it asks before."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from minikafka.commands import CreateTopic, NotUnderstood, parse_arguments
from minikafka_tui.app import InspectorApp
from minikafka_tui.dialogs import Confirm
from tests.tui.driving import frame, run, screen


def test_k_asks_before_it_kills_the_selected_broker(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw())

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("down", "k")
        await pilot.pause()
        assert isinstance(app.screen, Confirm)
        assert "Kill broker-2?" in screen(app)
        await pilot.press("enter")  # the focus is on Cancel
        await pilot.pause()
        assert feed.sent == []
        await pilot.press("k", "y")
        await pilot.pause()
        assert feed.sent == [("kill", {"host": "broker-2"})]
        await pilot.press("r", "y")
        await pilot.pause()
        assert feed.sent[1] == ("restart", {"host": "broker-2"})

    run(feed, scenario)


@pytest.mark.parametrize("how", ["read_only", "remote"])
def test_who_may_only_look_is_told_so_and_nothing_is_sent(draw: Any, feed_of: Any, how: str) -> None:
    feed = feed_of(draw(), refusal=None if how == "read_only" else "This Kafka is only looked at.")

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        app.action_kill("broker-1")
        await pilot.pause()
        assert len(app.screen_stack) == 1
        assert feed.sent == []
        assert any("only" in n.message for n in app._notifications)

    run(feed, scenario, read_only=how == "read_only")


def test_space_freezes_a_live_picture(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw(end=100))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("3", "space")
        feed.show(draw(end=5_000, at=2.0))
        await frame(pilot)
        assert "❚❚ frozen" in screen(app)
        assert "5,000" not in screen(app)
        await pilot.press("space")
        await frame(pilot)
        assert "5,000" in screen(app)
        assert feed.sent == []

    run(feed, scenario)


def test_space_and_dot_pause_and_step_simulated_time(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw(world="simulated", paused=False))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("space")
        await pilot.pause()
        feed.show(draw(world="simulated", paused=True, at=1.5))
        await frame(pilot)
        assert "❚❚ paused" in screen(app)
        await pilot.press("full_stop", "space")
        await pilot.pause()
        assert [name for name, _ in feed.sent] == ["pause", "step", "resume"]

    run(feed, scenario)


def test_a_key_pressed_right_after_the_cursor_moved_means_the_new_row(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw())

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        app.pane.table.action_move(1)
        app.action_kill()
        await pilot.pause()
        assert "Kill broker-2?" in screen(app)
        footer = screen(app).splitlines()[-1]
        assert "Sort" not in footer

    run(feed, scenario)


def test_the_palette_creates_a_topic_from_one_line(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw())

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Create topic", "Kill broker-2", "Cut the network", "Groups", "Quit"} <= set(titles)
        app.ask_and_send(CreateTopic)
        await pilot.pause()
        app.screen.query_one("#ask-input", Input).value = "clicks 12 3"
        await pilot.press("enter")
        await pilot.pause()
        assert feed.sent == [("create_topic", CreateTopic("clicks", 12, 3).arguments)]

    run(feed, scenario)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("create_topic", "a b c"),
        ("create_topic", ""),
        ("produce", "orders"),
        ("cut", "a | "),
        ("run", "-1"),
        ("run", "x"),
    ],
)
def test_wrong_arguments_are_answered_with_how_to_say_it(name: str, text: str) -> None:
    with pytest.raises(NotUnderstood, match=r"^Say"):
        parse_arguments(name, text)


@pytest.mark.slow
def test_kill_and_restart_anywhere_mean_what_the_cursor_is_on(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw())

    async def asked(app: InspectorApp, pilot: Pilot[None], *keys: str) -> str:
        await pilot.press(*keys)
        await pilot.pause()
        said = " ".join(screen(app).split())
        if isinstance(app.screen, Confirm):
            await pilot.press("n")
            await pilot.pause()
            return said
        return ""

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        said = await asked(app, pilot, "3", "down", "K")
        assert "Kill broker-2?" in said
        assert "It leads orders-1." in said
        said = await asked(app, pilot, "5", "K")
        assert "Kill broker-1?" in said
        assert "It coordinates the group billing." in said
        said = await asked(app, pilot, "tab", "K")
        assert "It leads orders-0." in said, "the lower table has the cursor now"
        said = await asked(app, pilot, "6", "R")
        assert "Restart broker-1?" in said
        assert "where this event happened" in said
        said = await asked(app, pilot, "3", "up", "up", "4", "K")
        assert "It holds the replica that you look at" in said
        assert await asked(app, pilot, "2", "K") == "", "a topic is no broker"
        assert any("There is nothing to kill under the cursor" in n.message for n in app._notifications)
        assert feed.sent == []

    run(feed, scenario)


def test_restart_means_the_replica_that_is_away_and_who_is_down_is_not_killed_again(
    draw: Any, feed_of: Any
) -> None:
    feed = feed_of(draw(down=(2,)))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("3", "R")
        await pilot.pause()
        assert "Start broker-2 again?" in screen(app)
        await pilot.press("n", "1", "down", "K")
        await pilot.pause()
        assert len(app.screen_stack) == 1
        assert any("broker-2 is down already" in n.message for n in app._notifications)

    run(feed, scenario)


@pytest.mark.parametrize("how", ["read_only", "remote"])
def test_what_is_refused_is_not_offered(draw: Any, feed_of: Any, how: str) -> None:
    feed = feed_of(draw(), refusal=None if how == "read_only" else "This Kafka is only looked at.")

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        footer = screen(app).splitlines()[-1]
        assert "Kill" not in footer
        assert "Restart" not in footer
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert not any(title.startswith(("Kill", "Restart", "Create", "Cut", "Heal")) for title in titles)
        await pilot.press("k", "K", "r", "R", "full_stop")
        assert len(app.screen_stack) == 1
        await pilot.press("question_mark")
        await pilot.pause()
        assert "kill" not in screen(app)
        await pilot.press("escape", "1", "enter")
        await pilot.pause()
        assert "kills it" not in screen(app)

    run(feed, scenario, read_only=how == "read_only")
