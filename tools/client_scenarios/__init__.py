"""Scenarios of confluent-kafka-python's own tests, told again: each is run through both clients on one cluster.

Rule: a scenario is a case as in `client_cases`, under the file of theirs that it comes from; a text in its place
says why ours has none.
"""

from collections.abc import Mapping

from client_cases.kit import Case

from client_scenarios.administering import ADMINISTERING
from client_scenarios.admins import ADMINS
from client_scenarios.asynchronous import ASYNCHRONOUS
from client_scenarios.consumers import CONSUMER
from client_scenarios.groups import GROUPS
from client_scenarios.interrupts import THREADS, WAKEABLE
from client_scenarios.leaving import LEAVING
from client_scenarios.misc import LOG, MISC
from client_scenarios.missing import MISSING
from client_scenarios.on_a_cluster import INTEGRATION
from client_scenarios.producers import PRODUCER
from client_scenarios.reports import REPORTS
from client_scenarios.values import VALUES

SCENARIOS: Mapping[str, Mapping[str, Case | str]] = {
    **VALUES,
    "tests/test_Consumer.py": CONSUMER,
    "tests/test_Producer.py": PRODUCER,
    "tests/test_threads.py": THREADS,
    "tests/test_Wakeable.py": WAKEABLE,
    "tests/test_misc.py": MISC,
    "tests/test_log.py": LOG,
    **ASYNCHRONOUS,
    **ADMINS,
    "tests/integration/integration_test.py": INTEGRATION,
    **GROUPS,
    **ADMINISTERING,
    **MISSING,
    "what users reported": {**REPORTS, **LEAVING},
}
