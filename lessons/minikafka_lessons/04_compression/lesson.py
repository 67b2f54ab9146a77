# %% [markdown] id="welcome"
# # Lesson 4 · Compression
#
# A producer packs a whole batch of records into one small piece. That saves network, disk and money, and costs
# time. Which codec is the best? It depends on your records, so you will measure it, and write a batch
# byte by byte to see what is packed and what is not.
#
# Three exercises; 40 minutes. Run the cells from top to bottom with **Shift+Enter**. Any cell may be run again, and
# interrupted (■ above).

# %% setup=true id="setup"
from minikafka_lessons import (
    begin,
    by_hand,
    check,
    data,
    hint,
    lz4_frames,
    measure,
    mine,
    predict,
    show,
    summary,
)

cluster = begin(4)
cluster

# %% [markdown] id="one-sack"
# ## 1. One batch, one sack
#
# A codec writes once what repeats. Kafka packs **a batch as a whole**, so that what repeats from record to record is
# written once, too. It knows four codecs: **gzip**, **snappy**, **lz4** and **zstd**. A producer chooses with
# `compression.type`; `none` is the default.
#
# You will meet four kinds of data: rows of JSON, short rows of weather, the same weather as binary numbers, and
# random bytes.
#
# ### Exercise 4b: which codec wins where?
#
# Fill in the dictionary *before* you run on: replace each `None`. (The marks come at the end, when you have seen it all.)

# %% exercise="4b" id="4b"
prediction = {
    ### BEGIN SOLUTION
    "small": "zstd",  # 1,000 rows of JSON to a batch: one of the two smallest codecs
    "one": "none",  # one row of weather to a batch: the smallest, of "none" and the four
    "many": 100,  # 1, 10, 100 or 1000: first batch size where zstd makes weather 3 times smaller
    "random": False,  # 1,000 random records with lz4 take less than their keys and values: True?
    "default": "lz4",  # the producer packs with lz4, the topic says nothing: codec in the file
    "topic": "gzip",  # the producer packs with zstd, the topic says gzip: codec in the file
    ### END SOLUTION
}

# %% [markdown] id="test-it"
# ## 2. Test it
#
# “It depends on the format and size of the messages, so test it”, says every book. Here is the test: four codecs, four
# kinds of data, four sizes of batch, on *your* machine. One more prediction first.

# %% id="speed"
speed = predict("speed")
speed

# %% id="codecs" measures="codecs, saves-network, packs-better, dense, test-it"
codecs = measure.codecs()
codecs

# %% [markdown] id="error-bars"
# Each round took another part of the data; in brackets stands how far the rounds lay apart. Where the brackets of two codecs
# overlap, neither has won. In the picture, every dot is a round. Speeds count the processor's time alone.

# %% id="codecs-figure" measures="packs-better"
codecs.figure()

# %% id="speed-came" measures="fast"
json_speed = {
    c: codecs.speed("JSON text", c) for c in ["gzip", "snappy", "lz4", "zstd"]
}
print({codec: f"{value / 2**20:.0f} MiB/s" for codec, value in json_speed.items()})
best = max(json_speed, key=json_speed.get)
speed.reveal(best in ("gzip",), best in ("lz4", "snappy"), best in ("zstd",))

# %% [markdown] id="why-batches"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# lz4 and snappy take the first repetition they find. gzip and zstd search longer, and then write frequent bytes with
# fewer bits. With one record to a batch nobody finds much: there is nothing to repeat yet, and the header's 61 bytes are
# never packed. That is why compression and batching belong together. In random bytes nothing repeats at all.
#
# </details>
#
# ## 3. What lies in the broker's file?
#
# A batch is packed by the producer. And then? This one is packed with lz4 and sent twice; look at the second.

# %% id="stored"
stored = predict("stored")
stored

