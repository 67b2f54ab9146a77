"""Every transcript beside this file is what the core does. Where one isn't: pytest --rewrite-transcripts, and look."""

from difflib import unified_diff
from pathlib import Path

import pytest
from quorum.raft.transcripts import Script

HERE = Path(__file__).parent / "transcripts"


@pytest.mark.parametrize("path", sorted(HERE.glob("*.txt")), ids=lambda path: path.stem)
def test_transcript(path: Path, request: pytest.FixtureRequest) -> None:
    before = path.read_text(encoding="utf-8")
    now = Script(before).text
    if request.config.getoption("--rewrite-transcripts"):
        path.write_text(now, encoding="utf-8")
    elif now != before:
        told = unified_diff(before.splitlines(), now.splitlines(), "expected", "got", lineterm="")
        pytest.fail("\n".join(told), pytrace=False)
