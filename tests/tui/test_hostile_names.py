"""A hundred hostile names in every place of the inspector: shown, never obeyed, and the columns stay in line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hostile_names import NAMES, SPOKEN, unsafe
from textual.pilot import Pilot

import minikafka_tui
from minikafka.records.batch import NewRecord
from minikafka.world.visible import cells, cut, visible, visible_name
from minikafka.xray.snapshot import EventLine, GroupOffset, LogDir, Member, Snapshot
from minikafka.xray.source import Answer
from minikafka_tui.app import InspectorApp
from minikafka_tui.main import summary
from tests.tui.driving import frame, run, screen
from tests.tui.orders_on_disk import TIME_MS, Disk

TALL = (140, 160)
"""Room for all of them at once."""
TOASTED = ("[/", "[@click=app.quit]x[/]", "[red", "\x1b[2J", "\n\n\n", "\ud800", "<b>")


def hostile(draw: Any) -> Snapshot:
    """Everything that somebody may name is named so."""
    snapshot = draw()
    topic, group, broker = snapshot.topics[0], snapshot.groups[0], snapshot.brokers[0]
    topics = tuple(
        msgspec.structs.replace(topic, name=name, configs={"cleanup.policy": name}, id=name[:30])
        for name in NAMES
    )
    members = tuple(Member(f"m-{n}", name, f"/{name}", ()) for n, name in enumerate(NAMES))
    offsets = tuple(GroupOffset(name, 0, 5, 9, 0, 4, f"m-{n}") for n, name in enumerate(NAMES))
    groups = tuple(
        msgspec.structs.replace(
            group, id=name, state=name if name in SPOKEN else "Stable", protocol=name, offsets=()
        )
        for name in NAMES
    )
    first = msgspec.structs.replace(groups[0], members=members, offsets=offsets)
    dirs = tuple(LogDir(f"/data/{name}", error=name if n % 9 == 0 else None) for n, name in enumerate(NAMES))
    brokers = (
        msgspec.structs.replace(broker, host=NAMES[0], rack=NAMES[1], log_dirs=dirs, error=NAMES[2]),
        *snapshot.brokers[1:],
    )
    events = tuple(EventLine(n, 1.0, "broker-1", "ClientSaid", name) for n, name in enumerate(NAMES))
    return msgspec.structs.replace(
        snapshot,
        name=NAMES[0],
        topics=topics,
        groups=(first, *groups[1:]),
        brokers=brokers,
        events=events,
        problems=NAMES,
    )


def check_screen(app: InspectorApp) -> list[str]:
    """Nothing hidden, nothing beyond the edge; the lines, to look for names in."""
    lines = screen(app).split("\n")
    assert len(lines) == app.size.height
    for line in lines:
        assert not unsafe(line), ascii(line)
        assert cells(line) == app.size.width, ascii(line)
    return lines


def column(lines: list[str], first: str, word: str) -> None:
    """Every line that holds `word` holds it at the same cell as the header holds `first`."""
    header = next(line for line in lines if first in line)
    at = cells(header[: header.index(first)])
    rows = [line for line in lines if word in line]
    assert len(rows) > 100
    assert {cells(row[: row.index(word)]) for row in rows} == {at}


def all_are_there(lines: list[str], width: int, shown: Callable[[str], str] = visible_name) -> None:
    text = "\n".join(lines)
    for name in NAMES:
        assert cut(shown(name), width).rstrip("… ") in text, ascii(name[:30])


@pytest.mark.slow
def test_every_tab_shows_every_name(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await frame(pilot)
        check_screen(app)
        for tab, first, word in (
            ("2", "PARTITIONS", None),
            ("5", "STATE", None),
            ("6", "EVENT", "ClientSaid"),
        ):
            await pilot.press(tab)
            await frame(pilot)
            lines = check_screen(app)
            all_are_there(lines, 12, visible if tab == "6" else visible_name)
            if word:
                column(lines, first, word)
        await pilot.press("5", "enter")
        await frame(pilot)
        all_are_there(check_screen(app), 9)
        app.exit()

    run(feed_of(hostile(draw)), scenario, size=TALL)


@pytest.mark.slow
def test_what_is_chosen_is_named_in_titles_and_lines(draw: Any, feed_of: Any) -> None:
    """Titles of borders, the lines above the tables, the segments' way, one name after the other."""

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await frame(pilot)
        for tab in ("partitions", "segments"):
            app.open_tab(tab)
            for name in NAMES[::6]:
                app.selection.topic = name
                app.draw()
                await pilot.pause(0)
                text = "\n".join(check_screen(app))
                assert cut(visible_name(name), 60).rstrip("…") in text
        app.open_tab("groups")
        for number, name in list(enumerate(NAMES))[::6]:
            app.pane.table._set_cursor(number)
            await pilot.pause()
            assert f"{cut(visible_name(name), 60)} · " in "\n".join(check_screen(app))

    run(feed_of(hostile(draw)), scenario, size=(100, 30))


