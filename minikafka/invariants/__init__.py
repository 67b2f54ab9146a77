"""What must hold of a cluster under faults, checked while it runs: invariants for tests, graders and lessons.

Rule: it looks from outside time, and the cluster sees nothing of it. Kafka: the simulation
of its Raft (`RaftEventSimulationTest`).
"""

from minikafka.invariants.broken import InvariantBroken
from minikafka.invariants.invariants import Invariants

__all__ = ["InvariantBroken", "Invariants"]
