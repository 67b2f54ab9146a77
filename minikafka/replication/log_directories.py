"""All log directories of one broker: `log.dirs` read, each opened, and in which one a partition lies.

Rule: a partition lies in one directory. A new one goes where the controller says, or where the fewest are; one
that may lie in a directory that is offline is not made again elsewhere. Where two directories have it all the same, a
person must choose.

Kafka: `LogManager` (`nextLogDirs`, `loadLogs`, `loadLog`, which also refuses to start then),
`Partition.createLogInAssignedDirectoryId`; KIP-112, KIP-858.
"""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID

from minikafka.log.meta_properties import WrongDirectory
from minikafka.metadata.config_types import ConfigError
from minikafka.metadata.configs import BrokerConfigs
from minikafka.metadata.ids import UNASSIGNED_DIRECTORY
from minikafka.replication.checkpoints import Key
from minikafka.replication.log_directory import LogDirectory, folder_of, key_of
from minikafka.world import World

MOST_NAMED = 10
"""Partitions in one sentence."""


class NoLogDirectory(OSError):
    """Not one of the broker's log directories can be used."""


def log_dirs_of(configs: BrokerConfigs) -> tuple[str, ...]:
    """The paths in `log.dirs` (or in `log.dir`), relative to the broker's own directory, which is the default.

    Raises ConfigError (one sentence).
    """
    name = "log.dirs" if configs.get("log.dirs") else "log.dir"
    text = configs.overrides.get(name)
    if text is None:
        return ("",)
    paths: list[str] = []
    for word in text.split(","):
        path = posixpath.normpath(word.strip()) if word.strip() else ""
        if not path:
            raise ConfigError(name, text, "a directory has no name.")
        leaves = path == ".." or path.startswith(("/", "../"))
        if leaves or "\\" in path or "\0" in path or ":" in path:
            raise ConfigError(
                name,
                text,
                f"{word.strip()} is not within the broker's own directory; paths are relative to it.",
            )
        path = "" if path == "." else path
        for other in paths:
            if path == other:
                raise ConfigError(name, text, f"{word.strip()} is there twice.")
            if f"{path}/".startswith(f"{other}/" if other else "") or f"{other}/".startswith(
                f"{path}/" if path else ""
            ):
                raise ConfigError(name, text, f"{path or '.'} and {other or '.'} lie within each other.")
        paths.append(path)
    return tuple(paths)


