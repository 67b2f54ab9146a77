"""How a synchronous face reaches its asynchronous core: the `Driver`.

Rule: this is the only file of the clients that knows threads. In the live world a daemon thread runs the
loop and callers wait for it; in a simulated world the caller itself advances the virtual time until its answer
is there. Kafka's Java clients have the same seam: the application's thread and the `Sender`/`ConsumerNetworkThread`.
"""

from __future__ import annotations

import asyncio
import atexit
import concurrent.futures
import inspect
import os
import threading  # noqa: TID251  the live driver owns a thread, and only here does anybody drive a loop
import weakref
from collections.abc import Callable, Coroutine
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from minikafka.client.faces.futures import DrivenFuture, Future
from minikafka.client.faces.turns import Turns
from minikafka.world.sim_loop import WallReached

if TYPE_CHECKING:
    from minikafka.world import LiveUniverse, SimulatedUniverse, World

T = TypeVar("T")
AFTER_FORK = "This was made before a fork and belongs to the parent process; make a new one in the child."


class Forkable(Protocol):
    """Something that a child of a fork must not continue with."""

    def _forked(self) -> None:
        """Called in the child."""
        ...


_forkables: weakref.WeakSet[Any] = weakref.WeakSet()


def after_fork(one: Forkable) -> None:
    """Has `one._forked()` called in a child process."""
    _forkables.add(one)


def _in_child() -> None:
    LiveDriver.forget_shared()
    for one in list(_forkables):
        one._forked()
    _forkables.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


