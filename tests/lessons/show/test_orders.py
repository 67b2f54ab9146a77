"""What customers notice, drawn: a bar for each order."""

import re

import pytest

from minikafka_lessons.show import frame
from minikafka_lessons.show.orders import Order, orders_html, orders_svg

ORDERS = [Order(0.5 * n, None if n > 17 else 0.1 if n < 10 else 4.0, 12 <= n < 15) for n in range(20)]


@pytest.mark.parametrize("width", [frame.WIDE, frame.NARROW])
def test_each_order_has_a_bar_and_one_that_is_gone_a_cross(width):
    drawn = orders_svg(ORDERS, 10.0, "orders", width).split("not confirmed yet")[0]
    bars = re.findall(r'<rect x="([\d.]+)" y="[\d.-]+" width="[\d.]+" height="([\d.]+)" rx="1"', drawn)
    assert len(bars) == len(ORDERS)
    assert all(0 <= float(x) <= width for x, _ in bars)
    assert max(float(high) for _, high in bars) < 90


def test_it_says_what_is_to_be_seen():
    words = orders_svg(ORDERS, 10.0, "orders").split("<desc>")[1].split("</desc>")[0]
    assert words == (
        "orders. 20 orders, 18 confirmed, the slowest after 4.0 s. "
        "3 of them are gone: written from 6.0 s to 7.0 s."
    )


def test_nobody_ordered_anything_and_a_hostile_title():
    assert "Nobody has ordered anything." in orders_html([], 10.0, "orders")
    assert "<script>" not in orders_html(ORDERS, 10.0, "<script>")
