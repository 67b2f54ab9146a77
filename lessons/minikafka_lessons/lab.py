"""`minikafka lab`: JupyterLab on the lessons, and a live cluster beside it.

Rule: both end together, cleanly, on Ctrl-C, on SIGTERM, and when either of them ends by itself. It opens the welcome
page, and keeps that up to date while it runs; or the lesson that was asked for.
"""

from __future__ import annotations

import importlib.util
import json
import os
import shlex
import shutil
import signal
import socket  # noqa: TID251 - is the port free for Jupyter?
import subprocess
import sys
import time  # noqa: TID251 - JupyterLab's process starts in real time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

from minikafka.world.visible import padded, visible
from minikafka_lessons import progress
from minikafka_lessons.copies import LAB_DIRECTORY, copy_notebooks, find_lab, own_notebook, own_place
from minikafka_lessons.course import Lesson, lessons
from minikafka_lessons.course import lesson as find_lesson
from minikafka_lessons.fresh import begun_anew, could_not_begin_anew
from minikafka_lessons.language import LANGUAGES, NAMES, SOURCE, VARIABLE, of_the_system, say, speak, spoken
from minikafka_lessons.sources import BOOTSTRAP_VARIABLE, LAB_VARIABLE
from minikafka_lessons.welcome import Commands, Welcome, is_readable, path_of

LOG = ".jupyterlab.log"
JUPYTER_SETTINGS = Path(__file__).with_name("jupyter")
START_LIMIT_S = 60.0

Fail = Callable[[str], BaseException]


