"""Lesson 4, as learners answer it."""

BATCH = '''
import gzip
import struct


def varint(number):
    """A signed number as a varint (bytes)."""
    number = (number << 1) ^ (number >> 63)
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def crc32c(data):
    """The checksum of some bytes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def record_batch(rows, gzipped=False):
    """The batch (bytes) of these rows: (time in ms, key or None, value or None)."""

    def sized(part):
        return varint(-1) if part is None else varint(len(part)) + part

    first, records = rows[0][0], b""
    for n, (time, key, value) in enumerate(rows):
        body = (
            b"\\0"
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
'''

WRONG_BATCH = {
    "zlib's checksum": (
        BATCH.replace(
            "    crc = 0xFFFFFFFF\n", "    import zlib\n\n    return zlib.crc32(data)\n    crc = 0xFFFFFFFF\n"
        ),
        "Kafka's is CRC-32C",
    ),
    "bits not turned over": (BATCH.replace("return crc ^ 0xFFFFFFFF", "return crc"), "turn all 32 bits over"),
    "no zigzag": (
        BATCH.replace("(number << 1) ^ (number >> 63)", "number & (1 << 64) - 1"),
        "You leave out zigzag",
    ),
    "the sign is lost": (
        BATCH.replace("(number << 1) ^ (number >> 63)", "abs(number) << 1"),
        "You lose the sign",
    ),
    "little end first": (BATCH.replace('">', '"<'), "wrong way round"),
    "length of all": (BATCH.replace("0, len(rest))", "0, len(rest) + 12)"), "You count the whole batch"),
    "last offset is the count": (BATCH.replace("count - 1", "count"), "Which one has the last of them"),
    "time of the last": (
        BATCH.replace("max(time for time, _, _ in rows)", "rows[-1][0]"),
        "which time is the largest",
    ),
    "checksum from the magic on": (
        BATCH.replace("crc32c(hashed)", 'crc32c(b"\\2" + hashed)'),
        "Your checksum begins too early",
    ),
    "checksum of the records only": (
        BATCH.replace("crc32c(hashed)", "crc32c(records)"),
        "it begins at the attributes",
    ),
    "an empty key for none": (
        BATCH.replace("varint(-1) if part is None", "varint(0) if part is None"),
        "missing key as an empty one",
    ),
    "difference to the record before": (
        BATCH.replace("    if gzipped:\n", "        first = time\n    first = rows[0][0]\n    if gzipped:\n"),
        "difference to the record before",
    ),
    "never packed": (
        BATCH.replace("        records = gzip.compress(records)\n", "        pass\n"),
        "nothing was packed",
    ),
    "packed and not said": (BATCH.replace("int(gzipped), ", "0, "), "gzip is codec 1"),
    "a text": (
        BATCH + "\ndef record_batch(rows, gzipped=False):\n    return str(rows)\n",
        "a header alone has 61 bytes",
    ),
}

CODECS = """
prediction = {
    "small": "zstd",  # 1,000 rows of JSON to a batch: one of the two smallest codecs
    "one": "none",  # one row of weather to a batch: the smallest, of "none" and the four
    "many": 100,  # 1, 10, 100 or 1000: first batch size where zstd makes weather 3 times smaller
    "random": False,  # 1,000 random records with lz4 take less than their keys and values: True?
    "default": "lz4",  # the producer packs with lz4, the topic says nothing: codec in the file
    "topic": "gzip",  # the producer packs with zstd, the topic says gzip: codec in the file
}
"""
WRONG_CODECS = {
    "a quick one": (CODECS.replace('"small": "zstd"', '"small": "lz4"'), "among the quick ones"),
    "a codec for one row": (CODECS.replace('"one": "none"', '"one": "zstd"'), "trust the codec too much"),
    "one row pays": (CODECS.replace('"many": 100', '"many": 1'), "the header alone is larger"),
    "no such size": (
        CODECS.replace('"many": 100', '"many": 50'),
        "A number, without quotes: 1, 10, 100 or 1000",
    ),
    "random gets smaller": (CODECS.replace("False", "True"), "drawn by lot"),
    "unpacked on the way": (CODECS.replace('"default": "lz4"', '"default": "none"'), "Nobody unpacked it"),
    "the producer's codec": (CODECS.replace('"topic": "gzip"', '"topic": "zstd"'), "one of its own"),
    "no codec": (CODECS.replace('"small": "zstd"', '"small": "rar"'), "One of these words"),
}

FRAME = '''
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
    "dock": "dock-3",  # whose frames can't be read today
    "field": "HC",  # the field that is wrong: "magic", "FLG", "BD", "size", "HC", "length" or "data"
    "too_many": 4,  # how many bytes its client has put into the hash that don't belong there
}


def mended(frame):
    """The frame (bytes), so that a client of today reads it."""
    end = 14 if frame[4] & 8 else 6
    right = xxh32(frame[4:end]) >> 8 & 0xFF
    return frame[:end] + bytes([right]) + frame[end + 1 :]
'''
WRONG_FRAME = {
    "the dock with a size": (FRAME.replace('"dock-3"', '"dock-2"'), "say how long their content is"),
    "another field": (FRAME.replace('"field": "HC"', '"field": "checksum"'), "One of these: magic"),
    "one byte too many": (FRAME.replace('"too_many": 4', '"too_many": 1'), "some before them"),
    "the magic is hashed": (FRAME.replace("frame[4:end]", "frame[:end]"), "the very fault of that client"),
    "the lowest byte": (FRAME.replace(">> 8 & 0xFF", "& 0xFF"), "which byte of the hash"),
    "no size": (FRAME.replace("14 if frame[4] & 8 else 6", "6"), "You put HC at byte 6"),
    "no checksum": (FRAME.replace("xxh32(frame[4:end]) >> 8 & 0xFF", "0"), "0 says “no checksum”"),
    "as it was": (
        FRAME.replace("return frame[:end] + bytes([right]) + frame[end + 1 :]", "return frame"),
        "still has the old checksum",
    ),
    "one byte more": (FRAME.replace("frame[end + 1 :]", "frame[end:]"), "longer or shorter"),
    "nothing": (FRAME.replace("return frame[:end]", "frame[:end]"), "bytes are expected"),
}

RIGHT = {"4a": BATCH, "4b": CODECS, "4c": FRAME}
WRONG = {"4a": WRONG_BATCH, "4b": WRONG_CODECS, "4c": WRONG_FRAME}
SKELETONS = {
    "4a": "def varint(n):\n    raise NotImplementedError\ndef crc32c(d):\n    raise NotImplementedError\n"
    "def record_batch(r, gzipped=False):\n    raise NotImplementedError\n",
    "4b": 'prediction = {"small": None, "one": None, "many": None, "random": None, "default": None, "topic": None}\n',
    "4c": 'found = {"dock": None, "field": None, "too_many": None}\ndef mended(f):\n    raise NotImplementedError\n',
}
