"""Lesson 10, as learners answer it."""

from answers.solutions import RIGHT

RANGE, STICKY = RIGHT["10a"].split_at("def assign_sticky")


_DEALT = """
def {name}(subscriptions, partitions, owned):
    members = sorted(subscriptions)
    plan = {{m: [] for m in members}}
    turn = 0
    for topic in sorted(partitions):
        readers = [m for m in members if topic in subscriptions[m]]
        for p in range(partitions[topic] if readers else 0):
            while topic not in subscriptions[members[turn % len(members)]]:
                turn += 1
            plan[members[turn % len(members)]].append((topic, p))
            turn += 1
    return plan
"""
_ALL = """
def assign_range(subscriptions, partitions, owned):
    pairs = [(t, p) for t in sorted(partitions) for p in range(partitions[t])]
    members = sorted(subscriptions)
    each, extra = divmod(len(pairs), len(members))
    plan, start = {}, 0
    for n, member in enumerate(members):
        end = start + each + (n < extra)
        plan[member] = pairs[start:end]
        start = end
    return plan
"""
_LOOP = STICKY[STICKY.index("    while True") :]

WRONG_ASSIGNORS = {
    "all topics as one": (_ALL + STICKY, "Range begins anew with each topic"),
    "round robin for range": (_DEALT.format(name="assign_range") + STICKY, "it is round robin"),
    "more for the last": (
        RANGE.replace("(n < extra)", "(n >= len(members) - extra)") + STICKY,
        "In Kafka the first ones get one more",
    ),
    "in the dictionary's order": (
        RANGE.replace("sorted(m for m in subscriptions if topic in subscriptions[m])",
                      "[m for m in subscriptions if topic in subscriptions[m]]") + STICKY,
        "sort them",
    ),
    "the rest to nobody": (RANGE.replace(" + (n < extra)", "") + STICKY, "goes to nobody"),
    "looks at nothing that was": (RANGE + _DEALT.format(name="assign_sticky"), "never looks at `owned`"),
    "keeps everything": (
        RANGE + STICKY.replace(_LOOP, "    return plan\n"),
        "sticky is even first",
    ),
    "whatever moves": (
        RANGE + STICKY.replace("list(owned.get(m, []))", "list(owned.get(m, []))[:1]"),
        "First let everybody keep what it had",
    ),
    "everybody reads all": (
        RANGE + "def assign_sticky(s, partitions, o):\n"
        "    return {m: [(t, p) for t in partitions for p in range(partitions[t])] for m in s}\n",
        "has two readers",
    ),
    "no dictionary": (RANGE + "def assign_sticky(s, p, o):\n    return []\n", "is no dictionary of members"),
}  # fmt: skip

DIAGNOSIS = RIGHT["10b"]
WRONG_DIAGNOSIS = {
    "heartbeats": (DIAGNOSIS.replace('"slow"', '"silent"'), "Heartbeats run in the background"),
    "the dead one": (DIAGNOSIS.replace('"ada"', '"dora"'), "That one died"),
    "the deploy": (DIAGNOSIS.replace("18", "10"), "one leaves and says so"),
    "the answer for the cause": (DIAGNOSIS.replace("18", "19"), "What did it react to?"),
    "not the first": (DIAGNOSIS.replace("18", "26"), "not the first of them"),
    "the session": (DIAGNOSIS.replace("max.poll.interval.ms", "session.timeout.ms"), "came all the time"),
    "cooperative": (
        DIAGNOSIS.replace("max.poll.interval.ms", "partition.assignment.strategy"),
        "each rebalance is cheaper",
    ),
    "too short": (DIAGNOSIS.replace("30_000", "12_000"), "longer than the longest batch"),
    "in seconds": (DIAGNOSIS.replace("30_000", "30"), "in milliseconds"),
    "for ever": (DIAGNOSIS.replace("30_000", "3_600_000"), "silent for very long"),
}

CRASHES = RIGHT["10c"]
WRONG_CRASHES = {
    "the other way round": (CRASHES.replace('"A": (1, 0)', '"A": (0, 1)'), "The other way round"),
    "nothing happens": (CRASHES.replace('"B": (0, 1)', '"B": (0, 0)'), "the member dies between them"),
    "the whole batch": (CRASHES.replace("(3, 0)", "(4, 0)"), "Not the whole batch"),
    "both": (CRASHES.replace("(3, 0)", "(3, 1)"), "can't do both"),
    "seven": (CRASHES.replace("(3, 0)", "(7, 0)"), "Write the twelve offsets down"),
    "a number": (CRASHES.replace("(3, 0)", "3"), "Two whole numbers"),
    "something in E": (CRASHES.replace('"E": (0, 0)', '"E": (4, 0)'), "What lies between"),
}

WRONG = {"10a": WRONG_ASSIGNORS, "10b": WRONG_DIAGNOSIS, "10c": WRONG_CRASHES}
