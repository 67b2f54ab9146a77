"""Runs each test function that takes a `broker` twice, against the real Kafka and against ours, and compares.

ORACLE_SHOW=1 with `pytest -s` prints what the real Kafka answers, ORACLE_WORDS=1 the error messages in other words.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from oracle import brokers, script
from oracle.brokers import Address

from minikafka.world import LiveUniverse, World


@pytest.fixture(scope="session")
def kafka() -> None:
    if reason := brokers.why_no_real_kafka():
        pytest.skip(reason)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with LiveUniverse(tmp_path / "ours") as universe:
        yield universe.world("broker-1")


@pytest.fixture(scope="session")
def theirs() -> Iterator[Address]:
    if reason := brokers.why_no_real_kafka():
        pytest.skip(reason)
    with brokers.real_kafka() as where:
        yield where


@pytest.fixture(scope="session")
def ours(theirs: Address) -> Iterator[Address]:
    if os.environ.get("ORACLE_OURS") == "real":
        yield theirs
        return
    with brokers.minikafka() as where:
        yield where


@pytest.fixture
def broker(theirs: Address, ours: Address) -> tuple[Address, Address]:
    """In a script: one side's `Broker`. (The hook below hands it over; the fixture itself holds both addresses.)"""
    return theirs, ours


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "theirs" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.java)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if "broker" not in pyfuncitem.fixturenames:
        return None
    sides = pyfuncitem.funcargs["broker"]
    given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames if name != "broker"}

    def play(broker: script.Broker) -> None:
        pyfuncitem.obj(broker=broker, **given)

    theirs = script.run(play, *sides[0])
    if theirs.failure is not None:
        raise theirs.failure
    if os.environ.get("ORACLE_SHOW"):
        print("\n".join(str(step) for step in theirs.steps))
    ours = script.run(play, *sides[1])
    faults, words = script.compare(pyfuncitem.name, theirs, ours)
    # In the report, as another worker's process may write the summary.
    pyfuncitem.user_properties += [
        ("oracle requests", len(theirs.steps)),
        ("oracle wrong", sum(step.is_wrong for step in theirs.steps)),
        ("oracle words", [f"{pyfuncitem.name}: {line}" for line in words]),
    ]
    if faults:
        pytest.fail(f"{pyfuncitem.name}: ours answers otherwise\n" + "\n".join(faults[:8]), pytrace=False)
    return True


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, ())]
    told = [(name, value) for report in reports for name, value in getattr(report, "user_properties", ())]
    requests, wrong = (
        sum(value for name, value in told if name == f"oracle {counted}") for counted in ("requests", "wrong")
    )
    words = [line for name, value in told if name == "oracle words" for line in value]
    if requests:
        terminalreporter.section("differential oracle")
        terminalreporter.write_line(f"{requests} scripted requests, {wrong} of them wrong")
    if words and (terminalreporter.config.option.verbose > 0 or os.environ.get("ORACLE_WORDS")):
        terminalreporter.write_line("error messages in other words (allowed):")
        for line in words:
            terminalreporter.write_line("  " + line)
