"""Writes down what is done to a simulated cluster: its tape grows here.

Rule: what is on the tape came from outside. A command that does others by itself is one entry; what a
callback, a predicate or another thread does meanwhile is an entry of its own, with the round in which it came. What
can't be repeated exactly is not hidden: the tape says why it can't be played.
"""

from __future__ import annotations

import functools
import threading  # noqa: TID251 - several threads may hold clients of one cluster
import weakref
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, TypeVar

import msgspec

from minikafka.client.faces.face import Face
from minikafka.cluster.drivers import SimulatedLoop
from minikafka.cluster.witness import Witness
from minikafka.commands import Await, Call, CallbackRaised, Command, Drop, RunTo
from minikafka.commands.tape import End, Entry, Moment, Setup, Tape
from minikafka.commands.values import Unwritten, frozen
from minikafka.world import Traced, WallReached

T = TypeVar("T")

_COMMAND, _CALLBACK, _PREDICATE, _LISTENER = "command", "callback", "predicate", "listener"


class RaisedInCallback(RuntimeError):
    """Stands for the exception of a callback in a run that is played."""


class Recorder:
    """The tape of one cluster, from its start on."""

    def __init__(self, loop: SimulatedLoop) -> None:
        self._loop = loop
        self._entries: list[Entry] = []
        self._open: list[tuple[int, str, int]] = []
        """What is being done: (thread, kind, number of the callback), the innermost last."""
        self._callbacks = 0
        self.before_callback: Callable[[int], None] = lambda number: None
        """Called with its number: a tape that is played does then what the callback did."""
        self.between_rounds: Callable[[], None] = lambda: None
        """Called in a wait that is played, between two rounds: what a predicate did then is done now."""
        self.cant_be_played = ""
        self.playable = 0
        """If it can't be played: so many entries of its beginning can."""
        self.witness = Witness(loop.universe.trace)
        self.code: dict[tuple[int, str], Code] = {}
        """The callbacks, by the number of the entry that brought each along, and its place there."""
        self.clients: weakref.WeakValueDictionary[str, Any] = weakref.WeakValueDictionary()
        self.kept: dict[str, Any] = {}
        """The clients that a command has opened: nobody else holds them."""
        loop.waiting = lambda number, timeout_s: self.command(Await(number, timeout_s))
        loop.turns = _WatchedTurns(loop, self)

    # -- what is on it ---------------------------------------------------------------------------------------

    @property
    def moment(self) -> Moment:
        """This moment of the run."""
        return Moment(self._loop.loop.rounds, self._loop.loop.time())

    def tape(self, setup: Setup) -> Tape:
        """The tape up to now."""
        with self._loop.lock:
            end = End(self.moment, self._loop.universe.trace.count, self.witness.digest)
            return Tape(setup, tuple(self._entries), end, self.cant_be_played)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All."""
        return tuple(self._entries)

    @property
    def length(self) -> int:
        """So many entries."""
        return len(self._entries)

    @property
    def is_busy(self) -> bool:
        """Is something being done?"""
        return bool(self._open)

    # -- commands --------------------------------------------------------------------------------------------

    @contextmanager
    def command(self, command: Command) -> Iterator[int]:
        """While it is being done. Gives the number of its entry; -1: it is a part of another command."""
        thread = threading.get_ident()
        if self._is_part(thread):
            yield -1
            return
        # Nobody comes between the steps of a command, except where it gives way. Of two threads that both hold a
        # client, one may wait for the other by a lock of Python's own, so they don't wait for each other here.
        alone = isinstance(command, Call) and (self.cant_be_played or any(o[0] != thread for o in self._open))
        with nullcontext() if alone else self._loop.lock:
            number = self._write(command, thread)
            frame = (thread, _COMMAND, 0)
            self._open.append(frame)
            try:
                yield number
            except WallReached as wall:
                self._entries[number] = msgspec.structs.replace(self._entries[number], cut=self.moment)
                if isinstance(command, Call | Await):  # a record that came now would be given to nobody
                    for task in wall.tasks:
                        task.cancel()
                raise
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt) and self._is_between_rounds:
                    self._entries[number] = msgspec.structs.replace(self._entries[number], cut=self.moment)
                    raise
                self._entries[number] = msgspec.structs.replace(self._entries[number], raised=True)
                if not isinstance(error, Exception):
                    self._give_up(f"{type(error).__name__} interrupted {command.name}")
                raise
            finally:
                self._close(frame)

    def replace(self, number: int, command: Command) -> None:
        """What a command turned out to be, when it is done."""
        if number >= 0:
            self._entries[number] = msgspec.structs.replace(self._entries[number], command=command)

    def ran_to(self, at_s: float) -> AbstractContextManager[int]:
        """For time that runs by itself: one entry as long as nothing else is done."""
        last = self._entries[-1] if self._entries else None
        goes_on = last is not None and isinstance(last.command, RunTo) and not (last.is_inside or last.cut)
        if goes_on and not self._open:
            self.replace(len(self._entries) - 1, RunTo(at_s))
            return nullcontext(-1)
        return self.command(RunTo(at_s))

    def _is_part(self, thread: int) -> bool:
        mine = [kind for owner, kind, _ in self._open if owner == thread]
        return bool(mine) and mine[-1] == _COMMAND

    def _write(self, command: Command, thread: int) -> int:
        owner, kind, callback = self._open[-1] if self._open else (thread, "", 0)
        if kind in (_CALLBACK, _PREDICATE) and owner != thread:
            self._give_up(f"a thread did {command.name} while another was in a callback")
        if kind == _LISTENER or (kind != _PREDICATE and self._loop.loop.is_running()):
            self._give_up(f"{command.name} was done in the middle of a round, by who listens to events")
        if isinstance(command, Call) and self._open and owner != thread:
            self._give_up("two threads called clients at once")
        self._entries.append(Entry(self.moment, command, bool(self._open), callback))
        return len(self._entries) - 1

    def _close(self, frame: tuple[int, str, int]) -> None:
        if self._open[-1] is not frame:
            self._give_up("two threads called clients at once")
        self._open = [one for one in self._open if one is not frame]

    def gives_way(self) -> None:
        """The thread that drives lets another one have its turn."""
        if len({thread for thread, _, _ in self._open}) > 1:
            self._give_up("two threads drove the cluster in turns")

    @property
    def _is_between_rounds(self) -> bool:
        """Was the loop interrupted just now, before its next round?"""
        return self._loop.loop.interrupted_round == self._loop.loop.rounds

    def _give_up(self, why: str) -> None:
        if not self.cant_be_played:
            self.playable = max(0, len(self._entries) - 1)
            while self.playable and self._entries[self.playable].is_inside:
                self.playable -= 1
            self.cant_be_played = f"This run can't be repeated: {why}, at {self.moment.at_s:.6f} s."

    # -- code of others --------------------------------------------------------------------------------------

    def callback(self, function: Callable[..., Any], place: str) -> Callable[..., Any]:
        """The same, and what it does to the cluster is on the tape. `place`: of which argument of the last command."""
        if isinstance(function, Code):
            return function
        code = self.code[len(self._entries) - 1, place] = Code(self, function)
        return code

    def call_back(self, function: Callable[..., Any], args: Any, options: Any) -> Any:
        """This moment of the run."""
        self._callbacks = number = self._callbacks + 1
        with self._within(_CALLBACK, number), self._loop.lock.released():
            try:
                self.before_callback(number)
                return function(*args, **options)
            except Exception as error:
                played = isinstance(error, RaisedInCallback)
                with self.command(CallbackRaised(str(error) if played else type(error).__name__)):
                    pass
                raise

    def stand_in(self, place: str) -> Callable[[], Callable[..., Any]]:
        """Makes what stands for a callback whose code is not on the tape."""
        return lambda: self.callback(_do_nothing, place)

    def predicate(self, function: Callable[[], T]) -> Callable[[], T]:
        """The same; it is asked between two rounds."""

        def asked() -> T:
            with self._within(_PREDICATE, 0):
                return function()

        return asked

    def listener(self, function: Callable[[Traced], None]) -> Callable[[Traced], None]:
        """The same; it hears of an event in the middle of a round, when nothing can be done that could be repeated."""

        def hears(traced: Traced) -> None:
            with self._within(_LISTENER, 0):
                function(traced)

        return hears

    @contextmanager
    def _within(self, kind: str, number: int) -> Iterator[None]:
        frame = (threading.get_ident(), kind, number)
        self._open.append(frame)
        try:
            yield
        finally:
            self._open = [one for one in self._open if one is not frame]

    # -- clients ---------------------------------------------------------------------------------------------

    def client(self, kind: type[Face[Any]], name: str, config: Mapping[str, Any], **more: Any) -> Any:
        """A client whose calls are on the tape."""
        own = {key: self.callback(value, key) if _is_code(value) else value for key, value in config.items()}
        taped: Any = _taped(kind)  # type: ignore[arg-type]  # a class is hashable
        face = taped(own, **more)
        face._recorder, face._name = self, name
        self.hold(face)
        return face

    def hold(self, face: Any) -> None:
        """From now on it is one of ours; when nobody holds it any more, the tape hears of it."""
        # Set up after the client's own end, so it comes before that.
        face._drop = weakref.finalize(face, self._dropped, face._name)
        face._drop.atexit = False
        self.clients[face._name] = face

    def _dropped(self, name: str) -> None:
        if self._loop.loop.is_closed():
            return
        if self._loop.loop.is_running() or self._is_part(threading.get_ident()):
            self._give_up(f"{name} was dropped unclosed in the middle of something else")
            return
        with self.command(Drop(name)):
            pass

    def call(self, face: Any, method: str, function: Callable[..., T], args: Any, options: Any) -> T:
        """A client's method."""
        if self._is_part(threading.get_ident()):
            return function(face, *args, **options)
        command = Call(
            face._name, method, tuple(map(frozen, args)), {n: frozen(value) for n, value in options.items()}
        )
        for value in (*command.values, *command.options.values()):
            if isinstance(value, Unwritten):
                self._give_up(f"{method} was called with a {value.kind}, which no tape can hold")
        with self.command(command):
            own = [self.callback(v, str(n)) if _is_code(v) else v for n, v in enumerate(args)]
            named = {n: self.callback(v, n) if _is_code(v) else v for n, v in options.items()}
            return function(face, *own, **named)


