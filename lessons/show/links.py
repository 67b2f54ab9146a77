"""Why a bus: every producer wired to every consumer, against everybody wired to the bus. Counted."""

from __future__ import annotations

from typing import Any

from minikafka_lessons.show import ink

WIDTH, HALF = 860, 410


class Links:
    """The two drawings with a slider each for producers and consumers; `links_html(p, c)` is the function twin."""

    def __init__(self, producers: int, consumers: int) -> None:
        import ipywidgets

        style = {"description_width": "80px"}
        layout = ipywidgets.Layout(width="380px")
        self.producers = ipywidgets.IntSlider(
            producers, 1, 12, description="producers", style=style, layout=layout
        )
        self.consumers = ipywidgets.IntSlider(
            consumers, 1, 12, description="consumers", style=style, layout=layout
        )
        self.picture = ipywidgets.HTML(links_html(producers, consumers))
        self.picture.layout = ipywidgets.Layout(width="auto", margin="0")
        self.widget = ipywidgets.VBox([ipywidgets.HBox([self.producers, self.consumers]), self.picture])
        for slider in (self.producers, self.consumers):
            slider.observe(lambda _: self.set(self.producers.value, self.consumers.value), "value")

    def set(self, producers: int, consumers: int) -> None:
        """Turn both sliders."""
        self.producers.value, self.consumers.value = producers, consumers
        self.picture.value = links_html(producers, consumers)

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        html = str(self.picture.value)
        return {**(self.widget._repr_mimebundle_() or {}), "text/html": html, "text/plain": ink.plain(html)}


def links(producers: int = 4, consumers: int = 5) -> Links:
    """The drawings with their sliders."""
    return Links(producers, consumers)


def links_html(producers: int, consumers: int) -> str:
    """Both drawings."""
    height = 40 + max(producers, consumers) * 26 + 12
    ways = producers * consumers
    body = ink.text(0, 14, f"Everybody to everybody: {producers} × {consumers} = {ways} links", bold=True)
    body += ink.text(
        WIDTH - HALF, 14, f"Over a bus: {producers} + {consumers} = {producers + consumers} links", bold=True
    )
    left, right = _ys(producers, height), _ys(consumers, height)
    for y in left:
        for z in right:
            body += ink.curve(62, y, HALF - 62, z, stroke=ink.RED, width=1 if ways > 40 else 1.4)
    shift = WIDTH - HALF
    middle = (height + 28) / 2
    for y in left:
        body += ink.curve(shift + 62, y, shift + HALF / 2 - 34, middle, stroke=ink.BLUE, width=1.6)
    for z in right:
        body += ink.curve(shift + HALF / 2 + 34, middle, shift + HALF - 62, z, stroke=ink.GREEN, width=1.6)
    body += ink.box(shift + HALF / 2 - 34, 34, 68, height - 40, fill=ink.PAPER, stroke=ink.FAINT, radius=8)
    body += ink.text(shift + HALF / 2, middle + 4, "broker", anchor="middle", bold=True)
    for base in (0, shift):
        for i, y in enumerate(left):
            body += ink.box(base + 0.5, y - 10, 62, 20, fill=ink.PAPER, stroke=ink.BLUE, radius=10)
            body += ink.text(base + 31, y + 4, f"P{i + 1}", anchor="middle", size=11.5)
        for i, z in enumerate(right):
            body += ink.box(base + HALF - 62.5, z - 10, 62, 20, fill=ink.PAPER, stroke=ink.GREEN, radius=10)
            body += ink.text(base + HALF - 31, z + 4, f"C{i + 1}", anchor="middle", size=11.5)
    return ink.svg(WIDTH, height, body, f"{ways} links against {producers + consumers}")


def _ys(count: int, height: int) -> list[float]:
    room = (height - 34) / count
    return [30 + room * (i + 0.5) for i in range(count)]
