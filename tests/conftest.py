"""What all tests share: import path of the test tools, Hypothesis profile, and skips that nobody can overlook."""

import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# `from oracle.batches import batch`, `from clients.drivers import kcat`: tests have no packages of their own.
sys.path.append(str(Path(__file__).parent))

# Pytest's own fixtures for a whole session.
SHARED_BY_ALL = {"tmp_path_factory", "pytestconfig", "record_testsuite_property"}

# In CI a property test tries the same examples in every run; at home it may look further.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("home", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "home")


def pytest_configure(config: pytest.Config) -> None:
    for marker in (
        "slow: belongs to `make test-all`",
        "java: needs Java and a real Apache Kafka",
        "browser: needs Chromium",
    ):
        config.addinivalue_line("markers", marker)


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Several workers share the tests (pytest-xdist): those that share what is dear to make go to one of them."""
    for item in items:
        fixtures = item._fixtureinfo.name2fixturedefs
        scopes = {
            definitions[-1].scope for name, definitions in fixtures.items() if name not in SHARED_BY_ALL
        }
        if "theirs" in fixtures and fixtures["theirs"][-1].scope == "session":
            item.add_marker(pytest.mark.xdist_group("one real Kafka"))
        elif scopes & {"module", "session"}:
            item.add_marker(pytest.mark.xdist_group(item.nodeid.partition("::")[0]))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """A test that did not run says so at the end, with its reason, once per reason."""
    reasons: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", ()):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reasons[reason.removeprefix("Skipped: ")] += 1
    if not reasons:
        return
    terminalreporter.section("NOT TESTED", sep="!", yellow=True, bold=True)
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(
            f"{count:5d} test{'s' if count > 1 else ''} skipped: {reason}", yellow=True
        )
