"""UnregisterBroker (64), version 0: forget a broker for good."""

from __future__ import annotations

from minikafka.protocol.schema import INT16, INT32, STRING, Message, field, message


@message(api_key=64, kind="request", versions=(0, 0), flexible=0)
class UnregisterBrokerRequest(Message):
    broker_id: int = field(INT32, about="The broker's id.")


@message(api_key=64, kind="response", versions=(0, 0), flexible=0)
class UnregisterBrokerResponse(Message):
    throttle_time_ms: int = field(
        INT32, default=0, about="How long a quota makes the client wait; 0 without one."
    )
    error_code: int = field(INT16, default=0, about="What went wrong, or 0.")
    error_message: str | None = field(
        STRING, nullable=0, default=None, about="The error in words; null without one."
    )
