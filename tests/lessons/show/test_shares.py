"""A table of shares: counts, how sure they are, and the theory."""

import pytest
from hostile_names import NAMES, unsafe
from seeing import Seen, forms, inside

from minikafka_lessons.show.shares import Share, shares, shares_html, shares_svg


def test_a_few_runs_are_less_sure_than_many():
    few, many = Share(0, 20), Share(0, 2000)
    assert few.interval[1] > 0.1 > 0.01 > many.interval[1]
    assert Share(10, 20).interval == pytest.approx((0.299, 0.701), abs=0.001)
    assert Share(0, 0).interval == (0.0, 1.0)


def test_the_theory_agrees_or_does_not():
    assert Share(96, 200, 0.48).agrees
    assert Share(41, 200, 0.4).agrees is False
    assert Share(0, 200, 0.0).agrees
    assert Share(5, 200).agrees is None


def table(cells):
    return shares_svg(
        "Lost", ["acks=1", "acks=all"], ["RF 1", "RF 3"], cells, of="setting", across="replicas"
    )


def test_each_cell_says_share_and_counts_beside_its_row_and_column():
    seen = Seen(table({("acks=1", "RF 3"): Share(41, 200, 0.4), ("acks=all", "RF 3"): Share(0, 200, 0.0)}))
    assert {"20%", "41/200", "0%", "0/200", "≠"} <= set(seen.words)
    assert seen.words.count("–") == 2, "what was not run is no zero"
    assert seen.at("20%")[0] == seen.at("0%")[0] == seen.at("RF 3")[0]
    assert seen.at("20%")[1] < seen.at("acks=all")[1] < seen.at("0%")[1] + 30
    assert "acks=1, RF 3: 41 / 200, in theory 40% (≠)." in seen.describes
    assert inside(seen) == ""


def test_the_mark_of_the_theory_lies_at_its_share():
    seen = Seen(table({("acks=1", "RF 1"): Share(100, 200, 0.5)}))
    (theory,) = [e for e in seen.root.iter() if "stroke-width:2.5" in (e.get("style") or "")][:1]
    assert float(theory.get("x1")) == seen.at("50%")[0]


def test_nothing_and_very_much():
    assert "Nothing has been counted yet." in shares("t", [], [], {}).html
    rows, columns = [f"row {i}" for i in range(500)], [f"column {i}" for i in range(50)]
    html = shares_html("big", rows, columns, {(r, c): Share(1, 3, 0.5) for r in rows for c in columns})
    assert "460 more rows and 42 more columns are not drawn." in html
    assert len(html) < 700_000


def test_hostile_names():
    for name in NAMES:
        for seen in forms(
            shares_html(name, [name], [name], {(name, name): Share(1, 2, 0.5)}, of=name, across=name)
        ):
            assert not unsafe(seen.text), name
            assert inside(seen) == "", name


def test_where_nothing_is_claimed_no_theory_is_drawn():
    counted = shares_html("t", ["RF 1"], ["all"], {("RF 1", "all"): Share(1, 2)})
    assert "the theory" not in counted
    assert "the theory" in shares_html("t", ["RF 1"], ["all"], {("RF 1", "all"): Share(1, 2, 0.5)})
