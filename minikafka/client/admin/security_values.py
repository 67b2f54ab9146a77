"""The values of access rules (ACLs) and of SCRAM credentials, with confluent_kafka's names.

Rule: plain values, checked when they are made; what they mean to the wire is in `security_admin.py`.
Kafka: `AclBinding`, `AclBindingFilter`, `ScramCredentialInfo`.
"""

from __future__ import annotations

import functools
from enum import Enum
from typing import Any, TypeVar

from minikafka.client.admin.values import ResourceType
from minikafka.world.visible import visible

E = TypeVar("E", bound=Enum)


class ResourcePatternType(Enum):
    """How a rule's resource name is meant."""

    UNKNOWN = 0
    ANY = 1
    MATCH = 2
    LITERAL = 3
    PREFIXED = 4


class AclOperation(Enum):
    """What a rule is about."""

    UNKNOWN = 0
    ANY = 1
    ALL = 2
    READ = 3
    WRITE = 4
    CREATE = 5
    DELETE = 6
    ALTER = 7
    DESCRIBE = 8
    CLUSTER_ACTION = 9
    DESCRIBE_CONFIGS = 10
    ALTER_CONFIGS = 11
    IDEMPOTENT_WRITE = 12


class AclPermissionType(Enum):
    """Does a rule forbid or allow?"""

    UNKNOWN = 0
    ANY = 1
    DENY = 2
    ALLOW = 3


_NO_OPERATIONS = -(2**31)


def operations_of(bits: int) -> list[AclOperation] | None:
    """A broker's bit field of operations that are allowed; None where nobody asked for it."""
    if bits == _NO_OPERATIONS:
        return None
    return [operation for operation in AclOperation if bits >> operation.value & 1]


def _member(kind: type[E], value: Any, name: str) -> E:
    """A member given as itself, by its name or by its number. Raises ValueError, TypeError."""
    if value is None:
        raise ValueError(f"{name} cannot be None")
    if isinstance(value, kind):
        return value
    if isinstance(value, str) and value.upper() in kind.__members__:
        return kind[value.upper()]
    if isinstance(value, int):
        return kind(value)
    if isinstance(value, str):
        raise ValueError(f'Unknown {name} "{visible(value)}": should be a {kind.__name__}')
    raise TypeError(f"{name} must be of type {kind.__name__}")


@functools.total_ordering
class AclBindingFilter:
    """Which rules are meant; None for a name, principal or host is any."""

    _names_may_be_none = True

    def __init__(
        self,
        restype: ResourceType | str | int,
        name: str | None,
        resource_pattern_type: ResourcePatternType | str | int,
        principal: str | None,
        host: str | None,
        operation: AclOperation | str | int,
        permission_type: AclPermissionType | str | int,
    ) -> None:
        for field, text in (("name", name), ("principal", principal), ("host", host)):
            if text is None and not self._names_may_be_none:
                raise ValueError(f"{field} cannot be None")
            if text is not None and not isinstance(text, str):
                raise TypeError(f"{field} must be of type str")
        self.restype = _member(ResourceType, restype, "restype")
        self.name = name
        self.resource_pattern_type = _member(
            ResourcePatternType, resource_pattern_type, "resource_pattern_type"
        )
        self.principal = principal
        self.host = host
        self.operation = _member(AclOperation, operation, "operation")
        self.permission_type = _member(AclPermissionType, permission_type, "permission_type")

    def _key(self) -> tuple[Any, ...]:
        return (
            self.restype.value,
            self.name or "",
            self.resource_pattern_type.value,
            self.principal or "",
            self.host or "",
            self.operation.value,
            self.permission_type.value,
        )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AclBindingFilter) and self._key() == other._key()

    def __lt__(self, other: AclBindingFilter) -> bool:
        return self._key() < other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        fields = (self.restype, self.name, self.resource_pattern_type, self.principal, self.host)
        inner = ",".join(str(field) for field in (*fields, self.operation, self.permission_type))
        return f"{type(self).__name__}({visible(inner)})"


class AclBinding(AclBindingFilter):
    """One rule."""

    _names_may_be_none = False

    def __init__(self, *fields: Any, **named: Any) -> None:
        super().__init__(*fields, **named)
        for member in (self.restype, self.resource_pattern_type, self.operation, self.permission_type):
            if member.name in ("ANY", "MATCH"):
                raise ValueError(f"{member} is for filters only")


class ScramMechanism(Enum):
    """How a password is hashed."""

    UNKNOWN = 0
    SCRAM_SHA_256 = 1
    SCRAM_SHA_512 = 2


class ScramCredentialInfo:
    """What may be told of a credential."""

    def __init__(self, mechanism: ScramMechanism, iterations: int) -> None:
        self.mechanism = mechanism
        self.iterations = iterations


class UserScramCredentialsDescription:
    """What describe_user_scram_credentials() answers for a user."""

    def __init__(self, user: str, scram_credential_infos: list[ScramCredentialInfo]) -> None:
        self.user = user
        self.scram_credential_infos = scram_credential_infos


class UserScramCredentialAlteration:
    """A change of a user's credentials."""

    def __init__(self, user: str) -> None:
        self.user = user


class UserScramCredentialUpsertion(UserScramCredentialAlteration):
    """A credential to add or to replace."""

    def __init__(
        self,
        user: str,
        scram_credential_info: ScramCredentialInfo,
        password: bytes,
        salt: bytes | None = None,
    ) -> None:
        super().__init__(user)
        self.scram_credential_info = scram_credential_info
        self.password = password
        self.salt = salt


class UserScramCredentialDeletion(UserScramCredentialAlteration):
    """A credential to remove."""

    def __init__(self, user: str, mechanism: ScramMechanism) -> None:
        super().__init__(user)
        self.mechanism = mechanism
