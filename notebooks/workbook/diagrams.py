"""Pictures made without any library: the tables with their keys, and the graph of the revisions.

The same input gives the same bytes, on every machine. They are drawn on a light card with fixed colours,
because themes show SVG as an image, which knows nothing of a dark page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from workbook.html import INK, LINE, PAPER, QUIET, Picture
from workbook.photo import Photo, Rule, Table

BLUE, ORANGE = "#2b6299", "#b3480f"
STYLE = (
    f"text{{font:13px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:{INK}}}"
    ".m{font-family:ui-monospace,Menlo,Consolas,'DejaVu Sans Mono',monospace;font-size:12px}"
    f".q{{fill:{QUIET}}}.t{{font-weight:700;fill:#fff}}.k{{font-weight:700;fill:{BLUE};font-size:10.5px}}"
    f".e{{stroke:#64748b;stroke-width:1.5;fill:none}}.here{{font-weight:700;fill:{ORANGE}}}"
)
CHAR = 7.6  # the widest that a character of the monospaced 12px fonts gets, so that no font overflows
SANS_CHAR = 7.4  # and of the others at 13px, on average

ROW, HEAD, PAD, GAP_X, GAP_Y = 22, 28, 16, 84, 28


def picture(body: str, width: float, height: float, title: str, words: str) -> Picture:
    """Put a drawing on its card."""
    w, h = round(width), round(height)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {w} {h}" width="{w}" height="{h}" '
        f'style="max-width:100%;height:auto" role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title><desc>{escape(words)}</desc><style>{STYLE}</style>"
        f'<rect x=".5" y=".5" width="{w - 1}" height="{h - 1}" rx="8" fill="{PAPER}" stroke="{LINE}"/>'
        f"{body}</svg>"
    )
    return Picture(svg, title, words)


def _empty(text: str) -> str:
    return f'<text class="q" x="{PAD + 4}" y="37">{escape(text)}</text>'


# The tables and their keys


@dataclass(frozen=True)
class Box:
    """A table with its place on the picture."""

    table: Table
    x: float
    y: float
    width: float

    @property
    def height(self) -> float:
        return HEAD + ROW * len(self.table.columns) + 8

    def at(self, column: str) -> float:
        """The height at which a line meets this column; the head when a key names one that is not there."""
        names = [found.name for found in self.table.columns]
        if column not in names:
            return self.y + HEAD / 2
        return self.y + HEAD + 4 + ROW * names.index(column) + ROW / 2


def er(photo: Photo) -> Picture:
    """Draw the tables of a photo, each column with its type and part in a key, and a line for each key.

    Parents stand to the left of their children; a crow's foot is at the side that may have many rows.
    """
    words = er_words(photo)
    if not photo.tables:
        return picture(_empty("No tables yet"), 260, 64, f"The tables at {photo.place}: none", words)
    boxes = _place(photo)
    drawn = "".join(map(_draw_box, boxes.values()))
    lines = "".join(
        _draw_key(box, boxes[key.refers_to], key)
        for box in boxes.values()
        for key in box.table.foreign_keys
        if key.refers_to in boxes
    )
    width = max(box.x + box.width for box in boxes.values()) + (PAD * 3 if _refers_to_itself(photo) else PAD)
    height = max(box.y + box.height for box in boxes.values()) + PAD
    return picture(lines + drawn, width, height, f"The tables at {photo.place}: {', '.join(boxes)}", words)


def er_words(photo: Photo) -> str:
    """What the picture shows, in sentences."""
    if not photo.tables:
        return "There is no table yet."
    lines = []
    for table in photo.tables.values():
        columns = ", ".join(_column_in_words(table, column.name) for column in table.columns)
        lines.append(f"Table {table.name}: {columns}.")
        lines += [_key_in_words(table, key) for key in table.foreign_keys]
    return "\n".join(lines)


def _column_in_words(table: Table, name: str) -> str:
    column = next(column for column in table.columns if column.name == name)
    part = {"PK": " primary key", "FK": " foreign key", "PK, FK": " primary and foreign key"}
    null = "" if column.nullable else " not null"
    return f"{name} ({column.type}{null}{part.get(table.key(name), '')})"


def _key_in_words(table: Table, key: Rule) -> str:
    rule = "".join(f", {word}" for word in _on_delete(key))
    many = f"at most one row of {table.name}" if _is_unique(table, key) else f"many {table.name}"
    return (
        f"  {table.name}.{', '.join(key.columns)} points to {key.refers_to}.{', '.join(key.referred)}{rule}: "
        f"{many} may belong to one row of {key.refers_to}."
    )


def _is_unique(table: Table, key: Rule) -> bool:
    """Whether a key's values may not repeat, which makes it one to one."""
    unique = [set(rule.columns) for rule in table.rules if rule.kind in ("PRIMARY KEY", "UNIQUE")]
    return any(columns <= set(key.columns) for columns in unique)


