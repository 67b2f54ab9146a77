"""Six broken clusters: what a learner sees of them, what is right, and what a runbook makes of the next one."""

import pytest

from minikafka_lessons.cells import Stumble
from minikafka_lessons.course import lesson
from minikafka_lessons.source_cells import SOLUTION
from minikafka_lessons.stage import drills
from minikafka_lessons.stage.drills.playing import Played, clocks
from minikafka_lessons.stage.drills.runbook import Misread, read
from minikafka_lessons.stage.drills.scenes import CAUSES, SCENES

OTHERS_THAT_DO = {
    "A": ["repair_disk HOST; wait 5; restart HOST"],
    "B": ["stop HOST", "kill HOST", "broker replica.lag.time.max.ms=6000"],
    "C": ["producer acks=-1", "producer acks=all; topic min.insync.replicas=2; heal"],
    "D": ["topic min.insync.replicas=2"],
    "E": ["kill HOST; repair_disk HOST; restart HOST", "topic flush.messages=100000"],
    "F": ["topic retention.ms=-1; set_clock HOST 0", "stop HOST; set_clock HOST 0; restart HOST"],
}
"""Besides the solution in the lesson: what works and keeps everything is right, whoever thought of it."""
SEEDS = (1, 2)


@pytest.fixture
def opened():
    yield drills.open
    drills.close_all()


@pytest.fixture(scope="module")
def split():
    yield drills.open("C")
    drills.close_all()


def test_nothing_that_a_learner_sees_says_what_was_done(split):
    told = "\n".join(
        [split.timeline(), repr(split), split._repr_html_(), str(split.log()), repr(split.messages())]
    )
    for word in ("Partitioned", "Healed", "split", "is_told", *CAUSES):
        assert word not in told
    assert split.snapshot().cut == ()
    for name in ("tape", "save", "do", "heal", "branch", "_cluster_"):
        with pytest.raises(AttributeError, match="you may look"):
            getattr(split, name)


def test_a_drill_is_played_to_its_end_and_goes_back_and_forth(split):
    end = split.now
    assert "of them are gone" in repr(split.orders())
    split.rewind(25.0)
    assert split.now == 25.0
    assert split.snapshot().partition("orders", 0).leader == SCENES["C"].host
    assert "of them are gone" in repr(split.orders()), (
        "what customers noticed is what they noticed to the end"
    )
    split.rewind(end)
    assert split.snapshot().partition("orders", 0).leader != SCENES["C"].host
    with pytest.raises(Stumble):
        split.rewind("a mark that nobody made")


def test_the_looks_are_taken_from_what_hosts_know(split):
    assert "LogTruncated" in str(split.log("broker-1"))
    assert str(split.log("broker-1", since=0.5, until=2)) == "Nothing is in the log."
    assert "PRODUCE" in repr(split.times(10, 12))
    assert "No message" in repr(split.times(0.0, 0.0))
    assert "2026-01-01 00:01:" in repr(split.dates())


def test_there_are_six_drills_and_each_has_a_cause_of_its_own():
    assert list(SCENES) == list("ABCDEF")
    assert len({scene.cause for scene in SCENES.values()} & set(CAUSES)) == 6
    with pytest.raises(Stumble, match="There is no drill"):
        drills.open("G")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("reboot HOST", "a line begins with one of topic"),
        ("restart broker-2", "write HOST in its place"),
        ("restart", "should be `restart HOST`"),
        ("set_clock HOST 5", "should be `set_clock HOST 0`"),
        ("heal HOST", "should be `heal`"),
        ("topic min.insync.replicas", "A setting is NAME=VALUE"),
        ("wait for me", "a number of seconds"),
        ("wait 1e9", "a number of seconds"),
        (7, "A fix is text"),
        ("heal;" * 21, "too long"),
    ],
)
def test_a_line_that_nobody_understands_is_one_sentence(text, words):
    with pytest.raises(Misread, match=words):
        read(text)


