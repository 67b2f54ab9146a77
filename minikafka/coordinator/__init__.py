"""Group coordination: who is in a consumer group, who reads which partition, how far the group has read.

Rule: cores are pure. `GroupShard` decides and replays; `Shard` writes, waits and answers;
`GroupCoordinator` is what request handlers call. Kafka: the group-coordinator module.
"""
