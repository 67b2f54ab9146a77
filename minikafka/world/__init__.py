"""The world: what a node meets outside itself, live and simulated."""

from minikafka.world.events import Healed, HostCrashed, Partitioned, PowerLost
from minikafka.world.life import HOST, HostDown, Life
from minikafka.world.live import LiveUniverse, new_live_loop
from minikafka.world.sim_loop import SimLoop, SimulationIdle, SimulationStuck
from minikafka.world.simulated import SimulatedUniverse
from minikafka.world.trace import Event, TaskFailed, Trace, Traced
from minikafka.world.virtual_time import virtual_time
from minikafka.world.world import Clock, Disk, DiskLocked, File, Listener, Lock, Network, World

__all__ = [
    "HOST",
    "Clock",
    "Disk",
    "DiskLocked",
    "Event",
    "File",
    "Healed",
    "HostCrashed",
    "HostDown",
    "Life",
    "Listener",
    "LiveUniverse",
    "Lock",
    "Network",
    "Partitioned",
    "PowerLost",
    "SimLoop",
    "SimulatedUniverse",
    "SimulationIdle",
    "SimulationStuck",
    "TaskFailed",
    "Trace",
    "Traced",
    "World",
    "new_live_loop",
    "virtual_time",
]
