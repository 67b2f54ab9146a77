"""Exercise 4c: an lz4 frame that one client can't read: which one, what is wrong in it, and a function that mends it.

Rule: a mended frame is read by a client and taken by a broker, or it isn't mended; nothing is compared with a solution.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from minikafka.records.lz4_descriptor import with_broken_checksum, with_right_checksum
from minikafka_lessons.course import Exercise
from minikafka_lessons.grading.marks import Sheet
from minikafka_lessons.grading.sandbox import Code, Raised, Sandbox
from minikafka_lessons.grading.words import returned
from minikafka_lessons.language import say, sentence
from minikafka_lessons.stage import lz4_frames

from .delivery import judge_delivery

PROPERTIES = {
    "dock": (sentence("the dock whose frames can't be read today"), 1.0),
    "field": (sentence("the field that is wrong in them"), 1.0),
    "too_many": (
        sentence("how many bytes its client hashed that it should not have"),
        1.0,
    ),
    "read": (sentence("a mended frame is read by a client of today"), 2.0),
    "sized": (sentence("… also one that says its content's size"), 1.0),
    "rest": (
        sentence(
            "nothing else in the frame has changed, and a right frame stays as it is"
        ),
        1.0,
    ),
    "alive": (
        sentence(
            "the broker takes the mended batch, and a consumer reads every record"
        ),
        2.0,
    ),
}
HINTS = {
    "dock": sentence(
        "Two frames may look different and both be right. What do today's client and the broker say of each?"
    ),
    "field": sentence(
        "Hash the descriptor of a right frame and of the wrong one, and compare with the byte that is there."
    ),
    "too_many": sentence(
        "Its client hashed the right bytes and some before them. From which byte on do you get its value?"
    ),
    "read": sentence(
        "HC is the second lowest byte of the hash of FLG, BD and, where it is there, the content size."
    ),
    "sized": sentence(
        "With bit 3 of FLG, eight bytes come between BD and HC. Where is HC then?"
    ),
    "rest": sentence("Only one byte is wrong. Keep all before it and all after it."),
    "alive": sentence(
        "First mend what stands above: the broker reads a frame as a client of today does."
    ),
}
FIELDS = ("magic", "FLG", "BD", "size", "HC", "length", "data")
TRUTH = {"dock": lz4_frames.OLD_DOCK, "field": "HC", "too_many": lz4_frames.FLAGS_AT}


def judge(code: Code, sheet: Sheet, seeds: Sequence[int]) -> None:
    """What was found; then frames of each seed, mended and read."""
    with Sandbox(code, ["found", "mended"]) as sandbox:
        judge_found(sandbox, sheet)
        sandbox.must_define("mended")
        for seed in seeds:
            judge_mended(sandbox, sheet, seed)
        judge_alive(sandbox, sheet, seeds[-1])


def judge_found(sandbox: Sandbox, sheet: Sheet) -> None:
    """The dictionary."""
    given = sandbox.value("found") if sandbox.defined.get("found") == "value" else None
    given = given if isinstance(given, dict) else {}
    for name, want in TRUTH.items():
        got = given.get(name)
        if got is None:
            sheet.fail(name, say("not named yet"), HINTS[name])
        elif type(got) is type(want) and got == want:
            sheet.seen(name)
        else:
            sheet.fail(
                name,
                say("you say {value}; it is otherwise", value=repr(got)),
                wrong_name(name, got),
            )


def wrong_name(name: str, got: Any) -> str:
    """A hint for this very mistake."""
    if name == "dock" and got == lz4_frames.SIZED_DOCK:
        first = say(
            "Its frames say how long their content is. That is allowed, and today's client reads them."
        )
        return f"{first} {say(HINTS[name])}"
    if name == "field" and got not in FIELDS:
        return say("One of these: {all}.", all=", ".join(FIELDS))
    if name == "too_many" and type(got) is not int:
        return say("A number of bytes, without quotes.")
    return say(HINTS[name])


Mistake = Callable[[bytes, bytes], bool]
"""Of the broken frame and what was made of it."""
MISTAKES: tuple[tuple[Mistake, str], ...] = (
    (
        lambda broken, got: got == broken,
        sentence("The frame comes back as it was: it still has the old checksum."),
    ),
    (
        lambda broken, got: got == with_broken_checksum(broken),
        sentence(
            "You hash the magic number, too. That is the very fault of that client."
        ),
    ),
    (
        lambda broken, got: len(got) != len(broken),
        sentence(
            "The frame got longer or shorter. One byte takes the place of one byte."
        ),
    ),
    (
        lambda broken, got: (
            got[: lz4_frames.CHECKSUM_AT] == broken[: lz4_frames.CHECKSUM_AT]
            and got[lz4_frames.CHECKSUM_AT] == 0
        ),
        sentence(
            "0 says “no checksum” in other formats. In this one it is a checksum like any other."
        ),
    ),
    (
        lambda broken, got: broken[4:6] != got[4:6],
        sentence(
            "You changed FLG or BD. They were right: they say how the blocks are packed."
        ),
    ),
    (
        lambda broken, got: changed_at(broken, got) == [lz4_frames.CHECKSUM_AT],
        sentence(
            "The right byte has changed, to a wrong value. Which bytes are hashed, and which byte of the hash is taken?"
        ),
    ),
)
NO_SIZE = sentence(
    "You put HC at byte 6. In this frame the content's size begins there."
)


def changed_at(one: bytes, other: bytes) -> list[int]:
    """The places where two frames of one length differ."""
    return (
        [at for at, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
        if len(one) == len(other)
        else []
    )


def judge_mended(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """Four frames: without and with a size, broken and right."""
    cases = [
        lz4_frames.frame(seed, sized=sized, old=old)
        for sized in (False, True)
        for old in (True, False)
    ]
    got = sandbox.call_each("mended", [(one,) for one in cases])
    for one, made in zip(cases, got, strict=True):
        sized = bool(one[lz4_frames.FLAGS_AT] & lz4_frames.SIZE_FLAG)
        name = "sized" if sized else "read"
        if not isinstance(made, bytes):
            message = say("mended(frame) {did}; bytes are expected", did=returned(made))
            for each in ("read", "sized", "rest"):
                sheet.fail(each, message, HINTS[each], seed)
            return
        right = with_right_checksum(one)
        readable = lz4_frames.today(made) == lz4_frames.today(right)
        message = say(
            "a client of today still can't read the frame that begins {bytes}",
            bytes=made[:15].hex(" "),
        )
        if not sheet.expect(name, readable, message, HINTS[name], seed):
            sheet.sharpen(name, mistake(one, made, sized))
        if sheet.failed("read"):
            continue
        kept = (
            made == one
            if one == right
            else len(made) == len(one) and len(changed_at(one, made)) <= 1
        )
        message = say(
            "of the frame that begins {bytes} more has changed than the one byte",
            bytes=one[:15].hex(" "),
        )
        if one == right:
            message = say(
                "the frame that begins {bytes} was right, and has changed",
                bytes=one[:15].hex(" "),
            )
        sheet.expect("rest", kept, message, HINTS["rest"], seed)


def mistake(broken: bytes, made: bytes, sized: bool) -> str:
    """The words for a known mistake."""
    if sized and changed_at(broken, made) == [lz4_frames.CHECKSUM_AT]:
        return NO_SIZE
    for holds, words in MISTAKES:
        if made and holds(broken, made):
            return words
    return HINTS["sized" if sized else "read"]


def judge_alive(sandbox: Sandbox, sheet: Sheet, seed: int) -> None:
    """A batch around the mended frame, sent to a broker and read again."""
    broken = lz4_frames.frame(seed + 1, old=True)
    made = sandbox.call("mended", broken)
    if isinstance(made, Raised) or not isinstance(made, bytes):
        sheet.fail(
            "alive",
            say("mended(frame) {did}; bytes are expected", did=returned(made)),
            HINTS["alive"],
            seed,
        )
        return
    wanted = [
        (r.key.decode(), r.value.decode())
        for r in lz4_frames.containers(seed + 1)
        if r.key and r.value
    ]
    otherwise = say("A consumer reads other records than the dock sent.")
    batches = [lz4_frames.batch_of(made)]
    judge_delivery(sheet, "alive", HINTS["alive"], seed, batches, wanted, otherwise)


EXERCISE = Exercise(
    id="4c",
    title=sentence("The frame that one client can't read"),
    names=("found", "mended"),
    properties=PROPERTIES,
    judge=judge,
    hints=(
        sentence(
            "The frame tells where it is wrong: take FLG and BD of each frame, hash them as the table says, and compare "
            "with HC."
        ),
        sentence(
            "In one frame HC does not fit. Hash a little more than the descriptor, beginning earlier, until it does: "
            "now you know what its client did. (Where FLG has bit 3, HC is 8 bytes further on.)"
        ),
        sentence(
            "Let `end` be the place of HC: 6, or 14 with a content size. The right HC is the second lowest byte of "
            "the hash of bytes 4 up to `end`. Put it there, between all before and all after."
        ),
    ),
    minutes=15,
    more=8,
)
