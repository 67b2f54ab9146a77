"""Scenarios of rules and credentials, as confluent_kafka's own tests of the admin client use them."""

from __future__ import annotations

from typing import Any

from client_cases.kit import Case, Kit, tried

from client_scenarios.lonely_admin import add


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


SECURITY: dict[str, Case | str] = {
    "AclBinding, a field is None": lambda k: _acl_without(k, "AclBinding"),
    "AclBindingFilter, a field is None": lambda k: _acl_without(k, "AclBindingFilter"),
    "AclBinding of UNKNOWN": lambda k: _acl_with(k, "AclBinding", "UNKNOWN"),
    "AclBinding of ANY": lambda k: _acl_with(k, "AclBinding", "ANY"),
    "AclBinding of MATCH": lambda k: _acl_with(k, "AclBinding", "MATCH"),
    "AclBindingFilter of ANY": lambda k: _acl_with(k, "AclBindingFilter", "ANY"),
    "AclBindings are sorted, compared, hashed": _acls_sorted,
}
for _name in ("create_acls", "delete_acls"):
    _make = _acl if _name == "create_acls" else _filter
    add(
        SECURITY,
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
add(
    SECURITY,
    "describe_acls",
    {
        "None": lambda k: ((None,), {}),
        "a binding": lambda k: ((_acl(k),), {}),
        "nobody is there": lambda k: ((_filter(k),), {}),
        "request_timeout=-5": lambda k: ((_filter(k),), {"request_timeout": -5}),
        "an unknown option": lambda k: ((_filter(k),), {"unknown": "it is"}),
    },
)
add(
    SECURITY,
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
add(
    SECURITY,
    "alter_user_scram_credentials",
    {label: lambda k, given=given: ((given(k),), {}) for label, given in _ALTERATIONS.items()},
)
