"""`minikafka dump-log`: the files of a data directory, shown to people and to programs.

Rule: decoding is `minikafka.log.dump`'s; here is what the bytes of internal topics mean, since that is
known only to the rooms above the log, and how everything is shown.
"""

from minikafka.dump.meanings import meaning_of

__all__ = ["meaning_of"]
