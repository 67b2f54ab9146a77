"""The space-time diagram: each message from when and where it left to when and where it came."""

import json
import re

import pytest
from hostile_names import NAMES, unsafe
from seeing import SVG, Seen, forms, inside

from minikafka import Cluster
from minikafka.xray.messages import messages_of
from minikafka_lessons.show.space_time import (
    Arrow,
    Mark,
    SpaceTime,
    arrows_of_messages,
    marks_of_events,
    space_time_html,
    space_time_svg,
)
from minikafka_lessons.show.space_time.layout import Moments


@pytest.fixture(scope="module")
def events():
    """A record is produced with acks=all; then its leader is killed."""
    with Cluster(brokers=3, world="simulated", seed=7) as cluster:
        cluster.create_topic("orders", replication_factor=3)
        producer = cluster.producer()
        producer.produce("orders", b"x", partition=0)
        producer.flush()
        cluster.run(1)
        cluster.kill(cluster.snapshot().partition("orders", 0).leader)
        cluster.run(12)
        return cluster.events()


def drawn(seen):
    """(title, first point, last point) of each arrow."""
    found = []
    for g in seen.root.iter(f"{SVG}g"):
        if "m" in (g.get("class") or "").split():
            title, _, line, *_ = g
            points = [
                tuple(map(float, point.split(","))) for point in re.findall(r"[ML]([\d.,-]+)", line.get("d"))
            ]
            found.append((title.text, *points, g.get("class")))
    return found


def test_arrows_are_the_messages_of_the_trace(events):
    arrows = arrows_of_messages(messages_of(events))
    (produce,) = [a for a in arrows if a.api == "PRODUCE" and not a.is_answer]
    (answer,) = [a for a in arrows if a.api == "PRODUCE" and a.is_answer]
    assert (produce.source, answer.target) == (answer.target, produce.source)
    assert produce.exchange == answer.exchange
    assert produce.at < produce.arrived <= answer.at < answer.arrived
    assert [a.at for a in arrows] == sorted(a.at for a in arrows)
    killed = next(e for e in events if e.event.kind == "HostCrashed")
    lost = [a for a in arrows if a.is_lost]
    assert all(killed.host in (a.source, a.target) for a in lost)
    assert any("died at" in a.fate for a in arrows), "who waited for the dead one is told"
    assert "acks=-1" in produce.says
    assert "base_offset" in answer.says


def test_time_goes_down_and_hosts_stand_side_by_side(events):
    arrows = [
        a for a in arrows_of_messages(messages_of(events)) if a.at > 0.0625 and a.api in ("PRODUCE", "FETCH")
    ][:30]
    seen = Seen(space_time_svg(arrows, marks_of_events(events)))
    lines = drawn(seen)
    assert len(lines) == 30
    assert all(y1 <= y2 for _, (_, y1), (_, y2), _ in lines)
    assert [y1 for _, (_, y1), *_ in lines] == sorted(y1 for _, (_, y1), *_ in lines)
    heads = [seen.at(host)[0] for host in ("client-2", "broker-1", "broker-2", "broker-3", "controller-1")]
    assert heads == sorted(heads)
    assert inside(seen) == ""


def test_the_kill_and_the_election_are_marked_and_said(events):
    html = space_time_html(
        arrows_of_messages(messages_of(events)), marks_of_events(events), since=1.0, api="BrokerHeartbeat"
    )
    for seen in forms(html):
        assert "killed" in seen.words
        assert "✗" in seen.words
        assert "★" in seen.words
        assert "was killed" in seen.describes
        assert "leads, epoch 1" in seen.describes
        assert inside(seen) == ""


def test_what_nobody_got_ends_in_a_cross_before_the_other_line():
    arrows = [
        Arrow(0.0, 0.001, "broker-1", "broker-2", "FETCH"),
        Arrow(0.002, None, "broker-2", "broker-1", "FETCH", is_answer=True, is_lost=True),
        Arrow(0.003, None, "broker-1", "broker-2", "VOTE"),
    ]
    seen = Seen(space_time_svg(arrows))
    whole, lost, under_way = drawn(seen)
    assert abs(whole[2][0] - seen.at("broker-2")[0]) < 3
    assert seen.at("broker-1")[0] + 50 < lost[2][0] < seen.at("broker-2")[0]
    assert seen.text.count('class="x"') == 1
    assert "nobody got it" in lost[0]
    assert "under way" in under_way[0]
    assert "1 were lost" in seen.describes


def test_filters_by_api_hosts_and_time(events):
    arrows = arrows_of_messages(messages_of(events))
    html = space_time_html(arrows, api="fetch", between=["broker-1", "broker-2"], since=0.06, until=0.08)
    titles = [title for title, *_ in drawn(forms(html)[0])]
    assert titles
    assert all("Fetch" in title and "broker-1" in title and "broker-2" in title for title in titles)
    assert "No message was sent here." in space_time_html(arrows, api="nonsense")


def test_a_diagram_turns_its_pages_and_zooms(events):
    diagram = SpaceTime(arrows_of_messages(messages_of(events)), marks_of_events(events), a_page=20)
    first = diagram.html
    diagram.page(2)
    assert diagram.html != first
    assert "Page 2 of" in diagram.html
    died = next(e.at for e in events if e.event.kind == "HostCrashed")
    diagram.zoom(died, around_s=0.6)
    assert "killed" in diagram.html
    assert "0.5713" in diagram.html
    diagram.page(999)
    assert "killed" in diagram.html, "there is but one"


def many(count):
    hosts = [f"broker-{i % 9 + 1}" for i in range(count)]
    return [
        Arrow(
            i / 1000,
            i / 1000 + 0.0007,
            hosts[i],
            f"broker-{(i + 3) % 9 + 1}",
            "FETCH",
            i % 2 == 1,
            exchange=i // 2,
        )
        for i in range(count)
    ]


def test_a_thousand_messages_are_drawn_in_turn_and_stay_small():
    arrows = many(1000)
    html = space_time_html(arrows)
    assert len(html.encode()) < 200_000
    for seen in forms(html):
        assert inside(seen) == ""
        assert "940 later messages are not drawn yet: page=2, or since=…" in " ".join(seen.words)[:5000] or (
            "940 later" in seen.describes
        )
    assert len(space_time_svg(arrows).encode()) < 500_000, "all at once, where somebody wants that"
    told = {
        title for page in range(1, 18) for title, *_ in drawn(forms(space_time_html(arrows, page=page))[0])
    }
    assert len(told) > 500, "each page has its own"


def test_nothing_is_said_to_be_nothing():
    assert "No message was sent here." in Seen(space_time_svg([])).words
    Seen(space_time_svg([], [Mark(1.0, "broker-1", "died", "killed", "broker-1 was killed")]))
    Seen(space_time_svg([Arrow(1.0, 1.0, "broker-1", "broker-1", "FETCH")]))


def test_a_wait_is_named_and_costs_little_room():
    moments = Moments([0.0, 0.001, 3.001], 10.0)
    ((_, seconds),) = moments.pauses
    assert seconds == 3.0
    assert moments(0.001) - moments(0.0) > 5
    assert moments.bottom < 60


def test_hostile_names():
    for name in NAMES:
        arrows = [Arrow(0.0, 0.001, name, "broker-1", name, says=name, error=name, cause=name)]
        html = space_time_html(arrows, [Mark(0.0005, name, "note", name, name)])
        for seen in forms(html):
            assert inside(seen) == "", name
        assert not unsafe(html), name
        told = re.search(r"\((\{.*\})\);</script>", html, flags=re.S).group(1)
        json.loads(told)
        assert "</script>" not in told
