# %% [markdown] id="welcome"
# # Lesson 7 · Replication
#
# Machines die. So Kafka keeps several **replicas** of each partition, on different brokers. How many is the topic's
# **replication factor** (RF). More replicas survive more deaths, and cost more disk and network: here you see both,
# counted.
#
# Three exercises; 40 minutes. The cluster is **simulated**: time stands still until a cell lets it run, and you
# may go back. Run the cells from top to bottom with **Shift+Enter**. Any cell may be run again, and interrupted.

# %% setup=true id="setup"
from zlib import crc32

from minikafka_lessons import (
    begin,
    check,
    data,
    hint,
    mine,
    predict,
    show,
    summary,
    trials,
)

cluster = begin(7)
cluster

# %% [markdown] id="replicas"
# ## 1. Leader and followers
#
# Twenty weather readings go into a topic with one partition and RF 3.

# %% id="written" shows="copies, replication-factor, leader"
cluster.create_topic("weather", partitions=1, replication_factor=3)
producer = cluster.producer({"client.id": "station"})
for key, value in data.weather(hours=10):
    producer.produce("weather", value, key=key)
producer.flush()

weather = cluster.topic("weather").partitions[0]
for replica in weather.replicas:
    does = "leads" if replica.is_leader else "follows"
    print(f"{replica.broker} {does}, its log ends at {replica.end}")

# %% [markdown] id="leader"
# What is replicated is the *partition*. One replica is the **leader** (★): producers write to it, and consumers read
# from it. The others are **followers**, which do nothing but copy. Those that keep up are *in sync*; together with the
# leader they are the **ISR**. **HW** is the *high watermark*: what lies below it is *committed*, all of the ISR have it.
#
# Two rows are pale: these followers have the records, and don't know yet that they are committed. Press **message** under
# the picture, twice: the leader's next answers tell them.

# %% id="tape" shows="partition-replicated"
show.player(cluster, lambda now: show.tape_html(now.snapshot(), "weather"))

# %% [markdown] id="how"
# ## 2. Who asks whom?
#
# One more record. How does it come to the followers? (In the picture, *LEO* is where a log ends.)

# %% id="who"
who = predict("who")
who

# %% id="one-more" shows="networked, leader"
cluster.run(1)  # whatever went on has come to rest
before = cluster.now - 0.001
producer.produce("weather", "one more reading", key="seattle")
producer.flush()
cluster.run(0.02)

weather = cluster.topic("weather").partitions[0]
leader = weather.leader
followers = [r.broker for r in weather.replicas if not r.is_leader]
produced = cluster.messages(api="PRODUCE", since=before)
hosts = [produced[0].from_host, leader, *followers]
show.space_time(cluster, since=before, between=hosts, api=["PRODUCE", "FETCH"])

# %% id="who-came"
copied = [m for m in cluster.messages(api="FETCH", since=before) if m.to_host == leader]
asked = {m.from_host for m in copied} >= set(followers)
everywhere = {m.to_host for m in produced} > {leader}
who.reveal(not asked and not everywhere, asked, everywhere)

# %% [markdown] id="fetch"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# A follower is a reader like any other: it sends **Fetch**, the leader answers with records. When there is nothing new
# the leader lets it wait, up to half a second. Tap a follower's last Fetch: its `fetch_offset` is 21. (One that leaves it
# out says “as before”.) That is how the leader knows what each follower has. When all of the ISR have the record, it
# answers the producer (`acks=all`, the default).
#
# </details>
#
# ## 3. The same log everywhere

# %% id="same"
same = predict("same")
same

# %% id="files" shows="copies"
cluster.run(1)
files = cluster.log_files("weather")
for broker, content in files.items():
    print(f"{broker}: {len(content):,} bytes, CRC-32 {crc32(content):08x}")

# %% id="same-came"
ends = {r.end for r in cluster.topic("weather").partitions[0].replicas}
equal = len(set(files.values())) == 1
same.reveal(equal, len(ends) > 1, not equal and len(ends) == 1)

# %% [markdown] id="7a-task"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# Followers append the leader's batches as they are. Same bytes, same offsets: so any follower can take over, and
# consumers notice nothing.
#
# </details>
#
# ## 4. The loop of a follower
#
# ```text
# repeat:
#     ask the leader for records from   fetch_offset(…)              ← yours
#     append what comes to your own log
#     take for committed                follower_high_watermark(…)   ← yours
# ```
#
# ### Exercise 7a: the two decisions
#
# **`fetch_offset`** gets three offsets of the follower's own log: its start, the high watermark that it knows, and
# its end (the next offset to be written). It returns the offset to ask for. The leader takes that as the follower's
# word: “I have everything below.”
#
# **`follower_high_watermark`** gets the end of the follower's own log, after it has appended, and the high watermark in
# the leader's answer. It returns what the follower knows to be committed. (It may have been away, and be far behind.)
#
# Your functions will run in whole clusters: one that only writes, one in which a follower was away, one whose leader
# dies. (`orders-0` in a message is partition 0 of the topic `orders`.)


