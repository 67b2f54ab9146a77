"""What both admin clients are asked."""

from __future__ import annotations

from typing import Any

from client_cases.kit import Case, Kit, futures

ADMIN: dict[str, Case] = {
    "create_topics": lambda k: futures(k.admin().create_topics([k.admin_names.NewTopic(k.new_name(), 1, 1)])),
    "create_topics, one that is there": lambda k: futures(
        k.admin().create_topics([k.admin_names.NewTopic(k.topic, 1, 1)])
    ),
    "create_topics, only validated": lambda k: futures(
        k.admin().create_topics([k.admin_names.NewTopic(k.new_name(), 1, 1)], validate_only=True)
    ),
    "create_topics, validate_only='x'": lambda k: k.admin().create_topics(
        [k.admin_names.NewTopic(k.new_name(), 1, 1)], validate_only="x"
    ),
    "create_topics, too many replicas": lambda k: futures(
        k.admin().create_topics([k.admin_names.NewTopic(k.new_name(), 1, 9)])
    ),
    "create_topics, a bad name": lambda k: futures(
        k.admin().create_topics([k.admin_names.NewTopic("a b", 1, 1)])
    ),
    "create_topics([])": lambda k: k.admin().create_topics([]),
    "create_topics(5)": lambda k: k.admin().create_topics(5),
    "NewTopic(5)": lambda k: k.admin_names.NewTopic(5),
    "NewTopic('t', '1')": lambda k: k.admin_names.NewTopic("t", "1"),
    "delete_topics, unknown": lambda k: futures(k.admin().delete_topics([k.new_name()])),
    "delete_topics([])": lambda k: k.admin().delete_topics([]),
    "delete_topics(text)": lambda k: k.admin().delete_topics("t"),
    "create_partitions, fewer": lambda k: futures(
        k.admin().create_partitions([k.admin_names.NewPartitions(k.topic, 1)])
    ),
    "create_partitions, 0": lambda k: k.admin().create_partitions([k.admin_names.NewPartitions(k.topic, 0)]),
    "describe_topics": lambda k: futures(k.admin().describe_topics(k.names.TopicCollection([k.topic]))),
    "describe_topics, unknown": lambda k: futures(
        k.admin().describe_topics(k.names.TopicCollection([k.new_name()]))
    ),
    "describe_topics(list)": lambda k: futures(k.admin().describe_topics([k.topic])),
    "describe_cluster": lambda k: futures(k.admin().describe_cluster()),
    "describe_cluster, an unknown option": lambda k: k.admin().describe_cluster(foo=1),
    "describe_cluster, request_timeout='1'": lambda k: k.admin().describe_cluster(request_timeout="1"),
    "describe_cluster, request_timeout=-1": lambda k: k.admin().describe_cluster(request_timeout=-1),
    "describe_configs": lambda k: futures(
        k.admin().describe_configs([k.admin_names.ConfigResource("topic", k.topic)])
    ),
    "describe_configs([])": lambda k: k.admin().describe_configs([]),
    "alter_configs": lambda k: futures(
        k.admin().alter_configs(
            [k.admin_names.ConfigResource("topic", k.topic, set_config={"retention.ms": "-1"})]
        )
    ),
    "incremental_alter_configs, nothing to alter": lambda k: k.admin().incremental_alter_configs(
        [k.admin_names.ConfigResource("topic", k.topic)]
    ),
    "ConfigResource of an unknown kind": lambda k: k.admin_names.ConfigResource("nope", "x"),
    "elect_leaders": lambda k: [
        error and error.name()
        for error in k.admin().elect_leaders(k.names.ElectionType.PREFERRED, [k.tp()]).result(10).values()
    ],
    "elect_leaders, all": lambda k: futures(k.admin().elect_leaders(k.names.ElectionType.PREFERRED)),
    "elect_leaders(5)": lambda k: k.admin().elect_leaders(5),
    "list_groups": lambda k: k.admin().list_groups(k.new_name(), 10),
    "list_consumer_groups": lambda k: futures(k.admin().list_consumer_groups()),
    "list_consumer_groups, states={5}": lambda k: k.admin().list_consumer_groups(states={5}),
    "delete_consumer_groups, unknown": lambda k: futures(k.admin().delete_consumer_groups([k.new_name()])),
    "describe_consumer_groups([])": lambda k: k.admin().describe_consumer_groups([]),
    "describe_consumer_groups, twice the same": lambda k: futures(
        k.admin().describe_consumer_groups(["a", "a"])
    ),
    "list_consumer_group_offsets": lambda k: futures(
        k.admin().list_consumer_group_offsets([k.names.ConsumerGroupTopicPartitions(k.new_name())])
    ),
    "list_consumer_group_offsets, no group": lambda k: k.admin().list_consumer_group_offsets(
        [k.names.ConsumerGroupTopicPartitions("")]
    ),
    "list_consumer_group_offsets, two groups": lambda k: futures(
        k.admin().list_consumer_group_offsets(
            [k.names.ConsumerGroupTopicPartitions(name) for name in ("a", "b")]
        )
    ),
    "alter_consumer_group_offsets, none": lambda k: k.admin().alter_consumer_group_offsets(
        [k.names.ConsumerGroupTopicPartitions(k.new_name())]
    ),
    "alter_consumer_group_offsets": lambda k: futures(
        k.admin().alter_consumer_group_offsets(
            [k.names.ConsumerGroupTopicPartitions(k.new_name(), [k.tp(0, 1)])]
        )
    ),
    "list_offsets": lambda k: futures(k.admin().list_offsets({k.tp(): k.admin_names.OffsetSpec.latest()})),
    "list_offsets, unknown": lambda k: futures(
        k.admin().list_offsets({k.nowhere(): k.admin_names.OffsetSpec.latest()}, request_timeout=3)
    ),
    "list_offsets({})": lambda k: k.admin().list_offsets({}),
    "list_offsets, 5 for a spec": lambda k: k.admin().list_offsets({k.tp(): 5}),
    "list_offsets, isolation_level=1": lambda k: k.admin().list_offsets(
        {k.tp(): k.admin_names.OffsetSpec.latest()}, isolation_level=1
    ),
    "delete_records, beyond the end": lambda k: futures(k.admin().delete_records([k.tp(0, 100)])),
    "delete_records([])": lambda k: k.admin().delete_records([]),
    "delete_records, partition -1": lambda k: k.admin().delete_records([k.tp(-1, 0)]),
    "describe_acls": lambda k: futures(k.admin().describe_acls(_any_acl(k))),
    "describe_acls(5)": lambda k: k.admin().describe_acls(5),
    "create_acls": lambda k: futures(k.admin().create_acls([_acl(k)])),
    "delete_acls": lambda k: futures(k.admin().delete_acls([_any_acl(k)])),
    "describe_user_scram_credentials, unknown": lambda k: futures(
        k.admin().describe_user_scram_credentials(["u"])
    ),
    "alter_user_scram_credentials([])": lambda k: k.admin().alter_user_scram_credentials([]),
    "poll(0)": lambda k: k.admin().poll(0),
    "AdminClient()": lambda k: k.admin_names.AdminClient(),
}


def _any_acl(kit: Kit) -> Any:
    a = kit.admin_names
    any_of = (a.ResourceType.ANY, None, a.ResourcePatternType.ANY, None, None)
    return a.AclBindingFilter(*any_of, a.AclOperation.ANY, a.AclPermissionType.ANY)


def _acl(kit: Kit) -> Any:
    a = kit.admin_names
    of = (a.ResourceType.TOPIC, "t", a.ResourcePatternType.LITERAL, "User:a", "*")
    return a.AclBinding(*of, a.AclOperation.READ, a.AclPermissionType.ALLOW)
