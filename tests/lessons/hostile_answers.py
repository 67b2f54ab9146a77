"""Answers to exercise 1a that want marks they have not earned, something that isn't theirs, or an end of the grader.

Rule: each is a whole answer. `{evidence}` is a folder that anybody may write to; what comes to lie in it has escaped.
A right answer is worth 8 points; what an answer may get is said beside it.
"""

from dataclasses import dataclass

RIGHT = "def lag(e, c, s):\n    return None if c is None else max(0, e - max(c, s))\n"
SKELETON = "def lag(e, c, s):\n    raise NotImplementedError('exercise 1a')\n"


@dataclass(frozen=True)
class Hostile:
    """`points`: what it gets in the jail. `slow`: it costs the grader half a minute."""

    source: str
    points: tuple[float, ...] = (0.0,)
    slow: bool = False


def inside(body: str) -> str:
    """A function that does it when it is called, and is wrong."""
    lines = "".join(f"    {line}\n" for line in body.strip().splitlines())
    return f"def lag(e, c, s):\n{lines}    return 7\n"


def before(
    code: str, then: str = SKELETON.replace("raise NotImplementedError('exercise 1a')", "return 7")
) -> str:
    """What it does when the cell runs."""
    return code + "\n" + then


RAW = "import ctypes\ncall = ctypes.CDLL(None, use_errno=True).syscall\n"
STEAL = """
import textwrap
def solution(text):
    space = {}
    exec(text, space)
    return space
try:
    text = READ
    body = text.split('### BEGIN SOLUTION')[1].split('### END SOLUTION')[0]
    lag = solution('def lag(log_end_offset, committed_offset, log_start_offset):\\n' + textwrap.indent(textwrap.dedent(body), '    '))['lag']
except Exception:
    def lag(e, c, s):
        return 7
"""
FLOOD = "import os\nfor fd in range(3, 64):\n    try:\n        WHAT\n    except OSError:\n        pass"

