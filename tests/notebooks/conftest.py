"""Running notebooks as CI does, and as a learner sees them."""

import os
import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parent))


@pytest.fixture(autouse=True)
def alone(monkeypatch, tmp_path):
    """No lab's cluster, and none of this machine's, is found by accident."""
    for name in ("MINIKAFKA_LAB", "MINIKAFKA_BOOTSTRAP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MINIKAFKA_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("MINIKAFKA_MEASURE_SECONDS", "0.2")


@pytest.fixture
def shots() -> Path | None:
    """Where screenshots are kept: $MINIKAFKA_SHOTS, or nowhere."""
    wanted = os.environ.get("MINIKAFKA_SHOTS")
    if not wanted:
        return None
    Path(wanted).mkdir(parents=True, exist_ok=True)
    return Path(wanted)
