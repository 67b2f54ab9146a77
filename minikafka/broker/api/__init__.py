"""One file per request family. `HANDLERS` is the only list of them; ApiVersions is made from it."""

from __future__ import annotations

from types import ModuleType

from minikafka.broker.api import (
    alter_configs,
    delete_groups,
    delete_records,
    describe_cluster,
    describe_configs,
    describe_groups,
    describe_log_dirs,
    describe_topic_partitions,
    fetch,
    find_coordinator,
    forwarded,
    heartbeat,
    init_producer_id,
    join_group,
    leave_group,
    list_groups,
    list_offsets,
    metadata,
    offset_commit,
    offset_delete,
    offset_fetch,
    offset_for_leader_epoch,
    produce,
    sync_group,
)

HANDLERS: tuple[ModuleType, ...] = (
    produce,
    fetch,
    list_offsets,
    metadata,
    offset_commit,
    offset_fetch,
    find_coordinator,
    join_group,
    heartbeat,
    leave_group,
    sync_group,
    describe_groups,
    list_groups,
    forwarded,
    alter_configs,
    delete_records,
    init_producer_id,
    offset_for_leader_epoch,
    describe_configs,
    describe_log_dirs,
    delete_groups,
    offset_delete,
    describe_cluster,
    describe_topic_partitions,
)
