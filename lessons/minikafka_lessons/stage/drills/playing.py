"""An accident, played: a shop that orders twice a second, what befalls its cluster, and what a runbook makes of it.

Rule: what is true is what the shop was told and what a reader of its own finds afterwards. The same scene, seed and
runbook give the same run.
"""

from __future__ import annotations

import functools
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from minikafka import Cluster, KafkaException
from minikafka.cluster import BackgroundFailure
from minikafka.cluster.run_file import RunFile
from minikafka.commands import AlterTopic, Command, CreateTopic, Kill, Produce, Restart
from minikafka.explore import Notebook, Write, kept
from minikafka.explore.clients import Unread, Writer, read_whole
from minikafka.metadata.config_types import ConfigWarning
from minikafka.xray.snapshot import RUNNING
from minikafka_lessons.language import say
from minikafka_lessons.stage.drills.runbook import Misread, Runbook, Step
from minikafka_lessons.stage.drills.scenes import EVERY_S, Fault, Scene

TOPIC = "orders"
LOOK_S = 0.1
BETWEEN_S = 1.0
"""Between two lines of a runbook."""
NIGHT_S = 20.0
"""When all is done, nobody orders for a while: who is late comes back. Then the shop opens again, …"""
AFTER_S = 20.0
"""… for so long."""
QUICK_S = 2.0
"""An order that waits longer isn't quick."""
LAST_S = 6.0
"""The last orders show whether the cluster works again."""
DEATH_S = 15.0
"""The controller misses a broker after 9 s."""
CLOCK_S = 1.0
_REFUSED = (OSError, ValueError, LookupError, KafkaException, BackgroundFailure)


@dataclass(frozen=True)
class Mended:
    """What a runbook came to. Each is a sentence, or empty where it holds."""

    works: str
    kept: str
    run: RunFile | None = None
    """Of one that doesn't hold: all that was done, with a mark where it showed."""

    @property
    def holds(self) -> bool:
        """Both?"""
        return not self.works and not self.kept


