"""In a virtual environment that has the core's packages and nothing else: a live cluster for somebody's tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
import venv
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from clients.drivers import kcat
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SERVE = """
import importlib.util, sys
assert not [name for name in ("textual", "typer", "jupyterlab", "minikafka_tui") if importlib.util.find_spec(name)]
from minikafka import Cluster
with Cluster(brokers=3) as cluster:
    cluster.create_topic("orders", partitions=3, replication_factor=3)
    print(cluster.bootstrap_servers, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its Python. The packages are copied from this one's, so that no network is needed."""
    home = tmp_path_factory.mktemp("core")
    venv.create(home, symlinks=True, with_pip=False)
    (site,) = home.glob("lib/python*/site-packages")
    shutil.copytree(ROOT / "minikafka", site / "minikafka", ignore=shutil.ignore_patterns("__pycache__"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted, found = [Requirement(line) for line in project["dependencies"]], set[str]()
    while wanted:
        requirement = wanted.pop()
        name = canonicalize_name(requirement.name)
        if name in found or (requirement.marker and not requirement.marker.evaluate({"extra": ""})):
            continue
        found.add(name)
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            continue  # no wheel of it for this machine
        wanted += [Requirement(line) for line in installed.requires or ()]
        for file in installed.files or ():
            if ".." not in file.parts and "__pycache__" not in file.parts:
                (site / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(str(file.locate()), site / file)
    return home / "bin" / "python"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="the folders of an environment have other names there")
def test_kcat_writes_to_and_reads_from_a_cluster_of_the_core_alone(core: Path, tmp_path: Path) -> None:
    if not shutil.which("kcat"):
        pytest.skip("kcat is not installed (Debian: kcat)")
    with subprocess.Popen(
        [core, "-I", "-c", SERVE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        try:
            bootstrap = process.stdout.readline().strip()
            assert len(bootstrap.split(",")) == 3
            records = [(b"key-%d" % n, b"value-%d" % n) for n in range(300)]
            kcat.write(bootstrap, "orders", records, "zstd")
            read = kcat.read(bootstrap, "orders", len(records))
            assert sorted((key, value) for _, _, key, value in read) == sorted(records)
        finally:
            process.stdin.close()
        assert process.wait(60) == 0
