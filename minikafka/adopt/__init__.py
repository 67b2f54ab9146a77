"""`minikafka adopt`: a real Kafka's data directories, of either era, copied into a cluster of ours.

Rule: the source is only ever read, and what is left behind is reported. Nothing of what is taken expires, is deleted or
is compacted because our cluster starts on it. Kafka has nothing like it; its tools move data by replication.
"""

from minikafka.adopt.adoption import NotAdopted, Wishes, adopt
from minikafka.adopt.report import Left, Report, TakenTopic

__all__ = ["Left", "NotAdopted", "Report", "TakenTopic", "Wishes", "adopt"]
