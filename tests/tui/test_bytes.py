"""Tab 4 from a segment down to its bytes: pages, fields and bytes hand in hand, the files beside, what goes away."""

from __future__ import annotations

from typing import Any

import pytest
from textual.pilot import Pilot

from minikafka.records.batch import Compression, NewRecord
from minikafka_tui.app import InspectorApp
from minikafka_tui.screens.segments import Segments
from minikafka_tui.widgets.hex_bytes import HexBytes
from tests.tui.driving import frame, run, screen
from tests.tui.orders_on_disk import LOG, TIME_MS, Disk


@pytest.fixture
def disk() -> Disk:
    return Disk()


async def settle(app: InspectorApp, pilot: Pilot[None]) -> None:
    """Until what was asked for is there."""
    for _ in range(3):
        if asking := [worker for worker in app.workers if worker.name != "feed"]:
            await app.workers.wait_for_complete(asking)
        await pilot.pause()


def levels(app: InspectorApp) -> Segments:
    return app.query_one(Segments)


def opened(feed_of: Any, draw: Any, disk: Disk) -> Any:
    feed = feed_of(disk.picture(draw()))
    feed.disk = disk.disk
    return feed


def test_enter_opens_a_segment_then_a_batch_and_esc_goes_up_again(
    draw: Any, feed_of: Any, disk: Disk
) -> None:
    disk.append(
        NewRecord(TIME_MS, b"seoul", b"2 coffees", (("shop", b"7"),)), NewRecord(TIME_MS, None, b"1 tea")
    )
    disk.append(NewRecord(TIME_MS, b"busan", b"3 buns"), compression=Compression.GZIP)
    disk.append(
        NewRecord(TIME_MS, b"k", b"paid"),
        producer_id=7,
        producer_epoch=0,
        base_sequence=0,
        transactional=True,
    )
    disk.commit()

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        text = screen(app)
        for word in ("0 – 1", "gzip", "txn", "control txn", "✓ ok", LOG):
            assert word in text
        await pilot.press("enter")
        await settle(app, pilot)
        text = screen(app)
        for word in (
            "base_offset",
            "73 65 6f 75 6c",
            "seoul",
            "record 1",
            '"2 coffees"',
            "the first record's offset",
        ):
            assert word in text
        for way in (["segment-list", "batches"], ["segment-list"]):
            await pilot.press("escape")
            assert levels(app).way == way
        await pilot.press("escape")
        assert app.tab == "partitions"

    run(opened(feed_of, draw, disk), scenario, size=(130, 40))


@pytest.mark.parametrize("size", [(80, 24), (130, 36)])
@pytest.mark.slow
def test_the_cursor_marks_the_bytes_of_its_field(
    draw: Any, feed_of: Any, disk: Disk, size: tuple[int, int]
) -> None:
    disk.append(NewRecord(TIME_MS, b"seoul", b"2 coffees"))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        await pilot.press("enter")
        await settle(app, pilot)
        assert "[00 00 00 00 00 00 00 00]" in screen(app)
        await pilot.press("down", "down", "down")
        await pilot.pause()
        text = screen(app)
        assert "[02]" in text
        assert "magic   byte 16" in text
        assert "format v2" in text
        assert "Quit" in text.splitlines()[-1]
        await pilot.press("right_square_bracket", *["down"] * 6)
        await pilot.pause()
        assert "[73 65 6f 75 6c]" in screen(app)
        assert "decides the partition" in screen(app)

    run(opened(feed_of, draw, disk), scenario, size=size)


def test_a_click_on_a_byte_moves_the_cursor_to_its_field(draw: Any, feed_of: Any, disk: Disk) -> None:
    disk.append(NewRecord(TIME_MS, b"seoul", b"2 coffees"))

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        await pilot.press("enter")
        await settle(app, pilot)
        hexes = app.query_one(HexBytes)
        column = 1 + hexes.place + 1 + 1  # the margin, the position, a space, a separator
        await pilot.click(HexBytes, offset=(column + 3 * 1, 1))  # byte 17
        await pilot.pause()
        assert levels(app).table.row.entry.field.name == "crc"
        await pilot.click(HexBytes, offset=(column + 16 * 3 + 2, 0))  # the second letter
        await pilot.pause()
        assert levels(app).table.row.entry.field.name == "base_offset"

    run(opened(feed_of, draw, disk), scenario, size=(130, 30))


