"""A controller that is the only one."""

from collections.abc import Awaitable

from minikafka.controller.node import ControllerNode


async def alone(opening: Awaitable[ControllerNode]) -> ControllerNode:
    """What is being opened, once it is in charge."""
    node = await opening
    await node.join([node.voter])
    return node


__all__ = ["alone"]
