"""What the inspector does to a cluster: the application's half that sends commands.

Rule: nothing is sent that the cluster refuses or `--read-only` forbids, and what hurts is asked first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from textual import work
from textual.app import App, SystemCommand

from minikafka.commands import Command, NotUnderstood
from minikafka.world.visible import cut
from minikafka.xray.snapshot import Snapshot
from minikafka.xray.source import Feed
from minikafka_tui import commands
from minikafka_tui.dialogs import Ask, Confirm
from minikafka_tui.meaning import NOTHING, Meant

TOAST_CELLS = 400


class CommandingApp(App[None]):
    """Knows the feed and the newest snapshot; its subclass draws them."""

    def __init__(self, feed: Feed, *, read_only: bool = False) -> None:
        super().__init__()
        self.feed = feed
        self.read_only = read_only
        self.snapshot: Snapshot | None = None

    def meant(self, verb: str) -> Meant | None:
        """The broker that a command without a name means."""
        raise NotImplementedError

    def notify(self, message: str, *, title: str = "", **options: Any) -> None:
        """A toast: none of it is markup, and it leaves room for the rest of the screen."""
        super().notify(cut(message, TOAST_CELLS), title=cut(title, 60), **{**options, "markup": False})

    def refuses(self) -> str | None:
        """Why nothing can be done to this cluster, or `None`."""
        if self.read_only:
            return "This inspector was started with --read-only."
        return self.feed.refusal

    def may_act(self) -> bool:
        """May something be done to this cluster? If not, say why."""
        refusal = self.refuses()
        if refusal is not None:
            self.notify(refusal, severity="warning")
        return refusal is None

    @work(exclusive=False, exit_on_error=False)
    async def send(self, name: str, args: Mapping[str, Any] | None = None, quiet: bool = False) -> None:
        """Send a command and show what became of it."""
        answer = await self.feed.command(name, args or {})
        if not answer.ok:
            self.notify(answer.text, severity="error", title=f"{name} failed", timeout=8)
        elif not quiet:
            self.notify(answer.text)

    def action_kill(self, name: str | None = None) -> None:
        """Kill a broker, after a question."""
        self.ask_about_broker("kill", name)

    def action_restart(self, name: str | None = None) -> None:
        """Restart a broker, after a question."""
        self.ask_about_broker("restart", name)

    def ask_about_broker(self, verb: str, name: str | None) -> None:
        """Ask whether this broker (`None`: the selected one) is meant, and do it after a yes."""
        if self.snapshot is None or not self.may_act():
            return
        meant = self.meant(verb) if name is None else Meant(name)
        broker = next(
            (b for b in self.snapshot.brokers if meant is not None and b.name == meant.broker), None
        )
        if meant is None or broker is None:
            self.notify(NOTHING.format(verb=verb), severity="warning")
            return
        if verb == "kill" and broker.is_gone:
            self.notify(f"{broker.name} is down already.", severity="warning")
            return
        question, consequence = commands.consequence(verb, broker)
        consequence = f"{meant.because} {consequence}".strip()

        def decided(yes: bool | None) -> None:
            if yes:
                self.send(verb, {"host": broker.name})

        self.push_screen(Confirm(question, consequence, verb.capitalize()), decided)

    def action_step(self) -> None:
        """Let one event happen in a simulated cluster."""
        if self.snapshot is None:
            return
        if self.snapshot.paused is None:
            self.notify("Only a simulated cluster can be stepped: this one runs by the wall clock.")
        elif self.may_act():
            self.send("step", quiet=True)

    def ask_and_send(self, kind: type[Command]) -> None:
        """A command with arguments: ask for them in one line."""
        if not self.may_act():
            return

        def answered(text: str | None) -> None:
            if text is None:
                return
            try:
                command = kind.parse(text)
            except NotUnderstood as error:
                self.notify(str(error), severity="warning")
                return
            self.send(command.name, command.arguments)

        needs_none = kind.usage.startswith("[")
        self.push_screen(Ask(kind.title, kind.usage, kind.example, may_be_empty=needs_none), answered)

    def cluster_commands(self) -> Iterator[SystemCommand]:
        """The palette's part that does something to the cluster."""
        if self.refuses() is not None or self.snapshot is None:
            return
        for broker in self.snapshot.brokers:
            verb = "restart" if broker.state == "down" else "kill"
            title = f"{verb.capitalize()} {broker.name}"
            ask = partial(self.ask_about_broker, verb, broker.name)
            yield SystemCommand(title, f"It is {broker.state}", ask)
        for controller in self.snapshot.controllers:
            if controller.state == "down":
                restart = partial(self.send, "restart", {"host": controller.name})
                yield SystemCommand(f"Restart {controller.name}", "It is down", restart)
        for kind in commands.with_arguments():
            if commands.is_possible(kind, self.snapshot):
                yield SystemCommand(kind.title, kind.usage, partial(self.ask_and_send, kind))
        yield SystemCommand("Heal the network", "End all cuts", partial(self.send, "heal"))