@pytest.mark.slow
def test_dialogs_toasts_prompts_and_the_palette(draw: Any, feed_of: Any) -> None:
    feed = feed_of(hostile(draw))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("enter")  # a broker's log directories
        await pilot.pause()
        check_screen(app)
        await pilot.press("escape")
        for name in NAMES:
            app.lose(name)
        for name in TOASTED:
            app.notify(name, title=name, severity="error", timeout=60)
        await pilot.pause()
        text = "\n".join(check_screen(app))
        assert all(cut(visible(name), 40) in text for name in TOASTED)
        app.clear_notifications()
        app.lose(None)
        for name in ("[/", "[@click=app.quit]x[/]", "\x1b[2J", "x" * 10_000):
            app.set_filter("topics", name)
            app.open_tab("topics")
            await pilot.pause()
            check_screen(app)
            app.set_filter("topics", "")
        await pilot.press("colon")
        await pilot.press(*"bad")
        await frame(pilot)
        assert r"bad\x1b]2;TITLE\x07" in "\n".join(check_screen(app))
        await pilot.press("right", "enter")
        await frame(pilot)
        assert app.tab == "partitions"
        assert app.selection.topic == "bad\x1b]2;TITLE\x07 line\nbreak"
        await pilot.press("ctrl+p")
        await frame(pilot)
        usage = next(one.help for one in app.cluster_commands() if "[" in one.help)
        await pilot.press(*next(one.title for one in app.cluster_commands() if one.help == usage)[:8].lower())
        for _ in range(4):
            await frame(pilot)
        assert usage[:20] in "\n".join(check_screen(app))

    run(feed, scenario, size=(120, 40), toasts=True)


def test_what_the_cluster_answers_is_no_markup(draw: Any, feed_of: Any) -> None:
    feed = feed_of(draw())

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        for name in ("[/", "[@click=app.quit]x[/]", "\x1b[2J\n", "[red"):
            feed.answer = Answer(False, name)
            app.send(f"kill {name}")
            await frame(pilot)
            assert visible(name) in "\n".join(check_screen(app))

    run(feed, scenario, toasts=True)


def test_a_filter_finds_what_is_shown(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("2")
        app.set_filter("topics", r"\x07")
        await pilot.pause()
        assert {t.name for t in app.pane.table.shown} == {n for n in NAMES if "\x07" in n}

    run(feed_of(hostile(draw)), scenario)


def test_one_picture_in_plain_text(draw: Any) -> None:
    text = summary(hostile(draw))
    lines = text.split("\n")
    assert not unsafe(text)
    all_are_there(lines, 80)
    start = next(i for i, line in enumerate(lines) if line.startswith("TOPIC"))
    table = lines[start : start + 2 * len(NAMES) + 2]
    assert {cells(line) for line in table[: len(NAMES) + 1]} == {cells(table[0])}
    assert {cells(line) for line in table[len(NAMES) + 1 :]} == {cells(table[len(NAMES) + 1])}
    for name in SPOKEN:
        assert name in text


def test_a_group_whose_name_ends_no_tag_is_a_group(draw: Any, feed_of: Any) -> None:
    snapshot = draw()
    group = msgspec.structs.replace(snapshot.groups[0], id="[/")
    feed = feed_of(msgspec.structs.replace(snapshot, groups=(group,)))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("5")
        await frame(pilot)
        assert "[/ · Stable" in "\n".join(check_screen(app))

    run(feed, scenario)


def test_the_inspector_has_one_kind_of_text() -> None:
    """Rich's own would let control characters through."""
    root = Path(minikafka_tui.__file__).parent
    with_rich = [p.name for p in root.rglob("*.py") if "from rich.text import Text\n" in p.read_text()]
    assert not with_rich


@pytest.mark.slow
def test_records_down_to_their_bytes(draw: Any, feed_of: Any) -> None:
    """Keys, values and headers of all kinds in one batch; a checkpoint with any words beside it."""
    disk = Disk()
    raw = [name.encode("utf-8", "replace")[:200] for name in NAMES]
    headers = [data.decode("utf-8", "replace") for data in raw]
    disk.append(*(NewRecord(TIME_MS, data, data, ((h, data),)) for data, h in zip(raw, headers, strict=True)))
    disk.disk.write_atomic("orders-0/leader-epoch-checkpoint", "0\n1\n\x1b[2J \x9b[/]\n[@click=x]\n".encode())
    feed = feed_of(disk.picture(draw()))
    feed.disk = disk.disk

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await frame(pilot)
        await pilot.press("enter")
        await frame(pilot)
        await frame(pilot)
        check_screen(app)
        table = app.pane.table
        assert len(table.shown) > len(NAMES)
        for at in range(0, len(table.shown), 40):
            table.action_edge(0)
            table.action_move(at)
            await pilot.pause()
            check_screen(app)
            assert not unsafe(table.plain_row().replace("\t", ""))
        await pilot.press("escape", "escape", "f")
        await frame(pilot)
        names = [row.name for row in app.pane.table.shown]
        app.pane.table.move_to("leader-epoch-checkpoint")
        assert "leader-epoch-checkpoint" in names
        await pilot.press("enter")
        await frame(pilot)
        await frame(pilot)
        assert r"\x1b[2J" in "\n".join(check_screen(app))

    run(feed, scenario, size=(140, 50))


def test_what_is_typed_or_copied_is_in_visible_letters(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("2", "slash")
        await pilot.pause()
        assert "\x1b" in app.filters["topics"]
        check_screen(app)
        await pilot.press("escape", "6")
        await frame(pilot)
        for number in range(0, len(NAMES), 9):
            app.pane.table.action_edge(0)
            app.pane.table.action_move(number)
            assert "\n" not in app.pane.table.plain_row() and not unsafe(
                app.pane.table.plain_row().replace("\t", "")
            )

    run(feed_of(hostile(draw)), scenario, filter_text="\x1b[31m\x9b")
