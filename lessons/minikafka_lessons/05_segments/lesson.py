# %% [markdown] id="welcome"
# # Lesson 5 · Segments
#
# A broker has no database. A partition is a directory with files, and a file is never changed, only continued. The
# log is cut into **segments**, and from this one idea follows how a record is found quickly, how old ones go, and
# what a power cut may take.
#
# Three exercises; 40 minutes. Run the cells from top to bottom with **Shift+Enter**. Any cell may be run again. The
# cluster is simulated: one broker, with a disk and a clock of its own. An hour there takes a second here.

# %% setup=true id="setup"
import json
from datetime import datetime

from minikafka_lessons import begin, check, data, hint, mine, predict, show, summary

cluster = begin(5)
cluster

# %% [markdown] id="files-meaning"
# ## 1. A partition is files
#
# A year of weather goes into a topic with one partition. Ten readings make a batch, and each record bears the time at
# which it was measured, in 2010. All of it is 2.3 MB.

# %% id="history" shows="stored"
cluster.create_topic(
    "history",
    configs={
        "segment.bytes": 1_048_576,
        "segment.ms": 1000 * 86_400_000,
        "retention.ms": -1,
    },
    afresh=True,
)
producer = cluster.producer({"batch.num.messages": 10, "linger.ms": 50})


def to_ms(when):
    """The milliseconds since 1970 (UTC), Kafka's timestamp."""
    return int(datetime.fromisoformat(when + "+00:00").timestamp() * 1000)


for station, reading in data.weather(8800):
    when, temperature = reading.split(", ")
    record = {"at": when, "temperature": temperature, "station": station}
    value = json.dumps(record | {"source": "NOAA hourly"}, ensure_ascii=False)
    producer.produce("history", value, key=station, timestamp=to_ms(when))
producer.flush()
print(cluster.records_in("history"), "records")

# %% id="rolled"
rolled = predict("rolled")
rolled

# %% id="files" shows="segments, several-segments"
files = cluster.files("history")
for name, size in files.items():
    print(f"{size:10,} bytes  {name}")

# %% id="rolled-came"
logs = [name for name in files if name.endswith(".log")]
rolled.reveal(len(logs) == 1, len(logs) == 3, len(logs) > 1000)

# %% [markdown] id="which-file"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# `segment.bytes` is 1 MiB here (Kafka's default: 1 GiB). The next batch did not fit, so the broker **rolled**: it
# closed the file and began a new one. Only the last segment, the **active** one, is written to.
#
# </details>
#
# | file | what it has |
# |---|---|
# | `.log` | the batches, one behind the other. The name is the first offset in it |
# | `.index` | offset → byte of the `.log`, not for every record |
# | `.timeindex` | time → offset |
# | `.snapshot` | what was known of producers where the segment begins |

# %% [markdown] id="5a-task"
# ## 2. Three decisions
#
# All that a broker does with segments is three small decisions. Today they are yours.
#
# ### Exercise 5a: your rules `should_roll`, `floor_entry`, `segments_to_delete`
#
# **`should_roll`**, asked before a batch is appended. A new segment begins when one of these is true:
#
# - the batch does not fit: with it the file would have more than `segment_bytes`;
# - the segment has something in it, and is older than `segment_ms`;
# - its index is full, or the offset is too far from the first one.
#
# **`floor_entry`**, asked when somebody looks for an offset or a time. `entries` grow. The answer is the position in the
# list of the last one that is not greater than `target`, or −1.
#
# **`segments_to_delete`** says how many of the oldest segments go. Each is a tuple: first offset, next offset (one
# past its last), size, its newest record's time. Three reasons, one after the other. Each begins with the oldest that is
# left, and stops at the first that stays:
#
# 1. time: its newest record is older than `retention_ms` (−1: no limit);
# 2. size: without it the log still has at least `retention_bytes` (−1: no limit);
# 3. log start: all its records lie below `log_start`. For this reason the last segment never goes.
#
# Two never go, whatever the reason: a segment with a record at or above the `high_watermark` (lesson 8: not yet safe),
# and the last one while it is empty.


