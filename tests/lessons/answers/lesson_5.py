"""Lesson 5, as learners answer it."""

SEGMENTS = """
def should_roll(
    size, incoming, segment_bytes, age_ms, segment_ms, index_full, offset_too_far
):
    '''Does a new segment begin before the `incoming` bytes are written?'''
    if index_full or offset_too_far or size + incoming > segment_bytes:
        return True
    return size > 0 and age_ms > segment_ms


def floor_entry(entries, target):
    '''The position of the last entry that is not greater than `target`, or -1.'''
    low, high = 0, len(entries)
    while low < high:
        middle = (low + high) // 2
        if entries[middle] <= target:
            low = middle + 1
        else:
            high = middle
    return low - 1


def segments_to_delete(
    segments, now_ms, retention_ms, retention_bytes, high_watermark, log_start
):
    '''How many of the oldest go. A segment is (first, next, size, newest_ms).'''
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
"""

_BY_TIME = SEGMENTS[
    SEGMENTS.index("    while retention_ms >= 0") : SEGMENTS.index("    while retention_bytes")
]
WRONG_SEGMENTS = {
    "exactly full": (
        SEGMENTS.replace("size + incoming > segment_bytes", "size + incoming >= segment_bytes"),
        "Exactly full still fits",
    ),
    "what is there only": (
        SEGMENTS.replace("size + incoming > segment_bytes", "size > segment_bytes"),
        "how big the file would be",
    ),
    "an empty one is old": (
        SEGMENTS.replace("return size > 0 and age_ms", "return age_ms"),
        "An empty segment never rolls",
    ),
    "never for its age": (
        SEGMENTS.replace("return size > 0 and age_ms > segment_ms", "return False"),
        "and yet it goes on",
    ),
    "no limits": (SEGMENTS.replace("index_full or offset_too_far or ", ""), "Either of the two flags"),
    "equal left out": (
        SEGMENTS.replace("if entries[middle] <= target", "if entries[middle] < target"),
        "equal to the target",
    ),
    "the next entry": (
        SEGMENTS.replace("return low - 1", "return low"),
        "where the target would be inserted",
    ),
    "never none": (SEGMENTS.replace("return low - 1", "return max(0, low - 1)"), "Entry 0 would lie behind"),
    "a hole": (
        SEGMENTS.replace(_BY_TIME, "    gone = sum(now_ms - s[3] > retention_ms >= 0 for s in segments)\n"),
        "leave a hole in the log",
    ),
    "watermark forgotten": (
        SEGMENTS.replace("return following <= high_watermark and not", "return not"),
        "not all replicas have it yet",
    ),
    "the empty last one": (
        SEGMENTS.replace("and not (n == last and size == 0)", ""),
        "it says where the log goes on",
    ),
    "too much by size": (
        SEGMENTS.replace("if left - segments[gone][2] < retention_bytes", "if left < retention_bytes"),
        "less than `retention_bytes`",
    ),
    "the last below the start": (
        SEGMENTS.replace("while gone < last and", "while gone <= last and"),
        "the last segment stays",
    ),
}

READ_LOG = """import struct

def read_log(data):
    '''The batches of a segment's bytes.'''
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
"""

WRONG_READ_LOG = {
    "twelve bytes short": (
        READ_LOG.replace("size = 12 + length", "size = length"),
        "Twelve bytes are missing",
    ),
    "next offset": (READ_LOG.replace("base + delta,", "base + delta + 1,"), "the *next* record"),
    "only the distance": (READ_LOG.replace("base + delta,", "delta,"), "add it to `base_offset`"),
    "base time": (READ_LOG.replace("fields[8]", "fields[7]"), "Which one is at byte 35"),
    "all attributes": (
        READ_LOG.replace("codecs[attributes & 7]", 'codecs[attributes] if attributes < 5 else "?"'),
        "lowest three bits",
    ),
    "a torn one counts": (
        READ_LOG.replace(" or position + size > len(data)", ""),
        "where the file ends",
    ),
    "zeros count": (READ_LOG.replace("size < header.size or ", ""), "No real one is shorter"),
    "first batch only": (
        READ_LOG.replace("        position += size\n", "        break\n"),
        "`batch_length` counts what follows",
    ),
    "last delta as count": (READ_LOG.replace("fields[12]", "delta"), "The count stands at byte 57"),
}

SEGMENTS_PREDICTED = (
    'prediction = {"entry": 12319, "passed": 3, "oldest": 30, "older": True, '
    '"killed": 0, "sealed": 0, "gap": False}\n'
)
WRONG_SEGMENTS_PREDICTED = {
    "entry behind": (SEGMENTS_PREDICTED.replace("12319", "12359"), "a scan goes forward only"),
    "one too few": (SEGMENTS_PREDICTED.replace('"passed": 3', '"passed": 2'), "One too few"),
    "dense": (SEGMENTS_PREDICTED.replace('"passed": 3', '"passed": 0'), "This one is sparse"),
    "a cut segment": (SEGMENTS_PREDICTED.replace('"oldest": 30', '"oldest": 35'), "never cuts one in two"),
    "the oldest counts": (
        SEGMENTS_PREDICTED.replace('"oldest": 30', '"oldest": 40'),
        "the newest that counts",
    ),
    "a kill takes": (
        SEGMENTS_PREDICTED.replace('"killed": 0', '"killed": 15'),
        "not in the process's memory",
    ),
    "exact retention": (SEGMENTS_PREDICTED.replace("True", "False"), "On which of its records"),
    "a text": (SEGMENTS_PREDICTED.replace('"oldest": 30', '"oldest": "30"'), "without quotes"),
}

RIGHT = {"5a": SEGMENTS, "5b": READ_LOG, "5c": SEGMENTS_PREDICTED}
WRONG = {"5a": WRONG_SEGMENTS, "5b": WRONG_READ_LOG, "5c": WRONG_SEGMENTS_PREDICTED}
SKELETONS = {
    "5a": "".join(
        f"def {name}(*args):\n    raise NotImplementedError('exercise 5a')\n"
        for name in ("should_roll", "floor_entry", "segments_to_delete")
    ),
    "5b": "def read_log(data):\n    raise NotImplementedError\n",
    "5c": 'prediction = {"entry": None, "passed": None, "oldest": None, "older": None, "killed": None, "sealed": None, '
    '"gap": None}\n',
}
