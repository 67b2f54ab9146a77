"""Our clients beside confluent_kafka's: what differs has a reason, and docs/CLIENTS.md is what the two answer today."""

import importlib.util
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).parents[2] / "tools" / "clients.py"


@pytest.fixture(scope="module")
def tool():
    spec = importlib.util.spec_from_file_location("clients_tool", TOOL)
    module = importlib.util.module_from_spec(spec)
    sys.modules["clients_tool"] = module
    spec.loader.exec_module(module)
    return module


def test_every_key_of_librdkafkas_is_known(tool):
    does = {key: tool.what_a_key_does(key) for key in tool.librdkafkas_keys()}
    assert len(does) > 180
    assert [key for key, what in does.items() if what == "unknown"] == []


def test_every_name_that_is_only_on_one_side_has_a_reason(tool):
    found = list(tool.names_that_differ())
    assert [row for row in found if tool.reason_of_name(*row) == "?"] == []
    assert {name for _, name, whose in found if whose == "theirs"} == set(tool.MISSING)


@pytest.mark.slow
def test_what_they_answer_otherwise_has_a_reason_and_the_page_is_true(tool, monkeypatch):
    found = {}
    answers = tool.answers

    def kept(cluster):
        for row in answers(cluster):
            found[f"{row[0]}: {row[1]}"] = row[2:]
            yield row

    monkeypatch.setattr(tool, "answers", kept)
    text = tool.page()
    assert {case for case, (theirs, ours) in found.items() if theirs != ours} == set(tool.REASONS)
    assert text == tool.PAGE.read_text(), "run: python tools/clients.py"
