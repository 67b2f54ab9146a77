"""The command line: `minikafka up | do | lab | tui | grade | dump-log | adopt | explore | bench`.

Rule: a mistake is one sentence on stderr and a status that is not 0; nothing heavy is imported before the
command that needs it runs.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

try:
    import typer
    import typer.core
except KeyboardInterrupt:  # it takes a moment, in which somebody may change their mind
    raise SystemExit(130) from None
except ModuleNotFoundError as missing:
    if missing.name != "typer":
        raise
    sys.exit(
        "minikafka: The command needs one more package: pip install 'minikafka[cli]' (or [tui], [lab], [all])."
    )

from minikafka.bench import command as bench
from minikafka.terminal import fail, forget_closed_stdout, needs, open_standard_files, say, write_any_text


class Commands(typer.core.TyperGroup):
    """What is wrong with a command line is told in visible letters."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        with visible_mistakes():
            return super().make_context(*args, **options)

    def invoke(self, ctx: Any) -> Any:
        with visible_mistakes():
            return super().invoke(ctx)


@contextmanager
def visible_mistakes() -> Iterator[None]:
    """Click's exceptions quote what was typed. (Typer brings a Click of its own, or takes the one that is there.)"""
    try:
        yield
    except Exception as mistake:
        said: Any = mistake
        if hasattr(said, "format_message") and isinstance(getattr(said, "message", None), str):
            from minikafka.world.visible import visible

            said.message = visible(said.message)
        raise


app = typer.Typer(
    name="minikafka",
    cls=Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A whole Kafka cluster in one Python process, which you can stop, step, break, rewind and look inside.",
)


def directory(text: str) -> Path:
    """An empty text, as of a variable that isn't set, would mean this very directory."""
    if not text.strip():
        raise typer.BadParameter("it is empty")
    return Path(text)


Data = Annotated[
    Path | None,
    typer.Option(
        parser=directory,
        metavar="DIRECTORY",
        help="Directory for the data, which is kept. Default: a temporary one, removed at the end.",
    ),
]


def version(wanted: bool) -> None:
    """`--version`."""
    if wanted:
        from minikafka import __version__

        typer.echo(f"minikafka {__version__}")
        raise typer.Exit()


