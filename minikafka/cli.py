"""The command line: `minikafka up | lab | tui | grade | dump-log | adopt | bench`.

Rule: a mistake is one sentence on stderr and a status that is not 0; nothing heavy is imported before the
command that needs it runs.
"""

from __future__ import annotations

import signal
import sys
import threading  # noqa: TID251 - to wait for Ctrl-C where there is no sigwait
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from minikafka.cluster import Cluster

END_SIGNALS = (signal.SIGTERM, signal.SIGINT)

app = typer.Typer(
    name="minikafka",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="A whole Kafka cluster in one Python process, which you can stop, step, break and look inside.",
)

Data = Annotated[
    Path | None, typer.Option(help="Directory for the data; kept. Default: a temporary one that is removed.")
]


def fail(sentence: str) -> typer.Exit:
    """Say what is wrong; the status is 1."""
    typer.echo(f"minikafka: {sentence}", err=True)
    return typer.Exit(1)


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
    """A whole Kafka cluster in one Python process, which you can stop, step, break and look inside."""


def open_cluster(**options: Any) -> Cluster:
    """A `Cluster`; every reason why it can't start is one sentence, and every setting without effect another."""
    from minikafka.cluster import Cluster, ConfigWarning
    from minikafka.world import DiskLocked

    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", ConfigWarning)
            cluster = Cluster(**options)
        for warning in caught:
            say(str(warning.message))
        return cluster
    except DiskLocked as problem:
        raise fail(f"The data directory is in use by another process ({problem}).") from None
    except ValueError as problem:
        raise fail(str(problem)) from None
    except OSError as problem:
        raise fail(why_os_error(problem, options)) from None
    except TimeoutError:
        raise fail("The brokers did not come up in time; is this machine very busy?") from None


def why_os_error(problem: OSError, options: dict[str, Any]) -> str:
    """One sentence for what the operating system refused."""
    import errno

    if problem.errno == errno.EADDRINUSE:
        port, brokers = options.get("port", 0), options.get("brokers", 1)
        return (
            f"A port from {port} to {port + brokers - 1} is in use; choose another with --port, "
            "or 0 for free ones."
        )
    if problem.errno in (errno.EEXIST, errno.ENOTDIR):
        return f"{options.get('data')} is not a directory."
    if problem.errno in (errno.EACCES, errno.EPERM) and options.get("data") is None:
        return f"Port {options.get('port')} may not be used: {problem.strerror}."
    return str(problem)


def say_low_limit() -> None:
    """How many files this process may open, where that will be felt."""
    from minikafka.world.open_file_limit import low_limit_sentence, raise_limit

    raise_limit()
    sentence = low_limit_sentence()
    if sentence is not None:
        typer.echo(f"minikafka: {sentence}", err=True)


def parse_settings(pairs: list[str]) -> dict[str, str]:
    """`KEY=VALUE` pairs. Raises typer.Exit with one sentence."""
    settings = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise fail(f"--set takes KEY=VALUE, not {pair!r}.")
        settings[key] = value
    return settings


def listener_settings(listen: str, advertise: str, port: int) -> dict[str, str]:
    """`--listen` and `--advertise` as Kafka's settings; port 0 is a free one, or the one listened on."""
    from minikafka.broker.listeners import ADVERTISED, LISTENERS, PLAINTEXT, url

    settings = {}
    if listen:
        settings[LISTENERS] = url(PLAINTEXT, listen, port)
    if advertise:
        settings[ADVERTISED] = url(PLAINTEXT, advertise, 0)
    return settings


