"""What the controllers agree on, and what becomes of them: records of their log, elections, deaths, disasters.

Rule: what is shown is read from their own files, or comes of the very cores and rules that they run with.
"""

from minikafka_lessons.stage.quorum.deaths import DRILLS, Drill, death_at_once, drill
from minikafka_lessons.stage.quorum.gaps import Gaps, without_a_leader
from minikafka_lessons.stage.quorum.records import MetadataRecord, Records, records
from minikafka_lessons.stage.quorum.trials import disasters, left_by_another, three_controllers

__all__ = [
    "DRILLS",
    "Drill",
    "Gaps",
    "MetadataRecord",
    "Records",
    "death_at_once",
    "disasters",
    "drill",
    "left_by_another",
    "records",
    "three_controllers",
    "without_a_leader",
]
