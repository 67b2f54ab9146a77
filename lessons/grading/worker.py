"""The process in which an answer runs. Started as `python -s -S -B worker.py`; the standard library
and `wire.py` beside it, nothing else.

Rule: it holds nothing worth stealing. It gets the answer's source, calls the answer's functions when it is told
to, and sends back plain values. What is right is known only at the other end of the pipe.
"""

import json
import os
import sys

from wire import plain  # the file beside this one: nothing else of the package is there

MEMORY_BYTES = 1 << 30
CPU_S = 60
PRINT_CHARACTERS = 200_000
FORBIDDEN = (
    "subprocess.",
    "socket.",
    "ctypes.",
    "os.system",
    "os.exec",
    "os.fork",
    "os.posix_spawn",
    "os.spawn",
    "os.startfile",
    "os.kill",
    "os.remove",
    "os.rename",
    "os.rmdir",
    "os.mkdir",
    "os.chmod",
    "os.putenv",
    "os.link",
    "os.symlink",
    "os.truncate",
    "shutil.",
    "signal.",
    "pty.",
    "sys.setprofile",
    "sys.settrace",
    "urllib.",
    "webbrowser.",
    "winreg.",
)


class NotAllowed(Exception):
    """An answer tried what no exercise needs."""


class PrintedTooMuch(BaseException):
    """An answer prints without end. Not an `Exception`, so that a careless `except` does not keep it."""


class KafkaException(Exception):
    """What the clients raise."""


class Quiet:
    """Standard output of an answer: counts, and forgets."""

    encoding = "utf-8"

    def __init__(self):
        self.left = PRINT_CHARACTERS

    def write(self, text):
        self.left -= len(text)
        if self.left < 0:
            raise PrintedTooMuch
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return False


class KafkaError:
    """The error of a message."""

    def __init__(self, name, code, text):
        self._name, self._code, self._text = name, code, text

    _PARTITION_EOF = -191

    def name(self):
        return self._name

    def code(self):
        return self._code

    def str(self):
        return self._text

    def __str__(self):
        return self._text

    __repr__ = __str__


class Message:
    """What `Consumer.poll` returns, with the methods of the real one."""

    def __init__(self, fields):
        self._fields = fields
        error = fields["error"]
        self._error = None if error is None else KafkaError(*error)

    def topic(self):
        return self._fields["topic"]

    def partition(self):
        return self._fields["partition"]

    def offset(self):
        return self._fields["offset"]

    def key(self):
        return self._fields["key"]

    def value(self):
        return self._fields["value"]

    def headers(self):
        return None

    def timestamp(self):
        return (1, self._fields["timestamp"])

    def error(self):
        return self._error

    def __len__(self):
        return len(self._fields["value"] or b"")

    def __bool__(self):
        return True


class Pipe:
    """One line of JSON each way."""

    def __init__(self, reads, writes):
        self._reads, self._writes = reads, writes
        self._dumps, self._loads = json.dumps, json.loads

    def send(self, what):
        self._writes.write(self._dumps(what).encode() + b"\n")
        self._writes.flush()

    def receive(self):
        line = self._reads.readline()
        if not line:
            os._exit(0)
        return self._loads(line)


def encode(value, depth=0):
    """A value as JSON that keeps its type; what is not plain is only named."""
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return {"i": format(value, "x")} if value.bit_length() < 4096 else {"?": "a huge int"}
    if kind is float:
        return {"f": repr(value)}
    if kind in (bytes, bytearray):
        return {"b": bytes(value).hex()}
    if depth < 6:
        if kind in (list, tuple):
            return {"l" if kind is list else "t": [encode(item, depth + 1) for item in value]}
        if kind is dict:
            pairs = [[encode(k, depth + 1), encode(v, depth + 1)] for k, v in value.items()]
            return {"d": pairs}
    return {"?": str(getattr(kind, "__name__", "?"))}


def decode(value, pipe):
    """What the other end wrote: plain values, messages, remote objects."""

    def special(tag, what):
        if tag == "m":
            return Message({name: plain(field, special) for name, field in what.items()})
        return Remote(pipe, what)

    return plain(value, special)


