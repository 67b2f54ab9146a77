# %% [markdown] id="welcome"
# # Lesson 8 · ISR, high watermark, acks
#
# A partition has copies on several brokers. When is a record *safe*? When may a consumer see it? And what does the
# producer know when it hears “written”? One idea answers all three: a record is **committed** when every replica
# that is in sync has it.
#
# Two exercises; 40 minutes. The cluster is simulated: time is virtual, nothing moves but while a cell runs, and the
# same cells give the same run. Each section begins with a `rewind`, so that you may run it again.

# %% setup=true id="setup"
from minikafka_lessons import (
    accidents,
    begin,
    check,
    data,
    hint,
    mine,
    predict,
    show,
    summary,
)

cluster = begin(8)
cluster.mark("begin")
cluster

# %% [markdown] id="written"
# ## 1. Written is not committed
#
# One partition, three replicas. The leader takes the writes; the two **followers** fetch from it, as consumers do.
# Six readings of the weather, and then nothing gets from the leader to the followers any more.

# %% id="six"
from minikafka import Cluster, Rules, TopicPartition

weather = [text for _, text in data.weather(12)]


def write(to, values, acks="all", wait_s=30):
    """Send, wait at most so long; (offset, value) of what was acknowledged."""
    told = []

    def note(error, message):
        if error is None:
            told.append((message.offset(), message.value().decode()))

    producer = to.producer({"acks": acks, "linger.ms": 0, "request.timeout.ms": 60_000})
    for value in values:
        producer.produce("weather", value, on_delivery=note)
    producer.flush(wait_s)
    return told


cluster.rewind("begin")
cluster.create_topic("weather", partitions=1, replication_factor=3)
print("acknowledged:", [offset for offset, _ in write(cluster, weather[:6])])
cluster.run(1)
cluster.mark("six")

# %% id="three-more"
cluster.rewind("six")
leader = cluster.topic("weather").partitions[0].leader
followers = [b for b in ("broker-1", "broker-2", "broker-3") if b != leader]
cluster.partition([leader], followers)  # the leader reaches nobody any more
print("acknowledged:", [o for o, _ in write(cluster, weather[6:9], acks=1)])
cluster.mark("three more")

# %% id="shown"
shown = predict("shown")
shown

# %% [markdown] id="acks1-means"
# With `acks=1` the leader says “written” as soon as it has the record itself. Now a consumer reads all that it gets.


# %% id="read-all"
def read(from_):
    """All that a consumer is shown: {offset: value}."""
    consumer = from_.consumer({"group.id": "reader", "enable.auto.commit": False})
    consumer.assign([TopicPartition("weather", 0, 0)])
    found = {}
    while (message := consumer.poll(2.0)) is not None:
        if message.error() is None:
            found[message.offset()] = message.value().decode()
    consumer.close()
    return found


before = read(cluster)
print("shown:", list(before))
shown.reveal(len(before) == 9, len(before) == 6, len(before) == 0)

# %% id="tape" shows="partition-replicated, latest-offset, leader"
show.tape(cluster.snapshot(), "weather")

# %% [markdown] id="hw"
# Each log ends at its **log end offset**. Below the **high watermark** lies what all of the **ISR** (the *in-sync
# replicas*, leader included) have: that is committed, and only that is shown. Why so strict? The record is there!
#
# ## 2. See it break
#
# Here is a cluster with a rule that doesn't wait: the high watermark is the leader's own end. All else is the same.


# %% id="hasty"
def hasty(current, leader_end, isr_ends):
    return leader_end


with Cluster(3, world="simulated", seed=8, rules=Rules(high_watermark=hasty)) as wrong:
    wrong.create_topic("weather", 1, 3)
    write(wrong, weather[:6])
    wrong.run(1)
    first = wrong.snapshot().partition("weather", 0).leader
    wrong.partition(
        [first], [b for b in ("broker-1", "broker-2", "broker-3") if b != first]
    )
    write(wrong, weather[6:9], acks=1)
    seen = read(wrong)
    wrong.kill(first)
    wrong.run(15)
    wrong.heal()
    write(wrong, ["the new leader writes on"])
    again = read(wrong)

for offset in sorted(seen | again):
    mark = "" if seen.get(offset) == again.get(offset) else "  <-- !"
    print(f"{offset} | {seen.get(offset, '-'):25} | {again.get(offset, '-'):25}{mark}")

# %% [markdown] id="two-values"
# The left column was shown to a consumer, and then the leader died. The right one is what the next consumer reads.
# One offset, **two values**: somebody has acted on a reading that never was. So a consumer must not see what could
# still vanish. With the real rule the three records may be lost, too (it was `acks=1`), but nobody has seen them.
#
# ## 3. A leader dies, and comes back
#
# Back in our cluster: the same accident.

