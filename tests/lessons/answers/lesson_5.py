"""Lesson 5, as learners answer it."""

from answers.solutions import RIGHT

SEGMENTS = RIGHT["5a"]

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

READ_LOG = RIGHT["5b"]

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

SEGMENTS_PREDICTED = RIGHT["5c"]
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

WRONG = {"5a": WRONG_SEGMENTS, "5b": WRONG_READ_LOG, "5c": WRONG_SEGMENTS_PREDICTED}