def block_end_signals() -> None:
    """Hold SIGTERM and SIGINT back: they are taken by `wait_for_end`, and must not cut a start or a stop short."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, END_SIGNALS)


def wait_for_end() -> None:
    """Return at SIGTERM or SIGINT (Ctrl-C)."""
    if hasattr(signal, "sigwait"):
        signal.sigwait(END_SIGNALS)
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    never = threading.Event()
    try:  # Windows has no sigwait, and lets Ctrl-C through only between two waits
        while not never.wait(0.2):
            pass
    except KeyboardInterrupt:
        pass


def say(sentence: str) -> None:
    """One line on stderr."""
    typer.echo(f"minikafka: {sentence}", err=True)


@app.command()
def up(
    brokers: Annotated[int, typer.Option(min=1, max=100, help="How many brokers.")] = 3,
    port: Annotated[
        int,
        typer.Option(min=0, max=65_000, help="Port of the first broker; the others follow. 0: free ones."),
    ] = 0,
    listen: Annotated[
        str, typer.Option(metavar="HOST", help="Address to listen on; 0.0.0.0 for all. Default: 127.0.0.1.")
    ] = "",
    advertise: Annotated[
        str, typer.Option(metavar="HOST", help="Name or address that clients are told to connect to.")
    ] = "",
    data: Data = None,
    name: Annotated[
        str | None, typer.Option(help="Name of the cluster, for `minikafka tui --cluster`.")
    ] = None,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="A broker setting; may be repeated."),
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print addresses and ids as one line of JSON.")
    ] = False,
) -> None:
    """Run a cluster that any Kafka client can use, until Ctrl-C or SIGTERM."""
    import msgspec

    from minikafka.cluster import AnsweredFailure, BackgroundFailure
    from minikafka.cluster.telling import tell

    settings = parse_settings(set_ or []) | listener_settings(listen, advertise, port)
    block_end_signals()
    say_low_limit()
    cluster = open_cluster(brokers=brokers, port=port, data=data, name=name, configs=settings)
    tell(cluster, say)
    if json:
        about = {
            "name": cluster.name,
            "cluster_id": cluster.cluster_id,
            "bootstrap_servers": cluster.bootstrap_servers,
            "controllers": cluster.controllers,
        }
        typer.echo(msgspec.json.encode(about).decode())
    else:
        typer.echo(cluster.bootstrap_servers)
        count = "1 broker" if brokers == 1 else f"{brokers} brokers"
        typer.echo(
            f"minikafka: {cluster.name} is up ({count}); watch it with `minikafka tui`; Ctrl-C ends it",
            err=True,
        )
    if cluster.opened:
        say(
            f"Brokers listen on {', '.join(cluster.opened)}: everybody who reaches this machine can read and write."
        )
    sys.stdout.flush()
    wait_for_end()
    gone = cluster.problems
    try:
        cluster.close()
    except AnsweredFailure:
        pass  # said when it happened, and harmed nobody but the client that was told
    except BackgroundFailure as failure:
        if not gone:
            raise fail(f"Something failed inside while the cluster ran: {failure}") from None
    if gone:
        raise fail(f"It ends without {' and '.join(sorted(gone))}; why was said above.")


@app.command()
def lab(
    lesson: Annotated[int, typer.Argument(min=1, help="The lesson to open.")] = 1,
    port: Annotated[int, typer.Option(help="Port of JupyterLab; the next free one if taken.")] = 8888,
    directory: Annotated[
        Path | None, typer.Option(help="Where your copies of the notebooks live. Default: ./minikafka-lab")
    ] = None,
    browser: Annotated[bool, typer.Option(help="Open a browser.")] = True,
    brokers: Annotated[int, typer.Option(min=1, max=100, help="Brokers of the live cluster.")] = 3,
) -> None:
    """JupyterLab on a lesson, with a live cluster beside it."""
    try:
        from minikafka_lessons.lab import open_lab
    except ImportError as problem:
        raise fail(f"The lab needs more packages: pip install 'minikafka[lab]' ({problem}).") from None
    say_low_limit()
    status = open_lab(
        lesson=lesson, port=port, directory=directory, browser=browser, brokers=brokers, fail=fail
    )
    raise typer.Exit(status)


@app.command()
def tui(
    cluster: Annotated[str | None, typer.Option(help="Name of a running minikafka cluster.")] = None,
    bootstrap_server: Annotated[
        str | None, typer.Option("--bootstrap-server", metavar="HOST:PORT", help="Any Kafka cluster instead.")
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="No kill, no restart, no commands.")] = False,
    filter: Annotated[str, typer.Option(help="Start with this filter.")] = "",
    once: Annotated[bool, typer.Option("--once", help="Print one picture and end.")] = False,
    json: Annotated[bool, typer.Option("--json", help="With --once: as JSON.")] = False,
) -> None:
    """The inspector: brokers, topics, partitions, segments, groups and LAG, live."""
    from minikafka_tui.main import run_tui

    raise typer.Exit(
        run_tui(
            cluster=cluster,
            bootstrap_server=bootstrap_server,
            read_only=read_only,
            filter_text=filter,
            once=once,
            as_json=json,
        )
    )


@app.command()
def grade(
    notebooks: Annotated[
        list[Path] | None, typer.Argument(help="Notebooks (or .py files) with your answers.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the marks as JSON.")] = False,
) -> None:
    """Grade the exercises of lessons; the status is 0 only for full marks."""
    try:
        from minikafka_lessons.grade import grade_files
    except ImportError as problem:
        raise fail(f"Grading needs more packages: pip install 'minikafka[lab]' ({problem}).") from None
    raise typer.Exit(grade_files(notebooks or [], as_json=json, fail=fail))


@app.command("dump-log")
def dump_log(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH…", help="Files, partition or data directories.")
    ],
    deep: Annotated[bool, typer.Option("--deep", help="Records too, not only batches.")] = False,
    print_data: Annotated[
        bool, typer.Option("--print-data", help="Records with keys, values and headers.")
    ] = False,
    hex: Annotated[bool, typer.Option("--hex", help="Every byte, with its field's name and value.")] = False,
    json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    verify: Annotated[
        bool, typer.Option("--verify", help="Say what is wrong and at which byte; the status is 1 then.")
    ] = False,
) -> None:
    """What stands in the files of a data directory, ours or Kafka's; nothing is changed."""
    from minikafka.dump.command import Wanted, run_dump

    if hex and (json or verify):
        raise fail("--hex goes with neither --json nor --verify.")
    raise typer.Exit(run_dump(paths, Wanted(deep, print_data, hex, json, verify)))


