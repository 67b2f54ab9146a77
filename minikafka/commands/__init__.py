"""What is done to a cluster from outside, as frozen values: kill, cut, create a topic, a client's call, let time run.

Rule: it knows names and arguments only; who does it is `cluster/doing.py`, and it is written
down on a tape (`tape.py`). The lists of commands that people see (the parser's, the inspector's, the socket's) are
made from the classes here. Kafka has nothing of the kind; its Trogdor has its faults as JSON (`FaultSpec`).
"""

from minikafka.commands.clients import Await, Call, CallbackRaised, Drop, OpenClient
from minikafka.commands.command import Command, NotUnderstood, command_named, commands
from minikafka.commands.hosts import (
    AddBroker,
    AddController,
    FailDisk,
    FillDisk,
    Kill,
    PowerCut,
    RemoveBroker,
    RemoveController,
    RepairDisk,
    Restart,
    SetClock,
    SlowDisk,
    Stop,
    Suspend,
    Wake,
)
from minikafka.commands.network import Cut, Heal, Lose, Reorder, Slow
from minikafka.commands.text import parse, parse_arguments
from minikafka.commands.time import Pause, Resume, Run, RunRounds, RunTo, Step
from minikafka.commands.topics import (
    AddPartitions,
    AlterTopic,
    CancelMove,
    CreateTopic,
    DeleteTopic,
    MovePartition,
    Produce,
)

__all__ = [
    "AddBroker",
    "AddController",
    "AddPartitions",
    "AlterTopic",
    "Await",
    "Call",
    "CallbackRaised",
    "CancelMove",
    "Command",
    "CreateTopic",
    "Cut",
    "DeleteTopic",
    "Drop",
    "FailDisk",
    "FillDisk",
    "Heal",
    "Kill",
    "Lose",
    "MovePartition",
    "NotUnderstood",
    "OpenClient",
    "Pause",
    "PowerCut",
    "Produce",
    "RemoveBroker",
    "RemoveController",
    "Reorder",
    "RepairDisk",
    "Restart",
    "Resume",
    "Run",
    "RunRounds",
    "RunTo",
    "SetClock",
    "Slow",
    "SlowDisk",
    "Step",
    "Stop",
    "Suspend",
    "Wake",
    "command_named",
    "commands",
    "parse",
    "parse_arguments",
]
