"""A consumer group's member in a process of its own: `python member.py CLIENT BOOTSTRAP GROUP TOPIC`.

Prints one JSON line per event: {"assigned": [partitions]} or {"got": [partition, offset, value]}.
"""

import importlib
import json
import sys
from pathlib import Path


def say(**event: object) -> None:
    print(json.dumps(event), flush=True)


def main(client: str, bootstrap: str, group: str, topic: str) -> None:
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    driver = importlib.import_module(f"clients.drivers.{client}")
    driver.follow(
        bootstrap,
        group,
        topic,
        lambda partitions: say(assigned=partitions),
        lambda partition, offset, value: say(got=[partition, offset, value.decode()]),
    )


if __name__ == "__main__":
    main(*sys.argv[1:])