class Driver(Protocol):
    """What a face needs: run something to its end, start something, know the time, say something to the loop."""

    def run(self, coro: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Runs `coro` on the loop and waits. Raises what it raises, or TimeoutError."""
        ...

    def submit(self, coro: Coroutine[Any, Any, T]) -> Future[T]:
        """Starts `coro`; the future's `result()` waits, advancing virtual time where time is virtual."""
        ...

    def post(self, callback: Callable[..., object], *args: Any) -> None:
        """Has `callback` called on the loop; never waits."""
        ...

    def now(self) -> float:
        """The loop's time in seconds."""
        ...


class _Outcome:
    """What a coroutine ended with, carried past `World.spawn`, which would take an exception for a crash."""

    __slots__ = ("error", "value")

    def __init__(self) -> None:
        self.value: Any = None
        self.error: BaseException | None = None


async def _capture(coro: Coroutine[Any, Any, Any], outcome: _Outcome) -> None:
    try:
        outcome.value = await coro
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        outcome.error = error


async def on_host(world: World, coro: Coroutine[Any, Any, T]) -> T:
    """Runs `coro` as a task of this host, so that its connections are this host's."""
    outcome = _Outcome()
    await world.spawn(_capture(coro, outcome), name="client-call", inner=coro)
    if outcome.error is not None:
        raise outcome.error
    result: T = outcome.value
    return result


class LiveDriver:
    """A loop in a daemon thread. `shared()` gives one per process, which ends with its last user."""

    _shared: LiveDriver | None = None
    _shared_lock = threading.RLock()  # reentrant: the garbage collector may release inside shared()

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None, name: str = "minikafka-client") -> None:
        from minikafka.world import new_live_loop

        self._owns_thread = loop is None
        self.loop = loop if loop is not None else new_live_loop()
        self._users = 0
        self._refusal: str | None = None
        self._lock = threading.Lock()
        self._unfinished: dict[Future[Any], None] = {}  # what callers wait for
        self._universe: LiveUniverse | None = None
        self._clients = 0
        self._thread: threading.Thread | None = None
        after_fork(self)
        if self._owns_thread:
            self._thread = threading.Thread(target=self._run_loop, name=name, daemon=True)
            self._thread.start()
            atexit.register(self.close)

    @classmethod
    def shared(cls) -> LiveDriver:
        """The process's driver; every call must be paired with one of `release()`."""
        with cls._shared_lock:
            driver = cls._shared
            if driver is None or driver._refusal is not None or driver.loop.is_closed():
                driver = cls._shared = cls()
            driver._users += 1
            return driver

    @classmethod
    def forget_shared(cls) -> None:
        """In a child process: the parent's driver is of no use, and its lock may be held by nobody."""
        cls._shared_lock = threading.RLock()
        cls._shared = None

    def _forked(self) -> None:
        """In a child process: there is no thread, and the loop is the parent's."""
        self._refusal = AFTER_FORK
        atexit.unregister(self.close)

    def release(self) -> None:
        """One user less; the thread ends with the last."""
        with self._shared_lock:
            self._users -= 1
            if self._users > 0:
                return
            if LiveDriver._shared is self:
                LiveDriver._shared = None
        self.close()

    def world(self) -> World:
        """A fresh host for one more client."""
        from minikafka.world import LiveUniverse

        if self._universe is None:
            self._universe = LiveUniverse()
        self._clients += 1
        return self._universe.guest(f"client-{self._clients}")

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_forever()
        finally:
            with self._lock:
                self._refusal = self._refusal or "The client's event loop has ended."
            pending = asyncio.all_tasks(self.loop)
            for task in sorted(pending, key=lambda task: task.get_name()):
                task.cancel()
            if pending:
                self.loop.run_until_complete(asyncio.gather(*pending, return_exceptions=True))
            for future in list(self._unfinished):  # started too late to be a task
                future.cancel()
            self.loop.close()

    async def _wind_down(self) -> None:
        for _ in range(5):  # what was started just before gets a chance to close its connections
            await asyncio.sleep(0)
        self.loop.stop()

    def run(self, coro: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Runs `coro` in the loop's thread and waits for it. Raises TimeoutError, or RuntimeError where it can't."""
        future = self.submit(coro)
        try:
            return future.result(timeout_s)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise
        except concurrent.futures.CancelledError:
            if threading.current_thread().daemon and not threading.main_thread().is_alive():
                threading.Event().wait()  # it ends with the interpreter, without a word
            raise RuntimeError("The client was closed while this call waited.") from None
        except BaseException:
            future.cancel()  # KeyboardInterrupt: the work must not continue behind the user's back
            raise

    def submit(self, coro: Coroutine[Any, Any, T]) -> Future[T]:
        """Starts `coro` in the loop's thread."""
        refusal = self._refusal
        if refusal is None and threading.current_thread() is self._thread:
            refusal = "A blocking call was made from inside the client's own event loop."
        if refusal is not None:
            coro.close()
            raise RuntimeError(refusal)
        with self._lock:
            if self._refusal is not None:
                coro.close()
                raise RuntimeError(self._refusal)
            future = asyncio.run_coroutine_threadsafe(coro, self.loop)
            self._unfinished[future] = None
        future.add_done_callback(self._finished)
        return future

    def _finished(self, future: Future[Any]) -> None:
        self._unfinished.pop(future, None)

    def post(self, callback: Callable[..., object], *args: Any) -> None:
        """Has `callback` called on the loop; never waits. Raises RuntimeError where there is no loop any more."""
        if self._refusal is not None:
            raise RuntimeError(self._refusal)
        self.loop.call_soon_threadsafe(callback, *args)

    def now(self) -> float:
        """The loop's time in seconds."""
        return self.loop.time()

    def close(self) -> None:
        """Ends the thread. Harmless when repeated, and after a fork."""
        if not self._owns_thread:
            return
        atexit.unregister(self.close)
        thread, self._thread = self._thread, None
        if self._refusal is not None or thread is None or not thread.is_alive():
            return
        asyncio.run_coroutine_threadsafe(self._wind_down(), self.loop)
        if thread is not threading.current_thread():
            thread.join(timeout=5)
        if self._universe is not None:
            self._universe.close()
            self._universe = None


class Gives(Protocol):
    """How several threads share a universe (`world.simulated.Turns`)."""

    @property
    def are_wanted(self) -> bool:
        """Does another thread wait?"""
        ...

    def give_way(self) -> None:
        """Let it, and come back."""
        ...


def _not_told(number: int, timeout_s: float | None) -> AbstractContextManager[object]:
    return nullcontext()


class SimulatedDriver:
    """Advances a simulated universe from the caller's own thread, and only while it is asked to.

    Several threads may ask: one drives, and gives way to the others between two rounds of the loop.
    """

    def __init__(self, universe: SimulatedUniverse) -> None:
        self.universe = universe
        self.loop = universe.loop
        self.lock = Turns()
        self.turns: Gives = self.lock
        """How a thread that drives gives way: a tape that is played has its own."""
        self.refusal = ""
        """Why nobody waits for an answer here any more; empty: one may."""
        self.submitted = 0
        self.futures: dict[int, Future[Any]] | None = None
        """By number, all that were submitted; None: nobody will ask for them."""
        self.waiting: Callable[[int, float | None], AbstractContextManager[object]] = _not_told
        """Entered with the future's number by who waits for one."""

    def run(self, coro: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Runs the universe until `coro` has ended. Raises TimeoutError after that much virtual time."""

        async def bounded() -> T:
            async with asyncio.timeout(timeout_s):
                return await coro

        with self.lock:
            result: T = self.universe.run(bounded(), turns=self.turns)
        return result

    def submit(self, coro: Coroutine[Any, Any, T]) -> Future[T]:
        """Schedules `coro`; it moves when time does."""
        with self.lock:
            task = self.loop.create_task(coro)
        self.submitted = number = self.submitted + 1

        def drive(timeout_s: float | None) -> None:
            async def wait() -> None:
                await asyncio.wait((task,), timeout=timeout_s)

            if self.refusal:
                raise RuntimeError(self.refusal)
            with self.waiting(number, timeout_s):
                self.run(wait())

        future: DrivenFuture[T] = DrivenFuture(drive)
        if self.futures is not None:
            self.futures[number] = future

        def finished(task: asyncio.Task[T]) -> None:
            error = asyncio.CancelledError() if task.cancelled() else task.exception()
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(task.result())

        task.add_done_callback(finished)
        return future

    def post(self, callback: Callable[..., object], *args: Any) -> None:
        """Has `callback` called on the loop when it next runs."""
        self.loop.call_soon_threadsafe(callback, *args)

    def now(self) -> float:
        """Virtual seconds."""
        return float(self.loop.time())

    def close(self) -> None:
        """Nothing to end: the universe belongs to its cluster."""


class Attachment:
    """A face's hold on a driver and a host. Without a driver it takes part in the process's live one."""

    def __init__(self, driver: Driver | None, world: World | None) -> None:
        from minikafka.world import SimLoop

        self._shared: LiveDriver | None = None
        if driver is None:
            driver = self._shared = LiveDriver.shared()
        self.driver = driver
        if world is None:
            if not isinstance(driver, LiveDriver):
                raise TypeError("a driver of its own needs a world beside it")
            world = driver.world()
        self.world = world
        try:
            self.loop: asyncio.AbstractEventLoop = driver.run(_running_loop())
        except BaseException:  # KeyboardInterrupt
            self.release()
            raise
        self.is_virtual = isinstance(self.loop, SimLoop)
        """Does time stand still unless somebody drives it? Then even poll(0) has to."""

    def run(self, coro: Coroutine[Any, Any, T], timeout_s: float | None = None) -> T:
        """Runs `coro` as this host and waits."""
        try:
            return self.driver.run(on_host(self.world, coro), timeout_s)
        except WallReached:
            if inspect.getcoroutinestate(coro) == inspect.CORO_CREATED:
                coro.close()
            raise

    def submit(self, coro: Coroutine[Any, Any, T]) -> Future[T]:
        """Starts `coro` as this host."""
        return self.driver.submit(on_host(self.world, coro))

    def now(self) -> float:
        """The loop's time in seconds."""
        return self.driver.now()

    def post(self, callback: Callable[..., object], *args: Any) -> None:
        """Has `callback` called on the loop; never waits."""
        self.driver.post(callback, *args)

    def release(self) -> None:
        """Lets go of the driver; the process's live one ends with its last user."""
        shared, self._shared = self._shared, None
        if shared is not None:
            shared.release()

    def abandon(self, close: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """For a face that was dropped without being closed: closes its core without waiting for it."""

        async def closing() -> None:
            await close()

        coro = closing()
        try:
            self.driver.submit(coro)
        except RuntimeError:
            coro.close()
        self.release()


async def _running_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()