# %% id="sent-and-stored"
cluster.create_topic("packed", afresh=True)
rows = [
    (1_700_000_000_000 + n, station.encode(), text.encode())
    for n, (station, text) in enumerate(data.weather(100))
]
batch = by_hand.packed(rows, "lz4")
print(by_hand.send(cluster, "packed", batch))
second = by_hand.send(cluster, "packed", batch)
print(second)

in_file = by_hand.stored(cluster, "packed", second.offset)
by_hand.compare(batch, in_file)

# %% id="stored-came"
new = set(by_hand.changed(batch, in_file))
few = {"baseOffset", "partitionLeaderEpoch"}
stored.reveal(bool(new - few), bool(new) and new <= few, not new)

# %% [markdown] id="as-sent"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# The broker writes in *where* the batch begins (its offset) and under which leader. Both fields lie before the
# checksum, so the checksum still holds and nothing has to be packed again. The consumer gets these very bytes, and it
# unpacks them. (The broker does look inside, to refuse what nobody could read.)
#
# </details>
#
# These are the two batches in the file. The header is readable, the rest is packed:

# %% id="segment"
show.segment(cluster, "packed")

# %% id="bytes" shows="offset"
show.bytes(cluster, "packed", fields=14)

# %% [markdown] id="4a-task"
# ### Exercise 4a: a batch by hand
#
# Write three functions, and a real Kafka client will read what you wrote. Numbers in the header have their highest byte
# first. (`struct.pack(">h", 1)` makes two bytes of 1; `b` is one byte, `i` four, `I` four without a sign, `q` eight.)
#
# | byte | bytes | field | what is in it |
# |---|---|---|---|
# | 0 | 8 | baseOffset | 0: the broker fills it in |
# | 8 | 4 | batchLength | how many bytes come after this field |
# | 12 | 4 | partitionLeaderEpoch | −1: the broker fills it in |
# | 16 | 1 | magic | 2 |
# | 17 | 4 | crc | CRC-32C of byte 21 and all that follows |
# | 21 | 2 | attributes | the codec: 0 none, 1 gzip |
# | 23 | 4 | lastOffsetDelta | number of the last record, counted from 0 |
# | 27 | 8 | baseTimestamp | time of the first record |
# | 35 | 8 | maxTimestamp | the largest time |
# | 43 | 8 + 2 + 4 | producerId, producerEpoch, baseSequence | −1 each |
# | 57 | 4 | recordCount | how many records |
# | 61 | | records | packed as one piece, if at all (`gzip.compress`) |
#
# A **record**: its length (of what follows), attributes (one byte 0), time − baseTimestamp, its number
# from 0, key, value, number of headers (0). All but the attributes are **varints**; a key or value is its length and
# its bytes, and None is the length −1.
#
# A **varint**: zigzag makes 0, 1, 2, 3, 4 … of 0, −1, 1, −2, 2 …; then come groups of 7 bits, the lowest first,
# with 0x80 added to each byte but the last. So 300 → 600 → `d8 04`.
#
# **CRC-32C**: begin with 0xFFFFFFFF. For each byte: xor it in, then 8 times: shift right by one bit, and if the bit that
# fell out was 1, xor with 0x82F63B78. At the end xor with 0xFFFFFFFF. `crc32c(b"123456789")` is 0xE3069283.


# %% exercise="4a" id="4a"
import gzip
import struct


def varint(number):
    """A signed number as a varint (bytes)."""
    ### BEGIN SOLUTION
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)
    ### END SOLUTION


def crc32c(data):
    """The checksum of some bytes."""
    ### BEGIN SOLUTION
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF
    ### END SOLUTION


