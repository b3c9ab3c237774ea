"""Every message that `workbook explain` knows, as Alembic, SQLAlchemy or the database really print it."""

from __future__ import annotations

import json
import re
import sqlite3
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.config import Config
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from workbook import cli, commands
from workbook.explain import Explanation, explain, explanations
from workbook.lessons import LESSONS

MODELS = """\
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


"""
REVISION = """\
import sqlalchemy as sa
from alembic import op

revision = "{0}"
down_revision = {1!r}
branch_labels = None
depends_on = None


def upgrade():
    {2}


def downgrade():
    {3}
"""
USERS = """op.create_table(
        "users", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("name", sa.String())
    )"""
USER = """\
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
PET = """\
class Pet(Base):
    __tablename__ = "pets"
    id: Mapped[int] = mapped_column(primary_key=True)
"""
TWO_USERS = "INSERT INTO users (name) VALUES ('Ana'), ('Ana')"


class Blog:
    """A small project as `alembic init` makes it: the stock environment, a database, revision r1."""

    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        self.alembic("init", "migrations")
        self.change("alembic.ini", "driver://user:pass@localhost/dbname", "sqlite:///%(here)s/blog.db")
        self.change("alembic.ini", "prepend_sys_path = .", "prepend_sys_path = %(here)s")
        self.revision("r1", None, USERS, 'op.drop_table("users")')

    def alembic(self, *words: str) -> str:
        """What `alembic WORDS` prints."""
        return commands.alembic(self.root, words)[1]

    def revision(self, name: str, parent: str | None, upgrade: str, downgrade: str = "pass") -> None:
        path = self.root / "migrations" / "versions" / f"{name}.py"
        path.write_text(REVISION.format(name, parent, upgrade, downgrade), encoding="utf-8")

    def change(self, name: str, old: str, new: str) -> None:
        path = self.root / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    def models(self, text: str) -> None:
        (self.root / "models.py").write_text(MODELS + text, encoding="utf-8")
        self.change(
            "migrations/env.py",
            "target_metadata = None",
            "from models import Base\ntarget_metadata = Base.metadata",
        )

    def sql(self, *statements: str) -> str:
        """Run statements; what the database says when it refuses one."""
        with closing(sqlite3.connect(self.root / "blog.db")) as database:
            try:
                for statement in statements:
                    database.execute(statement)
                database.commit()
            except sqlite3.Error as error:
                return str(error)
        return ""

    def next(self, upgrade: str, *, rows: bool = True) -> str:
        """What `alembic upgrade head` prints when r2 does UPGRADE, on a table with two rows."""
        self.alembic("upgrade", "r1")
        if rows:
            self.sql(TWO_USERS)
        self.revision("r2", "r1", upgrade)
        return self.alembic("upgrade", "head")


@pytest.fixture
def blog(tmp_path: Path) -> Blog:
    return Blog(tmp_path / "blog")


def batch(line: str) -> str:
    return f'with op.batch_alter_table("users") as batch:\n        {line}'


def left_over(blog: Blog) -> str:
    blog.alembic("upgrade", "r1")
    blog.sql("CREATE TABLE _alembic_tmp_users (id INTEGER)")
    blog.revision("r2", "r1", batch('batch.alter_column("name", nullable=False)'))
    return blog.alembic("upgrade", "head")


def two_heads(blog: Blog) -> str:
    blog.revision("r2", "r1", "pass")
    blog.revision("r3", "r1", "pass")
    return blog.alembic("upgrade", "head")


def twice(blog: Blog) -> str:
    blog.revision("r2", "r1", "pass")
    (blog.root / "migrations/versions/copy.py").write_text(
        (blog.root / "migrations/versions/r2.py").read_text()
    )
    return blog.alembic("history")


def cycle(blog: Blog) -> str:
    blog.revision("r2", "r3", "pass")
    blog.revision("r3", "r2", "pass")
    return blog.alembic("history")


def gone(blog: Blog) -> str:
    blog.next("pass")
    (blog.root / "migrations/versions/r2.py").unlink()
    return blog.alembic("current")


def behind(blog: Blog) -> str:
    blog.models("")
    return blog.alembic("revision", "--autogenerate", "-m", "more")


def two_users_one_name(blog: Blog) -> str:
    return blog.next(batch('batch.create_unique_constraint("uq_users_name", ["name"])'))


def broken_check(blog: Blog) -> str:
    blog.next(batch('batch.create_check_constraint("long_name", "length(name) > 3 OR name = \'Ana\'")'))
    return blog.sql("UPDATE users SET name = 'x'")


def orphan(blog: Blog) -> str:
    blog.alembic("upgrade", "r1")
    key = "CREATE TABLE pets (id INTEGER PRIMARY KEY, owner_id INTEGER REFERENCES users)"
    return blog.sql("PRAGMA foreign_keys=ON", key, "INSERT INTO pets (owner_id) VALUES (7)")


def again(blog: Blog) -> str:
    return blog.next('op.add_column("users", sa.Column("name", sa.String()))')


def table_there(blog: Blog) -> str:
    blog.sql("CREATE TABLE users (id INTEGER)")
    return blog.alembic("upgrade", "head")


def view(blog: Blog) -> str:
    blog.alembic("upgrade", "r1")
    blog.sql("CREATE VIEW names AS SELECT name FROM users")
    blog.revision("r2", "r1", batch('batch.alter_column("name", nullable=False)'))
    return blog.alembic("upgrade", "head")


def nameless_check(blog: Blog) -> str:
    check = 'op.create_table("pets", sa.Column("age", sa.Integer()), sa.CheckConstraint("age > 0"))'
    change = 'with op.batch_alter_table("pets") as pets:\n        pets.alter_column("age", nullable=False)'
    blog.revision("r2", "r1", check)
    blog.revision("r3", "r2", change)
    return blog.alembic("upgrade", "head")


def missing_module(blog: Blog) -> str:
    blog.change("migrations/env.py", "target_metadata = None", "from modles import Base")
    return blog.alembic("current")


def no_metadata(blog: Blog) -> str:
    blog.alembic("upgrade", "head")
    return blog.alembic("check")


def the_class(blog: Blog) -> str:
    blog.models("")
    blog.change("migrations/env.py", "= Base.metadata", "= Base")
    blog.alembic("upgrade", "head")
    return blog.alembic("check")


def template_url(blog: Blog) -> str:
    blog.change("alembic.ini", "sqlite:///%(here)s/blog.db", "driver://user:pass@localhost/dbname")
    return blog.alembic("current")


def no_ini(blog: Blog) -> str:
    (blog.root / "alembic.ini").unlink()
    return blog.alembic("current")


def percent(blog: Blog) -> str:
    blog.change("alembic.ini", "sqlite:///%(here)s/blog.db", "postgresql://ana:50%off@localhost/blog")
    return blog.alembic("current")


def no_folder(blog: Blog) -> str:
    blog.change("alembic.ini", "sqlite:///%(here)s/blog.db", "sqlite:///%(here)s/data/blog.db")
    return blog.alembic("current")


def removed(blog: Blog) -> str:
    blog.models("")
    blog.alembic("upgrade", "head")
    return blog.alembic("check")


def renamed(blog: Blog) -> str:
    blog.models(USER + "    username: Mapped[str | None]\n")
    blog.alembic("upgrade", "head")
    return blog.alembic("check")


def locked(blog: Blog) -> str:
    blog.alembic("upgrade", "r1")
    with closing(sqlite3.connect(blog.root / "blog.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with closing(sqlite3.connect(blog.root / "blog.db", timeout=0)) as own:
            try:
                own.execute(TWO_USERS)
            except sqlite3.Error as error:
                return str(error)
    return ""


def merged(blog: Blog) -> str:
    two_heads(blog)
    blog.alembic("merge", "heads", "-m", "join")
    blog.alembic("upgrade", "head")
    return blog.alembic("downgrade", "-1")


def two_notes(blog: Blog) -> str:
    blog.alembic("upgrade", "r1")
    blog.revision("r2", "r1", "pass")
    blog.revision("r3", "r2", "pass")
    blog.alembic("upgrade", "r2")
    with closing(sqlite3.connect(blog.root / "blog.db")) as database:
        database.execute("INSERT INTO alembic_version VALUES ('r1')")
        database.commit()
    return blog.alembic("upgrade", "head")


def other_direction(blog: Blog) -> str:
    blog.alembic("upgrade", "r1")
    blog.revision("r2", "r1", "pass")
    return blog.alembic("downgrade", "r2")


def no_such_parent(blog: Blog) -> str:
    blog.models(PET + '    owner_id: Mapped[int] = mapped_column(sa.ForeignKey("address_id"))\n')
    blog.alembic("upgrade", "head")
    return blog.alembic("check")


def no_such_class(blog: Blog) -> str:
    blog.models(
        USER + '    name: Mapped[str | None]\n    pets: Mapped[list["Pets"]] = relationship()\nUser()\n'
    )
    blog.alembic("upgrade", "head")
    return blog.alembic("check")


def clean(blog: Blog) -> str:
    blog.models(USER + "    name: Mapped[str | None]\n")
    blog.alembic("upgrade", "head")
    return blog.alembic("check")


def live_models(blog: Blog) -> str:
    (blog.root / "models.py").write_text(
        MODELS + USER + "    name: Mapped[str | None]\n    email: Mapped[str | None]\n",
        encoding="utf-8",
    )
    return blog.next(
        "from sqlalchemy.orm import Session\n    from models import User\n"
        "    print([user.name for user in Session(op.get_bind()).scalars(sa.select(User))])"
    )


def parent_gone(blog: Blog) -> str:
    blog.revision("r3", "r2", "pass")
    return blog.alembic("upgrade", "head")


def without(blog: Blog, line: str) -> str:
    """What r2 says when LINE is not in its file."""
    blog.revision("r2", "r1", 'op.add_column("users", sa.Column("age", sa.Integer()))')
    blog.change("migrations/versions/r2.py", line, "")
    blog.alembic("upgrade", "head")
    return blog.alembic("downgrade", "-1") if "downgrade" in line else blog.alembic("upgrade", "head")


def no_such_name(blog: Blog) -> str:
    blog.models(USER)
    blog.change("migrations/env.py", "import Base", "import Bsae")
    return blog.alembic("current")


def loop(blog: Blog) -> str:
    blog.revision("r2", "r2", "pass")
    return blog.alembic("history")


def half_a_key(blog: Blog) -> str:
    blog.alembic("upgrade", "r1")
    key = "CREATE TABLE pets (id INTEGER PRIMARY KEY, owner VARCHAR REFERENCES users (name))"
    return blog.sql("PRAGMA foreign_keys=ON", key, "INSERT INTO pets (owner) VALUES ('Ana')")


FLAT = 'op.add_column("users", sa.Column("pet_id", sa.Integer(), sa.ForeignKey("users.id")))'
# What makes the message; words of the answer; the lesson.
MESSAGES: dict[str, tuple[Callable[[Blog], str], str, str]] = {
    "left-over": (left_over, "DROP TABLE _alembic_tmp_users", "11"),
    "two notes": (two_notes, "alembic_version", "11"),
    "two heads": (two_heads, "alembic merge heads", "10"),
    "an id twice": (twice, "same revision id, r2", "10"),
    "a circle": (cycle, "back to itself", "10"),
    "a file that is gone": (gone, "names revision r2", "11"),
    "not up to date": (behind, "alembic upgrade head", "11"),
    "a key without batch mode": (lambda blog: blog.next(FLAT), "op.batch_alter_table", "05"),
    "a key without a name": (
        lambda blog: blog.next(batch('batch.create_foreign_key(None, "users", ["id"], ["id"])')),
        "Give it one",
        "06",
    ),
    "a name that is none": (
        lambda blog: blog.next(batch('batch.drop_constraint("uq_users_name", type_="unique")')),
        "no constraint called uq_users_name",
        "06",
    ),
    "NOT NULL without a default": (
        lambda blog: blog.next('op.add_column("users", sa.Column("email", sa.String(), nullable=False))'),
        "server_default",
        "02",
    ),
    "now as a default": (
        lambda blog: blog.next(
            'op.add_column("users", sa.Column("at", sa.DateTime(), server_default=sa.func.now()))'
        ),
        "batch mode",
        "03",
    ),
    "now() as text": (
        lambda blog: blog.next(
            'op.create_table("t", sa.Column("at", sa.DateTime(), server_default=sa.text("(now())")))\n'
            '    op.execute("INSERT INTO t DEFAULT VALUES")'
        ),
        "sa.func.now()",
        "03",
    ),
    "a NULL": (
        lambda blog: blog.next(
            'op.execute("UPDATE users SET name = NULL")\n    '
            + batch('batch.alter_column("name", nullable=False)')
        ),
        "users.name",
        "02",
    ),
    "two of a kind": (two_users_one_name, "SELECT name, count(*) FROM users", "06"),
    "a broken CHECK": (broken_check, "long_name", "06"),
    "a child without a parent": (orphan, "the guard of lesson 05", "05"),
    "a column twice": (again, "column name is there already", "11"),
    "a table twice": (table_there, "alembic stamp", "11"),
    "a view in the way": (view, "Drop the view", "03"),
    "a rule that a rebuild forgets": (nameless_check, "give it a name", "06"),
    "a module that is not found": (missing_module, "modles", "00"),
    "no metadata": (no_metadata, "target_metadata", "00"),
    "the class for its metadata": (the_class, "Base.metadata", "00"),
    "the template's URL": (template_url, "sqlite:///%(here)s/blog.db", "00"),
    "no alembic.ini": (no_ini, "alembic -c", "00"),
    "init twice": (lambda blog: blog.alembic("init", "migrations"), "set up already", "00"),
    "a percent sign": (percent, "%%", "14"),
    "a folder that is not there": (no_folder, "%(here)s", "11"),
    "no such table": (lambda blog: blog.sql("SELECT 1 FROM posts"), "no table posts", "11"),
    "no such column": (live_models, "sa.table", "07"),
    "a table without a class": (removed, "no model has it", "09"),
    "a rename": (renamed, "If users.name was to become users.username", "04"),
    "a locked file": (locked, "End it, or wait", "11"),
    "too many steps": (lambda blog: blog.alembic("upgrade", "+7"), "alembic history", "01"),
    "two ways down": (merged, "Name the revision", "10"),
    "the other direction": (other_direction, "in that direction", "01"),
    "a table that is a column": (no_such_parent, "address.id", "05"),
    "a class that is a table": (no_such_class, "name of the class", "05"),
    "nothing to do": (clean, "agree", "09"),
    "a parent that is gone": (parent_gone, "Bring the file of r2 back", "11"),
    "a parent that is gone, the last line": (lambda _: "KeyError: 'b04'", "no file has that id", "11"),
    "a column that is none": (
        lambda blog: blog.next(batch('batch.drop_column("nam")')),
        "asks its table",
        "04",
    ),
    "one space too many": (lambda blog: blog.next("pass\n     pass"), "below each other", "01"),
    "a tab": (lambda blog: blog.next("if True:\n        pass\n\tpass"), "no tabs", "01"),
    "no Python": (lambda blog: blog.next("def ("), "cannot read the file", "01"),
    "no sa": (lambda blog: without(blog, "import sqlalchemy as sa"), "does not import it", "01"),
    "no op": (lambda blog: without(blog, "from alembic import op"), "does not import it", "01"),
    "no such word": (lambda blog: blog.next("undefined"), "knows no undefined", "01"),
    "no such name": (no_such_name, "nothing that is called Bsae", "00"),
    "a batch of no table": (
        lambda blog: blog.next(batch('batch.drop_column("name")').replace('"users"', '"user"')),
        "no table of that name",
        "04",
    ),
    "a table misspelt": (lambda blog: blog.next('op.execute("DELETE FROM user")'), "is misspelt", "11"),
    "a key to what is not unique": (half_a_key, "make what it points to UNIQUE", "05"),
    "a key on no column": (
        lambda blog: blog.next(
            'op.create_table("t", sa.Column("x", sa.Integer()), sa.ForeignKeyConstraint(["y"], ["users.id"]))'
        ),
        "the column y",
        "05",
    ),
    "a key on no column, in SQL": (
        lambda blog: blog.sql("CREATE TABLE t (x INTEGER, FOREIGN KEY (y) REFERENCES users (id))"),
        "the column y",
        "05",
    ),
    "a circle of one": (loop, "names itself", "10"),
    "no alembic": (lambda _: "bash: alembic: command not found", "pipenv", "00"),
    "a new name without its name": (
        lambda blog: blog.next('op.alter_column("users", "name", "full_name")'),
        "new_column_name",
        "04",
    ),
    "no downgrade": (
        lambda blog: without(blog, "def downgrade():\n    pass\n"),
        "no function downgrade()",
        "01",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_as_it_is_really_printed_is_explained(blog: Blog, name: str) -> None:
    make, words, lesson = MESSAGES[name]
    message = make(blog)
    found = explain(message)
    assert found is not None, message
    assert words in f"{found.cause} {found.repair}", (message, found)
    assert found.lesson == lesson, (message, found)


def test_a_type_of_postgresql_that_outlived_its_table(postgres: sa.URL) -> None:
    made = sa.create_engine(postgres)
    with made.begin() as connection:
        connection.execute(sa.text("CREATE TYPE mood AS ENUM ('good', 'bad')"))
    with made.connect() as connection, pytest.raises(sa.exc.ProgrammingError) as error:
        connection.execute(sa.text("CREATE TYPE mood AS ENUM ('good', 'bad')"))
    made.dispose()
    found = explain(str(error.value))
    assert found is not None
    assert found.lesson == "14"


def test_every_explanation_has_a_message_that_only_it_explains(tmp_path: Path) -> None:
    """So none stands behind one that is met first, and none is there without a test."""
    met: set[str] = set()
    for number, (make, _, _) in enumerate(MESSAGES.values()):
        found = explain(make(Blog(tmp_path / str(number))))
        assert found is not None
        met.add(found.pattern)
    left = [one.pattern for one in explanations() if one.pattern not in met]
    assert [pattern for pattern in left if "CREATE TYPE" not in pattern] == []


@pytest.mark.parametrize("one", explanations(), ids=lambda one: one.pattern)
def test_an_explanation_is_whole(one: Explanation) -> None:
    assert re.compile(one.pattern)
    assert one.cause
    assert one.repair
    assert one.lesson in {*LESSONS, "14", "15", "16"}


def run(*words: str, **more: Any) -> Any:
    return CliRunner().invoke(cli.main, ["explain", *words], catch_exceptions=False, **more)


def test_a_message_can_be_typed_or_piped() -> None:
    typed = run("sqlite3.OperationalError: table posts already exists")
    assert typed.exit_code == 0
    assert typed.output.startswith("Why:    ")
    assert run(input="... table posts already exists\n[SQL: ...]").output == typed.output
    assert json.loads(run("--json", "table posts already exists").output)["lesson"] == "11"


def test_the_colours_of_a_terminal_hide_no_message() -> None:
    plain, coloured = (
        run("table posts already exists"),
        run("\x1b[31mtable \x1b[1mposts\x1b[0m already exists"),
    )
    assert coloured.output == plain.output


def test_bytes_that_are_no_text_and_messages_that_nobody_knows_are_a_sentence() -> None:
    unknown = run(input=b"\xff\xfe nothing of this")
    assert unknown.exit_code == 1
    assert "does not know that message" in unknown.output
    assert run(input="").exit_code == 2


def test_a_whole_traceback_is_explained_as_its_last_line(blog: Blog) -> None:
    parent_gone(blog)
    with pytest.warns(UserWarning, match="is not present"), pytest.raises(KeyError) as error:
        ScriptDirectory.from_config(Config(blog.root / "alembic.ini")).get_heads()
    trace = "".join(traceback.format_exception(error.value))
    assert trace.endswith("KeyError: 'r2'\n")
    found = explain(trace)
    assert found is not None
    assert "no file has that id" in found.cause


def test_an_error_in_sql_is_no_error_of_python() -> None:
    assert explain('(psycopg.errors.SyntaxError) syntax error at or near "SELEC"') is None
