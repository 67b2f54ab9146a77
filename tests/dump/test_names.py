"""Every field that a decoder hands out is in the one table of hues and meanings."""

from pathlib import Path

from minikafka.dump import DumpedBatch, Problem, RawFile, decode, find_files
from minikafka.dump.names import Hue, about
from minikafka.dump.outline import outline, shown
from minikafka.records.header import BatchHeader


def test_the_fields_of_batches_and_tables_have_a_hue(partition: Path) -> None:
    seen = set(BatchHeader._fields)
    for file in find_files(partition):
        with RawFile(file.path) as source:
            for item in decode(source, file):
                if isinstance(item, Problem):
                    continue
                block = item.block()
                seen |= {e.field.name for e in outline(block) if e.field is not None and not e.is_group}
                if isinstance(item, DumpedBatch):
                    assert next(outline(block)).field is None
    unknown = {name for name in seen if about(name).hue is Hue.OTHER}
    assert not unknown


def test_long_values_are_cut_at_a_letter_and_not_within() -> None:
    assert shown("é".encode() * 1000, 10) == f'"{"é" * 9}… (2000 bytes)'
    assert shown(b"\xff" * 1000, 10).startswith("0xffff")
    assert shown(b"abc") == '"abc"'
