"""The command `minikafka bench`, and what it measures by name: storage, partitions, pictures, clients.

Rule: a mistake is one sentence; nothing that measures is imported before it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from minikafka.terminal import fail

app = typer.Typer(
    name="bench",
    invoke_without_command=True,
    help="Measure a cluster through raw sockets, against the bare limits of this machine.",
)

Rounds = Annotated[int, typer.Option(min=1, max=100, help="How often each is measured, after a warm-up.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one line of JSON at the end.")]
FirstPort = Annotated[int, typer.Option(help="The first port.")]
MeasuredDisk = Annotated[
    Path | None,
    typer.Option(help="A directory on the disk to measure. Default: the one for temporary files."),
]


@contextmanager
def one_sentence(measured: str = "It") -> Iterator[None]:
    """What goes wrong while something is measured, in a sentence that names it."""
    try:
        yield
    except ValueError as problem:
        raise fail(str(problem)) from None
    except TimeoutError as problem:
        raise fail(f"It takes too long. {problem}") from None
    except OSError as problem:
        raise fail(f"{measured} can't be measured: {problem}") from None
    except KeyboardInterrupt:
        raise fail("Interrupted; its files have been removed.") from None


@app.callback()
def bench(
    context: typer.Context,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long each measurement runs.")] = 2.0,
    rounds: Rounds = 3,
    against: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[NAME=]HOST:PORT[@PID,…]",
            help="Another Kafka to measure in the same run; its processor time is that of these processes and their "
            "children. May be repeated.",
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure a cluster through raw sockets, against the bare limits of this machine and other Kafkas."""
    if context.invoked_subcommand is not None:
        return
    from minikafka.bench.cluster import run_bench
    from minikafka.bench.servers import parse_against

    with one_sentence():
        run_bench(seconds, rounds, [parse_against(text) for text in against or ()], as_json=json)


@app.command("storage")
def storage(
    size: Annotated[
        str,
        typer.Option(
            metavar="SIZE", help="Size of the log that is written, read and compacted to measure memory."
        ),
    ] = "512MB",
    recovery_size: Annotated[
        str, typer.Option(metavar="SIZE", help="Size of the log that is opened again after a crash.")
    ] = "512MB",
    volume: Annotated[
        str, typer.Option(metavar="SIZE", help="How much one round of the throughput measurement writes.")
    ] = "128MB",
    rounds: Rounds = 5,
    data: MeasuredDisk = None,
    json: AsJson = False,
) -> None:
    """Measure a log on this disk against bare write() and read() loops; its memory, and its recovery from a crash."""
    from minikafka.bench.storage import Wanted, parse_size, run_storage

    with one_sentence("The disk"):
        wanted = Wanted(parse_size(volume), rounds, parse_size(size), parse_size(recovery_size))
        run_storage(wanted, data, as_json=json)


@app.command("partitions")
def partitions(
    replicated: Annotated[
        int, typer.Option(min=0, help="Partitions on three brokers, three to a topic.")
    ] = 3000,
    single: Annotated[
        int, typer.Option(min=0, help="Partitions on one broker, up to 1,000 to a topic.")
    ] = 10_000,
    pause: Annotated[
        float, typer.Option(min=0, help="For how many seconds the whole cluster is paused.")
    ] = 40.0,
    idle: Annotated[
        float, typer.Option(min=0.5, help="For how many seconds the idle cluster is measured.")
    ] = 20.0,
    neighbours: Annotated[int, typer.Option(min=0, help="How many busy processes run beside it.")] = 0,
    port: FirstPort = 24900,
    data: MeasuredDisk = None,
    json: AsJson = False,
) -> None:
    """Create, pause, restart and delete thousands of partitions; beside a real Kafka if REAL_KAFKA names one."""
    from minikafka.bench.partitions import Wanted, run_partitions

    wanted = [Wanted(3, max(1, replicated // 3), 3)] if replicated else []
    wanted += [Wanted(1, max(1, single // 1000), min(single, 1000))] if single else []
    with one_sentence():
        run_partitions(
            wanted, port=port, pause_s=pause, idle_s=idle, neighbours=neighbours, data=data, as_json=json
        )


@app.command("pictures")
def pictures(
    topics: Annotated[int, typer.Option(min=1, help="Of three partitions each, on three brokers.")] = 1000,
    rate: Annotated[
        list[int] | None,
        typer.Option(
            help="Records a second; 0: none, -1: as many as it takes. May be repeated. [0, 300, 2000]"
        ),
    ] = None,
    viewers: Annotated[
        list[int] | None, typer.Option(min=0, max=60, help="Who look on. May be repeated. [0, 1, 4]")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.5, help="How long each measurement runs.")] = 10.0,
    port: FirstPort = 24900,
    data: Annotated[
        Path | None,
        typer.Option(help="A directory for the cluster's files. Default: that of temporary files."),
    ] = None,
    json: AsJson = False,
) -> None:
    """What those who watch a big, busy cluster get, and what looking costs those who don't look."""
    from minikafka.bench.partitions import Wanted
    from minikafka.bench.pictures import run_pictures

    rates, counts = rate or [0, 300, 2000], viewers or [0, 1, 4]
    with one_sentence():
        run_pictures(
            Wanted(3, topics, 3),
            rates=rates,
            viewers=counts,
            seconds=seconds,
            port=port,
            data=data,
            as_json=json,
        )


@app.command("clients")
def clients(
    records: Annotated[
        int, typer.Option(min=1, help="How many of 100 B a round sends; of 1 KiB, a quarter as many.")
    ] = 100_000,
    rounds: Rounds = 5,
    version: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=DIRECTORY",
            help="Measure another version's clients too, from its source in DIRECTORY. May be repeated.",
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Measure the processor time a record costs our Producer and Consumer, beside confluent_kafka's if installed."""
    from minikafka.bench.clients import parse_version, run_clients

    with one_sentence():
        run_clients(records, rounds, [parse_version(text) for text in version or ()], as_json=json)


@app.command("virtual")
def virtual(
    seconds: Annotated[float, typer.Option(min=1, help="Virtual seconds of an idle cluster.")] = 120.0,
    seeds: Annotated[int, typer.Option(min=1, help="Runs of `minikafka explore`.")] = 10,
    rounds: Rounds = 3,
    json: AsJson = False,
) -> None:
    """How many virtual seconds a simulated cluster lives in one second of processor time: idle, and explored."""
    from minikafka.bench.virtual import run_virtual

    with one_sentence():
        run_virtual(seconds, seeds, rounds, as_json=json)
