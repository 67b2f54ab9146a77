# %% [markdown] id="welcome"
# # Lesson 2 · Topics, partitions, offsets
#
# A topic is one subject. It is cut into partitions, so that many can work on it at once; and within a partition
# every record has a number, its offset. Nearly all that Kafka promises (order, speed, “where was I?”) follows from
# these three words.
#
# Two exercises; 35 minutes. Run the cells from top to bottom with **Shift+Enter**. Any cell may be run again, and
# interrupted (■ above).

# %% setup=true id="setup"
import time
from collections import defaultdict

from minikafka_lessons import begin, check, data, hint, mine, predict, show, summary

cluster = begin(2)
cluster

# %% [markdown] id="lanes-meaning"
# ## 1. A topic is lanes
#
# Data are kept by **topic**, and a topic is cut into **partitions**. They are numbered from 0, and each is led by
# one broker, so that the work is spread over the cluster.

# %% id="partitions" shows="numbered, topics"
cluster.create_topic("lanes", partitions=3)
for partition in cluster.topic("lanes").partitions:
    print(
        f"partition {partition.index}: led by {partition.leader}, next offset to be written: {partition.end}"
    )

# %% id="lanes" shows="latest-offset, cut-up"
show.lanes(cluster, "lanes")

# %% [markdown] id="next-offset"
# Each dotted box is the place where the next record will go. Send twelve records and look up. The broker tells
# for each of them where it was put.

# %% id="places" shows="stored, offset"
places = []
producer = cluster.producer({"client.id": "lesson-2"})


def note_place(error, message):
    places.append((message.key().decode(), message.partition(), message.offset()))


for n, color in enumerate(["red", "green", "pink", "teal"] * 3):
    producer.produce("lanes", f"{n}", key=color, on_delivery=note_place)
producer.flush()

for place in sorted(places):
    print("key %-6s partition %d   offset %d" % place)

# %% [markdown] id="offset"
# An **offset** is a place in *one* partition: 0, 1, 2 … as a 64-bit integer. Every partition counts for itself. So
# the offset alone names nothing; partition and offset together name exactly one record:

# %% id="offsets-counted" shows="own-count"
print("records:", len(places))
print("different offsets:", len({offset for _, _, offset in places}))
print("different (partition, offset):", len({place[1:] for place in places}))

# %% [markdown] id="which-lane"
# ## 2. Which lane?
#
# Real data: all airports of the United States. The key is the state.

# %% id="airports"
cluster.create_topic("airports", partitions=4, afresh=True)  # new and empty, each time
airports = data.airports()

went_to = defaultdict(set)  # state -> partitions


def note_partition(error, message):
    went_to[message.key().decode()].add(message.partition())


for state, airport in airports:
    producer.produce("airports", airport, key=state, on_delivery=note_partition)
producer.flush()

print(len(airports), "airports of", len(went_to), "states")

# %% id="spread"
spread = predict("spread")
spread

# %% id="spread-came"
each = {len(partitions) for partitions in went_to.values()}
print("partitions per state:", each)
print({state: went_to[state] for state in ("OH", "TX", "AK", "NY", "AZ")})
spread.reveal(each == {4}, each == {1}, each == {1, 2})

# %% [markdown] id="murmur2"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# Same key, same partition, always, whoever produces: the partition is *computed* from the key. Nobody looks
# anything up.
#
# </details>
#
# ### Exercise 2a: your rule `partition_for_key`
#
# Kafka makes a 32-bit number of the key's bytes, with a hash called **murmur2**, drops its sign bit, and takes the
# remainder by the number of partitions:
#
# > `(murmur2(key) & 0x7FFFFFFF) % partition_count`
#
# Replace the two lines `raise NotImplementedError(…)`: first `murmur2`, then `partition_for_key`, which uses it.
#
# murmur2, with `m = 0x5BD1E995`; after every multiplication keep 32 bits (`& 0xFFFFFFFF`), as Java's numbers do
# by themselves:
#
# | step | what |
# |---|---|
# | 1 | `h = 0x9747B28C ^ len(data)` |
# | 2 | for each whole group of 4 bytes, as a little-endian number `k`: |
# | | `k = k * m`, `k = k ^ (k >> 24)`, `k = k * m` |
# | | `h = h * m`, `h = h ^ k` |
# | 3 | if 1, 2 or 3 bytes are left, as a little-endian number `r`: `h = h ^ r`, `h = h * m` |
# | 4 | `h = h ^ (h >> 13)`, `h = h * m`, `h = h ^ (h >> 15)` |
#
# `int.from_bytes(data[i:i+4], "little")` makes a number of four bytes. Known hashes, as the Java client prints
# them (signed: subtract 2³² from yours if it is 2³¹ or more):
#
# | key | hash |
# |---|---|
# | `21` | −973932308 |
# | `foobar` | −790332482 |
# | `abc` | 479470107 |
# | `a-little-bit-long-string` | −985981536 |
# | `a-little-bit-longer-string` | −1486304829 |


