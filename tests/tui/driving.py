"""How tests drive the inspector: by keys, in a screen without a terminal, looked at as text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from textual.pilot import Pilot

from minikafka_tui.app import FRAME_S, InspectorApp

Scenario = Callable[[InspectorApp, Pilot[None]], Awaitable[None]]


def run(
    feed: Any, scenario: Scenario, *, size: tuple[int, int] = (100, 30), toasts: bool = False, **options: Any
) -> None:
    """Start the inspector on this feed and play the scenario."""

    async def main() -> None:
        app = InspectorApp(feed, **options)
        async with app.run_test(size=size, notifications=toasts) as pilot:
            await pilot.pause()
            await scenario(app, pilot)

    asyncio.run(main())


async def frame(pilot: Pilot[None]) -> None:
    """Until the next picture may be drawn."""
    await pilot.pause(FRAME_S * 1.5)
    await pilot.pause()


def screen(app: InspectorApp) -> str:
    """What is on the screen, as text."""
    return "\n".join(
        "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
    )
