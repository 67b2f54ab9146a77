"""Paths on a host's disk: relative, with "/", never outside the host's directory."""

from __future__ import annotations

import posixpath


def clean(path: str) -> str:
    """A path in its shortest form, "" for the root. Raises ValueError when it leaves the host's directory."""
    path = posixpath.normpath(path)
    if path == ".." or path.startswith(("/", "../")):  # but "..a" is a name like any other
        raise ValueError(f"a path stays inside the host's directory: {path!r}")
    return "" if path == "." else path
