"""The space-time diagram: hosts side by side, time goes down, each message an arrow from when it left to when it came.

Rule: `arrows` and `marks` say what is to be drawn, `layout` where, `drawing` how, `diagram` shows it in a notebook.
Lamport drew such diagrams in "Time, clocks, and the ordering of events in a distributed system" (1978).
"""

from minikafka_lessons.show.space_time.arrows import Arrow, arrows_of_messages
from minikafka_lessons.show.space_time.diagram import SpaceTime, space_time, space_time_html
from minikafka_lessons.show.space_time.drawing import space_time_svg
from minikafka_lessons.show.space_time.marks import Mark, marks_of_events

__all__ = [
    "Arrow",
    "Mark",
    "SpaceTime",
    "arrows_of_messages",
    "marks_of_events",
    "space_time",
    "space_time_html",
    "space_time_svg",
]