def record_batch(rows, gzipped=False):
    """The batch (bytes) of these rows: (time in ms, key or None, value or None)."""

    ### BEGIN SOLUTION
    def sized(part):
        return varint(-1) if part is None else varint(len(part)) + part

    first, records = rows[0][0], b""
    for n, (time, key, value) in enumerate(rows):
        body = (
            b"\0"
            + varint(time - first)
            + varint(n)
            + sized(key)
            + sized(value)
            + varint(0)
        )
        records += varint(len(body)) + body
    if gzipped:
        records = gzip.compress(records)
    largest = max(time for time, _, _ in rows)
    count = len(rows)
    hashed = (
        struct.pack(
            ">hiqqqhii", int(gzipped), count - 1, first, largest, -1, -1, -1, count
        )
        + records
    )
    rest = struct.pack(">ibI", -1, 2, crc32c(hashed)) + hashed
    return struct.pack(">qi", 0, len(rest)) + rest
    ### END SOLUTION


# %% check="4a" id="4a-check"
check("4a")

# %% [markdown] id="your-batch"
# Stuck? `hint("4a", 1)`, then 2, then 3. The lesson goes on without an answer, too: then our function writes the batch.
#
# Now to a broker. It either lives by your bytes or says which rule they break. Change a byte and try.

# %% id="by-hand"
cluster.create_topic("by-hand", afresh=True)
write = mine(record_batch)
for gzipped in (False, True):
    mine_or_ours = write(rows[:4], gzipped)
    print(len(mine_or_ours), "bytes:", by_hand.send(cluster, "by-hand", mine_or_ours))
print("written", write.by)

# %% [markdown] id="broken-on-purpose"
# And with one bit turned over in the last byte?

# %% id="one-bit"
broken = mine_or_ours[:-1] + bytes([mine_or_ours[-1] ^ 1])
print(by_hand.send(cluster, "by-hand", broken))

# %% [markdown] id="outsider"
# Who reads it? If the package `confluent-kafka` is installed, a client in which there is not a line of ours.

# %% id="outsider-reads"
by_hand.read(cluster, "by-hand")

# %% [markdown] id="who-decides"
# ## 4. Who decides?
#
# A topic may name a codec, too.

# %% id="topic"
topic = predict("topic")
topic

# %% id="as-gzip"
cluster.create_topic("as-gzip", configs={"compression.type": "gzip"}, afresh=True)
batch = by_hand.packed(rows, "zstd")
sent = by_hand.send(cluster, "as-gzip", batch)
print(sent)
in_file = by_hand.stored(cluster, "as-gzip", sent.offset)
by_hand.compare(batch, in_file)

# %% id="topic-came"
print("sent:", by_hand.codec(batch), "  in the file:", by_hand.codec(in_file))
topic.reveal(
    not sent,
    bool(sent) and by_hand.codec(in_file) == "zstd",
    bool(sent) and by_hand.codec(in_file) == "gzip",
)

# %% [markdown] id="twice-the-work"
# <details><summary>Why? Open this when you have seen it.</summary>
#
# The topic's word counts. So the broker unpacks *every* batch and packs it again: other records' bytes, another
# length, another checksum. The work that was spread over all producers is now the broker's. Leave the topic at
# `producer`, its default, unless you need the other.
#
# </details>
#
# > **In Kafka itself**: the format is `DefaultRecordBatch` (KIP-98), zstd came with KIP-110, levels with KIP-390. The broker's
# > choice between “in place” and “pack again” is in `LogValidator`.
#
# ## 5. Broken: a frame that one client can't read
#
# Three docks report containers, packed with lz4. What lz4 makes is a **frame**. Some clients can't read some of them:

# %% id="docks"
cluster.create_topic("docks", afresh=True)
frames = lz4_frames.frames()
for dock, frame in frames.items():
    print(dock, " ", frame[:20].hex(" "), "…")
    print("    a client of 2015: ", lz4_frames.old_client(frame))
    print("    a client of today:", lz4_frames.today(frame))
    print(
        "    the broker:       ",
        by_hand.send(cluster, "docks", lz4_frames.batch_of(frame)),
    )