# %% exercise="5a" id="5a"
def should_roll(
    size, incoming, segment_bytes, age_ms, segment_ms, index_full, offset_too_far
):
    """Does a new segment begin before the `incoming` bytes are written?"""
    ### BEGIN SOLUTION
    if index_full or offset_too_far or size + incoming > segment_bytes:
        return True
    return size > 0 and age_ms > segment_ms
    ### END SOLUTION


def floor_entry(entries, target):
    """The position of the last entry that is not greater than `target`, or -1."""
    ### BEGIN SOLUTION
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if entries[middle] <= target:
            low = middle + 1
        else:
            high = middle
    return low - 1
    ### END SOLUTION


def segments_to_delete(
    segments, now_ms, retention_ms, retention_bytes, high_watermark, log_start
):
    """How many of the oldest go. A segment is (first, next, size, newest_ms)."""
    ### BEGIN SOLUTION
    last = len(segments) - 1

    def may_go(n):
        _, following, size, _ = segments[n]
        return following <= high_watermark and not (n == last and size == 0)

    gone, left = 0, sum(size for _, _, size, _ in segments)
    while retention_ms >= 0 and gone <= last and may_go(gone):
        if now_ms - segments[gone][3] <= retention_ms:
            break
        left -= segments[gone][2]
        gone += 1
    while retention_bytes >= 0 and gone <= last and may_go(gone):
        if left - segments[gone][2] < retention_bytes:
            break
        left -= segments[gone][2]
        gone += 1
    while gone < last and segments[gone][1] <= min(log_start, high_watermark):
        gone += 1
    return gone
    ### END SOLUTION


# %% check="5a" id="5a-check"
check("5a")

# %% [markdown] id="your-rules"
# Stuck? `hint("5a", 1)`, then 2, then 3. The lesson goes on without an answer, too.
#
# Here a broker lives by your rules: thirty records of 100 KB, then one is looked for. (What is not written yet is
# decided by ours.)

# %% id="own"
from minikafka import Cluster, Rules, TopicPartition

own_rules = {
    "should_roll": mine(should_roll),
    "floor_entry": mine(floor_entry),
    "segments_to_delete": mine(segments_to_delete),
}
with Cluster(
    brokers=1, world="simulated", seed=5, rules=Rules(**own_rules), announce=False
) as own:
    own.create_topic("big", configs={"segment.bytes": 1_048_576})
    with own.producer() as sender:
        for n in range(30):
            sender.produce("big", bytes([n]) * 100_000)
            sender.flush()
    for segment in own.snapshot().partition("big", 0).replicas[0].segments:
        print(f"{segment.base_offset:020d}.log {segment.size_bytes:10,} bytes")
    reader = own.consumer({"group.id": "own"})
    reader.assign([TopicPartition("big", 0, 17)])
    message = reader.poll(10.0)
    print("looked for offset 17, got", message.offset() if message else "nothing")
    reader.close()

for rule in own_rules.values():
    print(rule)

# %% [markdown] id="bytes-meaning"
# ## 3. What is in a `.log`?
#
# Nothing but batches. Here is the first one, every byte of its header:

# %% id="bytes"
show.bytes(cluster, "history", fields=24)

# %% [markdown] id="5b-task"
# ### Exercise 5b: read a segment
#
# `read_log(data)` gets the bytes of a `.log` and returns a list, a dictionary for each batch. `struct` reads numbers
# from bytes; all here are big-endian (`>`):
#
# | byte | field | `struct` | |
# |---|---|---|---|
# | 0 | base_offset | `q` | offset of its first record |
# | 8 | batch_length | `i` | bytes that follow after *this field* |
# | 12 | partition_leader_epoch, magic, crc | `i b I` | |
# | 21 | attributes | `h` | the lowest 3 bits: the codec |
# | 23 | last_offset_delta | `i` | last offset minus base_offset |
# | 27 | base_timestamp, max_timestamp | `q q` | ms since 1970 |
# | 43 | producer_id, producer_epoch, base_sequence | `q h i` | |
# | 57 | count | `i` | how many records; they begin at byte 61 |
#
# Codecs: 0 none, 1 gzip, 2 snappy, 3 lz4, 4 zstd. Keys of the dictionary, as in `minikafka dump-log --json`:
# `position` (of its first byte in the file), `base_offset`, `last_offset`, `count`, `max_timestamp`, `size` (all its bytes),
# `compresscodec`. After a crash the file may end in the middle of a batch, or with zeros: stop before what is no
# whole batch.


