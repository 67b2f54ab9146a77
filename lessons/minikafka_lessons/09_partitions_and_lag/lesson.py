# %% [markdown] id="welcome"
# # Lesson 9 · How many partitions? LAG
#
# How many partitions should a topic have? There is no table to look it up in. But there is one number that tells
# when there are too few: the **LAG**, the records that wait to be read.
#
# Three exercises; 40 minutes. Time is *virtual* here: a minute of load passes in a second, and each run is the same.

# %% setup=true id="setup"
from minikafka_lessons import (
    Load,
    begin,
    check,
    data,
    hint,
    mine,
    predict,
    show,
    summary,
)

cluster = begin(9)
cluster

# %% [markdown] id="predict-task"
# ### Exercise 9c: predict it all
#
# Fill this in *before* you run on: replace each `None`. (The marks come at the end.)
#
# A **worker** is a consumer that does 50 records a second. All workers are of one group.


# %% exercise="9c" id="9c"
prediction = {
    ### BEGIN SOLUTION
    "three": 3,  # 3 partitions take records … times as fast as 1 (a whole number)
    "hot": 1,  # … and if all records have the same key?
    "workers": 3,  # 120 records a second, 3 partitions: how many workers, at least?
    "grows": 90,  # 240 a second, 3 partitions, 6 workers: LAG grows by … a second
    "home": 4,  # a key lives in partition 1 of 3. Of 6 it is in 1 again, or in …?
    "backlog": 0,  # 900 records wait in 3 partitions; 3 are added. How many move there?
    ### END SOLUTION
}

# %% [markdown] id="speed"
# ## 1. How fast is a topic?
#
# A producer sends its records in batches. A request to a broker carries at most **one batch of each partition**.
# So more partitions mean more batches on the same trip. To see it with few records, our batches are small (1 kB),
# and each broker gets one request at a time.

# %% id="records-a-second" measures="parallel"
SMALL = {"batch.size": 1000, "max.in.flight.requests.per.connection": 1}
airports = [text[:3] for _, text in data.airports(400)]  # their codes: 00M, 00R …


def records_a_second(topic, partitions, keys, size=100):
    """Send 2,000 records, and wait until the brokers have all of them."""
    cluster.create_topic(topic, partitions)
    producer = cluster.producer(SMALL)
    began = cluster.now
    for n in range(2000):
        producer.produce(topic, "x" * size, key=keys[n % len(keys)])
    producer.flush()
    seconds = cluster.now - began
    producer.close()
    return 2000 / seconds


speeds = {n: records_a_second(f"speed-{n}", n, airports) for n in (1, 2, 3, 6)}
for n, speed in speeds.items():
    bar = "█" * round(10 * speed / speeds[1])
    print(f"{n} partition(s) {speed:7,.0f} records/s  × {speed / speeds[1]:.1f}  {bar}")

# %% [markdown] id="size"
# Nearly as many times as fast as there are partitions. Those were records of 100 bytes. Does their *size* matter? One
# partition again:

# %% id="record-size" measures="size-and-rate"
for size in (50, 100, 200):
    speed = records_a_second(f"size-{size}", 1, airports, size)
    bar = "█" * round(10 * speed / speeds[1])
    print(f"{size:3} bytes each {speed:7,.0f} records/s  {bar}")

# %% [markdown] id="hot"
# Twice the size, and about half the records: fewer of them fit into a batch. So “a partition does so many records a second”
# is true of *your* records only. And now see it break: three partitions, but all records are about one airport.

# %% id="hot-came" shows="how-many"
hot = records_a_second("speed-hot", 3, ["SEA"])
print(f"3 partitions, one key: {hot:,.0f} records/s  × {hot / speeds[1]:.1f}")
show.lanes(cluster, "speed-hot")

# %% [markdown] id="brokers"
# Two lanes stay empty. A key has one partition, so partitions help as far as the *keys* spread. (A “hot” key is
# mended by a finer key: not the airport, but the gate.)
#
# Partitions lie on brokers. Twelve partitions, 1,200 records, and more and more brokers: how much has the busiest one
# to bear?

# %% id="more-brokers" measures="beyond-one, grows"
from collections import Counter

from minikafka import Cluster


def led_by(cluster, topic):
    """Of each broker: how many records lie in the partitions that it leads."""
    records = Counter()
    for partition in cluster.snapshot().topic(topic).partitions:
        records[partition.leader] += partition.high_watermark
    return records


