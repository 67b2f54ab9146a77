# %% [markdown] id="welcome"
# # Lesson 12 · KRaft: the controllers' log
#
# Who knows which topics there are, which brokers live, who leads which partition? The **controllers**. They write it
# into a log, like any other in Kafka, and everybody reads it. Several controllers hold that log, so one may die. But
# then they have to agree: who may write it, and from when on is something *decided*? That is **KRaft**: Kafka's Raft.
#
# Three exercises; 40 minutes. The cluster is simulated: time is virtual, and the same cells give the same run. (Lesson
# 11, ZooKeeper, which did this before, is still to come. You don't need it here.)

# %% setup=true id="setup"
from minikafka_lessons import (
    begin,
    check,
    hint,
    mine,
    predict,
    quorum,
    show,
    summary,
)

cluster = begin(12)
cluster.mark("begin")
[
    f"{c.name}: {'active' if c.is_leader else 'follows'}"
    for c in cluster.snapshot().controllers
]

# %% [markdown] id="log"
# ## 1. A log instead of a database
#
# Three brokers and three controllers have just started. Here is all that they know, from a controller's own file
# `__cluster_metadata-0/00000000000000000000.log`, record by record:

# %% id="records"
print(quorum.records(cluster))

# %% [markdown] id="records-meaning"
# The first records come from the controllers themselves (their ids are 3000, 3001, 3002): who was elected, and who may
# vote. Then a few settings; then each broker registers, *fenced* at first, and is unfenced by a change. Each record has an offset, and an **epoch**: the
# number of the reign in which it was written.
#
# What does a new topic add?

# %% id="records-asked"
records = predict("records")
records

# %% id="topic"
from minikafka import Cluster, Rules

cluster.rewind("begin")
before = quorum.records(cluster).end
cluster.create_topic("orders", partitions=2, replication_factor=3)
cluster.run(1)
added = quorum.records(cluster, since=before)
print(added)
cluster.mark("one topic")

# %% id="records-came"
records.reveal(len(added) == 1, len(added) == 3, len(added) == 7)

# %% [markdown] id="replay"
# Nothing else is stored. Whoever plays the log from its beginning has the state of the cluster: a broker that starts,
# a controller that takes over, and you. Kill a broker, wait until it is missed, and play it:

# %% id="replayed"
cluster.rewind("one topic")
cluster.kill("broker-1")
cluster.run(15)

leaders = {}
for record in quorum.records(cluster):
    if record.type in ("PARTITION_RECORD", "PARTITION_CHANGE_RECORD"):
        partition, leader = record.data["partitionId"], record.data.get("leader")
        if leader is not None:
            leaders[partition] = f"broker-{leader}"

print("by the log:     ", leaders)
topic = cluster.snapshot().topic("orders")
print("by the snapshot:", {p.index: p.leader for p in topic.partitions})
print(quorum.records(cluster, since=added.end))

# %% [markdown] id="who"
# ## 2. Who leads, and why
#
# One of the controllers is **active**: it leads the log, and it alone decides. The two others fetch from it, as followers
# of any partition do. Brokers fetch as well, but have no vote. Now kill it.

# %% id="gap-asked"
gap = predict("gap")
gap

# %% id="write-asked"
write = predict("write")
write

# %% id="killed" measures="takes-over"
cluster.rewind("begin")
cluster.create_topic("orders", partitions=2, replication_factor=3)
cluster.run(3)
cluster.mark("before the death")
took = quorum.death_at_once(cluster, "orders")
print(took)
cluster.mark("elected")

# %% id="killed-came"
gap.reveal(took.create_s < 0.1, 1.5 < took.create_s < 6, took.create_s > 8)

# %% id="write-came"
write.reveal(
    took.is_written and took.write_s < 0.5,
    took.is_written and took.write_s >= 0.5,
    not took.is_written,
)

# %% [markdown] id="election"
# Producers and consumers didn't notice: brokers lead their partitions without asking. Only what has to be *decided* (a
# topic, another leader) waits. How did the two agree? Point at a line to read the message.

# %% id="votes"
asked = cluster.messages(api="VOTE", since="before the death")
show.space_time(
    cluster,
    api=("VOTE", "BEGIN_QUORUM_EPOCH"),
    since=asked[0].began_s - 0.005,
    until=asked[-1].began_s + 0.01,
)

# %% id="reigns"
cluster.rewind("elected")
old = next(c.name for c in cluster.snapshot().controllers if c.state == "down")
cluster.run(4)
cluster.restart(old)
cluster.run(4)
show.reigns(cluster)

