"""One look for everything that a magic shows: a light card, the same in light and in dark themes.

All styles stand in the elements themselves: no style sheet of ours reaches into the page, and none of
the page's has to be there. Everything is deterministic: the same content gives the same bytes.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from html import escape

MONO = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"
SANS = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',sans-serif"
INK, QUIET, LINE, PAPER = "#1f2937", "#566174", "#d5dbe5", "#fbfcfe"

# Sign → background and text colour. The sign itself is always there too: colour is never the only one.
TINTS = {
    "+": ("#e3f5e9", "#14532d"),
    "-": ("#fdeaea", "#7f1d1d"),
    "~": ("#fdf3d7", "#6b3f06"),
    "": ("#ffffff", INK),
}

CARD = (
    f"box-sizing:border-box;width:fit-content;max-width:100%;background:{PAPER};color:{INK};"
    f"border:1px solid {LINE};border-radius:8px;padding:12px 14px;margin:2px 0;"
    f"font:13px/1.5 {SANS};text-align:left"
)
TITLE = f"font:600 13px/1.5 {SANS};color:{INK};margin:0 0 8px 0"
NOTE = f"margin:8px 0 0 0;color:{INK};font-size:13px"
TABLE = (
    f"border-collapse:collapse;table-layout:auto;margin:0;font:12.5px/1.5 {SANS};color:{INK};"
    f"background:#fff;border:1px solid {LINE};width:auto"
)
CELL = (
    f"text-align:left;vertical-align:baseline;padding:4px 12px;border:0;border-top:1px solid {LINE};"
    "white-space:normal;max-width:none"
)
HEAD = (
    f"text-align:left;padding:5px 12px;border:0;background:#eef2f8;color:{INK};font-weight:600;"
    "white-space:nowrap"
)
PRE = (
    f"margin:0;padding:8px 0;overflow-x:auto;white-space:pre;background:#fff;color:{INK};"
    f"border:1px solid {LINE};border-radius:4px;font:12px/1.45 {MONO};tab-size:4;text-align:left"
)
CODE_LINE = "display:block;width:max-content;min-width:100%;box-sizing:border-box;padding:0 12px"


@dataclass(frozen=True)
class Card:
    """What a magic shows: one content, as HTML and as plain text."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Picture:
    """An SVG picture, and below it the same in words, folded away where it can be.

    The picture is an output of its own, because themes show SVG as an image: what stands inside cannot
    be read aloud there, so the words must stand beside it.
    """

    svg: str
    title: str
    words: str

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"{self.title}\n{self.words}"

    def _ipython_display_(self) -> None:
        from IPython.display import display

        show: Callable[..., None] = display
        show({"image/svg+xml": self.svg, "text/plain": self.title}, raw=True)
        show({"text/html": folded("The picture in words", self.words), "text/plain": self.words}, raw=True)


@dataclass(frozen=True)
class Cell:
    """A cell of a table: its text, whether it is code, the sign that tints it, and how many rows it spans."""

    text: str
    code: bool = False
    sign: str = ""
    span: int = 1


Row = Sequence[Cell | str | None]  # None: the cell above reaches down to here


def card(title: str, *parts: str) -> str:
    """A card with a title over its parts, which are HTML."""
    heading = f'<div style="{TITLE}">{escape(title)}</div>' if title else ""
    return f'<div style="{CARD}">{heading}{"".join(parts)}</div>'


def note(text: str) -> str:
    """A sentence below a table."""
    return f'<p style="{NOTE}">{escape(text)}</p>'


def sentence(text: str) -> str:
    """A sentence that has a card to itself."""
    return f'<p style="margin:0;color:{INK};font-size:13px">{escape(text)}</p>'


def failure(text: str) -> str:
    """A sentence about something that failed."""
    background, ink = TINTS["-"]
    return f'<p style="{NOTE};background:{background};color:{ink};padding:4px 12px">{escape(text)}</p>'


def caption(text: str) -> str:
    """A small heading inside a card."""
    return f'<div style="margin:10px 0 4px 0;font-weight:600;color:{QUIET}">{escape(text)}</div>'