def fill(cluster, topic, partitions):
    """A new topic with a replica of each partition, and 1,200 records."""
    cluster.create_topic(topic, partitions, 1)
    with cluster.producer() as producer:
        for n in range(1200):
            producer.produce(topic, "x" * 100, key=airports[n % len(airports)])


for brokers in (1, 2, 3, 6):
    with Cluster(brokers, world="simulated", seed=9, announce=False) as several:
        fill(several, "shared", partitions=12)
        busiest = max(led_by(several, "shared").values())
        print(f"{brokers} broker(s): the busiest has {busiest:5,} records")

# %% [markdown] id="joins"
# No broker has to bear it all, so the cluster bears more than any of them. And it grows while it works: here a fourth
# broker is started.

# %% id="fourth-broker" measures="more-brokers"
with Cluster(4, world="simulated", seed=9, announce=False) as growing:
    growing.stop_broker("broker-4")  # it isn't there yet
    fill(growing, "before", partitions=12)
    growing.restart("broker-4")
    fill(growing, "after", partitions=12)
    for topic in ("before", "after"):
        print(topic, dict(sorted(led_by(growing, topic).items())))

# %% [markdown] id="lag-grows"
# What is new is spread over all four. What was there stays until somebody moves it with `kafka-reassign-partitions.sh`.
#
# ## 2. LAG, while it grows
#
# More often it is the readers who are slow. A `Load` sends so many records a second (in turn about 400 airports)
# to a topic, and has workers that do 50 a second each. Its topic is new each time. One worker, 120 records a second:

# %% id="one-worker" measures="lag"
load = Load(cluster, "flights", "desk", partitions=3)
load.add_workers(1)
load.run(20, rate=120)
load.picture()

# %% id="one-worker-lag"
show.offsets(cluster, "desk")

# %% [markdown] id="lag-formula"
# Per partition, **LAG = LOG-END-OFFSET − CURRENT-OFFSET**: the next to be written minus the next to be read. Each
# second 120 come and 50 go. One number tells little; the *slope* says it all. More workers:

# %% id="more-workers" measures="size-and-rate, begin-small, grows"
load.add_workers(1)
load.run(20, rate=120)  # 100 go: it still grows, but slower
load.add_workers(1)
load.run(60, rate=120)  # 150 go
load.picture()

# %% [markdown] id="too-many"
# Mended: the slope went down with each worker. Now the load doubles, to 240. So six workers?

# %% id="six-workers" measures="consumers, size-and-rate"
load.add_workers(3)
load.run(2, rate=240)
before = load.lag
load.run(10, rate=240)
print(f"LAG grew by {(load.lag - before) / 10:.0f} a second")
load.picture()

# %% id="who-works" shows="consumers"
for n, worker in enumerate(load.workers, 1):
    has = [place.partition for place in worker.assignment()]
    print(f"worker-{n}:", has or "nothing to do")

# %% [markdown] id="grow"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# A partition has one reader in a group. Three partitions: three work, three look on. The number of partitions is
# the most that a group can share its work.
#
# </details>
#
# ## 3. From 3 to 6
#
# The topic needs more partitions. Lesson 2 showed that keys then get a new map. What does that do to the backlog,
# and to the order, while people are at work? First remember this moment, so that we can come back.

# %% id="mark"
cluster.mark("before growing")

# %% id="moved"
moved = predict("moved")
moved

# %% id="overtaken"
overtaken = predict("overtaken")
overtaken

# %% id="grown" shows="numbered"
lag_then = load.lags
cluster.create_partitions("flights", 6)
load.run(1, rate=240)
print("LAG of each partition before:", lag_then)
print("LAG of each partition after: ", load.lags)

# %% [markdown] id="backlog"
# `None`: nobody has committed there yet. The backlog stays where it is, for a record never leaves its partition.
# What the new partitions get is *new* records. Go on for 20 seconds, and look where each airport's records went.

# %% id="after-growth"
load.run(20, rate=240)
homes = {}  # airport -> its partitions, in the order of their first record
for record in sorted(load.worked, key=lambda record: record.number):
    places = homes.setdefault(record.key, [])
    if record.partition not in places:
        places.append(record.partition)

two = {key: places for key, places in homes.items() if len(places) > 1}
print(len(two), "of", len(homes), "airports have a second partition:")
print(dict(list(two.items())[:8]))

