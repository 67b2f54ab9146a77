# %% [markdown] id="welcome"
# # Lesson 1 · The data bus
#
# Kafka takes data from those who make it and hands it to those who want it. It is a **data bus**: one side
# never needs to know the other.
#
# In this lesson you run a real three-broker cluster, put real weather on it, read it twice, and watch a reader
# fall behind and catch up. Two exercises; 30 minutes. Run the cells from top to bottom with **Shift+Enter**. Any cell
# may be run again, and interrupted (■ above).
#
# | word | who |
# |---|---|
# | **producer** | a client that makes records (messages) and sends them |
# | **consumer** | a client that reads them |
# | **broker** | a server with Kafka on it; it keeps the records |
# | **coordinator** | whoever keeps the cluster's metadata and watches over the brokers: ZooKeeper in older Kafkas, a *controller* (KRaft) in newer ones |

# %% setup=true id="setup" shows="broker"
import time
from collections import Counter

from minikafka_lessons import begin, check, data, hint, mine, predict, show, summary

cluster = begin(1)
cluster

# %% [markdown] id="why-a-bus"
# Three brokers and a controller (the coordinator of the table above), each with a port of its own. They run on
# this machine now, and speak Kafka's own protocol: any Kafka client could join. With `minikafka tui` in a terminal
# you look inside.
#
# ## 1. Why a bus?
#
# Without one, every maker of data is wired to everybody who wants it. Turn the sliders, and count.

# %% id="links"
picture = show.links(producers=4, consumers=5)
picture

# %% [markdown] id="wires"
# Each wire is a format to agree on, a retry to write, an address to keep. One more consumer costs one link on
# the bus, and one *per producer* without it. A cell does what the sliders do:

# %% id="wires-counted" shows="data-bus"
for producers, consumers in [(2, 2), (4, 5), (10, 12)]:
    wires, over_a_bus = producers * consumers, producers + consumers
    print(
        f"{producers:2} to {consumers:2}: {wires:3} links, or {over_a_bus:2} over a bus"
    )

picture.set(10, 12)

# %% [markdown] id="producer"
# ## 2. A producer writes
#
# The data: a year of hourly temperatures in Seattle and San Francisco, of which we take 200 hours. Each reading is one
# record. Its **key** says whose reading it is.

# %% id="readings"
readings = data.weather(hours=200)
print(len(readings), "readings")
readings[:4]

# %% [markdown] id="topic"
# Records are sorted by subject: a **topic**. Ours has three **partitions** (why is the matter of lesson 2). The
# picture below is alive: it changes while the cells further down run. (★: the broker that leads the partition.)

# %% id="bus" shows="data-bus, topics"
cluster.create_topic("weather", partitions=3)
show.bus(cluster, "weather")

# %% [markdown] id="produce"
# `produce` puts a record into the producer's queue and returns at once; the producer sends in the background,
# many records at a time. `flush` waits until the brokers have acknowledged all of them. Look up at the picture. (One
# partition stays empty: there are two keys, and the records of a key stay together. Lesson 2 shows how.)

# %% id="station" shows="producer"
station = cluster.producer({"client.id": "weather-station"})

for key, value in readings:
    station.produce("weather", value, key=key)

station.flush()
print(station.sent, "records sent, and there is no consumer yet")

# %% [markdown] id="comes-late"
# ## 3. A consumer comes late
#
# All records were sent before any consumer existed. Before you run on, say what you expect: **click on a sentence**.
# (You can go on without; nobody sees it but you.)

# %% id="late"
late = predict("late")
late

# %% [markdown] id="consumer"
# A consumer belongs to a **group**: the name under which the cluster remembers how far was read. It subscribes, and polls.
# `poll` returns a record, or `None` when nothing came in time. Two settings: `enable.auto.commit` is off, so that we say
# ourselves, with `commit`, how far we have read; and `auto.offset.reset` says where a group begins that has never committed
# (`earliest`: at the oldest record). In the picture above a group is “reading” while it has a consumer, else “away”.