# %% [markdown] id="election-meaning"
# Step by step:
#
# | | |
# |---|---|
# | **silence** | for 2 s (`controller.quorum.fetch.timeout.ms`) a follower hears nothing from its leader |
# | **pre-vote** | it asks the others: *would* you vote for me? That binds nobody. Who still hears a leader says no |
# | **vote** | it begins a new epoch, votes for itself, and asks again. Each has **one vote an epoch**, and writes it to its disk first |
# | **majority** | two of three are enough. It leads, tells the others, and writes its first record: LEADER_CHANGE |
#
# Epoch 2 had no leader here: both stood at the same moment, and each had its own vote. Then a lot says who tries again
# first. The old leader comes back, hears of a newer epoch, and follows. Two can't lead in one epoch: any two majorities
# have a voter in common, and that one votes once.
#
# > **In Kafka itself**: `KafkaRaftClient`, `QuorumState`, the file `quorum-state`; KIP-595, pre-vote: KIP-996.
# > `kafka-metadata-quorum describe --status` shows leader, epoch and voters.
#
# ## 3. How long does nobody lead?
#
# One death is one number. Here are 200, each with its own luck: first killed, then stopped in good order, so that it says
# goodbye (EndQuorumEpoch), then killed where followers are patient for one second only.

# %% id="gaps"
killed = quorum.without_a_leader(range(200))
goodbye = quorum.without_a_leader(range(200), says_goodbye=True)
hasty = quorum.without_a_leader(range(200), fetch_timeout_ms=1000)

print("killed\n", killed, sep="")
print("\nsays goodbye\n", goodbye, sep="")
print("\nkilled, fetch.timeout 1 s\n", hasty, sep="")

# %% [markdown] id="votes-break"
# Then why not 10 ms? A leader that pauses for a garbage collection would be deposed each time. Patience is a choice between
# a long gap and a needless election.
#
# ## 4. See it break
#
# Three controllers that are kind: they vote for everybody who asks. Two hundred small quorums with bad luck (power cuts, lost
# messages, cut networks) are tried, until one breaks:


# %% id="kind"
def kind(*facts):
    return True


print(quorum.disasters(range(200), grants_vote=kind))

# %% [markdown] id="kind-read"
# Read it from the end: what was promised, who broke it, and who voted for whom before. With Kafka's rules:

# %% id="kafkas"
print(quorum.disasters(range(200)))

# %% [markdown] id="12a-task"
# ### Exercise 12a: who may lead
#
# `majority(voters)` says how many votes it takes. `grants_vote` says `True` or `False`, and gets:
#
# | | |
# |---|---|
# | `candidate`, `candidate_epoch` | who asks, and for which epoch |
# | `candidate_last_epoch`, `candidate_end_offset` | the epoch of the last record in its log; the offset after it |
# | `epoch`, `voted_for`, `leader` | the voter's own epoch; whom it has voted for *in it*, and who leads it, as far as it knows (`None`: nobody) |
# | `last_epoch`, `end_offset` | of the voter's own log |
#
# A log is at least as good as another when its last epoch is newer, or the same and its end not smaller: then it has all
# that a majority had.


# %% exercise="12a" id="12a"
def majority(voters):
    """So many votes of so many voters."""
    ### BEGIN SOLUTION
    return voters // 2 + 1
    ### END SOLUTION


def grants_vote(
    candidate,
    candidate_epoch,
    candidate_last_epoch,
    candidate_end_offset,
    epoch,
    voted_for,
    leader,
    last_epoch,
    end_offset,
):
    """Does the candidate get this voter's vote?"""
    ### BEGIN SOLUTION
    if candidate_epoch < epoch:
        return False
    if candidate_epoch == epoch and leader is not None:
        return False
    if candidate_epoch == epoch and voted_for not in (None, candidate):
        return False
    theirs = (candidate_last_epoch, candidate_end_offset)
    return theirs >= (last_epoch, end_offset)
    ### END SOLUTION


# %% check="12a" id="12a-check"
check("12a")

# %% [markdown] id="yours-lead"
# Your rules in a cluster (ours, while yours aren't written): three controllers die in turn, and somebody changes a setting
# again and again. Invariants watch.

# %% id="your-votes"
mine_majority, mine_vote = mine(majority), mine(grants_vote)
print(
    quorum.three_controllers(
        Rules(majority=mine_majority, grants_vote=mine_vote), seed=12
    )
)
print("votes granted", mine_vote.by)

# %% [markdown] id="committed"
# ## 5. What may be appended, and what is committed
#
# A leader that nobody hears writes on: its records are on its own disk only. Somebody else is elected, and it comes back.
# When are its records committed? “As soon as a majority has them”, one would say:


# %% id="left"
def as_soon_as_a_majority(committed, epoch_start, majority_has):
    return max(committed, majority_has)


left = quorum.left_by_another(commit_offset=as_soon_as_a_majority)
print(*left.notes, sep="\n")
print(left.broken)