def _on_delete(key: Rule) -> list[str]:
    return [f"on delete {key.words.split(' ON DELETE ')[1].lower()}"] if " ON DELETE " in key.words else []


def _refers_to_itself(photo: Photo) -> bool:
    return any(key.refers_to == name for name, table in photo.tables.items() for key in table.foreign_keys)


def _place(photo: Photo) -> dict[str, Box]:
    """Columns of boxes by depth; in each, a table stands as high as the parents that it points to."""
    depth = _depths(photo.tables)
    boxes: dict[str, Box] = {}
    x = float(PAD)
    for level in sorted(set(depth.values())):
        names = [name for name in photo.tables if depth[name] == level]
        names.sort(key=lambda name: (_height_of_parents(photo.tables[name], boxes), name))
        width = max(_width(photo.tables[name]) for name in names)
        y = float(PAD)
        for name in names:
            boxes[name] = Box(photo.tables[name], x, y, width)
            y += boxes[name].height + GAP_Y
        x += width + GAP_X
    return boxes


def _height_of_parents(table: Table, boxes: Mapping[str, Box]) -> float:
    heights = [boxes[parent].y for parent in _parents(table) if parent in boxes]
    return sum(heights) / len(heights) if heights else float("inf")


def _depths(tables: Mapping[str, Table]) -> dict[str, int]:
    """In which column each table stands: right of all that it points to, and next to its nearest child."""
    depth = {name: _longest_way_up(name, tables, ()) for name in tables}
    for name in sorted(tables, key=lambda name: -depth[name]):
        children = [depth[child] for child in tables if child != name and name in _parents(tables[child])]
        depth[name] = max(depth[name], min(children, default=0) - 1)
    return depth


def _longest_way_up(name: str, tables: Mapping[str, Table], seen: tuple[str, ...]) -> int:
    """How many keys one can follow until there is none; a ring ends where it began."""
    way = (*seen, name)
    parents = [parent for parent in _parents(tables[name]) if parent in tables and parent not in way]
    return 1 + max((_longest_way_up(parent, tables, way) for parent in parents), default=-1)


def _parents(table: Table) -> list[str]:
    return [key.refers_to for key in table.foreign_keys if key.refers_to is not None]


def _width(table: Table) -> float:
    name = max((len(column.name) for column in table.columns), default=0)
    kind = max((len(_type(table, column.name)) for column in table.columns), default=0)
    return round(max(_key_width(table) + (name + kind + 3) * CHAR + 10, len(table.name) * 8.5 + 30, 170))


def _key_width(table: Table) -> int:
    """Where the names of the columns begin: behind `PK`, or `PK+FK` in a table that has such a column."""
    return 34 if all(len(table.key(column.name)) < 3 for column in table.columns) else 58


def _type(table: Table, name: str) -> str:
    column = next(column for column in table.columns if column.name == name)
    return f"{column.type}{'' if column.nullable else ' not null'}"


