"""Golden transcripts of one core: what comes in, and the `Ready` that goes out.

A line that begins with `> ` is what comes in; below it stands what the core wanted done. Lines with `#` are words.

    > voter 1 of 1 2 3         and then, maybe: `log 1x3 2x1`, `committed 4`, `state epoch=2 voted=3`
    > at 1500                  the time, in milliseconds
    > start | tick | resign
    > persisted                all that it has
    > propose a                one record
    > Vote epoch=1 candidate=2 last_epoch=0 end_offset=0 pre_vote=True
    > FetchAnswer epoch=2 leader=3 offset=0 high_watermark=0 entries=2x3,2x1 diverging=1:3 error=NOT_LEADER_OR_FOLLOWER

The lot (how much longer than 1000 ms to wait for an election) always falls on 500.
"""

from __future__ import annotations

from random import Random
from typing import Any
from uuid import UUID

from minikafka.policy import Rules
from minikafka.protocol.errors import ErrorCode
from minikafka.quorum.raft import Entry, LogShape, RaftCore, Ready, VoterSets
from minikafka.quorum.raft import messages as said
from minikafka.quorum.state import QuorumState


class Halfway(Random):
    """A lot that always falls in the middle."""

    def randrange(self, stop: int, *rest: Any) -> int:  # type: ignore[override]
        return stop // 2


class Script:
    """`text`: the transcript as it is now."""

    def __init__(self, before: str) -> None:
        self._core: RaftCore | None = None
        self._now = 0
        lines: list[str] = []
        for line in before.splitlines():
            if line.startswith("> "):
                lines += [line, *(f"    {told}" for told in self._do(line[2:].split()))]
            elif not line.startswith("    "):
                lines.append(line)
        self.text = "\n".join(lines) + "\n"

    @property
    def core(self) -> RaftCore:
        assert self._core is not None, "no voter yet"
        return self._core

    def _do(self, words: list[str]) -> list[str]:
        verb, rest = words[0], words[1:]
        if verb == "voter":
            self._make(rest)
            return []
        if verb == "at":
            self._now = int(rest[0])
            return []
        if verb == "persisted":
            log = self.core.log
            return self._told(self.core.persisted(log.end_offset, log.last_epoch, self._now))
        if verb == "propose":
            return self._told(self.core.propose(1, rest[0], self._now))
        if verb in ("start", "tick", "resign"):
            return self._told(getattr(self.core, verb)(self._now))
        return self._told(self.core.step(self._message(verb, rest), self._now))

    def _make(self, words: list[str]) -> None:
        """`1 of 1 2 3 [log 1x3 2x1] [committed 3] [state epoch=2 voted=3 leader=1]`"""
        parts: dict[str, list[str]] = {}
        for word in ["id", *words]:
            if word in ("id", "of", "log", "committed", "state"):
                now = parts.setdefault(word, [])
            else:
                now.append(word)
        shape = LogShape()
        for word in parts.get("log", []):
            epoch, size = map(int, word.split("x"))
            shape.append(epoch, size)
        state = dict(word.split("=") for word in parts.get("state", []))
        self._core = RaftCore(
            *(int(parts["id"][0]), UUID(int=int(parts["id"][0]))),
            VoterSets({int(id): UUID(int=int(id)) for id in parts["of"]}),
            QuorumState(
                int(state.get("leader", -1)), int(state.get("epoch", 0)), int(state.get("voted", -1))
            ),
            shape,
            Rules(),
            Halfway(),
            committed=int(parts.get("committed", ["0"])[0]),
            opens=lambda id, data: None if b"damaged" in data else {},
        )

    def _message(self, kind: str, words: list[str]) -> Any:
        values = {name: self._value(name, value) for name, value in (word.split("=") for word in words)}
        if kind == "FetchAnswer":  # to the question that was asked last, unless it says otherwise
            values.setdefault("last_epoch", self.core.log.last_epoch)
        return getattr(said, kind)(**values)

    def _value(self, name: str, value: str) -> Any:
        if name == "entries":
            entries, offset = [], self.core.log.end_offset
            for word in value.split(","):
                epoch, size = map(int, word.split("x"))
                entries.append(Entry(offset, epoch, size, "…"))
                offset += size
            return tuple(entries)
        if name in ("snapshot", "id"):
            return said.SnapshotId(*map(int, value.split(":")))
        if name == "data":
            return value.encode()
        if name == "diverging":
            return said.EpochEnd(*map(int, value.split(":")))
        if name == "error":
            return ErrorCode[value]
        if name == "successors":
            return tuple(map(int, value.split(",")))
        return value == "True" if value in ("True", "False") else int(value)

    def _told(self, ready: Ready) -> list[str]:
        lines = []
        if ready.state is not None:
            s = ready.state
            lines.append(f"keep epoch={s.leader_epoch} leader={s.leader_id} voted={s.voted_id}")
        if ready.install is not None:
            lines.append(
                f"install {ready.install.id.end_offset}:{ready.install.id.epoch} {ready.install.data!r}"
            )
        if ready.truncate_to is not None:
            lines.append(f"cut back to {ready.truncate_to}")
        for entry in ready.entries:
            last = entry.next_offset - 1
            lines.append(f"append {entry.offset}–{last} of epoch {entry.epoch}: {entry.content}")
        if ready.answer is not None:
            lines.append(f"answer {_words(ready.answer)}")
        lines += [f"to {to}: {_words(message)}" for to, message in ready.messages]
        if ready.leadership is not None:
            lines.append(f"leader: {ready.leadership.leader} in epoch {ready.leadership.epoch}")
        core = self.core
        return [
            *lines,
            f"{core.role}, epoch {core.epoch}, log to {core.log.end_offset}, committed {ready.committed}",
        ]


def _word(value: Any) -> str:
    if isinstance(value, said.SnapshotId):
        return f"{value.end_offset}:{value.epoch}"
    return value.name if isinstance(value, ErrorCode) else str(value)


def _words(message: Any) -> str:
    values = {name: getattr(message, name) for name in message.__dataclass_fields__}
    told = [
        f"{name}={_word(value)}"
        for name, value in values.items()
        if value not in (ErrorCode.NONE, None, ())
        or name not in ("error", "diverging", "entries", "snapshot")
    ]
    return " ".join([type(message).__name__, *told])
