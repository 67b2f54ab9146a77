"""A follower under one leader: what it asks, and what it makes of the answers.

Rule: asking says that it has all before that on its disk for good, so it asks only then; what doesn't follow its log is
asked for again, and nothing takes away what was committed. Kafka: `FollowerState`, `KafkaRaftClient`
(`handleFetchResponse`, `handleFetchSnapshotResponse`); KIP-595, KIP-630.
"""

from __future__ import annotations

from collections.abc import Callable

from minikafka.quorum.raft.download import Download
from minikafka.quorum.raft.messages import NOBODY, Fetch, FetchAnswer, SnapshotAnswer, SnapshotId
from minikafka.quorum.raft.ready import Install
from minikafka.quorum.raft.voter import Voter
from minikafka.quorum.raft.voter_sets import Directories

Opens = Callable[[SnapshotId, bytes], Directories | None]
"""Who votes by that snapshot (nobody: it doesn't say); None: it isn't whole."""


class Following:
    """What `voter` does under `leader`."""

    def __init__(self, voter: Voter, leader: int, epoch: int, opens: Opens, now_ms: int) -> None:
        self.leader = leader
        self.epoch = epoch
        self.deadline_ms = now_ms + voter.timing.fetch_ms
        """When it has heard nothing for too long."""
        self.fetch_at_ms = 0
        """When it asks (again)."""
        self.waits_for_disk = False
        self.has_fetched = False
        self.said_goodbye = False
        """The leader has: it may be missed, whatever of it still comes."""
        self._voter = voter
        self._opens = opens
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
        self.fetch_at_ms = now_ms + self._voter.timing.request_ms
        self.waits_for_disk = self._voter.persisted < self._voter.log.end_offset
        if not self.waits_for_disk:
            ask = Fetch(self.epoch, self._voter.id, self._voter.log.end_offset, self._voter.log.last_epoch)
            self._voter.out.send([self.leader], ask)

    def take(self, answer: FetchAnswer, now_ms: int) -> None:
        """What the leader has more, or where its log parts from this one."""
        log = self._voter.log
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
            self.deadline_ms = now_ms + self._voter.timing.fetch_ms
            for entry in answer.entries:
                log.append(entry.epoch, entry.size)
                if entry.voters is not None:
                    self._voter.voters.say(entry.offset, entry.voters)
                self._voter.out.entries.append(entry)
            if answer.diverging is None:  # else what is left may still be another than the leader's
                self._voter.commit(min(answer.high_watermark, log.end_offset))
            self.fetch(now_ms)
        else:
            self._later(now_ms)

    def _later(self, now_ms: int) -> None:
        self._download = None
        self.fetch_at_ms = now_ms + self._voter.timing.retry_ms

    def _cut_back(self, answer: FetchAnswer) -> bool:
        """False where that would take away what was committed: no leader may ask for it."""
        if answer.diverging is None:
            return True
        voter = self._voter
        own_end = voter.log.end_of(answer.diverging.epoch).end_offset
        to = voter.rules.truncation_offset(own_end, answer.diverging.end_offset)
        if not voter.committed <= to < voter.log.end_offset:
            return False
        voter.log.truncate(to)
        voter.voters.truncate(to)
        voter.persisted = min(voter.persisted, to)
        voter.out.truncate_to = to
        return True

    # -- snapshots -------------------------------------------------------------------------------------------

    def _begin_download(self, snapshot: SnapshotId, now_ms: int) -> None:
        """One from the past has nothing that isn't known to be committed here."""
        if snapshot.end_offset <= self._voter.committed:
            self._later(now_ms)
            return
        self.has_fetched = True
        self._download = Download(snapshot)
        self._ask_for_piece(now_ms)

    def _ask_for_piece(self, now_ms: int) -> None:
        assert self._download is not None
        self.deadline_ms = now_ms + self._voter.timing.fetch_ms
        self.fetch_at_ms = now_ms + self._voter.timing.request_ms
        self._voter.out.send([self.leader], self._download.question(self.epoch, self._voter.id))

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
        voters, voter = self._opens(download.id, download.data), self._voter
        if voters is None or download.id.end_offset <= voter.committed:
            self._later(now_ms)
            return
        voter.log.start_anew(*download.id)
        voter.voters.start_anew(voters)
        voter.persisted = 0
        voter.commit(download.id.end_offset)
        voter.out.install = Install(download.id, download.data)
        self.fetch(now_ms)