# %% exercise="2a" id="2a"
def murmur2(data):
    """The 32-bit hash of some bytes."""
    ### BEGIN SOLUTION
    m, mask = 0x5BD1E995, 0xFFFFFFFF
    h = 0x9747B28C ^ len(data)
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        k = int.from_bytes(data[i : i + 4], "little") * m & mask
        k ^= k >> 24
        k = k * m & mask
        h = (h * m & mask) ^ k
    if whole < len(data):
        h = (h ^ int.from_bytes(data[whole:], "little")) * m & mask
    h ^= h >> 13
    h = h * m & mask
    return h ^ (h >> 15)
    ### END SOLUTION


def partition_for_key(key, partition_count):
    """The partition, 0 … partition_count - 1, for this key (bytes)."""
    ### BEGIN SOLUTION
    return (murmur2(key) & 0x7FFFFFFF) % partition_count
    ### END SOLUTION


# %% check="2a" id="2a-check"
check("2a")

# %% [markdown] id="your-rule"
# Stuck? `hint("2a", 1)`, then 2, then 3. The lesson goes on without an answer, too.
#
# Now your rule runs inside the cluster: a producer asks *your* function where each record goes. Do its airports lie
# where Kafka's own partitioner put them? (As long as it is not written, the producer asks ours.)

# %% id="airports-mine"
cluster.create_topic("airports-mine", partitions=4, afresh=True)
rule = mine(partition_for_key)
chooser = cluster.producer({"client.id": "mine"}, rule)
elsewhere = []


def compare(error, message):
    if error or {message.partition()} != went_to[message.key().decode()]:
        elsewhere.append(message.key().decode())


for state, airport in airports:
    chooser.produce("airports-mine", airport, key=state, on_delivery=compare)
chooser.flush()

print(len(airports), "airports,", len(elsewhere), "in another partition than Kafka's")
print(rule.by)

# %% [markdown] id="which-order"
# ## 3. In which order?
#
# Thirty pages, written one after the other, dealt out to three partitions.

# %% id="order"
order = predict("order")
order

# %% id="pages" shows="order"
cluster.create_topic("pages", partitions=3, afresh=True)
for page in range(30):
    producer.produce("pages", f"{page}", partition=page % 3)
producer.flush()


