"""A server in a thread of its own, for clusters whose loop runs only during calls (simulated ones).

Rule: the source's methods are called in this thread's loop; crossing over to the cluster's thread is
the source's affair. `start` returns once the port is open and announced, `close` once all is gone.
"""

from __future__ import annotations

import asyncio
import threading  # noqa: TID251 - process level: the server must answer while the cluster's loop stands still
from pathlib import Path

from minikafka.client.faces.driver import after_fork
from minikafka.world.live import let_go_of
from minikafka.xray import discovery
from minikafka.xray.server import XrayServer
from minikafka.xray.source import Source


class ServerThread:
    """`ServerThread(source, name="lab").start()` makes a cluster visible to `minikafka tui`."""

    def __init__(self, source: Source, *, name: str, started_ms: int, directory: Path | None = None) -> None:
        self.name = name
        self.token = discovery.new_token()
        self.port = 0
        self._source = source
        self._started_ms = started_ms
        self._directory = directory
        self._file: Path | None = None
        self._loop = asyncio.new_event_loop()
        self._server: XrayServer | None = None
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"xray-{name}", daemon=True)

    def start(self) -> int:
        """Open the socket, write the announcement, return the port."""
        after_fork(self)
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(timeout=10)
        return self.port

    def _forked(self) -> None:
        """In the child of a fork: port and announcement are the parent's."""
        self._file = None
        if self._server is not None:
            let_go_of(self._server.descriptors())

    def close(self) -> None:
        """Withdraw the announcement and end all connections."""
        if self._file is not None:
            discovery.withdraw(self._file)
        if not self._thread.is_alive():
            return
        if self._server is not None:
            asyncio.run_coroutine_threadsafe(self._server.close(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _open(self) -> int:
        self._server = XrayServer(self._source, name=self.name, token=self.token)
        port = await self._server.start()
        first = await self._source.snapshot()
        self._file = discovery.announce(
            discovery.announcement_of(first, port=port, token=self.token, started_ms=self._started_ms),
            self._directory,
        )
        return port