def test_a_compressed_batch_shows_what_was_unpacked(draw: Any, feed_of: Any, disk: Disk) -> None:
    disk.append(*[NewRecord(TIME_MS, b"busan", b"3 buns")] * 5, compression=Compression.GZIP)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        await pilot.press("enter")
        await settle(app, pilot)
        assert "unpacked from gzip" in screen(app)
        await pilot.press("end", "k")
        await pilot.pause()
        text = screen(app)
        assert "[33 20 62 75 6e 73]" in text
        assert "value   bytes +" in text

    run(opened(feed_of, draw, disk), scenario, size=(130, 40))


@pytest.mark.slow
def test_n_and_p_go_to_the_next_batch_without_going_up(draw: Any, feed_of: Any, disk: Disk) -> None:
    disk.fill(3)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        await pilot.press("enter")
        for key, value in (("n", "value 1"), ("n", "value 2"), ("n", "value 2"), ("p", "value 1")):
            await pilot.press(key)
            await settle(app, pilot)
            assert f'"{value}"' in screen(app)
        assert levels(app).way == ["segment-list", "batches", "byte-view"]

    run(opened(feed_of, draw, disk), scenario, size=(130, 40))


@pytest.mark.slow
def test_a_big_segment_is_paged_and_its_ends_are_reached_at_once(draw: Any, feed_of: Any, disk: Disk) -> None:
    disk.fill(3_000)
    feed = opened(feed_of, draw, disk)
    asked: list[int] = []
    look = feed.look

    async def counted(question: Any) -> Any:
        found = await look(question)
        asked.append(len(getattr(found, "data", b"")))
        return found

    feed.look = counted

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        table = levels(app).table
        assert len(table.shown) == 200
        await pilot.press("end")
        await settle(app, pilot)
        assert table.row.header.base_offset == 2_999
        assert len(table.shown) < 500
        await pilot.press("pageup", "pageup", "pageup")
        await settle(app, pilot)
        shown = [line.header.base_offset for line in table.shown]
        assert shown == list(range(shown[0], 3_000))
        assert f"› {table.row.position:>11,}" in screen(app)  # the cursor is in sight
        await pilot.press("home")
        await settle(app, pilot)
        assert table.row.header.base_offset == 0

    run(feed, scenario)
    assert sum(asked) < 30 * 256 * 1024


@pytest.mark.slow
def test_a_segment_that_grows_is_followed(draw: Any, feed_of: Any, disk: Disk) -> None:
    disk.fill(2)
    feed = opened(feed_of, draw, disk)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        assert len(levels(app).table.shown) == 2
        disk.fill(3)
        feed.show(disk.picture(draw(at=2.0)))
        await frame(pilot)
        await settle(app, pilot)
        assert len(levels(app).table.shown) == 5

    run(feed, scenario)


def test_an_empty_segment_says_so_and_fills(draw: Any, feed_of: Any, disk: Disk) -> None:
    feed = opened(feed_of, draw, disk)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        assert "The segment is empty." in screen(app)
        disk.fill(1)
        feed.show(disk.picture(draw(at=2.0)))
        await frame(pilot)
        await settle(app, pilot)
        assert len(levels(app).table.shown) == 1

    run(feed, scenario)


@pytest.mark.slow
def test_a_segment_deleted_while_it_is_open_is_said_and_stays_readable(
    draw: Any, feed_of: Any, disk: Disk
) -> None:
    disk.fill(2)
    feed = opened(feed_of, draw, disk)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        disk.disk.remove(f"orders-0/{LOG}")
        feed.show(disk.picture(draw(at=2.0), gone=True))
        await frame(pilot)
        await settle(app, pilot)
        assert "this segment is gone" in screen(app)
        assert len(levels(app).table.shown) == 2
        await pilot.press("enter")
        await settle(app, pilot)
        assert "has no file" in screen(app)

    run(feed, scenario, size=(140, 30))