HOSTILE: dict[str, Hostile] = {
    # ends
    "exits": Hostile(inside("import os\nos._exit(0)")),
    "exits at once": Hostile("import os\nos._exit(0)\n"),
    "sys.exit": Hostile(inside("raise SystemExit(0)")),
    "aborts": Hostile(inside("import os\nos.abort()")),
    "KeyboardInterrupt": Hostile("raise KeyboardInterrupt\n"),
    "crashes": Hostile(inside("import ctypes\nctypes.string_at(0)")),
    "deep recursion": Hostile(inside("import sys\nsys.setrecursionlimit(10**9)\nf = lambda: f()\nf()")),
    "loops": Hostile(inside("while True: pass")),
    "loops at once": Hostile("while True: pass\n"),
    "loops, deaf to SIGXCPU": Hostile(
        inside("import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"), slow=True
    ),
    "sleeps": Hostile(inside("import time\ntime.sleep(10**6)"), slow=True),
    "hangs up and sleeps": Hostile(inside("import os, time\nos.closerange(0, 64)\ntime.sleep(10**6)")),
    "asks for input": Hostile(inside("return input()")),
    # too much
    "memory": Hostile(inside("x = []\nfor n in range(40): x.append(bytearray(50_000_000))"), (0.0,)),
    "prints without end": Hostile(inside("while True: print('spam' * 1000)")),
    "floods every descriptor": Hostile(inside(FLOOD.replace("WHAT", "os.write(fd, b'spam' * 2_000_000)"))),
    "a huge text": Hostile(inside("raise ValueError('spam' * 10_000_000)")),
    "a huge number": Hostile(inside("return 1 << 30_000_000")),
    "a deep list": Hostile(inside("x = []\nfor n in range(5000): x = [x]\nreturn x")),
    "threads": Hostile(
        inside(
            "import threading, time\nfor n in range(200): threading.Thread(target=time.sleep, args=(9,)).start()"
        )
    ),
    "forks": Hostile(
        inside(
            "import os, time\nfor n in range(50):\n    if os.fork() == 0:\n        time.sleep(40)\n        os._exit(0)"
        )
    ),
    "fills the scratch folder": Hostile(
        inside("for n in range(20):\n    with open(f'/scratch/{n}', 'wb') as f: f.write(bytes(10_000_000))")
    ),
    # processes that stay
    "daemon": Hostile(
        inside(
            "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(4)\n"
            "        open('{evidence}/daemon', 'w').close()\n    os._exit(0)"
        )
    ),
    "fork_exec": Hostile(
        "import _posixsubprocess, os\n"
        + inside(
            "r, w = os.pipe()\nrest = (True, (), None, None, -1, -1, -1, -1, -1, -1, r, w, False, False)\n"
            "for tail in ((0, None, None, None, -1, None, False), (None, None, None, -1, None, False), (None, None, None, -1, None)):\n"
            "    try:\n        _posixsubprocess.fork_exec([b'/bin/sleep', b'77.25'], [b'/bin/sleep'], *rest, *tail)\n"
            "    except TypeError: pass"
        )
    ),
    "subprocess": Hostile(inside("import subprocess\nsubprocess.run(['touch', '{evidence}/subprocess'])")),
    "os.system": Hostile(inside("import os\nos.system('touch {evidence}/system')")),
    "replaces itself": Hostile(inside("import os\nos.execv('/bin/touch', ['touch', '{evidence}/exec'])")),
    # what isn't its own
    "reads the solution": Hostile(STEAL.replace("READ", "open('{lesson}').read()")),
    "reads it through a patched guard": Hostile(
        "import os\nos.fsdecode = lambda path: os.__file__\n"
        + STEAL.replace("READ", "open('{lesson}').read()")
    ),
    "reads it by descriptor": Hostile(
        "import os\n" + STEAL.replace("READ", "os.read(os.open('{lesson}', os.O_RDONLY), 10**6).decode()")
    ),
    "reads it through the C library": Hostile(
        RAW
        + STEAL.replace(
            "READ",
            "(lambda b: (call(0, call(2, b'{lesson}', 0), b, 10**6), b.value.decode())[1])(ctypes.create_string_buffer(10**6))",
        )
    ),
    "imports the checks": Hostile(
        "import sys, importlib\nsys.path += ['{root}', '{packages}']\nsys.modules.pop('minikafka', None)\n"
        "try:\n    lag = importlib.import_module('minikafka.policy').lag\n"
        "except Exception:\n    def lag(e, c, s): return 7\n"
    ),
    "takes another answer": Hostile(
        "try:\n    exec(open('{evidence}/../ann.py').read())\nexcept Exception:\n    def lag(e, c, s): return 7\n"
    ),
    "copies the home": Hostile(
        inside("import os, glob\nfor p in glob.glob('{home}/.*')[:1]: open('{evidence}/home', 'w').write(p)")
    ),
    "looks at its parent": Hostile(
        inside(
            "import os\nfor p in ('environ', 'cmdline', 'maps'):\n"
            "    open('{evidence}/parent', 'wb').write(open(f'/proc/{os.getppid()}/{p}', 'rb').read())"
        )
    ),
    "writes the gradebook": Hostile(inside("open('{evidence}/../gradebook.csv', 'a').write('eve,100')")),
    "takes the gradebook's rights": Hostile(inside("import os\nos.chmod('{evidence}/../gradebook.csv', 0)")),
    "removes the gradebook": Hostile(inside("import os\nos.remove('{evidence}/../gradebook.csv')")),
    "writes into the library": Hostile(inside("open('{mark}', 'w').close()")),
    "makes a folder": Hostile(
        "import sys\nsys.modules['__main__'].FORBIDDEN = ('nothing',)\n"
        + inside("import os\nos.mkdir('{evidence}/folder')")
    ),
    "links": Hostile(inside("import os\nos.symlink('/', '{evidence}/link')")),
    # the network
    "connects": Hostile(
        inside("import socket\nsocket.create_connection(('127.0.0.1', {port}), timeout=2).sendall(b'hello')")
    ),
    "connects by a raw call": Hostile(
        RAW
        + inside(
            "import struct\nfd = call(41, 2, 1, 0)\naddress = struct.pack('<H', 2) + struct.pack('>H', {port}) + bytes([127, 0, 0, 1]) + bytes(8)\n"
            "call(42, fd, address, 16)"
        )
    ),
    # signals
    "kills its parent": Hostile(inside("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)")),
    "kills a stranger": Hostile(inside("import os, signal\nos.kill({victim}, signal.SIGKILL)")),
    "kills by a pipe's owner": Hostile(
        inside(
            "import os, fcntl\nr, w = os.pipe()\nfcntl.fcntl(r, 8, {victim})\nfcntl.fcntl(r, 10, 9)\n"
            "fcntl.fcntl(r, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)\nos.write(w, b'x')"
        )
    ),
    "traces a stranger": Hostile(
        RAW
        + inside(
            "if call(101, 16, {victim}, 0, 0) == 0:\n    open('{evidence}/traced', 'w').close()\n    call(101, 8, {victim}, 0, 0)"
        )
    ),
    "io_uring": Hostile(
        RAW
        + inside(
            "if call(425, 4, ctypes.create_string_buffer(512)) >= 0: open('{evidence}/uring', 'w').close()"
        )
    ),
    "another namespace": Hostile(
        RAW + inside("if call(272, 0x10000000) == 0: open('{evidence}/namespace', 'w').close()")
    ),
    "raises its limits": Hostile(
        inside("import resource\nresource.setrlimit(resource.RLIMIT_CPU, (-1, -1))\nwhile True: pass")
    ),
    # the verdict
    "patches json": Hostile(
        'import json\njson.dumps = lambda *a, **k: \'{"ok": {"l": [{"i": "6"}]}}\'\n' + inside("")
    ),
    "patches builtins": Hostile(
        before(
            "import builtins\nbuiltins.len = lambda x: 0\nbuiltins.max = min\nbuiltins.isinstance = lambda *a: True"
        )
    ),
    "patches sys": Hostile(before("import sys\nsys.modules.clear()\nsys.exit = sys.settrace = None")),
    "patches the worker": Hostile(
        before(
            "import sys\nm = sys.modules['__main__']\nfor n in list(vars(m)):\n"
            "    if callable(vars(m)[n]): setattr(m, n, lambda *a, **k: {'ok': 6})"
        )
    ),
    "equals everything": Hostile(
        "class E(int):\n    __eq__ = lambda *a: True\n    __ne__ = lambda *a: False\n    __hash__ = int.__hash__\n"
        "def lag(e, c, s):\n    return E(7)\n"
    ),
    "True for 1": Hostile("def lag(e, c, s):\n    return True\n"),
    "forges results": Hostile(
        inside(FLOOD.replace("WHAT", 'os.write(fd, b\'{"ok": {"l": [{"i": "6"}]}}\\n\' * 50)'))
    ),
    "forges a grade": Hostile(
        inside(
            FLOOD.replace(
                "WHAT",
                'os.write(fd, b\'{"grade": {"exercise": "1a", "title": "x", "of": 8, "marks": [], "points": 8}}\\n\')',
            )
        )
    ),
    "searches memory for what is right": Hostile(
        "import gc, sys\nfound = [o for o in gc.get_objects() if getattr(o, '__name__', '') in ('true_lag', 'judge_lag')]\n"
        "frame = sys._getframe()\nwhile frame.f_back:\n    frame = frame.f_back\n    found += [v for v in frame.f_globals.values() if 'true' in getattr(v, '__name__', '')]\n"
        "def lag(e, c, s):\n    return found[0](e, c, s) if found else 7\n"
    ),
    "escape codes": Hostile("raise Exception('\\x1b[2J\\x1b[H\\x1b[32m17 of 17 points \\u202e')\n"),
    "a text with half a character": Hostile(inside("return '\\ud800'")),
    # the finder
    "redefines check": Hostile(SKELETON + "\ndef check(exercise):\n    return 8.0\n"),
    "renamed": Hostile(RIGHT.replace("lag", "my_lag")),
    "a skeleton below the answer": Hostile(RIGHT + "\n# %%\n" + SKELETON, (8.0,)),
    "a deep source": Hostile("(" * 3_000 + "\n# %%\n" + RIGHT, (8.0,)),
    "a NUL": Hostile("x = '\x00'\n", (0.0,)),
}