# %% id="read-all" shows="consumer"
def open_consumer(group, rule=None):  # a rule comes in section 6
    config = {
        "group.id": group,
        "client.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
    consumer = cluster.consumer(config, rule)
    consumer.subscribe(["weather"])
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


cluster.forget("dashboard")  # so that it begins anew when this cell runs again
dashboard = open_consumer("dashboard")
sent = cluster.records_in("weather")
messages = take(dashboard, sent)
dashboard.commit(asynchronous=False)  # wait until it is noted
print(len(messages), "records:", Counter(m.key().decode() for m in messages))

# %% id="late-came"
late.reveal(
    len(messages) == 0,
    0 < len(messages) < sent,
    len(messages) == sent,
)

# %% [markdown] id="kept"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# The broker *keeps* the records. A consumer that was not there when they were sent misses nothing.
#
# </details>
#
# This is what it got first, each record with its place (partition and **offset**):

# %% id="records"
show.records(messages)

# %% [markdown] id="second-group"
# ## 4. A second group

# %% id="again"
again = predict("again")
again

# %% id="archive" shows="consumer"
cluster.forget("archive")
archive = open_consumer("archive")
copies = take(archive, len(messages))
archive.commit(asynchronous=False)
archive.close()

same = sorted(m.value() for m in copies) == sorted(m.value() for m in messages)
print("archive read", len(copies), "records; are they the same ones?", same)

# %% id="again-came"
again.reveal(
    len(copies) == 0,
    len(copies) == len(messages) > 0,
    0 < len(copies) < len(messages),
)

# %% [markdown] id="committed"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# Reading takes nothing away. Each group only remembers how far *it* has read.
#
# </details>
#
# What a group has said of how far it has read is its **committed offset** in each partition. That is all the bus knows
# about a group. In the table it is called CURRENT-OFFSET; the LAG is the matter of section 5.

# %% id="offsets" shows="lag, committed-offset"
show.offsets(cluster, "archive")

# %% [markdown] id="nobody-waits"
# So nobody waits for anybody. The dashboard leaves, the station goes on, the dashboard comes back and goes on
# where it stopped. The producer never noticed.

# %% id="rest" shows="data-bus"
dashboard.close()

for key, value in data.weather(hours=230)[400:]:  # 30 hours more, of two cities
    station.produce("weather", value, key=key)
station.flush()

dashboard = open_consumer("dashboard")
rest = take(dashboard, 60)
dashboard.commit(asynchronous=False)
dashboard.close()
print("after its return the dashboard read", len(rest), "records")
print("the first of them:", rest[0].value().decode())

# %% [markdown] id="outsider"
# ### An outsider joins
#
# The brokers speak Kafka's protocol, so any Kafka client may join. **kafka-python** was written by others, and has its
# own way of saying things. It joins your group `archive` and reads on where your consumer stopped; then it writes, and
# your dashboard reads. (`real` gives the name on the cluster: beside a second notebook it has an ending.)

# %% id="outsider-joins"
from kafka import KafkaConsumer, KafkaProducer

print(cluster.records_in("weather"), "records are there")
topic, group = cluster.real("weather"), cluster.real("archive")
servers = cluster.bootstrap_servers

with KafkaConsumer(
    topic, bootstrap_servers=servers, group_id=group, consumer_timeout_ms=3000
) as outsider:
    new = list(outsider)
print("kafka-python read", len(new), "records that were new to archive")

with KafkaProducer(bootstrap_servers=servers) as outsider:
    outsider.send(topic, key=b"outsider", value=b"greetings from kafka-python")

dashboard = open_consumer("dashboard")
for message in take(dashboard, 1):
    print("the dashboard read:", message.value().decode())
dashboard.commit(asynchronous=False)
dashboard.close()

# %% [markdown] id="lag-meaning"
# ## 5. How far behind? LAG
#
# A group that reads more slowly than others write falls behind. By how much is the **LAG**, for each partition:
#
# > **LAG = latest offset − committed offset**
# >
# > *latest offset*: the last record's offset **+ 1**, which is where the next record will be written
# > (LOG-END-OFFSET).<br>
# > *committed offset*: where the group will read **next** (CURRENT-OFFSET).
#
# ### Exercise 1a: your rule `lag`
#
# Write the function that every monitor of Kafka has inside: replace the line `raise NotImplementedError(…)` in the
# cell below, run the cell, then run the `check` cell under it. Your function gets three offsets of one partition:
#
# ```text
#  log start         committed               log end
#      │                 │                      │
#  ····▼─────────────────▼──────────────────────▼· · ·
#  gone│  read           │  not read yet: LAG   │ next
# ```
#
# - A group that never committed has **no** LAG: `None`. That is not 0.
# - Old records get deleted (retention). What lies below the log start is gone and doesn't count.
# - The two offsets may be read at slightly different moments, so that the commit can even lie beyond the end.
#   The LAG is never negative.
#
# Your rule will run inside the cluster: a consumer further down asks it how far behind it is.


# %% exercise="1a" id="1a"
def lag(log_end_offset, committed_offset, log_start_offset):
    """How many records the group has still to read in this partition, or None."""
    ### BEGIN SOLUTION
    if committed_offset is None:
        return None
    return max(0, log_end_offset - max(committed_offset, log_start_offset))
    ### END SOLUTION


# %% check="1a" id="1a-check"
check("1a")

# %% [markdown] id="stuck"
# Stuck? Type `hint("1a", 1)` into a cell and run it; then 2, then 3. The lesson goes on without an answer, too.

# %% [markdown] id="slow-dashboard"
# ## 6. LAG over time
#
# Now a slow dashboard. The station sends 200 records a second for three seconds; this consumer needs a hundredth
# of a second for each, so it manages at most 100 a second.

# %% id="slow"
slow = predict("slow")
slow

# %% id="recorder"
cluster.skip_to_end("slow-dashboard", "weather")  # as if it had read all that is there
recorder = show.record_lag(cluster, "weather", "slow-dashboard")
recorder

# %% [markdown] id="lag-live"
# Run the next cell and look up: the line is drawn while the cell runs. The consumer asks your rule for its LAG (as
# long as that is not written, ours).

# %% id="slow-run" measures="lag"
cluster.skip_to_end("slow-dashboard", "weather")
recorder.begin()

rule = mine(lag)
reader = open_consumer("slow-dashboard", rule)

rows = data.weather(hours=530)[460:]
sending = station.send_steadily("weather", rows, a_second=200)
done = 0
while done < 600:
    message = reader.poll(5.0)
    if message is None:
        break
    time.sleep(0.01)  # the slow part: what a dashboard does with a record
    done += 1
    if done % 10 == 0:
        reader.commit(asynchronous=False)
    if done % 150 == 0:
        behind = sum(n or 0 for n in reader.lag(committed=True).values())
        print(f"{done} read, LAG {behind} ({rule.by})")
sending.wait()
reader.close()
recorder.stop()

# %% id="slow-came"
slow.reveal(
    recorder.highest < 50,
    recorder.highest >= 50 and recorder.last == 0,
    recorder.last > 0,
)

# %% [markdown] id="lag-drawn"
# The same as a figure: the gap between the two lines *is* the LAG. It grows while the upper one is steeper.

# %% id="lag-figure"
recorder.figure()

# %% [markdown] id="both-ends"
# A LAG that grows and shrinks is a buffer at work. A LAG that only grows says: this group needs more consumers,
# and the topic perhaps more partitions.
#
# ## 7. Both ends, by yourself
#
# ### Exercise 1b: `publish` and `read_all`
#
# **`publish(producer, topic, rows)`** sends rows of `(station, text)`: the text is the record's value.
#
# - Every row is in the topic, once, when `publish` returns.
# - The rows of one station keep their order. (Kafka keeps it for records with the same *key*.)
# - The producer's queue has an end: `produce` raises `BufferError` when it is full. `producer.poll(0.1)` gives it
#   time to send. No row may be lost.
#
# **`read_all(consumer, count)`** returns a list of `count` pairs `(key, value)`, as texts (`.decode()`). The
# consumer has subscribed already.
#
# - `consumer.poll(1.0)` returns `None` when nothing came *yet*. More may come.
# - A message with `message.error()` is an event (such as “end of partition”), and no record.
# - At the end it commits (`consumer.commit(asynchronous=False)`), so that the group's LAG is 0.
#
# The check runs each of them in a process of its own: nothing connects them but the broker.


# %% exercise="1b" id="1b"
def publish(producer, topic, rows):
    """Send every (station, text) of `rows`; return when all of them are in the topic."""
    ### BEGIN SOLUTION
    for station, text in rows:
        while True:
            try:
                producer.produce(topic, text, key=station)
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()
    ### END SOLUTION


def read_all(consumer, count):
    """Return `count` records as (key, value) texts, and commit."""
    ### BEGIN SOLUTION
    records = []
    while len(records) < count:
        message = consumer.poll(1.0)
        if message is None or message.error() is not None:
            continue
        records.append((message.key().decode(), message.value().decode()))
    consumer.commit(asynchronous=False)
    return records
    ### END SOLUTION


# %% check="1b" id="1b-check"
check("1b")

# %% [markdown] id="seen"
# ## What you have seen
#
# | | where |
# |---|---|
# | Kafka takes data and hands it on: a bus. N + M links, not N × M | 1 |
# | producers make records, consumers read them; neither knows the other | 2, 4 |
# | brokers keep the records: who comes late gets everything | 3 |
# | each group reads at its own pace and remembers only its committed offsets | 4 |
# | any Kafka client can join: another one read on for your group, and wrote for it | 4 |
# | LAG = latest offset (last + 1) − committed offset (next to read) | 5 |
# | LAG is a buffer: it grows when reading is slower than writing, and shrinks again | 6 |
#
# All marks, hidden checks included: `minikafka grade` in a terminal. Next: lesson 2, topics, partitions, offsets.

# %% id="summary"
cluster.close()
summary()
