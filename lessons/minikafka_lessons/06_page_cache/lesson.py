# %% [markdown] id="welcome"
# # Lesson 6 · The page cache
#
# Kafka keeps every record in a file, and yet it is fast. This lesson measures why, **on your own machine**: your disk,
# your memory, your processor. Your numbers differ from anybody else's, so look at the *ratios*, and at the spread: each
# dot in a plot is one round. Then small simulated clusters pay the price: their power fails. Two exercises; 40 minutes,
# of which the machine works one. Any cell may be run again, and interrupted (■ above).

# %% setup=true id="setup"
import time

from minikafka import Rules
from minikafka_lessons import (
    begin,
    check,
    hint,
    measure,
    mine,
    predict,
    show,
    summary,
    trials,
)

cluster = begin(6)
cluster

# %% [markdown] id="where-is-it"
# ## 1. Where is a record when it is written?
#
# A broker appends a record to a segment file. It does *not* wait for the disk: `write` puts the bytes into memory of
# the operating system, the **page cache**, and the system writes them to the disk some time later. The picture
# is alive: it shows the segment files of a topic, and how much of each is in the page cache.

# %% id="pages" shows="files, in-the-cache"
cluster.create_topic("cached", configs={"segment.bytes": 1_048_576})
show.pages(cluster, "cached")

# %% id="written" shows="segments, files, written-at-once"
producer = cluster.producer({"client.id": "lab-6"})
for n in range(4_000):
    producer.produce("cached", b"%08d" % n + b"x" * 1000)
producer.flush()

written = cluster.wait_until_replicated("cached")
for segment in written.partitions[0].replicas[0].segments:
    print(f"{segment.base_offset:020d}.log  {segment.size_bytes:9,} bytes")

# %% id="after-eviction"
after_eviction = predict("after-eviction")
after_eviction

# %% id="evicted" shows="free-memory, one-cache"
print("just written:  ", show.cached_now(cluster, "cached"))
print("files evicted: ", measure.evict_segments(cluster, "cached"))
evicted = show.cached_now(cluster, "cached")
print("evicted:       ", evicted)

# %% id="read-back" shows="free-memory, one-cache"
cluster.forget("lab-6")
consumer = cluster.consumer({"group.id": "lab-6", "auto.offset.reset": "earliest"})
consumer.subscribe(["cached"])
count, all_there = 0, cluster.records_in("cached")
while count < all_there and (message := consumer.poll(5.0)) is not None:
    count += 1
consumer.close()

print(count, "records read, of", all_there)
print("after reading: ", show.cached_now(cluster, "cached"))

# %% id="eviction-came"
gone = evicted.of_one is not None and evicted.of_one < 0.5
kept = evicted.of_one is not None and not gone
after_eviction.reveal(count < all_there, gone and count == all_there, kept)

# %% [markdown] id="page-cache"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# The consumer read from the leader only, so only the leader's files came back. (Look at the picture: who leads? The
# active segment may keep a few pages.) The broker did nothing special: *all* reading and writing of files goes
# through this one cache, and keeping it right is the operating system's work, not Kafka's. Kafka has no cache of its
# own.
#
# </details>
#
# And where does the memory for it come from? A file is written, evicted, and read in two ways; the table
# says what each of these steps changed. (**Direct I/O** asks the disk itself, past the cache.)

# %% id="free" measures="free-memory, compact, direct"
measure.free_memory()

# %% [markdown] id="free-meaning"
# What was *free* is cache now, and yet as much as before is *available*: whoever needs memory gets it from the cache at
# once. Only direct I/O gets around it, and pays with a trip to the disk each time.
#
# ## 2. In order, or at random?

# %% id="order"
order = predict("order")
order

# %% id="writes" measures="linear, write-behind"
writing = measure.writes()
writing

# %% id="writes-figure"
writing.figure()

# %% id="order-came" measures="write-behind, linear-or-random"
if writing:
    print(
        f"without waiting:        in order {writing.ratio('no sync'):.1f} times as fast"
    )
    print(
        f"one sync at the end:    in order {writing.ratio('one sync at the end'):.1f} times as fast"
    )
    print(f"not waiting, to waiting each time: {writing.sync_ratio():.0f} : 1")

