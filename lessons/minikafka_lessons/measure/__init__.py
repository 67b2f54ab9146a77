"""Measurements on the learner's own machine: its disk, its page cache, its memory, its codecs.

Rule: every number is measured here and now, in interleaved rounds after a warm-up, and shown with its spread. Nothing
stays behind: files lie in a temporary directory (`MINIKAFKA_MEASURE_DIR` chooses where), which goes with the
measurement. `seconds` is a budget: it decides how many rounds there are, and below 4 how much data, too. What a
platform can't do is said in one sentence, in place of the result.
"""

from minikafka_lessons.measure import double as _double
from minikafka_lessons.measure import free as _free
from minikafka_lessons.measure import memory as _memory
from minikafka_lessons.measure import reads as _reads
from minikafka_lessons.measure import segments as _segments
from minikafka_lessons.measure import writes as _writes
from minikafka_lessons.measure.batches import Compressions, compression
from minikafka_lessons.measure.codecs import Codecs, codecs
from minikafka_lessons.measure.double import DoubleCaching
from minikafka_lessons.measure.free import FreeMemory
from minikafka_lessons.measure.memory import Memory
from minikafka_lessons.measure.possible import NotMeasured, possible
from minikafka_lessons.measure.reads import ReadAhead, Reads
from minikafka_lessons.measure.rounds import Spread
from minikafka_lessons.measure.segments import read_segments, segment_files
from minikafka_lessons.measure.writes import Writes

double_caching = possible(_double.double_caching)
evict_segments = possible(_segments.evict_segments)
free_memory = possible(_free.free_memory)
memory = possible(_memory.memory)
read_ahead = possible(_reads.read_ahead)
reads = possible(_reads.reads)
writes = possible(_writes.writes)

__all__ = [
    "Codecs",
    "Compressions",
    "DoubleCaching",
    "FreeMemory",
    "Memory",
    "NotMeasured",
    "ReadAhead",
    "Reads",
    "Spread",
    "Writes",
    "codecs",
    "compression",
    "double_caching",
    "evict_segments",
    "free_memory",
    "memory",
    "read_ahead",
    "read_segments",
    "reads",
    "segment_files",
    "writes",
]
