"""What an operator looks at: logs, the time that messages take, the date on each host.

Rule: each look is made from events and messages that every host could have written down itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from statistics import median

from minikafka.world import Traced
from minikafka.world.simulated import EPOCH_MS
from minikafka.world.visible import in_html
from minikafka.xray.messages import Message
from minikafka_lessons.grading.display import code
from minikafka_lessons.language import say
from minikafka_lessons.show import frame, ink

NOT_LOGGED = frozenset(
    (
        "BatchSent",
        "HighWatermarkAdvanced",
        "RecordsAppended",
        "RequestReceived",
        "RequestSent",
        "ResponseReceived",
        "ResponseSent",
    )
)
"""What happens too often for a log."""
MOST_LINES = 60
MOST_ROWS = 30


class Lines:
    """Lines of a log, as a terminal shows them."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = list(lines)

    def __repr__(self) -> str:
        return "\n".join(self.lines) or say("Nothing is in the log.")

    def _repr_html_(self) -> str:
        if not self.lines:
            return f"<div>{in_html(say('Nothing is in the log.'))}</div>"
        style = "display:block;white-space:pre-wrap;padding-left:2em;text-indent:-2em"
        rows = "".join(f'<span style="{style}">{in_html(line.strip())}</span>' for line in self.lines)
        box = f"display:block;background:none;font-size:12px;line-height:1.5;color:{ink.TEXT}"
        return f'<code style="{box}">{rows}</code>'


def log_lines(
    events: Iterable[Traced], host: str = "", since: float = 0.0, until: float | None = None
) -> list[str]:
    """Of all hosts or of one, in order."""
    found = [
        f"{one.at:10.3f}  {one.host:<12}  {one.event.kind}  {one.event.text()}"
        for one in events
        if one.event.kind not in NOT_LOGGED
        and host in ("", one.host)
        and one.at >= since
        and (until is None or one.at <= until)
    ]
    left_out = len(found) - MOST_LINES
    if left_out > 0:
        found = [
            *found[:MOST_LINES],
            say("… and {n} more lines: ask for less with since= and until=", n=left_out),
        ]
    return found


def times_table(messages: Iterable[Message]) -> str:
    """A row for each kind of request between two hosts: the median and the longest, in ms."""
    rows: dict[tuple[str, str, str], list[Message]] = {}
    for one in messages:
        if not one.from_host.startswith("controller"):
            rows.setdefault((one.from_host, one.to_host, one.api), []).append(one)
    headers = [
        say("FROM"),
        say("TO"),
        "API",
        say("SENT"),
        say("THERE"),
        say("WITH IT"),
        say("BACK"),
        say("NO ANSWER"),
    ]
    table: list[list[object]] = []
    for (asks, answers, api), sent in sorted(rows.items())[:MOST_ROWS]:
        there = _ms(
            m.received_s - m.sent_s for m in sent if m.received_s is not None and m.sent_s is not None
        )
        with_it = _ms(
            m.answer_sent_s - m.received_s
            for m in sent
            if m.answer_sent_s is not None and m.received_s is not None
        )
        back = _ms(
            m.answer_received_s - m.answer_sent_s
            for m in sent
            if m.answer_received_s is not None and m.answer_sent_s is not None
        )
        silent = sum(m.answer_received_s is None for m in sent)
        table.append([asks, answers, ink.Code(api), len(sent), there, with_it, back, silent or "–"])
    if not table:
        return f"<div>{in_html(say('No message was sent in that time.'))}</div>"
    caption = say(
        "Times in ms: the median, and the longest where that is another one. A FETCH waits for news, half a "
        "second at most."
    )
    return f'<div style="overflow-x:auto">{ink.table(headers, table, left=3, caption=caption)}</div>'


def _ms(seconds: Iterable[float]) -> str:
    found = [one * 1000 for one in seconds]
    if not found:
        return "–"
    middle, most = median(found), max(found)
    return _number(middle) if most < 2 * middle + 5 else f"{_number(middle)} … {_number(most)}"


def _number(ms: float) -> str:
    return f"{ms:.1f}" if ms < 10 else f"{ms:,.0f}"


def dates_table(now_s: float, ahead_s: Mapping[str, float]) -> str:
    """What `date` says on each host."""
    begin = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=EPOCH_MS)
    rows: list[list[object]] = [
        [host, ink.Code(f"{begin + timedelta(seconds=now_s + ahead):%Y-%m-%d %H:%M:%S}")]
        for host, ahead in sorted(ahead_s.items())
    ]
    return ink.table([say("HOST"), ink.Code("date")], rows, left=2)


def sentence_picture(words: str) -> ink.Picture:
    """One sentence."""
    return ink.Picture(
        f'<div class="mk" style="color:{ink.TEXT};font-family:{ink.FONT};font-size:13px;max-width:{frame.WIDE}px">'
        f"{code(words)}</div>"
    )


__all__ = ["Lines", "dates_table", "log_lines", "sentence_picture", "times_table"]
