"""Scenarios of an admin client's arguments and futures, as confluent_kafka's own tests use them."""

from __future__ import annotations

import concurrent.futures
from typing import Any

from client_cases.kit import Case, Kit, raised, tried

NOWHERE = {"bootstrap.servers": "127.0.0.1:1", "socket.timeout.ms": 10}


def lonely_admin(kit: Kit, **conf: Any) -> Any:
    """An admin client that reaches nobody; one for all, since confluent_kafka's futures die with theirs."""
    if conf:
        return kit.admin_names.AdminClient({**NOWHERE, **kit.dotted(conf)})
    if kit.lonely_admin is None:
        kit.lonely_admin = kit.admin_names.AdminClient(NOWHERE)
    return kit.lonely_admin


def _call(kit: Kit, name: str, *arguments: Any, **options: Any) -> Any:
    """What a call answers at once, or what its futures do within a second and a half."""
    answer = getattr(lonely_admin(kit), name)(*arguments, **{"request_timeout": 0.5, **options})
    if isinstance(answer, concurrent.futures.Future):
        return _outcome(answer)
    return [_outcome(future) for future in answer.values()]


def _outcome(future: Any) -> str:
    try:
        return type(future.result(3)).__name__
    except Exception as error:
        return raised(error)


def _acl_fields(kit: Kit) -> list[Any]:
    a = kit.admin_names
    return [
        a.ResourceType.TOPIC,
        "topic",
        a.ResourcePatternType.LITERAL,
        "User:u1",
        "*",
        a.AclOperation.WRITE,
        a.AclPermissionType.ALLOW,
    ]


def _acl_without(kit: Kit, kind: str) -> Any:
    """Each field in turn is None."""
    make, found = getattr(kit.admin_names, kind), []
    for index in range(7):
        fields = _acl_fields(kit)
        fields[index] = None
        found.append(tried(lambda fields=fields: type(make(*fields)).__name__))
    return found


def _acl_with(kit: Kit, kind: str, member: str) -> Any:
    """Each enum in turn is `member`."""
    a, found = kit.admin_names, []
    make = getattr(a, kind)
    enums = {0: a.ResourceType, 2: a.ResourcePatternType, 5: a.AclOperation, 6: a.AclPermissionType}
    for index, enum in enums.items():
        if hasattr(enum, member):
            fields = _acl_fields(kit)
            fields[index] = enum[member]
            found.append(tried(lambda fields=fields: type(make(*fields)).__name__))
    return found


def _acl(kit: Kit, name: str = "topic") -> Any:
    fields = _acl_fields(kit)
    fields[1] = name
    return kit.admin_names.AclBinding(*fields)


def _filter(kit: Kit, name: str | None = None) -> Any:
    a = kit.admin_names
    any_ = (a.ResourceType.ANY, name, a.ResourcePatternType.ANY, None, None)
    return a.AclBindingFilter(*any_, a.AclOperation.ANY, a.AclPermissionType.ANY)


def _acls_sorted(kit: Kit) -> Any:
    names = [one.name for one in sorted([_acl(kit, "c"), _acl(kit, "a"), _acl(kit, "b")])]
    return names, _acl(kit) == _acl(kit), hash(_acl(kit)) == hash(_acl(kit)), _acl(kit) == _filter(kit)


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
    "AclBinding, a field is None": lambda k: _acl_without(k, "AclBinding"),
    "AclBindingFilter, a field is None": lambda k: _acl_without(k, "AclBindingFilter"),
    "AclBinding of UNKNOWN": lambda k: _acl_with(k, "AclBinding", "UNKNOWN"),
    "AclBinding of ANY": lambda k: _acl_with(k, "AclBinding", "ANY"),
    "AclBinding of MATCH": lambda k: _acl_with(k, "AclBinding", "MATCH"),
    "AclBindingFilter of ANY": lambda k: _acl_with(k, "AclBindingFilter", "ANY"),
    "AclBindings are sorted, compared, hashed": _acls_sorted,
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


def _add(kit_call: str, cases: dict[str, Any]) -> None:
    """`cases`: label → a function of the kit that gives (arguments, options)."""
    for label, given in cases.items():
        ADMIN[f"{kit_call}, {label}"] = lambda k, given=given: _given(k, kit_call, given)


def _given(kit: Kit, name: str, given: Any) -> Any:
    arguments, options = given(kit)
    return _call(kit, name, *arguments, **options)


def _topic(kit: Kit, *given: Any, **more: Any) -> Any:
    return kit.admin_names.NewTopic(*given, **more)


