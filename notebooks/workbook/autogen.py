"""What autogenerate sees, misses and gets wrong, found by letting it write and running what it wrote.

Each case is a small database with rows, and models that differ from it in one thing. Alembic compares the
two, its operations are run, and what comes out is compared with what a person would have meant.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import groupby
from typing import Any

import alembic
import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.pool import StaticPool

from workbook import commands, photo
from workbook.html import (
    Card,
    Cell,
    Row,
    caption,
    card,
    code,
    difference,
    note,
    table,
    text_difference,
    text_table,
)

HEADINGS = ("what is different", "what Alembic writes", "what that is")
IMPORTS = """\
import enum
from datetime import UTC, date, datetime
from sqlalchemy import *
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    })


class UtcDateTime(TypeDecorator):
    impl = DateTime(timezone=True)
    cache_ok = True


Mood = enum.Enum("Mood", "good bad")
Moods = enum.Enum("Moods", "good bad wonderful")
Short = enum.Enum("Short", "good bad so")


"""
PEOPLE = """\
class Person(Base):
    __tablename__ = "people"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
"""
NOTES = """\
class Note(Base):
    __tablename__ = "notes"
    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str]
"""
PERSON_ID = "    person_id: Mapped[int | None]"
PRIORITY = "    priority: Mapped[int]"


def _column(declaration: str) -> str:
    return f"{NOTES}    {declaration}\n"


def _rule(declaration: str, column: str = PRIORITY) -> str:
    line = '    __tablename__ = "notes"\n'
    return NOTES.replace(line, f"{line}    __table_args__ = ({declaration},)\n") + f"{column}\n"


@dataclass(frozen=True)
class Case:
    """One thing that differs. BEFORE is what the database was made from, AFTER what the models say now.

    MEANT is what a person meant, where the models do not say it. VALUES is a query on the database as it
    was, and one on the database as it shall be, that must find the same. BY_HAND is SQL that somebody sent
    to the database without a revision; it shall stay. The order of columns counts only where it is IN_ORDER.
    """

    group: str
    what: str
    before: str
    after: str
    meant: str | None = None
    values: tuple[str, str] = ("SELECT count(*) FROM notes", "SELECT count(*) FROM notes")
    by_hand: str | None = None
    in_order: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Finding:
    """What became of a case: the lines that Alembic wrote, and the verdict, with the reason behind it."""

    case: Case
    written: str
    verdict: str
    reason: str = ""

    @property
    def operations(self) -> str:
        """The names of the operations in what was written, each once."""
        names = re.findall(r"\b(?:op|batch_op)\.(\w+)\(", self.written)
        return ", ".join(dict.fromkeys(name for name in names if name not in ("f", "batch_alter_table")))


SEES, MISSES, WRONG, UNDOES, LEAVES = "sees it", "misses it", "wrong", "undoes it", "leaves it"
NOTHING = "nothing to do"
SIGNS = {SEES: "+", MISSES: "~", WRONG: "-", UNDOES: "-", LEAVES: "", NOTHING: ""}
SERVER_DEFAULT = {"compare_server_default": True}


def cases() -> list[Case]:
    """Every case, in the order in which the table shows them."""
    return [*_tables(), *_columns(), *_types(), *_defaults(), *_rules(), *_indexes(), *_by_hand()]


def _tables() -> Iterator[Case]:
    memo = NOTES.replace('"notes"', '"memos"')
    renamed = ("SELECT text FROM notes", "SELECT text FROM memos")
    yield Case("tables", "a new table", NOTES, NOTES + PEOPLE)
    yield Case("tables", "a table less", NOTES + PEOPLE, NOTES)
    yield Case("tables", "a table renamed", NOTES, memo, values=renamed)
    yield Case("tables", "a class that nobody imports", NOTES + PEOPLE, NOTES, meant=NOTES + PEOPLE)


def _columns() -> Iterator[Case]:
    mood, empty = _column("mood: Mapped[str]"), _column("mood: Mapped[str | None]")
    renamed = ("SELECT mood FROM notes", "SELECT feeling FROM notes")
    yield Case("columns", "a new column that may be NULL", NOTES, empty)
    yield Case("columns", "a new column that may not be NULL", NOTES, mood)
    yield Case("columns", "a column less", mood, NOTES)
    yield Case("columns", "a column renamed", empty, _column("feeling: Mapped[str | None]"), values=renamed)
    yield Case("columns", "NULL is forbidden from now on", empty, mood)
    yield Case("columns", "NULL is allowed from now on", mood, empty)
    first, last = (
        _column(f"{PRIORITY.strip()}\n    mood: Mapped[str]"),
        _column(f"mood: Mapped[str]\n{PRIORITY}"),
    )
    yield Case("columns", "the order of columns", first, last, in_order=True)
    comment = _column('mood: Mapped[str] = mapped_column(comment="one word")')
    yield Case("columns", "a comment on a column", mood, comment)


def _types() -> Iterator[Case]:
    def mood(kind: str) -> str:
        return _column(f"mood: Mapped[str] = mapped_column({kind})")

    yield Case("types", "Text instead of String", mood("String"), mood("Text"))
    yield Case("types", "String(100) instead of String(50)", mood("String(50)"), mood("String(100)"))
    yield Case("types", "String(50) instead of String", mood("String"), mood("String(50)"))
    number = _column("mood: Mapped[int] = mapped_column(Integer)")
    yield Case("types", "Integer instead of String", mood("String"), number,
               values=("SELECT mood FROM notes",) * 2)  # fmt: skip
    time = _column("at: Mapped[datetime | None] = mapped_column(UtcDateTime)")
    yield Case("types", "a column of a type of your own", NOTES, time)
    values, more = 'Enum(Mood, name="mood")', 'Enum(Moods, name="mood")'
    yield Case("types", "an enum with a longer value more", mood(values), mood(more))
    checked = values.replace(")", ", create_constraint=True)")
    kept = checked.replace("(Mood", "(Short")
    yield Case("types", "an enum in a CHECK, a short value more", mood(checked), mood(kept))
    computed = 'mapped_column(Computed("length(text){}"{}))'
    size = f"size: Mapped[int] = {computed}"
    stored, virtual = size.format("", ", persisted=True"), size.format("", ", persisted=False")
    yield Case("types", "a new computed column, stored", NOTES, _column(stored))
    yield Case("types", "a new computed column, virtual", NOTES, _column(virtual))
    other = size.format(" + 1", ", persisted=False")
    yield Case("types", "what a computed column computes", _column(virtual), _column(other))
    sequence = _column('number: Mapped[int] = mapped_column(Sequence("notes_number"))')
    yield Case("types", "a sequence", _column("number: Mapped[int]"), sequence)


def _defaults() -> Iterator[Case]:
    none, two, three = (
        _column(f"priority: Mapped[int] = mapped_column({words})")
        for words in ("", 'server_default=text("2")', 'server_default=text("3")')
    )
    yield Case("defaults", "a new server default", none, two)
    yield Case("defaults", "another server default", two, three)
    yield Case("defaults", "the same, compare_server_default=True", two, three, options=SERVER_DEFAULT)
    python = _column("priority: Mapped[int] = mapped_column(default=2)")
    yield Case("defaults", "a default in Python", none, python)


def _rules() -> Iterator[Case]:
    plain, unique = NOTES + PRIORITY + "\n", _rule('UniqueConstraint("priority")')
    short = NOTES + f"{PRIORITY} = mapped_column(unique=True)\n"
    yield Case("rules", "unique=True", plain, short)
    yield Case("rules", "a UNIQUE less", unique, plain)
    check = 'CheckConstraint("priority BETWEEN 1 AND {}", name="range")'
    three, four = _rule(check.format(3)), _rule(check.format(4))
    yield Case("rules", "a new CHECK with a name", plain, three)
    yield Case("rules", "another CHECK of the same name", three, four)
    alone, key = f"{NOTES}{PERSON_ID}\n", f'{PERSON_ID} = mapped_column(ForeignKey("people.id"{{}}))\n'
    bare, cascade = NOTES + key.format(""), NOTES + key.format(', ondelete="CASCADE"')
    yield Case("rules", "a new foreign key", PEOPLE + alone, PEOPLE + bare)
    yield Case("rules", "a foreign key less", PEOPLE + bare, PEOPLE + alone)
    yield Case("rules", "another ON DELETE", PEOPLE + bare, PEOPLE + cascade)
    both = plain.replace(PRIORITY, f"{PRIORITY} = mapped_column(primary_key=True)")
    yield Case("rules", "a second column in the primary key", plain, both)


def _indexes() -> Iterator[Case]:
    plain = NOTES + PRIORITY + "\n"
    index = f"{NOTES}{PRIORITY} = mapped_column(index=True)\n"
    yield Case("indexes", "index=True", plain, index)
    yield Case("indexes", "an index less", index, plain)
    one, two = _rule('Index("ix_notes", "priority")'), _rule('Index("ix_notes", "priority", "text")')
    yield Case("indexes", "other columns in an index", one, two)
    some = 'Index("ix_notes", "priority", sqlite_where=text("priority > {}"))'
    yield Case("indexes", "another WHERE of a partial index", _rule(some.format(1)), _rule(some.format(2)))
    lower = 'Index("ix_notes", text("lower(text)"))'
    yield Case("indexes", "a new index on an expression", plain, _rule(lower))
    upper = lower.replace("lower", "upper")
    yield Case("indexes", "another expression in it", _rule(lower), _rule(upper))


def _by_hand() -> Iterator[Case]:
    for what, sql in {
        "a column": "ALTER TABLE notes ADD COLUMN mood VARCHAR DEFAULT 'good'",
        "a table": "CREATE TABLE people (id INTEGER NOT NULL PRIMARY KEY)",
        "an index": "CREATE INDEX ix_notes_text ON notes (text)",
        "a view": "CREATE VIEW long_notes AS SELECT * FROM notes WHERE length(text) > 100",
        "a trigger": "CREATE TRIGGER tidy AFTER INSERT ON notes BEGIN DELETE FROM notes WHERE text = ''; END",
    }.items():
        yield Case("made by hand", what, NOTES, NOTES, by_hand=sql)


# To run one


@cache
def findings() -> tuple[Finding, ...]:
    """What becomes of every case with the installed Alembic, in order."""
    with commands.stock_alembic():
        return tuple(map(find, cases()))


def find(case: Case) -> Finding:
    """Let Alembic write what differs, run that, and say what it was worth."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        engine, wanted = _database(case.before), _shape(_database(case.meant or case.after, rows=False), case)
        if case.by_hand is not None:
            _send(engine, case.by_hand)
        was, values = _shape(engine, case), _send(engine, case.values[0])
        written, error = _write_and_run(engine, case)
        verdict, reason = _judge(case, written, error, was, _shape(engine, case), wanted)
        if verdict == SEES and _send(engine, case.values[1]) != values:
            verdict, reason = WRONG, f"{len(values)} values lost"
    return Finding(case, written, verdict, reason)


