"""How `minikafka tui` starts the inspector, and what it prints when it can't or needn't."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping

from minikafka.world.reasons import reason_of
from minikafka.world.visible import cells, padded, visible, visible_name
from minikafka.xray.client import SocketFeed
from minikafka.xray.discovery import NoCluster, find_cluster
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.source import Feed
from minikafka.xray.trouble import to_json, troubles
from minikafka_tui import format

LEAST_NAME_CELLS, MOST_NAME_CELLS = 32, 80
"""Longer names are cut in a table of text; `--json` has them whole."""


def run_tui(
    *,
    cluster: str | None = None,
    bootstrap_server: str | None = None,
    read_only: bool = False,
    filter_text: str = "",
    once: bool = False,
    as_json: bool = False,
) -> int:
    """Show a cluster; the exit status. With `once` print one picture (as JSON for programs) and end."""
    try:
        feed = find_feed(cluster, bootstrap_server)
        if once or as_json:
            return _print_once(feed, as_json)
    except BrokenPipeError:
        return 1  # whoever read our output has seen enough
    except (NoCluster, OSError, ValueError) as error:
        print(f"{visible(reason_of(error))}.", file=sys.stderr)
        return 1
    why = why_no_screen(os.environ)
    if why is not None:
        print(why, file=sys.stderr)
        return 1
    from minikafka_tui.app import InspectorApp

    app = InspectorApp(feed, read_only=read_only, filter_text=filter_text)
    app.run()
    return app.return_code or 0


def why_no_screen(environment: Mapping[str, str]) -> str | None:
    """Why nothing can be drawn here, in one sentence. A driver that is named (textual-serve's, for a browser)
    needs no terminal."""
    if environment.get("TEXTUAL_DRIVER"):
        return None
    # Textual draws on standard error, so that standard output stays free for pipes.
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return "The inspector needs a terminal. For programs: minikafka tui --once --json"
    if environment.get("TERM") in ("dumb", "unknown"):
        return f"A terminal with TERM={environment['TERM']} can't show the inspector. As text: minikafka tui --once"
    return None


def find_feed(cluster: str | None, bootstrap_server: str | None) -> Feed:
    """The cluster of this name, the Kafka at this address, or the newest cluster that runs here."""
    if bootstrap_server is not None:
        if cluster is not None:
            raise ValueError("Give either --cluster or --bootstrap-server, not both.")
        from minikafka.xray.remote import RemoteFeed

        return RemoteFeed(bootstrap_server)
    return SocketFeed(find_cluster(cluster))


def _print_once(feed: Feed, as_json: bool) -> int:
    async def ask() -> Snapshot:
        try:
            return await feed.once()
        finally:
            await feed.close()

    snapshot = asyncio.run(ask())
    if as_json:
        sys.stdout.buffer.write(to_json(snapshot) + b"\n")
    else:
        print(summary(snapshot))
    return 0


def summary(snapshot: Snapshot) -> str:
    """The picture as plain text: what is wrong, brokers, topics, groups with LAG."""
    controller = visible_name(snapshot.controller or format.UNKNOWN)
    lines = [f"{visible_name(snapshot.name)} ({snapshot.world})  controller {controller}"]
    lines += [f"{'✗' if trouble.broken else '!'} {visible(trouble.text)}" for trouble in troubles(snapshot)]
    for broker in snapshot.brokers:
        leaders = format.number(broker.leaders)
        where = visible(f"{broker.host}:{broker.port}")
        lines.append(f"  {padded(broker.name, 12)} {padded(broker.state, 10)} {where}  leaders {leaders}")
    topics = [visible_name(topic.name) for topic in snapshot.topics]
    groups = [visible_name(group.id) for group in snapshot.groups or ()]
    width = min(max([LEAST_NAME_CELLS, *map(cells, topics), *map(cells, groups)]), MOST_NAME_CELLS)
    lines.append(f"{'TOPIC':<{width}} {'PARTITIONS':>10} {'OFFLINE':>8} {'UNDER-REPL':>10} {'RECORDS':>14}")
    for topic, name in zip(snapshot.topics, topics, strict=True):
        lines.append(
            f"{padded(name, width)} {len(topic.partitions):>10} {topic.offline:>8} {topic.under_replicated:>10}"
            f" {format.number(topic.records):>14}"
        )
    lines.append(f"{'GROUP':<{width}} {'STATE':<20} {'MEMBERS':>7} {'LAG':>14}")
    for group, name in zip(snapshot.groups or (), groups, strict=True):
        count = None if group.members is None else len(group.members)
        state = group.state if group.as_of is None else "as last seen"
        lag = format.number(group.lag)
        if group.as_of is not None or (group.lag is not None and not group.is_lag_whole):
            lag = f"{lag} ?" if group.as_of is not None else f"≥ {lag}"
        lines.append(f"{padded(name, width)} {padded(state, 20)} {format.number(count):>7} {lag:>14}")
    return "\n".join(lines)
