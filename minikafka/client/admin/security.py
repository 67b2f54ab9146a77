"""Administration of access rules and credentials: what the cluster has is told; changing it is not supported here.

Rule: a cluster without an authorizer has no rules, and says so in its own words. Kafka: `KafkaAdminClient`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from minikafka.client.admin.requests import AdminRequests
from minikafka.client.admin.security_values import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    ResourcePatternType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialsDescription,
)
from minikafka.client.admin.values import ResourceType
from minikafka.client.errors import KafkaError, KafkaException, failure
from minikafka.protocol.messages.describe_acls import DescribeAclsRequest, DescribeAclsResponse
from minikafka.protocol.messages.describe_user_scram_credentials import (
    DescribeUserScramCredentialsRequest,
    DescribeUserScramCredentialsResponse,
    UserName,
)


class SecurityAdmin:
    """The part of `AsyncAdmin` that is about security. Timeouts are in seconds."""

    def __init__(self, requests: AdminRequests) -> None:
        self._requests = requests

    async def describe_acls(
        self, wanted: AclBindingFilter, *, timeout_s: float | None = None
    ) -> list[AclBinding]:
        """The rules that match. Raises KafkaException(SECURITY_DISABLED) from a cluster without an authorizer."""
        request = DescribeAclsRequest(
            resource_type_filter=wanted.restype.value,
            resource_name_filter=wanted.name,
            pattern_type_filter=wanted.resource_pattern_type.value,
            principal_filter=wanted.principal,
            host_filter=wanted.host,
            operation=wanted.operation.value,
            permission_type=wanted.permission_type.value,
        )
        limit_s = self._requests.timeout(timeout_s)
        response = await self._requests.to_any(request, DescribeAclsResponse, limit_s)
        if response.error_code:
            raise KafkaException(KafkaError(response.error_code, response.error_message))
        return [
            AclBinding(
                ResourceType(resource.resource_type),
                resource.resource_name,
                ResourcePatternType(resource.pattern_type),
                acl.principal,
                acl.host,
                AclOperation(acl.operation),
                AclPermissionType(acl.permission_type),
            )
            for resource in response.resources
            for acl in resource.acls
        ]

    async def describe_user_scram_credentials(
        self, users: Sequence[str] | None, *, timeout_s: float | None = None
    ) -> dict[str, UserScramCredentialsDescription | KafkaException]:
        """user → description or its error; None asks for all users."""
        named = None if users is None else [UserName(name=user) for user in users]
        request = DescribeUserScramCredentialsRequest(users=named)
        limit_s = self._requests.timeout(timeout_s)
        response = await self._requests.to_any(request, DescribeUserScramCredentialsResponse, limit_s)
        if response.error_code:
            raise KafkaException(KafkaError(response.error_code, response.error_message))
        results: dict[str, UserScramCredentialsDescription | KafkaException] = {}
        for result in response.results:
            if result.error_code:
                results[result.user] = KafkaException(KafkaError(result.error_code, result.error_message))
                continue
            infos = [
                ScramCredentialInfo(ScramMechanism(info.mechanism), info.iterations)
                for info in result.credential_infos
            ]
            results[result.user] = UserScramCredentialsDescription(result.user, infos)
        missing = KafkaException(KafkaError(KafkaError._PARTIAL, "the broker's answer lacks this user"))
        return {**dict.fromkeys(users or (), missing), **results}

    async def refuse(self, what: str) -> dict[Any, Any]:
        """For what is not supported: raises KafkaException(_UNSUPPORTED_FEATURE)."""
        raise failure(KafkaError._UNSUPPORTED_FEATURE, f"Local: {what} is not supported by this client")