places, waits = writing.ratio("no sync"), writing.sync_ratio()
neither = max(places, waits) < 1.5
order.reveal(places > waits and not neither, waits >= places and not neither, neither)

# %% [markdown] id="write-behind"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# What the system can do without you waiting, it does well: many small writes become few large ones
# (**write-behind**). Kafka's documentation speaks of linear writes that are 6,000 times as fast as random ones; that
# was on spinning disks, whose arm has to travel. On a solid-state disk the ratio is far smaller: you have just seen yours. What
# makes Kafka's choice right on both: it only ever appends, and it does not wait.
#
# </details>
#
# Reading works the same way, the other way round: who reads in order is understood by the system, which fetches
# ever larger pieces before anybody asks (**read-ahead**).

# %% id="read-ahead" measures="read-ahead"
ahead = measure.read_ahead()
ahead

# %% id="read-ahead-figure"
ahead.figure()

# %% id="place"
place = predict("place")
place

# %% id="reads" measures="linear, disk-gap, efficient"
reading = measure.reads()
reading

# %% id="reads-figure"
reading.figure()

# %% id="place-came" measures="disk-or-memory, disk-gap"
if reading:
    print(f"cached : on disk, read in order:  {reading.ratio():.1f} : 1")
    print(f"in order : at random, on disk:    {reading.order_ratio():.1f} : 1")
    print(f"disk in order : memory at random: {reading.memory_ratio():.2f} : 1")

alike, beside = reading.ratio() < 1.2, reading.memory_ratio()
place.reveal(beside <= 0.3, beside > 0.3 and not alike, alike)

# %% [markdown] id="objects-or-bytes"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# A consumer that keeps up reads what was written a moment ago: it is served from memory, and no disk turns. One that
# is far behind reads in order, the disk's best case.
#
# </details>
#
# ## 3. Why not keep the records in the process?
#
# A program could keep a cache of its own. Two reasons not to. First, **objects are large**: here are the same
# records as parsed dictionaries, as lean objects, and as the bytes of Kafka's batches. Second, **the garbage
# collector** walks over objects again and again, and takes longer the more there are. (Kafka's documentation says so
# of Java; this is Python, measured.)

# %% id="objects"
objects = predict("objects")
objects

# %% id="memory" measures="objects, collector, compact, files-better"
memory = measure.memory()
memory

# %% id="memory-figure"
memory.figure()

# %% id="objects-came" measures="collector"
if memory:
    print(
        f"dictionaries: {memory.ratio():.0f} times the memory, objects: {memory.ratio('objects'):.1f} times"
    )
    print(f"a collection: {memory.collection_ratio():.0f} times as long as with bytes")

times = memory.ratio()
objects.reveal(times < 2, 2 <= times < 6, times >= 6)

# %% [markdown] id="twice"
# And whatever a process reads from a file is in the page cache already. A cache of its own holds it **twice**. When
# the process ends, its own cache is gone, and the kernel's is still warm: a broker that restarts is fast at once.

# %% id="double" measures="double, files-better"
double = measure.double_caching()
double

# %% id="double-figure"
double.figure()

# %% [markdown] id="who-keeps-right"
# And who keeps a cache of one's own right, when somebody else changes the file?

# %% id="agree" shows="coherent"
from pathlib import Path
from tempfile import TemporaryDirectory

with TemporaryDirectory() as directory:
    price = Path(directory, "price")
    price.write_text("10")
    own_cache = price.read_text()
    price.write_text("12")  # as another program would
    print("own cache:", own_cache, "  through the page cache:", price.read_text())

# %% [markdown] id="crash-or-cut"
# ## 4. What a power cut takes, and a crash doesn't
#
# So a record is in the page cache when its producer hears “written”. When the broker **crashes**, its process ends, and
# the cache, which is the operating system's, stays. When the machine **loses power**, whatever was not *synced* to the
# disk may be gone. Your machine keeps its power: from here on small simulated clusters suffer.
#
# One broker, one replica. Producers write, and hear “written” for each record. Then the power fails, and comes back; 20
# times. (When it fails, each write that was not synced may have reached the disk, or not, or half.)

# %% id="dark"
dark = predict("dark")
dark

