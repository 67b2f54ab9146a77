"""The bar under a simulated picture: every button has its function, and nothing moves by itself."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from minikafka import Cluster
from minikafka_lessons.show import player as made
from minikafka_lessons.show.player import SPEEDS, Player, _opened
from minikafka_lessons.show.tape import tape_html


class Run:
    """A cluster's clock, with a past."""

    def __init__(self):
        self.now, self.past = 0.0, []

    def step(self, what=""):
        self.past.append(self.now)
        self.now += 1.0 if what else 0.5
        return True

    def run(self, seconds):
        self.past.append(self.now)
        self.now += seconds

    def rewind(self, to=None, *, steps=None):
        if steps is not None and steps > len(self.past):
            raise ValueError("There is nothing before this.")
        self.now = self.past[-steps] if steps else float(to)


def draw(run):
    return f"<b>{run.now:g}</b>"


def test_functions_and_presses_do_the_same():
    by_hand, by_press = Player(Run(), draw), Player(Run(), draw)
    by_hand.step().step("message").run(0.002).back()
    for verb in ("step", "message", "run", "back"):
        told = by_press.press(verb)
    assert by_press.picture.html == by_hand.picture.html == "<b>1.5</b>"
    assert told == {"now": "1.500000 s", "said": ""}
    assert by_hand.rewind(0.5).picture.html == "<b>0.5</b>"


def test_what_goes_wrong_is_a_sentence_in_the_bar_and_an_exception_in_a_cell():
    one = Player(Run(), draw)
    assert one.press("back")["said"] == "There is nothing before this."
    with pytest.raises(ValueError, match="nothing before"):
        one.back()
    assert one.press("nonsense") == {"now": "0.000000 s", "said": ""}


def test_the_speed_is_one_of_a_few():
    one = Player(Run(), draw)
    one.press("run", speed=1.0)
    assert one.speed == 1.0
    one.press("run", speed=123.0)
    assert one.speed == 1.0
    assert one.speed in SPEEDS


def test_what_a_cluster_cant_do_has_no_button():
    class Forward:
        now = 0.0

        def step(self): ...
        def run(self, seconds): ...

    for verb in ("back", "message"):
        assert f'data-verb="{verb}"' not in Player(Forward(), draw)._bar_html()
        assert f'data-verb="{verb}"' in Player(Run(), draw)._bar_html()


def test_every_button_has_a_key_and_a_name(monkeypatch):
    html = Player(Run(), draw)._bar_html()
    ElementTree.fromstring(f"<p>{re.sub(r'<script>.*</script>', '', html, flags=re.S)}</p>")
    for button in re.findall(r"<button.*?</button>", html):
        assert "aria-keyshortcuts=" in button
        assert "aria-label=" in button
        assert "<svg" in button, "a sign that no font may lack"


def test_a_page_presses_by_the_kernels_door():
    one, sent = Player(Run(), draw), []

    class Comm:
        def on_msg(self, heard):
            self.heard = heard

        def send(self, data):
            sent.append(data)

    comm = Comm()
    _opened(comm, {"content": {"data": {"id": one.id, "verb": "step", "speed": 0.1}}})
    comm.heard({"content": {"data": {"id": one.id, "verb": "run", "speed": 0.1}}})
    comm.heard({"content": {"data": {"id": "nobody", "verb": "run"}}})
    assert sent == [{"now": "0.500000 s", "said": ""}, {"now": "0.520000 s", "said": ""}, {"gone": True}]


def test_a_simulated_cluster_is_played():
    with Cluster(brokers=1, world="simulated", seed=1) as cluster:
        cluster.create_topic("orders")
        one = made(cluster, lambda c: tape_html(c.snapshot(), "orders"))
        producer = cluster.producer({"linger.ms": 0})
        producer.produce("orders", b"x")
        before = cluster.now
        assert "log end 0" in one.picture.html
        one.run(0.1)
        assert cluster.now == pytest.approx(before + 0.1)
        assert "log end 1" in one.picture.html
        before = one.press("look")
        assert one.press("message")["said"] == ""
        one.step().run(0.2).rewind(cluster.now - 0.2)
        one.step()
        assert "log end 1" in repr(one)
        assert one.press("back")["said"] == ""
        assert one.press("look")["now"] >= before["now"]


def test_widgets_press_the_same():
    pytest.importorskip("ipywidgets")
    one = Player(Run(), draw)
    bar = one.widgets()
    row = bar.children[0].children
    row[1].click()
    assert one.picture.html == "<b>0.5</b>"
    assert row[-1].value == "0.500000 s"
