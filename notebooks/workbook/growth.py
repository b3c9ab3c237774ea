"""What things cost, shown: a table of classes, and a picture of the cost against the size of the table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import log10

from workbook.costs import COPIES, INSTANT, REWRITES, SCANS, Cost, in_words
from workbook.diagrams import BLUE, ORANGE, PAD, picture
from workbook.html import Card, Cell, Picture, card, note, table, text_table

SIGNS = {INSTANT: "+", SCANS: "", REWRITES: "~", COPIES: "-"}  # of the tint; the word stands there too
UNIT = "Work at each of the sizes: 1 is what it took at the smallest, the others are powers of ten."


def show(title: str, first: str, found: Sequence[Cost], *, seconds: bool = False) -> Card:
    """The costs as a card, one a row under a column that is called FIRST.

    With SECONDS also how long each took at the largest size, which is never the same twice.
    """
    headings = [first, "reads", "writes", "work", "class", *(["seconds"] if seconds else [])]
    rows = [list(_row(cost, seconds)) for cost in found]
    return Card(
        card(title, table(headings, rows), note(UNIT)),
        f"{title}\n\n{text_table(headings, rows)}\n\n{UNIT}",
    )


def title(what: str, found: Sequence[Cost]) -> str:
    """What was measured, and at which sizes."""
    return f"What it costs, on {what} of {in_words([reading.rows for reading in found[0].readings])} rows"


def _row(cost: Cost, seconds: bool) -> Iterator[Cell | str]:
    yield Cell(cost.name, code=cost.name.startswith(("op.", "batch.")))
    yield "every row" if cost.reads else "no row"
    yield _writes(cost)
    yield " → ".join(map(str, cost.growth))
    yield Cell(kind(cost), sign=SIGNS[cost.kind])
    if seconds:
        yield f"{cost.readings[-1].seconds:.3f}"


def kind(cost: Cost) -> str:
    """The class, and how often where it is more than once."""
    return f"{cost.kind} {cost.copies} times" if cost.copies > 1 else cost.kind


def _writes(cost: Cost) -> str:
    parts = []
    if cost.rewrites:
        parts.append("every row")
    if cost.adds_rows:
        parts.append("new rows")
    if cost.copies:
        parts.append("a copy" if cost.copies == 1 else f"{cost.copies} copies")
    if cost.adds_pages:
        parts.append("an index")
    return " and ".join(parts) or "no row"


# The picture

LEFT, TOP, WIDTH, DECADE, LABEL = 64, 56, 300, 62, 196
LEVEL = 30  # between two classes: which is dearer is measured, by how much is not drawn
FAR = 1_000_000  # to where the lines are drawn on
LOOKS = {  # colour and dashes
    INSTANT: ("#14632f", ""),
    SCANS: (BLUE, "7 3"),
    REWRITES: ("#6d28a8", "2 3"),
    COPIES: (ORANGE, ""),
}


def draw(found: Sequence[Cost]) -> Picture:
    """Draw one line for each class: the work against the number of rows, both in powers of ten.

    A line is solid where it was measured and thin where it is only drawn on, to a million rows.
    """
    lines = _lines(found)
    first, last = found[0].readings[0].rows, found[0].readings[-1].rows
    decades = max(round(log10(max(FAR, last) / first)), 1)
    step = WIDTH / decades
    measured = round(log10(last / first))
    top = (len(lines) - 1) * LEVEL + decades * DECADE
    bottom = TOP + top

    def x(at: float) -> float:
        return LEFT + at * step

    def y(level: int, decade: float) -> float:
        return round(bottom - level * LEVEL - decade * DECADE, 1)

    parts = [*_axes(first, decades, step, bottom), *_measured(x(measured), bottom)]
    for level, (name, cost) in enumerate(lines):
        slope = log10(cost.growth[-1]) / measured
        color, dash = LOOKS[cost.kind]
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        middle, end = y(level, slope * measured), y(level, slope * decades)
        parts.append(
            f'<path d="M{x(0):g} {y(level, 0):g}L{x(measured):g} {middle:g}" fill="none" stroke="{color}" '
            f'stroke-width="3"{dashes}/><path d="M{x(measured):g} {middle:g}L{x(decades):g} {end:g}" '
            f'fill="none" stroke="{color}" stroke-width="1.2"{dashes}/>'
            f'<text x="{x(decades) + 10:g}" y="{end + 4:g}" style="fill:{color}">{escape(name)}</text>'
        )
    heading = "The work against the number of rows, in powers of ten"
    parts.append(f'<text x="{PAD}" y="{PAD + 12}" style="font-weight:700">{heading}</text>')
    return picture("".join(parts), LEFT + WIDTH + LABEL, bottom + 64, heading, words(found))


def _lines(found: Sequence[Cost]) -> list[tuple[str, Cost]]:
    """One cost for each class that there is, the cheapest first."""
    order = [INSTANT, SCANS, REWRITES, COPIES]
    first: dict[str, Cost] = {}
    for cost in sorted(found, key=lambda cost: (order.index(cost.kind), cost.copies)):
        first.setdefault(kind(cost), cost)
    return list(first.items())


def _axes(first: int, decades: int, step: float, bottom: float) -> Iterator[str]:
    yield f'<path class="e" d="M{LEFT} {TOP - 12}V{bottom + 14:g}H{LEFT + WIDTH + 4}"/>'
    for at in range(decades + 1):
        place = LEFT + at * step
        yield f'<path class="e" d="M{place:g} {bottom + 14:g}v5"/>'
        yield (
            f'<text class="q" x="{place:g}" y="{bottom + 34:g}" text-anchor="middle">'
            f"{first * 10**at:,}</text>"
        )
    yield f'<text class="q" x="{LEFT + WIDTH + 50:g}" y="{bottom + 34:g}">rows</text>'
    yield f'<text class="q" x="{PAD}" y="{TOP + 4}">work</text>'


def _measured(x: float, bottom: float) -> Iterator[str]:
    yield f'<path d="M{x:g} {TOP}V{bottom + 14:g}" stroke="#64748b" stroke-dasharray="1 4"/>'
    yield f'<text class="q" x="{x - 6:g}" y="{bottom + 54:g}" text-anchor="end">measured</text>'
    yield f'<text class="q" x="{x + 6:g}" y="{bottom + 54:g}">drawn on</text>'


def words(found: Sequence[Cost]) -> str:
    """What the picture shows, a line a class, the cheapest first."""
    counts = in_words([reading.rows for reading in found[0].readings])
    lines = [f"Measured at {counts} rows; the work at the smallest size is 1."]
    for name, cost in _lines(found):
        work = in_words(cost.growth)
        how = "a flat line" if cost.growth[-1] == 1 else "a line that climbs as the rows do"
        members = ", ".join(one.name for one in found if kind(one) == name)
        lines.append(f"{name}: work {work}, {how} ({members}).")
    lines.append("A line further up costs more at every size; how much more is not drawn.")
    return "\n".join(lines)
