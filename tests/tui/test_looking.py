"""What the tabs show: states, lag, what is wrong, the cursor and its rows."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot

from minikafka.xray.snapshot import LogDir
from minikafka_tui.app import InspectorApp
from minikafka_tui.history import History
from minikafka_tui.screens.broker import BrokerDetails
from tests.tui.driving import frame, run, screen


def test_the_overview_shows_brokers_controller_and_events(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        text = screen(app)
        for word in (
            "broker-1",
            "broker-3",
            "● running",
            "controller-1",
            "broker-1 started",
            "● live",
            "lab",
        ):
            assert word in text

    run(feed_of(draw()), scenario)


@pytest.mark.parametrize(
    ("key", "tab", "word"),
    [
        ("2", "topics", "payments"),
        ("3", "partitions", "broker-3"),
        ("4", "segments", "active"),
        ("5", "groups", "billing"),
        ("6", "events", "BrokerStarted"),
    ],
)
def test_numbers_open_tabs(draw: Any, feed_of: Any, key: str, tab: str, word: str) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press(key)
        await pilot.pause()
        assert app.tab == tab
        assert word in screen(app)

    run(feed_of(draw()), scenario)


def test_lag_moves_and_no_commit_is_not_zero(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw(committed=60, end=100))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await pilot.pause()
        assert " 40 " in screen(app)
        assert "no commit" in screen(app)
        feed.show(draw(committed=75, end=100, at=2.0))
        await frame(pilot)
        assert " 25 " in screen(app)
        assert app.history.lag_trend("billing") == [40, 25]

    run(feed, scenario)


def test_an_offline_partition_is_a_word_and_the_page_lives(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        text = screen(app)
        assert "! 3 away" in text
        await pilot.press("2")
        assert "✗ 3 offline" in screen(app)
        await pilot.press("3")
        await pilot.pause()
        assert "✗ LEADER_NOT" in screen(app)
        assert "none" in screen(app)

    run(feed_of(draw(down=(1, 2, 3))), scenario)


def test_an_under_replicated_partition_names_who_is_missing(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("3")
        await pilot.pause()
        assert "! under-repl" in screen(app)
        assert "1,3 ! −2" in screen(app) or "3,1 ! −2" in screen(app)

    run(feed_of(draw(down=(2,))), scenario)


def test_a_leader_that_died_unnoticed_is_said(draw: Any, feed_of: Any) -> None:
    before = draw()
    partition = before.topics[0].partitions[0]
    replicas = tuple(
        msgspec.structs.replace(r, alive=r.broker != partition.leader) for r in partition.replicas
    )
    died = msgspec.structs.replace(partition, replicas=replicas)
    topic = msgspec.structs.replace(before.topics[0], partitions=(died,))
    feed = feed_of(msgspec.structs.replace(before, topics=(topic,)))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("3")
        await pilot.pause()
        assert "✗ leader down" in screen(app)
        await pilot.press("2")
        assert "✗ 1 leader down" in screen(app)

    run(feed, scenario)


def test_commits_do_not_hide_elections_in_the_overview(draw: Any, feed_of: Any) -> None:
    line = draw().events[0]
    elected = msgspec.structs.replace(line, seq=2, kind="LeaderElected", text="orders-0: broker-2 leads")
    commits = tuple(
        msgspec.structs.replace(line, seq=n, kind="OffsetsCommitted", text=f"group billing: commit {n}")
        for n in range(3, 103)
    )
    feed = feed_of(msgspec.structs.replace(draw(), events=(line, elected, *commits)))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        assert "orders-0: broker-2 leads" in screen(app)
        assert "commit 102" not in screen(app)
        await pilot.press("6")
        assert "commit 102" in screen(app)

    run(feed, scenario)


def test_the_rate_does_not_leap_when_a_lost_leader_is_back(draw: Any, feed_of: Any) -> None:
    whole = draw(end=100)
    lost = tuple(
        msgspec.structs.replace(
            t,
            partitions=tuple(msgspec.structs.replace(p, end=None, high_watermark=None) for p in t.partitions),
        )
        for t in whole.topics
    )
    history = History()
    for at, topics in ((1.0, whole.topics), (2.0, lost), (3.0, whole.topics)):
        history.feed(msgspec.structs.replace(whole, at=at, topics=topics))
        assert not history.records_per_s()


def test_a_cut_network_is_said_above_the_brokers(draw: Any, feed_of: Any) -> None:
    cut = msgspec.structs.replace(draw(), cut=(("broker-1",), ("broker-2", "broker-3")))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        assert "The network is cut: broker-1 ┃ broker-2 broker-3" in screen(app)

    run(feed_of(cut), scenario)


def test_empty_states_say_what_to_do_next(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("2")
        assert "No topics yet" in screen(app)
        await pilot.press("5")
        await pilot.pause()
        assert "No consumer groups yet" in screen(app)

    run(feed_of(draw(topics=0)), scenario)


def test_sorting_turns_a_column_and_keeps_the_cursor_on_its_row(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("3", "down", "s")
        table = app.pane.table
        assert table.sorted_by == 0
        await pilot.press("S")
        assert [p.index for p in table.shown] == [2, 1, 0]
        assert table.row.index == 1

    run(feed_of(draw()), scenario)


def test_ten_thousand_partitions_format_only_what_is_seen(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw(topics=1_000, partitions=10))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("2", "G")
        await pilot.pause()
        assert app.pane.table.row.name == "topic-0999"
        assert "topic-0999" in screen(app)
        drawn: list[str] = []
        column = app.pane.table.columns[0]
        app.pane.table.columns[0] = type(column)("TOPIC", 20, lambda t, w: drawn.append(t.name) or t.name)
        app.pane.table.sort_by(None)
        assert len(set(drawn)) <= 30

    run(feed, scenario)


def test_copy_takes_the_row_as_text(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("2", "down", "y")
        assert app.clipboard.split("\t")[0] == "payments"

    run(feed_of(draw()), scenario)


@pytest.mark.slow
def test_a_broker_opens_to_its_log_directories(draw: Any, feed_of: Any) -> None:
    gib = 1 << 30
    working = LogDir("/data/broker-1/d1", 4, 12_345, 100 * gib, 60 * gib)
    broken = LogDir("/data/broker-1/d2", 0, 0, None, None, "[Errno 5] Input/output error")
    before = draw()
    first, *rest = before.brokers
    brokers = (msgspec.structs.replace(first, log_dirs=(working, broken)), *rest)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        assert "! 1 of 2" in screen(app)
        await pilot.press("enter")
        await frame(pilot)
        assert isinstance(app.screen, BrokerDetails)
        text = screen(app)
        for word in (
            "✓ /data/broker-1/d1",
            "12.1 KiB",
            "60.0 GiB",
            "✗ /data/broker-1/d2",
            "Input/output error",
        ):
            assert word in text, text
        await pilot.press("escape")
        await frame(pilot)
        await pilot.press("j", "enter")
        await frame(pilot)
        assert "not known" in screen(app)
        await pilot.press("q")
        await frame(pilot)
        assert not isinstance(app.screen, BrokerDetails)

    run(feed_of(msgspec.structs.replace(before, brokers=brokers)), scenario, size=(120, 30))
