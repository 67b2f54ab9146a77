"""Nothing stays green that isn't: what the inspector draws between a fault and the moment at which others notice."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from minikafka.xray.snapshot import Snapshot
from minikafka_tui import palette
from minikafka_tui.app import InspectorApp
from tests.tui.driving import frame, run, screen
from tests.tui.test_out_of_service import red


def killed(snapshot: Snapshot, number: int = 1) -> Snapshot:
    """A broker has just gone; on paper all is as before."""
    name = f"broker-{number}"

    def partition(p: Any) -> Any:
        replicas = tuple(
            msgspec.structs.replace(r, alive=r.broker != name, end=None if r.broker == name else r.end)
            for r in p.replicas
        )
        end = None if p.leader == name else p.end
        return msgspec.structs.replace(p, replicas=replicas, end=end, high_watermark=end)

    brokers = tuple(
        msgspec.structs.replace(
            b, state="down" if b.name == name else b.state, fenced=False, heard_at=snapshot.at - 1
        )
        for b in snapshot.brokers
    )
    topics = tuple(
        msgspec.structs.replace(t, partitions=tuple(map(partition, t.partitions))) for t in snapshot.topics
    )
    groups = tuple(
        msgspec.structs.replace(g, as_of=snapshot.at - 1, error="COORDINATOR_NOT_AVAILABLE")
        if g.coordinator == name
        else g
        for g in snapshot.groups or ()
    )
    return msgspec.structs.replace(
        snapshot, brokers=brokers, topics=topics, groups=groups, session_timeout_s=9.0
    )


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40)])
def test_a_killed_leader_is_red_in_the_overview_at_once(
    draw: Any, feed_of: Any, size: tuple[int, int]
) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        said = " ".join(red(app).split())
        assert "broker-1 is down: writes and reads of the 2 partitions it leads stall" in said
        assert "up to 8 s" in said
        assert "✗2" in screen(app).splitlines()[1], "on the tab, for those who look at another"
        assert "leader down" in said
        assert "broker-3" in screen(app), "the brokers are still there"
        assert "all in sync" not in screen(app)

    run(feed_of(killed(draw(at=100.0))), scenario, size=size)


def test_partitions_and_topics_say_what_waits(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("2")
        await pilot.pause()
        assert "✗ 1 leader down" in red(app)
        await pilot.press("3")
        await pilot.pause()
        lines = [line for line in screen(app).splitlines() if "✗" in line]
        assert any("✗ leader down" in line and "1✗" in line for line in lines)
        assert sum("✗ waits for 1" in line for line in lines) == 2
        assert "✓ ok" not in screen(app)

    run(feed_of(killed(draw(at=100.0))), scenario, size=(120, 30))


def test_a_group_without_its_coordinator_stays_with_its_last_lag_marked_so(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await pilot.pause()
        drawn = screen(app)
        assert "✗ as last seen" in drawn
        assert "40 ?" in drawn
        assert "billing · as seen 1 s ago, Stable: its coordinator broker-1 is gone" in drawn

    run(feed_of(killed(draw(at=100.0))), scenario, size=(120, 30))


def test_a_lag_that_is_known_in_part_is_at_least_that(draw: Any, feed_of: Any) -> None:
    snapshot = draw()
    (group,) = snapshot.groups
    unknown = msgspec.structs.replace(group.offsets[1], committed=5, end=None)
    group = msgspec.structs.replace(group, offsets=(group.offsets[0], unknown))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        assert "≥ 40" in screen(app)
        await pilot.press("5")
        await pilot.pause()
        assert "≥ 40" in screen(app)

    run(feed_of(msgspec.structs.replace(snapshot, groups=(group,))), scenario)


def test_an_old_picture_says_how_old_it_is_and_grows_older(
    draw: Any, feed_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = feed_of(draw())

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        feed.lose("Nothing has come from the cluster for 3 s: its process is paused.")
        await pilot.pause()
        assert "What you see is " in screen(app)
        app._taken_at -= 300
        app._say_age()
        await pilot.pause()
        assert "What you see is 5 min old." in screen(app)
        assert "● live" not in screen(app)
        feed.show(draw(at=2.0))
        await frame(pilot)
        assert "What you see" not in screen(app)
        assert "● live" in screen(app)

    run(feed, scenario, size=(120, 30))


def test_a_broker_that_is_not_heard_of_is_not_green(draw: Any, feed_of: Any) -> None:
    snapshot = draw(at=100.0)
    one, *others = snapshot.brokers
    mute = msgspec.structs.replace(one, fenced=False, heard_at=95.0)
    snapshot = msgspec.structs.replace(snapshot, brokers=(mute, *others), session_timeout_s=9.0)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        assert "◐ mute 5 s" in screen(app)
        assert "The controller hasn't heard from broker-1 for 5 s" in screen(app)

    run(feed_of(snapshot), scenario, size=(120, 30))


@pytest.mark.parametrize("size", [(49, 30), (100, 13), (10, 4), (1, 1)])
def test_a_screen_that_is_too_small_says_so(draw: Any, feed_of: Any, size: tuple[int, int]) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        assert app.query_one("#too-small").display
        if size[0] > 10:
            assert "Too small: the inspector needs 50 × 14 cells." in " ".join(screen(app).split())
            assert "broker-1" not in screen(app)

    run(feed_of(draw()), scenario, size=size)


def test_all_tabs_are_there_on_a_narrow_screen(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        tabs = screen(app).splitlines()[1]
        assert all(f" {n} " in tabs for n in range(1, 7))
        assert "Overview" in tabs
        assert palette.BAD not in tabs

    run(feed_of(draw()), scenario, size=(50, 20))
