"""%compare: two databases are the same, or it is said in what they differ."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import URL
from workbook import compare
from workbook.photo import Photo, take

from tests.workbook.conftest import Run
from tests.workbook.databases import photo

SHELF = "CREATE TABLE shelf (id INTEGER PRIMARY KEY, place INTEGER DEFAULT 1, CONSTRAINT c CHECK ({}))"


def whats(first: Photo, second: Photo) -> list[str]:
    return [f"{table} {what}" for table, what, *_ in compare.differences(first, second)]


def test_the_order_of_columns_and_the_words_of_a_check_do_not_count(tmp_path: Path) -> None:
    one = photo(tmp_path, "one", SHELF.format("place BETWEEN 1 AND 3"))
    two = photo(tmp_path, "two", "CREATE TABLE shelf (place INTEGER DEFAULT 2, id INTEGER PRIMARY KEY, "
                                 "CONSTRAINT c CHECK (place >= 1 AND (place <= 3)))")  # fmt: skip
    assert whats(one, two) == []


@pytest.mark.parametrize(
    ("other", "what"),
    [
        (SHELF.format("place BETWEEN 1 AND 4"), "CHECK c"),
        (SHELF.format("place > 0").replace("INTEGER DEFAULT 1", "INTEGER NOT NULL"), "column place"),
        (SHELF.format("place BETWEEN 1 AND 3").replace("DEFAULT 1", ""), "column place"),
        (SHELF.format("place BETWEEN 1 AND 3").replace("INTEGER DEFAULT", "TEXT DEFAULT"), "column place"),
        (SHELF.format("place BETWEEN 1 AND 3").replace("CONSTRAINT c", "CONSTRAINT d"), "CHECK d"),
        (SHELF.format("place BETWEEN 1 AND 3").replace("INTEGER PRIMARY KEY", "INTEGER"), "PRIMARY KEY"),
        (SHELF.format("place BETWEEN 1 AND 3").replace(")", ", UNIQUE (place))", 1), "UNIQUE"),
    ],
)  # fmt: skip
def test_what_differs_is_named(tmp_path: Path, other: str, what: str) -> None:
    one = photo(tmp_path, "one", SHELF.format("place BETWEEN 1 AND 3"))
    if what == "UNIQUE":
        other = SHELF.format("place BETWEEN 1 AND 3")[:-1] + ", CONSTRAINT u UNIQUE (place))"
    assert any(what in found for found in whats(one, photo(tmp_path, "two", other)))


def test_an_index_and_a_table_too_many_are_one_difference_each(tmp_path: Path) -> None:
    plain = SHELF.format("place > 0")
    one = photo(tmp_path, "one", plain)
    two = photo(tmp_path, "two", plain, "CREATE INDEX i ON shelf (place)", "CREATE TABLE box (id INTEGER)")
    assert whats(one, two) == whats(two, one) == ["box the table", "shelf index i"]


def test_two_kinds_of_databases_can_be_the_same(tmp_path: Path, postgres: URL) -> None:
    """Each has words of its own for a type, a default, a CHECK and an index."""
    tables = sa.MetaData()
    sa.Table(
        "tasks", tables,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("done", sa.Boolean, server_default=sa.false(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.CheckConstraint("length(title) > 0", name="c"),
        sa.Index("i", sa.text("title DESC"), sa.text("(at IS NULL)"),
                 sqlite_where=sa.text("done IS 0"), postgresql_where=sa.text("done IS false")),
    )  # fmt: skip
    engines = [
        sa.create_engine(url, poolclass=sa.NullPool) for url in (postgres, f"sqlite:///{tmp_path / 'a.db'}")
    ]
    for engine in engines:
        tables.create_all(engine)
    on_postgres, on_sqlite = map(take, engines)
    assert whats(on_postgres, on_sqlite) == []
    with engines[0].begin() as connection:
        connection.exec_driver_sql("ALTER TABLE tasks ALTER COLUMN done DROP DEFAULT")
    assert whats(take(engines[0]), on_sqlite) == ["tasks column done"]


def test_in_a_lesson_it_takes_files_of_the_lesson(run: Run, lesson: Run) -> None:
    lesson("01")
    run("%copy other\n%alembic upgrade 0001")
    assert "= The same schema" in run("%compare taskmaster.db taskmaster.db")
    shown = run("%compare taskmaster.db ../taskmaster/taskmaster.db")
    assert "todo   the table" in shown
    assert shown.endswith("1 difference.")
    assert run("%compare taskmaster.db") == "%compare: write it like this: %compare taskmaster.db twin.db."
    assert "there is no database nothing.db here" in run("%compare taskmaster.db nothing.db")
    assert "there is no database /etc/hosts here" in run("%compare taskmaster.db /etc/hosts")
    assert "cannot be read" in run("%compare taskmaster.db alembic.ini")
