"""The process that reads a file in three ways: `python -m … PATH WAY`. Prints its own memory and the file's pages."""

from __future__ import annotations

import json
import mmap
import os
import sys
import time

from minikafka.world.residency import page_counts
from minikafka_lessons.measure.own_process import own_bytes, settle

CHUNK_BYTES = 1 << 20


def main(path: str, way: str) -> None:
    """Read the whole file, keep what the way keeps, look."""
    size = os.path.getsize(path)
    fd = os.open(path, os.O_RDONLY)
    settle()
    before = own_bytes()
    kept: list[object] = []
    began = time.perf_counter()
    if way == "map":
        mapped = mmap.mmap(fd, size, prot=mmap.PROT_READ)
        kept.append(mapped)
        sum(mapped[at] for at in range(0, size, mmap.PAGESIZE))
    elif way != "nothing":
        buffer = bytearray(CHUNK_BYTES)
        for at in range(0, size, CHUNK_BYTES):
            if way == "cache":
                kept.append(os.pread(fd, CHUNK_BYTES, at))
            else:
                os.preadv(fd, [buffer], at)
    seconds = time.perf_counter() - began
    settle()
    counts = page_counts(path)
    resident = counts.resident * counts.page_bytes if counts else 0
    print(json.dumps({"own": max(0, own_bytes() - before), "page_cache": resident, "seconds": seconds}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
