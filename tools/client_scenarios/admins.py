"""Scenarios of an admin client's arguments and futures, as confluent_kafka's own tests use them."""

from __future__ import annotations

from typing import Any

from client_cases.kit import Case, Kit, tried

from client_scenarios.lonely_admin import NOWHERE, add, called, lonely_admin
from client_scenarios.security import SECURITY

ADMIN: dict[str, Case | str] = {
    "ConfigResource, kinds": lambda k: [
        tried(lambda given=given: type(k.admin_names.ConfigResource(*given)).__name__)
        for given in (
            (k.admin_names.ResourceType.BROKER, "2"),
            ("broker", "2"),
            (k.admin_names.ResourceType.GROUP, "g"),
            (k.admin_names.ResourceType.TOPIC, ""),
            ("doesnt exist", "hi"),
            (k.admin_names.ResourceType.TOPIC, None),
        )
    ],
    "poll, list_topics, list_groups without a broker": lambda k: [
        type(lonely_admin(k).poll(0.001)).__name__,
        tried(lambda: lonely_admin(k).list_topics(timeout=0.2)),
        tried(lambda: lonely_admin(k).list_groups(timeout=0.2)),
    ],
    "as a context manager": lambda k: _as_a_context_manager(k),
    "every call without __init__": lambda k: _never_begun(k),
}


def _as_a_context_manager(kit: Kit) -> Any:
    with kit.admin_names.AdminClient(NOWHERE) as one:
        inside = type(one).__name__
        entered = one.__enter__() is one
    calls = {
        "poll": lambda: one.poll(0),
        "list_topics": lambda: one.list_topics(timeout=0.1),
        "create_topics": lambda: one.create_topics([kit.admin_names.NewTopic("t", 1, 1)]),
        "describe_cluster": lambda: one.describe_cluster(),
    }
    after = {name: tried(call) for name, call in calls.items()}
    try:
        with kit.admin_names.AdminClient(NOWHERE):
            raise ValueError("of the application")
    except ValueError as error:
        told = str(error)
    return inside, entered, after, told, one.__exit__(None, None, None)


def _never_begun(kit: Kit) -> Any:
    class Forgetful(kit.admin_names.AdminClient):  # type: ignore[name-defined,misc]
        def __init__(self, _conf: Any) -> None:
            pass

    one = Forgetful({})
    return [
        tried(lambda: one.poll(0)),
        tried(lambda: one.list_topics()),
        tried(lambda: one.describe_cluster()),
        tried(lambda: one.create_topics([kit.admin_names.NewTopic("t", 1, 1)])),
    ]


def _topic(kit: Kit, *given: Any, **more: Any) -> Any:
    return kit.admin_names.NewTopic(*given, **more)


add(
    ADMIN,
    "create_topics",
    {
        "None": lambda k: ((None,), {}),
        "text": lambda k: (("t",), {}),
        "text in a list": lambda k: ((["t"],), {}),
        "None in a list": lambda k: (([None, _topic(k, "t", 1, 2)],), {}),
        "nobody is there": lambda k: (([_topic(k, "t"), _topic(k, "u", 3, 2)],), {}),
        "with replicas and settings": lambda k: (
            (
                [
                    _topic(
                        k,
                        "t",
                        3,
                        replica_assignment=[[10, 11], [0, 1, 2], [15, 20]],
                        config={"some": "config"},
                    )
                ],
            ),
            {},
        ),
        "a setting that is a number": lambda k: (([_topic(k, "t", 1, 1, config={"anint": 13})],), {}),
        "settings that are a list": lambda k: (([_topic(k, "t", 3, 2, config=["a"])],), {}),
        "validate_only='maybe'": lambda k: (([_topic(k, "t", 3, 2)],), {"validate_only": "maybe"}),
        "request_timeout=-5": lambda k: (([_topic(k, "t", 3, 2)],), {"request_timeout": -5}),
        "operation_timeout=-4.1": lambda k: (([_topic(k, "t", 3, 2)],), {"operation_timeout": -4.1}),
        "an unknown option": lambda k: (([_topic(k, "t", 3, 2)],), {"unknown": "it is"}),
        "one topic twice": lambda k: (([_topic(k, "t", 1, 1), _topic(k, "t", 1, 1)],), {}),
    },
)
add(
    ADMIN,
    "delete_topics",
    {
        "None": lambda k: ((None,), {}),
        "None in a list": lambda k: (([None, "t"],), {}),
        "a number in a list": lambda k: (([5],), {}),
        "nobody is there": lambda k: ((["t", "u"],), {"operation_timeout": 300.1}),
        "validate_only": lambda k: ((["t"],), {"validate_only": "maybe"}),
        "one topic twice": lambda k: ((["t", "t"],), {}),
    },
)
add(
    ADMIN,
    "create_partitions",
    {
        "None": lambda k: ((None,), {}),
        "text": lambda k: (("t",), {}),
        "an empty list": lambda k: (([],), {}),
        "None in a list": lambda k: (([None, k.admin_names.NewPartitions("t", 2)],), {}),
        "nobody is there": lambda k: (
            ([k.admin_names.NewPartitions("t", 9), k.admin_names.NewPartitions("u", 3, [[10, 11], [15]])],),
            {"validate_only": True},
        ),
    },
)


