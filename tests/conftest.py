"""What all tests share: import path of the test tools, Hypothesis profile, and skips that nobody can overlook."""

import os
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# `from oracle.batches import batch`, `from clients.drivers import kcat`: tests have no packages of their own.
sys.path.append(str(Path(__file__).parent))

# In CI a property test tries the same examples in every run; at home it may look further.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("home", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("ci" if os.environ.get("CI") else "home")

# A shell that starts this with `&` has SIGINT ignored; tests of interrupts would wait for one in vain.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-transcripts",
        action="store_true",
        help="write tests/scenarios/*.txt as they are now; review the diff",
    )


def pytest_configure(config: pytest.Config) -> None:
    for marker in (
        "slow: belongs to `make test-all`",
        "java: needs Java and a real Apache Kafka",
        "browser: needs Chromium",
    ):
        config.addinivalue_line("markers", marker)


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
