"""Keys and the mouse: from tab to tab, down and up again, filters, jumps, help."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from minikafka_tui.app import InspectorApp
from minikafka_tui.dialogs import Help
from tests.tui.driving import run, screen


def test_enter_drills_from_topic_to_segments_and_esc_goes_back(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("2", "down", "enter")
        assert (app.tab, app.selection.topic) == ("partitions", "payments")
        await pilot.press("j", "enter")
        await pilot.pause()
        assert (app.tab, app.selection.partition) == ("segments", 1)
        assert "payments-1" in screen(app)
        await pilot.press("escape", "escape")
        assert app.tab == "topics"

    run(feed_of(draw()), scenario)


def test_a_filter_hides_other_rows_until_esc(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("2", "slash", *"PAY", "enter")
        await pilot.pause()
        assert [t.name for t in app.pane.table.shown] == ["payments"]
        assert "filter: PAY" in screen(app)
        await pilot.press("escape")
        assert len(app.pane.table.shown) == 2

    run(feed_of(draw()), scenario)


def test_a_filter_from_the_command_line_is_in_force_at_once(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("2")
        assert [t.name for t in app.pane.table.shown] == ["orders"]

    run(feed_of(draw()), scenario, filter_text="ord")


@pytest.mark.slow
def test_jump_goes_to_a_partition_a_group_and_a_tab(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("colon", *"payments-2", "enter")
        assert (app.tab, app.selection.topic, app.selection.partition) == ("segments", "payments", 2)
        await pilot.press("colon", *"billing", "enter")
        assert app.tab == "groups"
        await pilot.press("colon", *"events", "enter")
        assert app.tab == "events"
        await pilot.press("colon", *"nowhere", "enter")
        assert app.tab == "events"

    run(feed_of(draw()), scenario)


def test_the_mouse_opens_tabs_and_rows(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.click("TabBar", offset=(15, 0))
        assert app.tab == "topics"
        await pilot.click("#topics-table", offset=(6, 2), times=2)
        await pilot.pause()
        assert (app.tab, app.selection.topic) == ("partitions", "payments")

    run(feed_of(draw()), scenario)


def test_help_opens_and_closes(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(app.screen, Help)
        assert "kill, restart a broker" in screen(app)
        await pilot.press("escape")
        assert len(app.screen_stack) == 1

    run(feed_of(draw()), scenario, size=(80, 24))
