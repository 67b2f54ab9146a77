"""`minikafka lab`: JupyterLab on a lesson, and a live cluster beside it.

Rule: both end together, cleanly, on Ctrl-C, on SIGTERM, and when either of them ends by itself; a learner's
notebook is never overwritten. The English notebooks lie in the lab's directory, those of another language in a folder
of its name beside them.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import socket  # noqa: TID251 - is the port free for Jupyter?
import subprocess
import sys
import time  # noqa: TID251 - JupyterLab's process starts in real time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import minikafka_notebooks

from minikafka.world.visible import padded, visible
from minikafka_lessons.course import lesson as find_lesson
from minikafka_lessons.course import lessons
from minikafka_lessons.language import NAMES, SOURCE, VARIABLE, of_the_system, say, speak, spoken
from minikafka_lessons.sources import BOOTSTRAP_VARIABLE, LAB_VARIABLE

LAB_DIRECTORY = "minikafka-lab"
LOG = ".jupyterlab.log"
JUPYTER_SETTINGS = Path(__file__).with_name("jupyter")
START_LIMIT_S = 60.0

Fail = Callable[[str], BaseException]


def notebooks_directory(language: str = SOURCE) -> Path:
    """Where the built notebooks lie, in the repository or in an installed wheel."""
    return Path(minikafka_notebooks.__file__).parent / language


def own_place(directory: Path, language: str) -> Path:
    """Where a learner's notebooks of a language lie in a lab."""
    return directory if language == SOURCE else directory / language


def copy_notebooks(directory: Path, language: str = SOURCE) -> list[Path]:
    """Copy the lessons that are not there yet; returns those that were copied."""
    directory = own_place(directory, language)
    directory.mkdir(parents=True, exist_ok=True)
    copied = []
    for found in lessons():
        source, target = (
            notebooks_directory(language) / f"{found.name}.ipynb",
            directory / f"{found.name}.ipynb",
        )
        if source.exists() and not target.exists():
            shutil.copyfile(source, target)
            copied.append(target)
    return copied


def open_lab(
    lesson: int,
    port: int,
    directory: Path | None,
    browser: bool,
    brokers: int,
    fail: Fail,
    language: str | None = None,
) -> int:
    """Run the lab until it is ended. Returns the exit status. Raises what `fail` makes of a sentence.

    `language`: None: that of this user's terminal, where there are lessons in it, else English.
    """
    try:
        speak(language or of_the_system() or SOURCE)
        if language is None and spoken() != SOURCE:
            print(
                say(
                    "The lessons are in {language}, as your terminal is ($LANG); --language en gives English.",
                    language=NAMES.get(spoken(), spoken()),
                )
            )
        found = find_lesson(lesson)
    except LookupError as problem:
        raise fail(str(problem)) from None
    if importlib.util.find_spec("jupyterlab") is None:
        raise fail(say("JupyterLab is missing: pip install 'minikafka[lab]'."))
    place = (directory or Path(LAB_DIRECTORY)).resolve()
    try:
        copied = copy_notebooks(place, spoken())
    except OSError as problem:
        raise fail(
            say("The notebooks can't be copied to {place}: {why}.", place=place, why=problem.strerror)
        ) from None
    notebook = (own_place(place, spoken()) / f"{found.name}.ipynb").relative_to(place).as_posix()
    if not (place / notebook).exists():
        raise fail(
            say("The notebook of lesson {n} is not built; run: python -m minikafka_lessons.build", n=lesson)
        )
    return run_lab(notebook, place, free_port(port, fail), browser, brokers, len(copied), fail)