def test_a_runbook_is_settings_and_steps_in_their_order():
    runbook = read("topic a.b=1 ; stop HOST\nwait 2.5; topic a.b=2; producer acks = all;")
    assert runbook == read(["topic a.b=1", "topic a.b=2", "producer acks=all", "stop HOST", "wait 2.5"])
    assert (runbook.of("topic"), runbook.of("producer"), runbook.of("broker")) == (
        {"a.b": "2"},
        {"acks": "all"},
        {},
    )
    assert [step.verb for step in runbook.steps] == ["stop", "wait"]


@pytest.mark.slow
@pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
def test_what_is_right_is_what_befalls(scene):
    played = Played(scene, scene.seed, messages=True).play()
    try:
        assert played.plan.host == scene.host
        seen = [one for one in played.cluster.events() if one.host in (scene.host, "controller-1")]
        begun_s = played.began_s + played.plan.faults[0].at_s
        match scene.letter:
            case "A":
                begun_s = next(one.at for one in seen if one.event.kind == "LogDirectoryFailed")
            case "D":
                elected = next(one for one in seen if getattr(one.event, "unclean", False))
                begun_s = elected.at
                assert f"broker-{elected.event.leader}" == scene.host
            case "F":
                deleted = next(one.at for one in seen if one.event.kind == "SegmentDeleted")
                assert deleted <= scene.at_s + scene.late_s, "who names the deletion is right, too"
        assert abs(begun_s - scene.at_s) < 0.1
        assert len(played.cluster.events()) < 10_000, "the trace still knows the beginning"
        assert bool(played.missing) == (scene.letter in "CDF")
    finally:
        played.close()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("letter", "fix"), [(letter, fix) for letter, fixes in OTHERS_THAT_DO.items() for fix in fixes]
)
def test_another_fix_that_does_is_right_too(letter, fix):
    for seed in SEEDS:
        played = Played(SCENES[letter], seed, read(fix))
        try:
            came = played.mend()
        finally:
            played.close()
        assert (came.works, came.kept, came.run) == ("", "", None)


@pytest.mark.slow
def test_the_same_runbook_comes_to_the_same(opened):
    def once():
        played = Played(SCENES["C"], 1, read("heal"))
        try:
            return played.mend()
        finally:
            played.close()

    assert once() == once()
    assert once().kept.startswith("heal → lost write: order ")


@pytest.mark.slow
def test_settings_that_kafka_does_not_take_are_one_sentence(opened):
    drill = opened("B")
    assert "no fix yet" in repr(drill.mended(None))
    for fix, words in {
        "topic foo=1": "Unknown topic config name: foo",
        "producer acks=many": "Invalid value",
        "broker foo=1": "has no effect",
        "broker replica.lag.time.max.ms=soon": "No broker starts with these settings",
        "restart HOST": "✗",
        "stop HOST": "✓",
    }.items():
        assert words in repr(drill.mended(fix))


@pytest.mark.slow
def test_a_clock_is_what_date_says(opened):
    drill = opened("F")
    (wrong,) = [host for host, ahead_s in clocks(drill._cluster).items() if ahead_s]
    assert wrong == SCENES["F"].host
    drill.rewind(30.0)
    assert not any(clocks(drill._cluster).values())


@pytest.mark.slow
def test_a_drill_that_is_closed_says_so_and_its_orders_stay(opened):
    drill = opened("A")
    assert opened("A") is not drill
    assert "closed" in repr(drill)
    with pytest.raises(Stumble, match="is closed"):
        drill.log()
    assert "120 orders" in repr(drill.orders())


def test_a_debrief_comes_when_the_cause_has_its_name(split):
    for answer in ({"cause": None}, {"cause": "gray disk"}, {}, None):
        assert "when the cause has its name" in repr(split.debrief(answer))
    assert "KIP-101" in repr(split.debrief({"cause": SCENES["C"].cause}))


def test_no_text_of_the_notebook_says_what_a_drill_was():
    text = lesson(13).source.read_text(encoding="utf-8").partition("## 3. Drill A")[2]
    unsolved = SOLUTION.sub("", text)
    for word in (*(scene.cause for scene in SCENES.values()), "KIP", "unclean", "retention", "acks=all"):
        assert word not in unsolved
