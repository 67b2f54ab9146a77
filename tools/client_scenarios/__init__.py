"""Scenarios of confluent-kafka-python's own tests, told anew: each is run through both clients on one cluster.

One rule: a scenario is a case as in `client_cases`, under the file of theirs that it comes from; a text in its place
says why ours has none.
"""

from client_cases.kit import Case

from client_scenarios.administering import ADMINISTERING
from client_scenarios.admins import ADMINS
from client_scenarios.alone import ALONE
from client_scenarios.asynchronous import ASYNCHRONOUS
from client_scenarios.consuming import CONSUMING
from client_scenarios.reports import REPORTS
from client_scenarios.values import VALUES

SCENARIOS: dict[str, dict[str, Case | str]] = {
    **VALUES,
    **ALONE,
    **ASYNCHRONOUS,
    **ADMINS,
    **CONSUMING,
    **ADMINISTERING,
    "what users reported": REPORTS,
}
