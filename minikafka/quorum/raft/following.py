"""A follower under one leader: what it asks, and what it makes of the answers.

Rule: asking says that it has all before that on its disk for good, so it asks only then; what doesn't follow its log is
asked for again, and nothing takes away what was committed. Kafka: `FollowerState`, `KafkaRaftClient`
(`handleFetchResponse`, `handleFetchSnapshotResponse`); KIP-595, KIP-630.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from minikafka.policy import Rules
from minikafka.quorum.raft.download import Download
from minikafka.quorum.raft.log_shape import LogShape
from minikafka.quorum.raft.messages import NOBODY, Fetch, FetchAnswer, SnapshotAnswer, SnapshotId
from minikafka.quorum.raft.ready import Install, Outbox
from minikafka.quorum.raft.timing import Timing
from minikafka.quorum.raft.voter_sets import Directories, VoterSets

Opens = Callable[[SnapshotId, bytes], Directories | None]
"""Who votes by that snapshot (nobody: it doesn't say); None: it isn't whole."""


@dataclass(slots=True)
class Known:
    """Of a voter's log: all below `persisted` is durable, all below `committed` is known to be committed."""

    persisted: int
    committed: int


class Following:
    """`log`, `out`, `known` and `voters` are the voter's; this changes them."""

    def __init__(
        self,
        id: int,
        leader: int,
        epoch: int,
        log: LogShape,
        out: Outbox,
        known: Known,
        voters: VoterSets,
        rules: Rules,
        timing: Timing,
        opens: Opens,
        now_ms: int,
    ) -> None:
        self.leader = leader
        self.epoch = epoch
        self.deadline_ms = now_ms + timing.fetch_ms
        """When it has heard nothing for too long."""
        self.fetch_at_ms = 0
        """When it asks (again)."""
        self.waits_for_disk = False
        self.has_fetched = False
        self.said_goodbye = False
        """The leader has: it may be missed, whatever of it still comes."""
        self._id = id
        self._log, self._out, self._known = log, out, known
        self._voters = voters
        self._rules, self._timing, self._opens = rules, timing, opens
        self._download: Download | None = None
        self.fetch(now_ms)

    @property
    def next_tick_ms(self) -> int:
        return min(self.deadline_ms, self.fetch_at_ms)

    @property
    def hears_it(self) -> bool:
        """Does the leader lead on, as far as this one sees?"""
        return self.has_fetched and not self.said_goodbye

    def fetch(self, now_ms: int) -> None:
        """Ask for more, as soon as all of the log is durable."""
        self._download = None
        self.fetch_at_ms = now_ms + self._timing.request_ms
        self.waits_for_disk = self._known.persisted < self._log.end_offset
        if not self.waits_for_disk:
            ask = Fetch(self.epoch, self._id, self._log.end_offset, self._log.last_epoch)
            self._out.send([self.leader], ask)

    def take(self, answer: FetchAnswer, now_ms: int) -> None:
        """What the leader has more, or where its log parts from this one."""
        log = self._log
        is_awaited = (answer.offset, answer.last_epoch) == (log.end_offset, log.last_epoch)
        if answer.epoch != self.epoch or answer.leader not in (self.leader, NOBODY) or not is_awaited:
            return
        self.said_goodbye |= answer.leader == NOBODY
        if answer.error:
            self._later(now_ms)
        elif answer.snapshot is not None:
            self._begin_download(answer.snapshot, now_ms)
        elif self._cut_back(answer) and log.is_continued_by(answer.entries, self.epoch):
            self.has_fetched = True
            self.deadline_ms = now_ms + self._timing.fetch_ms
            for entry in answer.entries:
                log.append(entry.epoch, entry.size)
                if entry.voters is not None:
                    self._voters.say(entry.offset, entry.voters)
                self._out.entries.append(entry)
            if answer.diverging is None:  # else what is left may still be another than the leader's
                self._commit(min(answer.high_watermark, log.end_offset))
            self.fetch(now_ms)
        else:
            self._later(now_ms)

    def _later(self, now_ms: int) -> None:
        self._download = None
        self.fetch_at_ms = now_ms + self._timing.retry_ms

    def _commit(self, offset: int) -> None:
        self._known.committed = max(self._known.committed, offset)

    def _cut_back(self, answer: FetchAnswer) -> bool:
        """False where that would take away what was committed: no leader may ask for it."""
        if answer.diverging is None:
            return True
        own_end = self._log.end_of(answer.diverging.epoch).end_offset
        to = self._rules.truncation_offset(own_end, answer.diverging.end_offset)
        if not self._known.committed <= to < self._log.end_offset:
            return False
        self._log.truncate(to)
        self._voters.truncate(to)
        self._known.persisted = min(self._known.persisted, to)
        self._out.truncate_to = to
        return True

    # -- snapshots -------------------------------------------------------------------------------------------

    def _begin_download(self, snapshot: SnapshotId, now_ms: int) -> None:
        """One from the past has nothing that isn't known to be committed here."""
        if snapshot.end_offset <= self._known.committed:
            self._later(now_ms)
            return
        self.has_fetched = True
        self._download = Download(snapshot)
        self._ask_for_piece(now_ms)

    def _ask_for_piece(self, now_ms: int) -> None:
        assert self._download is not None
        self.deadline_ms = now_ms + self._timing.fetch_ms
        self.fetch_at_ms = now_ms + self._timing.request_ms
        self._out.send([self.leader], self._download.question(self.epoch, self._id))

    def take_piece(self, answer: SnapshotAnswer, now_ms: int) -> None:
        """Of a snapshot that is whole, and newer than what is known to be committed, the log goes on from its end."""
        download = self._download
        if download is None or answer.id != download.id:
            return
        if answer.epoch != self.epoch or answer.leader not in (self.leader, NOBODY):
            return
        if not download.take(answer):
            self._later(now_ms)
        elif not download.is_complete:
            self._ask_for_piece(now_ms)
        else:
            self._install(download, now_ms)

    def _install(self, download: Download, now_ms: int) -> None:
        voters = self._opens(download.id, download.data)
        if voters is None or download.id.end_offset <= self._known.committed:
            self._later(now_ms)
            return
        self._log.start_anew(*download.id)
        self._voters.start_anew(voters)
        self._known.persisted = 0
        self._commit(download.id.end_offset)
        self._out.install = Install(download.id, download.data)
        self.fetch(now_ms)
