"""Many small simulated clusters for one question: what is lost, what it costs, does it live by your rule?

Rule: a trial makes its own clusters from seeds and ends them; the cluster of the lesson isn't touched.
"""

from minikafka_lessons.stage.trials.cost import Cost, cost
from minikafka_lessons.stage.trials.drills import Counts, deaths, maintenance
from minikafka_lessons.stage.trials.following import Outcome, follow
from minikafka_lessons.stage.trials.power import (
    TOGETHER,
    Outages,
    Outcomes,
    crashes_and_cuts,
    lost_in,
    power_cuts,
)
from minikafka_lessons.stage.trials.racks import Placed, rack_of, rack_without_power

__all__ = [
    "TOGETHER",
    "Cost",
    "Counts",
    "Outages",
    "Outcome",
    "Outcomes",
    "Placed",
    "cost",
    "crashes_and_cuts",
    "deaths",
    "follow",
    "lost_in",
    "maintenance",
    "power_cuts",
    "rack_of",
    "rack_without_power",
]
