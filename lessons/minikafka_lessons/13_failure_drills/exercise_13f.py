"""Exercise 13f: a leader whose clock goes ahead, and which deletes what it takes for old.

Rule: there is half a minute between the clock and the deletion: whoever is called in time can keep everything.
"""

from __future__ import annotations

from minikafka_lessons.language import sentence

from .drill import drill_exercise

EXERCISE = drill_exercise(
    "F",
    host=sentence(
        "Whose log says that segments were deleted? And by what does a broker know how old one is?"
    ),
    works=sentence("Orders go through all the time here. Is the host well that you were called for?"),
    kept=sentence(
        "Deleted is deleted. What has to be right before the broker looks for old segments the next time?"
    ),
    instead={
        "unclean election": sentence("Nobody was elected: the same leader leads all the time."),
        "full disk": sentence("A broker deletes nothing because its disk is full; it ends."),
        "failed disk": sentence("The segments were not lost: the log says that the broker deleted them."),
    },
    mistakes=(
        (
            r"wait",
            "kept",
            sentence("While you wait, the broker looks for old segments, as it does twice a minute."),
        ),
        (
            r"retention",
            "works",
            sentence(
                "Now nothing is ever too old, and nothing is deleted. But the host still lives in another week."
            ),
        ),
        (
            r"timestamp\.type",
            "works",
            sentence("Then records get the leader's time, and that is the one which is wrong."),
        ),
        (
            r"(stop|kill) HOST",
            "works",
            sentence(
                "It deletes nothing any more, and a replica is missing. What would you do before you start it again?"
            ),
        ),
        (
            r"restart HOST",
            "works",
            sentence("A restart doesn't change what time the host thinks it is."),
        ),
    ),
    hints=(
        sentence(
            "The log has a line SegmentDeleted. Which broker wrote it, and which rule lets a broker do that?"
        ),
        sentence(
            "Retention deletes what is older than seven days, and a broker knows the day from its own host. Rewind to "
            "different moments before the deletion and ask for the dates."
        ),
        sentence(
            "From some moment on one host lives eight days or more in the future. Set its clock right: one "
            "line, with HOST and 0."
        ),
    ),
)