# %% exercise="5b" id="5b"
import struct


def read_log(data):
    """The batches of a segment's bytes."""
    ### BEGIN SOLUTION
    header = struct.Struct(">qiibIhiqqqhii")
    codecs = ["none", "gzip", "snappy", "lz4", "zstd"]
    batches, position = [], 0
    while position + header.size <= len(data):
        fields = header.unpack_from(data, position)
        base, length, attributes, delta = fields[0], fields[1], fields[5], fields[6]
        size = 12 + length
        if size < header.size or position + size > len(data):
            break
        batches.append(
            {
                "position": position,
                "base_offset": base,
                "last_offset": base + delta,
                "count": fields[12],
                "max_timestamp": fields[8],
                "size": size,
                "compresscodec": codecs[attributes & 7],
            }
        )
        position += size
    return batches
    ### END SOLUTION


# %% check="5b" id="5b-check"
check("5b")

# %% id="compared"
dumped = cluster.dump_log("history", logs[0])
print("dump-log:", {key: dumped[1][key] for key in ("position", "base_offset", "size")})
try:
    batches = read_log(cluster.read_file("history", logs[0]))
    keys = batches[0].keys()
    same = batches == [{key: line[key] for key in keys} for line in dumped]
    print("yours:   ", batches[1], "\nall the same:", same)
except Exception as problem:
    print("yours:    not yet:", problem)

# %% [markdown] id="sparse"
# ## 4. Finding a record
#
# Somebody asks for offset 12,345. The names tell which file. Its `.index` is **sparse**: a new entry
# comes only when more than `index.interval.bytes` (4,096) were written since the last. An entry (*offset*, *byte*) says:
# the batch that ends with this offset begins at this byte. Some entries of the right file:

# %% id="entries"
index = max(
    name for name in files if name.endswith(".index") and int(name[:20]) <= 12345
)
for entry in cluster.dump_log("history", index):
    if 12_250 <= entry["offset"] <= 12_450:
        print(f"offset {entry['offset']:,} at byte {entry['position']:,}")

# %% [markdown] id="5c-task"
# ### Exercise 5c: say it before
#
# Fill this in *before* you run on: replace each `None`. It is judged at the end, when you have seen it all. Every
# batch of `history` has ten records (0–9, 10–19 …). The topic `minutes` gets a reading a minute, for an hour, and each
# reading is a batch. A segment of it is closed after 10 minutes, so that it has ten records (`segment.ms`); a record is
# kept for 30 minutes (`retention.ms`). Five minutes after the hour we look.

# %% exercise="5c" id="5c"
prediction = {
    ### BEGIN SOLUTION
    "entry": 12319,  # looking for offset 12,345: the offset of the entry used
    "passed": 3,  # … and how many batches are passed by before the right one
    "oldest": 30,  # minutes: the first offset that is still there
    "older": True,  # … is the oldest record older than 30 minutes? True or False
    "killed": 0,  # 15 more are acknowledged, the broker is killed: records lost
    "sealed": 0,  # 15 more, and a power cut: lost from segments that were closed
    "gap": False,  # … after the restart, can offsets be missing in the middle?
    ### END SOLUTION
}

# %% [markdown] id="run-on"
# Now run on, and see.

# %% id="lookup"
show.lookup(cluster, "history", offset=12_345)

# %% [markdown] id="lookup-meaning"
# Each row is the magnified part of the one above. From 2.3 MB to one batch in three steps, and the index is so
# small that it stays in memory: a few hundred entries for a MiB.
#
# By **time** there is one step more. The `.timeindex` leads to an offset, and that one is looked up as before. From
# which record on is it Independence Day?