def folded(summary: str, text: str) -> str:
    """Text that opens at a click; screen readers find it like any other."""
    style = f"margin:2px 0;font:12px/1.5 {SANS}"
    # JupyterLab would break the lines of a <pre> in the middle of a word
    whole = "word-break:normal;overflow-wrap:break-word"
    pre = f"{PRE};padding:8px 12px;margin-top:4px;white-space:pre-wrap;{whole};font-family:{SANS}"
    return (
        f'<details style="{style}"><summary style="cursor:pointer">{escape(summary)}</summary>'
        f'<pre style="{pre}">{escape(text)}</pre></details>'
    )


def table(headings: Sequence[str], rows: Iterable[Row]) -> str:
    """An HTML table; cells that are plain strings are prose. A cell that spans rows is their heading."""
    head = "".join(f'<th scope="col" style="{HEAD}">{escape(heading)}</th>' for heading in headings)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        f'<div style="overflow-x:auto"><table style="{TABLE}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(cell: Cell | str | None) -> str:
    if cell is None:
        return ""
    cell = cell if isinstance(cell, Cell) else Cell(cell)
    background, ink = TINTS[cell.sign]
    font = f";font-family:{MONO};font-size:12px" if cell.code else ""
    tag, span = ("td", "") if cell.span == 1 else ("th", f' scope="rowgroup" rowspan="{cell.span}"')
    # A word like "~ changed" stays in one line; its neighbours have more to give.
    whole = ";white-space:nowrap" if cell.sign and len(cell.text) < 16 else ""
    style = f"{CELL};font-weight:400;background:{background};color:{ink}{font}{whole}"
    return f'<{tag}{span} style="{style}">{escape(cell.text)}</{tag}>'


