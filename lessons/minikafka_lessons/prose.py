"""The prose in a lesson's cells: paragraphs of Markdown, comments and docstrings of code, each said by `say`.

Rule: what is translated is a paragraph, a heading, a row, an item, a comment, as one sentence each, however its lines
are broken. Code stays as it is to the last byte: without comments and docstrings a cell is the same in every language.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Say = Callable[[str], str]
TOOLS = re.compile(r"#+\s*(language:|noqa|type:|fmt:|%%)|###")
"""Comments that are said to a tool, not to people."""
HEADING = re.compile(r"(#{1,6} +)(.*)")
ITEM = re.compile(r"(\s*(?:[-*+]|\d+\.) +)(.*)")
QUOTE = re.compile(r"> ?")


@dataclass
class Piece:
    """Some lines of Markdown: `words` are what is said of them, after `head`; None: they are no words."""

    lines: list[str]
    head: str = ""
    words: str | None = None
    quote: str = ""
    fence: tuple[str, ...] = field(default=())
    """The first and the last line of a block of preformatted text."""

    def said(self, say: Say) -> list[str]:
        """The lines, translated; as they were where nothing changed."""
        if self.words is None or not has_words(self.words):
            return self.lines
        told = say(self.words)
        if told == self.words:
            return self.lines
        if self.fence:
            return [self.fence[0], *told.splitlines(), self.fence[1]]
        return [f"{self.quote}{self.head}{told}"]


def said_markdown(text: str, say: Say) -> str:
    """A Markdown cell."""
    return "\n".join(line for piece in pieces(text.splitlines()) for line in piece.said(say))


def pieces(lines: list[str]) -> Iterator[Piece]:
    """The cell in pieces."""
    open_piece: Piece | None = None
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith("```"):
            if open_piece:
                yield open_piece
            open_piece, begin = None, at - 1
            while at < len(lines) and not lines[at].startswith("```"):
                at += 1
            at += 1
            block = lines[begin:at]
            if line[3:].strip() == "text" and len(block) > 2:
                yield Piece(block, words="\n".join(block[1:-1]), fence=(block[0], block[-1]))
            else:
                yield Piece(block)
            continue
        quote = found.group() if (found := QUOTE.match(line)) else ""
        words = line[len(quote) :]
        heading, item = HEADING.fullmatch(words), ITEM.fullmatch(words)
        alone = heading is not None or words.startswith("|") or not has_words(words)
        if open_piece and (alone or item or open_piece.quote != quote):
            yield open_piece
            open_piece = None
        if heading:
            yield Piece([line], heading.group(1), heading.group(2), quote)
        elif alone:
            yield Piece([line], words=words, quote=quote)
        elif item:
            open_piece = Piece([line], item.group(1), item.group(2), quote)
        elif open_piece and open_piece.words is not None:
            open_piece.lines.append(line)
            open_piece.words += " " + words.strip()
        else:
            open_piece = Piece([line], words=words.strip(), quote=quote)
    if open_piece:
        yield open_piece


def has_words(text: str) -> bool:
    """Is there anything to translate: a letter outside of `code` and <tags>?"""
    return any(letter.isalpha() for letter in re.sub(r"`[^`]*`|<[^>]*>", "", text))


def said_code(source: str, say: Say) -> str:
    """A code cell: its comments and docstrings. One that Python can't read by itself stays as it is."""
    try:
        docstrings = places_of_docstrings(ast.parse(source))
        tokens = list(tokenize.generate_tokens(io.StringIO(source + "\n").readline))
    except (SyntaxError, tokenize.TokenError, ValueError):
        return source
    lines = source.splitlines()
    for token in reversed(tokens):
        (row, column), (last, end) = token.start, token.end
        if row != last:
            continue  # a docstring of several lines is for those who read the library's code
        if token.type == tokenize.COMMENT and not TOOLS.match(token.string):
            words = token.string.lstrip("#").strip()
            told = f"# {say(words)}" if has_words(words) else token.string
        elif token.type == tokenize.STRING and token.start in docstrings and token.string.startswith('"""'):
            told = f'"""{say(token.string[3:-3])}"""'
        else:
            continue
        line = lines[row - 1]
        lines[row - 1] = line[:column] + told + line[end:]
    return "\n".join(lines)


def places_of_docstrings(tree: ast.Module) -> set[tuple[int, int]]:
    """(line, column) of each."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                found.add((first.lineno, first.col_offset))
    return found
