"""The collector of a process that is a cluster."""

import subprocess
import sys

YOUNG_CYCLES = """
import gc
from minikafka.world.garbage import collect_seldom

class Node:
    living = 0
    def __init__(self):
        Node.living += 1
        self.itself = self
    def __del__(self):
        Node.living -= 1

collect_seldom()
passes = gc.get_stats()[2]["collections"]
kept, most = [], 0
for _ in range(400_000):
    kept.append([Node.living])
    Node()
    most = max(most, Node.living)
print(most, gc.get_stats()[2]["collections"] - passes)
"""


def test_what_dies_young_is_collected_and_what_lives_long_is_not_looked_at() -> None:
    told = subprocess.run(
        [sys.executable, "-c", YOUNG_CYCLES], capture_output=True, text=True, timeout=60, check=True
    )
    most, passes_over_all = map(int, told.stdout.split())
    assert most <= 10_000
    assert passes_over_all == 0
