"""The walk in docs/DATA_FILES.md is what the command prints today, and short enough to follow."""

from __future__ import annotations

import importlib.util
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "data_files.py"


def test_the_walk_is_up_to_date(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("data_files", TOOL)
    assert spec is not None
    assert spec.loader is not None
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    text = tool.walk(tool.write_segment(tmp_path) / f"{0:020}.log")
    assert len(text.splitlines()) <= 200
    assert text in tool.PAGE.read_text(), "run `python tools/data_files.py`"
