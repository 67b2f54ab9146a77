"""kcat (librdkafka in C, on the command line)."""

import subprocess
from collections.abc import Sequence

NAME = "kcat"
TIMEOUT_S = 240
TAB = "\t"


def write(bootstrap: str, topic: str, records: Sequence[tuple[bytes, bytes]], codec: str) -> None:
    lines = b"".join(key + b"\t" + value + b"\n" for key, value in records)
    command = ["kcat", "-P", "-b", bootstrap, "-t", topic, "-K", TAB, "-z", codec, "-X", "acks=all"]
    subprocess.run(command, input=lines, check=True, timeout=TIMEOUT_S, stderr=subprocess.PIPE)


def read(bootstrap: str, topic: str, count: int) -> list[tuple[int, int, bytes, bytes]]:
    """(partition, offset, key, value) of every record, as they came."""
    command = [
        "kcat",
        "-C",
        "-b",
        bootstrap,
        "-t",
        topic,
        "-o",
        "beginning",
        "-e",
        "-q",
        "-f",
        "%p\t%o\t%k\t%s\n",
    ]
    output = subprocess.run(
        command, stdin=subprocess.DEVNULL, check=True, timeout=TIMEOUT_S, capture_output=True
    ).stdout
    rows = (line.split(b"\t", 3) for line in output.splitlines())
    return [(int(partition), int(offset), key, value) for partition, offset, key, value in rows]