def _resource(kit: Kit, *given: Any, **more: Any) -> Any:
    return kit.admin_names.ConfigResource(*given, **more)


add(
    ADMIN,
    "describe_configs",
    {
        "None": lambda k: ((None,), {}),
        "text": lambda k: (("t",), {}),
        "None in a list": lambda k: (([None, _resource(k, "topic", "t")],), {}),
        "nobody is there": lambda k: (([_resource(k, "topic", "t"), _resource(k, "group", "g")],), {}),
        "one resource twice": lambda k: (([_resource(k, "topic", "t"), _resource(k, "topic", "t")],), {}),
    },
)
add(
    ADMIN,
    "alter_configs",
    {
        "None": lambda k: ((None,), {}),
        "text": lambda k: (("t",), {}),
        "an empty list": lambda k: (([],), {}),
        "nobody is there": lambda k: (
            ([_resource(k, "topic", "t", set_config={"a": "b"}), _resource(k, "group", "g")],),
            {},
        ),
    },
)


def _entry(kit: Kit, name: Any, value: Any, operation: Any) -> Any:
    chosen = (
        getattr(kit.admin_names.AlterConfigOpType, operation) if isinstance(operation, str) else operation
    )
    return kit.admin_names.ConfigEntry(name, value, incremental_operation=chosen)


def _altered(kit: Kit, entries: Any, *, added: bool) -> Any:
    if not added:
        resources = [_resource(kit, "broker", "1", incremental_configs=entries)]
    else:
        resources = [_resource(kit, "broker", "1")]
        for entry in entries:
            resources[0].add_incremental_config(entry)
    return called(kit, "incremental_alter_configs", resources)


for _added in (False, True):
    _how = "added" if _added else "given"
    ADMIN |= {
        f"incremental_alter_configs, {label}, {_how}": lambda k, entries=entries, added=_added: _altered(
            k, entries(k), added=added
        )
        for label, entries in {
            "an unknown operation": lambda k: [_entry(k, "a", "b", 99)],
            "no name": lambda k: [_entry(k, None, "b", "APPEND")],
            "a name that is a number": lambda k: [_entry(k, 5, "b", "APPEND")],
            "nothing": lambda k: [],
            "text": lambda k: "something",
            "one setting twice": lambda k: [_entry(k, "a", "b", "APPEND"), _entry(k, "a", None, "DELETE")],
            "nobody is there": lambda k: [_entry(k, "a", "b", "SUBTRACT"), _entry(k, "c", None, "DELETE")],
        }.items()
    }
add(
    ADMIN,
    "incremental_alter_configs",
    {
        "None": lambda k: ((None,), {}),
        "text": lambda k: (("t",), {}),
        "an empty list": lambda k: (([],), {}),
    },
)
add(
    ADMIN,
    "list_consumer_groups",
    {
        "of some states": lambda k: ((), {"states": {k.names.ConsumerGroupState.EMPTY}}),
        "states that are text": lambda k: ((), {"states": "EMPTY"}),
        "states that are a list of text": lambda k: ((), {"states": ["EMPTY"]}),
        "states that are a list": lambda k: ((), {"states": [k.names.ConsumerGroupState.EMPTY]}),
    },
)
for _name in ("describe_consumer_groups", "delete_consumer_groups"):
    add(
        ADMIN,
        _name,
        {
            "nobody is there": lambda k: ((["g", "h"],), {}),
            "text": lambda k: (("g",), {}),
            "an empty list": lambda k: (([],), {}),
            "None in a list": lambda k: (([None],), {}),
            "an empty name": lambda k: (([""],), {}),
        },
    )


def _collection(kit: Kit, *names: Any) -> Any:
    return kit.names.TopicCollection(list(names))


add(
    ADMIN,
    "describe_topics",
    {
        "include_authorized_operations='wrong'": lambda k: (
            (_collection(k),),
            {"include_authorized_operations": "wrong"},
        ),
        "request_timeout='wrong'": lambda k: ((_collection(k),), {"request_timeout": "wrong"}),
        "request_timeout=-1": lambda k: ((_collection(k),), {"request_timeout": -1}),
        "none": lambda k: ((_collection(k),), {}),
        "nobody is there": lambda k: ((_collection(k, "t", "u"),), {"include_authorized_operations": True}),
        "a number in it": lambda k: ((_collection(k, "t", 3),), {}),
        "None in it": lambda k: ((_collection(k, None),), {}),
        "an empty name": lambda k: ((_collection(k, "t", ""),), {}),
        "text": lambda k: (("t",), {}),
    },
)


