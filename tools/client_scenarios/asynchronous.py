"""Scenarios of the clients for asyncio, as confluent_kafka's own tests use them."""

from __future__ import annotations

import asyncio
import importlib
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from client_cases.kit import Case, Kit, partitions, raised, record

Scenario = Callable[[Kit, Any], Coroutine[Any, Any, Any]]


def _run(scenario: Scenario) -> Case:
    """The case in which `scenario` gets the side's module for asyncio."""

    def case(kit: Kit) -> Any:
        names = importlib.import_module(f"{kit.names.__name__}.aio")
        return asyncio.run(asyncio.wait_for(scenario(kit, names), 30))

    return case


async def _tried(coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await coroutine
    except Exception as error:
        return raised(error)


def _conf(kit: Kit, **more: Any) -> dict[str, Any]:
    return {**kit.boot, "group.id": kit.new_name(), "auto.offset.reset": "earliest", **kit.dotted(more)}


async def _produced(kit: Kit, names: Any) -> Any:
    async with names.AIOProducer(dict(kit.boot)) as producer:
        futures = [await producer.produce(kit.topic, b"%d" % number) for number in range(5)]
        kinds = {isinstance(future, asyncio.Future) for future in futures}
        await producer.flush()
        messages = await asyncio.gather(*futures)
        left = len(producer)
    return kinds, [message.value() for message in messages], left


async def _many_at_once(kit: Kit, names: Any) -> Any:
    async with names.AIOProducer(dict(kit.boot), buffer_timeout=0.1) as producer:

        async def one(number: int) -> Any:
            return (await (await producer.produce(kit.topic, b"%d" % number))).value()

        return sorted(await asyncio.gather(*(one(number) for number in range(20))), key=int)


async def _failed(_kit: Kit, names: Any) -> Any:
    conf = {"bootstrap.servers": "127.0.0.1:1", "message.timeout.ms": 50}
    async with names.AIOProducer(conf, buffer_timeout=0.1) as producer:
        future = await producer.produce("t", b"v")
        await producer.flush()
        return await _tried(future)


async def _with_headers(kit: Kit, names: Any) -> Any:
    async with names.AIOProducer(dict(kit.boot), buffer_timeout=0.1) as producer:
        return await _tried(producer.produce(kit.topic, b"v", headers=[("h", b"v")])) is not None


async def _lifecycle(kit: Kit, names: Any) -> Any:
    producer = names.AIOProducer(dict(kit.boot), max_workers=2)
    steps = [
        len(producer),
        bool(producer),
        await producer.poll(0),
        await producer.purge(),
        await producer.close(),
    ]
    return [*steps, len(producer), await _tried(producer.flush())]


async def _executors(kit: Kit, names: Any) -> Any:
    with ThreadPoolExecutor(5) as own:
        given = names.AIOConsumer(_conf(kit), max_workers=2, executor=own)
        same = given.executor is own
        await given.close()
    made = names.AIOConsumer(_conf(kit), max_workers=3)
    number = made.executor._max_workers
    await made.close()
    try:
        names.AIOConsumer(_conf(kit), max_workers=0)
    except ValueError as error:
        return same, number, str(error)
    return same, number


async def _read(kit: Kit, names: Any) -> Any:
    told: list[str] = []

    async def on_assign(consumer: Any, found: Any) -> None:
        told.append(type(consumer).__name__)
        for tp in found:
            tp.offset = 4
        await consumer.assign(found)

    async with names.AIOConsumer(_conf(kit, enable_auto_commit=False)) as consumer:
        await consumer.subscribe([kit.topic], on_assign=on_assign)
        messages: list[Any] = []
        while len(messages) < 3:
            messages += await consumer.consume(num_messages=3, timeout=5)
        committed = await consumer.commit(messages[-1], asynchronous=False)
        found = await consumer.committed([kit.tp()])
    return told, [record(m) for m in messages], partitions(committed), partitions(found)


async def _side_by_side(kit: Kit, names: Any) -> Any:
    async with names.AIOConsumer(_conf(kit), max_workers=3) as consumer:
        await consumer.assign([kit.tp(0, 0)])
        answers = await asyncio.gather(
            consumer.poll(timeout=10),
            consumer.assignment(),
            consumer.get_watermark_offsets(kit.tp(), timeout=10),
            consumer.consumer_group_metadata(),
        )
    return record(answers[0]), partitions(answers[1]), answers[2], answers[3] is not None


async def _refused(kit: Kit, names: Any) -> Any:
    consumer = names.AIOConsumer(_conf(kit))
    steps = [
        await _tried(consumer.seek(kit.tp(0, 1))),
        await _tried(consumer.subscribe([])),
        await _tried(consumer.poll("1")),
    ]
    await consumer.close()
    return [*steps, await _tried(consumer.poll(0)), await _tried(consumer.close())]


async def _told(kit: Kit, names: Any) -> Any:
    told: list[Any] = []

    async def stats(text: str) -> None:
        told.append(type(text).__name__)

    async with names.AIOConsumer(_conf(kit, stats_cb=stats, statistics_interval_ms=50)) as consumer:
        while not told:
            await consumer.poll(0.1)
    return told[0]


ASYNCHRONOUS: dict[str, dict[str, Case | str]] = {
    "tests/test_AIOConsumer.py": {
        "executors": _run(_executors),
        "callbacks that are coroutines, consume, commit": _run(_read),
        "calls side by side": _run(_side_by_side),
        "what is refused, and closed": _run(_refused),
        "stats_cb is a coroutine": _run(_told),
    },
    "tests/test_AIOProducer.py": {
        "futures of records": _run(_produced),
        "many at once": _run(_many_at_once),
        "a record that fails": _run(_failed),
        "headers": _run(_with_headers),
        "begin and end": _run(_lifecycle),
    },
    "tests/test_producer_batch_processor.py, tests/test_buffer_timeout_manager.py, "
    "tests/test_kafka_batch_executor.py": {
        "their buffer": "missing: AIOProducer needs no buffer of its own here"
    },
}