@app.command()
def adopt(
    directories: Annotated[
        list[Path],
        typer.Argument(
            metavar="REAL_DIR…",
            help="Data directories of one stopped Kafka cluster, or folders with several in them: its brokers', its "
            "controller's (KRaft), its ZooKeeper's.",
        ),
    ],
    data: Annotated[
        Path, typer.Option(help="New directory for the data of the cluster that gets all of it.")
    ],
    topics: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAMES", help="Only these: names or globs, separated by commas; may be repeated."
        ),
    ] = None,
    keep_retention: Annotated[
        bool,
        typer.Option(
            "--keep-retention",
            help="Keep the topics' own retention and compaction: old records may go at the first start.",
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print what was taken and left as JSON.")] = False,
) -> None:
    """Copy a real Kafka's data into a cluster of ours, which `minikafka up --data DIR` then runs.

    KRaft or ZooKeeper, any release from 0.8 on. REAL_DIR is only read. Taken are topics with their ids and settings
    (from the metadata log or ZooKeeper's directory; without either, what folders tell), every record at its offset,
    and committed offsets. Of several replicas the most complete one counts. What is left behind is said.
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


bench_app = typer.Typer(
    name="bench",
    invoke_without_command=True,
    help="Measure this cluster through raw sockets, against the bare limits of this machine.",
)
app.add_typer(bench_app)


@bench_app.callback()
def bench(
    context: typer.Context,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each measurement runs.")] = 2.0,
) -> None:
    """Measure this cluster through raw sockets, against the bare limits of this machine."""
    if context.invoked_subcommand is None:
        from minikafka.bench.cluster import run_bench

        run_bench(seconds)


@bench_app.command("storage")
def bench_storage(
    size: Annotated[
        str, typer.Option(metavar="SIZE", help="Of the log whose writing, reading and compaction is watched.")
    ] = "512MB",
    recovery_size: Annotated[
        str, typer.Option(metavar="SIZE", help="Of the log that crashes and is opened again.")
    ] = "512MB",
    volume: Annotated[
        str, typer.Option(metavar="SIZE", help="What a round of the throughput's measurement writes.")
    ] = "128MB",
    rounds: Annotated[int, typer.Option(min=1, max=100, help="Of each throughput; one more warms up.")] = 5,
    data: Annotated[
        Path | None,
        typer.Option(help="A directory on the disk to measure. Default: that of temporary files."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one line of JSON at the end.")] = False,
) -> None:
    """Measure a log on this disk against bare write() and read() loops; its memory, and its recovery from a crash."""
    from minikafka.bench.storage import TooLittleSpace, Wanted, parse_size, run_storage

    try:
        wanted = Wanted(parse_size(volume), rounds, parse_size(size), parse_size(recovery_size))
        run_storage(wanted, data, as_json=json)
    except (ValueError, TooLittleSpace) as problem:
        raise fail(str(problem)) from None
    except OSError as problem:
        raise fail(f"The disk doesn't let us: {problem}.") from None
    except KeyboardInterrupt:
        raise fail("Interrupted; its files have been removed.") from None


def main() -> None:
    """Entry point of the `minikafka` command."""
    app()


if __name__ == "__main__":
    main()