def open_consumer(group, topic, name=None):
    config = {
        "group.id": group,
        "client.id": name or group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
    consumer = cluster.consumer(config)
    consumer.subscribe([topic])
    return consumer


def take(consumer, count):
    """Poll until `count` records have come (or nothing for 5 seconds)."""
    messages = []
    while len(messages) < count:
        message = consumer.poll(5.0)
        if message is None:
            break
        messages.append(message)
    return messages


cluster.forget("pager")
reader = open_consumer("pager", "pages")
pages = take(reader, 30)
reader.close()

came = [int(m.value()) for m in pages]
lanes = [[int(m.value()) for m in pages if m.partition() == p] for p in range(3)]
print("as they came:", *came)
for partition, lane in enumerate(lanes):
    print(f"partition {partition}: ", *lane)

# %% id="order-came"
within = all(lane == sorted(lane) for lane in lanes)
order.reveal(came == sorted(came), within and came != sorted(came), not within)

# %% [markdown] id="more-partitions"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# Order is a promise of the *partition*: its offsets only grow, and a consumer reads them in that order. What must
# stay in order gets the same key.
#
# </details>
#
# ## 4. More partitions
#
# A topic can get more partitions later. It can never get fewer. Before you see it, predict.
#
# ### Exercise 2b: where does OH go?
#
# The hash of `OH` is, without its sign bit, **2012668211**. The topic `airports` has 4 partitions; then it grows
# to 6. Fill in the dictionary *before* you run on: replace each `None`.

# %% exercise="2b" id="2b"
prediction = {
    ### BEGIN SOLUTION
    "where": 3,  # partition of the next OH airport, while there are 4
    "grown": 5,  # … and after the topic has grown to 6
    "old": 3,  # where the OH airports from before the growth lie then
    "in_order": False,  # old OH airports are sure to be read before new ones: True?
    "busy": 6,  # of 8 consumers of one group on 6 partitions, how many have work?
    ### END SOLUTION
}

# %% [markdown] id="run-on"
# Now run on, and see. (The marks come at the end, when you have seen it all.)

# %% id="grown" shows="never-fewer"
cluster.create_partitions("airports", 6)

goes_to = defaultdict(set)


def note_new(error, message):
    goes_to[message.key().decode()].add(message.partition())


fresh = cluster.producer({"client.id": "after-growth"})
for state in sorted(went_to):
    fresh.produce("airports", "a new airport", key=state, on_delivery=note_new)
fresh.flush()

moved = [state for state in went_to if goes_to[state] != went_to[state]]
print("OH before:", went_to["OH"], " now:", goes_to["OH"])
print(len(moved), "of", len(went_to), "states go to another partition than before")

# %% [markdown] id="map-is-new"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# The old records stayed where they were; only the map is new. The records of one state lie in two partitions now,
# and nobody promises their order any more.
#
# </details>
#
# And back?

# %% id="fewer" shows="never-fewer"
from minikafka import KafkaException

try:
    cluster.create_partitions("airports", 4)
except KafkaException as refused:
    print(refused)

# %% [markdown] id="few-first"
# A partition holds records, so it can't be taken away. Hence the advice: begin with few partitions (2 or 4), watch
# throughput and LAG, and add some when they are needed. How many is the right number depends on the size and rate
# of the records, and nobody can tell exactly beforehand.
#
# ## 5. Two offsets, and the LAG between them
#
# Back to the records in three lanes. A group reads five of them and commits.

# %% id="reader"
cluster.forget("reader")
reader = open_consumer("reader", "lanes")
five = take(reader, 5)
reader.commit(asynchronous=False)
print("read:", [(m.partition(), m.offset()) for m in five])

# %% id="reader-lanes"
show.lanes(cluster, "lanes", group="reader")

# %% [markdown] id="by-hand"
# Check it by hand, partition by partition: **LAG = LOG-END-OFFSET − CURRENT-OFFSET**, the next to write minus the
# next to read. `–` means that the group has not committed anything in that partition: no commit is not 0.

# %% id="reader-offsets" shows="latest-offset" measures="lag"
show.offsets(cluster, "reader")

# %% id="resume"
resume = predict("resume")
resume

# %% id="resumed" shows="committed-offset, order"
cluster.commit_after("reader", five)  # it ends; committed is what it had read
committed = {o.partition: o.committed or 0 for o in cluster.group("reader").offsets}

reader = open_consumer("reader", "lanes")
rest = take(reader, cluster.records_in("lanes") - len(five))
reader.commit(asynchronous=False)
reader.close()

first = {m.partition(): m.offset() for m in reversed(rest)}
print("committed:         ", committed)
print("first record read: ", dict(sorted(first.items())))
read = [(m.partition(), m.offset()) for m in five + rest]
print("any record twice?  ", len(read) != len(set(read)))

# %% id="resume-came"
begun = [(offset, committed[p]) for p, offset in first.items() if committed.get(p)]
resume.reveal(
    any(offset == 0 for offset, n in begun),
    bool(begun) and all(offset == n for offset, n in begun),
    bool(begun) and all(offset == n + 1 for offset, n in begun),
)

# %% [markdown] id="as-many-consumers"
# Look up at the lanes: all is green, and the LAG is 0.
#
# ## 6. As many consumers as partitions
#
# Lanes are there to be worked on in parallel. In a group, each partition belongs to **one** consumer. Every airport
# gets inspected: a topic with four partitions, one record for each airport (the key is its code). Four consumers,
# and then one alone, need a thousandth of a second for a record. The bars move while the cells run.

# %% id="inspections"
cluster.create_topic("inspections", partitions=4, afresh=True)
for state, airport in airports:
    producer.produce("inspections", state, key=airport[:3])
producer.flush()

show.lanes(cluster, "inspections", group="inspectors")

# %% [markdown] id="sharing"
# `share_work` opens the consumers of a group, each in a thread, and does `work` with every record that one of them gets.


# %% id="four-inspectors" measures="parallel, cut-up"
def work(message):
    """What an inspector does with a record."""
    time.sleep(0.001)


four, counts = cluster.share_work("inspections", "inspectors", members=4, work=work)
print(f"4 consumers: {four:.1f} s, records of each: {counts}")

# %% id="one-inspector" measures="parallel"
alone, counts = cluster.share_work("inspections", "inspector", members=1, work=work)
print(f"1 consumer: {alone:.1f} s; four were {alone / four:.1f} times as fast")

# %% [markdown] id="too-many"
# And more consumers than partitions? Eight of one group, on the six partitions of `airports`. (A consumer joins its
# group inside `poll`, so `join` polls all eight until every partition has its reader.)

# %% id="crowd" shows="consumers"
crowd = cluster.join("crowd", "airports", members=8)
for n, consumer in enumerate(crowd):
    print(
        f"crowd-{n}:", [tp.partition for tp in consumer.assignment()] or "nothing to do"
    )

# %% id="crowd-closed"
for consumer in crowd:
    consumer.close()

# %% [markdown] id="predictions"
# How good were your predictions?

# %% check="2b" id="2b-check"
check("2b")

# %% [markdown] id="seen"
# ## What you have seen
#
# | | where |
# |---|---|
# | data are kept by topic; a topic is cut into partitions, numbered from 0 | 1 |
# | an offset is a place in one partition, a 64-bit integer that only grows | 1 |
# | the key decides the partition: murmur2, sign bit dropped, modulo the count | 2 |
# | order holds within a partition, not across | 3 |
# | partitions can be added (keys move), never taken away | 4 |
# | LAG = latest offset (next to write) − committed offset (next to read); no commit: no LAG | 5 |
# | more partitions, more consumers in parallel; at most one consumer of a group for each | 6 |
#
# All marks, hidden checks included: `minikafka grade` in a terminal.

# %% id="summary"
cluster.close()
summary()
