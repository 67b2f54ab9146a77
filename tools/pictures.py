"""Make the pictures of the README from the running program: `python tools/pictures.py`. Needs Chromium.

The inspector is photographed while a real cluster works: two groups read six partitions, one of them slowly.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from minikafka import Cluster

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
SIZE = (112, 30)
TABS = {
    "partitions": ("3",),
    "groups": ("5",),
    "bytes": ("2", "colon", *"payments-0", "enter", "enter", "enter", "right_square_bracket", *["down"] * 6),
}
"""The keys that lead to each picture."""


def note() -> str:
    """What does not compress, so that segments roll."""
    return random.randbytes(600).hex()


def traffic(cluster: Cluster, stop: threading.Event) -> None:
    """Orders come in; billing keeps up, analytics does not."""
    producer = cluster.producer({"linger.ms": 20, "compression.type": "zstd"})
    billing = cluster.consumer({"group.id": "billing", "auto.offset.reset": "earliest"})
    analytics = cluster.consumer(
        {"group.id": "analytics", "auto.offset.reset": "earliest", "auto.commit.interval.ms": 500}
    )
    billing.subscribe(["orders"])
    analytics.subscribe(["orders"])
    number = 0
    while not stop.is_set():
        for _ in range(60):
            number += 1
            order = {
                "order": number,
                "city": f"city-{number % 97}",
                "amount": number * 37 % 500,
                "note": note(),
            }
            producer.produce("orders", json.dumps(order).encode(), f"customer-{number % 500}".encode())
        producer.poll(0)
        billing.consume(200, 0.02)
        analytics.consume(35, 0.01)
        time.sleep(0.05)
    for client in (billing, analytics):
        client.close()
    producer.flush(10)


def few_payments(cluster: Cluster) -> None:
    """A batch to look into."""
    producer = cluster.producer({"linger.ms": 200, "enable.idempotence": True})
    for city, what in (("seoul", "2 coffees"), ("busan", "1 tea"), ("seoul", "3 buns")):
        producer.produce("payments", what.encode(), city.encode(), 0, headers=[("shop", b"7")])
    producer.flush(10)
    producer.close()


async def photograph(cluster: Cluster) -> None:
    """One picture of each tab that the README shows, as SVG."""
    from minikafka.xray.client import SocketFeed
    from minikafka.xray.discovery import find_cluster
    from minikafka_tui.app import InspectorApp

    app = InspectorApp(SocketFeed(find_cluster(cluster.name)), read_only=False, filter_text="")
    async with app.run_test(size=SIZE) as pilot:
        for name, keys in TABS.items():
            for key in keys:
                await pilot.press(key)
                await asyncio.sleep(0.3)
            await asyncio.sleep(1.5)
            await pilot.pause()
            (PICTURES / f"{name}.svg").write_text(app.export_screenshot(title=f"minikafka tui — {name}"))


def to_png(names: list[str]) -> None:
    """What a browser makes of the SVGs."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as p:
        browser = p.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        page = browser.new_page(device_scale_factor=1)
        for name in names:
            svg = PICTURES / f"{name}.svg"
            text = re.sub(r"@font-face \{.*?\}", "", svg.read_text(), flags=re.DOTALL)  # fonts from the net
            width, height = (round(float(n)) for n in re.findall(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)[0])
            page.set_viewport_size({"width": width, "height": height})
            page.set_content(f"<body style='margin:0;width:{width}px;height:{height}px'>{text}</body>")
            page.screenshot(path=str(PICTURES / f"{name}.png"))
            svg.unlink()
        browser.close()


def lesson() -> None:
    """Lesson 1 in JupyterLab, run from top to bottom by the browser test; two of its live views."""
    from PIL import Image

    with tempfile.TemporaryDirectory() as shots:
        subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "tests/notebooks/test_in_the_browser.py", "-k", "1"],
            cwd=PICTURES.parents[1],
            env={**os.environ, "MINIKAFKA_SHOTS": shots},
            check=True,
        )
        page = Image.open(f"{shots}/lesson-1.png").convert("RGB")
    parts = [page.crop((300, top, 1250, bottom)) for top, bottom in ((845, 1400), (1960, 2330))]
    picture = Image.new("RGB", (parts[0].width, sum(part.height for part in parts)), "white")
    top = 0
    for part in parts:
        picture.paste(part, (0, top))
        top += part.height
    picture.save(PICTURES / "lesson.png", optimize=True)


def welcome() -> None:
    """The page that a lab opens, after some lessons. (Needs a font with Hangul, or the other language is boxes.)"""
    from PIL import Image

    with tempfile.TemporaryDirectory() as shots:
        subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "tests/notebooks/test_welcome_in_the_browser.py"),
                *("-k", "English"),
            ],
            cwd=PICTURES.parents[1],
            env={**os.environ, "MINIKAFKA_SHOTS": shots},
            check=True,
        )
        page = Image.open(f"{shots}/welcome-en-marks.png").convert("RGB")
    page.crop((292, 70, 1240, 1005)).save(PICTURES / "welcome.png", optimize=True)


def main() -> None:
    """Everything."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    welcome()
    lesson()
    with Cluster(brokers=3, name="pictures", configs={"log.segment.bytes": 1_048_576}) as cluster:
        cluster.create_topic("orders", partitions=6, replication_factor=3)
        cluster.create_topic("payments", partitions=3, replication_factor=3)
        few_payments(cluster)
        stop = threading.Event()
        worker = threading.Thread(target=traffic, args=(cluster, stop))
        worker.start()
        try:
            time.sleep(6)
            asyncio.run(photograph(cluster))
        finally:
            stop.set()
            worker.join()
    to_png(list(TABS))


if __name__ == "__main__":
    sys.exit(main())