# %% id="leader-dies" shows="takes-over, available"
cluster.rewind("three more")
cluster.kill(leader)
cluster.run(15)
cluster.heal()
print("acknowledged:", write(cluster, ["the new leader writes on"]))
partition = cluster.topic("weather").partitions[0]
print("leader:", partition.leader, " leader epoch:", partition.leader_epoch)

# %% id="return"
comes_back = predict("return")
comes_back

# %% id="returned"
cluster.restart(leader)
cluster.run(10)
for traced in cluster.events():
    if (
        traced.event.kind in ("BecameLeader", "LogTruncated")
        and "weather" in traced.event.text()
    ):
        print(traced)
after = read(cluster)
gone = [value for value in weather[6:9] if value not in after.values()]
ends = {
    replica.broker: replica.end
    for replica in cluster.topic("weather").partitions[0].replicas
}
print(len(gone), "records are gone; the logs end at", ends)

# %% id="returned-came"
comes_back.reveal(
    not gone,
    len(gone) == 3 and len(set(ends.values())) == 1,
    len(set(ends.values())) > 1,
)

# %% [markdown] id="epochs"
# Every reign of a leader has a number, the **leader epoch**, and each batch carries it. The returned broker asks with
# the epoch of its last record; the leader answers where *its* log of that epoch ends. What lies beyond is **cut off**,
# and all logs are the same again. Turn back time and look: one step is one thing that happens.

# %% id="player"
show.player(cluster, lambda c: show.tape_html(c.snapshot(), "weather"))

# %% [markdown] id="in-kafka-hw"
# > **In Kafka itself**: `Partition.maybeIncrementLeaderHW`; `LeaderEpochFileCache` and the diverging epoch of a fetch
# > (KIP-101, KIP-279, KIP-595). Before KIP-101 a follower cut at its own high watermark, and could lose what was
# > committed.
#
# ## 4. A slow follower leaves the ISR, and comes back
#
# With `acks=all` a write is answered when the high watermark has passed it, and that waits for *all* of the ISR. What
# if one of them has stopped?

# %% id="slow"
slow = predict("slow")
slow

# %% id="slow-run"
cluster.rewind("begin")
cluster.create_topic("weather", partitions=1, replication_factor=3)
write(cluster, weather[:3])
leader = cluster.topic("weather").partitions[0].leader
late = "broker-3" if leader != "broker-3" else "broker-2"
cluster.partition([leader], [late])

took = []
for value in weather[3:6]:
    began = cluster.now
    write(cluster, [value], wait_s=120)
    took.append(cluster.now - began)
    print(f"{took[-1]:7.3f} s for a write with acks=all")

cluster.run(20)
cluster.heal()
cluster.run(20)

# %% id="strip"
show.isr_strip(cluster, "weather")

# %% id="slow-came"
slow.reveal(took[0] < 1, took[0] > 20 and took[1] < 1, took[0] > 100)

# %% [markdown] id="lag-time"
# Twice in every `replica.lag.time.max.ms` (30 s) the leader asks: when had this follower last *everything* that I had?
# Longer ago than that, and it is put out of the ISR; then the others are enough. Hence 30 to 45 s. It comes back as
# soon as it has all that is committed.
#
# > **In Kafka itself**: `Partition.maybeShrinkIsr`, `maybeExpandIsr`; the controller writes the ISR down (KIP-497).
#
# ### Exercise 8a: three rules
#
# The cluster asks these three, and lives or dies by them. All ends are *next* offsets: a log of 0 … 8 ends at 9.
#
# | rule | gets | says |
# |---|---|---|
# | `high_watermark` | the one of now; the leader's end; the ends of the ISR (−1: not known yet) | the new one |
# | `is_in_sync` | now; when the follower last had everything; the limit: all in ms | may it stay? `True`/`False` |
# | `truncation_offset` | the ends of two logs for the newest epoch both know: the follower's, the leader's | where to cut |


# %% exercise="8a" id="8a"
def high_watermark(current, leader_end, isr_ends):
    """The offset below which all is committed."""
    ### BEGIN SOLUTION
    return max(current, min([leader_end, *isr_ends]))
    ### END SOLUTION


def is_in_sync(now_ms, last_caught_up_ms, replica_lag_time_max_ms):
    """May this follower stay in the ISR?"""
    ### BEGIN SOLUTION
    return now_ms - last_caught_up_ms <= replica_lag_time_max_ms
    ### END SOLUTION


