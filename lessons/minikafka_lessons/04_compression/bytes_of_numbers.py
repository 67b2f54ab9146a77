"""What a batch is made of: `varint` and `crc32c`, the first two functions of exercise 4a.

Rule: what is right is what the broker's own code gives.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from minikafka.records.checksum import crc32c as true_crc
from minikafka.records.varint import encode_varint as true_varint
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Sandbox, no_function
from minikafka_lessons.grading.words import returned, shown
from minikafka_lessons.language import say, sentence

PROPERTIES = {
    "varint": (
        sentence("varints as Kafka writes them, of small, large and negative numbers"),
        1.0,
    ),
    "crc": (
        sentence("crc32c gives CRC-32C, and the header has that of the right bytes"),
        1.0,
    ),
}
HINTS = {
    "varint": sentence(
        "First zigzag (0, −1, 1, −2 become 0, 1, 2, 3), then groups of 7 bits, the lowest first; each byte but the last has 0x80."
    ),
    "crc": sentence(
        'Try `crc32c(b"123456789")`: it is 0xE3069283. In the header it covers byte 21 and all that follows.'
    ),
}


NUMBERS = (
    0,
    1,
    -2,
    2,
    -3,
    63,
    -64,
    64,
    300,
    -300,
    10_000,
    2**31 - 1,
    -(2**31),
    1_700_000_000_000,
)


Rule = Callable[[Any], Any]


def unsigned(number: int) -> bytes:
    """Groups of 7 bits, the lowest first."""
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def big_end(number: int) -> bytes:
    """Groups of 7 bits, the highest first."""
    groups = unsigned(number << 1 ^ number >> 63)
    parts = [byte & 0x7F for byte in reversed(groups)]
    return bytes([part | 0x80 for part in parts[:-1]] + parts[-1:])


VARINTS: tuple[tuple[Rule, str], ...] = (
    (
        lambda n: unsigned(n) if n >= 0 else None,
        sentence(
            "You leave out zigzag: 1 has to become 2 before it is cut into groups."
        ),
    ),
    (
        lambda n: unsigned(abs(n) << 1),
        sentence(
            "You lose the sign: −1 and 1 come out alike. Zigzag makes 1 of −1, and 2 of 1."
        ),
    ),
    (
        big_end,
        sentence("Your groups are in the wrong order: the lowest 7 bits come first."),
    ),
    (
        lambda n: bytes(byte ^ 0x80 for byte in true_varint(n)),
        sentence(
            "0x80 says “one more byte follows”: it is set in every byte but the last."
        ),
    ),
)


def judge_varint(sandbox: Sandbox, sheet: Sheet) -> None:
    """Numbers against Kafka's."""
    if not sandbox.defines("varint"):
        sheet.fail("varint", no_function("varint"), HINTS["varint"])
        return
    got = sandbox.call_each("varint", [(n,) for n in NUMBERS])
    for n, value in zip(NUMBERS, got, strict=True):
        if type(value) is not bytes or value != true_varint(n):
            message = say(
                "varint({n}) {did}; expected {value}",
                n=n,
                did=returned(value),
                value=repr(true_varint(n)),
            )
            sheet.fail("varint", message, HINTS["varint"])
            for rule, words in VARINTS:
                if all(
                    rule(m) in (None, one) for m, one in zip(NUMBERS, got, strict=True)
                ):
                    sheet.sharpen("varint", words)
                    break
            return
    sheet.seen("varint")


CRCS: tuple[tuple[Callable[[bytes], int], str], ...] = (
    (
        zlib.crc32,
        sentence(
            "That is CRC-32. Kafka's is CRC-32C, with another polynomial: 0x82F63B78."
        ),
    ),
    (
        lambda data: true_crc(data) ^ 0xFFFFFFFF,
        sentence("The last step is missing: turn all 32 bits over."),
    ),
)


def judge_crc(sandbox: Sandbox, sheet: Sheet, seeds: Sequence[int]) -> None:
    """The function by itself."""
    if not sandbox.defines("crc32c"):
        sheet.fail("crc", no_function("crc32c"), HINTS["crc"])
        return
    cases = [b"123456789", b"", b"a", *(Random(seed).randbytes(200) for seed in seeds)]
    got = sandbox.call_each("crc32c", [(data,) for data in cases])
    for data, value in zip(cases, got, strict=True):
        if type(value) is not int or value != true_crc(data):
            message = say("crc32c({data}) {did}", data=shown(data), did=returned(value))
            sheet.fail("crc", message, HINTS["crc"])
            for rule, words in CRCS:
                if value == rule(data):
                    sheet.sharpen("crc", words)
            return