def _draw_box(box: Box) -> str:
    x, y, w, h, left = box.x, box.y, box.width, box.height, _key_width(box.table)
    parts = [
        f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="6" fill="#fff" stroke="#64748b"/>',
        f'<path d="M{x:g} {y + HEAD:g}v-{HEAD - 6}a6 6 0 0 1 6-6h{w - 12:g}a6 6 0 0 1 6 6v{HEAD - 6}z" '
        f'fill="{BLUE}"/>',
        f'<text class="t" x="{x + 10:g}" y="{y + 19:g}">{escape(box.table.name)}</text>',
    ]
    for column in box.table.columns:
        base = box.at(column.name) + 4
        key = box.table.key(column.name).replace(", ", "+")
        parts.append(f'<text class="k" x="{x + 9:g}" y="{base:g}">{key}</text>' if key else "")
        parts.append(f'<text class="m" x="{x + left:g}" y="{base:g}">{escape(column.name)}</text>')
        parts.append(
            f'<text class="m q" x="{x + w - 10:g}" y="{base:g}" text-anchor="end">'
            f"{escape(_type(box.table, column.name))}</text>"
        )
    return "".join(parts)


def _draw_key(child: Box, parent: Box, key: Rule) -> str:
    """A line from the child's column to the parent's, a bar at the parent.

    At the child a crow's foot, or a bar where only one row may point to the same parent.
    """
    y1, y2 = child.at(key.columns[0]), parent.at(key.referred[0] if key.referred else "")
    x2 = parent.x + parent.width
    bar = f'<path class="e" d="M{x2 + 9:g} {y2 - 6:g}v12"/>'
    if child.x <= parent.x:  # to itself, or in a ring: around the right side
        x1 = child.x + child.width
        far = max(x1, x2) + 30
        foot = _foot(x1, y1, 1, _is_unique(child.table, key))
        return f'<path class="e" d="M{x1:g} {y1:g}H{far:g}V{y2:g}H{x2:g}"/>{foot}{bar}'
    x1, middle = child.x, (child.x + x2) / 2
    foot = _foot(x1, y1, -1, _is_unique(child.table, key))
    curve = f"M{x1:g} {y1:g}H{x1 - 14:g}C{middle:g} {y1:g} {middle:g} {y2:g} {x2 + 14:g} {y2:g}H{x2:g}"
    return f'<path class="e" d="{curve}"/>{foot}{bar}'


def _foot(x: float, y: float, side: int, one: bool) -> str:
    """Where a line leaves the child, on its right (side 1) or left (side -1)."""
    if one:
        return f'<path class="e" d="M{x + 9 * side:g} {y - 6:g}v12"/>'
    back = -12 * side
    return f'<path class="e" d="M{x - back:g} {y:g}l{back} -6m{-back} 6l{back} 6"/>'


# The graph of the revisions


@dataclass(frozen=True)
class Step:
    """A revision as the graph needs it: its id, what it does, and the revisions right before it.

    `needs` are those on other branches that must have run too (`depends_on`).
    """

    id: str
    title: str
    parents: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()


STEP, LANE = 44, 32
REST = "…"  # in place of the revisions that are not shown