def _judge(case: Case, written: str, error: str, was: Any, now: Any, wanted: Any) -> tuple[str, str]:
    if case.by_hand is not None:
        return (LEAVES, "") if now == was else (UNDOES, "")
    if error:
        return WRONG, error
    if now == wanted:
        return (SEES if written else NOTHING), ""
    if not written:
        return MISSES, ""
    return WRONG, "rows lost" if case.meant else "not all of it"


def _write_and_run(engine: sa.Engine, case: Case) -> tuple[str, str]:
    """The lines that Alembic writes for a case, and the error when they are run; empty when there is none."""
    metadata = _metadata(case.after)
    options = {"target_metadata": metadata, "render_as_batch": True, **case.options}
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        operations = produce_migrations(context, metadata).upgrade_ops
        assert operations is not None
        if operations.is_empty():
            return "", ""
        written = render_python_code(operations, render_as_batch=True, migration_context=context)
        try:
            with Operations.context(context) as op:
                exec(f"def upgrade():\n    {written}\nupgrade()", {"op": op, "sa": sa})
        except Exception as error:
            return written, commands.one_line(error)  # closing the connection takes the rest back
        connection.commit()
    return written, ""


def _metadata(models: str) -> sa.MetaData:
    """The tables of a models' source."""
    names: dict[str, Any] = {"__name__": "models"}
    # The annotations of the source are no strings, as they are in this file
    exec(compile(IMPORTS + models, "models.py", "exec", dont_inherit=True), names)
    metadata: sa.MetaData = names["Base"].metadata
    return metadata


