"""The inspector: a terminal view of any cluster that draws Snapshots, sends commands, and knows no internals."""

from minikafka_tui.main import run_tui

__all__ = ["run_tui"]
