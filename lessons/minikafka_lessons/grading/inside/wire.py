"""How values travel between the grader and an answer's process: JSON that keeps their types.

Rule: both ends read by this one function, so this file needs nothing and knows nothing of what is right. The grader
writes what it means to send, the other end only what is exactly of a plain type; and the grader believes neither the
size nor the shape of what it reads.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` would be loaded for nothing
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

INT_BITS = 4096


def plain(value: Any, special: Callable[[str, Any], Any]) -> Any:
    """A value as it was written; `special(tag, what)` reads the tags that only one end knows.

    Raises ValueError, KeyError, TypeError or AttributeError for what nobody wrote.
    """
    if value is None or isinstance(value, bool | str):
        return value
    (tag, what), *more = value.items()
    if more:
        raise ValueError("one tag")
    if tag == "i":
        if len(what) > INT_BITS // 4 + 2:
            raise ValueError("a huge int")
        return int(what, 16)
    if tag == "f":
        return float(what)
    if tag == "b":
        return bytes.fromhex(what)
    if tag == "l":
        return [plain(item, special) for item in what]
    if tag == "t":
        return tuple(plain(item, special) for item in what)
    if tag == "d":
        return {plain(k, special): plain(v, special) for k, v in what}
    return special(tag, what)


def encode(value: Any, depth: int = 0) -> Any:
    """A value as JSON that keeps its type; what is not exactly of a plain type is only named."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return {"i": format(value, "x")} if value.bit_length() < INT_BITS else {"?": "a huge int"}
    if kind is float:
        return {"f": repr(value)}
    if kind in (bytes, bytearray):
        return {"b": bytes(value).hex()}
    if depth < 6:
        if kind in (list, tuple):
            return {"l" if kind is list else "t": [encode(item, depth + 1) for item in value]}
        if kind is dict:
            pairs = [[encode(k, depth + 1), encode(v, depth + 1)] for k, v in value.items()]
            return {"d": pairs}
    return {"?": str(getattr(kind, "__name__", "?"))}
