"""A kernel that runs a lesson's cells as a learner does: again, out of order, and interrupted in the middle."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

from jupyter_client import KernelManager

from minikafka_lessons.build import build
from minikafka_lessons.course import lesson

LIMIT_S = 60.0


@dataclass
class Ran:
    """What a cell said and how it ended."""

    said: str
    error: str

    @property
    def was_interrupted(self) -> bool:
        return self.error.startswith("Interrupted.")


class Kernel:
    """One kernel and the cells of one lesson."""

    def __init__(self, number: int, directory, *, solved: bool = False) -> None:
        notebook = json.loads(build(lesson(number), solved=solved))
        self.cells = ["".join(c["source"]) for c in notebook["cells"] if c["cell_type"] == "code"]
        self._manager = KernelManager(kernel_name="python3")
        self._manager.start_kernel(cwd=str(directory))
        self._client = self._manager.client()
        self._client.start_channels()
        self._client.wait_for_ready(60)

    def index(self, words: str) -> int:
        """The cell with these words."""
        return next(i for i, cell in enumerate(self.cells) if words in cell)

    def run(self, code: str | int, interrupt_after_s: float | None = None) -> Ran:
        """Run a cell, by its number or its code. AssertionError when it has no end."""
        code = self.cells[code] if isinstance(code, int) else code
        asked, began, said, error = self._client.execute(code), time.monotonic(), [], ""
        while time.monotonic() - began < LIMIT_S:
            if interrupt_after_s is not None and time.monotonic() - began > interrupt_after_s:
                self._manager.interrupt_kernel()
                interrupt_after_s = None
            try:
                got = self._client.get_iopub_msg(timeout=0.05)
            except Exception:
                continue
            if got["parent_header"].get("msg_id") != asked:
                continue
            kind, content = got["msg_type"], got["content"]
            if kind == "stream":
                said.append(content["text"])
            elif kind in ("execute_result", "display_data"):
                said.append(content["data"]["text/plain"])
            elif kind == "error":
                error += "\n".join(content["traceback"])
            elif kind == "status" and content["execution_state"] == "idle":
                return Ran("".join(said), error)
        raise AssertionError(f"no end in {LIMIT_S:g} s: {code[:200]}")

    def close(self) -> None:
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)