def _of_group(kit: Kit, group: Any, partitions: Any = None) -> Any:
    return kit.names.ConsumerGroupTopicPartitions(group, partitions)


_GROUP_REQUESTS: dict[str, Any] = {
    "None": lambda k: None,
    "a number": lambda k: 1,
    "text": lambda k: "",
    "an empty list": lambda k: [],
    "one group twice": lambda k: [
        _of_group(k, "g", [k.names.TopicPartition("t", 1, -1001)]),
        _of_group(k, "g", [k.names.TopicPartition("t", 3, -1001)]),
    ],
    "a group that is a number": lambda k: [_of_group(k, 1)],
    "a group None": lambda k: [_of_group(k, None)],
    "partitions that are text": lambda k: [_of_group(k, "g", "t")],
    "no partitions": lambda k: [_of_group(k, "g", [])],
    "a partition None": lambda k: [_of_group(k, "g", [None])],
    "a partition that is text": lambda k: [_of_group(k, "g", ["t"])],
    "an empty topic": lambda k: [_of_group(k, "g", [k.names.TopicPartition("")])],
    "a partition below zero": lambda k: [_of_group(k, "g", [k.names.TopicPartition("t", -1)])],
    "an offset": lambda k: [_of_group(k, "g", [k.names.TopicPartition("t", 1, 1)])],
    "no offset": lambda k: [_of_group(k, "g", [k.names.TopicPartition("t", 1)])],
    "an offset without meaning": lambda k: [_of_group(k, "g", [k.names.TopicPartition("t", 1, -1001)])],
}
for _name in ("list_consumer_group_offsets", "alter_consumer_group_offsets"):
    add(
        ADMIN,
        _name,
        {label: lambda k, given=given: ((given(k),), {}) for label, given in _GROUP_REQUESTS.items()},
    )


def _earliest(kit: Kit) -> Any:
    return kit.admin_names.OffsetSpec.earliest()


add(
    ADMIN,
    "list_offsets",
    {
        "isolation_level=10": lambda k: (({k.tp(): _earliest(k)},), {"isolation_level": 10}),
        "request_timeout=-1": lambda k: (({k.tp(): _earliest(k)},), {"request_timeout": -1}),
        "None": lambda k: ((None,), {}),
        "none": lambda k: (({},), {}),
        "an empty topic": lambda k: (({k.names.TopicPartition("", 0, 10): _earliest(k)},), {}),
        "a partition below zero": lambda k: (({k.tp(-1): _earliest(k)},), {}),
        "nobody is there": lambda k: (({k.tp(): _earliest(k), k.tp(1): _earliest(k)},), {}),
        "a key that is text": lambda k: (({"t": _earliest(k)},), {}),
        "a key None": lambda k: (({None: _earliest(k)},), {}),
        "a value that is text": lambda k: (({k.tp(): "test"},), {}),
        "a value None": lambda k: (({k.tp(): None},), {}),
    },
)
add(
    ADMIN,
    "delete_records",
    {
        "None": lambda k: ((None,), {}),
        "a number": lambda k: ((1,), {}),
        "text in a list": lambda k: ((["t"],), {}),
        "an empty topic": lambda k: (([k.names.TopicPartition("")],), {}),
        "no partition": lambda k: (([k.names.TopicPartition("t")],), {}),
    },
)
add(
    ADMIN,
    "elect_leaders",
    {
        "type None": lambda k: ((None, [k.tp()]), {}),
        "a type that is text": lambda k: (("1", [k.tp()]), {}),
        "text": lambda k: ((k.names.ElectionType.PREFERRED, "1"), {}),
        "text in a list": lambda k: ((k.names.ElectionType.PREFERRED, ["t"]), {}),
        "None in a list": lambda k: ((k.names.ElectionType.PREFERRED, [None]), {}),
        "an empty topic": lambda k: ((k.names.ElectionType.PREFERRED, [k.names.TopicPartition("")]), {}),
        "a partition below zero": lambda k: ((k.names.ElectionType.PREFERRED, [k.tp(-1)]), {}),
        "nobody is there": lambda k: ((k.names.ElectionType.PREFERRED, [k.tp()]), {}),
        "one partition twice": lambda k: ((k.names.ElectionType.PREFERRED, [k.tp(), k.tp()]), {}),
    },
)


def _raising_admin(kit: Kit, error: BaseException) -> Any:
    def callback(_error: Any) -> None:
        raise error

    admin = lonely_admin(kit, error_cb=callback)
    for _ in range(30):
        try:
            admin.poll(0.2)
        except type(error) as caught:
            return caught is error
    return "never"


ADMIN |= {
    f"error_cb raises {type(error).__name__}": lambda k, error=error: _raising_admin(k, error)
    for error in (ValueError("x"), RuntimeError("x"))
}

ADMINS: dict[str, dict[str, Case | str]] = {"tests/test_Admin.py": {**ADMIN, **SECURITY}}
