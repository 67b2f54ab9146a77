"""Every transcript beside this file is what its script gives; one that isn't says where, and is rewritten on demand."""

from difflib import SequenceMatcher
from pathlib import Path

import pytest
from scenarios.transcripts import Script

HERE = Path(__file__).parent
AGAIN = "As it should be? pytest tests/scenarios --rewrite-transcripts"


def difference(name, expected, got):
    """Each place where they differ: the file and its line, the command there, what was expected, what came."""
    one, other = expected.splitlines(), got.splitlines()
    lines = []
    for kind, start, end, now, then in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        command = next(
            (line for line in reversed(one[: start + 1]) if line.startswith("> ")), "the beginning"
        )
        lines += [f"{name}:{start + 1}, after `{command.removeprefix('> ')}`:"]
        lines += [f"  expected {line}" for line in one[start:end]] or ["  expected nothing"]
        lines += [f"  got      {line}" for line in other[now:then]] or ["  got      nothing"]
    return "\n".join(lines)


def compare(path, rewrite):
    """The difference in words, or "": there is none, or it is written down now."""
    before = path.read_text(encoding="utf-8")
    now = Script(before).text
    if rewrite:
        path.write_text(now, encoding="utf-8")
    return "" if rewrite or now == before else f"{difference(path.name, before, now)}\n\n{AGAIN}"


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
def test_transcript(path, request):
    told = compare(path, request.config.getoption("--rewrite-transcripts"))
    if told:
        pytest.fail(told, pytrace=False)


@pytest.fixture
def broken(tmp_path):
    """A transcript of which one line is wrong and one is missing."""
    text = (HERE / "replication.txt").read_text(encoding="utf-8")
    path = tmp_path / "broken.txt"
    kept = [line for line in text.splitlines() if "broker-3     orders-0: follows" not in line]
    path.write_text(
        "\n".join(kept).replace("broker-1 leads, epoch 0", "broker-2 leads, epoch 7") + "\n", "utf-8"
    )
    return path


def test_a_broken_transcript_says_which_line_what_was_expected_and_what_came(broken):
    told = compare(broken, rewrite=False)
    before = broken.read_text("utf-8").splitlines()
    number = next(n for n, line in enumerate(before, 1) if "epoch 7" in line)
    where, expected, got = told.splitlines()[:3]
    assert where.startswith(f"broken.txt:{number}, after `create_topic orders")
    assert expected == f"  expected {before[number - 1]}"
    assert (
        got
        == f"  got      {before[number - 1].replace('broker-2 leads, epoch 7', 'broker-1 leads, epoch 0')}"
    )
    assert "  expected nothing\n  got " in told
    assert told.count("broken.txt:") == 2, "and nothing else"
    assert told.endswith(AGAIN)


def test_the_flag_rewrites_it_and_touches_nothing_else(broken):
    assert compare(broken, rewrite=True) == ""
    assert broken.read_text("utf-8") == (HERE / "replication.txt").read_text("utf-8")
    assert compare(broken, rewrite=False) == ""
