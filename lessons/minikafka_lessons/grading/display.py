"""A grade for eyes: a Rich table in the terminal, HTML in the notebook, plain text everywhere else.

Rule: a colour only repeats what a sign beside it says; HTML uses JupyterLab's own colours, so that both
themes work.
"""

from __future__ import annotations

import re
from typing import Any

from minikafka.world.visible import in_html
from minikafka_lessons.grading.marks import Grade, Mark, number
from minikafka_lessons.language import say

TEXT = "var(--jp-ui-font-color1, currentColor)"
FAINT = "var(--jp-ui-font-color2, #7a7f87)"
LINE = "var(--jp-border-color2, #8884)"
GOOD = "#2f9e5b"
BAD = "#d9534f"


def sign(mark: Mark, unwritten: bool) -> str:
    """✓, ✗ or ·"""
    if unwritten:
        return "·"
    return "✓" if mark.full else "✗"


def console_grade(grade: Grade) -> Any:
    """For Rich."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    head = Text.assemble(
        (f"{grade.exercise}  ", "bold cyan"),
        (grade.title, "bold"),
        (f"   {number(grade.points)}/{number(grade.of)}", "bold green" if grade.full else "bold yellow"),
    )
    parts: list[Any] = [Text(""), head]
    parts += [
        Padding(Text(say("note: {note}", note=note), style="yellow"), (0, 0, 0, 4)) for note in grade.notes
    ]
    if grade.problem:
        parts.append(Padding(Text(f"✗ {grade.problem}", style="red"), (0, 0, 0, 4)))
        return Group(*parts)
    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(width=1)
    table.add_column(justify="right", width=3)
    table.add_column(overflow="fold")
    said: set[str] = set()
    for mark in grade.marks:
        style = "dim" if grade.unwritten else "green" if mark.full else "red"
        text = Text(mark.what)
        if mark.message and not grade.unwritten:
            seed = "  [" + say("seed {n}", n=mark.seed) + "]" if mark.seed is not None else ""
            text.append(f"\n{mark.message}{seed}", style="red")
        if mark.hint and not grade.unwritten and mark.hint not in said:
            said.add(mark.hint)
            text.append("\n→ " + mark.hint.replace("`", ""), style="yellow")
        table.add_row(
            Text(sign(mark, grade.unwritten), style=style), f"{number(mark.points)}/{number(mark.of)}", text
        )
    parts.append(Padding(table, (0, 0, 0, 4)))
    if grade.unwritten:
        told = say(
            'Not written yet. Its cell waits for you, and so do three hints: hint("{id}", 1)',
            id=grade.exercise,
        )
        parts.append(Padding(Text(told, style="dim"), (0, 0, 0, 4)))
    return Group(*parts)


class Result:
    """What `check()` returns: draws itself in a notebook, and is a table of plain text elsewhere."""

    def __init__(self, grade: Grade) -> None:
        self.grade = grade

    @property
    def points(self) -> float:
        """Points of the checks that ran."""
        return self.grade.points

    def __repr__(self) -> str:
        grade = self.grade
        lines = [f"{grade.exercise} {grade.title}: {points_of(grade)}"]
        lines += ["  " + say("note: {note}", note=note) for note in grade.notes]
        if grade.problem:
            lines.append(f"  ✗ {grade.problem}")
        elif grade.unwritten:
            lines.append(f"  · {unwritten_sentence(grade)}")
        else:
            for mark in grade.marks:
                lines.append(f"  {sign(mark, False)} {mark.what} ({number(mark.points)}/{number(mark.of)})")
                if mark.message:
                    lines.append(f"      {mark.message}")
                if mark.hint:
                    lines.append(f"      → {mark.hint}")
                if mark.kept:
                    lines.append(f"      {opens(grade, mark)}")
        lines.append(f"  {remaining(grade)}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return html_grade(self.grade)


def opens(grade: Grade, mark: Mark) -> str:
    """What opens the run in which it failed."""
    first = next(one for one in grade.marks if one.kept)
    more = "" if mark is first else f', "{mark.name}"'
    return say(
        "See it happen: `{code}` opens this run at its first bad event ({path}).",
        code=f'check.run("{grade.exercise}"{more})',
        path=mark.kept,
    )


def unwritten_sentence(grade: Grade) -> str:
    """For an exercise whose skeleton is untouched: first what to do, then why there are no points."""
    return say(
        "Write your answer into the cell of exercise {id} (where it says NotImplementedError or None), "
        "run that cell with Shift+Enter, then run this one again. Not written yet, hence no points. "
        'Stuck? `hint("{id}", 1)`',
        id=grade.exercise,
    )


def points_of(grade: Grade) -> str:
    """`3 of 8 points`."""
    return say("{points} of {of} points", points=number(grade.points), of=number(grade.of))


def remaining(grade: Grade) -> str:
    """What the public run did not do."""
    if grade.unwritten or not grade.hidden:
        return ""
    if not grade.full:
        return say(
            'Stuck? `hint("{id}", 1)` gives an idea, 2 the way, 3 nearly all of it. They cost nothing but pride.',
            id=grade.exercise,
        )
    if grade.hidden == 1:
        return say(
            "1 hidden check remains: the same properties under another seed and other faults. "
            "`minikafka grade` runs it."
        )
    return say(
        "{n} hidden checks remain: the same properties under other seeds and faults. `minikafka grade` runs them.",
        n=grade.hidden,
    )


def html_grade(grade: Grade) -> str:
    """One card."""
    share = grade.points / grade.of if grade.of else 0
    colour = GOOD if grade.full else BAD if grade.problem else "#c98a00"
    if grade.unwritten:
        colour = "#8a8f98"
    head = (
        f'<div style="display:flex;justify-content:space-between;gap:16px;align-items:baseline">'
        f'<span><b style="font-size:1.05em">{in_html(grade.exercise)}</b>&ensp;{code(grade.title)}</span>'
        f'<b style="font-variant-numeric:tabular-nums;white-space:nowrap">'
        f"{number(grade.points)} / {number(grade.of)}</b></div>"
        f'<div style="height:4px;border-radius:2px;background:{LINE};margin:6px 0 8px">'
        f'<div style="height:4px;border-radius:2px;width:{share * 100:.0f}%;background:{colour}"></div></div>'
    )
    noted = [in_html(say("note: {note}", note=note)) for note in grade.notes]
    rows = "".join(f'<div style="color:#b8860b">{note}</div>' for note in noted)
    if grade.problem:
        rows += f'<div style="color:{BAD}">✗ {in_html(grade.problem)}</div>'
    else:
        said: set[str] = set()
        for mark in grade.marks:
            link = opens(grade, mark) if mark.kept else ""
            rows += html_mark(mark, grade.unwritten, mark.hint not in said, link)
            said.add(mark.hint)
    if grade.unwritten:
        rows = f'<div style="margin-bottom:6px">{code(unwritten_sentence(grade))}</div>{rows}'
    foot = code(remaining(grade))
    return (
        f'<div style="border:1px solid {LINE};border-left:4px solid {colour};border-radius:6px;padding:10px 14px;'
        f"max-width:820px;color:{TEXT};font-family:var(--jp-ui-font-family, sans-serif);font-size:13px;"
        f'line-height:1.5">'
        f'{head}{rows}<div style="color:{FAINT};margin-top:6px">{foot}</div></div>'
    )


def html_mark(mark: Mark, unwritten: bool, with_hint: bool, link: str = "") -> str:
    """One row of the card."""
    colour = FAINT if unwritten else GOOD if mark.full else BAD
    row = (
        f'<div style="display:grid;grid-template-columns:18px 44px 1fr;column-gap:4px">'
        f'<span style="color:{colour};font-weight:700">{sign(mark, unwritten)}</span>'
        f'<span style="color:{FAINT};font-variant-numeric:tabular-nums">{number(mark.points)}/{number(mark.of)}</span>'
        f"<span>{code(mark.what)}"
    )
    if not unwritten and mark.message:
        told = "" if mark.seed is None else say("seed {n}", n=mark.seed)
        seed = f' <span style="color:{FAINT}">{told}</span>' if told else ""
        row += f'<div style="color:{BAD}">{code(mark.message)}{seed}</div>'
    if not unwritten and mark.hint and with_hint:
        row += f'<div style="border-left:2px solid {LINE};padding-left:8px;margin:2px 0 4px">{code(mark.hint)}</div>'
    if link:
        row += f'<div style="margin:2px 0 4px">▶ {code(link)}</div>'
    return row + "</span></div>"


def code(text: str) -> str:
    """Text with `code` in it as HTML."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", in_html(text))
