"""What stock Alembic loses on SQLite without a word is kept here, or refused in a sentence.

Each test runs one revision twice over the same database: with the `env.py` that `alembic init` writes,
and with ours. If a stock Alembic stops losing something, the test that shows the loss says so.
"""

from __future__ import annotations

import sqlite3
import textwrap
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import alembic
import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.ddl.impl import _impls
from alembic.ddl.sqlite import SQLiteImpl

from tests.migrations import history

STOCK = Path(alembic.__file__).parent / "templates" / "generic"
# One batch operation that copies the table `t`; what it changes is beside the point.
REBUILD = """
with op.batch_alter_table("t") as batch:
    batch.alter_column("title", existing_type=sa.String(), nullable=True)
"""


class Run:
    """One database before and after one revision."""

    def __init__(self, folder: Path, env: str, before: str, revision: str) -> None:
        self.file = folder / "file.db"
        scripts = folder / "scripts"
        self.config = Config()
        self.config.set_main_option("script_location", str(scripts))
        self.config.set_main_option("sqlalchemy.url", f"sqlite:///{self.file}")
        self.config.attributes |= {"url": f"sqlite:///{self.file}", "configure_logger": False}
        (scripts / "versions").mkdir(parents=True)
        (scripts / "env.py").write_text(env, encoding="utf-8")
        (scripts / "versions" / "0001.py").write_text(
            "import sqlalchemy as sa\nfrom alembic import op\nrevision = '0001'\ndown_revision = None\n"
            f"def upgrade():\n{textwrap.indent(textwrap.dedent(revision), '    ')}\n",
            encoding="utf-8",
        )
        with closing(sqlite3.connect(self.file)) as connection:
            connection.executescript(before)
        self.sql_before = self.sql()
        self.error = self._upgrade()

    def _upgrade(self) -> str:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                command.upgrade(self.config, "head")
            except Exception as error:
                return f"{type(error).__name__}: {error}"
        return ""

    def do(self, statement: str) -> list[Any]:
        with closing(sqlite3.connect(self.file)) as connection:
            connection.execute("PRAGMA foreign_keys = ON")
            rows = connection.execute(statement).fetchall()
            connection.commit()
            return rows

    def refuses(self, *statements: str) -> bool:
        """Whether the database refuses the last of the statements."""
        for statement in statements[:-1]:
            self.do(statement)
        try:
            self.do(statements[-1])
        except sqlite3.IntegrityError:
            return True
        return False

    def sql(self) -> dict[str, str]:
        """The schema as SQLite keeps it, but for Alembic's own table."""
        found = self.do("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL")
        return {name: sql for name, sql in found if name != "alembic_version"}

    def refused_and_unchanged(self, *words: str) -> bool:
        assert self.error.startswith("CommandError"), self.error
        assert all(word in self.error for word in words), self.error
        assert self.sql() == self.sql_before
        return True


Both = Callable[..., tuple[Run, Run]]


@pytest.fixture
def both(tmp_path: Path) -> Both:
    """Run a revision with the stock environment and with ours; the application has foreign keys on."""

    def run(before: str, revision: str = REBUILD) -> tuple[Run, Run]:
        (tmp_path / "stock").mkdir()
        (tmp_path / "ours").mkdir()
        stock = (STOCK / "env.py").read_text(encoding="utf-8")
        ours = (history.PROJECT / "migrations" / "env.py").read_text(encoding="utf-8")
        return Run(tmp_path / "stock", stock, before, revision), Run(
            tmp_path / "ours", ours, before, revision
        )

    return run


@pytest.fixture
def keys_on() -> Iterator[None]:
    """What applications do, as SQLAlchemy's documentation tells them to."""

    def connect(driver: Any, _record: object) -> None:
        driver.execute("PRAGMA foreign_keys = ON")

    sa.event.listen(sa.Engine, "connect", connect)
    yield
    sa.event.remove(sa.Engine, "connect", connect)


