# %% [markdown] id="welcome"
# # Lesson 3 · Batching
#
# A parcel service doesn't send a van for every parcel. Neither does a Kafka producer: it gathers records into
# **batches** and sends many with one request. In this lesson you see what that saves, what it costs, and write the
# rule that decides when the van leaves.
#
# Two exercises; 30 minutes. The cluster is **simulated**: three real brokers and real clients, but the network and
# the clock are make-believe. Time stands still unless a cell lets it pass, so that you can look at single
# milliseconds, and everybody gets the same numbers.

# %% setup=true id="setup"
from minikafka_lessons import (
    begin,
    check,
    data,
    hint,
    mine,
    predict,
    show,
    summary,
    traffic,
)

cluster = begin(3)
cluster

# %% [markdown] id="trip-meaning"
# ## 1. What does one trip cost?
#
# A weather station sends its readings (real ones, from Seattle and San Francisco). Its topic has one partition.
# `traffic.send` gives the producer one record after another and says what came of it:
#
# | word | meaning |
# |---|---|
# | **request** | one message of the producer to a broker; the broker answers when the records are safe |
# | **latency** | the time from `produce` to that answer: the way there, and the way back |

# %% id="one"
cluster.create_topic("readings", partitions=1)
station = cluster.producer({"client.id": "station", "linger.ms": 0})

one = traffic.send(cluster, station, "readings", traffic.burst(1))
one

# %% id="trip"
trip = predict("trip")
trip

# %% id="thousand" measures="batches"
thousand = traffic.send(cluster, station, "readings", traffic.burst(1000))
thousand

# %% id="trip-came"
longer = thousand.slowest_ms / one.slowest_ms
trip.reveal(longer > 300, 4 < longer <= 300, longer <= 4)

# %% [markdown] id="trip-why"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# The time goes into the trip, not into the load. (The simulated network charges by the message. A real one charges
# for bytes, too, but 1,000 short readings are some 40 KB, which is next to nothing for it.)
#
# </details>
#
# These are all the messages of those 1,000 readings. Time goes down; point at an arrow to read what it carries. (The
# followers fetch at once; that is lesson 7.)

# %% id="thousand-messages" shows="networked, batches"
show.space_time(cluster, since=thousand.began, until=thousand.ended + 0.003)

# %% [markdown] id="hurry-meaning"
# ## 2. Always in a hurry
#
# So why should a record wait at all? Here is a producer that puts **one** into each request, and never waits.

# %% id="hurry"
hurry = predict("hurry")
hurry

# %% id="hurried" measures="batches"
nervous = cluster.producer(
    {"client.id": "nervous", "linger.ms": 0, "batch.num.messages": 1}
)
hurried = traffic.send(cluster, nervous, "readings", traffic.burst(1000))
hurried

# %% id="hurry-came"
later = hurried.slowest_ms / thousand.slowest_ms
print(
    f"requests: {hurried.requests:,}; the last reading came {later:.0f} times as late"
)
hurry.reveal(later < 0.8, 0.8 <= later < 2, later > 50)

# %% id="hurried-messages"
show.space_time(cluster, api="PRODUCE", since=hurried.ended - 0.008)

# %% [markdown] id="hurry-why"
# Read the picture: the producer has a few requests on their way, and the next one leaves when an answer is back. (At
# most five: `max.in.flight.requests.per.connection`.) All other readings stand in the queue. Whoever never waits for
# company, waits for a van.
#
# The mend: let them gather.
#
# ## 3. The accumulator
#
# Inside the producer is the **accumulator**: for each partition a batch that is open. `produce` puts the record in
# there and returns at once. Two settings say when the batch leaves:
#
# | setting | the batch leaves |
# |---|---|
# | `batch.size` | when it has so many bytes: it is *full* |
# | `linger.ms` | when its first record has waited so long: it has *lingered* |
#
# Whichever comes first. Five readings come, one every 3 ms:

