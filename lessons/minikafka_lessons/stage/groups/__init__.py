"""Consumer groups in a simulated cluster, for lesson 10: a team of members, a crash, a storm.

Rule: members take turns in virtual time, so that a run is the same each time; nobody here has a thread. What is said of
a group is the coordinator's word, from events and snapshots.
"""

from minikafka_lessons.stage.groups.crash import Crash, Killed, crash
from minikafka_lessons.stage.groups.storm import Storm, storm
from minikafka_lessons.stage.groups.team import Team, moved, team

__all__ = ["Crash", "Killed", "Storm", "Team", "crash", "moved", "storm", "team"]
