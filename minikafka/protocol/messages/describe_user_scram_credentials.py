"""DescribeUserScramCredentials (50), version 0: who has a password, and of what kind (KIP-554)."""

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


@struct
class UserName(Struct):
    name: str = field(STRING, about="The user's name.")


@message(api_key=50, kind="request", versions=(0, 0), flexible=0)
class DescribeUserScramCredentialsRequest(Message):
    users: list[UserName] | None = field(
        array(UserName), nullable=0, about="User by user; null or nobody asks for all."
    )


@struct
class CredentialInfo(Struct):
    mechanism: int = field(INT8, about="1: SHA-256; 2: SHA-512.")
    iterations: int = field(INT32, about="How often it is hashed.")


@struct
class DescribeUserScramCredentialsResult(Struct):
    user: str = field(STRING, about="The user's name.")
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
    credential_infos: list[CredentialInfo] = field(array(CredentialInfo), about="Password by password.")


@message(api_key=50, kind="response", versions=(0, 0), flexible=0)
class DescribeUserScramCredentialsResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong with the whole, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
    results: list[DescribeUserScramCredentialsResult] = field(
        array(DescribeUserScramCredentialsResult), about="User by user."
    )