# %% id="gather"
gathering = cluster.producer(
    {"client.id": "gathering", "linger.ms": 20, "batch.size": 1000}
)
gathering.produce("readings", "the first one finds the leader")
gathering.flush()


def come(count, every_s):
    """So many readings, one after another."""
    for city, reading in data.weather()[:count]:
        gathering.produce("readings", f"{city}, {reading}")
        cluster.run(every_s)


empty = cluster.mark("empty")
began = cluster.now
come(5, every_s=0.003)


def draw(cluster):
    """What waits in the accumulator, and what has left it."""
    return show.batches(cluster, gathering, since=began).html


show.player(cluster, draw)

# %% [markdown] id="gather-read"
# Upper bar: the bytes, of `batch.size`. Lower bar: the time, of `linger.ms`. Press **run** for a moment, and the
# lower one gets to its end first. Or let a cell do it: back to the mark, the same five readings once more, and a
# *breakpoint* that stops time when the batch leaves.

# %% id="leaves"
cluster.rewind(empty)  # to where nothing had come yet
come(5, every_s=0.003)
stop = cluster.break_when("BatchSent")
print(cluster.run(1))
stop.remove()
print(f"{(cluster.now - began) * 1000:.0f} ms after the first of them came")

show.batches(cluster, gathering, since=began)

# %% [markdown] id="again"
# Back to the mark again, as if nothing had happened; this time 30 readings come at once.

# %% id="filled"
cluster.rewind(empty)
come(30, every_s=0)
cluster.run(0.025)

show.batches(cluster, gathering, since=began)

# %% [markdown] id="two-reasons"
# ■ was full and left at once; ◷ is the rest, which lingered. Nothing else decides.
#
# ## 4. What does waiting cost?
#
# ### Exercise 3b: linger × rate
#
# Before you run on, predict. The first of a batch's records starts the clock; what comes within `linger.ms` gets in.
# A reading comes every 2 ms, or every 50 ms; or 40 come at once, and only 10 fit into a batch. Replace each `None`
# by a number.


# %% exercise="3b" id="3b"
prediction = {
    ### BEGIN SOLUTION
    "fast_0": 1,  # every 2 ms, linger.ms 0: how many records are in most batches?
    "fast_15": 8,  # every 2 ms, linger.ms 15: how many?
    "fast_35": 18,  # every 2 ms, linger.ms 35: how many?
    "slow_15": 1,  # every 50 ms, linger.ms 15: how many?
    "slow_wait": 15,  # … and how many ms does each wait in the accumulator?
    "burst_wait": 0,  # 40 at once, linger.ms 15: ms that the first batch waits?
    ### END SOLUTION
}

# %% [markdown] id="run-on"
# Now run on, and see. (The marks come at the end, when you have seen it all.)

# %% id="tried" measures="batches"
rates = {"2 ms": traffic.steady(200, 2), "50 ms": traffic.steady(30, 50)}
tried = {}
for rate, load in rates.items():
    for linger in (0, 15, 35):
        sender = cluster.producer({"client.id": "sender", "linger.ms": linger})
        outcome = traffic.send(cluster, sender, "readings", load)
        sender.close()
        tried[rate, linger] = outcome
        print(
            f"every {rate:>5}, linger.ms {linger:2}: {outcome.most_often:2} in a batch"
        )

# %% id="trade"
show.outcomes({f"{rate}, linger.ms {n}": o for (rate, n), o in tried.items()})

# %% [markdown] id="trade-read"
# Two bars for each setting. With many records, lingering saves most of the requests and costs some milliseconds.
# With few, it saves **nothing** and costs all the same: each reading waits for company that doesn't come. So the
# right `linger.ms` depends on the rate, and on how long somebody may wait.
#
# And a burst, with room for ten:

# %% id="burst"
ten = {"client.id": "ten", "linger.ms": 15, "batch.num.messages": 10}
sender = cluster.producer(ten)
outcome = traffic.send(cluster, sender, "readings", traffic.burst(40))
for batch in outcome.batches:
    print(f"{batch.records} records waited {batch.waited_ms:g} ms: {batch.why}")

