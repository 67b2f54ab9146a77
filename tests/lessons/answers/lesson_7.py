"""Lesson 7, as learners answer it."""

from answers.solutions import RIGHT

FOLLOW = RIGHT["7a"]
_ASK, _KNOW = "    return log_end_offset\n", "min(log_end_offset, leader_high_watermark)"
WRONG_FOLLOW = {
    "from the high watermark": (
        FOLLOW.replace(_ASK, "    return high_watermark\n"),
        "You ask from the high watermark",
    ),
    "one beyond": (FOLLOW.replace(_ASK, "    return log_end_offset + 1\n"), "You ask for one beyond"),
    "the last one again": (
        FOLLOW.replace(_ASK, "    return log_end_offset - 1\n"),
        "with an empty log",
    ),
    "the last one again, from 0": (
        FOLLOW.replace(_ASK, "    return max(0, log_end_offset - 1)\n"),
        "it comes once more",
    ),
    "all again": (FOLLOW.replace(_ASK, "    return log_start_offset\n"), "everything again, each time"),
    "a text": (FOLLOW.replace(_ASK, "    return str(log_end_offset)\n"), "An offset is a whole number"),
    "raises": (FOLLOW.replace(_ASK, "    return end\n"), "name"),
    "believes the leader": (
        FOLLOW.replace(_KNOW, "leader_high_watermark"),
        "You believe the leader's number as it is",
    ),
    "all is committed": (FOLLOW.replace(_KNOW, "log_end_offset"), "You take all that you have for committed"),
    "the larger one": (FOLLOW.replace("min(", "max("), "The larger one of two limits"),
    "one too few": (
        FOLLOW.replace(_KNOW, "max(0, min(log_end_offset, leader_high_watermark) - 1)"),
        "One too few",
    ),
    "never learns": (FOLLOW.replace(_KNOW, "0"), "You never learn anything"),
}

BEARS = RIGHT["7b"]
WRONG_BEARS = {
    "as many as replicas": (BEARS.replace('"bears_3": 2', '"bears_3": 3'), "all replicas may be among them"),
    "any pair with one": (BEARS.replace('"pairs": 1', '"pairs": 7'), "The other one lives on"),
    "the producer's copy": (
        BEARS.replace('"network": 2', '"network": 3'),
        "the copy that the producer sends",
    ),
    "only copies": (BEARS.replace('"disk": 3', '"disk": 2'), "The leader's log counts, too"),
    "anything": (BEARS.replace("False", "True"), "or not"),
    "a text": (BEARS.replace("False", '"no"'), "True or False, without quotes"),
}

PLACE = RIGHT["7c"]
_SORT = "        others.sort(key=lambda broker: rack_of(broker) == rack_of(leader))\n"
WRONG_PLACE = {
    "a circle": (PLACE.replace(_SORT, ""), "Neighbours on the circle stand in one rack"),
    "always the same leaders": (
        PLACE.replace("(start_index + partition) %", "start_index %"),
        "Let partition p begin p places after",
    ),
    "forgets where to begin": (
        PLACE.replace("(start_index + partition) %", "partition %"),
        "Let partition p begin p places after",
    ),
    "always the same followers": (
        PLACE.replace("*others = circle", "others = circle[0], [b for b in brokers if b != circle[0]]"),
        "begin after its own leader",
    ),
    "one too few": (
        PLACE.replace("[:replication_factor]", "[: replication_factor - 1]"),
        "different numbers",
    ),
    "twice the same": (PLACE.replace("*others]", "leader, *others]"), "different brokers are wanted"),
    "who is away": (
        PLACE.replace(
            "    placed = []\n", "    placed = []\n    brokers = list(range(1, max(brokers) + 1))\n"
        ),
        "isn't in service",
    ),
    "brokers of the own rack first": (PLACE.replace("== rack_of", "!= rack_of"), "needs another rack"),
}

WRONG = {"7a": WRONG_FOLLOW, "7b": WRONG_BEARS, "7c": WRONG_PLACE}