_MADE_OF_OTHERS = ("produce_batch",)
"""Methods that only call others, with callbacks of their own for each."""


def _is_code(value: object) -> bool:
    return callable(value) and not isinstance(value, type)


def _do_nothing(*args: Any, **options: Any) -> None:
    """What a callback does whose code nobody has brought along."""


class Code:
    """A callback of somebody else's, or what stands for it."""

    __slots__ = ("_recorder", "function")

    def __init__(self, recorder: Recorder, function: Callable[..., Any]) -> None:
        self._recorder = recorder
        self.function = function

    def __call__(self, *args: Any, **options: Any) -> Any:
        return self._recorder.call_back(self.function, args, options)


class _WatchedTurns:
    """The loop's turns; the tape hears of them."""

    def __init__(self, loop: SimulatedLoop, recorder: Recorder) -> None:
        self._loop, self._recorder = loop, recorder

    @property
    def are_wanted(self) -> bool:
        return self._loop.lock.are_wanted

    def give_way(self) -> None:
        self._recorder.gives_way()
        self._loop.lock.give_way()


@functools.cache
def _taped(kind: Any) -> Any:
    """A client's class whose public methods are on a tape. A client of a live cluster knows nothing of this."""
    members = {
        name: _taped_method(name, getattr(kind, name))
        for name in dir(kind)
        if not name.startswith("_") and callable(getattr(kind, name)) and name not in _MADE_OF_OTHERS
    }
    return type(kind.__name__, (kind,), {**members, "__doc__": kind.__doc__, "__module__": kind.__module__})


def _taped_method(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def method(face: Any, *args: Any, **options: Any) -> Any:
        recorder = face.__dict__.get("_recorder")
        if recorder is None:  # it isn't made yet
            return function(face, *args, **options)
        try:
            return recorder.call(face, name, function, args, options)
        finally:
            if face._refusal is not None:  # a closed one is dropped without a trace
                face._drop.detach()

    return method
