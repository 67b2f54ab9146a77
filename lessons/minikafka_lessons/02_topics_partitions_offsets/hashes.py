"""Keys and hashes for exercise 2a: murmur2 as it is often written wrongly, and keys that tell these mistakes apart.

Rule: a mistake is known by the partitions that it gives, for every key.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from random import Random
from typing import Any

from minikafka.policy import murmur2 as true_murmur2
from minikafka_lessons.language import sentence

MASK = 0xFFFFFFFF


def signed(value: int) -> int:
    """As Java's int."""
    return value - (1 << 32) if value >> 31 else value


def variant(
    data: bytes,
    *,
    seed: int = 0x9747B28C,
    order: Any = "little",
    tail: bool = True,
    last: bool = True,
) -> int:
    """murmur2 with one thing changed."""
    h, whole = seed ^ len(data), len(data) & ~3
    for at in range(0, whole, 4):
        k = int.from_bytes(data[at : at + 4], order) * 0x5BD1E995 & MASK
        h = (h * 0x5BD1E995 & MASK) ^ ((k ^ k >> 24) * 0x5BD1E995 & MASK)
    if tail and len(data) > whole:
        h = (h ^ int.from_bytes(data[whole:], order)) * 0x5BD1E995 & MASK
    if not last:
        return h
    h = (h ^ h >> 13) * 0x5BD1E995 & MASK
    return h ^ h >> 15


Rule = Callable[[bytes, int], int]


MISTAKES: tuple[tuple[Rule, tuple[str, ...], str], ...] = (
    (
        lambda k, n: abs(signed(true_murmur2(k))) % n,
        ("negative",),
        sentence(
            "`abs` is not what Kafka does: it drops the sign bit, which gives another number."
        ),
    ),
    (
        lambda k, n: true_murmur2(k) % n,
        ("negative",),
        sentence(
            "You take the whole hash modulo the count, as an unsigned number. Kafka drops the sign bit first."
        ),
    ),
    (
        lambda k, n: signed(true_murmur2(k)) % n,
        ("negative",),
        sentence(
            "Python's % of a negative number is positive, but not Kafka's number. Kafka drops the sign bit first."
        ),
    ),
    (
        lambda k, n: zlib.crc32(k) % n,
        ("same", "murmur2", "alive"),
        sentence(
            "That is CRC-32, which librdkafka uses by default! Kafka's Java client uses murmur2: two clients with "
            "different hashes put one key in two partitions."
        ),
    ),
    (
        lambda k, n: (variant(k, seed=0) & 0x7FFFFFFF) % n,
        ("same", "murmur2", "alive"),
        sentence("The hash begins with another number than Kafka's: look at step 1."),
    ),
    (
        lambda k, n: (variant(k, seed=0x9747B28C ^ len(k)) & 0x7FFFFFFF) % n,
        ("same", "murmur2", "alive"),
        sentence("The length is missing: look at what step 1 begins with."),
    ),
    (
        lambda k, n: (variant(k, order="big") & 0x7FFFFFFF) % n,
        ("same", "murmur2", "alive"),
        sentence(
            "The bytes are read from the wrong end: in a little-endian number the first byte counts least."
        ),
    ),
    (
        lambda k, n: (variant(k, tail=False) & 0x7FFFFFFF) % n,
        ("same", "murmur2", "alive"),
        sentence(
            "The last one, two or three bytes are missing: only keys whose length is a multiple of 4 are right."
        ),
    ),
    (
        lambda k, n: (variant(k, last=False) & 0x7FFFFFFF) % n,
        ("same", "murmur2", "alive"),
        sentence("The last mixing is missing: step 4 comes once, after all bytes."),
    ),
    (
        lambda k, n: sum(k) % n,
        ("same", "murmur2", "alive"),
        sentence(
            "The sum of the bytes is a hash, too, but not Kafka's (and “AB” and “BA” always meet). Use murmur2."
        ),
    ),
    (
        lambda k, n: len(k) % n,
        ("same", "murmur2", "alive"),
        sentence(
            "By length, most keys meet in a few partitions. Use murmur2 of the bytes."
        ),
    ),
)


KNOWN = (
    b"21",
    b"foobar",
    b"a-little-bit-long-string",
    b"a-little-bit-longer-string",
    b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8",
    b"abc",
)


def keys_for(seed: int, count: int) -> list[bytes]:
    """Keys of all lengths; the first are the famous ones."""
    random = Random(seed)
    found = [*KNOWN, b"", b"a"]
    while len(found) < count:
        kind = random.randrange(3)
        if kind == 0:
            found.append(f"user-{random.randrange(100_000)}".encode())
        elif kind == 1:
            found.append(
                bytes(random.randrange(256) for _ in range(random.randrange(1, 24)))
            )
        else:
            found.append(
                "".join(
                    random.choice("가나다라마바사")
                    for _ in range(random.randrange(1, 6))
                ).encode()
            )
    return found[:count]