_add(
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
_add(
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
_add(
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


_add(
    "describe_configs",
    {
        "None": lambda k: ((None,), {}),
        "text": lambda k: (("t",), {}),
        "None in a list": lambda k: (([None, _resource(k, "topic", "t")],), {}),
        "nobody is there": lambda k: (([_resource(k, "topic", "t"), _resource(k, "group", "g")],), {}),
        "one resource twice": lambda k: (([_resource(k, "topic", "t"), _resource(k, "topic", "t")],), {}),
    },
)
_add(
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
    return _call(kit, "incremental_alter_configs", resources)


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
_add(
    "incremental_alter_configs",
    {
        "None": lambda k: ((None,), {}),
        "text": lambda k: (("t",), {}),
        "an empty list": lambda k: (([],), {}),
    },
)
for _name in ("create_acls", "delete_acls"):
    _make = _acl if _name == "create_acls" else _filter
    _add(
        _name,
        {
            "None": lambda k: ((None,), {}),
            "text": lambda k: (("t",), {}),
            "an empty list": lambda k: (([],), {}),
            "text in a list": lambda k: ((["t"],), {}),
            "None in a list": lambda k, make=_make: (([None, make(k)],), {}),
            "one twice": lambda k, make=_make: (([make(k), make(k)],), {}),
            "request_timeout=-5": lambda k, make=_make: (([make(k)],), {"request_timeout": -5}),
            "an unknown option": lambda k, make=_make: (([make(k)],), {"unknown": "it is"}),
        },
    )
_add(
    "describe_acls",
    {
        "None": lambda k: ((None,), {}),
        "a binding": lambda k: ((_acl(k),), {}),
        "nobody is there": lambda k: ((_filter(k),), {}),
        "request_timeout=-5": lambda k: ((_filter(k),), {"request_timeout": -5}),
        "an unknown option": lambda k: ((_filter(k),), {"unknown": "it is"}),
    },
)
_add(
    "list_consumer_groups",
    {
        "of some states": lambda k: ((), {"states": {k.names.ConsumerGroupState.EMPTY}}),
        "states that are text": lambda k: ((), {"states": "EMPTY"}),
        "states that are a list of text": lambda k: ((), {"states": ["EMPTY"]}),
        "states that are a list": lambda k: ((), {"states": [k.names.ConsumerGroupState.EMPTY]}),
    },
)
for _name in ("describe_consumer_groups", "delete_consumer_groups"):
    _add(
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


_add(
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
    _add(_name, {label: lambda k, given=given: ((given(k),), {}) for label, given in _GROUP_REQUESTS.items()})

_add(
    "describe_user_scram_credentials",
    {
        "all": lambda k: ((), {}),
        "a number": lambda k: ((10,), {}),
        "None in a list": lambda k: (([None],), {}),
        "an empty name": lambda k: (([""],), {}),
        "one user twice": lambda k: ((["sam", "sam"],), {}),
        "nobody is there": lambda k: ((["a", "b"],), {}),
    },
)


def _scram(kit: Kit, *, mechanism: Any = "512", iterations: Any = 10_000) -> Any:
    a = kit.admin_names
    chosen = a.ScramMechanism.SCRAM_SHA_512 if mechanism == "512" else mechanism
    return a.ScramCredentialInfo(chosen, iterations)


def _upsert(kit: Kit, user: Any = "sam", info: Any = "good", password: Any = b"p", salt: Any = b"s") -> Any:
    chosen = _scram(kit) if info == "good" else info
    return kit.admin_names.UserScramCredentialUpsertion(user, chosen, password, salt)


_ALTERATIONS: dict[str, Any] = {
    "None": lambda k: None,
    "a number": lambda k: 234,
    "text": lambda k: "test",
    "an empty list": lambda k: [],
    "None in a list": lambda k: [None],
    "text in a list": lambda k: ["test"],
    "of nobody": lambda k: [k.admin_names.UserScramCredentialAlteration(None)],
    "of a number": lambda k: [k.admin_names.UserScramCredentialAlteration(123)],
    "of an empty name": lambda k: [k.admin_names.UserScramCredentialAlteration("")],
    "user None": lambda k: [_upsert(k, None)],
    "user 123": lambda k: [_upsert(k, 123)],
    "an empty user": lambda k: [_upsert(k, "")],
    "an empty password": lambda k: [_upsert(k, password=b"")],
    "password None": lambda k: [_upsert(k, password=None)],
    "a password that is text": lambda k: [_upsert(k, password="password")],
    "a password that is a number": lambda k: [_upsert(k, password=123)],
    "an empty salt": lambda k: [_upsert(k, salt=b"")],
    "a salt that is text": lambda k: [_upsert(k, salt="salt")],
    "a salt that is a number": lambda k: [_upsert(k, salt=123)],
    "info None": lambda k: [_upsert(k, info=None)],
    "info that is text": lambda k: [_upsert(k, info="text")],
    "a mechanism that is text": lambda k: [_upsert(k, info=_scram(k, mechanism="text"))],
    "iterations that are text": lambda k: [_upsert(k, info=_scram(k, iterations="text"))],
    "iterations -1": lambda k: [_upsert(k, info=_scram(k, iterations=-1))],
    "iterations 0": lambda k: [_upsert(k, info=_scram(k, iterations=0))],
    "deletion, user None": lambda k: [
        k.admin_names.UserScramCredentialDeletion(None, k.admin_names.ScramMechanism.SCRAM_SHA_256)
    ],
    "deletion, an empty user": lambda k: [
        k.admin_names.UserScramCredentialDeletion("", k.admin_names.ScramMechanism.SCRAM_SHA_256)
    ],
    "deletion, mechanism None": lambda k: [k.admin_names.UserScramCredentialDeletion("sam", None)],
    "deletion, a mechanism that is a number": lambda k: [
        k.admin_names.UserScramCredentialDeletion("sam", 123)
    ],
}
_add(
    "alter_user_scram_credentials",
    {label: lambda k, given=given: ((given(k),), {}) for label, given in _ALTERATIONS.items()},
)


def _earliest(kit: Kit) -> Any:
    return kit.admin_names.OffsetSpec.earliest()


_add(
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
_add(
    "delete_records",
    {
        "None": lambda k: ((None,), {}),
        "a number": lambda k: ((1,), {}),
        "text in a list": lambda k: ((["t"],), {}),
        "an empty topic": lambda k: (([k.names.TopicPartition("")],), {}),
        "no partition": lambda k: (([k.names.TopicPartition("t")],), {}),
    },
)
_add(
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

ADMINS: dict[str, dict[str, Case | str]] = {"tests/test_Admin.py": ADMIN}
