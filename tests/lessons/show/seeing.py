"""What is in a picture: its texts with their places, its description; and that it is well formed."""

import re
import xml.etree.ElementTree as ElementTree

from minikafka.world.visible import cells

SVG = "{http://www.w3.org/2000/svg}"


class Seen:
    """One SVG, read."""

    def __init__(self, svg):
        self.root = ElementTree.fromstring(svg)
        self.text = svg
        numbers = ("x", "y", "x1", "x2", "y1", "y2", "cx", "cy", "d", "width", "height", "transform")
        for e in self.root.iter():
            assert not any("nan" in (e.get(key) or "") or "inf" in (e.get(key) or "") for key in numbers)
        _, _, self.width, self.height = (float(n) for n in self.root.get("viewBox").split())

    @property
    def words(self):
        return ["".join(e.itertext()) for e in self.root.iter(f"{SVG}text")]

    @property
    def describes(self):
        return self.root.find(f"{SVG}desc").text

    def at(self, words):
        """(x, y) of the text that says this."""
        (found,) = [e for e in self.root.iter(f"{SVG}text") if "".join(e.itertext()) == words]
        return float(found.get("x")), float(found.get("y"))

    def boxes(self, part):
        """(x, y, width) of the rectangles whose style says this."""
        return [
            tuple(float(e.get(key)) for key in ("x", "y", "width"))
            for e in self.root.iter(f"{SVG}rect")
            if part in e.get("style")
        ]


def forms(html):
    """Both forms of a picture: for a desk, for a phone."""
    return [Seen(svg) for svg in re.findall(r"<svg.*?</svg>", html, flags=re.S)]


def inside(seen):
    """No text begins or ends outside of its picture (a letter is at least half as wide as it is high)."""
    moved = [e for g in seen.root.iter(f"{SVG}g") if g.get("transform") for e in g.iter(f"{SVG}text")]
    for e in seen.root.iter(f"{SVG}text"):
        if e in moved:
            continue
        size = float(re.search(r"font-size:([\d.]+)px", e.get("style")).group(1))
        x, long = float(e.get("x")), cells("".join(e.itertext())) * size * 0.5
        left = {"start": x, "middle": x - long / 2, "end": x - long}[e.get("text-anchor")]
        if not (left >= -3 and left + long <= seen.width + 3):
            return f"{''.join(e.itertext())!r} from {left:.0f} to {left + long:.0f} of {seen.width:.0f}"
    return ""
