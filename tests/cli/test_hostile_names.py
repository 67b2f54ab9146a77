"""A hundred hostile names on the command line, in files that are dumped, in reports: a line stays a line."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hostile_names import NAMES, SPOKEN, unsafe
from rich.console import Console
from typer.testing import CliRunner

from minikafka.adopt.command import Wishes, show
from minikafka.adopt.report import Left, Report
from minikafka.cli import app
from minikafka.cluster import Cluster
from minikafka.coordinator.records import OffsetCommitValue, encode_record, offset_record
from minikafka.dump.command import Dump, PipeConsole, Wanted
from minikafka.log.checkpoints import format_checkpoint
from minikafka.records.batch import NewRecord, build_batch
from minikafka.terminal import say
from minikafka.world.visible import visible

TIME_MS = 1_700_000_000_000


def as_bytes(name: str) -> bytes:
    """What a client in another language may send: any bytes."""
    try:
        return name.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogatepass")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Records, commits and properties in which everything is called so; in a directory of such a name."""
    folder = tmp_path_factory.mktemp("hostile") / "\x1b[2J[/]\n<b>"
    raw = [as_bytes(name) for name in NAMES]
    text = [data.decode("utf-8", "replace") for data in raw]
    records = [NewRecord(TIME_MS, data, data, ((name, data),)) for data, name in zip(raw, text, strict=True)]
    commits = [
        encode_record(
            offset_record(name[:999], name[:999], 0, OffsetCommitValue(offset=1, metadata=name[:999]))
        )
        for name in text
    ]
    for topic, batch in (
        ("orders-0", build_batch(records, leader_epoch=0)),
        ("__consumer_offsets-1", build_batch([NewRecord(TIME_MS, k, v) for k, v in commits], leader_epoch=0)),
    ):
        (folder / topic).mkdir(parents=True)
        (folder / topic / f"{0:020}.log").write_bytes(batch)
    lines = [f"{name}={name}" for name in text if "\n" not in name and len(name) < 1000]
    (folder / "meta.properties").write_text("\n".join(["version=1", *lines]), encoding="utf-8")
    topics = [f"{name} 0 2" for name in ("[/", "\x1b[31m", "\u202ex", "한국어")]
    (folder / "recovery-point-offset-checkpoint").write_bytes(format_checkpoint(topics))
    return folder


@pytest.mark.parametrize(
    "wanted",
    [Wanted(deep=True), Wanted(data=True), Wanted(hex=True), Wanted(verify=True)],
    ids=["deep", "data", "hex", "verify"],
)
@pytest.mark.parametrize("colours", [None, "truecolor"])
def test_a_dump_obeys_nothing(
    data: Path, wanted: Wanted, colours: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with (tmp_path / "out").open("w", encoding="utf-8") as out:
        console = PipeConsole(
            file=out, highlight=False, force_terminal=bool(colours), color_system=colours, width=100
        )
        Dump(wanted, console).run([data])
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert not unsafe(re.sub(r"\x1b\[[0-9;]*m", "", text) if colours else text)
    assert not unsafe(capsys.readouterr().err)
    if wanted.data and not colours:
        for name in NAMES:
            shown, in_hex = visible(name)[:20], as_bytes(name).hex()[:20]
            assert shown in text or in_hex in text or not name.isprintable(), ascii(name[:20])
        assert all(f'"{name}"' in text for name in SPOKEN)


def test_a_dump_as_json_is_ascii_and_has_it_all(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Dump(Wanted(data=True, json=True)).run([data])
    out = capsys.readouterr().out
    assert out.isascii() and not unsafe(out)
    found = [json.loads(line) for line in out.splitlines()]
    values = {one.get("value") for one in found if one["kind"] == "record"}
    assert {name for name in NAMES if name.isprintable()} <= values
    assert "bad\x1b]2;TITLE\x07 line\nbreak" in values


def test_what_the_command_says_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    for name in NAMES:
        say(f"The topic {name} is gone.")
        err = capsys.readouterr().err
        assert err.count("\n") == 1 and not unsafe(err), ascii(name[:20])


ASKED = {
    "dump-log": lambda name: ["dump-log", name],
    "tui --cluster": lambda name: ["tui", "--once", "--cluster", name],
    "tui --bootstrap-server": lambda name: ["tui", "--once", "--bootstrap-server", name],
    "adopt": lambda name: ["adopt", name, "--data", name],
    "no such option": lambda name: ["tui", f"--{name}x"],
    "no such command": lambda name: [f"x{name}"],
    "bench --against": lambda name: ["bench", "--against", name],
    "bench storage": lambda name: ["bench", "storage", "--size", f"{name}x"],
}


@pytest.mark.parametrize("what", ASKED)
def test_arguments_are_quoted_and_never_obeyed(
    what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINIKAFKA_STATE_DIR", str(tmp_path))
    for name in NAMES[list(ASKED).index(what) % 4 :: 4]:
        if "\0" in name or name in (".", "/", "--help", "../../etc/passwd") or name.strip() == "":
            continue  # no argument, or one that means something
        result = CliRunner().invoke(app, ASKED[what](name))
        assert result.exit_code in (1, 2), (ascii(name[:20]), result.exit_code, result.exception)
        assert isinstance(result.exception, SystemExit), ascii(name[:20])
        assert not unsafe(result.output), (ascii(name[:20]), result.output)


def test_an_adoption_is_told_in_lines(tmp_path: Path) -> None:
    report = Report(NAMES[0], list(NAMES), left=[Left(name, name) for name in NAMES], notes=list(NAMES))
    with (tmp_path / "out").open("w", encoding="utf-8") as out:
        show(Console(file=out, highlight=False), report, Path(NAMES[0]), Wishes((), False))
    text = (tmp_path / "out").read_text(encoding="utf-8")
    assert not unsafe(text)
    assert text.count("\n") == 3 + 2 * len(NAMES)


def test_a_cluster_has_a_name_that_can_be_written() -> None:
    with pytest.raises(ValueError, match=r"x\\xff is not UTF-8"):
        Cluster(world="simulated", name="x\udcff")
