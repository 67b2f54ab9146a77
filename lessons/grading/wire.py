"""How values travel between the grader and an answer's process: JSON that keeps their types.

Rule: both ends read by this one function, so this file imports nothing and knows nothing of what is right. Each
end writes by its own: the grader what it means to send, the other end only what is exactly of a plain type.
"""


def plain(value, special):
    """A value as it was written; `special(tag, what)` reads the tags that only one end knows.

    Raises ValueError, KeyError, TypeError or AttributeError for what nobody wrote.
    """
    if value is None or isinstance(value, bool | str):
        return value
    (tag, what), *more = value.items()
    if more:
        raise ValueError("one tag")
    if tag == "i":
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
