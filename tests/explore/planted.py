"""Bugs that are planted, one at a time: a wrong rule, or a function of a node that does something else."""

from dataclasses import dataclass, field, replace

from minikafka import Rules
from minikafka.controller import alter_partition, brokers, snapshot_generator
from minikafka.controller.core import Controller
from minikafka.controller.decision import Decision
from minikafka.coordinator.offsets import Offsets
from minikafka.explore.anomalies import LOST_CHANGE
from minikafka.explore.case import SNAPSHOTS
from minikafka.log.producers import ProducerStates
from minikafka.metadata.batches import decode_batch
from minikafka.metadata.records import BrokerRegistrationChangeRecord, ConfigRecord
from minikafka.protocol.errors import ErrorCode
from minikafka.quorum import metadata_store
from minikafka.quorum.metadata_store import MetadataStore
from minikafka.quorum.state import write_quorum_state
from minikafka.records.batch import read_batches
from minikafka.replication.partition import Partition


@dataclass(frozen=True)
class Bug:
    """`names`: what may be found broken, as safety or as what clients saw."""

    names: tuple[str, ...]
    rules: Rules | None = None
    patches: tuple = ()
    kinds: tuple[str, ...] = ("kill", "power", "stop", "suspend", "cut", "cut-one-way", "slow")
    controllers: int = 1
    configs: dict[str, str] = field(default_factory=dict)


WAITS = "the high watermark waits for the whole ISR"
HAS_ALL = "an ISR member has all that was committed"
ONE_LEADER = "one leader in an epoch"
VOTES_ONCE = "a voter votes once in an epoch"
NEW_HAS_ALL = "a new controller has all that was committed"
STAYS = "committed metadata stays"
ON_A_MAJORITY = "what is committed is on the disks of a majority"
OF_QUORUMS = ("kill", "power", "suspend", "cut", "slow", "loss")
LEADER_HAS_ALL = "a leader has all that was committed"
SAME = "committed records are the same everywhere"


def _one_too_far(current, end, isr_ends):
    return max(current, min(end, min([end, *isr_ends]) + 1))


def _anybody(replicas, isr, alive, unclean):
    return next((replica for replica in replicas if replica in alive), None)


def _truncates_by_its_high_watermark(original):
    def follow(self, new_epoch):
        original(self, new_epoch)
        if new_epoch:
            self.log.truncate_to(max(self.log.high_watermark, self.log.log_start_offset))

    return follow


def _everything_to_everybody(subscriptions, counts, owned):
    return {m: [(t, p) for t in topics for p in range(counts[t])] for m, topics in subscriptions.items()}


def _fences_and_leaves_the_isr_as_it_is(original):
    def fence(situation, broker, response):
        decision = original(situation, broker, response)
        return Decision(
            tuple(r for r in decision.records if isinstance(r, BrokerRegistrationChangeRecord)), response
        )

    return fence


def _falls_over(original):
    def follow(self, new_epoch):
        if self.leader_epoch > 0:
            raise ZeroDivisionError
        original(self, new_epoch)

    return follow


def _in_epoch_zero(original):
    def append(self, data):
        changed = bytearray(data)
        position = 0
        while position < len(changed):
            changed[position + 12 : position + 16] = bytes(4)
            position += 12 + int.from_bytes(changed[position + 8 : position + 12], "big")
        return original(self, memoryview(changed))

    return append


def _once_for_each(candidate, candidate_epoch, last, end, epoch, voted, leader, own_last, own_end):
    return candidate_epoch >= epoch and leader is None and (last, end) >= (own_last, own_end)


def _whatever_its_log(candidate, candidate_epoch, last, end, epoch, voted, leader, *_):
    return candidate_epoch >= epoch and leader is None and voted in (None, candidate)


def _remembers_only(self, state):
    self.state = state


def _writes_no_vote(original):
    def write(disk, directory, state):
        original(disk, directory, replace(state, voted_id=-1))

    return write


def _replays_to_the_end(self, from_offset=0):
    offset = max(from_offset, self.start_offset)
    while data := self.log.read(offset, 1 << 20, up_to_offset=self.end_offset, at_least_one=True):
        for batch in read_batches(data):
            if batch.header.base_offset >= from_offset:
                yield decode_batch(batch)
            offset = batch.header.next_offset


def _without_settings(original):
    def records_of(image):
        return (record for record in original(image) if not isinstance(record, ConfigRecord))

    return records_of


def _decides_on(original):
    def forget(self):
        if not self._foreseen:
            original(self)

    return forget


