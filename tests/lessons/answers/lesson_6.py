"""Lesson 6, as learners answer it."""

from answers.solutions import RIGHT


def _flush(value):
    return f"def should_flush(unflushed_messages, flush_messages, acks_leaving):\n    return {value}\n"


WRONG_FLUSH = {
    "never": (_flush("False"), "Yours never syncs"),
    "kafka's": (_flush("unflushed_messages >= flush_messages"), "This is Kafka's own rule"),
    "every ten": (_flush("unflushed_messages >= 10"), "You wait until more records have come together"),
    "in company": (_flush("acks_leaving > 1"), "A producer whose batch comes alone"),
    "batches and records": (_flush("acks_leaving >= unflushed_messages"), "One is a number of batches"),
    "always": (_flush("True"), "each batch pays for a sync of its own"),
    "whatever is there": (_flush("unflushed_messages > 0"), "each batch pays for a sync of its own"),
    "after the append": (_flush("acks_leaving == 0"), "not when the answers leave"),
    "a number": (_flush("acks_leaving"), "expected True or False"),
    "raises": (_flush("acks > 0"), "NameError"),
}

OUTCOMES = RIGHT["6b"]
WRONG_OUTCOMES = {
    "a crash loses": (OUTCOMES.replace('"A": "kept"', '"A": "lost"'), "Whose is the page cache"),
    "all crash": (OUTCOMES.replace('"B": "kept"', '"B": "lost"'), "No machine went dark"),
    "two are too few": (OUTCOMES.replace('"C": "kept"', '"C": "lost"'), "who else had each record"),
    "three are too few": (OUTCOMES.replace('"D": "kept"', '"D": "lost"'), "From whom does it fetch them"),
    "two copies": (OUTCOMES.replace('"E": "lost"', '"E": "kept"'), "both at the same kind of place"),
    "three copies": (OUTCOMES.replace('"F": "lost"', '"F": "kept"'), "Count the copies that are on a disk"),
    "a late sync": (
        OUTCOMES.replace('"G": "kept"', '"G": "lost"'),
        "before or after the producer is answered",
    ),
    "another word": (OUTCOMES.replace('"F": "lost"', '"F": "gone"'), "One of these words"),
}

WRONG = {"6a": WRONG_FLUSH, "6b": WRONG_OUTCOMES}