# %% exercise="7a" id="7a"
def fetch_offset(log_start_offset, high_watermark, log_end_offset):
    """From which offset the follower asks for more."""
    ### BEGIN SOLUTION
    return log_end_offset
    ### END SOLUTION


def follower_high_watermark(log_end_offset, leader_high_watermark):
    """Below which offset all is committed, as far as this follower knows."""
    ### BEGIN SOLUTION
    return min(log_end_offset, leader_high_watermark)
    ### END SOLUTION


# %% check="7a" id="7a-check"
check("7a")

# %% [markdown] id="break-it"
# Stuck? `hint("7a", 1)`, then 2, then 3. And now see it break, on purpose: followers that ask from the high watermark,
# and followers that take all they have for committed. Then yours (or ours, as long as yours isn't written).

# %% id="broken"
from minikafka import Rules

print("1.", trials.follow(Rules(fetch_offset=lambda start, known, end: known)))
print("2.", trials.follow(Rules(follower_high_watermark=lambda end, leader: end)))

ask, learn = mine(fetch_offset), mine(follower_high_watermark)
print("3.", trials.follow(Rules(fetch_offset=ask, follower_high_watermark=learn)))
print("  ", ask.by)

# %% [markdown] id="predict-all"
# ## 5. What can each factor bear?
#
# ### Exercise 7b: predict
#
# A cluster of **five** brokers, partitions with RF 1, 2 and 3. Replace each `None` *before* you run on; the marks come
# at the end.


# %% exercise="7b" id="7b"
prediction = {
    ### BEGIN SOLUTION
    "bears_1": 0,  # how many brokers may die, whichever they are, and RF 1 is still readable?
    "bears_2": 1,  # … RF 2
    "bears_3": 2,  # … RF 3
    "pairs": 1,  # of the ten pairs of brokers: how many hold both replicas of one RF 2 partition?
    "disk": 3,  # RF 3 takes how many times the disk of RF 1?
    "network": 2,  # with RF 3, how often does a record go from broker to broker?
    "unbearable": False,  # is RF 3 readable after any three deaths? True or False
    ### END SOLUTION
}

# %% [markdown] id="price"
# First the price. A thousand readings are written with each factor; counted are the bytes of the log files, and of all
# Fetch messages between brokers.

# %% id="cost" measures="replication-factor, factor-cost"
rows = data.weather(hours=500)
costs = {rf: trials.cost(rows, rf) for rf in (1, 2, 3)}
for rf, cost in costs.items():
    disk = cost.disk / costs[1].disk
    network = cost.network / costs[1].disk
    print(f"RF {rf}: disk {cost.disk:9,} bytes ({disk:.1f} times the log), ", end="")
    print(f"network {cost.network:9,} bytes ({network:.1f} times)")

# %% [markdown] id="one-dies"
# ## 6. A broker dies
#
# A second topic, `single`, has RF 1.

# %% id="single"
cluster.start_all()  # whoever is down, if this cell runs again
cluster.create_topic("single", partitions=1, replication_factor=1)
producer.produce("single", "the only copy")
producer.flush()
cluster.run(1)
cluster.mark("all well")
holder = cluster.topic("single").partitions[0].replicas[0].broker
print(holder, "has the only replica of single")

# %% id="alone"
alone = predict("alone")
alone

# %% id="killed" shows="coordinator, factor-1, takes-over, available"
cluster.rewind(to="all well")
cluster.kill(holder)
cluster.run(20)

for name in ("weather", "single"):
    partition = cluster.topic(name).partitions[0]
    print(f"{name}: led by {partition.leader}, in sync {list(partition.isr)}")

# %% id="alone-came"
single = cluster.topic("single").partitions[0]
copies = [r.broker for r in single.replicas]
alone.reveal(
    copies != [holder], copies == [holder] and single.leader is None, not copies
)

# %% id="weather-after"
show.tape(cluster.snapshot(), "weather")

# %% [markdown] id="back"
# `weather` lives on, `single` waits. Its record is on the dead machine's disk and nowhere else. Back to before the
# death, and into a **branch**, a second cluster with the same past: what if the broker is shut down properly?

# %% id="what-if"
cluster.rewind(to="all well")
other = cluster.branch()
other.stop_broker(holder)
other.run(20)
stopped = other.snapshot().partition("single", 0).leader
other.restart(holder)
other.run(5)
started = other.snapshot().partition("single", 0).leader
other.close()
print(f"single is led by {stopped} while {holder} is stopped, then by {started}")