def truncation_offset(follower_end, diverging_end):
    """Where the follower cuts its log off."""
    ### BEGIN SOLUTION
    return min(follower_end, diverging_end)
    ### END SOLUTION


# %% check="8a" id="8a-check"
check("8a")

# %% [markdown] id="your-run"
# Your high watermark, in a run that is watched by invariants (while it isn't written, ours): a slow network, and the
# leader dies. If a record is lost, you read what befell, the first bad event, and what came before it.

# %% id="your-rule-runs"
rule = mine(high_watermark)
print(accidents.slow_network_and_a_death(Rules(high_watermark=rule), seed=8))
print(rule.by)

# %% [markdown] id="nine"
# ## 5. What does “written” promise?
#
# The producer chooses `acks`: it waits for nobody (0), for the leader (1), or for the whole ISR (`all`). The topic has
# its replication factor (RF) and **min.insync.replicas**: with `acks=all`, a write is refused (`NOT_ENOUGH_REPLICAS`)
# while the ISR is smaller than that.
#
# ### Exercise 8b: nine settings
#
# The accident: the followers named as *away* are down so long that they have left the ISR. The producer writes; the
# last record has not reached any follower yet. Then the leader's machine burns down, and whoever was away comes back.
# Is something missing that had been acknowledged (`"lost"`), nothing (`"kept"`), or was nothing accepted from the
# beginning (`"refused"`)? Replace each `None` *before* you run on.
#
# | | RF | acks | min.insync | away |
# |---|---|---|---|---|
# | A | 1 | all | 1 | nobody |
# | B | 2 | 1 | 1 | nobody |
# | C | 2 | all | 1 | nobody |
# | D | 2 | all | 1 | broker-2 |
# | E | 2 | all | 2 | broker-2 |
# | F | 3 | all | 2 | broker-2 |
# | G | 3 | all | 2 | broker-2, broker-3 |
# | H | 3 | 1 | 2 | broker-2, broker-3 |
# | I | 3 | all | 3 | broker-3 |

# %% exercise="8b" id="8b"
outcomes = {
    ### BEGIN SOLUTION
    "A": "lost",
    "B": "lost",
    "C": "kept",
    "D": "lost",
    "E": "refused",
    "F": "kept",
    "G": "refused",
    "H": "lost",
    "I": "refused",
    ### END SOLUTION
}

# %% [markdown] id="nine-run"
# Now each accident happens. (The marks come at the end.)

# %% id="nine-ran" measures="factor-3"
for name, (rf, acks, least, away) in accidents.NINE.items():
    came = accidents.outcome(rf, acks, least, away)
    print(
        f"{name}  RF {rf}  acks={acks!s:3}  min.insync {least}  {len(away)} away: {came}"
    )

# %% [markdown] id="by-chance"
# And by chance? Each follower is away or not (a coin for each), the leader dies at any moment, and what was
# acknowledged is compared with what can be read. All 27 settings, 8 accidents each: some seconds. The mark in each
# cell is the theory: with `acks=1` and a follower there, a record is in danger only until it is fetched.

# %% id="table" measures="factor-cost, factor-2, factor-3"
counted = accidents.shares(range(6, 14))
accidents.table(counted)

# %% [markdown] id="more-runs"
# With few runs the bars are wide. `python -m minikafka_lessons.stage.accidents 200` makes 200 of each, in a minute or two.
# Look along the rows: RF 1 always loses; `acks=0` and `acks=1` don't care about min.insync; `acks=all` alone is no
# promise either, for “all” may be one. **RF 3, acks=all, min.insync 2** loses nothing, and bears one broker away.
#
# > **In Kafka itself**: `Partition.appendRecordsToLeader` (NOT_ENOUGH_REPLICAS), `DelayedProduce` (waits for the high
# > watermark), KIP-966 (below min.insync.replicas the high watermark stands still).

# %% check="8b" id="8b-check"
check("8b")

# %% [markdown] id="seen"
# ## What you have seen
#
# | | where |
# |---|---|
# | a record is committed when the whole ISR has it; the high watermark says up to where | 1 |
# | consumers see what is committed only; else one offset could have two values | 1, 2 |
# | an old leader cuts off what nobody shares: leader epochs | 3 |
# | who lags longer than replica.lag.time.max.ms leaves the ISR, and comes back when it has all | 4 |
# | acks says who has it when you hear “written”; min.insync.replicas how many that must be | 5 |
# | RF 3, acks=all, min.insync.replicas=2: nothing acknowledged is lost when one broker dies | 5 |
#
# All marks, hidden checks included: `minikafka grade` in a terminal.

# %% id="summary"
cluster.close()
summary()