# %% id="lookup-time"
show.lookup(cluster, "history", time_ms=to_ms("2010-07-04 00:00"))

# %% id="offsets-for-times"
from minikafka import TopicPartition

consumer = cluster.consumer({"group.id": "holiday"})
asked = [TopicPartition("history", 0, to_ms("2010-07-04 00:00"))]
(found,) = consumer.offsets_for_times(asked)
consumer.assign([found])
message = consumer.poll(10.0)
print("offset", found.offset)
print(message.value().decode())
consumer.close()

# %% [markdown] id="retention-meaning"
# ## 5. Old records go, a file at a time
#
# A record in the middle of a file can't be taken out. So **retention** deletes whole segments, the oldest first.
# The broker looks every five minutes (`log.retention.check.interval.ms`). An hour passes:

# %% id="minutes" shows="several-segments"
cluster.create_topic(
    "minutes",
    configs={"segment.ms": 10 * 60_000, "retention.ms": 30 * 60_000},
    afresh=True,
)
thermometer = cluster.producer({"client.id": "thermometer"})
began = cluster.now
for minute, (station, reading) in enumerate(data.weather(30), 1):
    thermometer.produce("minutes", reading, key=station)
    thermometer.flush()
    cluster.run(seconds=60)
    if minute % 10 == 0:
        logs = [n for n in cluster.files("minutes") if n.endswith(".log")]
        print(f"minute {minute}: segments begin at", *[int(n[:20]) for n in logs])

# %% id="minutes-over"
cluster.run(seconds=300)
minute = round((cluster.now - began) / 60)
print("minute", minute)
for segment in cluster.topic("minutes").partitions[0].replicas[0].segments:
    which = "active" if segment.active else "closed"
    first, last = segment.base_offset, segment.next_offset - 1
    ages = f"{minute - last} to {minute - first} minutes old"
    print(f"{which}: offsets {first}–{last}, {ages}")
show.tape(cluster.snapshot(), "minutes")

# %% [markdown] id="why-older"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# A segment goes when its **newest** record is too old. Until then all its older ones stay with it. `retention.ms` says how
# long a record is kept *at least*. Who wants it exact makes segments short (`segment.ms`), and pays with more files.
#
# </details>
#
# Now an old trap. A hundred readings of 2010 are imported today, with their times. The topic has Kafka's default: records
# are kept for seven days.

# %% id="imported"
imported = predict("imported")
imported

# %% id="import"
cluster.create_topic("imported", afresh=True)
for station, reading in data.weather(50):
    when = to_ms(reading.split(", ")[0])
    thermometer.produce("imported", reading, key=station, timestamp=when)
thermometer.flush()
before = cluster.topic("imported").partitions[0]
cluster.run(seconds=600)
after = cluster.topic("imported").partitions[0]
print("just written:    offsets", before.log_start, "to", before.end)
print("10 minutes later:", after.log_start, "to", after.end)

# %% id="imported-came"
left = after.end - after.log_start
imported.reveal(left == 100, left == 0, 0 < left < 100)

# %% [markdown] id="mend-import"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# Age is counted from the *record's* time, not from when it came. All were 16 years old when they arrived, so that even the
# active segment was closed and deleted. `history` is still there because of its `retention.ms = -1`. The other
# way: `message.timestamp.type = LogAppendTime`, then the broker writes its own time.
#
# </details>
#
# ## 6. The lights go out
#
# A broker answers “written” when the record is in the operating system's memory (the page cache, lesson 6).
# The system writes it to the disk later. Two accidents: the *process* is killed, or the *machine* loses its power.


# %% id="killed" shows="written-at-once, in-the-cache, coherent"
def write_fifteen(topic):
    """Fifteen records, each acknowledged; the offset after the last of them."""
    for n in range(15):
        thermometer.produce(topic, f"{n}, still here?", key="seattle")
        thermometer.flush()
    return cluster.topic(topic).partitions[0].end


