from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from workbook import sends

from tests.migrations import history


def recorded(url: sa.URL, revision: str, down: bool = False) -> list[str]:
    with sends.recorded() as sent:
        (history.downgrade if down else history.upgrade)(url, revision)
    return sends.script(sent).splitlines()


@pytest.fixture
def at_0001(sqlite: sa.URL) -> sa.URL:
    history.upgrade(sqlite, "0001")
    return sqlite


def test_a_step_shows_its_transaction_its_statements_and_the_new_version(at_0001: sa.URL) -> None:
    sent = recorded(at_0001, "0002")
    assert sent[:2] == ["PRAGMA foreign_keys=OFF;", "BEGIN IMMEDIATE;"]
    assert "ALTER TABLE todo ADD COLUMN done BOOLEAN DEFAULT 0 NOT NULL;" in sent
    assert sent[-2:] == [
        "UPDATE alembic_version SET version_num='0002' WHERE alembic_version.version_num = '0001';",
        "COMMIT;",
    ]


def test_batch_mode_is_seen_statement_by_statement(at_0001: sa.URL) -> None:
    history.upgrade(at_0001, "0002")
    sent = recorded(at_0001, "0003")
    assert [line for line in sent if "_alembic_tmp_todo" in line] == [
        "CREATE TABLE _alembic_tmp_todo (",
        "INSERT INTO _alembic_tmp_todo (id, name, done, due_on, category)",
        "ALTER TABLE _alembic_tmp_todo RENAME TO todo;",
    ]


def test_what_alembic_only_reads_is_left_out(at_0001: sa.URL) -> None:
    sent = " ".join([*recorded(at_0001, "0010"), *recorded(at_0001, "base", down=True)])
    for bookkeeping in (
        "sqlite_master",
        "table_info",
        "table_xinfo",
        "busy_timeout",
        "SELECT alembic_version",
    ):
        assert bookkeeping not in sent


def test_recorded_statements_really_make_the_same_schema(at_0001: sa.URL, tmp_path: Path) -> None:
    sent = "\n".join(recorded(at_0001, "0007"))
    other = sa.make_url(f"sqlite:///{tmp_path}/other.db")
    history.upgrade(other, "0001")
    engine = history.engine(other)
    with engine.connect() as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.executescript(sent)
    with engine.connect() as one, history.engine(at_0001).connect() as two:
        schema = "SELECT sql FROM sqlite_master ORDER BY name"
        made = [str(sql).split() for sql in one.exec_driver_sql(schema).scalars()]
        assert made == [str(sql).split() for sql in two.exec_driver_sql(schema).scalars()]


def test_nothing_is_recorded_afterwards(at_0001: sa.URL) -> None:
    with sends.recorded() as sent:
        pass
    history.upgrade(at_0001, "0002")
    assert sent == []


def test_a_long_line_is_broken_before_its_clauses() -> None:
    columns = ", ".join(f"column_number_{at}" for at in range(9))
    assert sends.readable(f"INSERT INTO t ({columns}) SELECT {columns} FROM old").splitlines()[2:] == [
        "SELECT column_number_0, column_number_1, column_number_2, column_number_3, column_number_4,",
        "    column_number_5, column_number_6, column_number_7, column_number_8",
        "FROM old",
    ]


def test_the_margin_of_the_python_around_a_statement_is_taken_away() -> None:
    assert sends.readable("UPDATE t\n        SET a = (\n            1)").splitlines() == [
        "UPDATE t",
        "SET a = (",
        "    1)",
    ]
