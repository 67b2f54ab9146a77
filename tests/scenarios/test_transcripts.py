"""Every transcript beside this file is what its script gives."""

from difflib import unified_diff
from pathlib import Path

import pytest
from scenarios.transcripts import Script

HERE = Path(__file__).parent


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
def test_transcript(path, request):
    before = path.read_text(encoding="utf-8")
    now = Script(before).text
    if request.config.getoption("--rewrite-transcripts"):
        path.write_text(now, encoding="utf-8")
        return
    if now != before:
        diff = unified_diff(before.splitlines(), now.splitlines(), path.name, "now", lineterm="")
        pytest.fail(
            "\n".join([*diff, "", "As it should be? pytest tests/scenarios --rewrite-transcripts"]),
            pytrace=False,
        )
