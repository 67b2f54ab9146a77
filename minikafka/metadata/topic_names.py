"""Which names a topic may have.

Rule: names become directory names and metric names, hence the limits. Kafka: `Topic`.
"""

from __future__ import annotations

import re

GROUP_METADATA_TOPIC = "__consumer_offsets"
TRANSACTION_STATE_TOPIC = "__transaction_state"
SHARE_GROUP_STATE_TOPIC = "__share_group_state"
INTERNAL_TOPICS = (GROUP_METADATA_TOPIC, SHARE_GROUP_STATE_TOPIC, TRANSACTION_STATE_TOPIC)
MAX_NAME_LENGTH = 249

_LEGAL = re.compile(r"[a-zA-Z0-9._-]+")


def why_invalid(name: str) -> str | None:
    """What is wrong with a topic's name, in Kafka's words; None when it is fine."""
    if not name:
        reason = "the empty string is not allowed"
    elif name in (".", ".."):
        reason = f"'{name}' is not allowed"
    elif len(name) > MAX_NAME_LENGTH:
        reason = f"the length of '{name}' is longer than the max allowed length {MAX_NAME_LENGTH}"
    elif not _LEGAL.fullmatch(name):
        reason = f"'{name}' contains one or more characters other than ASCII alphanumerics, '.', '_' and '-'"
    else:
        return None
    return f"Topic name is invalid: {reason}"


def has_mark(name: str) -> bool:
    """Whether the name may collide with another."""
    return "." in name or "_" in name


def with_one_mark(name: str) -> str:
    """Names that differ only in '.' and '_', which metrics don't tell apart, are the same in this form."""
    return name.replace(".", "_")


def is_internal(name: str) -> bool:
    """Whether Kafka itself keeps its state in that topic."""
    return name in INTERNAL_TOPICS
