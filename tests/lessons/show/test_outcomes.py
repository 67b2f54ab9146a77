"""Requests against latency: bars on two scales, the numbers beside them."""

from hostile_names import NAMES, unsafe
from seeing import Seen, forms, inside

from minikafka_lessons.show.outcomes import outcomes, outcomes_svg
from minikafka_lessons.stage.traffic import Outcome


def came(requests, *latencies):
    return Outcome(0.0, 1.0, 100, requests, (), tuple(latencies))


ROWS = {"linger.ms 0": came(100, 2.0, 2.5, 4.0), "linger.ms 35": came(6, 3.0, 20.0, 38.0)}


def test_each_setting_has_both_numbers_and_bars_on_one_scale():
    for seen in forms(outcomes(ROWS).html):
        assert {"1", "0.06", "2–4", "20–38", "linger.ms 0", "linger.ms 35"} <= set(seen.words)
        first, second = seen.boxes("--mk-blue")
        assert first[0] == second[0]
        assert abs(second[2] - first[2] * 0.06) < 0.2
        early, late = [bar for bar in seen.boxes("--mk-amber") if bar[1] > 20][:2]
        assert abs(early[2] - late[2] * 2.5 / 20) < 0.2
        assert "linger.ms 35: records: 100 · requests: 6" in seen.describes
        assert inside(seen) == ""


def test_nothing_very_much_and_hostile_names():
    assert "Nothing has been sent yet." in outcomes({}).html
    many = Seen(outcomes_svg({f"row {i}": came(5, 1.0) for i in range(50)}))
    assert "… and 20 more" in many.words
    for width in (700, 360):
        html = outcomes_svg({name: came(1, 1.0) for name in NAMES[:20]}, width)
        assert unsafe(html) == []
        assert inside(Seen(html)) == ""
