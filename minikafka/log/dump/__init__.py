"""Looking into the files of a data directory: every byte has a field, every field a name and a value.

Rule: nothing is changed, nothing is believed, and what can't be read is a `Problem` with its byte.
"""

from minikafka.log.dump.decode import decode, decode_batch
from minikafka.log.dump.found import FileKind, FoundFile, Unreadable, find_files
from minikafka.log.dump.record import DumpedRecord
from minikafka.log.dump.segment import DumpedBatch
from minikafka.log.dump.source import RawBytes, RawFile
from minikafka.log.dump.value import Block, Decoded, Field, Problem, Row
from minikafka.log.dump.verify import verify_all

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
    "verify_all",
]