FAMILY = """
CREATE TABLE t (id INTEGER PRIMARY KEY, title VARCHAR NOT NULL);
CREATE TABLE child (id INTEGER PRIMARY KEY, t_id INTEGER REFERENCES t (id) ON DELETE CASCADE);
CREATE TABLE grandchild (id INTEGER PRIMARY KEY, child_id INTEGER REFERENCES child (id) ON DELETE CASCADE);
INSERT INTO t VALUES (1, 'a'), (2, 'b');
INSERT INTO child VALUES (1, 1), (2, 1), (3, 2);
INSERT INTO grandchild VALUES (1, 1), (2, 3);
"""


# ------------------------------------------------------------------------------ all, or nothing


@pytest.mark.usefixtures("keys_on")
def test_the_history_copies_users_and_tasks_and_touches_no_child(sqlite: sa.URL) -> None:
    history.made_at(sqlite, "0009")
    rows = history.rows(sqlite)
    history.downgrade(sqlite, "0007")
    history.upgrade(sqlite, "0012")

    after = history.rows(sqlite)
    assert after["users"] == rows["users"]
    assert after["tasks"] == [task | {"priority": 2} for task in rows["tasks"]]


@pytest.mark.usefixtures("keys_on")
def test_copying_a_parent_touches_no_child(both: Both) -> None:
    stock, ours = both(FAMILY)

    assert stock.do("SELECT (SELECT count(*) FROM child), (SELECT count(*) FROM grandchild)") == [(0, 0)]
    assert ours.do("SELECT (SELECT count(*) FROM child), (SELECT count(*) FROM grandchild)") == [(3, 2)]
    assert (stock.error, ours.error) == ("", "")


def test_what_ran_before_an_error_is_undone(both: Both) -> None:
    stock, ours = both(
        "CREATE TABLE t (id INTEGER PRIMARY KEY)",
        "op.add_column('t', sa.Column('x', sa.Integer()))\nraise RuntimeError('power cut')",
    )

    assert "x" in stock.sql()["t"]
    assert ours.sql() == ours.sql_before
    assert "power cut" in ours.error


@pytest.mark.parametrize(
    "commits",
    [
        "op.get_bind().connection.executescript('CREATE TABLE more (id)')",
        "op.execute('COMMIT')",
        "op.execute('ROLLBACK')",
        "op.get_bind().commit()",
        "try:\n    op.execute('COMMIT')\nexcept Exception:\n    op.execute('CREATE TABLE more (id)')",
    ],
)
def test_a_revision_that_ends_the_transaction_is_refused_before_it_does(both: Both, commits: str) -> None:
    _, ours = both("", f"op.create_table('first', sa.Column('id', sa.Integer()))\n{commits}")

    assert ours.refused_and_unchanged("the whole migration is one transaction")
    assert ours.sql() == {}


def test_a_script_of_several_statements_commits_what_came_before_in_the_stock_environment(both: Both) -> None:
    stock, ours = both(
        "",
        "op.create_table('first', sa.Column('id', sa.Integer()))\n"
        "op.get_bind().connection.executescript('CREATE TABLE more (id)')\nraise RuntimeError",
    )

    assert stock.sql().keys() == {"first", "more"}
    assert ours.sql() == {}


def test_an_autocommit_block_is_refused(both: Both) -> None:
    _, ours = both("", "with op.get_context().autocommit_block():\n    op.execute('CREATE TABLE x (id)')")

    assert ours.error
    assert ours.sql() == {}


def test_when_sqlite_itself_has_rolled_back_nothing_of_the_revision_runs_on(both: Both) -> None:
    stock, ours = both(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, title VARCHAR NOT NULL); INSERT INTO t VALUES (1, 'a')",
        """
        driver = op.get_bind().connection.dbapi_connection
        driver.set_progress_handler(lambda: 1, 1)  # interrupts, as a full disk or a signal may
        try:
            op.execute("UPDATE t SET title = 'b'")
        except sa.exc.OperationalError:
            driver.set_progress_handler(None, 1)
        op.execute("CREATE TABLE more (id)")
        """,
    )

    assert "more" in stock.sql()
    assert ours.refused_and_unchanged("SQLite has rolled the whole migration back")