def text_table(headings: Sequence[str], rows: Iterable[Row]) -> str:
    """The same table in plain text: columns as wide as they need, no line ends in a space."""
    plain = [list(headings), *(list(map(_plain, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*plain, strict=True)]
    plain.insert(1, ["-" * width for width in widths])
    lines = ("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)) for row in plain)
    return "\n".join(line.rstrip() for line in lines)


def _plain(cell: Cell | str | None) -> str:
    return cell.text if isinstance(cell, Cell) else cell or ""


def code(text: str, language: str, *, first: int | None = None) -> str:
    """Source text in the colours of its LANGUAGE (`python`, `sql`, `ini`, …).

    With FIRST the lines are numbered from there.
    """
    lines = _coloured(text, language)
    if first is None:
        return _pre(f'<span style="{CODE_LINE}">{line}\n</span>' for line in lines)
    width = len(str(first + len(lines) - 1))
    number = f"color:{QUIET};user-select:none"
    return _pre(
        f'<span style="{CODE_LINE}"><span style="{number}">{at:>{width}}  </span>{line}\n</span>'
        for at, line in enumerate(lines, first)
    )


def difference(before: str, after: str, language: str = "python") -> str:
    """What changed between two texts, coloured as code: each line begins with `+`, `-` or a space."""
    old, new = _coloured(before, language), _coloured(after, language)
    lines = []
    for sign, at in changed_lines(before, after):
        background, _ = TINTS[sign.strip().replace("…", "")]
        text = "" if sign == "…" else (old[at] if sign == "-" else new[at])
        lines.append(f'<span style="{CODE_LINE};background:{background}">{sign} {text}\n</span>')
    return _pre(lines)


def text_difference(before: str, after: str) -> str:
    """The same difference in plain text."""
    old, new = lines_of(before), lines_of(after)
    lines = (
        sign if sign == "…" else f"{sign} {old[at] if sign == '-' else new[at]}"
        for sign, at in changed_lines(before, after)
    )
    return "\n".join(line.rstrip() for line in lines)


Line = tuple[str, int]  # a sign, and the number of the line from 0


def changed_lines(before: str, after: str, context: int = 2) -> list[Line]:
    """The changed lines and CONTEXT lines around them, below the class or function that they stand in.

    `-` counts in BEFORE, `+` and the space of an unchanged line in AFTER; `…` stands for lines left out.
    Blank lines at the edge of what is shown are left out as well.
    """
    old, new = lines_of(before), lines_of(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    found: list[Line] = []
    for group in matcher.get_grouped_opcodes(context):
        part = _trimmed([line for step in group for line in _signed(*step)], new)
        found += [*([("…", 0)] if found else []), *_heading(part, new, found), *part]
    return found


def _signed(tag: str, old_from: int, old_to: int, new_from: int, new_to: int) -> list[Line]:
    if tag == "equal":
        return [(" ", at) for at in range(new_from, new_to)]
    gone: list[Line] = [("-", at) for at in range(old_from, old_to)]
    return gone + [("+", at) for at in range(new_from, new_to)]


def _trimmed(part: list[Line], new: list[str]) -> list[Line]:
    while part and part[0][0] == " " and not new[part[0][1]].strip():
        part = part[1:]
    while part and part[-1][0] == " " and not new[part[-1][1]].strip():
        part = part[:-1]
    return part


def _heading(part: list[Line], new: list[str], shown: list[Line]) -> list[Line]:
    """The line of the class or function that a part stands in, unless it has been shown."""
    first = next((at for sign, at in part if sign in "+ "), 0)
    if not new[first].startswith((" ", "\t")):
        return []
    above = [at for at in range(first) if new[at].startswith(("class ", "def ", "async def "))]
    if not above or above[-1] <= max((at for sign, at in shown if sign in "+ "), default=-1):
        return []
    return [(" ", above[-1]), *([("…", 0)] if above[-1] < first - 1 else [])]


def panels(*shown: tuple[str, str, int]) -> str:
    """Titled panels side by side where their code fits, one below the other where not.

    Each is title, HTML, and the width of its longest line in characters.
    """
    boxes = "".join(
        f'<div style="flex:1 1 {min(chars, 110) * 7.3 + 40:.0f}px;min-width:0;max-width:100%">'
        f"{caption(title)}{html}</div>"
        for title, html, chars in shown
    )
    return f'<div style="display:flex;flex-wrap:wrap;gap:4px 14px;align-items:flex-start">{boxes}</div>'


def lines_of(text: str) -> list[str]:
    """The lines of a text; the end of the last one makes no line of its own."""
    return text.removesuffix("\n").split("\n")


def longest(text: str) -> int:
    """The length of the longest line."""
    return max(map(len, lines_of(text)))


def _pre(lines: Iterable[str]) -> str:
    """Lines of code. Each ends in a line break, for where styles are taken away: there it is plain code."""
    # tabindex: whoever has no mouse can still scroll sideways
    return f'<pre tabindex="0" style="{PRE}">{"".join(lines)}</pre>'


def _coloured(text: str, language: str) -> list[str]:
    """The lines of TEXT as HTML."""
    from pygments import highlight  # type: ignore[import-untyped]
    from pygments.formatters.html import HtmlFormatter  # type: ignore[import-untyped]
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]

    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=True)
    formatter = HtmlFormatter(nowrap=True, noclasses=True, style=_style())
    lines: list[str] = highlight(text, lexer, formatter).split("\n")
    return lines[: len(lines_of(text))]


def _style() -> type:
    from pygments.style import Style  # type: ignore[import-untyped]
    from pygments.token import Comment, Keyword, Name, Number, Operator, String  # type: ignore[import-untyped]

    class WorkbookStyle(Style):  # type: ignore[misc]
        """Few colours, each at least 4.5 : 1 on white and on the tints."""

        background_color = "#ffffff"
        styles = {  # noqa: RUF012 (pygments reads it so)
            Comment: "italic #56606f",
            Keyword: "#6d28a8",
            Keyword.Constant: "#a13d0b",
            Operator.Word: "#6d28a8",
            String: "#0b6138",
            String.Doc: "#4b5563",
            Number: "#a13d0b",
            Name.Function: "#1d4f91",
            Name.Class: "bold #1d4f91",
            Name.Decorator: "#1d4f91",
        }

    return WorkbookStyle