class LogDirectories:
    """In the order of `log.dirs`. `open` makes it."""

    def __init__(self, directories: Sequence[LogDirectory]) -> None:
        self._all = tuple(directories)
        for directory in self._all:
            directory.others = tuple(other for other in self._all if other is not directory)

    @classmethod
    def open(cls, world: World, broker_id: int, cluster_id: str, paths: Sequence[str]) -> LogDirectories:
        """Lock and read them all; one that the disk refuses is offline from the start.

        Raises OSError (one is locked; none is left) or WrongDirectory (a ValueError: one is of another broker, two
        have one id or hold one partition).
        """
        opened = cls([LogDirectory(world, broker_id, path) for path in paths])
        try:
            for directory in opened:
                directory.claim(cluster_id)
            opened._check_ids()
            opened._finish_swaps()
            opened._check_for_doubles()
            for directory in opened.online:
                directory.read_notes()
            if not opened.online:
                raise NoLogDirectory("; ".join(f"{d.location} can't be used: {d.problem}" for d in opened))
        except BaseException:
            opened.close()
            raise
        return opened

    def _check_ids(self) -> None:
        seen: dict[UUID | None, LogDirectory] = {}
        for directory in self.online:
            other = seen.setdefault(directory.id, directory)
            if other is not directory:
                raise WrongDirectory(
                    f"{other.location} and {directory.location} have the same directory.id: one is a copy."
                )

    def _finish_swaps(self) -> None:
        """A copy that was whole takes the place of what was given up for it; where that is still there, it stays."""
        if len(self.online) < len(self._all):
            return  # what it was to replace may lie in the one that is away
        for directory in self._all:
            for folder, swap in sorted(directory.swaps.items()):
                key = key_of(folder)
                if key is None or any(key in other.logs for other in self._all):
                    directory.doomed.append(swap)
                    continue
                try:
                    directory.take_over(key, swap)
                except OSError as problem:
                    directory.fail(problem)
                    break
            directory.swaps.clear()

    def at(self, location: str) -> LogDirectory | None:
        """The one with that path."""
        for directory in self._all:
            if directory.location == location:
                return directory
        return None

    def _check_for_doubles(self) -> None:
        """Of two folders with one name, one may be what is left of a deleted topic; that is for later."""
        first: dict[tuple[Key, UUID | None], LogDirectory] = {}
        doubles: dict[tuple[LogDirectory, LogDirectory], list[Key]] = {}
        several = Counter(key for directory in self.online for key in directory.logs)
        for directory in self.online:
            for key in sorted(key for key in directory.logs if several[key] > 1):
                try:
                    topic_id = directory.topic_id_of(key)
                except OSError as problem:
                    directory.fail(problem)
                    break
                other = first.setdefault((key, topic_id), directory)
                if other is not directory:
                    doubles.setdefault((other, directory), []).append(key)
        for (one, other), keys in doubles.items():
            if one.is_online and other.is_online:
                raise WrongDirectory(_doubles_sentence(one, other, keys))

    def __iter__(self) -> Iterator[LogDirectory]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    @property
    def online(self) -> list[LogDirectory]:
        """The directories that work."""
        return [directory for directory in self._all if directory.is_online]

    @property
    def ids(self) -> tuple[UUID, ...]:
        """The ids of the directories that work."""
        return tuple(directory.id for directory in self.online if directory.id is not None)

    @property
    def previous_broker_epoch(self) -> int:
        """The epoch of the broker's earlier life, if that ended cleanly in every directory; else -1 (KIP-966)."""
        if len(self.online) < len(self._all):
            return -1
        epochs = {directory.checkpoints.previous_broker_epoch for directory in self._all}
        return epochs.pop() if len(epochs) == 1 else -1

    def home(self, key: Key) -> LogDirectory | None:
        """Where a partition lies; a directory that works before one that doesn't."""
        offline = None
        for directory in self._all:  # asked at every append
            if key in directory.logs:
                if directory.problem is None:
                    return directory
                offline = offline or directory
        return offline

    def place(self, key: Key, assigned: UUID) -> LogDirectory | None:
        """Where a partition lies or is to be made, given what the controller knows of that; None when it may lie
        in a directory that is offline, or there is no place at all. A copy that was to take its place waits for those.
        """
        home = self.home(key)
        if home is not None and home.is_online:
            return home
        online = self.online
        if any(folder_of(key) in directory.swaps for directory in online):
            return None
        for directory in online:
            if directory.id == assigned:
                return directory
        if len(online) < len(self._all) and assigned != UNASSIGNED_DIRECTORY:
            return None
        return min(online, key=lambda directory: len(directory.logs), default=None)

    def close(self) -> None:
        """Release the locks."""
        for directory in self._all:
            directory.release()


def _doubles_sentence(one: LogDirectory, other: LogDirectory, keys: Sequence[Key]) -> str:
    named = ", ".join(map(folder_of, keys[:MOST_NAMED]))
    more = f" and {len(keys) - MOST_NAMED} more" if len(keys) > MOST_NAMED else ""
    return (
        f"In both {one.location} and {other.location} there is {named}{more}: recreated in one while the other was "
        "away (failed, or not in log.dirs). Move these folders out of the one that was away, then start again; the "
        "leaders have what is missing."
    )


__all__ = ["LogDirectories", "NoLogDirectory", "log_dirs_of"]
