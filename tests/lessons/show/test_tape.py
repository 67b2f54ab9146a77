"""The tape of a partition: one scale for all replicas and groups."""

import msgspec
import pytest
from hostile_names import NAMES, unsafe
from seeing import Seen, forms, inside

from minikafka.xray.snapshot import Group, GroupOffset, Partition, Replica, Snapshot, Topic
from minikafka_lessons.show.tape import tape, tape_html, tape_svg


def snapshot(topic="orders", groups=(("billing", 12), ("audit", 5)), end=18, high=12, start=0):
    replicas = (
        Replica("broker-1", start, end, high, True, True, True),
        Replica("broker-2", start, high, high, False, False, True),
        Replica("broker-3", None, None, None, None, False, False),
    )
    partition = Partition(
        0,
        "broker-1",
        3,
        replicas,
        ("broker-1",),
        2,
        log_start=start,
        high_watermark=high,
        last_stable=high,
        end=end,
    )
    rows = tuple(
        Group(g, "Stable", offsets=(GroupOffset(topic, 0, at, end, start, max(0, high - at)),))
        for g, at in groups
    )
    return Snapshot(1, 0.0, "simulated", "t", topics=(Topic(topic, partitions=(partition,)),), groups=rows)


@pytest.mark.parametrize("width", [700, 360])
def test_every_position_is_on_one_scale(width):
    seen = Seen(tape_svg(snapshot(), "orders", 0, width))
    assert "LSO = HW 12" in seen.words
    assert "log end 18" in seen.words
    for word in ("broker-1", "★ leader", "✗ out of sync", "○ down", "unknown", "billing", "LAG 0 ✓", "LAG 7"):
        assert word in seen.words, word
    (whole,) = [
        b for b in seen.boxes("fill-opacity:0.85") if b[2] > 100 and b[1] < seen.at("broker-2")[1] - 20
    ]
    (behind,) = [
        b for b in seen.boxes("fill-opacity:0.85") if b[2] > 100 and b[1] > seen.at("broker-1")[1] + 4
    ]
    assert whole[0] == behind[0]
    assert whole[2] == behind[2], "both are committed up to 12"
    assert inside(seen) == ""


def test_of_a_snapshot_it_is_a_picture_that_stands_still():
    assert tape(snapshot(), "orders")._repr_html_() == tape_html(snapshot(), "orders")


def test_what_is_to_be_seen_is_said():
    said = Seen(tape_svg(snapshot(), "orders")).describes
    assert "high watermark 12, log end 18" in said
    assert "broker-2 (out of sync) has up to 12" in said
    assert "Group audit has committed 5: LAG 7." in said


def test_short_tapes_have_numbered_cells_and_long_ones_a_scale():
    assert "17" in Seen(tape_svg(snapshot(), "orders")).words
    long = Seen(tape_svg(snapshot(end=3_000_000_018, high=3_000_000_000, groups=()), "orders"))
    assert "2,000,000,000" in long.words
    assert len(long.text) < 12_000


def test_what_is_not_there_is_said():
    assert "There is no partition nothing-7 yet." in Seen(tape_svg(snapshot(), "nothing", 7)).words
    empty = snapshot(end=0, high=0, groups=())
    assert "log start = LSO = HW = log end 0" in Seen(tape_svg(empty, "orders")).words
    bare = msgspec.structs.replace(empty, topics=(Topic("orders", partitions=(Partition(0, None),)),))
    assert "no leader" in Seen(tape_svg(bare, "orders")).text


def test_a_thousand_groups_are_the_twelve_that_lag_most():
    many = snapshot(groups=[(f"g{i}", i % 12) for i in range(1000)])
    for seen in forms(tape_html(many, "orders")):
        assert "… and 988 more groups, with less LAG" in seen.words
        assert len(seen.text) < 30_000


def test_hostile_names():
    for name in NAMES:
        for seen in forms(tape_html(snapshot(topic=name, groups=[(name, 3)]), name)):
            assert not unsafe(seen.text), name
            assert inside(seen) == "", name