# %% id="moved-came"
moved.reveal(not two, 0.3 < len(two) / len(homes) < 0.7, len(two) / len(homes) >= 0.7)

# %% [markdown] id="always-three"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# The new partition is always the old one, or the old one + 3. A hash that leaves 1 when divided by 3 leaves 1 or 4
# when divided by 6. That is why people *double*: half of the keys stay. From 3 to 4, three of four would move.
#
# </details>
#
# A worker notes each record when it is done. Which were done *after* a newer one of the same airport?

# %% id="overtaken-came"
late = load.overtaken
print(
    len(late), "records came late, of", len({record.key for record in late}), "airports"
)
overtaken.reveal(
    not late,
    bool(late) and all(record.key in two for record in late),
    any(record.key not in two for record in late),
)

# %% [markdown] id="mend"
# A flight has departed, and boards afterwards. The old record waits in a long queue, the new one found a short
# one. So the fault needs two things: a new map **and** a backlog. The map has to change; the backlog need not be
# there. Back to that moment, and this time: first nobody writes, until the LAG is 0; then grow.

# %% id="mended" measures="begin-small, grows"
cluster.rewind("before growing")
load.drain()
cluster.create_partitions("flights", 6)
load.run(3, rate=0)  # everybody hears of the new partitions
load.run(20, rate=240)
print(len(load.overtaken), "records came late")
load.picture()

# %% [markdown] id="fewer"
# Same cluster, same past, another order of two steps. Six workers have work now, and the LAG stands.
#
# ## 4. Never fewer
#
# The rush is over. Back to three?

# %% id="refused" shows="never-fewer"
from minikafka import KafkaException

try:
    cluster.create_partitions("flights", 3)
except KafkaException as refused:
    print(refused)
print(cluster.records_in("flights"), "records; in partitions 3 to 5:", end=" ")
print(sum(p.end for p in cluster.topic("flights").partitions[3:]))

# %% [markdown] id="why-never"
# Where should those records go? Behind others, they would get new offsets, and every committed offset would be
# wrong; and their order among the others is known to nobody. So Kafka refuses. Who wants fewer makes a new topic.
#
# Then why not begin with a thousand? Each partition is files on each of its replicas, a leader to elect when a broker
# dies, and batches that get smaller. Begin with few (2 or 4), watch throughput and LAG, and double when needed.
#
# ## 5. Somebody must watch
#
# ### Exercise 9a: your rule `lag_status`
#
# A monitor looks at a partition each second. It gets the last five looks, the oldest first, each of them
# `(log_start, committed, end)`, and says `(status, rule, lag)`. `committed` is `None` without a commit. The first
# row that holds decides:
#
# | rule | when | status |
# |---|---|---|
# | `"no commit"` | the last look has none; LAG is `None` | `"WARN"` |
# | `"commit went back"` | in some look it is smaller than in one before | `"REWIND"` |
# | `"commit below log start"` | in the last look: records are gone that nobody read | `"WARN"` |
# | `"caught up"` | LAG 0 in the last look | `"OK"` |
# | `"commit stands still"` | two looks or more, all with the same commit, all with a LAG above 0 | `"STALL"` |
# | `"lag grows"` | above 0 in every look, larger in the last than in the first, and never smaller from look to look | `"WARN"` |
# | `"keeps up"` | else | `"OK"` |
#
# LAG counts what can still be read: from the commit, or from the log's start if that is later, to the end. A commit
# may be read a moment later than the end; a LAG is never negative. Looks without a commit have no LAG, and are left out.


# %% exercise="9a" id="9a"
def lag_status(window):
    """(status, rule, lag) of a partition, from some looks (log_start, committed, end)."""
    ### BEGIN SOLUTION
    from itertools import pairwise

    start, committed, _ = window[-1]
    if committed is None:
        return ("WARN", "no commit", None)
    looks = [look for look in window if look[1] is not None]
    commits = [at for _, at, _ in looks]
    lags = [max(0, last - max(at, first)) for first, at, last in looks]
    lag = lags[-1]
    if any(later < earlier for earlier, later in pairwise(commits)):
        return ("REWIND", "commit went back", lag)
    if committed < start:
        return ("WARN", "commit below log start", lag)
    if lag == 0:
        return ("OK", "caught up", 0)
    waits = 0 not in lags  # in every look
    if waits and len(looks) == len(window) > 1 and len(set(commits)) == 1:
        return ("STALL", "commit stands still", lag)
    grows = all(later >= earlier for earlier, later in pairwise(lags))
    if waits and grows and lag > lags[0]:
        return ("WARN", "lag grows", lag)
    return ("OK", "keeps up", lag)
    ### END SOLUTION


