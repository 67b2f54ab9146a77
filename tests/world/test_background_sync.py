"""A sync in the background: the loop goes on, what came before it survives a power cut, what came later may not."""

import asyncio
import errno
import os
import random

import pytest

from minikafka.world import LiveUniverse, SimulatedUniverse
from minikafka.world.page_cache import Inode

SEEDS = range(20)


def universe_with_file(seed):
    universe = SimulatedUniverse(seed)
    disk = universe.world("broker-1").disk
    disk.makedirs("logs")
    file = disk.open("logs/a", create=True)
    file.append(b"before")
    return universe, disk, file


def left_after_power_cut(universe):
    universe.power_cut("broker-1")
    disk = universe.world("broker-1").disk
    return disk.read_bytes("logs/a") if disk.exists("logs/a") else None


@pytest.mark.parametrize("seed", SEEDS)
def test_what_was_written_before_it_survives(seed):
    universe, disk, file = universe_with_file(seed)

    async def scenario():
        done = disk.sync_in_background(["logs/a", "logs", ""])
        file.append(b" and after")
        await done

    universe.run(scenario())
    assert universe.now > 0
    assert left_after_power_cut(universe).startswith(b"before")


def test_what_was_written_later_may_be_lost():
    lefts = set()
    for seed in SEEDS:
        universe, disk, file = universe_with_file(seed)

        async def scenario(disk=disk, file=file):
            done = disk.sync_in_background(["logs/a", "logs", ""])
            file.append(b" and after")
            await done

        universe.run(scenario())
        lefts.add(left_after_power_cut(universe))
    assert {b"before", b"before and after"} <= lefts


def test_a_power_cut_in_the_middle_of_it_may_take_all():
    lefts, done = set(), []
    for seed in SEEDS:
        universe, disk, _ = universe_with_file(seed)

        async def begin(disk=disk):
            done.append(disk.sync_in_background(["logs/a", "logs", ""]))

        universe.run(begin())
        lefts.add(left_after_power_cut(universe))
        universe.run_for(10)
    assert None in lefts and b"before" in lefts
    assert not any(future.done() for future in done)


@pytest.mark.parametrize("seed", range(200))
def test_the_durable_content_is_that_of_the_moment_when_the_sync_began(seed):
    chance, inode = random.Random(seed), Inode()

    def change():
        end = len(inode.content)
        if chance.random() < 0.3:
            inode.truncate(chance.randint(0, end + 3))
        else:
            inode.write(
                chance.choice((end, chance.randint(0, end + 2))), chance.randbytes(chance.randint(1, 5))
            )

    begun = []
    for _ in range(30):
        change()
        if chance.random() < 0.15:
            begun.append((inode.begin_sync(), bytes(inode.content)))
        if begun and chance.random() < 0.1:
            inode.finish_sync(begun[0][0])
            assert bytes(inode.durable()) == begun.pop(0)[1]
    content = bytes(inode.content)
    if begun:
        inode.finish_sync(begun[-1][0])
        assert bytes(inode.durable()) == begun[-1][1]
    inode.sync()
    inode.finish_sync(inode.begin_sync())
    assert bytes(inode.durable()) == content


def test_a_failing_disk_is_heard_of():
    universe, disk, _ = universe_with_file(1)

    async def scenario():
        done = disk.sync_in_background(["logs/a"])
        universe.fail_disk("broker-1")
        with pytest.raises(OSError) as failed:
            await done
        assert failed.value.errno == errno.EIO
        with pytest.raises(FileNotFoundError):
            disk.sync_in_background(["logs/b"])

    universe.run(scenario())


def test_real_files_are_synced_while_the_loop_goes_on(tmp_path, monkeypatch):
    """The disk takes until the loop has done something else."""
    went_on, synced = asyncio.Event(), []

    def slow_fsync(descriptor, fsync=os.fsync):
        asyncio.run_coroutine_threadsafe(went_on.wait(), loop).result(30)
        fsync(descriptor)
        synced.append(descriptor)

    async def scenario():
        with LiveUniverse(tmp_path) as universe:
            disk = universe.world("broker-1").disk
            disk.makedirs("logs")
            file = disk.open("logs/a", create=True)
            file.append(b"before")
            with pytest.raises(FileNotFoundError):
                disk.sync_in_background(["logs/a", "logs/b"])
            monkeypatch.setattr(os, "fsync", slow_fsync)
            done = disk.sync_in_background(["logs/a", "logs"])
            file.close()
            disk.rmtree("logs")
            assert not done.done()
            went_on.set()
            async with asyncio.timeout(30):
                await done

    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        runner.run(scenario())
    assert len(synced) == 2


def test_a_universe_may_end_during_a_sync(tmp_path):
    async def scenario():
        with LiveUniverse(tmp_path) as universe:
            disk = universe.world("broker-1").disk
            disk.open("a", create=True).append(b"x")
            return disk.sync_in_background(["a"])

    assert isinstance(asyncio.run(scenario()), asyncio.Future)