class Remote:
    """A client that lives at the other end: each method is asked for there."""

    def __init__(self, pipe, name):
        self.__dict__["_pipe"], self.__dict__["_name"], self.__dict__["_callbacks"] = pipe, name, {}

    def __getattr__(self, method):
        if method.startswith("_"):
            raise AttributeError(method)

        def call(*args, **kwargs):
            return self._ask(method, args, kwargs)

        call.__name__ = method
        return call

    def __len__(self):
        return self._ask("len", (), {})

    def __bool__(self):
        return True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._ask("flush" if self._name == "producer" else "close", (), {})

    def _ask(self, method, args, kwargs):
        kwargs = dict(kwargs)
        for name in ("on_delivery", "callback"):
            callback = kwargs.pop(name, None)
            if callback is not None:
                token = len(self._callbacks)
                self._callbacks[token] = callback
                kwargs["token"] = token
        self._pipe.send(
            {
                "ask": self._name,
                "method": method,
                "args": [encode(a) for a in args],
                "kwargs": {name: encode(v) for name, v in kwargs.items()},
            }
        )
        answer = self._pipe.receive()
        for token, error, message in answer.get("deliveries", ()):
            callback = self._callbacks.get(token)
            if callback is not None:
                callback(error and KafkaError(*error), decode(message, self._pipe))
        if "raise" in answer:
            kind = {"BufferError": BufferError, "TypeError": TypeError, "ValueError": ValueError}.get(
                answer["raise"], KafkaException
            )
            raise kind(answer["text"])
        return decode(answer["result"], self._pipe)


def limit():
    """Memory, processor time, no files. POSIX only; elsewhere the other end's clock has to do."""
    try:
        import resource
    except ImportError:
        return
    for name, value in (
        ("RLIMIT_AS", MEMORY_BYTES),
        ("RLIMIT_CPU", CPU_S),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CORE", 0),
    ):
        try:
            resource.setrlimit(getattr(resource, name), (value, value))
        except (ValueError, OSError, AttributeError):
            pass


def limiter():
    """A function that allows so many more seconds of processor time. Beyond them the system ends the process."""
    try:
        import resource
        import time
    except ImportError:
        return lambda seconds: None
    get, put, which, used = resource.getrlimit, resource.setrlimit, resource.RLIMIT_CPU, time.process_time

    def allow(seconds):
        put(which, (min(int(used() + seconds) + 1, CPU_S), get(which)[1]))

    return allow


def guard():
    """From here on: no files but the standard library's, no network, no processes."""
    library = os.path.realpath(os.path.dirname(os.__file__)) + os.sep
    realpath = os.path.realpath

    def hook(event, args):
        if event == "open":
            path, mode = args[0], args[1]
            if isinstance(path, int):
                return
            name = realpath(os.fsdecode(path))
            inside = name.startswith(library) and "site-packages" not in name and "dist-packages" not in name
            writes = isinstance(mode, str) and any(letter in mode for letter in "wax+")
            if not inside or writes:
                raise NotAllowed("an answer may not open files")
        elif event.startswith(FORBIDDEN):
            raise NotAllowed(f"an answer may not use {event}")

    sys.addaudithook(hook)


def describe(error):
    """An exception as plain data: kind, text, line of the answer."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<answer>":
            line = trace.tb_lineno
        trace = trace.tb_next
    if isinstance(error, SyntaxError):
        line = error.lineno
    try:
        text = str(error)[:300]
    except BaseException:
        text = ""
    return {"raised": str(type(error).__name__)[:80], "text": text, "line": line}


def load(before, source, names):
    """Run the helpers and the source; say what they define."""
    space = {"__name__": "answer", "__builtins__": __builtins__}
    exec(compile(before, "<helpers>", "exec"), space)
    exec(compile(source, "<answer>", "exec"), space)
    found = {}
    for name in names:
        value = space.get(name)
        if value is None:
            found[name] = "missing"
        elif not callable(value):
            found[name] = "value"
        else:
            found[name] = "function"
    return space, found


def stand_in(name):
    """A module that an answer may import although it is not there: the real names, nothing behind them."""
    module = type(sys)(name)
    module.KafkaException, module.KafkaError, module.Message = KafkaException, KafkaError, Message
    module.__path__ = []
    return module


def main():
    """Serve the other end until it hangs up."""
    reads = os.fdopen(os.dup(0), "rb")
    writes = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    sys.stdout = sys.stderr = Quiet()
    sys.stdin = None
    sys.path[:] = [p for p in sys.path if "site-packages" not in p and "dist-packages" not in p]
    sys.modules["minikafka"] = stand_in("minikafka")
    sys.modules["confluent_kafka"] = stand_in("confluent_kafka")
    limit()
    pipe = Pipe(reads, writes)
    exit_now, send, receive, encoded, described = os._exit, pipe.send, pipe.receive, encode, describe
    allow = limiter()
    guard()
    space = {}
    while True:
        order = receive()
        allow(order["cpu_s"])
        try:
            if "load" in order:
                space, found = load(order["before"], order["load"], order["names"])
                send({"loaded": found})
                continue
            if "value" in order:
                send({"ok": encoded(space.get(order["value"]))})
                continue
            function = space[order["call"]]
            results = []
            for args in order["each"]:
                try:
                    results.append(encoded(function(*[decode(a, pipe) for a in args])))
                except Exception as error:
                    results.append({"!": described(error)})
            send({"ok": {"l": results}})
        except MemoryError:
            send({"raised": "MemoryError", "text": "", "line": None})
        except BaseException as error:
            try:
                send(described(error))
            except BaseException:
                exit_now(3)


if __name__ == "__main__":
    main()
