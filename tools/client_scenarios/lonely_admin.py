"""An admin client that reaches nobody, and what its calls answer."""

from __future__ import annotations

import concurrent.futures
from typing import Any

from client_cases.kit import Case, Kit, raised

NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "socket.timeout.ms": 10}


def lonely_admin(kit: Kit, **conf: Any) -> Any:
    """An admin client that reaches nobody; one for all, since confluent_kafka's futures die with theirs."""
    if conf:
        return kit.admin_names.AdminClient({**NOWHERE, **kit.dotted(conf)})
    if kit.lonely_admin is None:
        kit.lonely_admin = kit.admin_names.AdminClient(NOWHERE)
    return kit.lonely_admin


def called(kit: Kit, name: str, *arguments: Any, **options: Any) -> Any:
    """What a call answers at once, or what its futures do within a second and a half."""
    answer = getattr(lonely_admin(kit), name)(*arguments, **{"request_timeout": 0.5, **options})
    if isinstance(answer, concurrent.futures.Future):
        return _outcome(answer)
    return [_outcome(future) for future in answer.values()]


def _outcome(future: Any) -> str:
    try:
        return type(future.result(3)).__name__
    except Exception as error:
        return raised(error)


def add(to: dict[str, Case | str], name: str, cases: dict[str, Any]) -> None:
    """`cases`: label → a function of the kit that gives (arguments, options)."""
    for label, given in cases.items():
        to[f"{name}, {label}"] = lambda k, given=given: _given(k, name, given)


def _given(kit: Kit, name: str, given: Any) -> Any:
    arguments, options = given(kit)
    return called(kit, name, *arguments, **options)
