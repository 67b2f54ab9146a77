"""Measurements on the learner's own machine: its disk, its page cache, its memory, its codecs.

Rule: every number is measured here and now, in interleaved rounds after a warm-up, and shown with its spread. Nothing
stays behind: files lie in a temporary directory (`MINIKAFKA_MEASURE_DIR` chooses where), which goes with the
measurement. `seconds` is a budget: it decides how many rounds there are, and below 4 how much data, too. What a
platform can't do is said in one sentence, in place of the result.
"""

from minikafka_lessons.measure.batches import Compressions, compression
from minikafka_lessons.measure.double import DoubleCaching, double_caching
from minikafka_lessons.measure.memory import Memory, memory
from minikafka_lessons.measure.reads import ReadAhead, Reads, read_ahead, reads
from minikafka_lessons.measure.results import Unmeasured
from minikafka_lessons.measure.rounds import Spread
from minikafka_lessons.measure.segments import evict_segments, read_segments, segment_files
from minikafka_lessons.measure.writes import Writes, writes

__all__ = [
    "Compressions",
    "DoubleCaching",
    "Memory",
    "ReadAhead",
    "Reads",
    "Spread",
    "Unmeasured",
    "Writes",
    "compression",
    "double_caching",
    "evict_segments",
    "memory",
    "read_ahead",
    "read_segments",
    "reads",
    "segment_files",
    "writes",
]
