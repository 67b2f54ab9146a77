"""`minikafka do`: one command for a cluster that runs, through its x-ray socket.

Rule: what became of it is one sentence; the status is 0 only if it was done.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from minikafka.commands import Command, NotUnderstood, commands, parse
from minikafka.world.visible import visible
from minikafka.xray.client import XrayClient
from minikafka.xray.discovery import NoCluster, find_cluster
from minikafka.xray.source import Answer


def run_do(words: Sequence[str], cluster: str | None, say: Callable[[str], None]) -> int:
    """The exit status."""
    if list(words) == ["help"]:
        print(overview())
        return 0
    try:
        answer = asyncio.run(_ask(cluster, parse(" ".join(words))))
    except NotUnderstood as problem:
        say(f"{words[0]}: {problem}")
        return 1
    except (NoCluster, ConnectionError) as problem:
        say(str(problem))
        return 1
    if not answer.ok:
        say(answer.text)
        return 1
    print(visible(answer.text))
    return 0


def overview() -> str:
    """All commands that one types, a line each."""
    typed = {name: kind for name, kind in commands().items() if kind.help}
    width = max(len(f"{name} {kind.usage}") for name, kind in typed.items())
    return "\n".join(f"{f'{name} {kind.usage}':<{width}}  {kind.help}" for name, kind in typed.items())


async def _ask(cluster: str | None, command: Command) -> Answer:
    found = find_cluster(cluster)
    client = await XrayClient.open("127.0.0.1", found.port, found.token, watch=False)
    reading = asyncio.ensure_future(client.pictures(lambda _: None))
    try:
        return await client.command(command.name, command.arguments)
    finally:
        client.close()
        await asyncio.gather(reading, return_exceptions=True)


__all__ = ["run_do"]
