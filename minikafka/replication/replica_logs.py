"""The logs of this broker's replicas, opened with what was noted of them and with their topics' settings.

Rule: topics that set the same share one `LogConfig`. Kafka: `LogManager.getOrCreateLog`, `LogManager.loadLog`.
"""

from __future__ import annotations

from minikafka.log.config import LogConfig
from minikafka.log.log import Log
from minikafka.metadata.configs import BrokerConfigs, effective_topic_configs
from minikafka.metadata.image import MetadataImage, TopicImage
from minikafka.policy import Rules
from minikafka.replication.log_directory import LogDirectory, folder_of


class ReplicaLogs:
    """Those of one broker."""

    def __init__(self, broker_id: int, configs: BrokerConfigs, rules: Rules) -> None:
        self._broker_id = broker_id
        self._configs = configs
        self._rules = rules
        self._known: dict[tuple[tuple[str, str], ...], LogConfig] = {}

    def forget_configs(self) -> None:
        """Settings have changed."""
        self._known.clear()

    def config_of(self, image: MetadataImage, topic: str) -> LogConfig:
        """The same object for all topics that set the same."""
        own = tuple(sorted(image.topic_configs(topic).items()))
        config = self._known.get(own)
        if config is None:
            values = effective_topic_configs(image, topic, self._configs, self._broker_id)
            config = self._known[own] = LogConfig.from_topic(values)
        return config

    def open(
        self, image: MetadataImage, topic: TopicImage, index: int, directory: LogDirectory, *, is_whole: bool
    ) -> tuple[Log, bool]:
        """It, and whether it has less than was noted of it. `is_whole`: it was closed cleanly a moment ago. Raises
        OSError."""
        key, notes = (topic.name, index), directory.checkpoints
        log = Log.open(
            directory.world,
            folder_of(key),
            topic.name,
            index,
            self.config_of(image, topic.name),
            self._rules,
            clean_shutdown=notes.started_clean or is_whole,
            recovery_point=notes.recovery_point(key),
            topic_id=topic.id,
            was_compacted=notes.was_compacted(key),
        )
        try:
            has_lost = notes.has_lost(log, key)
            notes.apply_to(log, key)
        except OSError:
            log.abandon()
            raise
        return log, has_lost
