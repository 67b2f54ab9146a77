"""A browser's Python (Pyodide, here under node) plays the same runs as CPython: the same timelines, byte for byte.

Needs node and npm, and the network the first time: Pyodide and two wheels go to the cache that the real Kafka has, too.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from browser.runs import RUNS, timeline_of

PYODIDE = "314.0.7"
PLATFORM = ("--platform", "pyemscripten_2026_0_wasm32", "--python-version", "314", "--only-binary", ":all:")
BESIDE_OURS = ("cramjam==2.14.0", "msgspec==0.23.0", "platformdirs", "rich")
SEEDS = (1, 2, 3)
ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "minikafka"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

SCRIPT = """
import sys
sys.dont_write_bytecode = True
sys.path[:0] = ["/source", "/wheels", "/tests"]
from browser.runs import RUNS, timeline_of
for seed in {seeds}:
    for name in RUNS:
        with open(f"/out/{{name}}-{{seed}}", "w", encoding="utf-8") as file:
            file.write(timeline_of(name, seed))
"""


def fetched(folder: Path, *command: str | Path) -> Path:
    """The folder that this command fills, once; skips where it can't."""
    if not folder.exists():
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode:
            shutil.rmtree(folder, ignore_errors=True)
            pytest.skip(f"no Pyodide: {' '.join(done.stderr.split())[-200:]}")
    return folder


@pytest.fixture(scope="module")
def in_a_browser(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with what was played there."""
    if not (shutil.which("node") and shutil.which("npm")):
        pytest.skip("no Pyodide: node and npm are not installed (Debian: nodejs, npm)")
    CACHE.mkdir(parents=True, exist_ok=True)
    home = CACHE / f"pyodide-{PYODIDE}"
    npm = ("npm", "install", "--silent", "--no-save", "--prefix", home, f"pyodide@{PYODIDE}")
    pyodide = fetched(home, *npm) / "node_modules" / "pyodide"
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", *PLATFORM)
    wheels = CACHE / f"wheels-for-pyodide-{PYODIDE}"
    fetched(wheels, *pip, "--target", wheels, *BESIDE_OURS)
    out = tmp_path_factory.mktemp("in-a-browser")
    script = out / "script.py"
    script.write_text(SCRIPT.format(seeds=SEEDS))
    mounts = (f"source={ROOT}", f"wheels={wheels}", f"tests={ROOT / 'tests'}", f"out={out}")
    subprocess.run(["node", Path(__file__).with_name("run.mjs"), pyodide, script, *mounts], check=True)
    return out


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", RUNS)
def test_the_timeline_is_the_same(in_a_browser: Path, name: str, seed: int) -> None:
    there = (in_a_browser / f"{name}-{seed}").read_text(encoding="utf-8")
    here = timeline_of(name, seed)
    assert len(here.splitlines()) > 500
    assert there == here
