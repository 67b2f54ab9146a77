"""The command `minikafka dump-log`: which files, in which form, to stdout.

Rule: what is wrong with the request is one sentence on stderr; what is wrong in a file is reported where it
was found; both give status 1. A closed pipe and Ctrl-C end it without a word. Kafka: `kafka-dump-log`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console

from minikafka.dump import hexview, lines, text
from minikafka.dump.decode import decode
from minikafka.dump.found import FoundFile, Unreadable, find_files
from minikafka.dump.meanings import meaning_of
from minikafka.dump.segment import DumpedBatch
from minikafka.dump.source import RawFile
from minikafka.dump.value import BadBytes, Problem, Row
from minikafka.dump.verify import Verifier
from minikafka.world.visible import in_json, visible

INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to show. `data` implies records."""

    deep: bool = False
    data: bool = False
    hex: bool = False
    json: bool = False
    verify: bool = False


def run_dump(paths: Sequence[Path], wanted: Wanted) -> int:
    """Dump or verify all `paths`; the status."""
    try:
        status = Dump(wanted).run(paths)
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Nobody reads any more: what is still buffered must not fail when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # noqa: TID251 - the process's stdout
        return 0


class PipeConsole(Console):
    """Rich's console, except that a closed pipe is left to `run_dump`."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


class Dump:
    """One run of the command."""

    def __init__(self, wanted: Wanted, console: Console | None = None) -> None:
        self.wanted = wanted
        self.console = console or PipeConsole(highlight=False)
        self.wrong = False
        self.verifier = Verifier(meaning_of)

    def run(self, paths: Sequence[Path]) -> int:
        """Go through all files; 1 when anything was wrong."""
        for path in paths:
            for file in self._files(path):
                if self.wanted.verify:
                    self._verify(file)
                else:
                    self._dump(file)
        if self.wanted.verify:
            self._sum_up()
        return 1 if self.wrong else 0

    def _files(self, path: Path) -> Iterator[FoundFile]:
        try:
            yield from find_files(path)
        except (Unreadable, OSError) as problem:
            self._complain(visible(str(problem)))

    def _complain(self, sentence: str) -> None:
        self.wrong = True
        sys.stdout.flush()
        print(f"minikafka: {sentence}", file=sys.stderr)

    def _verify(self, file: FoundFile) -> None:
        for problem in self.verifier.verify(file):
            self._problem(file, problem)

    def _problem(self, file: FoundFile, problem: Problem) -> None:
        self.wrong = True
        if self.wanted.json:
            _print_json(lines.problem_line(file.path, problem))
        else:
            text.show_problem(self.console, problem, file.path if self.wanted.verify else "")

    def _sum_up(self) -> None:
        count = self.verifier.count
        if self.wanted.json:
            told = {"files": count.files, "batches": count.batches, "records": count.records}
            _print_json({"kind": "verified", **told, "problems": count.problems})
            return
        right = "nothing is wrong" if not count.problems else f"{count.problems} problems"
        text.line(
            self.console,
            f"{count.files} files, {count.batches} batches, {count.records} records: ",
            (right, "bold red" if count.problems else "bold green"),
        )

    def _dump(self, file: FoundFile) -> None:
        try:
            with RawFile(file.path) as source:
                if not self.wanted.json:
                    text.show_title(self.console, file, source.size)
                if self.wanted.json:
                    self._as_json(source, file)
                elif self.wanted.hex:
                    self._as_hex(source, file)
                else:
                    self._as_text(source, file)
        except BrokenPipeError:
            raise
        except OSError as problem:
            self._complain(visible(f"{file.path} can't be read: {problem.strerror or problem}."))

    def _as_json(self, source: RawFile, file: FoundFile) -> None:
        for item in decode(source, file, meaning_of):
            if isinstance(item, Problem):
                self._problem(file, item)
            elif isinstance(item, Row):
                _print_json(lines.row_line(file, item))
            else:
                self._note_crc(item)
                _print_json(lines.batch_line(file, item))
                self._records(file, item)

    def _as_hex(self, source: RawFile, file: FoundFile) -> None:
        for item in decode(source, file, meaning_of):
            if isinstance(item, Problem):
                self._problem(file, item)
                continue
            if isinstance(item, DumpedBatch):
                self._note_crc(item)
            try:
                hexview.show_block(self.console, item.block())
            except BadBytes as error:
                self._problem(file, error.problem)

    def _as_text(self, source: RawFile, file: FoundFile) -> None:
        rows: list[Row] = []
        for item in decode(source, file, meaning_of):
            same = isinstance(item, Row) and rows and _shape(item) == _shape(rows[0])
            if rows and (not same or len(rows) == text.ROWS_A_TABLE):
                text.show_rows(self.console, rows)
                rows = []
            if isinstance(item, Row):
                rows.append(item)
            elif isinstance(item, Problem):
                self._problem(file, item)
            else:
                self._note_crc(item)
                text.show_batch(self.console, item)
                self._records(file, item)
        if rows:
            text.show_rows(self.console, rows)

    def _records(self, file: FoundFile, batch: DumpedBatch) -> None:
        if not (self.wanted.deep or self.wanted.data):
            return
        try:
            for record in batch.records():
                self.wrong |= bool(record.note) or not record.crc_is_valid
                if self.wanted.json:
                    _print_json(lines.record_line(file, batch, record, data=self.wanted.data))
                else:
                    text.show_record(self.console, record, data=self.wanted.data)
        except BadBytes as error:
            self._problem(file, error.problem)

    def _note_crc(self, batch: DumpedBatch) -> None:
        self.wrong |= not batch.crc_is_valid()


def _print_json(line: dict[str, Any]) -> None:
    """Pure ASCII, and nothing that a terminal could take for a command."""
    print(in_json(json.dumps(line)))


def _shape(row: Row) -> list[str]:
    """Rows of one shape are in one table; those of a single field do, whatever its name."""
    return [field.name for field in row.fields] if len(row.fields) > 1 else []
