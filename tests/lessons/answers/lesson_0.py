"""Lesson 0, as learners answer it."""


def count(value: str) -> str:
    return f"def records_in(start, end):\n    return {value}\n"


WRONG = {
    "0a": {
        "one too many": (count("end - start + 1"), "One too many"),
        "one too few": (count("end - start - 1"), "One too few"),
        "from 0": (count("end"), "You count from 0"),
        "the wrong way round": (count("start - end"), "The wrong way round"),
        "printed": ("def records_in(start, end):\n    print(end - start)\n", "Printing only shows a value"),
        "never empty": (count("max(1, end - start)"), "nothing is there"),
    }
}
