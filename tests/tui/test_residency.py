"""The segments view says how much of each segment is cached, and shows it; where nobody knows, it says nothing."""

from minikafka.xray.snapshot import Segment
from minikafka_tui.screens.levels.segment_list import SegmentRow, _cached
from minikafka_tui.widgets.segment_ribbons import ribbon


def closed(resident: int | None, pages: int | None) -> Segment:
    return Segment(0, 10, 4_096_000, resident_pages=resident, pages=pages)


def test_the_column_tells_the_share_and_a_dash_for_unknown():
    said = [_cached(SegmentRow("broker-1", s, 1.0)).plain for s in (closed(870, 1_000), closed(0, 10))]
    assert said == ["87%", "0%"]
    assert _cached(SegmentRow("broker-1", closed(None, None), 1.0)).plain == "–"


def test_the_ribbon_is_pale_for_the_share_that_is_only_on_disk():
    assert ribbon((closed(250, 1_000),), 4_096_000, 40).plain == "▇" * 10 + "░" * 29 + "▏"
    for known in (closed(1_000, 1_000), closed(None, None), closed(0, 0)):
        assert "░" not in ribbon((known,), 4_096_000, 40).plain
    active = Segment(0, 10, 4_096_000, active=True, resident_pages=1, pages=2)
    assert ribbon((active,), 4_096_000, 40).plain == "▒" * 20 + "░" * 20
