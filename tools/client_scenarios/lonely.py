"""Clients that reach nobody, and what every kind of them is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from client_cases.kit import Kit, raised, tried

NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "socket.timeout.ms": 100, "session.timeout.ms": 1000}
"""Nobody listens there."""


def lonely_producer(kit: Kit, **conf: Any) -> Any:
    """A producer that reaches nobody; keywords with underscores for dots."""
    return kit.keep(kit.names.Producer({**NOWHERE, "message.timeout.ms": 10, **kit.dotted(conf)}))


def lonely_consumer(kit: Kit, **conf: Any) -> Any:
    """A consumer that reaches nobody."""
    return kit.keep(kit.names.Consumer({**NOWHERE, "group.id": "g", **kit.dotted(conf)}))


def said(step: Callable[[], Any]) -> str:
    """What a step raises, with its sentence."""
    try:
        return repr(step())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


_CONSUMER_CALLS: dict[str, tuple[Any, ...]] = {
    "subscribe": (["t"],),
    "unsubscribe": (),
    "poll": (),
    "consume": (),
    "assign": ([],),
    "unassign": (),
    "incremental_assign": ([],),
    "incremental_unassign": ([],),
    "assignment": (),
    "pause": ([],),
    "resume": ([],),
    "commit": (),
    "committed": ([],),
    "position": ([],),
    "memberid": (),
    "consumer_group_metadata": (),
    "list_topics": (),
    "set_sasl_credentials": ("a", "b"),
}
_PRODUCER_CALLS: dict[str, tuple[Any, ...]] = {
    "produce": ("t",),
    "produce_batch": ("t", [{"value": b"v"}]),
    "poll": (),
    "flush": (),
    "purge": (),
    "list_topics": (),
    "init_transactions": (),
    "begin_transaction": (),
    "commit_transaction": (),
    "abort_transaction": (),
    "set_sasl_credentials": ("a", "b"),
}


def _sentences(client: Any, calls: dict[str, tuple[Any, ...]]) -> Any:
    found = {}
    for name, given in calls.items():
        how = tried if name in ("list_topics", "set_sasl_credentials") else said
        found[name] = how(lambda name=name, given=given: getattr(client, name)(*given))
    return found


def after_close(kit: Kit, kind: str) -> Any:
    """Every call of a closed client."""
    client = lonely_consumer(kit) if kind == "Consumer" else lonely_producer(kit)
    client.close()
    tp = kit.names.TopicPartition("t", 0, 0)
    found = _sentences(client, _CONSUMER_CALLS if kind == "Consumer" else _PRODUCER_CALLS)
    if kind == "Consumer":
        for name in ("seek", "get_watermark_offsets"):
            found[name] = said(lambda name=name: getattr(client, name)(tp))
        found["offsets_for_times"] = said(lambda: client.offsets_for_times([tp]))
        found["store_offsets"] = said(lambda: client.store_offsets(offsets=[tp]))
    return found


def never_begun(kit: Kit, kind: str) -> Any:
    """A subclass that forgets its parent's __init__."""

    class Forgetful(getattr(kit.names, kind)):  # type: ignore[misc]
        def __init__(self, _conf: Any) -> None:
            pass

    one = Forgetful({"group.id": "g"})
    found = _sentences(one, _CONSUMER_CALLS if kind == "Consumer" else _PRODUCER_CALLS)
    return found, tried(one.close), len(one) if kind == "Producer" else None


def raising_callback(kit: Kit, kind: str, which: str, error: BaseException, call: str) -> Any:
    """What error_cb or stats_cb raises reaches the caller as it is."""
    told: list[int] = []

    def callback(_given: Any) -> None:
        told.append(1)
        raise error

    conf: dict[str, Any] = {which: callback, "statistics_interval_ms": 50 if which == "stats_cb" else 0}
    client = lonely_consumer(kit, **conf) if kind == "Consumer" else lonely_producer(kit, **conf)
    if kind == "Consumer":
        client.subscribe(["t"])
    steps = {
        "poll": lambda: client.poll(0.3),
        "consume": lambda: client.consume(1, 0.3),
        "flush": lambda: client.flush(0.3),
    }
    for _ in range(20):
        if call == "flush":
            tried(lambda: client.produce("t", b"v"))
        try:
            steps[call]()
        except type(error) as caught:
            return raised(caught), bool(told), caught is error
    return "never", bool(told)


def in_a_with(kit: Kit, kind: str) -> Any:
    """As a context manager, one in the other, with what is raised in it, and afterwards."""

    def make() -> Any:
        return lonely_consumer(kit) if kind == "Consumer" else lonely_producer(kit)

    def use(one: Any) -> Any:
        return one.subscribe(["t"]) if kind == "Consumer" else one.produce("t", b"v")

    first = make()
    seen = [first.__enter__() is first]
    seen.append(first.__exit__(None, None, None))
    with make() as one:
        use(one)
    seen.append(tried(lambda: use(one)))
    try:
        with make() as one:
            raise ValueError("of the application")
    except ValueError as error:
        seen.append(str(error))
    seen.append(tried(lambda: use(one)))
    seen += [one.__enter__() is one, tried(lambda: use(one)), one.__exit__(None, None, None), one.close()]
    with make() as outer, make() as inner:
        use(outer)
        use(inner)
        inner.close()
        use(outer)
    return seen, [tried(lambda c=c: use(c)) for c in (outer, inner)]
