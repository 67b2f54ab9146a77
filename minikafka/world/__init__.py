"""The world: everything outside a node that it can touch, live and simulated."""

from minikafka.world.alarm import LATE_S, Alarm
from minikafka.world.disk_counters import DiskCounters
from minikafka.world.events import Healed, HostCrashed, Partitioned, PowerLost
from minikafka.world.file_slice import LEAST_SLICE_BYTES, PAGE_BYTES, FileSlice, ShortFile, SliceGone
from minikafka.world.foreign_lock import is_locked
from minikafka.world.life import HOST, HostDown, Life
from minikafka.world.live import LiveUniverse, new_live_loop
from minikafka.world.open_files import LOOK_AGAIN_S, is_out_of_descriptors, with_descriptors
from minikafka.world.reasons import reason_of, unforeseen
from minikafka.world.sim_loop import SimLoop, SimulationIdle, SimulationStuck, Wall, WallReached
from minikafka.world.simulated import SimulatedUniverse
from minikafka.world.trace import Event, RequestFailed, TaskFailed, Trace, Traced
from minikafka.world.turns import Backlog, Piece, in_turns
from minikafka.world.virtual_time import virtual_time
from minikafka.world.world import Clock, Disk, DiskLocked, File, Listener, Lock, Network, UnknownHost, World

__all__ = [
    "HOST",
    "LATE_S",
    "LEAST_SLICE_BYTES",
    "LOOK_AGAIN_S",
    "PAGE_BYTES",
    "Alarm",
    "Backlog",
    "Clock",
    "Disk",
    "DiskCounters",
    "DiskLocked",
    "Event",
    "File",
    "FileSlice",
    "Healed",
    "HostCrashed",
    "HostDown",
    "Life",
    "Listener",
    "LiveUniverse",
    "Lock",
    "Network",
    "Partitioned",
    "Piece",
    "PowerLost",
    "RequestFailed",
    "ShortFile",
    "SimLoop",
    "SimulatedUniverse",
    "SimulationIdle",
    "SimulationStuck",
    "SliceGone",
    "TaskFailed",
    "Trace",
    "Traced",
    "UnknownHost",
    "Wall",
    "WallReached",
    "World",
    "in_turns",
    "is_locked",
    "is_out_of_descriptors",
    "new_live_loop",
    "reason_of",
    "unforeseen",
    "virtual_time",
    "with_descriptors",
]