# %% check="9a" id="9a-check"
check("9a")

# %% [markdown] id="on-duty"
# Stuck? `hint("9a", 1)`, then 2, then 3. The lesson goes on without an answer, too.
#
# Now somebody on duty obeys *your* monitor (`obey=True`): for “lag grows” one more worker, as long as there are
# fewer than partitions; for STALL another worker in the place of the one that has that partition. Begin with one
# worker; after a minute one of them hangs in a record; then comes the night.

# %% id="obeyed" measures="begin-small"
rule = mine(lag_status)
arrivals = Load(cluster, "arrivals", "night-watch", partitions=3, monitor=rule)
arrivals.add_workers(1)
arrivals.run(60, rate=120, obey=True)
arrivals.stop_working(0)
arrivals.run(30, rate=120, obey=True)
arrivals.run(15, rate=0, obey=True)
for second, action in arrivals.actions:
    print(f"{second:4.0f} s  {action}")
print(rule.by)
arrivals.picture()

# %% [markdown] id="last-rules"
# The night is idle: no commit moves, and no alarm rings. Two rules are left. Somebody reads 200 records again; then
# a worker hangs, and retention deletes what it had not read.

# %% id="rewound"
arrivals.read_again(partition=1, records=200)
arrivals.run(3, rate=120)
arrivals.status()

# %% id="below"
arrivals.stop_working(-1)
arrivals.run(5, rate=120)
arrivals.delete_records()
arrivals.run(1, rate=120)
arrivals.status()

# %% [markdown] id="how-many"
# ## 6. So how many?
#
# ### Exercise 9b: your rule `partitions_for`
#
# In a second `load` records come, spread evenly. A partition takes at most `produce` records a second; its worker
# does `consume`. The topic has `present` partitions. How many does it need so that both sides keep up? The fewest that do.


# %% exercise="9b" id="9b" shows="how-many"
def partitions_for(load, produce, consume, present):
    """The number of partitions that this load needs."""
    ### BEGIN SOLUTION
    writers = (load + produce - 1) // produce
    readers = (load + consume - 1) // consume
    return max(present, writers, readers)
    ### END SOLUTION


# %% check="9b" id="9b-check"
check("9b")

# %% [markdown] id="in-kafka"
# In real life take `load` from the busiest hour of next year, measure the other two, and leave some air: keys never
# spread quite evenly, and who exactly keeps up never catches up.
#
# > **In Kafka itself.** Growing: `kafka-topics.sh --alter --partitions`, decided in `ReplicationControlManager`
# > (`createPartitions`, KIP-195), which answers INVALID_PARTITIONS for fewer. One batch of each partition in a
# > request: `RecordAccumulator.drain`. Clients hear of new partitions with their next metadata
# > (`metadata.max.age.ms`, 5 minutes; ours asked each second). A group with `auto.offset.reset=latest` may miss what was
# > written there until then. LAG: `kafka-consumer-groups.sh --describe` (`ConsumerGroupCommand`); in a consumer
# > `records-lag-max` (KIP-223).
#
# How good were your predictions?

# %% check="9c" id="9c-check"
check("9c")

# %% [markdown] id="seen"
# ## What you have seen
#
# | | where |
# |---|---|
# | throughput grows with the partitions, as far as the keys spread; it depends on the size of the records | 1 |
# | brokers share the work; one that is added takes what is new | 1 |
# | LAG grows by what comes minus what goes; workers mend it | 2 |
# | more workers than partitions mend nothing | 2 |
# | new partitions take new records; the backlog stays | 3 |
# | doubling: a key stays, or goes to the old partition + 3; order breaks where there is a backlog | 3 |
# | first drain, then grow: nothing comes late | 3 |
# | partitions are never taken away, and none is free | 4 |
# | a monitor judges a window: idle is OK, no commit is not 0, never negative | 5 |
# | how many: the load by what a partition takes and its worker does, rounded up | 6 |
#
# **On to lesson 10**: who of a group gets which partition, and what happens when one of them dies.
#
# All marks, hidden checks included: `minikafka grade` in a terminal.

# %% id="summary"
cluster.close()
summary()
