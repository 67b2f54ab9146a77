"""Draw every picture of the lessons into one page, from a simulated run: `python tools/gallery.py gallery.html`.

For reviewing: with `--shots FOLDER` it is photographed in light, in dark, and as narrow as a phone (needs Chromium).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from minikafka import Cluster
from minikafka.world.visible import in_html
from minikafka.xray import reading
from minikafka.xray.files import ReplicaPlace
from minikafka_lessons.language import speak
from minikafka_lessons.show.batches import batches
from minikafka_lessons.show.isr_strip import isr_strip
from minikafka_lessons.show.lookup import lookup
from minikafka_lessons.show.moves import moves
from minikafka_lessons.show.orders import Order, orders_html
from minikafka_lessons.show.outcomes import outcomes
from minikafka_lessons.show.reigns import reigns
from minikafka_lessons.show.shares import Share, shares_html
from minikafka_lessons.show.space_time import space_time
from minikafka_lessons.show.tape import tape_html
from minikafka_lessons.stage import traffic

THEMES = {"light": ("true", 760), "dark": ("false", 760), "phone": ("true", 375)}


def run() -> Any:
    """Three brokers, two groups; the leader dies, and a follower falls behind."""
    cluster = Cluster(brokers=3, world="simulated", seed=7, configs={"replica.lag.time.max.ms": 3000})
    cluster.create_topic("orders", partitions=3, replication_factor=3)
    return cluster


def pictures(cluster: Any) -> Iterator[tuple[str, str]]:
    """(what it is, HTML) of every picture."""
    producer = cluster.producer({"linger.ms": 5})
    for i in range(12):
        producer.produce("orders", f"order {i}".encode(), partition=0)
    producer.flush()
    readers = [
        cluster.consumer({"group.id": g, "auto.offset.reset": "earliest"}) for g in ("billing", "audit")
    ]
    for reader, count in zip(readers, (12, 5), strict=True):
        reader.subscribe(["orders"])
        got = []
        while len(got) < count:
            got += reader.consume(min(5, count - len(got)), 1.0)
        reader.commit(asynchronous=False)
    yield "tape, all well", tape_html(cluster.snapshot(), "orders")
    leader = cluster.snapshot().partition("orders", 0).leader
    follower = next(r.broker for r in cluster.snapshot().partition("orders", 0).replicas if not r.is_leader)
    cluster.partition([follower])
    for i in range(6):
        producer.produce("orders", f"more {i}".encode(), partition=0)
    cluster.run(0.2)
    yield "tape, a follower is cut off", tape_html(cluster.snapshot(), "orders")
    cluster.run(12)
    yield "tape, out of the ISR", tape_html(cluster.snapshot(), "orders")
    cluster.heal()
    cluster.run(5)
    cluster.kill(leader)
    cluster.run(15)
    for i in range(300):
        producer.produce("orders", f"many {i}".encode(), partition=0)
    producer.flush()
    yield "tape, the leader died", tape_html(cluster.snapshot(), "orders")
    yield "messages, the first page", space_time(cluster, a_page=40).html
    made = next(e.at for e in cluster.events() if e.event.kind == "RecordsAppended")
    yield "messages, a record's way", space_time(cluster, since=made - 0.003, until=made + 0.002).html
    died = next(e.at for e in cluster.events() if e.event.kind == "HostCrashed")
    yield (
        "messages, a death",
        space_time(cluster, since=died - 0.6, until=died + 10, api=["FETCH", "BROKER_HEARTBEAT"]).html,
    )
    yield "ISR", isr_strip(cluster, "orders").html
    cluster.create_topic("logs", configs={"segment.bytes": 1_048_576})
    for i in range(4000):
        producer.produce("logs", bytes(900), partition=0)
        if i % 9 == 0:
            producer.flush()
    producer.flush()
    yield "lookup", lookup(cluster, "logs", 0, 2617).html
    place = ReplicaPlace("broker-1", "logs", 0)
    line = reading.read(reading.find_offset(place, 1700), cluster.look).line
    yield "lookup of a time", lookup(cluster, "logs", time_ms=line.header.max_timestamp).html
    yield "lookup, at the start of a log", lookup(cluster, "orders", 0, 3).html
    yield "batches", gather(cluster)
    yield "outcomes", lingering(cluster)
    yield from rebalances(cluster)
    yield "loss table", loss_table()
    yield "reigns", led_in_turn()
    late = [Order(n / 2, None if n > 52 else 0.1 if n < 24 else 9.0 - n / 8, 30 < n < 38) for n in range(60)]
    yield "orders", orders_html(late, 31.0, "Orders, and how long they waited")


def led_in_turn() -> str:
    """The controllers' leader dies, and comes back."""
    with Cluster(brokers=1, controllers=3, world="simulated", seed=12, announce=False) as cluster:
        first = str(cluster.snapshot().controller)
        cluster.kill(first)
        cluster.run(8)
        cluster.restart(first)
        cluster.run(4)
        return reigns(cluster).html


