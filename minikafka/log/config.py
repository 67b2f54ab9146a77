"""The configuration of one log: the topic settings that its files and its checks depend on.

Rule: values are typed here once; the dotted keys and defaults are Kafka's (`LogConfig`,
`TopicConfig`), sizes in bytes, times in ms, -1 for "no limit" where Kafka says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

from minikafka.records.batch import CREATE_TIME, LOG_APPEND_TIME
from minikafka.records.compression import Compression
from minikafka.records.validation import AppendLimits

_INT64_MAX = 0x7FFFFFFFFFFFFFFF


@dataclass(frozen=True, slots=True)
class LogConfig:
    """One topic's settings for its logs; `from_topic` reads them from Kafka's keys."""

    segment_bytes: int = 1_073_741_824
    segment_ms: int = 604_800_000
    segment_index_bytes: int = 10_485_760
    index_interval_bytes: int = 4096
    retention_ms: int = 604_800_000
    retention_bytes: int = -1
    max_message_bytes: int = 1_048_588
    cleanup_policy: str = "delete"
    compression_type: str = "producer"
    compression_gzip_level: int = -1
    compression_lz4_level: int = 9
    compression_zstd_level: int = 3
    message_timestamp_type: int = CREATE_TIME
    message_timestamp_before_max_ms: int = _INT64_MAX
    message_timestamp_after_max_ms: int = 3_600_000
    flush_messages: int = _INT64_MAX
    flush_ms: int = _INT64_MAX
    min_insync_replicas: int = 1
    min_cleanable_dirty_ratio: float = 0.5
    min_compaction_lag_ms: int = 0
    max_compaction_lag_ms: int = _INT64_MAX
    delete_retention_ms: int = 86_400_000

    @classmethod
    def from_topic(cls, configs: Mapping[str, str]) -> LogConfig:
        """The settings in `configs` (dotted keys, text values), defaults for the rest; other keys are
        ignored. `ValueError` with one sentence for a value that can't be read."""
        values: dict[str, int | float | str] = {}
        for key, (name, convert) in _KEYS.items():
            if key in configs:
                try:
                    values[name] = convert(configs[key])
                except (KeyError, ValueError):
                    raise ValueError(f"Invalid value {configs[key]} for configuration {key}") from None
        return cls(**values)  # type: ignore[arg-type]

    @property
    def is_compacted(self) -> bool:
        return "compact" in self.cleanup_policy

    @property
    def deletes_old_segments(self) -> bool:
        return "delete" in self.cleanup_policy

    @property
    def longest_segment_ms(self) -> int:
        """A segment is compacted only once it is closed, so `max.compaction.lag.ms` bounds its age, too."""
        if not self.is_compacted:
            return self.segment_ms
        return min(self.segment_ms, self.max_compaction_lag_ms)

    def append_limits(self) -> AppendLimits:
        """What the topic asks of a batch that is appended."""
        return AppendLimits(
            max_message_bytes=self.max_message_bytes,
            is_compacted=self.is_compacted,
            timestamp_type=self.message_timestamp_type,
            timestamp_before_max_ms=self.message_timestamp_before_max_ms,
            timestamp_after_max_ms=self.message_timestamp_after_max_ms,
        )

    def target_compression(self, source: Compression) -> tuple[Compression, int | None]:
        """The codec and level that a batch in `source` is stored with (`compression.type`)."""
        if self.compression_type == "producer":
            return source, None
        name = "none" if self.compression_type == "uncompressed" else self.compression_type
        codec = Compression.from_name(name)
        levels = {
            Compression.GZIP: None if self.compression_gzip_level < 0 else self.compression_gzip_level,
            Compression.LZ4: None if self.compression_lz4_level == 9 else self.compression_lz4_level,
            Compression.ZSTD: self.compression_zstd_level,
        }
        return codec, levels.get(codec)


_TIMESTAMP_TYPES = {"CreateTime": CREATE_TIME, "LogAppendTime": LOG_APPEND_TIME}
_TEXTS = ("cleanup_policy", "compression_type")


_Convert = Callable[[str], int | float | str]


def _keys() -> dict[str, tuple[str, _Convert]]:
    keys: dict[str, tuple[str, _Convert]] = {}
    for item in fields(LogConfig):
        convert: _Convert = str if item.name in _TEXTS else int
        keys[item.name.replace("_", ".")] = (item.name, convert)
    for codec in ("gzip", "lz4", "zstd"):
        assert f"compression.{codec}.level" in keys
    keys["min.cleanable.dirty.ratio"] = ("min_cleanable_dirty_ratio", float)
    keys["message.timestamp.type"] = ("message_timestamp_type", _TIMESTAMP_TYPES.__getitem__)
    return keys


_KEYS = _keys()