def run_lab(
    notebook: str, place: Path, port: int, browser: bool, brokers: int, copied: int, fail: Fail
) -> int:
    """The cluster, JupyterLab, and the wait for the end."""
    from minikafka.cluster import Cluster
    from minikafka.cluster.reasons import why_not_started
    from minikafka.cluster.telling import tell
    from minikafka.world.garbage import collect_seldom

    collect_seldom()
    ended: list[int] = []

    def end(number: int, _: FrameType | None) -> None:
        ended.append(number)

    numbers = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        try:
            cluster = Cluster(brokers=brokers, name="lab")
        except Exception as problem:
            raise fail(why_not_started(problem)) from None
        server = None
        tell(cluster, lambda sentence: print(f"minikafka: {sentence}", file=sys.stderr, flush=True))
        try:
            server = start_jupyter(notebook, place, port, browser, cluster)
            url = wait_for_url(server, ended)
            if url is None and not ended:
                raise fail(say("JupyterLab did not start: {why}", why=last_words(place / LOG)))
            if url is not None:
                print(announcement(url, notebook, place, copied, cluster), flush=True)
            while not ended and server.poll() is None:
                time.sleep(0.2)
            return int(bool(cluster.problems)) if ended else int(server.returncode != 0)
        finally:
            if server is not None:
                stop_jupyter(server)
            cluster.close()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def start_jupyter(
    notebook: str, place: Path, port: int, browser: bool, cluster: Any
) -> subprocess.Popen[bytes]:
    """JupyterLab as a process of its own, bound to the loopback, with Jupyter's own token."""
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={place}",
        f"--LabApp.default_url=/lab/tree/{notebook}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        # No question about news at the first start, and nothing fetched: a lab works offline.
        f"--LabApp.app_settings_dir={JUPYTER_SETTINGS}",
    ]
    if not browser:
        command.append("--ServerApp.open_browser=False")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--ServerApp.allow_root=True")
    environment = {
        **os.environ,
        LAB_VARIABLE: cluster.name,
        BOOTSTRAP_VARIABLE: cluster.bootstrap_servers,
        VARIABLE: spoken(),
        "JUPYTER_PLATFORM_DIRS": os.environ.get("JUPYTER_PLATFORM_DIRS", "1"),
    }
    # A session of its own: Ctrl-C ends the lab, and the lab ends Jupyter.
    with (place / LOG).open("wb") as log:
        return subprocess.Popen(
            command,
            cwd=place,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def wait_for_url(server: subprocess.Popen[bytes], ended: list[int]) -> str | None:
    """The address with the token, from Jupyter's own record of its server."""
    os.environ.setdefault("JUPYTER_PLATFORM_DIRS", "1")
    from jupyter_core.paths import jupyter_runtime_dir

    record = Path(jupyter_runtime_dir()) / f"jpserver-{server.pid}.json"
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and server.poll() is None and not ended:
        try:
            about = json.loads(record.read_text())
            return f"http://127.0.0.1:{about['port']}{about.get('base_url', '/')}lab?token={about['token']}"
        except (OSError, ValueError, KeyError):
            time.sleep(0.1)
    return None


def last_words(log: Path) -> str:
    """The last line of Jupyter's log."""
    try:
        lines = log.read_text(errors="replace").strip().splitlines()
    except OSError:
        lines = []
    return lines[-1].strip() if lines else say("it said nothing (see {log}).", log=log)


def announcement(url: str, notebook: str, place: Path, copied: int, cluster: Any) -> str:
    """What a learner needs to know."""
    page = url.replace("/lab?", f"/lab/tree/{notebook}?")
    kept = "" if copied else " " + say("(your own copies, as you left them)")
    command, elsewhere = own_command(), say("(in another terminal)")
    lines = (
        (say("lesson"), page),
        (say("notebooks"), f"{visible(str(own_place(place, spoken())))}{kept}"),
        (say("cluster"), cluster.bootstrap_servers),
        (say("inspector"), f"{command} tui          {elsewhere}"),
        (say("marks"), f"{command} grade        {elsewhere}"),
        (say("stop"), "Ctrl-C"),
    )
    return "\n" + "".join(f"  {padded(word, 11)}{told}\n" for word, told in lines)


def own_command() -> str:
    """What to type for `minikafka`: in a virtual environment that isn't activated, the short name is not found."""
    if shutil.which("minikafka"):
        return "minikafka"
    beside = Path(sys.executable).with_name("minikafka")
    return str(beside) if beside.exists() else f"{sys.executable} -m minikafka.cli"


def stop_jupyter(server: subprocess.Popen[bytes]) -> None:
    """Ask, then insist. Kernels end with their server."""
    if server.poll() is None:
        server.send_signal(signal.SIGTERM)
        try:
            server.wait(15)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def free_port(wished: int, fail: Fail) -> int:
    """The wished port or the next free one; 0: any. Raises what `fail` makes of a sentence."""
    for port in (0,) if wished == 0 else range(wished, wished + 50):
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind(("127.0.0.1", port))
            except (OSError, OverflowError):
                continue
            return int(tried.getsockname()[1])
    raise fail(
        say(
            "No port from {first} to {last} is free; choose another with --port.",
            first=wished,
            last=wished + 49,
        )
    )