def graph(steps: Sequence[Step], here: Sequence[str] = (), first: str | None = None) -> Picture:
    """Draw the revisions, the newest on top; STEPS come in that order (as `walk_revisions` gives them).

    HERE is where the database is. What is applied is filled, what is not yet is a dashed ring; `base`
    stands at the bottom, or, where only FIRST and what comes after it is drawn, the number of the others.
    """
    state, heads = _states(steps, here), _heads(steps)
    shown = _shown(steps, first)
    lanes = _lanes(shown[:-1])
    lane = {**lanes, shown[-1].id: lanes[shown[-2].id] if len(shown) > 1 else 0}
    dot = {
        step.id: (PAD + 14 + lane[step.id] * LANE, PAD + 16.0 + at * STEP) for at, step in enumerate(shown)
    }
    if shown[-1].id == REST:
        state[REST] = _state_of_all(state, {step.id for step in steps} - set(dot))
    text_x = PAD + 14 + max(lane.values()) * LANE + 28
    title_x = text_x + max(len(step.id) for step in shown) * CHAR + 12
    strangers = _strangers(steps, here)
    bottom = dot[shown[-1].id][1]
    body = [
        *_links(shown[:-1], shown[-1].id, dot, state),
        *(_draw_dot(*dot[step.id], state[step.id]) for step in shown),
        *(
            _draw_step(step, text_x, title_x, dot[step.id][1], state[step.id], step.id in heads)
            for step in shown
        ),
        *(_draw_stranger(name, text_x, bottom + STEP * at) for at, name in enumerate(strangers, 1)),
    ]
    width = max(title_x + max(len(step.title) for step in shown) * SANS_CHAR + PAD, 300)
    height = bottom + STEP * len(strangers) + 16 + PAD
    title = f"The revisions; the database is at {' and '.join(here) or 'base'}"
    return picture("".join(body), width, height, title, graph_words(steps, here, first))


def graph_words(steps: Sequence[Step], here: Sequence[str] = (), first: str | None = None) -> str:
    """What the picture shows, one line a revision, the newest first."""
    state, heads = _states(steps, here), _heads(steps)
    words = {HERE: "you are here", APPLIED: "applied", "": "not applied yet"}
    *shown, last = _shown(steps, first)
    lines = []
    for step in shown:
        after = f"after {' and '.join(step.parents)}" if step.parents else "the first"
        needs = f", needs {' and '.join(step.needs)}" if step.needs else ""
        head = ", head" if step.id in heads else ""
        lines.append(f"{step.id}  {step.title} ({after}{needs}{head}): {words[state[step.id]]}.")
    if last.id == REST:
        among = {state[step.id] for step in steps if step not in shown} | {"" if here else HERE}
        lines.append(f"{REST}  {last.title}{': you are here' if HERE in among else ''}.")
    else:
        lines.append(f"base  an empty database: {'you are here' if not here else 'passed'}.")
    lines += [f"The database is at {name}, and no file here has it." for name in _strangers(steps, here)]
    return "\n".join(lines)


HERE, APPLIED = "here", "applied"


def _states(steps: Sequence[Step], here: Sequence[str]) -> dict[str, str]:
    """For each step, and base: whether the database is there, or has been, or neither (an empty string)."""
    applied = _applied(steps, here)
    state = {step.id: HERE if step.id in here else APPLIED if step.id in applied else "" for step in steps}
    return {**state, "base": APPLIED if here else HERE}


def _state_of_all(state: Mapping[str, str], names: set[str]) -> str:
    """What is true of all revisions that are not shown; the database may be at one of them."""
    found = {state[name] for name in names}
    return HERE if HERE in found or state["base"] == HERE else "" if "" in found else APPLIED


def _shown(steps: Sequence[Step], first: str | None) -> list[Step]:
    """The steps to draw, and what stands below them: base, or how many others there are."""
    if first is None or first == "base":
        return [*steps, Step("base", "an empty database")]
    after = {first}
    for step in reversed(steps):
        if not after.isdisjoint(step.parents):
            after.add(step.id)
    shown = [step for step in steps if step.id in after]
    others = len(steps) - len(shown)
    if not others:
        return [*steps, Step("base", "an empty database")]
    return [*shown, Step(REST, f"{others} other revision{'' if others == 1 else 's'}")]


def _strangers(steps: Sequence[Step], here: Sequence[str]) -> list[str]:
    known = {step.id for step in steps}
    return [name for name in here if name not in known]


def _heads(steps: Sequence[Step]) -> set[str]:
    parents = {parent for step in steps for parent in step.parents}
    return {step.id for step in steps if step.id not in parents}


