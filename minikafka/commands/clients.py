"""What a program does with the clients of a simulated cluster.

Rule: a call is written down with its arguments as they were at that moment. A callback can't be written down: a
tape only knows that there was one (`Callback`), and what it did to the cluster, which are commands again.
"""

from __future__ import annotations

from typing import Literal

from minikafka.commands.command import Command, understood
from minikafka.commands.values import Value, value_of_word

ClientKind = Literal["producer", "consumer", "admin"]


class OpenClient(Command, frozen=True):
    """It has a host of its own, `client`."""

    help = "open a client"
    title = "Open a client"
    usage = "NAME producer|consumer|admin [CONFIG=VALUE …]"
    example = "client-1 consumer group.id=readers"
    simulated = True
    client: str
    kind: ClientKind
    config: dict[str, Value] = {}

    @classmethod
    def parse(cls, text: str) -> OpenClient:
        words = text.split()
        plain = [word for word in words if "=" not in word]
        configs = [word.partition("=") for word in words if "=" in word]
        fields = dict(zip(cls.__struct_fields__, plain, strict=False))
        opened: OpenClient = understood(
            cls, {**fields, "config": {name: value_of_word(value) for name, _, value in configs}}
        )
        return opened

    def told(self, result: object) -> str:
        return f"{self.client} is a {self.kind}."


class Call(Command, frozen=True):
    """A client's method, as confluent_kafka names it."""

    help = "call a method of a client"
    title = "Call a client"
    usage = "CLIENT METHOD [VALUE …] [NAME=VALUE …]"
    example = 'client-1 subscribe ["orders"]'
    simulated = True
    client: str
    method: str
    values: tuple[Value, ...] = ()
    options: dict[str, Value] = {}

    @classmethod
    def parse(cls, text: str) -> Call:
        client, _, rest = text.strip().partition(" ")
        method, _, rest = rest.strip().partition(" ")
        values, options = [], {}
        for word in rest.split():
            name, sign, value = word.partition("=")
            if sign and name.isidentifier():
                options[name] = value_of_word(value)
            else:
                values.append(value_of_word(word))
        fields = {"client": client, "values": values, "options": options}
        called: Call = understood(cls, {**fields, "method": method} if method else fields)
        return called

    def told(self, result: object) -> str:
        return f"{self.client} answered: {result}"


class Await(Command, frozen=True):
    """Waiting for the `number`th answer that was asked for without waiting (an admin client's future)."""

    simulated = True
    number: int
    timeout_s: float | None = None


class Drop(Command, frozen=True):
    """A client that nobody holds any more closes by itself."""

    simulated = True
    client: str


class CallbackRaised(Command, frozen=True):
    """A callback ended with an exception, which the call that served it passed on."""

    simulated = True
    error: str