def test_rows_that_would_point_to_nothing_are_refused(both: Both) -> None:
    stock, ours = both(FAMILY, "op.execute('DELETE FROM t WHERE id = 2')")

    assert stock.do("PRAGMA foreign_key_check") == [("child", 3, "t", 0)]
    assert ours.refused_and_unchanged("row 3 of child", "nothing in t")
    assert ours.do("SELECT count(*) FROM t") == [(2,)]


def test_a_parent_that_is_dropped_and_made_again_empty_is_refused(both: Both) -> None:
    stock, ours = both(
        FAMILY,
        "op.drop_table('t')\nop.create_table('t', sa.Column('id', sa.Integer(), primary_key=True))",
    )

    assert len(stock.do("PRAGMA foreign_key_check")) == 3
    assert ours.refused_and_unchanged("of child", "nothing in t")


def test_a_batch_table_that_would_stay_behind_is_refused(both: Both) -> None:
    stock, ours = both("", "op.create_table('_alembic_tmp_t', sa.Column('id', sa.Integer()))")

    assert stock.sql().keys() == {"_alembic_tmp_t"}
    assert ours.refused_and_unchanged("would leave _alembic_tmp_t behind")


@pytest.mark.parametrize(
    "reader",
    [
        "CREATE VIEW reader AS SELECT title FROM t",
        "CREATE TRIGGER reader AFTER INSERT ON other BEGIN INSERT INTO t (title) VALUES ('from other'); END",
    ],
)
def test_a_view_or_trigger_that_names_what_goes_is_refused(both: Both, reader: str) -> None:
    before = f"""
        CREATE TABLE t (id INTEGER PRIMARY KEY, title VARCHAR NOT NULL);
        CREATE TABLE other (id INTEGER PRIMARY KEY);
        {reader};"""
    stock, ours = both(before, "op.drop_table('t')")

    assert "reader" in stock.sql()
    assert "t" not in stock.sql()
    assert "reader" in ours.error
    assert ours.sql() == ours.sql_before


# ----------------------------------------------------------------------------- what a copy keeps


def test_triggers_of_the_table_are_kept(both: Both) -> None:
    stock, ours = both("""
        CREATE TABLE t (id INTEGER PRIMARY KEY, title VARCHAR NOT NULL);
        CREATE TABLE log (title VARCHAR);
        CREATE TRIGGER logged AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.title); END;""")

    assert "logged" not in stock.sql()
    ours.do("INSERT INTO t (title) VALUES ('seen')")
    assert ours.do("SELECT title FROM log") == [("seen",)]


@pytest.mark.parametrize(
    ("reader", "shows"),
    [
        ("CREATE VIEW reader AS SELECT title FROM t", "SELECT title FROM reader"),
        (
            "CREATE TRIGGER reader AFTER INSERT ON other BEGIN UPDATE t SET title = 'other'; END",
            "SELECT title FROM t",
        ),
    ],
)
def test_a_view_or_a_trigger_elsewhere_that_names_the_table_is_no_obstacle(
    both: Both, reader: str, shows: str
) -> None:
    stock, ours = both(f"""
        CREATE TABLE t (id INTEGER PRIMARY KEY, title VARCHAR NOT NULL);
        CREATE TABLE other (id INTEGER PRIMARY KEY);
        INSERT INTO t VALUES (1, 'a');
        {reader};""")

    assert "no such table" in stock.error
    assert "_alembic_tmp_t" in stock.sql()  # so that a second try fails as well
    assert ours.error == ""
    assert ours.do(shows) == [("a",)]
    ours.do("INSERT INTO other VALUES (1)")
    assert ours.do("SELECT count(*) FROM t") == [(1,)]


@pytest.mark.parametrize(
    "index",
    [
        "CREATE INDEX i ON t (lower(title))",
        "CREATE INDEX i ON t (title DESC)",
        "CREATE INDEX i ON t (title COLLATE NOCASE)",
        "CREATE UNIQUE INDEX i ON t (title DESC) WHERE title > 'a'",
    ],
)
def test_indexes_that_reflection_does_not_understand_are_kept(both: Both, index: str) -> None:
    stock, ours = both(f"CREATE TABLE t (id INTEGER PRIMARY KEY, title VARCHAR NOT NULL); {index};")

    assert stock.sql().get("i") != index
    assert ours.sql()["i"] == index


