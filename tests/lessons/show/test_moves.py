"""A group before and after a rebalance."""

import pytest
from hostile_names import NAMES, unsafe
from seeing import Seen, forms, inside

from minikafka.coordinator.events import GroupStateChanged
from minikafka.world import Traced
from minikafka.xray.snapshot import Group, Member, Snapshot, TopicPartition
from minikafka_lessons.show.moves import Moves, moves_between, moves_html, moves_svg


def snapshot(at, generation, **assigned):
    members = tuple(
        Member(f"{name}-1234-5678", name, "/127.0.0.1", tuple(TopicPartition("clicks", p) for p in had))
        for name, had in assigned.items()
    )
    group = Group("watch", "Stable", generation=generation, members=members)
    return Snapshot(1, at, "simulated", "t", groups=(group,))


def joined():
    events = [
        Traced(
            1,
            2.0,
            "broker-1",
            GroupStateChanged("watch", "Stable", "PreparingRebalance", 3, "member chris-1234-5678 joins"),
        ),
        Traced(2, 9.0, "broker-1", GroupStateChanged("watch", "Stable", "PreparingRebalance", 4, "later")),
    ]
    before, after = (
        snapshot(1.0, 2, anna=[0, 1, 2], ben=[3, 4]),
        snapshot(3.0, 3, anna=[0, 1], ben=[3], chris=[2, 4]),
    )
    return moves_between(before, after, "watch", events)


def test_what_moved_is_counted_and_why_is_said():
    found = joined()
    assert found.moved == (TopicPartition("clicks", 2), TopicPartition("clicks", 4))
    assert found.why == "chris joins", "by its name, and of this time only"
    for seen in forms(moves_html(found)):
        assert "2 of 5 partitions moved · generation 2 → 3: chris joins." in seen.describes
        assert "clicks-2: from anna to chris." in seen.describes
        assert inside(seen) == ""


def test_before_is_on_the_left_and_a_line_leads_to_the_new_owner():
    seen = Seen(moves_svg(joined()))
    assert seen.at("BEFORE")[0] < seen.at("AFTER")[0] == seen.at("chris")[0] - 9
    drawn = [
        e.get("d") for e in seen.root.iter() if "var(--mk-amber" in (e.get("style") or "") and e.get("d")
    ]
    assert len(drawn) == 2
    assert all(float(d.rsplit(" ", 1)[1].split(",")[1]) > seen.at("chris")[1] for d in drawn)
    assert "+" in seen.words


def test_a_partition_that_nobody_has_is_said():
    found = moves_between(snapshot(1.0, 2, anna=[0], ben=[1]), snapshot(2.0, 3, anna=[0]), "watch")
    seen = Seen(moves_svg(found))
    assert "nobody" in seen.words
    assert "clicks-1: from ben to nobody." in seen.describes
    assert "−" in seen.words


def test_members_of_one_name_are_told_apart():
    members = tuple(Member(f"id-{i}", "worker", "/", (TopicPartition("clicks", i),)) for i in range(3))
    both = Snapshot(1, 1.0, "simulated", "t", groups=(Group("watch", "Stable", members=members),))
    found = moves_between(both, both, "watch")
    assert list(found.before) == ["worker", "worker #2", "worker #3"]
    assert found.moved == ()


@pytest.mark.slow
def test_nobody_and_very_many():
    empty = Snapshot(1, 1.0, "simulated", "t")
    assert "Nobody is in the group watch." in moves_html(moves_between(empty, empty, "watch"))
    parts = [TopicPartition("clicks", i) for i in range(3000)]
    before = {f"m{i:03}": tuple(parts[i::100]) for i in range(100)}
    after = {f"m{i:03}": tuple(parts[i::101]) for i in range(101)}
    html = moves_html(Moves("watch", before, after))
    assert len(html) < 350_000
    one = moves_html(Moves("watch", {"a": tuple(parts)}, {"a": tuple(parts[1:]), "b": tuple(parts[:1])}))
    assert "… and 2,999 more" in one
    assert len(one) < 30_000


def test_hostile_names():
    for name in NAMES:
        had = (TopicPartition(name, 0), TopicPartition("other", 1))
        for seen in forms(moves_html(Moves(name, {name: had}, {f"{name}!": had}, why=name))):
            assert not unsafe(seen.text), name
            assert inside(seen) == "", name
