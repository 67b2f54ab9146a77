"""Pictures of a cluster for notebooks, all drawn from snapshots.

Rule: a picture is a pure function from a snapshot to SVG, and stands in the notebook whole: `live` draws it anew in
its place, and a saved notebook keeps the last one. Every control has a function that does the same.
"""

from minikafka_lessons.show.batch_bytes import bytes, segment
from minikafka_lessons.show.batches import batches
from minikafka_lessons.show.bus import bus
from minikafka_lessons.show.isr_strip import isr_strip
from minikafka_lessons.show.lag import LagRecorder, record_lag
from minikafka_lessons.show.lanes import lanes, lanes_html
from minikafka_lessons.show.links import links, links_html
from minikafka_lessons.show.lookup import lookup
from minikafka_lessons.show.moves import moves
from minikafka_lessons.show.offsets import offsets
from minikafka_lessons.show.outcomes import outcomes
from minikafka_lessons.show.pages import cached_now, cached_share, pages
from minikafka_lessons.show.player import Player, player
from minikafka_lessons.show.records import records
from minikafka_lessons.show.reigns import reigns
from minikafka_lessons.show.shares import Share, shares
from minikafka_lessons.show.space_time import space_time
from minikafka_lessons.show.tape import tape, tape_html

__all__ = [
    "LagRecorder",
    "Player",
    "Share",
    "batches",
    "bus",
    "bytes",
    "cached_now",
    "cached_share",
    "isr_strip",
    "lanes",
    "lanes_html",
    "links",
    "links_html",
    "lookup",
    "moves",
    "offsets",
    "outcomes",
    "pages",
    "player",
    "record_lag",
    "records",
    "reigns",
    "segment",
    "shares",
    "space_time",
    "tape",
    "tape_html",
]