def _applied(steps: Sequence[Step], here: Sequence[str]) -> set[str]:
    before = {step.id: (*step.parents, *step.needs) for step in steps}
    found: set[str] = set()
    waiting = list(here)
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting += before.get(at, ())
    return found


def _lanes(steps: Sequence[Step]) -> dict[str, int]:
    """A lane for each revision: its first parent follows in the same one, others open one beside it."""
    waiting: list[str | None] = []
    lane: dict[str, int] = {}
    for step in steps:
        at = waiting.index(step.id) if step.id in waiting else _free(waiting)
        lane[step.id] = at
        waiting = [None if name == step.id else name for name in waiting]
        for number, parent in enumerate(name for name in step.parents if name not in waiting):
            waiting[at if number == 0 else _free(waiting)] = parent
    return lane


def _free(waiting: list[str | None]) -> int:
    if None not in waiting:
        waiting.append(None)
    return waiting.index(None)


def _links(
    steps: Sequence[Step], bottom: str, dot: Mapping[str, tuple[float, float]], state: Mapping[str, str]
) -> Iterator[str]:
    """A line from each revision down to the ones before it; dashed where it was not applied."""
    for step in steps:
        parents = [parent for parent in step.parents if parent in dot]
        for parent in parents or [bottom]:
            yield _draw_link(dot[step.id], dot[parent], bool(state[step.id]))
        for other in step.needs:
            if other in dot:
                yield _draw_need(dot[step.id], dot[other])


def _draw_stranger(name: str, x: float, y: float) -> str:
    return f'<text class="here" x="{x:g}" y="{y:g}">You are at {escape(name)}: no file has it</text>'


def _draw_link(upper: tuple[float, float], lower: tuple[float, float], applied: bool) -> str:
    (x1, y1), (x2, y2) = upper, lower
    dash = "" if applied else ' stroke-dasharray="4 4"'
    if x1 == x2:
        return f'<path class="e" d="M{x1:g} {y1:g}V{y2:g}"{dash}/>'
    bend = f"C{x1:g} {y1 + STEP * 0.6:g} {x2:g} {y1 + STEP * 0.4:g} {x2:g} {y1 + STEP:g}"
    return f'<path class="e" d="M{x1:g} {y1:g}{bend}V{y2:g}"{dash}/>'


def _draw_need(upper: tuple[float, float], lower: tuple[float, float]) -> str:
    (x1, y1), (x2, y2) = upper, lower
    return f'<path class="e" d="M{x1:g} {y1:g}L{x2:g} {y2:g}" stroke-dasharray="1 5"/>'


def _draw_dot(x: float, y: float, state: str) -> str:
    if state == HERE:
        return (
            f'<circle cx="{x:g}" cy="{y:g}" r="12" fill="{PAPER}" stroke="{ORANGE}" stroke-width="2"/>'
            f'<circle cx="{x:g}" cy="{y:g}" r="7.5" fill="{ORANGE}"/>'
        )
    if state == APPLIED:
        return f'<circle cx="{x:g}" cy="{y:g}" r="8" fill="{BLUE}" stroke="{PAPER}" stroke-width="2"/>'
    return (
        f'<circle cx="{x:g}" cy="{y:g}" r="8" fill="{PAPER}" stroke="#64748b" stroke-width="1.6" '
        'stroke-dasharray="3 3"/>'
    )


def _draw_step(step: Step, x: float, title_x: float, y: float, state: str, head: bool) -> str:
    here = state == HERE
    below = [word for word, true in (("you are here", here), ("head", head)) if true]
    up = 2 if below else -4
    text = (
        f'<text class="m" x="{x:g}" y="{y - up:g}" font-weight="700">{escape(step.id)}</text>'
        f'<text x="{title_x:g}" y="{y - up:g}">{escape(step.title)}</text>'
    )
    if below:
        kind = "here" if here else "q"
        arrow = "◀ " if here else ""
        text += f'<text class="{kind}" x="{title_x:g}" y="{y + 14:g}">{arrow}{", ".join(below)}</text>'
    return text
