"""A scenario that leans on all that could differ between processes: asyncio's sets, connections, crashes,
disks.
"""

import asyncio
import sys

from minikafka.world import Event, SimulatedUniverse


class Seen(Event, frozen=True):
    what: str


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Caller(asyncio.Protocol):
    def __init__(self, world):
        self.world = world
        self.chunks = asyncio.Queue()

    def data_received(self, data):
        self.world.trace.emit(Seen(f"chunk {data!r}"))
        self.chunks.put_nowait(data)

    def connection_lost(self, error):
        self.world.trace.emit(Seen(f"lost {type(error).__name__}"))
        self.chunks.put_nowait(b"")


async def call(world, number):
    port = 9092
    transport, caller = await world.network.connect(lambda: Caller(world), "broker-1", port)
    for turn in range(3):
        transport.write(b"%d/%d" % (number, turn) * world.random.randint(1, 5))
        await caller.chunks.get()
    transport.close()
    return number


async def cancelled_in_order(world, name):
    try:
        await asyncio.sleep(1000)
    except asyncio.CancelledError:
        world.trace.emit(Seen(f"{name} cancelled"))
        raise


async def sets_of_tasks(world):
    for round_number in range(3):
        tasks = [world.spawn(call(world, n), f"call-{n}") for n in range(8)]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        world.trace.emit(
            Seen(f"done {[task.result() for task in done]} left {[t.get_name() for t in pending]}")
        )
        world.trace.emit(Seen(f"gathered {await asyncio.gather(*pending)}"))
        try:
            async with asyncio.TaskGroup() as group:
                for n in range(10):
                    group.create_task(cancelled_in_order(world, f"{round_number}-{n}"))
                group.create_task(asyncio.sleep(0.1)).add_done_callback(lambda task: None)
                await asyncio.sleep(0.05)
                raise ValueError
        except* ValueError:
            pass
        futures = {asyncio.get_running_loop().create_future() for _ in range(9)}
        for number, future in enumerate(futures):
            future.set_result(number)
        world.trace.emit(Seen(f"futures {[future.result() for future in futures]}"))
        names = [task.get_name() for task in asyncio.all_tasks()]
        world.trace.emit(Seen(f"all {names}"))


def main(seed):
    with SimulatedUniverse(seed, chunking=True) as universe:
        lines = []
        universe.trace.subscribe(lambda traced: lines.append(str(traced)))
        client, broker = universe.world("client-1"), universe.world("broker-1")
        universe.run(broker.network.listen(Echo, 9092))
        universe.set_loss(0.05)
        universe.loop.call_later(0.01, universe.partition, ["broker-1"])
        universe.loop.call_later(3.0, universe.heal)
        universe.run(sets_of_tasks(client), host="client-1")
        file = broker.disk.open("log", create=True)
        broker.disk.sync_dir("")
        for n in range(50):
            file.append(bytes([n]) * 7)
        for n in range(8):
            client.spawn(call(client, n), f"last-{n}")
            broker.spawn(cancelled_in_order(broker, f"victim-{n}"), f"victim-{n}")
        universe.run_for(0.001)
        universe.power_cut("broker-1")
        universe.run_until(lambda: False, timeout_s=5)
        lines.append(universe.world("broker-1").disk.read_bytes("log").hex())
        lines.append(f"{universe.now!r} {[repr(error) for error in universe.trace.failures]}")
    print("\n".join(lines))


if __name__ == "__main__":
    clutter = [bytearray(64 + n % 900) for n in range(int(sys.argv[2]))]  # moves all addresses
    del clutter[::3]
    main(int(sys.argv[1]))
