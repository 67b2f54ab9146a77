"""Write docs/GAPS.md: what a broker of Kafka 4.3.1 answers and ours does not (`make docs`; `--check` only looks).

Ours is read from the handlers' own registrations; Kafka's is what its ApiVersions answered.
"""

from __future__ import annotations

import sys
from pathlib import Path

from minikafka.broker import api
from minikafka.protocol.routes import Dispatch

PAGE = Path(__file__).parents[1] / "docs" / "GAPS.md"

# (key, name, lowest, highest version) as a broker of Apache Kafka 4.3.1 tells them.
KAFKA = (
    (0, "Produce", 0, 13),
    (1, "Fetch", 4, 18),
    (2, "ListOffsets", 1, 11),
    (3, "Metadata", 0, 13),
    (8, "OffsetCommit", 2, 10),
    (9, "OffsetFetch", 1, 10),
    (10, "FindCoordinator", 0, 6),
    (11, "JoinGroup", 0, 9),
    (12, "Heartbeat", 0, 4),
    (13, "LeaveGroup", 0, 5),
    (14, "SyncGroup", 0, 5),
    (15, "DescribeGroups", 0, 6),
    (16, "ListGroups", 0, 5),
    (17, "SaslHandshake", 0, 1),
    (18, "ApiVersions", 0, 4),
    (19, "CreateTopics", 2, 7),
    (20, "DeleteTopics", 1, 6),
    (21, "DeleteRecords", 0, 2),
    (22, "InitProducerId", 0, 5),
    (23, "OffsetForLeaderEpoch", 2, 4),
    (24, "AddPartitionsToTxn", 0, 5),
    (25, "AddOffsetsToTxn", 0, 4),
    (26, "EndTxn", 0, 5),
    (27, "WriteTxnMarkers", 1, 2),
    (28, "TxnOffsetCommit", 0, 5),
    (29, "DescribeAcls", 1, 3),
    (30, "CreateAcls", 1, 3),
    (31, "DeleteAcls", 1, 3),
    (32, "DescribeConfigs", 1, 4),
    (33, "AlterConfigs", 0, 2),
    (34, "AlterReplicaLogDirs", 1, 2),
    (35, "DescribeLogDirs", 1, 5),
    (36, "SaslAuthenticate", 0, 2),
    (37, "CreatePartitions", 0, 3),
    (38, "CreateDelegationToken", 1, 3),
    (39, "RenewDelegationToken", 1, 2),
    (40, "ExpireDelegationToken", 1, 2),
    (41, "DescribeDelegationToken", 1, 3),
    (42, "DeleteGroups", 0, 2),
    (43, "ElectLeaders", 0, 2),
    (44, "IncrementalAlterConfigs", 0, 1),
    (45, "AlterPartitionReassignments", 0, 1),
    (46, "ListPartitionReassignments", 0, 0),
    (47, "OffsetDelete", 0, 0),
    (48, "DescribeClientQuotas", 0, 1),
    (49, "AlterClientQuotas", 0, 1),
    (50, "DescribeUserScramCredentials", 0, 0),
    (51, "AlterUserScramCredentials", 0, 0),
    (55, "DescribeQuorum", 0, 2),
    (57, "UpdateFeatures", 0, 2),
    (60, "DescribeCluster", 0, 2),
    (61, "DescribeProducers", 0, 0),
    (64, "UnregisterBroker", 0, 0),
    (65, "DescribeTransactions", 0, 0),
    (66, "ListTransactions", 0, 2),
    (68, "ConsumerGroupHeartbeat", 0, 1),
    (69, "ConsumerGroupDescribe", 0, 1),
    (74, "ListConfigResources", 0, 1),
    (75, "DescribeTopicPartitions", 0, 0),
    (76, "ShareGroupHeartbeat", 1, 1),
    (77, "ShareGroupDescribe", 1, 1),
    (78, "ShareFetch", 1, 2),
    (79, "ShareAcknowledge", 1, 2),
    (80, "AddRaftVoter", 0, 1),
    (81, "RemoveRaftVoter", 0, 0),
    (83, "InitializeShareGroupState", 0, 0),
    (84, "ReadShareGroupState", 0, 0),
    (85, "WriteShareGroupState", 0, 1),
    (86, "DeleteShareGroupState", 0, 0),
    (87, "ReadShareGroupStateSummary", 0, 1),
    (88, "StreamsGroupHeartbeat", 0, 0),
    (89, "StreamsGroupDescribe", 0, 0),
    (90, "DescribeShareGroupOffsets", 0, 1),
    (91, "AlterShareGroupOffsets", 0, 0),
    (92, "DeleteShareGroupOffsets", 0, 0),
)

NOTES = {
    "Produce": "transactional batches are refused (INVALID_TXN_STATE)",
    "InitProducerId": "transactional ids are refused (UNSUPPORTED_VERSION)",
    "FindCoordinator": "groups only; who asks for a transaction's coordinator is refused for good",
    "ListOffsets": "no tiered storage",
    "ListGroups": "classic groups only",
    "DescribeGroups": "classic groups only",
    "DescribeAcls": "there is no authorizer (SECURITY_DISABLED)",
    "DescribeClientQuotas": "there are no quotas, so none",
    "DescribeUserScramCredentials": "there are no users, so none",
    "ListTransactions": "there are no transactions, so none",
}


def page() -> str:
    """The page as it should be."""
    ours = {int(key): (low, high) for key, low, high in Dispatch(api).advertised()}
    lines = [
        "# Gaps",
        "",
        "Made by `make docs` from the handlers themselves. Versions are those that ApiVersions tells.",
        "",
        "| key | API | Kafka 4.3.1 | minikafka | |",
        "|---|---|---|---|---|",
    ]
    for key, name, low, high in KAFKA:
        mine = ours.get(key)
        shown = f"{mine[0]}–{mine[1]}" if mine else "–"
        lines.append(f"| {key} | {name} | {low}–{high} | {shown} | {NOTES.get(name, '')} |")
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write, or with `--check` say whether the page is up to date."""
    if "--check" in sys.argv:
        if PAGE.read_text() == page():
            return 0
        print(
            "docs/GAPS.md is not what the handlers say: run `make docs`, and commit the page", file=sys.stderr
        )
        return 1
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