show.batches(cluster, sender, since=outcome.began)

# %% [markdown] id="your-turn"
# Each time the eleventh record shows that the batch is full. After the last ten nobody comes, so they linger.
#
# ## 5. Your rule
#
# ### Exercise 3a: `batch_is_ready`
#
# A producer asks this rule about its oldest batch whenever a record has come or time has passed. Replace the line
# `raise NotImplementedError(…)`. You get:
#
# | argument | meaning |
# |---|---|
# | `size_bytes` | how big the batch is now |
# | `batch_size_bytes` | `batch.size` |
# | `waited_ms` | how long ago its first record came |
# | `linger_ms` | `linger.ms` |
#
# Return `True` to let it go, `False` to keep it. What is asked for: no batch bigger than `batch.size`, no record
# that waits longer than `linger.ms`, and as few requests as that allows. It has to hold when records come in bursts,
# and when they come slowly.


# %% exercise="3a" id="3a"
def batch_is_ready(size_bytes, batch_size_bytes, waited_ms, linger_ms):
    """Whether this batch is to be sent now."""
    ### BEGIN SOLUTION
    return size_bytes >= batch_size_bytes or waited_ms >= linger_ms
    ### END SOLUTION


# %% check="3a" id="3a-check"
check("3a")

# %% [markdown] id="stuck"
# Stuck? `hint("3a", 1)`, then 2, then 3. The lesson goes on without an answer, too.
#
# Now a cluster lives by your rule. (As long as it is not written, the producer asks ours.) If it is wrong, this is
# where you see *how*: too many requests, a latency that explodes, or records that never leave.

# %% id="yours"
from minikafka import Cluster, Rules

rule = mine(batch_is_ready)
yours = {}
with Cluster(
    world="simulated", seed=3, rules=Rules(batch_is_ready=rule), announce=False
) as ruled:
    ruled.create_topic("readings", 1)
    sender = ruled.producer({"linger.ms": 15, "batch.size": 1000})
    for name, load in {
        "slow": traffic.steady(60, every_ms=6),
        "bursty": traffic.bursts(6, records=60, pause_ms=30),
    }.items():
        yours[name] = traffic.send(ruled, sender, "readings", load)
        print(f"{name:>6}: {yours[name]}")
    picture = show.batches(ruled, sender, since=yours["bursty"].began)

print(rule.by)
picture

# %% [markdown] id="in-kafka"
# > **In Kafka itself.** The accumulator is `RecordAccumulator`, a batch `ProducerBatch`; a thread, `Sender`, takes
# > what is ready (`RecordAccumulator.batchReady`) and puts the batches for one broker into one `ProduceRequest`.
# > `batch.size` is 16,384 bytes in the Java client; `linger.ms` was 0 for years, and is 5 since Kafka 4.0 (KIP-1030):
# > larger batches, and often even a *shorter* latency, as in section 2. Records without a key stay with one partition
# > until its batch is full, so that batches get full at all (KIP-480, KIP-794). `batch.num.messages` belongs to
# > librdkafka, whose names and defaults this producer has.
#
# How good were your predictions?

# %% check="3b" id="3b-check"
check("3b")

# %% [markdown] id="seen"
# ## What you have seen
#
# | | where |
# |---|---|
# | a trip costs the same for 1 and for 1,000 records: many records in one request save network overhead | 1 |
# | one record a request: requests stand in a queue, and the hurry makes everybody late | 2 |
# | records gather in the accumulator; a batch leaves when it is full or has lingered | 3 |
# | a longer linger: fewer requests a record, more latency; at a slow rate only the latency | 4 |
# | a rule of two comparisons decides it, and a cluster lived by yours | 5 |
#
# All marks, hidden checks included: `minikafka grade` in a terminal.

# %% id="summary"
cluster.close()
summary()
