"""Envelope (58), version 0: a client's request that its broker passes on to the controller (KIP-590)."""

from __future__ import annotations

from minikafka.protocol.schema import BYTES, INT16, Message, field, message


@message(api_key=58, kind="request", versions=(0, 0), flexible=0)
class EnvelopeRequest(Message):
    request_data: bytes = field(BYTES, about="The client's request, header and all, without its length.")
    request_principal: bytes | None = field(
        BYTES, nullable=0, default=None, about="Who the client is, in the broker's own form; null for nobody."
    )
    client_host_address: bytes = field(BYTES, about="The client's address: 4 or 16 bytes.")


@message(api_key=58, kind="response", versions=(0, 0), flexible=0)
class EnvelopeResponse(Message):
    response_data: bytes | None = field(
        BYTES,
        nullable=0,
        default=None,
        about="The answer, header and all, without its length; null after an error.",
    )
    error_code: int = field(INT16, default=0, about="Why the request wasn't even looked at, or 0.")
