"""What must hold of the controllers' quorum: Raft's own promises, over the real logs and files of its members.

Rule: what a member's disk held when it was last seen counts while it is down: a power cut takes nothing that was
synced. Kafka: `RaftEventSimulationTest` (`MajorityReachedHighWatermark`, `SingleLeader`, `MonotonicEpoch`,
`MonotonicHighWatermark`, `CommittedRecords`); KIP-595.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import NamedTuple, NoReturn

from minikafka.controller.node import ControllerNode
from minikafka.metadata.image import MetadataImage
from minikafka.policy import majority
from minikafka.quorum import Quorum
from minikafka.quorum.state import QuorumState
from minikafka.records.batch import read_batches

READ_BYTES = 16 << 20
REMEMBERED_IMAGES = 200
Fail = Callable[..., NoReturn]


class _Batch(NamedTuple):
    """Of a metadata log."""

    base: int
    end: int
    epoch: int
    checksum: int


class _Looked(NamedTuple):
    """Of a member, at the last look."""

    quorum: Quorum
    leads: bool
    epoch: int
    state: QuorumState
    start: int
    end: int
    high_watermark: int
    synced: int
    replayed: int
    voters: tuple[int, ...]


@dataclass
class _Member:
    """What is remembered of one, dead or alive."""

    id: int
    looked: _Looked
    batches: list[_Batch] = field(default_factory=list)
    synced: int = 0
    """All below is on its disk for good."""
    verified: int = 0
    """Up to here its log was compared with what is committed."""

    @property
    def end(self) -> int:
        return self.batches[-1].end if self.batches else self.looked.start

    def cut(self, offset: int) -> None:
        """Its log ends there."""
        while self.batches and self.batches[-1].end > offset:
            self.batches.pop()
        self.synced, self.verified = min(self.synced, offset), min(self.verified, offset)

    def holds(self, batch: _Batch) -> bool:
        """For good?"""
        return self.synced >= batch.end and batch in self.batches


class QuorumInvariants:
    """`fail` raises; it is given the name of what broke, a sentence, kinds of events and `host`."""

    def __init__(self, fail: Fail) -> None:
        self.committed: list[_Batch] = []
        self.committed_end = 0
        """All below is committed, as far as anybody knows."""
        self._fail = fail
        self._by_base: dict[int, _Batch] = {}
        self._committed_in = 0
        """The newest epoch in which anything of it may have been committed."""
        self._members: dict[str, _Member] = {}
        self._leaders: dict[int, str] = {}
        self._known: dict[tuple[int, int], tuple[_Batch, _Batch | None]] = {}
        """By offset and epoch: each batch of any log, and the one before it."""
        self._images: dict[int, MetadataImage] = {}
        """By offset, the last ones of whoever replayed all before it, or was found to know the same."""
        self._unsure: dict[str, None] = {}
        """Who began with a snapshot, and hasn't been at an offset yet at which it could be compared."""

    def copy(self) -> QuorumInvariants:
        """One of its own."""
        made = QuorumInvariants(self._fail)
        made.__dict__.update(
            {
                name: value.copy() if isinstance(value, dict | list) else value
                for name, value in vars(self).items()
            }
        )
        made._members = {
            host: replace(member, batches=[*member.batches]) for host, member in self._members.items()
        }
        return made

    def was_cut(self, host: str, offset: int) -> None:
        """That member's log was."""
        if host in self._members:
            self._members[host].cut(offset)

    def look(self, controllers: Mapping[str, ControllerNode | None]) -> None:
        """At what has changed of these; logs first: what one commits must be with the others by now."""
        changed: list[tuple[str, _Member, _Looked | None]] = []
        for host, node in controllers.items():
            if node is None:
                continue
            member = self._members.get(host)
            before = None if member is None else member.looked
            now = _looked(node, before)
            if now is before:
                continue
            if member is None:
                member = self._members[host] = _Member(node.id, now)
            self._read(host, member, now, before)
            self._knows(host, node.image, now, before)
            changed.append((host, member, before))
        for host, member, before in changed:
            self._epochs(host, member.looked, before)
            self._commits(host, member, before)
        for host, member, _ in changed:
            self._compare(host, member)

    def _read(self, host: str, member: _Member, now: _Looked, before: _Looked | None) -> None:
        """What is new of its log; of a new life, or behind a new snapshot, all of it."""
        if before is None or before.quorum is not now.quorum or before.start != now.start:
            member.batches.clear()
            member.verified = 0
        member.looked = now
        if now.end < member.end:
            member.cut(now.end)
        member.synced = min(max(member.synced, now.synced), now.end)
        offset = max(member.end, now.start)
        while offset < now.end:
            data = now.quorum.read(offset, READ_BYTES, now.end)
            if not data:
                break
            for batch in read_batches(memoryview(data)):
                header = batch.header
                offset = header.next_offset
                found = _Batch(
                    header.base_offset, offset, header.partition_leader_epoch, zlib.crc32(batch.data)
                )
                previous = member.batches[-1] if member.batches else None
                self._match(host, found, previous)
                member.batches.append(found)

    def _knows(self, host: str, image: MetadataImage, now: _Looked, before: _Looked | None) -> None:
        """Who begins with a snapshot knows what those know who replayed the log before it."""
        goes_on = before is not None and before.quorum is now.quorum
        if before is None or not goes_on or (before.start != now.start and before.replayed != now.replayed):
            self._unsure.pop(host, None)
            if now.start > 0:
                self._unsure[host] = None
        known = self._images.get(image.offset)
        if host not in self._unsure:
            if known is None:
                self._images[image.offset] = image
                if len(self._images) > REMEMBERED_IMAGES:
                    del self._images[next(iter(self._images))]
        elif known is not None:
            if image != known:
                names = [f.name for f in fields(image) if getattr(image, f.name) != getattr(known, f.name)]
                self._fail(
                    "a snapshot holds all that was committed",
                    f"{host} began with a snapshot, and knows something else at offset {image.offset} than who "
                    f"replayed all before it: {', '.join(names)}",
                    host=host,
                )
            del self._unsure[host]

    def _match(self, host: str, batch: _Batch, previous: _Batch | None) -> None:
        """Of two logs that have the same epoch at an offset, all before it is the same."""
        key = (batch.base, batch.epoch)
        known, before = self._known.get(key, (batch, previous))
        if known != batch or (before is not None and previous is not None and before != previous):
            self._fail(
                "metadata logs match",
                f"{host} has another batch than others at offset {batch.base} of epoch {batch.epoch}, or before it",
                host=host,
            )
        self._known[key] = (batch, before or previous)

    def _epochs(self, host: str, now: _Looked, before: _Looked | None) -> None:
        if before is not None:
            old, new = before.state, now.state
            if new.leader_epoch < old.leader_epoch:
                self._fail(
                    "a voter's epoch never falls",
                    f"the epoch of {host} fell from {old.leader_epoch} to {new.leader_epoch}",
                    host=host,
                )
            if new.leader_epoch == old.leader_epoch and old.voted_id not in (-1, new.voted_id):
                whom = "nobody" if new.voted_id == -1 else f"{new.voted_id}"
                self._fail(
                    "a voter votes once in an epoch",
                    f"{host} voted for {old.voted_id} in epoch {old.leader_epoch}, and then for {whom}",
                    host=host,
                )
        if now.leads and self._leaders.setdefault(now.epoch, host) != host:
            self._fail(
                "one leader in an epoch",
                f"{self._leaders[now.epoch]} and {host} both lead in epoch {now.epoch}",
                host=host,
            )

    def _commits(self, host: str, member: _Member, before: _Looked | None) -> None:
        now = member.looked
        goes_on = before is not None and before.quorum is now.quorum
        if before is not None and goes_on and now.high_watermark < before.high_watermark:
            self._fail(
                "a controller's high watermark never falls",
                f"the high watermark of {host} fell from {before.high_watermark} to {now.high_watermark}",
                host=host,
            )
        leads_on = before is not None and goes_on and before.leads and before.epoch == now.epoch
        if before is not None and leads_on and now.leads and now.high_watermark > before.high_watermark:
            last = next((b for b in reversed(member.batches) if b.end <= now.high_watermark), None)
            if last is not None and last.epoch != now.epoch:
                self._fail(
                    "a leader commits by a record of its own epoch",
                    f"{host}, which leads epoch {now.epoch}, commits up to {last.end}, of epoch {last.epoch}",
                    host=host,
                )
        if now.high_watermark > self.committed_end:
            new = [b for b in member.batches if b.base >= self.committed_end and b.end <= now.high_watermark]
            if new and now.voters:  # else it takes no part yet: it only reads what it had noted
                sets = [now.voters] if before is None else [before.voters or now.voters, now.voters]
                self._on_a_majority(host, new[-1], sets)
            self.committed += new
            self._by_base.update((batch.base, batch) for batch in new)
            self.committed_end = now.high_watermark
            self._committed_in = now.epoch
        if now.replayed >= max(now.high_watermark, now.start):
            self._fail(
                "only what is committed is replayed",
                f"{host} has replayed up to {now.replayed}, and its high watermark is {now.high_watermark}",
                host=host,
            )

    def _on_a_majority(self, host: str, batch: _Batch, sets: Sequence[tuple[int, ...]]) -> None:
        """Of those who voted at the last look, or who do now."""
        having: list[int] = []
        for voters in sets:
            having = [m.id for m in self._members.values() if m.id in voters and m.holds(batch)]
            if len(having) >= majority(len(voters)):
                return
        self._fail(
            "what is committed is on the disks of a majority",
            f"{host} says that all below {batch.end} is committed, and of the voters {list(sets[-1])} "
            f"only {having} have it for good",
            host=host,
        )

    def _compare(self, host: str, member: _Member) -> None:
        """What it takes for committed is what was; a new leader has all that was committed before."""
        now = member.looked
        end = min(now.high_watermark, self.committed_end)
        if now.leads and now.epoch > self._committed_in:
            end = self.committed_end
            if member.end < end:
                self._fail(
                    "a new controller has all that was committed",
                    f"{host} leads epoch {now.epoch}, and its log ends at {member.end}, but {end} is committed",
                    host=host,
                )
        if end <= member.verified:
            return
        for batch in reversed(member.batches):
            if batch.end <= member.verified:
                break
            if batch.base < end and self._by_base.get(batch.base, batch) != batch:
                self._fail(
                    "committed metadata stays",
                    f"{host} has something else than what was committed at offset {batch.base}",
                    host=host,
                )
        member.verified = end


def _looked(node: ControllerNode, before: _Looked | None) -> _Looked:
    quorum = node.quorum
    now = (
        quorum,
        node.leads,
        quorum.leader_epoch,
        quorum.state,
        quorum.start_offset,
        quorum.end_offset,
        quorum.high_watermark,
        quorum.synced_offset,
        node.image.offset,
    )
    if before is not None and before[:-1] == now:  # then nothing was said of voters, either
        return before
    return _Looked(*now, tuple(voter.id for voter in quorum.voters))