def _database(models: str, rows: bool = True) -> sa.Engine:
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    metadata = _metadata(models)
    metadata.create_all(engine)
    if rows:
        with engine.begin() as connection:
            for each in metadata.sorted_tables:
                connection.execute(each.insert(), [_row(each, number) for number in (1, 2)])
    return engine


def _row(of: sa.Table, number: int) -> dict[str, Any]:
    """A row in which every column has a value that another row does not have."""
    return {column.name: _value(column, number) for column in of.columns if column.computed is None}


def _value(column: sa.Column[Any], number: int) -> Any:
    values: dict[type, Callable[[], Any]] = {
        int: lambda: number,
        date: lambda: date(2026, 3, number),
        datetime: lambda: datetime(2026, 3, number, tzinfo=UTC),
    }
    if isinstance(column.type, sa.Enum):
        return list(column.type.enum_class or ())[number - 1]
    return values.get(column.type.python_type, lambda: f"{column.name} {number}")()


def _send(engine: sa.Engine, sql: str) -> list[tuple[Any, ...]]:
    """Send one statement, and keep what it does; the rows that it finds."""
    with engine.begin() as connection:
        result = connection.exec_driver_sql(sql)
        return [tuple(row) for row in result] if result.returns_rows else []


def _shape(engine: sa.Engine, case: Case) -> Any:
    """All that makes two databases the same, but for their rows."""
    taken, inspector = photo.take(engine), sa.inspect(engine)
    others = _send(
        engine, "SELECT type, name FROM sqlite_master WHERE type IN ('view', 'trigger') ORDER BY 2"
    )
    computed = {
        (name, column["name"]): str(column["computed"]["sqltext"])
        for name in taken.tables
        for column in inspector.get_columns(name)
        if "computed" in column
    }
    tables = dict(taken.tables)
    if not case.in_order:
        tables = {name: replace(each, columns=_by_name(each)) for name, each in tables.items()}
    return tables, others, computed