BUGS = {
    "the high watermark is one too far": Bug((WAITS,), Rules(high_watermark=_one_too_far)),
    "the high watermark is the leader's end": Bug(
        (WAITS,), Rules(high_watermark=lambda current, end, isr_ends: max(current, end))
    ),
    "the leader alone answers acks=all": Bug(
        ("lost write",), Rules(acks_satisfied=lambda required, high_watermark: True)
    ),
    "a follower truncates to its high watermark": Bug(
        (HAS_ALL, LEADER_HAS_ALL),
        patches=((Partition, "_follow", _truncates_by_its_high_watermark(Partition._follow)),),
    ),
    "a follower truncates nothing": Bug(
        ("replicas are in sync", HAS_ALL, LEADER_HAS_ALL, SAME),
        Rules(truncation_offset=lambda follower_end, diverging_end: follower_end),
    ),
    "the ISR grows too early": Bug(
        (HAS_ALL,),
        patches=(
            (Partition, "could_rejoin", lambda self, replica: replica not in self.isr),
            (Partition, "_belongs", lambda self, *_: True),
        ),
    ),
    "sequence numbers are not checked": Bug(
        ("duplicate", "order broken"), patches=((ProducerStates, "check", lambda self, header, offset: None),)
    ),
    "a partition has two owners": Bug(
        ("a partition has one owner in a group",),
        Rules(
            **dict.fromkeys(
                ("assign_range", "assign_round_robin", "assign_cooperative_sticky"), _everything_to_everybody
            )
        ),
    ),
    "a fenced broker stays in the ISR": Bug(
        ("a fenced broker is in no ISR",),
        patches=((brokers, "fence", _fences_and_leaves_the_isr_as_it_is(brokers.fence)),),
    ),
    "the controller believes a leader of the past": Bug(
        (HAS_ALL, LEADER_HAS_ALL, "the leader is in the ISR", "a fenced broker is in no ISR"),
        patches=((alter_partition, "_check", lambda *_: ErrorCode.NONE),),
    ),
    "a broker falls over its second leader epoch": Bug(
        ("something failed inside",), patches=((Partition, "_follow", _falls_over(Partition._follow)),)
    ),
    "a coordinator forgets committed offsets": Bug(
        ("lost commit",), patches=((Offsets, "apply", lambda self, record: None),)
    ),
    "the high watermark stands still": Bug(
        ("writes are acknowledged",), Rules(high_watermark=lambda current, *_: current)
    ),
    "acks=all is never satisfied": Bug(
        ("writes are acknowledged",),
        Rules(acks_satisfied=lambda required, high_watermark: False),
    ),
    "a voter votes twice in an epoch": Bug(
        (ONE_LEADER, VOTES_ONCE), Rules(grants_vote=_once_for_each), kinds=OF_QUORUMS, controllers=3
    ),
    "a log isn't compared for a vote": Bug(
        (NEW_HAS_ALL, STAYS, LOST_CHANGE),
        Rules(grants_vote=_whatever_its_log),
        kinds=OF_QUORUMS,
        controllers=3,
    ),
    "one controller is a majority": Bug(
        (ON_A_MAJORITY, ONE_LEADER), Rules(majority=lambda voters: 1), kinds=OF_QUORUMS, controllers=3
    ),
    "a controller commits what another began": Bug(
        ("a leader commits by a record of its own epoch",),
        Rules(commit_offset=lambda committed, epoch_start, has: max(committed, has)),
        kinds=OF_QUORUMS,
        controllers=3,
    ),
    "an epoch is lost with the power": Bug(
        ("a voter's epoch never falls",),
        patches=((MetadataStore, "keep", _remembers_only),),
        kinds=OF_QUORUMS,
        controllers=3,
    ),
    "a vote is lost with the power": Bug(
        (VOTES_ONCE,),
        patches=((metadata_store, "write_quorum_state", _writes_no_vote(write_quorum_state)),),
        kinds=OF_QUORUMS,
        controllers=3,
    ),
    "what isn't committed is replayed": Bug(
        ("only what is committed is replayed",),
        patches=((MetadataStore, "replay", _replays_to_the_end),),
        kinds=OF_QUORUMS,
        controllers=3,
    ),
    "a snapshot forgets": Bug(
        ("a snapshot holds all that was committed",),
        patches=((snapshot_generator, "records_of", _without_settings(snapshot_generator.records_of)),),
        kinds=OF_QUORUMS,
        controllers=3,
        configs=SNAPSHOTS,
    ),
    "a stale controller decides on what was lost": Bug(
        ("something failed inside", LOST_CHANGE),
        patches=((Controller, "forget_foreseen", _decides_on(Controller.forget_foreseen)),),
        kinds=OF_QUORUMS,
        controllers=3,
    ),
}
