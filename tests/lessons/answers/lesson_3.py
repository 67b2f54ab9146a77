"""Lesson 3, as learners answer it."""

from answers.solutions import RIGHT

READY = RIGHT["3a"]
_READY = "size_bytes >= batch_size_bytes or waited_ms >= linger_ms"


def ready(decision):
    """A rule that decides so."""
    return READY.replace(_READY, decision)


WRONG_READY = {
    "always": (ready("True"), "Your rule has no patience"),
    "never": (ready("False"), "never lets a batch go"),
    "size only": (ready("size_bytes >= batch_size_bytes"), "the last record never leaves"),
    "clock only": (ready("waited_ms >= linger_ms"), "looks at the clock only"),
    "both": (ready(_READY.replace(" or ", " and ")), "both reasons at once"),
    "beyond the edges": (ready(_READY.replace(">=", ">")), "Look at the very edge"),
    "beyond full": (ready(_READY.replace(">=", ">", 1)), "It can't get any bigger"),
    "beyond linger": (
        ready("size_bytes >= batch_size_bytes or waited_ms > linger_ms"),
        "who has waited exactly linger.ms has waited long enough",
    ),
    "arguments mixed up": (
        ready("size_bytes >= linger_ms or waited_ms >= batch_size_bytes"),
        "bytes with milliseconds",
    ),
    "seconds": (
        ready("size_bytes >= batch_size_bytes or waited_ms / 1000 >= linger_ms"),
        "milliseconds already",
    ),
    "the other way round": (ready(f"not ({_READY})"), "other way round"),
    "half full": (
        ready("size_bytes >= batch_size_bytes / 2 or waited_ms >= linger_ms"),
        "Half full is not full",
    ),
    "a little early": (
        ready("size_bytes >= batch_size_bytes or waited_ms >= linger_ms * 0.8"),
        "could still get more records",
    ),
    "no return": (READY.replace("return ", ""), "Does every way through your function return one?"),
    "numbers": (ready(f"1 if {_READY} else 0"), "a question that has two answers"),
    "raises": (ready("size >= batch_size_bytes"), "An exception is no answer"),
}

LINGER = RIGHT["3b"]
WRONG_LINGER = {
    "the first is forgotten": (LINGER.replace("8,", "7,", 1), "opens the batch counts, too"),
    "one too many": (LINGER.replace("18", "19"), "the batch has just left"),
    "no fraction of a record": (LINGER.replace("8,", "7.5,", 1), "whole records"),
    "one a millisecond": (LINGER.replace("8,", "15,", 1), "at another rate"),
    "an empty batch": (LINGER.replace('"fast_0": 1', '"fast_0": 0'), "An empty batch is never sent"),
    "leaves at once": (LINGER.replace('"slow_wait": 15', '"slow_wait": 0'), "can't know that nobody else"),
    "waits for the next": (LINGER.replace('"slow_wait": 15', '"slow_wait": 50'), "doesn't wait for the next"),
    "full batches linger": (LINGER.replace('"burst_wait": 0', '"burst_wait": 15'), "not the shortest"),
    "a text": (LINGER.replace("18", '"18"'), "without quotes"),
}

WRONG = {"3a": WRONG_READY, "3b": WRONG_LINGER}