# %% [markdown] id="table"
# Even a restart for maintenance is an outage with RF 1.
#
# ## 7. Fifty clusters
#
# One run proves little. So: fifty clusters of five brokers, one for each seed. Brokers die one after the other, by
# lot. After each death a consumer reads what was acknowledged. The violet line is the theory: of all ways to draw the
# dead, those that hit every replica. (It takes some seconds.)

# %% id="deaths" measures="factor-cost, available"
trials.deaths(seeds=range(50))

# %% [markdown] id="advice-meaning"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# A partition is there as long as one of its replicas is. So RF *n* always bears *n* − 1 deaths, and more with luck.
# (Where there is no leader nobody writes, either.)
#
# </details>
#
# ## 8. The advice, tested
#
# > tests: RF 1 · production, where a little loss is allowed (logs): RF 2 · production without loss: RF 3
#
# Two deaths at once are rare. But brokers are *stopped* every week, for updates. The drill: one of the five is away;
# records are written; then another one dies for ever; the first comes back. (RF 3 has `min.insync.replicas=2` here: a write
# is refused unless two replicas get it. Lesson 8 is about that.) Also counted are the runs in which writes were *refused*
# between the death and the return.

# %% id="advice"
advice = predict("advice")
advice

# %% id="maintenance" measures="factor-1, factor-2, factor-3"
drill = trials.maintenance(seeds=range(50))
drill

# %% id="advice-came"
lost = [drill.lost(rf) > 0 for rf in (1, 2, 3)]
advice.reveal(lost == [True, False, False], lost == [True, True, False], all(lost))

# %% [markdown] id="7c-task"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# With RF 2 and one replica away, you live with RF 1. RF 3 still has two then. It pays in refusals: where it could not
# keep the promise, it accepts nothing, and the producer *knows*. Nothing that was acknowledged was lost. So the
# advice holds.
#
# </details>
#
# ## 9. Not all in one rack
#
# Brokers die together when they share something: a rack, a power line. Six brokers in three racks, 1 and 2 in A, 3 and
# 4 in B, 5 and 6 in C. Placed in a circle, as Kafka does when it knows nothing of racks:

# %% id="racks"
print(trials.rack_without_power(replication_factor=2))

# %% [markdown] id="7c-rule"
# ### Exercise 7c: your rule `place_replicas`
#
# `brokers` is the list of those in service, in order; `rack_of(broker)` tells the rack. Return a list with a list for
# each partition: `replication_factor` different brokers, the leader first.
#
# - With two replicas or more, they stand in more than one rack.
# - Leaders take turns: partition 0 is led by `brokers[start_index]`, the next one by the next broker, and round again.
# - Followers are spread, too: no broker follows more than twice as many partitions as the average.


# %% exercise="7c" id="7c"
def rack_of(broker):
    """Brokers 1 and 2 stand in rack A, 3 and 4 in B …"""
    return chr(ord("A") + (broker - 1) // 2)


def place_replicas(brokers, partition_count, replication_factor, start_index):
    """For each partition the brokers that hold it, its leader first."""
    ### BEGIN SOLUTION
    placed = []
    for partition in range(partition_count):
        first = (start_index + partition) % len(brokers)
        circle = brokers[first:] + brokers[:first]
        leader, *others = circle
        others.sort(key=lambda broker: rack_of(broker) == rack_of(leader))
        placed.append([leader, *others][:replication_factor])
    return placed
    ### END SOLUTION


# %% check="7c" id="7c-check"
check("7c")

# %% id="racks-mine"
from minikafka import Rules

rule = mine(place_replicas)
print(trials.rack_without_power(Rules(place_replicas=rule), replication_factor=2))
print(rule.by)

# %% [markdown] id="predictions"
# And your predictions of exercise 7b?

# %% check="7b" id="7b-check"
check("7b")

# %% [markdown] id="seen"
# > **In Kafka itself.** The follower's loop is `AbstractFetcherThread` and `ReplicaFetcherThread`; the leader notes their
# > offsets in `Partition.updateFollowerFetchState`. Placement is `StripedReplicaPlacer`, which knows racks by
# > `broker.rack` (KIP-36). Fetch sessions: KIP-227. Consumers that read from a follower nearby: KIP-392.
#
# ## What you have seen
#
# | | where |
# |---|---|
# | a partition is replicated: one leader, the others follow | 1 |
# | followers fetch, and say by it what they have | 2, 4 |
# | the log is the same everywhere, byte for byte | 3 |
# | RF n: n times the disk, n − 1 times the network between brokers | 5 |
# | when the leader dies a follower takes over; with RF 1 nobody can | 6 |
# | RF n bears n − 1 deaths | 7 |
# | RF 1 for tests, RF 2 with some loss, RF 3 with `min.insync.replicas=2` without | 8 |
# | replicas belong into different racks | 9 |
#
# All marks, hidden checks included: `minikafka grade` in a terminal. Next: lesson 8, what “in sync” means.

# %% id="summary"
cluster.close()
summary()