def open_lab(
    lesson: int | None,
    port: int,
    directory: Path | None,
    browser: bool,
    brokers: int,
    fail: Fail,
    language: str | None = None,
) -> int:
    """Run the lab until it is ended. Returns the exit status. Raises what `fail` makes of a sentence.

    `lesson`: None opens the welcome page. `language`: None: that of this user's terminal, where there are lessons in
    it, else English.
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
        found = None if lesson is None else find_lesson(lesson)
    except LookupError as problem:
        raise fail(str(problem)) from None
    if importlib.util.find_spec("jupyterlab") is None:
        raise fail(say("JupyterLab is missing: pip install 'minikafka[lab]'."))
    place = (directory or Path(LAB_DIRECTORY)).resolve()
    try:
        # All languages: the welcome page leads from one to the others.
        copied, *_ = [len(copy_notebooks(place, one)) for one in (spoken(), *LANGUAGES)]
    except OSError as problem:
        raise fail(
            say("The notebooks can't be copied to {place}: {why}.", place=place, why=problem.strerror)
        ) from None
    for one in (found,) if found else lessons():
        if not own_notebook(place, one, spoken()).exists():
            raise fail(
                say(
                    "The notebook of lesson {n} is not built; run: python -m minikafka_lessons.build",
                    n=one.number,
                )
            )
    return run_lab(found, place, free_port(port, fail), browser, brokers, copied, fail)


def reset_lesson(number: int, directory: Path | None, fail: Fail, language: str | None = None) -> list[str]:
    """A fresh notebook of the lesson, and the learner's kept beside it. Returns what was done, a sentence each.

    `language`: of the notebook; None: of each that the learner has touched. Raises what `fail` makes of a sentence.
    """
    try:
        speak(language or of_the_system() or SOURCE)
        lesson = find_lesson(number)
    except LookupError as problem:
        raise fail(str(problem)) from None
    place = directory.resolve() if directory else find_lab()
    if place is None or not place.is_dir():
        raise fail(
            say(
                "There is no lab here. Go where you called `minikafka lab`, or name its directory: --directory"
            )
        )
    said = []
    for one in (spoken(),) if language else LANGUAGES:
        try:
            told = begun_anew(place, lesson, one)
        except OSError as problem:
            raise fail(could_not_begin_anew(lesson, problem)) from None
        said += [told] if told else []
    return said or [say("Lesson {n} is fresh already: nothing was written or run in it.", n=number)]


def run_lab(
    lesson: Lesson | None, place: Path, port: int, browser: bool, brokers: int, copied: int, fail: Fail
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
        tell(cluster, complain)
        try:
            welcome = Welcome(place, Commands(own_command(), cluster.name))
            complain_of(place, welcome.renew())
            page = page_to_open(place, lesson)
            server = start_jupyter(page, place, port, browser, cluster)
            url = wait_for_url(server, ended)
            if url is None and not ended:
                raise fail(say("JupyterLab did not start: {why}", why=last_words(place / LOG)))
            if url is not None:
                print(announcement(url, page, lesson is None, place, copied, cluster), flush=True)
            while not ended and server.poll() is None:
                time.sleep(0.2)
                welcome.renew()
            return int(bool(cluster.problems)) if ended else int(server.returncode != 0)
        finally:
            if server is not None:
                stop_jupyter(server)
            cluster.close()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def complain(sentence: str) -> None:
    """Beside what the lab says."""
    print(f"minikafka: {sentence}", file=sys.stderr, flush=True)


def complain_of(place: Path, page_problem: str) -> None:
    """What hinders the page, a sentence each. The lab opens all the same."""
    why = progress.why_unusable(place)
    if why:
        path = visible(str(place / progress.FILE))
        complain(say("Your marks can't be noted in {path}: {why}. Checks work.", path=path, why=why))
    if page_problem:
        complain(page_problem)


def page_to_open(place: Path, lesson: Lesson | None) -> str:
    """From the lab's directory: the lesson, else the welcome page, else (it can't be written) the first lesson."""
    if lesson is None and is_readable(place, spoken()):
        path = path_of(place, spoken())
    else:
        path = own_notebook(place, lesson or lessons()[0], spoken())
    return path.relative_to(place).as_posix()


def start_jupyter(page: str, place: Path, port: int, browser: bool, cluster: Any) -> subprocess.Popen[bytes]:
    """JupyterLab as a process of its own, bound to the loopback, with Jupyter's own token."""
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=50",  # the free port may be taken by now; the address comes from Jupyter's record
        f"--ServerApp.root_dir={place}",
        f"--LabApp.default_url=/lab/tree/{page}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        # No question about news at the first start, and nothing fetched: a lab works offline.
        f"--LabApp.app_settings_dir={JUPYTER_SETTINGS}",
        f"--LabApp.extra_labextensions_path={JUPYTER_SETTINGS / 'extensions'}",
    ]
    if shell := os.environ.get("SHELL"):  # no login shell, which on many systems forgets the PATH below
        command.append(f"--ServerApp.terminado_settings={{'shell_command': [{shell!r}]}}")
    if not browser:
        command.append("--ServerApp.open_browser=False")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--ServerApp.allow_root=True")
    environment = {
        **os.environ,
        # `minikafka tui` and `minikafka grade` are found in Jupyter's own terminals, too.
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]),
        LAB_VARIABLE: cluster.name,
        progress.VARIABLE: str(place),
        BOOTSTRAP_VARIABLE: cluster.bootstrap_servers,
        VARIABLE: spoken(),
        "JUPYTER_PLATFORM_DIRS": os.environ.get("JUPYTER_PLATFORM_DIRS", "1"),
    }
    # A session of its own: Ctrl-C ends the lab, and the lab ends Jupyter.
    with written_log(place / LOG) as log:
        return subprocess.Popen(
            command,
            cwd=place,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def written_log(path: Path) -> BinaryIO:
    """What Jupyter says goes there; where nothing can be written, nowhere."""
    try:
        return path.open("wb")
    except OSError:
        return Path(os.devnull).open("wb")


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


def announcement(url: str, page: str, is_welcome: bool, place: Path, copied: int, cluster: Any) -> str:
    """What a learner needs to know."""
    address = url.replace("/lab?", f"/lab/tree/{page}?")
    kept = "" if copied else " " + say("(your own copies, as you left them)")
    command, elsewhere = own_command(), say("(in another terminal)")
    lines = (
        (say("welcome") if is_welcome else say("lesson"), address),
        (say("notebooks"), f"{visible(str(own_place(place, spoken())))}{kept}"),
        (say("cluster"), cluster.bootstrap_servers),
        (say("inspector"), f"{command} tui --cluster {cluster.name}    {elsewhere}"),
        (say("marks"), f"{command} grade                {elsewhere}"),
        (say("stop"), "Ctrl-C"),
    )
    return "\n" + "".join(f"  {padded(word, 11)}{told}\n" for word, told in lines)


def own_command() -> str:
    """What to type for `minikafka`: in a virtual environment that isn't activated, the short name is not found."""
    if shutil.which("minikafka"):
        return "minikafka"
    beside = Path(sys.executable).with_name("minikafka")
    return shlex.join([str(beside)] if beside.exists() else [sys.executable, "-m", "minikafka.cli"])


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