# %% id="dark-run" shows="in-the-cache"
outages = trials.power_cuts(cuts=20)
outages

# %% id="dark-came"
share = outages.lost / outages.acknowledged
dark.reveal(share == 0, 0 < share < 0.1, share >= 0.1)

# %% [markdown] id="6a-task"
# Kafka can sync: `flush.messages=1` makes it wait for the disk at each append. You have measured what that costs.
#
# ### Exercise 6a: sync, but as rarely as can be
#
# Write the rule. The broker asks it **after each append**, and **once more before answers leave**, when all batches that
# arrived together have been appended. It syncs the log if you say `True`.
#
# | argument | |
# |---|---|
# | `unflushed_messages` | records of the log that aren't known to be on the disk |
# | `flush_messages` | the topic's `flush.messages`, by default 2⁶³ − 1 |
# | `acks_leaving` | so many batches are acknowledged right now that aren't synced; after an append 0 |
#
# Nothing that was acknowledged may be lost in 200 power cuts. Batches that arrive together share a sync; with `acks=0`
# nobody is told anything. (Kafka's own rule: `unflushed_messages >= flush_messages`.)


# %% exercise="6a" id="6a"
def should_flush(unflushed_messages, flush_messages, acks_leaving):
    """Sync the log now?"""
    ### BEGIN SOLUTION
    return acks_leaving > 0
    ### END SOLUTION


# %% check="6a" id="6a-check"
check("6a")

# %% id="your-rule-runs"
rule = mine(should_flush)
print(trials.power_cuts(Rules(should_flush=rule), cuts=20))
print(rule.by)

# %% [markdown] id="6b-task"
# Fewer syncs than batches: databases call it *group commit*. Kafka goes another way. By default it never syncs before it
# answers; it **replicates**.
#
# ### Exercise 6b: what is lost?
#
# Three brokers, everything written with `acks=all`, nothing synced (but for G). Then it happens, to the leader or to all
# at once, and whoever was hit starts again. Are acknowledged records missing (`"lost"`) or not (`"kept"`)? Replace each
# `None` *before* you run on.
#
# | | RF | what happens |
# |---|---|---|
# | A | 1 | the leader crashes |
# | B | 3 | all brokers crash |
# | C | 2 | the leader loses power |
# | D | 3 | the leader loses power |
# | E | 2 | all lose power at once |
# | F | 3 | all lose power at once |
# | G | 3 | all lose power at once, `flush.messages=1` |

# %% exercise="6b" id="6b"
outcomes = {
    ### BEGIN SOLUTION
    "A": "kept",
    "B": "kept",
    "C": "kept",
    "D": "kept",
    "E": "lost",
    "F": "lost",
    "G": "kept",
    ### END SOLUTION
}

# %% [markdown] id="6b-run"
# Now each accident happens, three times; then three times more, with `flush.messages=1`. (The marks come at the end.)

# %% id="accidents"
trials.crashes_and_cuts(range(3))

# %% id="accidents-synced"
trials.crashes_and_cuts(range(3), flush_messages=1)

# %% check="6b" id="6b-check"
check("6b")

# %% [markdown] id="in-kafka-flush"
# A crash takes nothing. A power cut takes what that machine had not synced, and a replica elsewhere still has it. If all
# machines may go dark at once, put brokers into different buildings, or sync.
#
# > **In Kafka itself**: `UnifiedLog.append` (`flush.messages`), `LogManager.flushDirtyLogs` (`flush.ms`), the recovery
# > point; a broker that comes back without its page cache must not be trusted (KIP-966). Asking once more before the
# > answers leave is minikafka's.

# %% [markdown] id="many-at-once"
# ## 5. Many records at once
#
# Now the network. Each request to a broker has a price: bytes around it, a system call, a wait. A producer
# collects records into **batches** and sends many with one request. The same 2,000 records, one to a batch, and as
# many as will fit:

# %% id="together"
together = predict("together")
together

# %% id="batched" measures="batches, saves-network"
from minikafka_lessons.measure.batches import records_of