def restart():
    """The broker comes back, if it is down; where does `minutes` end?"""
    cluster.restart("broker-1")
    cluster.run(seconds=5)
    return cluster.topic("minutes").partitions[0].end


end = write_fifteen("minutes")
cluster.kill("broker-1")
print(f"acknowledged up to {end}; after a kill: {restart()}")

# %% id="fifteen-more"
cluster.mark("before the power cut")
end = write_fifteen("minutes")
print("acknowledged up to", end)

# %% id="power-cut" shows="written-at-once"
cluster.power_cut("broker-1")
last = max(n for n in cluster.files("minutes", broker="broker-1") if n.endswith(".log"))
print("on the dark machine's disk, the end of", last)
for line in cluster.dump_log("minutes", last, broker="broker-1")[-4:]:
    if line["kind"] == "batch":
        crc = "right" if line["is_valid"] else "WRONG"
        print(f"byte {line['position']}: offset {line['base_offset']}, checksum {crc}")
    else:
        print(f"byte {line['position']}: {line['problem']}")

# %% id="recovered"
ends = restart()
print(f"acknowledged up to {end}; after the power cut: {ends}")
_, _, recovered = cluster.timeline().rpartition("LogRecovered topic=minutes ")
print("LogRecovered", recovered.splitlines()[0])

# %% [markdown] id="torn"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# Some writes had reached the disk, some in part, some not at all: a **torn tail**. When a broker starts after a crash, it
# reads the segments that may be damaged, batch by batch, and cuts the file at the first one whose checksum is wrong.
# So what is left has no gap. A closed segment was brought to the disk when it was rolled, so it is whole.
#
# </details>
#
# And the acknowledged records? This broker was alone, so they are gone. The same moment once more. A topic with
# `flush.messages = 1` waits for the disk after every append.

# %% id="flushed"
flushed = predict("flushed")
flushed

# %% id="careful"
cluster.rewind("before the power cut")
cluster.create_topic("careful", configs={"flush.messages": 1}, afresh=True)
acknowledged = write_fifteen("careful")
cluster.power_cut("broker-1")
restart()
kept = cluster.topic("careful").partitions[0].end
print(f"careful: acknowledged up to {acknowledged}; after the power cut: {kept}")

# %% id="flushed-came"
lost = acknowledged - kept
flushed.reveal(lost > 1, lost == 1, lost == 0)

# %% [markdown] id="copies"
# It costs a wait for the disk with every batch. Kafka's answer is another one: don't wait for one disk, but write to
# *several machines*, which rarely lose power all at once. That is replication, lesson 7.
#
# How good were your predictions?

# %% check="5c" id="5c-check"
check("5c")

# %% [markdown] id="in-kafka"
# | In Kafka itself | |
# |---|---|
# | when a segment rolls | `LogSegment.shouldRoll` |
# | lookup in an index | `AbstractIndex.indexSlotRangeFor`, `OffsetIndex`, `TimeIndex` (KIP-33) |
# | retention | `UnifiedLog.deleteOldSegments`; the files go a minute later (`file.delete.delay.ms`) |
# | after a crash | `LogLoader.recoverLog`, `LogSegment.recover` |
# | batches | `DefaultRecordBatch` (KIP-98) |
# | smallest `segment.bytes` | 1 MiB since Kafka 4.0 (KIP-1030) |
#
# ## What you have seen
#
# | | where |
# |---|---|
# | what a producer sends is stored in a partition, as files on the broker's local disk | 1 |
# | a partition's records are spread over several segments; only the last one is written to | 1 |
# | to roll, to find, to delete: three small rules | 2 |
# | a `.log` is batches, one behind the other, readable with `struct` | 3 |
# | file name, sparse index, short scan: the path to an offset; a time costs one step more | 4 |
# | retention deletes whole segments, by the records' time | 5 |
# | a kill loses nothing; a power cut tears the tail, and recovery cuts there | 6 |
#
# All marks, hidden checks included: `minikafka grade` in a terminal.

# %% id="summary"
cluster.close()
summary()