class Played:
    """One run. `close()` ends its cluster."""

    def __init__(
        self, scene: Scene, seed: int, runbook: Runbook | None = None, *, messages: bool = False
    ) -> None:
        self.scene, self.seed = scene, seed
        self._runbook = runbook if runbook is not None else Runbook()
        self.did: list[str] = []
        """Lines of the runbook that were done, with what came of them."""
        self.missing: set[bytes] = set()
        """Values that were confirmed, and that nobody finds any more."""
        self.cluster = self._begun(messages)
        self._notebook = Notebook()
        try:
            self.writer = self._opened()
        except BaseException:
            self.close()
            raise
        replicas = [one.broker for one in self.cluster.snapshot().partition(TOPIC, 0).replicas]
        self.plan = scene.plan(Random(f"drill/{scene.letter}/{seed}"), replicas)
        self.began_s = self.cluster.now
        self._due_s = 0.0

    def _begun(self, messages: bool) -> Cluster:
        with warnings.catch_warnings(record=True) as unheeded:
            warnings.simplefilter("always", ConfigWarning)
            try:
                made = Cluster(
                    3,
                    world="simulated",
                    seed=self.seed,
                    configs={**self.scene.broker, **self._runbook.of("broker")},
                    name=f"drill-{self.scene.letter.lower()}",
                    message_events=messages,
                    announce=False,
                )
            except (ValueError, OSError) as why:
                raise Misread(say("No broker starts with these settings: {why}", why=why)) from None
        if unheeded:
            made.drop()
            raise Misread(str(unheeded[0].message))
        return made

    def _opened(self) -> Writer:
        configs = {**self.scene.topic, **self._runbook.of("topic")}
        config: dict[str, str | int | float | bool] = {
            "linger.ms": 0,
            "delivery.timeout.ms": 300_000,
            **self.scene.producer,
            **self._runbook.of("producer"),
        }
        try:
            self.cluster.do(CreateTopic(TOPIC, 1, self.scene.factor, configs))
            return Writer(self.cluster, self._notebook, 0, TOPIC, config)
        except (KafkaException, ValueError) as why:
            words = why.args[0].str() if isinstance(why, KafkaException) else str(why)
            raise Misread(say("Kafka doesn't take these settings: {why}", why=words)) from None

    @property
    def writes(self) -> tuple[Write, ...]:
        """The orders, and what the shop was told of each."""
        return self.writer.writes

    # -- what a learner looks into -----------------------------------------------------------------------------

    def play(self) -> Played:
        """All of it, with nobody there; at the end somebody reads all orders."""
        for fault in self.plan.faults:
            self._shop_until(fault.at_s)
            self._befall(fault.command)
        self._shop_until(self.scene.lasts_s)
        self.missing = self._confirmed() - self._found()
        return self

    # -- what a runbook makes of it ----------------------------------------------------------------------------

    def mend(self) -> Mended:
        """The accident, the runbook, and then one more death: does it work, and is everything kept?"""
        faults = list(self.plan.faults)
        for at_s, what in self._in_order(faults):
            self._shop_until(at_s)
            if isinstance(what, Fault):
                self._befall(what.command)
            else:
                self._obey(what)
        self._shop_until(max(self._passed, self.scene.lasts_s))
        self.cluster.run(NIGHT_S)
        self._shop_until(self._passed + AFTER_S)
        if works := self._works():
            return Mended(works, "", kept(self.cluster, self.cluster.now))
        self.missing = self._confirmed() - self._found()
        if not self.missing:
            self._one_more_death()
        if not self.missing:
            return Mended("", "")
        return Mended("", self._lost(), kept(self.cluster, self._lost_at()))

    def _in_order(self, faults: list[Fault]) -> Iterator[tuple[float, Fault | Step]]:
        steps, at_s = list(self._runbook.steps), self.plan.called_s
        while faults or steps:
            if faults and (not steps or faults[0].at_s <= at_s):
                fault = faults.pop(0)
                yield fault.at_s, fault
            else:
                step = steps.pop(0)
                yield max(at_s, self._passed), step
                at_s = max(at_s, self._passed) + BETWEEN_S + step.wait_s

    def _obey(self, step: Step) -> None:
        if step.verb == "wait":
            return
        host = self.plan.host
        line = step.text.replace("HOST", host)
        try:
            if step.verb == "repair_disk" and self._runs(host):
                raise ValueError(say("nobody changes a disk in a broker that runs"))
            self.cluster.do(step.command(host))
        except _REFUSED as why:
            words = str(why.args[0].str() if isinstance(why, KafkaException) else why)
            self.did.append(say("{line}: it didn't work: {why}", line=line, why=words.rstrip(".")))
        else:
            self.did.append(line)

    def _runs(self, host: str) -> bool:
        return any(one.name == host and one.state == RUNNING for one in self.cluster.snapshot().brokers)

    def _works(self) -> str:
        """Why it doesn't, in a sentence."""
        now, did = self.cluster.now, self._that_was_done()
        last = [one for one in self.writes if one.began_s >= now - LAST_S - 3 and one.began_s < now - 3]
        waits = [one.ended_s - one.began_s for one in last if one.outcome == "acknowledged"]
        if len(waits) < len(last):
            return did + say(
                "in the end {n} of the last {all} orders aren't confirmed",
                n=len(last) - len(waits),
                all=len(last),
            )
        if max(waits) > QUICK_S:
            return did + say("in the end an order still waits up to {s:.1f} s", s=max(waits))
        partition = self.cluster.snapshot().partition(TOPIC, 0)
        away = [one.broker for one in partition.replicas if one.broker not in partition.isr]
        if away and self.scene.is_whole:
            return did + say(
                "orders go through, but {hosts} has not come back into the ISR", hosts=", ".join(away)
            )
        for host, ahead_s in clocks(self.cluster).items():
            if abs(ahead_s) > CLOCK_S:
                return did + say("orders go through, but what went wrong on {host} is still wrong", host=host)
        return ""

    def _that_was_done(self) -> str:
        if not self.did:
            return ""
        return " → ".join(self.did) + " → "

    def _one_more_death(self) -> None:
        """All of the ISR die but the one that is furthest behind: what was confirmed, it has, too."""
        partition = self.cluster.snapshot().partition(TOPIC, 0)
        ends = {one.broker: one.end or 0 for one in partition.replicas if one.broker in partition.isr}
        left = min(ends, key=lambda name: (ends[name], name == partition.leader, name), default="")
        dead = [name for name in ends if name != left or len(ends) == 1]
        confirmed = self._confirmed()
        for name in dead:
            self._befall(Kill(name))
        self.did.append(say("then dead: {hosts}", hosts=", ".join(dead)))
        self.cluster.run(DEATH_S)
        self._lower_the_bar()
        self.missing = confirmed - self._found()

    def _lower_the_bar(self) -> None:
        """With fewer than min.insync.replicas the high watermark stands still, and nobody could read what is there."""
        try:
            self.cluster.do(AlterTopic(TOPIC, {"min.insync.replicas": "1"}))
            self.cluster.run(1.0)
            self.cluster.do(Produce(TOPIC, "the last"))
        except _REFUSED:
            pass  # nobody leads: what can't be read is lost

    def _lost(self) -> str:
        """The first order that is lost, in a sentence."""
        lost = sorted((one for one in self.writes if one.value in self.missing), key=lambda one: one.number)
        return self._that_was_done() + say(
            "lost write: order {value} was confirmed at {at:.2f} s, and nobody finds it any more; {n} of {all} "
            "confirmed orders are lost",
            value=lost[0].number,
            at=lost[0].ended_s,
            n=len(lost),
            all=len(self._confirmed()),
        )

    def _lost_at(self) -> float:
        return min(one.ended_s for one in self.writes if one.value in self.missing)

    # -- the shop ----------------------------------------------------------------------------------------------

    @property
    def _passed(self) -> float:
        return self.cluster.now - self.began_s

    def _shop_until(self, at_s: float) -> None:
        while self._passed < at_s - 1e-9:
            if self._passed >= self._due_s - 1e-9:
                self.writer.write(1)
                self._due_s = max(self._due_s + EVERY_S, self._passed)
            self.cluster.run(min(LOOK_S, at_s - self._passed))
            self.writer.producer.poll(0)

    def _befall(self, command: Command) -> None:
        try:
            self.cluster.do(command)
        except _REFUSED:
            if not isinstance(command, Kill | Restart):  # somebody was quicker
                raise

    def _confirmed(self) -> set[bytes]:
        return set(self.writer.acked)

    def _found(self) -> set[bytes]:
        try:
            read = read_whole(self.cluster, self._notebook, TOPIC, within_s=20.0)
        except (Unread, KafkaException):
            return set()
        return {bytes(one.value or b"") for one in read[0]}

    def close(self) -> None:
        """Let go of the cluster."""
        self.cluster.drop()


@functools.lru_cache(maxsize=64)
def mended(scene: Scene, seed: int, runbook: Runbook) -> Mended:
    """What a runbook makes of an accident. Asked again, it is not played again: it would come to the same."""
    played = Played(scene, seed, runbook)
    try:
        return played.mend()
    finally:
        played.close()


def clocks(cluster: Cluster) -> dict[str, float]:
    """By how many seconds the clock of each broker is off: what `date` says there."""
    universe = cluster._simulated("date").universe
    true_ms = universe.world("somebody's-watch").clock.time_ms()
    return {
        one.name: (universe.world(one.name).clock.time_ms() - true_ms) / 1000
        for one in cluster.snapshot().brokers
    }


__all__ = ["TOPIC", "Mended", "Played", "clocks", "mended"]
