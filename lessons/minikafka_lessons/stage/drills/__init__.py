"""Six broken clusters, for lesson 13: what went wrong is for the learner to find out.

Rule: `drills.open("A")` is a run that can be looked into, forward and back, and that never says what was done to it;
a runbook is tried in the next accident of the same kind.

`orders()` what customers noticed · `log(host, since, until)` what hosts wrote down · `times(since, until)` how long
messages took · `dates()` the clocks · `messages(…)`, `snapshot()`, `rewind(…)`, `step()`, `run(…)` as in `Cluster` ·
`tui()` the inspector · `mended(fix)` the next accident, with your fix.
"""

from minikafka_lessons.stage.drills.opened import Drill, close_all, open

__all__ = ["Drill", "close_all", "open"]