# %% [markdown] id="4c-task"
# ### Exercise 4c: find it, name it, mend it
#
# | byte | bytes | field | what is in it |
# |---|---|---|---|
# | 0 | 4 | magic | `04 22 4d 18` |
# | 4 | 1 | FLG | flags; bit 3 (`& 8`): a content size follows |
# | 5 | 1 | BD | how large a block may be |
# | 6 | 8 | size | length of the content; *only* with bit 3 of FLG |
# | then | 1 | HC | the second lowest byte of xxh32(FLG, BD and size) |
# | then | 4 … | length, data | the blocks; a length of 0 ends the frame |
#
# Here is `xxh32`. Fill in `found` (replace each `None`), and write `mended`: it gets a frame, of any dock, and
# returns one that a client of today reads.


# %% exercise="4c" id="4c"
def xxh32(data):
    """The hash of less than 16 bytes: a number of 32 bits. It is right as it is."""
    mask, h = 0xFFFFFFFF, 0x165667B1 + len(data)
    whole = len(data) // 4 * 4
    for i in range(0, whole, 4):
        h = h + int.from_bytes(data[i : i + 4], "little") * 0xC2B2AE3D & mask
        h = (h << 17 | h >> 15) * 0x27D4EB2F & mask
    for byte in data[whole:]:
        h = h + byte * 0x165667B1 & mask
        h = (h << 11 | h >> 21) * 0x9E3779B1 & mask
    h = (h ^ h >> 15) * 0x85EBCA77 & mask
    h = (h ^ h >> 13) * 0xC2B2AE3D & mask
    return h ^ h >> 16


found = {
    ### BEGIN SOLUTION
    "dock": "dock-3",  # whose frames can't be read today
    "field": "HC",  # the field that is wrong: "magic", "FLG", "BD", "size", "HC", "length" or "data"
    "too_many": 4,  # how many bytes its client has put into the hash that don't belong there
    ### END SOLUTION
}


def mended(frame):
    """The frame (bytes), so that a client of today reads it."""
    ### BEGIN SOLUTION
    end = 14 if frame[4] & 8 else 6
    right = xxh32(frame[4:end]) >> 8 & 0xFF
    return frame[:end] + bytes([right]) + frame[end + 1 :]
    ### END SOLUTION


# %% check="4c" id="4c-check"
check("4c")

# %% [markdown] id="rerun"
# Stuck? `hint("4c", 1)`. Now the docks again, each frame mended on its way:

# %% id="mended"
cluster.create_topic("mended", afresh=True)
mend = mine(mended)
for dock, frame in frames.items():
    print(dock, by_hand.send(cluster, "mended", lz4_frames.batch_of(mend(frame))))
print("mended", mend.by)

# %% [markdown] id="true-story"
# <details><summary>A true story. Open this when you have mended it.</summary>
#
# This was Kafka's own fault. Its Java client put the magic number into the hash, and read only frames that had it so. All
# Java clients understood each other; no other lz4 library understood them. It was found in 2016 (KAFKA-3160), and since
# message format v1 (KIP-31, KIP-57) the checksum is right. A format is what the *other* side reads.
#
# </details>
#
# How good were your predictions?

# %% check="4b" id="4b-check"
check("4b")

# %% [markdown] id="seen"
# ## What you have seen
#
# | | where |
# |---|---|
# | four codecs: gzip, snappy, lz4, zstd | 1 |
# | small: gzip, zstd; fast: lz4, snappy | 2 |
# | the more records in a batch, the better it packs; one alone gets bigger | 2 |
# | it depends on format and size of the messages, so test it | 2 |
# | the broker stores what was sent; offset and epoch lie outside the checksum | 3 |
# | a batch: a header of 61 bytes, never packed, and the records, packed as one piece | 3 |
# | a topic with a codec of its own makes the broker pack everything again | 4 |
# | a codec's frame is a format, too: who writes it by a rule of his own is read by nobody else | 5 |
#
# All marks, hidden checks included: `minikafka grade` in a terminal.

# %% id="summary"
cluster.close()
summary()
