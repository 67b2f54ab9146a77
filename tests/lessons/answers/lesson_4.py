"""Lesson 4, as learners answer it."""

from answers.solutions import RIGHT

BATCH = RIGHT["4a"]

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

CODECS = RIGHT["4b"]
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

FRAME = RIGHT["4c"]
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

WRONG = {"4a": WRONG_BATCH, "4b": WRONG_CODECS, "4c": WRONG_FRAME}