@app.callback()
def main_options(
    version: Annotated[
        bool, typer.Option("--version", callback=version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A whole Kafka cluster in one Python process, which you can stop, step, break, rewind and look inside."""


def say_low_limit() -> None:
    """How many files this process may open, where that will be felt."""
    from minikafka.world.open_file_limit import low_limit_sentence, raise_limit

    raise_limit()
    sentence = low_limit_sentence()
    if sentence is not None:
        say(sentence)


@app.command()
def up(
    brokers: Annotated[
        int | None,
        typer.Option(min=1, max=100, help="How many brokers to run. Default: all that have data, else 3."),
    ] = None,
    controllers: Annotated[
        int | None,
        typer.Option(
            min=1, max=9, help="How many controllers form the quorum. Default: all that have data, else 1."
        ),
    ] = None,
    fewer_brokers: Annotated[
        bool, typer.Option("--fewer-brokers", help="Start even if more brokers than these have data there.")
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65_000, help="Port of the first broker; the others use the next ones. 0: free ports."
        ),
    ] = 0,
    listen: Annotated[
        str,
        typer.Option(
            metavar="HOST[:PORT]", help="Address to listen on; 0.0.0.0 means all. Default: 127.0.0.1."
        ),
    ] = "",
    advertise: Annotated[
        str, typer.Option(metavar="HOST[:PORT]", help="Name or address that clients are told to connect to.")
    ] = "",
    racks: Annotated[
        str,
        typer.Option(metavar="RACK,RACK", help="The racks that the brokers are in, over and over in turn."),
    ] = "",
    data: Data = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the cluster, for `minikafka tui --cluster`.")
    ] = None,
    processes: Annotated[
        bool, typer.Option("--processes", help="Run each node as a process, which signals can stop and kill.")
    ] = False,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A broker setting; may be repeated."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print addresses and ids as one line of JSON.")
    ] = False,
) -> None:
    """Run a cluster that any Kafka client can use, until Ctrl-C or SIGTERM."""
    from minikafka.cluster.command import Up, run_up

    say_low_limit()
    wanted = Up(
        brokers, fewer_brokers, port, listen, advertise, data, name, set_ or [], json, controllers, racks
    )
    if processes:
        from minikafka.processes.command import run_processes

        raise typer.Exit(run_processes(wanted, say))
    raise typer.Exit(run_up(wanted, say))


@app.command("do")
def do_command(
    command: Annotated[
        list[str], typer.Argument(metavar="COMMAND…", help="As the inspector takes it: kill broker-2.")
    ],
    cluster: Annotated[str | None, typer.Option(help="Name of a running minikafka cluster.")] = None,
) -> None:
    """Do something to a running cluster: kill, restart, stop, suspend or wake a host, cut the network, …

    `minikafka do help` lists all commands.
    """
    from minikafka.xray.command import run_do

    raise typer.Exit(run_do(command, cluster, say))


@app.command()
def lab(
    lesson: Annotated[
        int | None, typer.Argument(min=0, help="The lesson to open. Default: the welcome page.")
    ] = None,
    port: Annotated[int, typer.Option(help="Port of JupyterLab; if it is taken, the next free one.")] = 8888,
    directory: Annotated[
        Path | None, typer.Option(help="Where your copies of the notebooks live. Default: ./minikafka-lab")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    brokers: Annotated[int, typer.Option(min=1, max=100, help="Brokers of the live cluster.")] = 3,
    language: Annotated[
        str | None,
        typer.Option(help="Of the lessons: en, ko. Default: your terminal's ($LANG), else en."),
    ] = None,
    reset: Annotated[
        int | None,
        typer.Option(
            min=0,
            metavar="LESSON",
            help="Open nothing: put a fresh notebook of this lesson in the place of yours, which is kept as a copy.",
        ),
    ] = None,
) -> None:
    """Open JupyterLab on the welcome page or a lesson, with a live cluster beside it."""
    with needs("lab", "The lab"):
        from minikafka_lessons.lab import open_lab, reset_lesson
    if reset is not None:
        print(*reset_lesson(reset, directory, fail, language), sep="\n")
        raise typer.Exit()
    say_low_limit()
    status = open_lab(
        lesson=lesson,
        port=port,
        directory=directory,
        browser=browser,
        brokers=brokers,
        fail=fail,
        language=language,
    )
    raise typer.Exit(status)


@app.command()
def tui(
    cluster: Annotated[str | None, typer.Option(help="Name of a running minikafka cluster.")] = None,
    bootstrap_server: Annotated[
        str | None,
        typer.Option("--bootstrap-server", metavar="HOST:PORT", help="Inspect any Kafka cluster instead."),
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Look only: no commands.")] = False,
    filter: Annotated[str, typer.Option(help="Start with this filter set.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Print one picture as text and exit.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --once: print JSON.")] = False,
) -> None:
    """Open the inspector: brokers, topics, partitions, segments, groups and LAG, live."""
    with needs("tui", "The inspector"):
        from minikafka_tui.main import run_tui

        status = run_tui(
            cluster=cluster,
            bootstrap_server=bootstrap_server,
            read_only=read_only,
            filter_text=filter,
            once=once,
            as_json=json,
        )
    raise typer.Exit(status)


@app.command()
def grade(
    notebooks: Annotated[
        list[Path] | None, typer.Argument(help="Notebooks (or .py files) with your answers.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the marks as JSON.")] = False,
    language: Annotated[
        str | None, typer.Option(help="Of the report: en, ko. Default: that of each notebook.")
    ] = None,
) -> None:
    """Grade the exercises in lesson notebooks; the exit status is 0 only for full marks."""
    with needs("lab", "Grading"):
        from minikafka_lessons.grade import grade_files

        status = grade_files(notebooks or [], as_json=json, fail=fail, language=language)
    raise typer.Exit(status)


@app.command("dump-log")
def dump_log(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Files, partition directories or data directories.")
    ],
    deep: Annotated[bool, typer.Option("--deep", help="Show records too, not only batches.")] = False,
    print_data: Annotated[
        bool, typer.Option("--print-data", help="Show records with keys, values and headers.")
    ] = False,
    hex: Annotated[
        bool, typer.Option("--hex", help="Show every byte, with its field's name and value.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Check the files: say what is wrong and at which byte, and exit with 1."
        ),
    ] = False,
) -> None:
    """Show what is in the files of a data directory, ours or Kafka's; nothing is changed."""
    from minikafka.dump.command import Wanted, run_dump

    if hex and (json or verify):
        raise fail("--hex can't be combined with --json or --verify.")
    raise typer.Exit(run_dump(paths, Wanted(deep, print_data, hex, json, verify)))


@app.command()
def adopt(
    directories: Annotated[
        list[Path],
        typer.Argument(
            metavar="REAL_DIR…",
            help="Data directories of one stopped Kafka cluster (of its brokers, its KRaft controller, its ZooKeeper), "
            "or folders that hold several of them.",
        ),
    ],
    data: Annotated[Path, typer.Option(help="New directory for the new cluster's data.")],
    topics: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES",
            help="Take only these topics: names or globs, separated by commas; may be repeated.",
        ),
    ] = None,
    keep_retention: Annotated[
        bool,
        typer.Option(
            "--keep-retention",
            help="Keep the topics' own retention and compaction: old records may be deleted at the first start.",
        ),
    ] = False,
    json: Annotated[
        bool, typer.Option("--json", help="Print what was taken and left behind, as JSON.")
    ] = False,
) -> None:
    """Copy a real Kafka's data into a minikafka cluster, which `minikafka up --data DIR` then runs.

    KRaft or ZooKeeper, any release from 0.8 on. REAL_DIR is only read. Topics come with their ids and settings
    (from the metadata log or ZooKeeper's directory; without either, what folder names tell), every record at its
    offset, and committed offsets. Of several replicas the most complete one is taken. What is left behind is listed.
    """
    from minikafka.adopt.command import NotAdopted, Wishes, run_adopt

    wanted = tuple(name.strip() for names in topics or [] for name in names.split(",") if name.strip())
    try:
        status = run_adopt(directories, data, Wishes(wanted, keep_retention), as_json=json)
    except NotAdopted as problem:
        raise fail(str(problem)) from None
    except OSError as problem:
        where = f"{problem.filename}: " if problem.filename else ""
        raise fail(f"{where}{problem.strerror or problem}; nothing was adopted.") from None
    except KeyboardInterrupt:
        raise fail("Interrupted; nothing was adopted.") from None
    raise typer.Exit(status)


@app.command()
def explore(
    seeds: Annotated[int, typer.Option(min=1, help="How many runs; each has a seed of its own.")] = 100,
    first_seed: Annotated[int, typer.Option("--first-seed", min=0, help="The first seed.")] = 1,
    faults: Annotated[
        str,
        typer.Option(
            metavar="KINDS",
            help="all, none, or some of: kill, power, stop, suspend, cut, cut-one-way, loss, slow, clock, disk-full, "
            "disk-fails, disk-slow, voters, move (partitions), scale (brokers come and go), reorder, separated by "
            "commas.",
        ),
    ] = "all",
    brokers: Annotated[
        int | None,
        typer.Option(min=3, max=20, help="How many brokers each cluster has. Default: 3 to 5, by the seed."),
    ] = None,
    controllers: Annotated[
        int | None,
        typer.Option(
            min=1, max=9, help="How many controllers each cluster has. Default: 1, 3 or 5, by the seed."
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=1, help="Virtual seconds under faults; then everything is repaired.")
    ] = 30.0,
    jobs: Annotated[int, typer.Option(min=0, help="Processes at a time. 0: one for each core.")] = 0,
    shrink: Annotated[
        int,
        typer.Option(
            min=0, help="Of how many different things that broke the first seed is shrunk and kept."
        ),
    ] = 5,
    keep: Annotated[
        Path | None,
        typer.Option(
            parser=directory,
            metavar="DIRECTORY",
            help="Where what broke is kept. Default: ./minikafka-broken",
        ),
    ] = None,
) -> None:
    """Look for what breaks a cluster: random workloads and faults in virtual time, one run for each seed.

    After each round of a run every invariant is checked; what clients wrote and read is checked for anomalies (lost
    write, duplicate, order broken …). At the end everything is repaired, and the cluster must work again. A seed that
    breaks is shrunk to the fewest commands that break it, and kept: a run file, a notebook that opens it, and a test.

    Exit status: 0 everything held; 3 safety broken (an invariant or an anomaly); 4 liveness broken (a repaired cluster
    did not go on); 5 a crash (something raised what nobody caught); of several, the smallest. 130: interrupted, and
    nothing had broken. 1 and 2: wrong arguments.
    """
    from minikafka.explore.command import Search, run_explore

    try:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        kept = keep or Path("minikafka-broken")
        at_once = min(jobs or cores, seeds)
        search = Search(seeds, first_seed, brokers, controllers, seconds, faults, at_once, shrink, kept)
        status = run_explore(search)
    except ValueError as problem:
        raise fail(str(problem)) from None
    raise typer.Exit(status)


app.add_typer(bench.app)


def main() -> None:
    """Entry point of the `minikafka` command."""
    open_standard_files()
    write_any_text()
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:
        from minikafka.world import unforeseen

        say(f"It failed unexpectedly: {unforeseen(error)}.")
        sys.exit(1)
    finally:
        forget_closed_stdout()


if __name__ == "__main__":
    main()