rows = [(r.key, r.value) for r in records_of("JSON text", 2_000)]
ways = {
    "one-by-one": {"batch.num.messages": 1, "linger.ms": 0},
    "batched": {"linger.ms": 20},
    "batched-zstd": {"linger.ms": 20, "compression.type": "zstd"},
}
seconds, log_bytes = {}, {}
for topic, config in ways.items():
    cluster.create_topic(topic, afresh=True)
    sender = cluster.producer({"client.id": topic, **config})
    began = time.perf_counter()
    for key, value in rows:
        sender.produce(topic, value, key=key)
    sender.flush()
    seconds[topic] = time.perf_counter() - began
    log_bytes[topic] = cluster.topic(topic).partitions[0].size_bytes

payload = sum(len(key) + len(value) for key, value in rows)
print(f"{payload:9,} bytes of keys and values")
for topic in ways:
    print(
        f"{log_bytes[topic]:9,} bytes of log   {seconds['one-by-one'] / seconds[topic]:5.1f} times as fast   {topic}"
    )
faster = seconds["batched"] < seconds["one-by-one"] * 0.8
smaller = log_bytes["batched"] < log_bytes["one-by-one"] * 0.98
together.reveal(not faster, faster and not smaller, faster and smaller)

# %% [markdown] id="segment-files"
# The segment files tell why. These are the first batches of both topics, as they lie in the leader's file:

# %% id="one-by-one-segment"
show.segment(cluster, "one-by-one", limit=3)

# %% id="batched-segment"
show.segment(cluster, "batched", limit=3)

# %% [markdown] id="batch-bytes"
# A batch has one header (61 bytes) for all its records. Here is the first batch, every byte of it. Its one record
# begins at byte 61. The record's time and offset are small differences to the header's, a byte or two each.

# %% id="bytes"
show.bytes(cluster, "one-by-one")

# %% [markdown] id="which-codec"
# ## 6. Which codec?
#
# A batch is compressed as a whole: what repeats from record to record is written once. So compression and batching
# help each other. Kafka knows gzip, snappy, lz4 and zstd. The header stays readable, so that a broker needs not unpack
# to store or to serve: `show.bytes(cluster, "batched-zstd")` shows it.

# %% id="codec"
codec = predict("codec")
codec

# %% id="codecs" measures="codecs"
codecs = measure.compression()
codecs

# %% id="codecs-figure"
codecs.figure()

# %% id="codec-came" measures="dense, fast"
text = "JSON text"
small = sorted(["gzip", "snappy", "lz4", "zstd"], key=lambda c: -codecs.ratio(text, c))
fast = sorted(small, key=lambda c: -codecs.compressing[text, c].median)
print("by size: ", *small, "  by speed:", *fast)
dense, quick = {"gzip", "zstd"}, {"lz4", "snappy"}
codec.reveal(
    set(small[:2]) == dense and fast[0] in quick,
    set(small[:2]) == quick and fast[0] == "gzip",
    codecs.ratio(text, small[0]) < 1.05 * codecs.ratio(text, small[3]),
)

# %% [markdown] id="seen"
# Below, to the right is fast and up is small; filled marks compress, hollow ones decompress. And the random
# bytes? Nothing repeats, so nothing gets smaller: the work is for nothing. Sizes and shapes of records differ, so
# **test with your own**: put them where `records_of` has its examples.
#
# ## What you have seen
#
# | | where |
# |---|---|
# | a broker writes to files at once, and the file's pages stay in memory: the page cache | 1 |
# | all reading and writing goes through it; the system keeps it right | 1 |
# | in order is faster than at random; read-ahead and write-behind | 2 |
# | free memory becomes cache, and gives way when it is needed: eviction loses nothing | 1 |
# | objects take a multiple of the memory of bytes, and make the collector slow | 3 |
# | a cache of one's own holds everything twice, and nobody keeps it right | 3 |
# | “written” means in the page cache: a crash takes nothing, a power cut what was not synced | 4 |
# | a sync before the answer keeps a single replica's records; what arrives together shares it | 4 |
# | Kafka syncs nothing by default: replicas on other machines keep the records | 4 |
# | batches save requests and bytes | 5 |
# | compression gets better with larger batches; small: gzip, zstd; fast: lz4, snappy; it depends on the data | 6 |
#
# All marks, hidden checks included: `minikafka grade` in a terminal.

# %% id="summary"
cluster.close()
summary()