def test_a_partial_index_is_kept(both: Both) -> None:
    _, ours = both("""
        CREATE TABLE t (id INTEGER PRIMARY KEY, title VARCHAR NOT NULL);
        CREATE INDEX i ON t (title) WHERE title <> '';""")

    assert "WHERE title <> ''" in ours.sql()["i"]


def test_a_generated_column_whose_rule_reflection_does_not_find_is_refused(both: Both) -> None:
    _, ours = both("CREATE TABLE t (id INTEGER PRIMARY KEY, title VARCHAR, n INTEGER, twice INT AS (n * 2));")

    assert ours.refused_and_unchanged("would silently lose", "GENERATED ALWAYS")


@pytest.mark.parametrize("kind", ["STORED", "VIRTUAL"])
def test_a_generated_column_is_generated_again(both: Both, kind: str) -> None:
    stock, ours = both(f"""
        CREATE TABLE t (id INTEGER PRIMARY KEY, title VARCHAR NOT NULL, n INTEGER,
                        twice INTEGER GENERATED ALWAYS AS (n * 2) {kind});
        INSERT INTO t (title, n) VALUES ('a', 21);""")

    assert "generated column" in stock.error
    assert ours.error == ""
    ours.do("UPDATE t SET n = n + 1")
    assert ours.do("SELECT n, twice FROM t") == [(22, 44)]


@pytest.mark.parametrize(
    ("column", "rule"),
    [
        ("other_id INTEGER REFERENCES other (id) ON DELETE SET NULL", "SET NULL"),
        ("other_id INTEGER REFERENCES other (id) ON UPDATE CASCADE", "CASCADE"),
        ("other_id INTEGER REFERENCES other (id) DEFERRABLE INITIALLY DEFERRED", "DEFERRABLE"),
        ("code VARCHAR(20) NOT NULL UNIQUE", "UNIQUE"),
        ("code VARCHAR COLLATE NOCASE, CONSTRAINT u UNIQUE (code)", "COLLATE"),
        ("code VARCHAR, CONSTRAINT u UNIQUE (code) ON CONFLICT REPLACE", "ON CONFLICT"),
        ("n INTEGER CHECK (n > 0)", "CHECK"),
    ],
)
def test_a_rule_that_a_copy_would_lose_is_refused(both: Both, column: str, rule: str) -> None:
    stock, ours = both(f"""
        CREATE TABLE other (id INTEGER PRIMARY KEY);
        CREATE TABLE t (id INTEGER PRIMARY KEY, title VARCHAR NOT NULL, {column});""")

    assert stock.error == ""
    assert rule not in stock.sql()["t"]
    assert ours.refused_and_unchanged("would silently lose", rule, "Restate it")


def test_of_two_checks_without_a_name_both_have_to_be_restated(both: Both) -> None:
    stock, ours = both(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, title VARCHAR, n INT CHECK (n > 0), CHECK (title <> ''))",
        REBUILD.replace('"t"', "'t', table_args=[sa.CheckConstraint('n > 0', name='positive')]"),
    )

    assert stock.sql()["t"].count("CHECK") == 1
    assert ours.refused_and_unchanged("CHECK without a name")


def test_autoincrement_is_refused(both: Both) -> None:
    stock, ours = both("CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, title VARCHAR NOT NULL);")

    assert "AUTOINCREMENT" not in stock.sql()["t"]
    assert ours.refused_and_unchanged("would silently lose: AUTOINCREMENT")


@pytest.mark.parametrize(
    ("table", "restated", "kept"),
    [
        (
            "id INTEGER PRIMARY KEY AUTOINCREMENT",
            "table_kwargs={'sqlite_autoincrement': True}",
            "AUTOINCREMENT",
        ),
        (
            "id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0)",
            "table_args=[sa.CheckConstraint('n > 0', name='positive')]",
            "CONSTRAINT positive CHECK",
        ),
        (
            "id INTEGER PRIMARY KEY, code VARCHAR NOT NULL UNIQUE",
            "table_args=[sa.UniqueConstraint('code', name='uq_t_code')]",
            "CONSTRAINT uq_t_code UNIQUE",
        ),
        (
            "id INTEGER PRIMARY KEY, code VARCHAR COLLATE NOCASE",
            "reflect_args=[sa.Column('code', sa.String(collation='NOCASE'))]",
            'COLLATE "NOCASE"',
        ),
    ],
)
def test_what_the_author_restates_is_not_refused(both: Both, table: str, restated: str, kept: str) -> None:
    _, ours = both(
        f"CREATE TABLE t ({table}, title VARCHAR NOT NULL);",
        REBUILD.replace('"t"', f'"t", {restated}'),
    )

    assert ours.error == ""
    assert kept in ours.sql()["t"]


