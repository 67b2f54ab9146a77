"""Looking into the files of a data directory: every byte has a field, every field a name and a value.

Rule: nothing is changed, nothing is believed, and what can't be read is a `Problem` with its byte. What the records
of internal topics mean stands in `meanings.py`, how all is shown in `command.py` (`minikafka dump-log`), `text.py`,
`lines.py`, `hexview.py` and `html.py`. Kafka: `DumpLogSegments`.
"""

from minikafka.dump.decode import decode, decode_batch
from minikafka.dump.found import FileKind, FoundFile, Unreadable, find_files
from minikafka.dump.meanings import meaning_of
from minikafka.dump.record import DumpedRecord
from minikafka.dump.segment import DumpedBatch
from minikafka.dump.source import RawBytes, RawFile
from minikafka.dump.value import Block, Decoded, Field, Problem, Row
from minikafka.dump.verify import verify_all

__all__ = [
    "Block",
    "Decoded",
    "DumpedBatch",
    "DumpedRecord",
    "Field",
    "FileKind",
    "FoundFile",
    "Problem",
    "RawBytes",
    "RawFile",
    "Row",
    "Unreadable",
    "decode",
    "decode_batch",
    "find_files",
    "meaning_of",
    "verify_all",
]
