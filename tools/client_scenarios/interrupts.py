"""Scenarios of threads that share a client, and of calls that are interrupted or brief."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from client_cases.kit import Case, Kit, tried

from client_scenarios.lonely import (
    lonely_consumer,
    lonely_producer,
)


def _threads_that_flush(kit: Kit) -> Any:
    """Four threads share a producer; in each the second record's callback raises."""
    producer, done = lonely_producer(kit), []

    class Intended(Exception):
        pass

    def crash(_error: Any, _message: Any) -> None:
        raise Intended

    def run(number: int) -> None:
        for callback in (None, crash):
            producer.produce("t", "hi", callback=callback)
            try:
                producer.flush()
            except Intended:
                continue
        done.append(number)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    tried(lambda: producer.flush(5))
    return sorted(done), len(producer)


def _interrupted(call: Callable[[], Any]) -> Any:
    """KeyboardInterrupt ends a call that waits, within a moment."""
    after_s = 0.3
    timer = threading.Timer(after_s, lambda: os.kill(os.getpid(), signal.SIGINT))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    began = time.monotonic()
    try:
        timer.start()
        call()
        timer.join()
        time.sleep(0.5)
    except KeyboardInterrupt:
        return "interrupted", time.monotonic() - began < after_s + 1.5
    finally:
        signal.signal(signal.SIGINT, before)
    return "not interrupted"


def _consume_interrupted(kit: Kit, *given: Any) -> Any:
    if not kit.is_ours:
        return "waits until its time is over"
    return _interrupted(lambda: lonely_consumer(kit).consume(*given))


def _usable_after(kit: Kit) -> Any:
    consumer = kit.reader()
    first = consumer.poll(10).offset()
    consumer.consume(9, 10)
    return first, _interrupted(lambda: consumer.poll(5)), tried(lambda: consumer.poll(0)), consumer.close()


def _waiting_producer(kit: Kit) -> Any:
    producer = lonely_producer(kit, message_timeout_ms=30_000)
    producer.produce("t", b"v")
    return producer


def _brief(kit: Kit, kind: str, call: str, timeout: float) -> Any:
    client = lonely_consumer(kit) if kind == "Consumer" else lonely_producer(kit)
    if kind == "Consumer":
        client.subscribe(["t"])
    began = time.monotonic()
    answer = client.consume(1, timeout) if call == "consume" else getattr(client, call)(timeout)
    waited = time.monotonic() - began < timeout + 1
    return (
        waited if call == "poll" and kind == "Producer" else (answer, waited)
    )  # notices of logs are counted there


THREADS: dict[str, Case | str] = {"four threads flush, callbacks raise": _threads_that_flush}
WAKEABLE: dict[str, Case | str] = {
    "the helpers' own tests": "missing: they are of its C code",
    "poll() of a producer is interrupted": lambda k: _interrupted(lambda: lonely_producer(k).poll()),
    "flush() is interrupted": lambda k: _interrupted(lambda: _waiting_producer(k).flush()),
    "flush(20) is interrupted": lambda k: _interrupted(lambda: _waiting_producer(k).flush(20)),
    "poll() of a consumer is interrupted": lambda k: _interrupted(lambda: lonely_consumer(k).poll()),
    "poll(20) of a consumer is interrupted": lambda k: _interrupted(lambda: lonely_consumer(k).poll(20)),
    "consume() is interrupted": lambda k: _consume_interrupted(k, 5),
    "consume(5, 20) is interrupted": lambda k: _consume_interrupted(k, 5, 20),
    "a consumer is used after an interruption": _usable_after,
    "flush() of nothing": lambda k: lonely_producer(k).flush(),
}
WAKEABLE |= {
    f"{kind}.{call}({timeout})": lambda k, kind=kind, call=call, timeout=timeout: _brief(
        k, kind, call, timeout
    )
    for kind, call in (
        ("Producer", "poll"),
        ("Producer", "flush"),
        ("Consumer", "poll"),
        ("Consumer", "consume"),
    )
    for timeout in (0, 0.05, 0.3)
}