def _by_name(of: photo.Table) -> tuple[photo.Column, ...]:
    return tuple(sorted(of.columns, key=lambda column: column.name))


# To show them


def show_all() -> Card:
    """The table of all cases."""
    html, text = [], []
    for group, found in groupby(findings(), key=lambda finding: finding.case.group):
        rows = [_line(finding) for finding in found]
        html += [caption(group), table(HEADINGS, rows)]
        text += [group, "", text_table(HEADINGS, rows), ""]
    title = f"What autogenerate does on SQLite (Alembic {alembic.__version__})"
    counts = ", ".join(f"{verdict} {_count(verdict)}" for verdict in SIGNS)
    return Card(card(title, *html, note(counts)), "\n".join([title, "", *text, counts]))


def show(words: str) -> Card | None:
    """One case in detail: what changed, and what Alembic writes. None when no case is called so."""
    for finding in findings():
        if finding.case.what == words:
            return _detail(finding)
    return None


def _detail(finding: Finding) -> Card:
    case, lines = finding.case, _written(finding)
    verdict = f"{finding.verdict}{f': {finding.reason}' if finding.reason else ''}"
    title, models = f"{case.what}: {verdict}", "The models"
    if case.by_hand is not None:
        changed, changed_text = code(case.by_hand, "sql"), case.by_hand
        models = "Sent to the database by hand"
    else:
        changed = difference(case.before, case.after)
        changed_text = text_difference(case.before, case.after)
    html = card(title, caption(models), changed, caption("What Alembic writes"), code(lines, "python"))
    return Card(html, "\n".join([title, "", models, "", changed_text, "", "What Alembic writes", "", lines]))


def _written(finding: Finding) -> str:
    """What stands between Alembic's two comments."""
    lines = [line.removeprefix("    ") for line in finding.written.splitlines()]
    return "\n".join(line for line in lines if line.strip() and not line.startswith("# ###")) or "pass"


def _count(verdict: str) -> int:
    return sum(finding.verdict == verdict for finding in findings())


def _line(finding: Finding) -> Row:
    reason = f": {finding.reason.partition(':')[0]}" if finding.reason else ""
    return [
        finding.case.what,
        Cell(finding.operations or "nothing", code=bool(finding.operations)),
        Cell(finding.verdict + reason, sign=SIGNS[finding.verdict]),
    ]
