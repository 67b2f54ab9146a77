"""Texts that others chose: nothing hidden reaches anybody, and what people write in is left alone."""

import json
import unicodedata
import xml.etree.ElementTree as ElementTree

import pytest
from hostile_names import NAMES, SPOKEN, unsafe

from minikafka.world.visible import (
    cells,
    cut,
    in_html,
    in_json,
    padded,
    visible,
    visible_bytes,
    visible_name,
)


@pytest.mark.parametrize("text", SPOKEN)
def test_what_people_write_is_left_alone(text: str) -> None:
    assert visible(text) == text
    assert visible_name(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("bad\x1b]2;T\x07 line\nbreak", r"bad\x1b]2;T\x07 line\nbreak"),
        ("\t\r\x00\x7f", r"\t\r\x00\x7f"),
        ("\x9b31m", r"\u009b31m"),
        ("caf\udce9", r"caf\xe9"),
        ("\ud83d", r"\ud83d"),
        ("\u202egpj.exe", r"\u202egpj.exe"),
        ("a\u200bb\u200dc\ufeff", r"a\u200bb\u200dc\ufeff"),
        ("\U000e0041", r"\U000e0041"),
        ("a\ufe0f", r"a\ufe0f"),
        ("\u0301a", r"\u0301a"),
    ],
)
def test_what_is_hidden_is_shown(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "ශ්\u200dරී ලංකා",  # Sinhala
        "ബ്ലോഗില്\u200d",  # Malayalam, at the end of a word
        "র\u200d্যাম",  # Bengali, before the sign
        "ರ\u200d್ಕ",  # Kannada
        "क्\u200dष",  # Devanagari
        "ක්\u200dෂ" * 20,
    ],
)
def test_joiners_that_indic_letters_need_are_left_to_browsers_and_cells_are_counted_without(
    text: str,
) -> None:
    assert in_html(text) == text
    assert visible(text) == text.replace("\u200d", r"\u200d")
    assert cells(padded(text, 200)) == 200


@pytest.mark.parametrize(
    "text",
    [
        "a\u200db",
        "\u200d",
        "ක\u200dෂ",
        "\u094d\u200d",
        "न\u200d",
        "\u200d\u094d",
        "म\u200d\u200d",
        "م\u200dن",
        " \u200d्",
    ],
)
def test_a_joiner_that_makes_no_difference_is_shown_everywhere(text: str) -> None:
    assert "\u200d" not in in_html(text)
    assert in_html(text) == visible(text)


@pytest.mark.parametrize(
    "emoji", ["👩‍💻", "👩🏽‍⚕️", "🏳️‍🌈", "🐈‍⬛", "👨‍👩‍👧‍👦", "🏴‍☠️", "🫱🏻‍🫲🏿", "❤️‍🔥", "🧑🏿‍🦽‍➡️"]
)
def test_emoji_of_several_are_left_alone_and_two_cells_wide(emoji: str) -> None:
    assert visible(emoji) == in_html(emoji) == emoji
    assert cells(emoji) == 2


def test_names_that_differ_are_told_apart() -> None:
    assert visible_name("") == '""'
    assert visible_name("  a  b ") == r"\x20\x20a \x20b\x20"
    assert visible_name("a\xa0b\u3000") == r"a\u00a0b\u3000"
    shown = [visible_name(name) for name in NAMES]
    assert len(set(shown)) == len(set(NAMES)) == len(NAMES) > 100


@pytest.mark.parametrize(
    "make", [visible, visible_name, lambda t: cut(t, 20), lambda t: padded(t, 20), in_html]
)
def test_nothing_hidden_is_left_in_any_name(make) -> None:
    for name in NAMES:
        shown = make(name)
        assert not unsafe(shown) and "\n" not in shown, ascii(name[:20])
        shown.encode()  # every stream takes it


def test_what_is_shown_stays_as_it_is_when_it_is_shown_again() -> None:
    for name in NAMES:
        assert visible(visible(name)) == visible(name)


def test_every_character_alone_is_safe_and_no_wider_than_a_terminal_says() -> None:
    for code in (*range(0x3100), *range(0xD7F0, 0x11000), *range(0x1F000, 0x1FB00), *range(0xE0000, 0xE0200)):
        shown = visible(chr(code))
        assert cells(shown) >= 1, hex(code)
        assert unicodedata.category(shown[0]) not in ("Cc", "Cs", "Zl", "Zp"), hex(code)


def test_widths_are_a_terminals() -> None:
    assert cells("한국어") == 6
    assert cells("👩‍💻") == cells("🇰🇷") == cells("❤️") == 2
    assert cut("한국어 그룹", 6) == "한국 …"
    assert cut("한국어", 6) == "한국어"
    assert cut("abc", 0) == ""
    assert cut("abc", 1) == "…"
    assert padded("한국", 6) == "한국  "
    assert padded("e\u0301", 3, right=True) == "  e\u0301"
    for name in NAMES:
        for width in (1, 2, 7, 40):
            assert cells(cut(name, width)) <= width
            assert cells(padded(name, width)) == width


def test_marks_do_not_grow_over_other_lines() -> None:
    heap = visible("e" + "\u0301" * 5_000)
    assert heap.count("\u0301") == 10
    assert cells(cut("e" + "\u0301" * 5_000, 30)) == 30


def test_bytes_that_are_no_text() -> None:
    assert visible_bytes("한\n".encode()) == "한\\n"
    assert visible_bytes(b"\xff\xfe\x00") == r"\xff\xfe\x00"


def test_in_html_it_is_text_and_xml_takes_it() -> None:
    for name in NAMES:
        page = f'<svg aria-label="{in_html(name)}"><text>{in_html(name)}</text></svg>'
        drawn = ElementTree.fromstring(page)
        assert [one.tag for one in drawn.iter()] == ["svg", "text"]
        assert drawn[0].text == visible(name) or (not name and drawn[0].text is None)


def test_in_json_nothing_is_bare_and_nothing_is_lost() -> None:
    bare = json.dumps(NAMES, ensure_ascii=False)
    encoded = in_json(bare)
    assert json.loads(encoded) == json.loads(bare) == list(NAMES)
    assert not unsafe(encoded)
    assert "한국어" in encoded
    assert in_json(json.dumps("\x7f")) == '"\\u007f"'
