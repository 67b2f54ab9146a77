"""The inspector, driven by keys and looked at as text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from minikafka.xray.snapshot import LogDir
from minikafka_tui.app import FRAME_S, InspectorApp
from minikafka_tui.commands import SPECS
from minikafka_tui.history import History
from minikafka_tui.screens.broker import BrokerDetails
from minikafka_tui.screens.dialogs import Confirm, Help

Scenario = Callable[[InspectorApp, Pilot[None]], Awaitable[None]]


def run(feed: Any, scenario: Scenario, *, size: tuple[int, int] = (100, 30), **options: Any) -> None:
    async def main() -> None:
        app = InspectorApp(feed, **options)
        async with app.run_test(size=size) as pilot:
            await pilot.pause()
            await scenario(app, pilot)

    asyncio.run(main())


async def frame(pilot: Pilot[None]) -> None:
    """Until the next picture may be drawn."""
    await pilot.pause(FRAME_S * 1.5)
    await pilot.pause()


def screen(app: InspectorApp) -> str:
    """What is on the screen, as text."""
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
    )


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


def test_a_cut_network_is_said_above_the_brokers(draw: Any, feed_of: Any) -> None:
    cut = msgspec.structs.replace(draw(), cut=(("broker-1",), ("broker-2", "broker-3")))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        assert "network cut: broker-1 ┃ broker-2 broker-3" in screen(app)

    run(feed_of(cut), scenario)


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


def test_empty_states_say_what_to_do_next(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("2")
        assert "No topics yet" in screen(app)
        await pilot.press("5")
        await pilot.pause()
        assert "No consumer groups yet" in screen(app)

    run(feed_of(draw(topics=0)), scenario)


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


def test_sorting_turns_a_column_and_keeps_the_cursor_on_its_row(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("3", "down", "s")
        table = app.pane.table
        assert table.sorted_by == 0
        await pilot.press("S")
        assert [p.index for p in table.shown] == [2, 1, 0]
        assert table.row.index == 1

    run(feed_of(draw()), scenario)


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


@pytest.mark.parametrize("size", [(20, 6), (40, 12), (200, 60)])
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


def test_copy_takes_the_row_as_text(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("2", "down", "y")
        assert app.clipboard.split("\t")[0] == "payments"

    run(feed_of(draw()), scenario)


def test_the_palette_creates_a_topic_from_one_line(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw())

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        titles = [command.title for command in app.get_system_commands(app.screen)]
        assert {"Create topic", "Kill broker-2", "Cut the network", "Groups", "Quit"} <= set(titles)
        create = next(s for s in SPECS if s.name == "create_topic")
        app.ask_and_send(create)
        await pilot.pause()
        app.screen.query_one("#ask-input", Input).value = "clicks 12 3"
        await pilot.press("enter")
        await pilot.pause()
        assert feed.sent == [("create_topic", {"name": "clicks", "partitions": 12, "replication_factor": 3})]

    run(feed, scenario)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("create_topic", "a b c"),
        ("create_topic", ""),
        ("produce", "orders"),
        ("partition", "a b"),
        ("run", "-1"),
        ("run", "x"),
    ],
)
def test_wrong_arguments_are_answered_with_how_to_say_it(name: str, text: str) -> None:
    spec = next(s for s in SPECS if s.name == name)
    with pytest.raises(ValueError, match=r"^Say"):
        spec.parse(text)


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
