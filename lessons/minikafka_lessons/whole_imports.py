"""Imports that an interrupt can't tear: numpy, for one, can't be loaded a second time once that has happened.

Rule: the module is loaded in a thread of its own, where no interrupt arrives; whoever waits for it may go.
"""

from __future__ import annotations

import importlib
import sys
import threading  # noqa: TID251 - an interrupt never reaches this thread
from types import ModuleType


def whole_import(name: str) -> ModuleType:
    """The module `name`. Raises what its import raises, and KeyboardInterrupt without harm."""
    found = sys.modules.get(name)
    if found is not None and not getattr(getattr(found, "__spec__", None), "_initializing", False):
        return found
    problems: list[BaseException] = []

    def load() -> None:
        try:
            importlib.import_module(name)
        except BaseException as problem:
            problems.append(problem)

    thread = threading.Thread(target=load, name=f"import-{name}", daemon=True)
    thread.start()
    thread.join()
    if problems:
        raise problems[0]
    return sys.modules[name]
