"""Looking for what breaks: workloads and faults from a seed, what clients saw, and the verdict.

Rule: it drives a cluster by its commands and clients, as anybody could, and judges by its
invariants (`minikafka/invariants/`) and by what clients saw. `run(seed, workload, faults)` is one run. Kafka has the
simulation of its Raft (`RaftEventSimulationTest`); the anomalies are Jepsen's.
"""

from minikafka.explore.anomalies import Anomaly, anomalies
from minikafka.explore.case import Case, draw_case
from minikafka.explore.exploration import kept, run
from minikafka.explore.faults import Fault, draw_faults
from minikafka.explore.history import Change, Commit, History, Notebook, Read, WholeReading, Write
from minikafka.explore.report import FIRST_BAD, Broken, Report
from minikafka.explore.shrinking import Shrunk, shrink
from minikafka.explore.workload import ORDERS, Operating, Reading, Workload, Writing, draw_workload
from minikafka.invariants import InvariantBroken, Invariants

__all__ = [
    "FIRST_BAD",
    "ORDERS",
    "Anomaly",
    "Broken",
    "Case",
    "Change",
    "Commit",
    "Fault",
    "History",
    "InvariantBroken",
    "Invariants",
    "Notebook",
    "Operating",
    "Read",
    "Reading",
    "Report",
    "Shrunk",
    "WholeReading",
    "Workload",
    "Write",
    "Writing",
    "anomalies",
    "draw_case",
    "draw_faults",
    "draw_workload",
    "kept",
    "run",
    "shrink",
]