# %% [markdown] id="left-meaning"
# The first leader left records. In its second reign it brought them to one more controller: two of three! It took them for
# committed, and both lost power. But the *second* leader's last epoch was **newer**, so it got the vote, without those
# records. Hence Raft's rule: what earlier epochs left is committed only **together with a record of the leader's own
# epoch**. Only then can nobody be elected any more who doesn't have it.
#
# And what does a follower get? It asks: “I end at 11, my last record is of epoch 1.” The leader looks up the newest epoch
# in its own log that isn't newer than that, and where it ends there. Either the follower's log is a beginning of its own;
# then the rest is appended. Or not; then the follower cuts back and asks again.
#
# ### Exercise 12b: two rules for the log
#
# | rule | gets | says |
# |---|---|---|
# | `may_append` | the follower's last epoch and its end; the newest epoch of the leader's log that isn't newer, and where that ends | may the rest follow? `True`/`False` |
# | `commit_offset` | what is committed; where the leader's own records begin; a majority has all below this | below which offset all is committed now |


# %% exercise="12b" id="12b"
def may_append(last_epoch, end_offset, known_epoch, known_end):
    """May what the leader has follow a log that ends so?"""
    ### BEGIN SOLUTION
    return known_epoch == last_epoch and end_offset <= known_end
    ### END SOLUTION


def commit_offset(committed, epoch_start, majority_has):
    """The offset below which all is committed."""
    ### BEGIN SOLUTION
    if majority_has > epoch_start:
        return max(committed, majority_has)
    return committed
    ### END SOLUTION


# %% check="12b" id="12b-check"
check("12b")

# %% id="your-log"
mine_append, mine_commit = mine(may_append), mine(commit_offset)
print(quorum.disasters(range(200), may_append=mine_append, commit_offset=mine_commit))
print("committed", mine_commit.by)

# %% [markdown] id="12c-task"
# ## 6. Without a majority
#
# ### Exercise 12c: done, or waits?
#
# Some controllers are killed, the active one among them, and 25 s later the client gives up. Is what it asked `"done"`, or
# does it wait (`"waits"`)? Replace each `None` *before* you run on.
#
# | | controllers | dead | asked |
# |---|---|---|---|
# | A | 3 | 1 | create a topic |
# | B | 3 | 2 | create a topic |
# | C | 3 | 2 | write (acks=all) to a topic that is there |
# | D | 3 | 2, and then the broker that leads the partition | write (acks=all) |
# | E | 4 | 2 | create a topic |
# | F | 5 | 2 | create a topic |
# | G | 3 | 2, and one comes back | create a topic |

# %% exercise="12c" id="12c"
outcomes = {
    ### BEGIN SOLUTION
    "A": "done",
    "B": "waits",
    "C": "done",
    "D": "waits",
    "E": "waits",
    "F": "done",
    "G": "done",
    ### END SOLUTION
}

# %% [markdown] id="drills-run"
# Now it happens. (The marks come at the end.)

# %% id="drills" measures="available"
for name, wanted in quorum.DRILLS.items():
    print(f"{name}  {wanted.dead} of {wanted.controllers} dead: {quorum.drill(name)}")

# %% [markdown] id="drills-meaning"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# Writing needs the partition's leader, and that was decided before. A new topic, or another leader, has to be written to the
# metadata log, and is decided when a majority has it. Four bear one death, like three: that is why the number is **odd**. And
# who comes back brings its log and its vote with it; nothing is repaired by hand.
#
# </details>

# %% check="12c" id="12c-check"
check("12c")

# %% [markdown] id="in-kafka"
# ## In Kafka itself
#
# > `QuorumController` decides, and replays what is committed; `KafkaRaftClient` has the log. A vote:
# > `UnattachedState.canGrantVote`; appending: `KafkaRaftLog.validateOffsetAndEpoch`; committing:
# > `LeaderState.maybeUpdateHighWatermark`. KIP-500 (why), KIP-595 (Raft by fetching), KIP-630 (snapshots), KIP-631 (the
# > controller), KIP-853 (voters that come and go), KIP-996 (pre-vote). In Raft leaders push; in Kafka followers *fetch*.
#
# ## What you have seen
#
# | | where |
# |---|---|
# | all that a cluster knows of itself is a log; who replays it has the state | 1 |
# | the active controller leads that log; without it nothing new is decided, and what is led goes on | 2 |
# | an election: silence, pre-vote, one vote an epoch, a majority | 2 |
# | 2 to 4 s without a leader after a death, far less after a goodbye | 3 |
# | a vote goes only to a log that has all that was committed | 4 |
# | logs that differ are cut back; old records are committed with one of the leader's own epoch | 5 |
# | 3 bear one death, 5 bear two, 4 no more than 3 | 6 |
#
# All marks, hidden checks included: `minikafka grade` in a terminal.

# %% id="summary"
cluster.close()
summary()
