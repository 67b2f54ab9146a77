"""The kernel that this process is, as a page reaches it.

Rule: where there is none (a script, a test), it is None, and a picture goes without its clicks.
"""

from __future__ import annotations

import re


def kernel_id() -> str | None:
    """The id by which the notebook's server knows this kernel."""
    try:
        from ipykernel.connect import get_connection_file

        found = re.search(r"kernel-([0-9a-f-]{36})\.json$", get_connection_file())
    except Exception:
        return None
    return found.group(1) if found else None
