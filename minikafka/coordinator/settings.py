"""The broker's group settings, read once.

Rule: a setting has Kafka's key and default (GroupCoordinatorConfig).
"""

from __future__ import annotations

import builtins
from dataclasses import dataclass
from typing import Protocol


class Configs(Protocol):
    """The part of the broker's configuration that groups need."""

    def int(self, key: str, /) -> builtins.int:
        """The value of a numeric key."""


@dataclass(frozen=True, slots=True)
class GroupSettings:
    """Timeouts in ms, sizes in bytes, with Kafka's defaults."""

    min_session_timeout_ms: int = 6_000
    max_session_timeout_ms: int = 1_800_000
    initial_rebalance_delay_ms: int = 3_000
    max_size: int = 2_147_483_647
    new_member_join_timeout_ms: int = 300_000  # Kafka's constant: a join request may be parked that long
    offset_metadata_max_bytes: int = 4_096
    offsets_retention_ms: int = 7 * 24 * 60 * 60_000
    retention_check_interval_ms: int = 600_000

    @classmethod
    def of(cls, configs: Configs) -> GroupSettings:
        """Read from the broker's configuration."""
        return cls(
            min_session_timeout_ms=configs.int("group.min.session.timeout.ms"),
            max_session_timeout_ms=configs.int("group.max.session.timeout.ms"),
            initial_rebalance_delay_ms=configs.int("group.initial.rebalance.delay.ms"),
            max_size=configs.int("group.max.size"),
            offset_metadata_max_bytes=configs.int("offset.metadata.max.bytes"),
            offsets_retention_ms=configs.int("offsets.retention.minutes") * 60_000,
            retention_check_interval_ms=configs.int("offsets.retention.check.interval.ms"),
        )