def gather(cluster: Any) -> str:
    """A burst that fills batches, then a trickle that lingers."""
    producer = cluster.producer({"linger.ms": 20, "batch.size": 4000})
    begun = cluster.now
    for burst in range(4):
        for i in range(14 if burst < 2 else 3):
            producer.produce("orders", bytes(600), partition=i % 2)
        cluster.run(0.04)
    producer.flush()
    for i in range(5):
        producer.produce("orders", bytes(400), partition=i % 3)
        cluster.run(0.002)
    return batches(cluster, producer, since=begun).html


def lingering(cluster: Any) -> str:
    """Two rates with three settings each."""
    found = {}
    for every_ms in (2, 50):
        for linger in (0, 15, 35):
            with cluster.producer({"linger.ms": linger}) as producer:
                came = traffic.send(cluster, producer, "orders", traffic.steady(40, every_ms))
            found[f"every {every_ms} ms, linger.ms {linger}"] = came
    return outcomes(found).html


def rebalances(cluster: Any) -> Iterator[tuple[str, str]]:
    """A third member comes; one dies."""
    cluster.create_topic("clicks", partitions=7)

    def member(name: str, strategy: str) -> Any:
        made = cluster.consumer({"group.id": f"watch {strategy}", "client.id": name, "session.timeout.ms": 6000,
                                 "partition.assignment.strategy": strategy})  # fmt: skip
        made.subscribe(["clicks"])
        return made

    def settle(members: list[Any]) -> Any:
        for _ in range(60):
            for one in members:
                one.poll(0.1)
        return cluster.snapshot()

    for strategy in ("range", "cooperative-sticky"):
        there = [member(name, strategy) for name in ("anna", "ben")]
        before = settle(there)
        there.append(member("chris", strategy))
        after = settle(there)
        yield f"a third member, {strategy}", moves(cluster, before, after, f"watch {strategy}").html
        gone = there.pop(0)
        gone.close()
        yield f"one goes, {strategy}", moves(cluster, after, settle(there), f"watch {strategy}").html
        for one in there:
            one.close()


def loss_table() -> str:
    """As a lesson may fill it."""
    rows, columns = (
        [f"RF {rf}, acks={acks}" for rf in (1, 3) for acks in ("1", "all")],
        ["min.insync 1", "2", "3"],
    )
    counts = ((96, 96, 96), (96, 96, 96), (41, 39, 44), (3, 0, 0))
    cells = {
        (row, column): Share(count, 200, 0.48 if row.startswith("RF 1") else 0.4 if count > 9 else 0.0)
        for row, line in zip(rows, counts, strict=True)
        for column, count in zip(columns, line, strict=True)
    }
    return shares_html(
        "Runs that lost an acknowledged record", rows, columns, cells, across="min.insync.replicas"
    )


def page(drawn: list[tuple[str, str]]) -> str:
    """The whole page."""
    parts = "".join(f"<h2>{in_html(what)}</h2>{html}" for what, html in drawn)
    style = (
        "body{margin:16px auto;max-width:700px;padding:0 12px;font-family:system-ui,sans-serif;"
        "background:var(--jp-layout-color1);color:var(--jp-ui-font-color1)}h2{font-size:13px;margin:26px 0 8px;"
        "opacity:.6;font-weight:500}"
        '[data-jp-theme-light="true"]{--jp-layout-color1:#fff;--jp-layout-color2:#eee;'
        "--jp-ui-font-color1:rgba(0,0,0,.87);--jp-ui-font-color2:rgba(0,0,0,.54);--jp-border-color1:#bdbdbd;"
        "--jp-border-color2:#e0e0e0}"
        '[data-jp-theme-light="false"]{--jp-layout-color1:#111;--jp-layout-color2:#424242;'
        "--jp-ui-font-color1:#fff;--jp-ui-font-color2:rgba(255,255,255,.7);--jp-border-color1:#616161;"
        "--jp-border-color2:#424242}"
    )
    head = '<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Pictures</title>'
    return f'<!doctype html>{head}<style>{style}</style><body data-jp-theme-light="true">{parts}</body>'


def photograph(file: Path, folder: Path) -> None:
    """The page in each theme."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
        )
        for name, (light, width) in THEMES.items():
            page = browser.new_page(viewport={"width": width, "height": 900}, device_scale_factor=1.3)
            page.on("pageerror", lambda error: print(f"error in the page: {error}"))
            page.goto(f"file://{file.resolve()}")
            page.evaluate(f"document.body.dataset.jpThemeLight = '{light}'")
            height = page.evaluate("document.documentElement.scrollHeight")
            page.set_viewport_size({"width": width, "height": height})
            page.screenshot(path=str(folder / f"gallery-{name}.png"), full_page=True)
        browser.close()


def main() -> None:
    """Everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, nargs="?", default=Path("gallery.html"))
    parser.add_argument("--shots", type=Path)
    parser.add_argument("--language", default="en")
    arguments = parser.parse_args()
    speak(arguments.language)
    with run() as cluster:
        arguments.file.write_text(page(list(pictures(cluster))), encoding="utf-8")
    if arguments.shots is not None:
        arguments.shots.mkdir(parents=True, exist_ok=True)
        photograph(arguments.file, arguments.shots)


if __name__ == "__main__":
    main()
