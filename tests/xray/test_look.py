"""One look for all surfaces: a host's colour and a replica's sign are the same wherever it is drawn."""

import pytest

from minikafka.xray import look
from minikafka.xray.snapshot import Replica
from minikafka_lessons.show import frame
from minikafka_tui import palette


def test_the_inspector_and_the_notebooks_give_a_host_the_same_hue():
    for host in (
        "broker-1",
        "broker-2",
        "broker-3",
        "broker-4",
        "broker-5",
        "controller-1",
        "client-3",
        "",
        "x" * 99,
    ):
        hue = look.HUES[look.host_hue(host)]
        assert palette.host_colour(host) == hue.on_dark
        assert hue.on_both in frame.host(host)
    assert look.host_hue("broker-1") == look.host_hue("broker-5") != look.host_hue("broker-2")


@pytest.mark.parametrize(
    ("replica", "stands"),
    [
        (Replica("broker-1", is_leader=True, in_sync=True, alive=True), look.LEADER),
        (Replica("broker-1", is_leader=True, in_sync=True, alive=False), look.DOWN),
        (Replica("broker-1", in_sync=True), look.IN_SYNC),
        (Replica("broker-1", in_sync=False), look.OUT_OF_SYNC),
        (Replica("broker-1"), look.UNKNOWN),
    ],
)
def test_where_a_replica_stands(replica, stands):
    assert look.standing(replica) == stands
    assert stands in look.STANDINGS


def test_hues_can_be_read_on_their_surface():
    """WCAG's contrast, 4.5 for words, of the shade for each surface; 2.5 of the one for both."""
    for name, hue in look.HUES.items():
        assert contrast(hue.on_light, "#ffffff") >= 4.5, name
        assert contrast(hue.on_dark, "#111111") >= 4.5, name
        assert min(contrast(hue.on_both, "#ffffff"), contrast(hue.on_both, "#111111")) >= 2.4, name


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