def test_index_entries_lead_to_their_batch_and_have_bytes_too(draw: Any, feed_of: Any, disk: Disk) -> None:
    disk.fill(400)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "f")
        await settle(app, pilot)
        assert "offset index" in screen(app)
        assert "the offset at which each leader epoch begins" in screen(app)
        await pilot.press("enter")
        await settle(app, pilot)
        await pilot.press(*["pagedown"] * 8)
        await pilot.pause()
        entry = levels(app).table.row
        await pilot.press("enter")
        await settle(app, pilot)
        assert levels(app).way == ["segment-list", "file-list", "entries", "batches"]
        assert levels(app).table.row.position == entry.fields[1].value
        await pilot.press("escape", "b")
        await settle(app, pilot)
        assert "relative_offset   bytes" in screen(app)

    run(opened(feed_of, draw, disk), scenario, size=(120, 30))


def test_a_damaged_batch_is_said_in_the_list_and_in_its_bytes(draw: Any, feed_of: Any, disk: Disk) -> None:
    disk.fill(1)
    position = disk.append(NewRecord(TIME_MS, b"k", b"value"))
    disk.log.write_at(position + 70, b"\xff")
    disk.log.append(b"\x00" * 30)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        assert "✗ WRONG" in screen(app)
        assert "no batch begins here" in screen(app)
        await pilot.press("down", "enter")
        await settle(app, pilot)
        await pilot.press(*["down"] * 4)
        await pilot.pause()
        assert "WRONG: the bytes that follow" in screen(app)

    run(opened(feed_of, draw, disk), scenario, size=(150, 40))


def test_a_filter_finds_fields_and_esc_clears_it_before_going_up(draw: Any, feed_of: Any, disk: Disk) -> None:
    disk.append(*[NewRecord(TIME_MS, b"seoul", b"v")] * 3)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        await pilot.press("enter")
        await settle(app, pilot)
        await pilot.press("slash", *"seoul", "enter")
        await pilot.pause()
        assert [r.entry.field.name for r in levels(app).table.shown] == ["key"] * 3
        await pilot.press("escape")
        assert levels(app).way[-1] == "byte-view"
        assert len(levels(app).table.shown) > 30
        await pilot.press("escape")
        assert levels(app).way[-1] == "batches"

    run(opened(feed_of, draw, disk), scenario)


@pytest.mark.slow
def test_a_jump_to_another_partition_leaves_the_depths(draw: Any, feed_of: Any, disk: Disk) -> None:
    disk.fill(1)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        await pilot.press("colon", *"payments-1", "enter")
        await pilot.pause()
        assert levels(app).way == ["segment-list"]
        assert "payments-1" in screen(app)

    run(opened(feed_of, draw, disk), scenario)


def test_without_disks_the_reason_is_a_sentence(draw: Any, feed_of: Any) -> None:
    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        await pilot.press("4", "enter")
        await settle(app, pilot)
        assert "This cluster has no disks to look at." in screen(app)
        await pilot.press("escape", "f")
        await settle(app, pilot)
        assert "This cluster has no disks to look at." in screen(app)

    run(feed_of(draw()), scenario)


@pytest.mark.parametrize(
    "size",
    [(20, 6), *(pytest.param(size, marks=pytest.mark.slow) for size in ((40, 12), (80, 24), (200, 60)))],
)
@pytest.mark.slow
def test_every_level_draws_at_every_size_and_without_colour(
    draw: Any, feed_of: Any, disk: Disk, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    disk.fill(30)

    async def scenario(app: InspectorApp, pilot: Pilot[None]) -> None:
        for key in ("4", "enter", "enter", "down", "escape", "f", "enter", "b", "escape", "escape"):
            await pilot.press(key)
            await settle(app, pilot)
            assert len(screen(app).splitlines()) == size[1]

    run(opened(feed_of, draw, disk), scenario, size=size)
