"""A node that has failed: the reason stands in red where one looks first, and whole where one looks closer."""

from __future__ import annotations

from typing import Any

import msgspec
from textual.pilot import Pilot

from minikafka.xray.snapshot import Controller, Snapshot
from minikafka_tui import palette
from minikafka_tui.app import InspectorApp
from minikafka_tui.screens.broker import BrokerDetails
from tests.tui.driving import run, screen

FULL = "its last log directory, /data/broker-2, failed: No space left on device"
UNWRITABLE = "it can't read or write its metadata log (No space left on device)"


def failed(snapshot: Snapshot, *, controller: bool = False) -> Snapshot:
    """With broker-2 out of service, or the controller."""
    if controller:
        ended = Controller(3000, "controller-1", state="down", error=UNWRITABLE)
        return msgspec.structs.replace(snapshot, controller=None, controllers=(ended,))
    one, two, three = snapshot.brokers
    two = msgspec.structs.replace(two, state="fenced", error=FULL)
    return msgspec.structs.replace(snapshot, brokers=(one, two, three))


def red(app: InspectorApp) -> str:
    """What is drawn in the colour of what is bad."""
    return "".join(
        segment.text
        for strip in app.screen._compositor.render_strips()
        for segment in strip
        if segment.style is not None
        and segment.style.color is not None
        and segment.style.color.name.lower() == palette.BAD
    )


def test_the_overview_says_why_a_broker_is_out_of_service(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        assert "broker-2: its last log directory" in red(app)
        assert "No space left on device" in red(app)

    run(feed_of(failed(draw())), scenario, size=(120, 30))


def test_the_brokers_own_screen_has_the_whole_reason_and_the_key(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("down", "enter")
        await pilot.pause()
        assert isinstance(app.screen, BrokerDetails)
        assert "r restarts it" in screen(app)
        assert "It is out of service: its last log directory" in red(app)

    run(feed_of(failed(draw())), scenario, size=(120, 30))


def test_a_controller_that_has_ended_is_said_and_can_be_restarted(draw: Any, feed_of: Any) -> None:
    feed = feed_of(failed(draw(), controller=True))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        assert "controller-1: it can't read or write its metadata log" in red(app)
        assert "! ended" in red(app)
        (restart,) = [c for c in app.cluster_commands() if c.title == "Restart controller-1"]
        restart.callback()
        await pilot.pause()
        assert feed.sent == [("restart", {"host": "controller-1"})]

    run(feed, scenario, size=(120, 30))
