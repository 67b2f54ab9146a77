"""A hundred hostile names in every picture and every mark of a notebook: text, never HTML, nothing hidden."""

import contextlib
import io
import re
import xml.etree.ElementTree as ElementTree
from types import SimpleNamespace

import pytest
from hostile_names import NAMES, unsafe

from minikafka.dump.html import block_to_html
from minikafka.dump.value import Block, Field
from minikafka.world.visible import cut, visible, visible_name
from minikafka.xray.snapshot import (
    Broker,
    Controller,
    Group,
    GroupOffset,
    Member,
    Partition,
    Snapshot,
    Topic,
    TopicPartition,
)
from minikafka_lessons import notebook
from minikafka_lessons.grading.display import Result, console_grade
from minikafka_lessons.grading.marks import Grade, Mark
from minikafka_lessons.measure.possible import NotMeasured
from minikafka_lessons.predictions import Prediction
from minikafka_lessons.show import ink
from minikafka_lessons.show.brokers import brokers_html
from minikafka_lessons.show.bus import bus_html
from minikafka_lessons.show.lag import lag_figure, lag_html
from minikafka_lessons.show.lanes import lanes_html
from minikafka_lessons.show.offsets import offsets
from minikafka_lessons.show.pages import pages_html
from minikafka_lessons.show.records import records

ELEMENTS = (
    " svg g text tspan rect path circle line title defs style use clipPath metadata RDF Work type format creator Agent "
    "div span b br table thead tbody tr th td code button "
)


def picture(name):
    """A cluster in which everything is called so."""
    partition = Partition(0, "broker-1", log_start=0, end=9, high_watermark=9)
    offset = GroupOffset(name, 0, 4, 9, 0, 5, "m-1")
    member = Member("m-1", name, name, (TopicPartition(name, 0),))
    return Snapshot(
        version=1,
        at=0.0,
        world="live",
        name=name,
        bootstrap_servers=name,
        topics=(Topic(name, partitions=(partition,)),),
        groups=(Group(name, "Stable", members=(member,), offsets=(offset,)),),
        brokers=(Broker(1, name, host=name, port=1, state="running"),),
        controllers=(Controller(1, name, state=name),),
    )


def texts(html):
    """All that an element of this HTML says or carries; it is well-formed, and only of our own elements."""
    html = html.replace("&ensp;", "\u2002").replace("<br>", "<br/>")
    root = ElementTree.fromstring(f"<div>{html}</div>")
    found = []
    for element in root.iter():
        assert f" {element.tag.rpartition('}')[2]} " in ELEMENTS, element.tag
        assert not any(key.lower().startswith("on") for key in element.attrib)
        found += [element.text or "", element.tail or "", *element.attrib.values()]
    return "\n".join(found)


PICTURES = {
    "bus": (19, lambda s, n: bus_html(s, n, [(n, 3, False)])),
    "lanes": (32, lambda s, n: lanes_html(s, n, n)),
    "lanes without a group": (32, lambda s, n: lanes_html(s, n)),
    "no topic": (60, lambda s, n: pages_html(picture("another"), n)),
    "lag": (60, lambda s, n: lag_html([(1.0, 2, 1, 1)], n)),
    "brokers": (80, lambda s, n: brokers_html(s, n, n)),
    "offsets": (300, lambda s, n: offsets(SimpleNamespace(snapshot=lambda: s), n).html),
    "table": (300, lambda s, n: ink.table([n], [[n or '""', 1]], caption=n)),
    "box": (300, lambda s, n: ink.svg(9, 9, ink.box(0, 0, 9, 9, title=n), n)),
    "prediction": (
        300,
        lambda s, n: Prediction(n.replace("\ud800", "?"), ["a", n])._html().split("<script")[0],
    ),
    "not measured": (300, lambda s, n: NotMeasured(n).figure().html),
}


@pytest.mark.parametrize("what", PICTURES)
def test_every_picture_of_every_name(what):
    width, draw = PICTURES[what]
    for name in NAMES:
        try:
            name.encode()
        except UnicodeEncodeError:
            if what == "prediction":
                continue  # a question is written by whoever writes the lesson
        html = draw(picture(name), name)
        said = texts(html)
        assert not unsafe(said), ascii(name[:30])
        whole = (
            visible(name) if what in ("table", "box", "prediction", "not measured") else visible_name(name)
        )
        assert cut(whole, width - 12)[:-1].rstrip() in said, ascii(name[:30])
        assert not unsafe(ink.plain(html))


def test_a_figure_reads_no_formulas_in_a_name():
    for name in (
        "$x$",
        "$\\frac{a$",
        "#010203",
        "font: 12px x",
        "<script>",
        "\x1b",
        "",
        "그룹",
        "x" * 10_000,
    ):
        said = texts(lag_figure([(0.0, 0, 0, 0), (1.0, 10, 5, 5)], name))
        assert f"Group {cut(visible_name(name), 60)}" in said


def test_records_of_any_bytes():
    def message(data):
        return SimpleNamespace(partition=lambda: 0, offset=lambda: 1, key=lambda: data, value=lambda: data)

    def data_of(name):
        return name.encode("utf-8", "surrogateescape" if re.search("[\udc80-\udcff]", name) else "replace")

    every = [data_of(name) for name in NAMES]
    html = records([message(data) for data in [*every, b"\xff\x00"]], limit=200).html
    said = texts(html)
    assert not unsafe(said)
    assert r"\xff\x00" in said
    assert "한국어 그룹" in said


def test_bytes_with_their_fields():
    for name in NAMES:
        data = name.encode("utf-8", "surrogatepass")
        html = block_to_html(Block(name, 0, data, (Field(name, 0, len(data), name, name),)))
        assert not unsafe(texts(html)), ascii(name[:30])


def test_marks_and_problems_in_the_terminal_and_in_the_notebook():
    from rich.console import Console

    for name in NAMES:
        mark = Mark("a property", 0, 2, f"It {name}.", "Look.", 1)
        grade = Grade("1a", "LAG", 2, [mark], notes=[name]).made_visible()
        broken = Grade("1b", "LAG", 2, problem=f"Your code raised {name}.").made_visible()
        for one in (grade, broken):
            out = io.StringIO()
            Console(file=out, width=200, highlight=False, color_system=None).print(console_grade(one))
            assert not unsafe(out.getvalue()) and not unsafe(repr(Result(one)))
            assert not unsafe(texts(Result(one)._repr_html_()))
        if 0 < len(name) < 30 and "`" not in name:
            assert visible(name) in texts(Result(broken)._repr_html_())


def test_an_answer_that_gives_back_a_book_fills_no_report():
    message = "lag(3, 1, 0) returned '" + "x" * 1_000_000 + "', should be 2"
    grade = Grade("1a", "LAG", 2, [Mark("a property", 0, 2, message)]).made_visible()
    said = grade.marks[0].message
    assert len(said) < 400
    assert said.startswith("lag(3, 1, 0) returned 'xxx") and said.endswith("xxx', should be 2")


def test_an_exercise_of_any_name_is_unknown():
    for name in NAMES:
        with contextlib.suppress(UnicodeEncodeError):
            assert not unsafe(texts(notebook.check(name).html))
            assert not unsafe(texts(notebook.hint(name).html))
