"""DescribeAcls (29), versions 1–3: who may do what. 2 is flexible, 3 knows users as resources."""

from __future__ import annotations

from minikafka.protocol.schema import (
    INT8,
    INT16,
    INT32,
    STRING,
    Message,
    Struct,
    array,
    field,
    message,
    struct,
)


@message(api_key=29, kind="request", versions=(1, 3), flexible=2)
class DescribeAclsRequest(Message):
    resource_type_filter: int = field(INT8, about="The kind of resource; 1 is any.")
    resource_name_filter: str | None = field(STRING, nullable=0, about="The resource's name; null is any.")
    pattern_type_filter: int = field(INT8, default=3, about="How the names in the rules are meant.")
    principal_filter: str | None = field(STRING, nullable=0, about="Who; null is anybody.")
    host_filter: str | None = field(STRING, nullable=0, about="From where; null is anywhere.")
    operation: int = field(INT8, about="What is done; 1 is any.")
    permission_type: int = field(INT8, about="Denied or allowed; 1 is any.")


@struct
class AclDescription(Struct):
    principal: str = field(STRING, about="Who.")
    host: str = field(STRING, about="From where.")
    operation: int = field(INT8, about="What is done.")
    permission_type: int = field(INT8, about="Denied (2) or allowed (3).")


@struct
class DescribeAclsResource(Struct):
    resource_type: int = field(INT8, about="The kind of resource.")
    resource_name: str = field(STRING, about="The resource's name.")
    pattern_type: int = field(INT8, default=3, about="How the name is meant.")
    acls: list[AclDescription] = field(array(AclDescription), about="Rule by rule.")


@message(api_key=29, kind="response", versions=(1, 3), flexible=2)
class DescribeAclsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
    resources: list[DescribeAclsResource] = field(array(DescribeAclsResource), about="Resource by resource.")