def test_words_inside_of_texts_and_comments_are_not_rules(both: Both) -> None:
    _, ours = both("""
        CREATE TABLE t (id INTEGER PRIMARY KEY, -- not AUTOINCREMENT
            title VARCHAR DEFAULT 'UNIQUE' NOT NULL /* no CHECK, no CASCADE */);""")

    assert ours.error == ""


# ---------------------------------------------------------------------------- whose connection it is


def test_the_settings_of_a_connection_are_given_back(sqlite: sa.URL) -> None:
    with history.engine(sqlite).connect() as connection:
        driver: Any = connection.connection.dbapi_connection
        driver.execute("PRAGMA foreign_keys = ON")
        driver.execute("PRAGMA busy_timeout = 1234")
        history.upgrade(connection)

        assert driver.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert driver.execute("PRAGMA busy_timeout").fetchone() == (1234,)
        assert driver.isolation_level == ""
        driver.execute("BEGIN")  # nobody is asked any more


def test_inside_a_transaction_with_foreign_keys_on_a_migration_is_refused(sqlite: sa.URL) -> None:
    with history.engine(sqlite).connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = ON")
        with pytest.raises(Exception, match="inside a transaction with foreign keys on"):
            history.upgrade(connection)


def test_inside_a_transaction_of_the_caller_the_caller_ends_it(sqlite: sa.URL) -> None:
    with history.engine(sqlite).connect() as connection:
        with connection.begin() as transaction:
            history.upgrade(connection)
            transaction.rollback()
        assert not sa.inspect(connection).get_table_names()

    with history.engine(sqlite).begin() as connection:
        history.upgrade(connection)
    assert history.revision_of(sqlite) == history.HEAD


def test_an_engine_that_begins_by_itself_is_served_too(sqlite: sa.URL) -> None:
    engine = history.engine(sqlite)

    @sa.event.listens_for(engine, "connect")
    def connect(driver: Any, _record: object) -> None:
        driver.isolation_level = None
        driver.execute("PRAGMA foreign_keys = ON")

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    history.upgrade(engine)
    assert history.revision_of(sqlite) == history.HEAD


@pytest.mark.parametrize(
    ("env", "missing"),
    [
        (
            "context.configure(connection=connection)\n"
            "with sqlite_safety.guard(context.get_context()):\n"
            "    context.run_migrations()",
            "pass **sqlite_safety.OPTIONS to context.configure",
        ),
        (
            "context.configure(connection=connection, **sqlite_safety.OPTIONS)\n"
            "with context.begin_transaction():\n"
            "    context.run_migrations()",
            "put context.run_migrations() inside `with sqlite_safety.guard(",
        ),
    ],
)
@pytest.mark.usefixtures("keys_on")
def test_half_a_guard_says_which_half_is_missing_and_loses_no_row(
    tmp_path: Path, env: str, missing: str
) -> None:
    env = (
        "from alembic import context\n"
        "from sqlalchemy import create_engine\n"
        "from migrations import sqlite_safety\n"
        "with create_engine(context.config.get_main_option('sqlalchemy.url')).connect() as connection:\n"
        + textwrap.indent(env, "    ")
    )
    run = Run(tmp_path, env, FAMILY, REBUILD)

    assert run.error.startswith("CommandError: the guard is half installed: ")
    assert missing in run.error
    assert run.do("SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM child)") == [(2, 3)]


def test_other_projects_in_the_same_process_keep_alembics_own_batch_mode(sqlite: sa.URL) -> None:
    history.upgrade(sqlite)

    assert _impls["sqlite"] is SQLiteImpl
