"""What a check promises, whatever somebody's code does: an answer in sentences, in an untouched project."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from workbook import commands
from workbook.checks import answers, building, reading, reasons, runner
from workbook.checks.tasks import all_tasks
from workbook.checks.verdict import CORRECT, NOT_ATTEMPTED, NOT_YET, Verdict

TASKS = all_tasks()
DONE = ["00", "01.1", "01.2", "02"]
TASK = "03"  # the one that is being answered in these tests: posts.created_at

REVISION = '''"""say when a post was written"""

import sqlalchemy as sa
from alembic import op

revision = "9f04"
down_revision = "b03"
branch_labels = None
depends_on = None
{above}

def upgrade() -> None:
    {up}
    with op.batch_alter_table("posts") as batch:
        batch.add_column(sa.Column("created_at", sa.DateTime(), server_default=sa.func.now(), nullable=False))


def downgrade() -> None:
    with op.batch_alter_table("posts") as batch:
        batch.drop_column("created_at")
'''
NAME = "migrations/versions/9f04_created_at.py"
LINE = 13  # the first of upgrade()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A blog that is right up to lesson 02, and whose models are those of lesson 03."""
    folder = tmp_path_factory.mktemp("built") / "blog"
    building.build(folder, [task for task in TASKS if task.name in DONE])
    return folder


@pytest.fixture
def blog(built: Path, tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "workspace" / "blog"
    shutil.copytree(built, folder)
    return folder


def write(blog: Path, up: str = "", above: str = "") -> Path:
    """The student's revision, in which UP comes first; the models of lesson 03; nothing is run."""
    [task] = [task for task in TASKS if task.name == TASK]
    shutil.copyfile(task.folder / "solution" / "models.py", blog / "models.py")
    path = blog / NAME
    path.write_text(REVISION.format(above=above, up=up or "# first"), encoding="utf-8")
    return path


def check(blog: Path, seconds: float = 20) -> Verdict:
    """The answer for the task; those before it are correct, and nothing looks like a traceback."""
    found = {verdict.task: verdict for verdict in runner.check(blog, seconds=seconds)}
    assert [found[name].text for name in DONE] == [f"{name}: {CORRECT}" for name in DONE]
    assert all(one.state == NOT_ATTEMPTED for name, one in found.items() if name not in [*DONE, TASK])
    assert "Traceback" not in found[TASK].text
    assert "check-" not in found[TASK].text, "the copy has a name that means nothing to anybody"
    return found[TASK]


def everything(folder: Path) -> dict[str, tuple[bytes, int] | None]:
    """Each file and folder: its bytes, and when it was written."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns)
        if path.is_file()
        else None
        for path in sorted(folder.rglob("*"))
    }


# ---------------------------------------------------------------------------- accidents are stopped


@pytest.mark.parametrize(
    ("up", "what"),
    [
        ('open("../../outside.txt", "w")', "it was about to write to ../../outside.txt, outside of its copy"),
        ('__import__("pathlib").Path("{outside}").write_text("x")', "it was about to write to {outside}"),
        ('__import__("os").remove("{outside}")', "it was about to change {outside}, outside of its copy"),
        ('__import__("shutil").rmtree("{folder}")', "it was about to change {folder}, outside of its copy"),
        ('__import__("os").rename("blog.db", "{outside}")', "it was about to change {outside}"),
        ('__import__("sqlite3").connect("{outside}")', "it was about to open the database {outside}"),
        ('__import__("subprocess").run(["python", "-V"])', "it was about to start another program"),
        ('__import__("os").system("echo hello")', "it was about to start another program"),
        (
            '__import__("socket").create_connection(("127.0.0.1", 9))',
            "it was about to use the network",
        ),
    ],
    ids=lambda value: value.partition("{")[0][:46] if "(" in value else "",
)
def test_what_would_reach_out_of_the_copy_is_stopped_with_a_sentence(
    up: str, what: str, blog: Path, tmp_path: Path
) -> None:
    outside = tmp_path.resolve() / "elsewhere" / "outside.txt"
    outside.parent.mkdir()
    outside.write_text("it stays as it is")
    names = {"{outside}": outside.as_posix(), "{folder}": outside.parent.as_posix()}
    for gap, name in names.items():
        up, what = up.replace(gap, name), what.replace(gap, name)
    write(blog, up)
    before = everything(tmp_path)
    found = check(blog)
    assert found.state == NOT_YET
    assert what in found.what
    assert found.where == f"{NAME}, line {LINE}, in upgrade()"
    assert everything(tmp_path) == before


ASKS_THE_VARIABLE = """    from os import environ
    from dotenv import dotenv_values
    from sqlalchemy import create_engine
    name = "BLOG_DATABASE_URL"
    url = environ.get(name) or dotenv_values(".env").get(name) or config.get_main_option("sqlalchemy.url")
    connectable = create_engine(url, poolclass=pool.NullPool)
"""


@pytest.fixture
def blog_of_lesson_03(blog: Path) -> Path:
    """A right answer to lesson 03, in a blog whose env.py asks the variable, `.env` and alembic.ini."""
    write(blog)
    path = blog / "migrations" / "env.py"
    begin, _, rest = path.read_text(encoding="utf-8").partition("    connectable = engine_from_config(")
    path.write_text(begin + ASKS_THE_VARIABLE + rest.partition("\n    )\n")[2], encoding="utf-8")
    assert commands.alembic(blog, ["upgrade", "head"])[0] == 0
    return blog


def write_ini(blog: Path, url: str) -> None:
    path = blog / "alembic.ini"
    before, here, after = path.read_text(encoding="utf-8").partition("sqlite:///%(here)s/blog.db")
    assert here
    path.write_text(before + url.replace("%", "%%") + after, encoding="utf-8")


def test_the_variable_is_the_students_and_not_that_of_the_copy(
    blog_of_lesson_03: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BLOG_DATABASE_URL", f"sqlite:///{(blog_of_lesson_03 / 'blog.db').as_posix()}")
    before = everything(blog_of_lesson_03)
    assert check(blog_of_lesson_03).text == f"{TASK}: {CORRECT}"
    assert runner.drift(blog_of_lesson_03) == []
    assert everything(blog_of_lesson_03) == before


@pytest.mark.parametrize(
    "line",
    [
        "BLOG_DATABASE_URL=sqlite:///{blog}/blog.db",
        'export BLOG_DATABASE_URL = "sqlite:///{blog}/blog.db"  # where it is',
        "BLOG_DATABASE_URL='sqlite+pysqlite:///{blog}/blog.db'\r",
        "BLOG_DATABASE_URL=postgresql+psycopg://me:secret@server/blog",
        "BLOG_DATABASE_URL=sqlite:///of-an-experiment.db",
        "BLOG_DATABASE_URL=",
    ],
)
def test_whatever_dotenv_names_a_check_uses_the_copy_of_the_database(
    line: str, blog_of_lesson_03: Path
) -> None:
    text = f"OTHER=1\n{line.replace('{blog}', blog_of_lesson_03.as_posix())}\n"
    (blog_of_lesson_03 / ".env").write_text(text, encoding="utf-8", newline="")
    before = everything(blog_of_lesson_03)
    assert check(blog_of_lesson_03).text == f"{TASK}: {CORRECT}"
    assert everything(blog_of_lesson_03) == before


@pytest.mark.parametrize("name", ["blog", "100%"])
def test_an_ini_with_the_whole_path_of_the_database_is_checked_on_the_copy(
    name: str, blog_of_lesson_03: Path
) -> None:
    blog = blog_of_lesson_03.rename(blog_of_lesson_03.with_name(name))
    write_ini(blog, f"sqlite:///{(blog / 'blog.db').as_posix()}")
    before = everything(blog)
    assert check(blog).text == f"{TASK}: {CORRECT}"
    assert everything(blog) == before


def test_an_ini_that_names_a_database_elsewhere_is_told_so(blog_of_lesson_03: Path) -> None:
    other = blog_of_lesson_03.parent / "other.db"
    write_ini(blog_of_lesson_03, f"sqlite:///{other.as_posix()}")
    before = everything(blog_of_lesson_03.parent)
    found = next(one for one in runner.check(blog_of_lesson_03) if one.state == NOT_YET)
    assert found.task == "00"
    assert found.what == f"The URL means {other}, and your blog is blog.db, beside alembic.ini."
    assert found.where == "alembic.ini"
    assert everything(blog_of_lesson_03.parent) == before


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("{beside}/other.db", "Alembic was about to open another database than the one in this folder."),
        ("other.db", "Alembic works on another database than `blog.db`, beside alembic.ini."),
    ],
)
def test_an_environment_that_makes_a_url_of_its_own_is_told_so(
    name: str, what: str, blog_of_lesson_03: Path
) -> None:
    path = blog_of_lesson_03 / "migrations" / "env.py"
    own = f"sqlite:///{name.replace('{beside}', blog_of_lesson_03.parent.as_posix())}"
    text = path.read_text(encoding="utf-8").replace('config.get_main_option("sqlalchemy.url")', f'"{own}"')
    path.write_text(text, encoding="utf-8")
    before = everything(blog_of_lesson_03.parent)
    found = check(blog_of_lesson_03)
    assert (found.what, found.where) == (what, "migrations/env.py")
    assert found.why
    assert everything(blog_of_lesson_03.parent) == before


@pytest.fixture
def blog_of_lesson_00(tmp_path: Path) -> Path:
    folder = tmp_path.resolve() / "workspace" / "blog"
    building.build(folder, TASKS[:1])
    return folder


def test_a_package_that_only_the_checks_own_folder_makes_up_is_not_there(blog_of_lesson_00: Path) -> None:
    assert runner.check(blog_of_lesson_00)[0].state == CORRECT
    building.overlay(blog_of_lesson_00, TASKS[0].folder / "wrong" / "a-package-that-is-not-there")
    assert "No module named 'blog'" in runner.check(blog_of_lesson_00)[0].what


def test_what_was_right_without_a_revision_is_asked_again_when_alembic_ini_changes(
    blog_of_lesson_00: Path, tmp_path: Path
) -> None:
    assert runner.check(blog_of_lesson_00, remembered=tmp_path / "memory")[0].state == CORRECT
    write_ini(blog_of_lesson_00, "sqlite:///blog.db")
    assert runner.check(blog_of_lesson_00, remembered=tmp_path / "memory")[0].where == "alembic.ini"


# What Python does for a pair of sockets where the system has none, as on Windows.
PAIR = """
import asyncio
import socket

exec('''
def socketpair():
    listening = socket()
    listening.bind(("127.0.0.1", 0))
    listening.listen()
    one = socket()
    one.connect(listening.getsockname())
    other, _ = listening.accept()
    listening.close()
    return one, other
''', vars(socket))
"""


def test_an_event_loop_gets_the_sockets_that_it_wakes_itself_with(blog: Path) -> None:
    """An env.py from Alembic's async template calls asyncio.run, wherever it is checked."""
    write(blog, "asyncio.run(asyncio.sleep(0))", PAIR)
    commands.alembic(blog, ["upgrade", "head"])
    assert check(blog).text == f"{TASK}: {CORRECT}"


def test_an_endless_loop_ends_with_its_place(blog: Path) -> None:
    write(blog, "while True: pass")
    found = check(blog, seconds=4)
    assert found.what == "Your code has not come to an end after 4 seconds."
    assert found.where == f"{NAME}, line {LINE}, in upgrade()"
    assert found.why


def test_a_loop_while_a_file_is_imported_has_its_place_too(blog: Path) -> None:
    write(blog, above="\nwhile True: pass\n")
    found = check(blog, seconds=4)
    assert "has not come to an end" in found.what
    assert found.where == f"{NAME}, line {LINE - 2}"


def test_a_flood_is_stopped(blog: Path) -> None:
    write(blog, 'open("flood.txt", "wb").write(bytes(200_000_000))')
    found = check(blog)
    assert found.state == NOT_YET
    assert found.where.startswith(NAME)


@pytest.mark.parametrize(
    ("up", "what"),
    [
        ('raise SystemExit("that is all")', "The program was ended by its own code (sys.exit)."),
        ('__import__("sys").exit(3)', "The program was ended by its own code (sys.exit)."),
        ("upgrade()", "RecursionError"),
        ('raise RuntimeError("my own words")', "RuntimeError: my own words"),
        ('op.execute("SELEC 1")', 'near "SELEC": syntax error'),
        ("undefined", "NameError: name 'undefined' is not defined"),
        ("import migrations.not_there", "No module named 'migrations.not_there'"),
        ("assert False", "AssertionError"),
        ('__import__("os")._exit(0)', "it was about to end Python (os._exit)"),
        ("raise KeyboardInterrupt", "The upgrade stops: KeyboardInterrupt"),
        ('__import__("urllib.request").request.urlopen("http://localhost:9")', "about to use the network"),
        ('raise ValueError("\\udcff")', "ValueError: ?"),
        ('raise type("Mine", (Exception,), {"__str__": lambda self: 1 / 0})', "The upgrade stops: Mine"),
    ],
    ids=lambda value: value.partition(":")[0] if "_" in value or "raise" in value else "",
)
def test_an_exception_deep_in_upgrade_is_theirs(up: str, what: str, blog: Path) -> None:
    write(blog, up)
    found = check(blog)
    assert found.state == NOT_YET
    assert what in found.what
    assert found.where == f"{NAME}, line {LINE}, in upgrade()"


def test_a_crash_of_python_is_said_in_a_sentence(blog: Path) -> None:
    write(blog, '__import__("os").abort()')
    found = check(blog)
    assert found.what == "Your code ends Python itself, before the check has come to its end."
    assert found.where == f"{NAME}, line {LINE}, in upgrade()"


def test_an_error_without_end_is_cut(blog: Path) -> None:
    write(blog, 'raise ValueError("y" * 1_000_000)')
    assert len(check(blog).what) < 1_100


@pytest.mark.parametrize("above", ["import not_there", "undefined", "raise KeyboardInterrupt", "1 / 0"])
def test_a_revision_that_fails_while_it_is_imported_hides_nothing_that_was_right(
    above: str, blog: Path
) -> None:
    write(blog, above=above)
    found = check(blog)
    assert found.state == NOT_YET
    assert found.where == f"{NAME}, line 10"


@pytest.mark.parametrize("writes", ["print", 'lambda text: __import__("os").write(2, text.encode())'])
def test_very_much_output_is_read_by_nobody(blog: Path, writes: str) -> None:
    write(blog, f'({writes})("all work and no play " * 1_000_000)')
    assert "Your own database is at b03" in check(blog).what


def test_a_file_that_python_cannot_read_is_named_with_its_line(blog: Path) -> None:
    write(blog, "if:")
    found = check(blog)
    assert found.what == "Python cannot read this file: invalid syntax."
    assert found.where == f"{NAME}, line {LINE}"


@pytest.mark.parametrize("file", ["models.py", "migrations/env.py"])
@pytest.mark.parametrize("line", ["import not_there", "1 / 0", "raise SystemExit", "def ("])
def test_a_mistake_in_models_or_env_is_named_with_its_line(line: str, file: str, blog: Path) -> None:
    write(blog)
    path = blog / file
    path.write_text(f"{line}\n{path.read_text(encoding='utf-8')}", encoding="utf-8")
    found = runner.check(blog, seconds=20)
    wrong = [verdict for verdict in found if verdict.state == NOT_YET]
    assert [verdict.where.partition(",")[:2] for verdict in wrong] == [(file, ",")]
    assert "line 1" in wrong[0].where
    assert "Traceback" not in wrong[0].text


@pytest.mark.parametrize(
    ("name", "becomes", "why"),
    [
        ("downgrade", "downgrad", "It has `downgrad()`: is that misspelt?"),
        ("downgrade", "go_back", "`alembic downgrade` calls it"),
        ("upgrade", "forward", "Alembic calls it"),
    ],
)
def test_a_revision_without_one_of_its_functions_is_named(
    name: str, becomes: str, why: str, blog: Path
) -> None:
    path = write(blog)
    path.write_text(
        path.read_text(encoding="utf-8").replace(f"def {name}(", f"def {becomes}("), encoding="utf-8"
    )
    found = check(blog)
    assert (found.what, found.where) == (f"This file has no function `{name}()`.", NAME)
    assert found.why.startswith(why)


@pytest.mark.parametrize(
    ("to", "what"),
    [
        ("post.id", "leads to a table `post`, and there is none of that name."),
        ("posts.nr", "leads to `posts.nr`, and there is no column of that name."),
    ],
)
def test_a_foreign_key_that_leads_nowhere_is_said(to: str, what: str, blog: Path) -> None:
    write(blog, f'op.create_table("x", sa.Column("p", sa.Integer(), sa.ForeignKey("{to}")))')
    found = check(blog)
    assert found.what == f"After the upgrade, the foreign key of `x.p` {what}"
    assert found.where == NAME


def test_a_commit_that_loses_the_note_is_said(blog: Path) -> None:
    write(blog, "op.get_bind().commit()")
    found = check(blog)
    assert found.what.startswith("After the upgrade, `alembic_version` does not say 9f04")
    assert found.where == NAME


def test_a_mistake_that_no_check_thought_of_spoils_no_other_task(
    blog: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [task] = [task for task in TASKS if task.name == TASK]
    monkeypatch.setattr(task.code, "check", lambda blog: blog.now.tables["not there"])
    write(blog)
    tasks = [one for one in TASKS if one.name in [*DONE, TASK]]
    *before, found = answers.of_the_blog(blog, tasks)
    assert [one.state for one in before] == [CORRECT] * len(DONE)
    assert (found.what, found.where) == ("This check cannot judge what it finds: KeyError: 'not there'", NAME)


@pytest.mark.parametrize(
    ("head", "what", "where"),
    [
        (
            'revision = "c"\ndown_revision = 3',
            "`down_revision` is the number 3; an id is a text.",
            ", line 2",
        ),
        (
            'revision = "c"\ndown_revision = ("a", 3)',
            "`down_revision` is the number 3; an id is a text.",
            ", line 2",
        ),
        ('revision = 4\ndown_revision = "a"', "`revision` is the number 4; an id is a text.", ", line 1"),
        (
            'revision = ""\ndown_revision = "a"',
            "`revision` is ''; an id is a text that is not empty.",
            ", line 1",
        ),
        (
            'revision = "s-1"\ndown_revision = "a"',
            "The id s-1 has a `-` in it, which Alembic does not",
            ", line 1",
        ),
        ('down_revision = "a"', "This file says no `revision`.", ""),
        ('revision = "c"', "This file says no `down_revision`.", ""),
        ('revision = "a"\ndown_revision = "a"', "Two files have the same id, a: a_one.py and new.py.", ""),
        ('revision = "c"\ndown_revision = "c"', "`down_revision` says c, which is the id of this file", ""),
    ],
)
def test_what_a_file_says_of_itself_and_cannot_be_is_said_in_words(
    head: str, what: str, where: str, tmp_path: Path
) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "a_one.py").write_text('revision = "a"\ndown_revision = None\n', encoding="utf-8")
    (versions / "new.py").write_text(f"{head}\n", encoding="utf-8")
    [(problem, guilty)] = reading.faults(tmp_path)
    assert problem.what.startswith(what)
    assert problem.where == f"migrations/versions/new.py{where}"
    assert guilty == [versions / "new.py"]


@pytest.mark.parametrize(
    "head",
    [
        'revision: str = "c"\ndown_revision: str | None = "a"',
        'revision, down_revision = "c", ("a",)',
        "from somewhere import revision, down_revision",
        'revision = "".join("cd")\ndown_revision = "a"',
        'if True:\n    revision, down_revision = "c", "a"',
        "def (",
    ],
)
def test_a_file_that_says_it_in_another_way_has_no_fault(head: str, tmp_path: Path) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    (versions / "new.py").write_text(f"{head}\n", encoding="utf-8")
    (versions / "__init__.py").write_text("", encoding="utf-8")
    assert list(reading.faults(tmp_path)) == []


def test_revisions_in_a_circle_are_all_named(tmp_path: Path) -> None:
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    for one, before in ("ab", "ba", "cb"):
        (versions / f"{one}.py").write_text(
            f'revision = "{one}"\ndown_revision = "{before}"\n', encoding="utf-8"
        )
    [(problem, guilty)] = reading.faults(tmp_path)
    assert problem.what == "These revisions stand on each other in a circle: a on b, b on a."
    assert [path.name for path in guilty] == ["a.py", "b.py"]


def test_a_copied_revision_that_kept_its_id_spoils_nothing_that_was_right(blog: Path) -> None:
    path = write(blog)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"b03"', '"b02"').replace('"9f04"', '"b03"'), encoding="utf-8")
    found = check(blog)
    assert found.what.startswith("Two files have the same id, b03: b03_")
    assert found.where == NAME


@pytest.mark.parametrize("put", [Path.mkdir, lambda path: path.write_bytes(b"nothing" * 1000)])
def test_a_database_that_is_none_spoils_nothing_that_was_right(put: Any, blog: Path) -> None:
    write(blog)
    (blog / "blog.db").unlink()
    put(blog / "blog.db")
    found = [one for one in runner.check(blog) if one.state == NOT_YET]
    assert [one.what.partition(" ")[0] for one in found] == ["blog.db"]
    assert found[0].task not in DONE


def test_a_file_with_bytes_that_are_no_text_is_named(blog: Path) -> None:
    path = write(blog)
    path.write_text(path.read_text(encoding="utf-8"), encoding="utf-16")
    found = check(blog)
    assert (found.where, found.why[-17:]) == (NAME, "Save it as UTF-8.")


def execute(blog: Path, statement: str) -> None:
    with closing(sqlite3.connect(blog / "blog.db")) as database:
        database.execute(statement)
        database.commit()


# ------------------------------------------------------------------------------- nothing is touched


def test_a_check_leaves_every_file_as_it_is(blog: Path) -> None:
    write(blog, 'op.execute("DELETE FROM posts")')
    before = everything(blog.parent)
    assert check(blog).state == NOT_YET
    assert everything(blog.parent) == before


# ----------------------------------------------------------------- what is not fixed is the student's


@pytest.mark.parametrize(
    ("up", "why"),
    [
        ('op.alter_column("posts", "title", type_=sa.Text())', "SQLite cannot change a column of a table"),
        ('op.get_bind().execute("SELECT 1")', "`op.execute` takes SQL as it is; for a connection it is `sa"),
        (
            'op.batch_alter_table("posts").__enter__().add_column("posts", sa.Column("x", sa.Integer()))',
            "Inside of a batch the table is not named once more",
        ),
        ('first, last = "Dora Maria Santos".split()', "What stands on the right has more parts"),
        ('input("Really? ")', "`input()` waits for somebody who types"),
        ("raise KeyboardInterrupt", "Python takes it for Ctrl-C"),
        ('with op.batch_alter_table("posts") as b: b.drop_column("contents")', "Is it misspelt, or called"),
    ],
    ids=[
        "alter without batch",
        "text without sa.text",
        "table named in a batch",
        "three parts for two names",
        "a question",
        "an interrupt",
        "no such column in a batch",
    ],
)
def test_an_error_that_many_meet_has_its_reason_beside_it(up: str, why: str, blog: Path) -> None:
    write(blog, up)
    assert check(blog).why.startswith(why)


@pytest.mark.parametrize(
    ("words", "begins"),
    [
        ("NoSuchTableError: post", "At this moment there is no table `post`"),
        ("The program was ended by its own code (sys.exit).", "A revision returns, or raises"),
        ("OutsideError: it was about to write to /x, outside of its copy", "A check runs a copy"),
        ("OutsideError: it was about to start another program", "A check lets no code start another program"),
        ("Python cannot read this file: (unicode error) 'utf-8' codec can't decode byte", "The file is not"),
        ('OperationalError: foreign key mismatch - "posts" referencing "users"', "A foreign key of `posts`"),
        (
            "NoForeignKeysError: Could not determine join condition between parent/child tables on "
            "relationship Post.owner - there are no foreign keys linking these tables.",
            "A ForeignKey names the table",
        ),
        ("Alembic says: a revision may not COMMIT: the whole migration", "What runs the revision commits"),
    ],
)
def test_the_reason_is_found_by_the_words(words: str, begins: str) -> None:
    assert reasons.why(words).startswith(begins)


def test_other_names_and_any_number_of_revisions_pass(blog: Path) -> None:
    [task] = [task for task in TASKS if task.name == TASK]
    building.overlay(blog, task.folder / "another")
    versions = blog / "migrations" / "versions"
    for path in list(versions.glob("b0*.py")):  # and file names say nothing
        path.rename(versions / f"step_{path.stem[::-1]}.py")
    (versions / "between.py").write_text(
        '"""nothing by itself"""\n\nrevision = "z"\ndown_revision = "b03"\n\n\n'
        "def upgrade() -> None:\n    pass\n\n\ndef downgrade() -> None:\n    pass\n",
        encoding="utf-8",
    )
    path = versions / "9f04d2_created_at.py"
    path.write_text(path.read_text(encoding="utf-8").replace('"b03"', '"z"'), encoding="utf-8")
    assert "Your own database is at b03" in check(blog).what
    commands.alembic(blog, ["upgrade", "head"])
    assert check(blog).text == f"{TASK}: {CORRECT}"


@pytest.mark.parametrize("back", ["title || coalesce(': ' || subtitle, '')", "'Hello'"])
def test_a_downgrade_may_put_together_what_was_split_and_nothing_else(back: str, blog: Path) -> None:
    path = write(blog, 'op.add_column("posts", sa.Column("subtitle", sa.String(200), nullable=True))')
    drop = 'batch.drop_column("created_at")'
    text = path.read_text(encoding="utf-8").replace(
        drop,
        f"""{drop}
    op.execute("UPDATE posts SET title = {back}")
    op.drop_column("posts", "subtitle")""",
    )
    path.write_text(text, encoding="utf-8")
    models = (blog / "models.py").read_text(encoding="utf-8")
    models = models.replace(
        "    content:", "    subtitle: Mapped[str | None] = mapped_column(String(200))\n    content:"
    )
    (blog / "models.py").write_text(models, encoding="utf-8")
    assert commands.alembic(blog, ["upgrade", "head"])[0] == 0
    found = check(blog)
    if "subtitle" in back:
        assert found.text == f"{TASK}: {CORRECT}"
    else:
        assert (
            found.what
            == "The downgrade changes 6 of 6 values of `posts.title`: 'Hello, world' becomes 'Hello'."
        )


def test_a_revision_that_waits_to_be_run_is_said_to(blog: Path) -> None:
    write(blog)
    found = check(blog)
    assert "Your own database is at b03" in found.what
    assert found.why == "In your blog's folder, run: alembic upgrade head"


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE alembic_version SET version_num = 'deadbeef'", "at revision deadbeef, and no file in"),
        ("INSERT INTO alembic_version VALUES ('b01')", "at b01 and at b03, and b01 comes before b03."),
    ],
)
def test_a_note_from_which_no_upgrade_goes_on_sends_nobody_to_an_upgrade(
    statement: str, what: str, blog: Path
) -> None:
    with closing(sqlite3.connect(blog / "blog.db", isolation_level=None)) as database:
        database.execute(statement)
    found = next(one for one in runner.check(blog) if one.state == NOT_YET)
    assert what in found.what
    assert found.where == "blog.db"
    assert found.why.endswith("Run: workbook doctor")


def test_of_two_heads_the_one_that_has_not_run_is_named_with_its_line(blog: Path) -> None:
    path = write(blog)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('down_revision = "b03"', 'down_revision = "b02"'), encoding="utf-8")
    found = next(one for one in runner.check(blog) if one.state == NOT_YET)
    assert found.what == "Your history has 2 heads: 9f04, b03."
    assert found.where == f"{NAME}, line 7"
    assert 'If 9f04 is to follow b03, write down_revision = "b03" there.' in found.why


def test_a_server_default_that_the_class_does_not_repeat_passes(blog: Path) -> None:
    models = blog / "models.py"
    text = models.read_text(encoding="utf-8")
    assert ", server_default=text(\"''\")" in text
    models.write_text(text.replace(", server_default=text(\"''\")", ""), encoding="utf-8")
    write(blog)
    commands.alembic(blog, ["upgrade", "head"])
    assert check(blog).text == f"{TASK}: {CORRECT}"


def test_a_server_default_that_is_spelt_otherwise_in_the_class_passes(blog: Path) -> None:
    path = write(blog)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("sa.func.now()", 'sa.text("current_timestamp")'), encoding="utf-8")
    models = (blog / "models.py").read_text(encoding="utf-8")
    assert "server_default=false()" in models
    models = models.replace("server_default=false()", 'server_default="0"')
    (blog / "models.py").write_text(models, encoding="utf-8")
    commands.alembic(blog, ["upgrade", "head"])
    assert check(blog).text == f"{TASK}: {CORRECT}"


def test_where_a_column_is_there_before_its_revision_another_upgrade_is_not_the_advice(blog: Path) -> None:
    write(blog)
    execute(blog, "ALTER TABLE posts ADD COLUMN created_at DATETIME")
    found = check(blog)
    assert "`posts.created_at`, which 9f04 makes, is there already" in found.what
    assert "alembic upgrade head" not in found.why
    assert found.why.endswith("Run: workbook doctor")


def test_a_revision_that_was_changed_after_it_had_run_is_seen_in_the_database(blog: Path) -> None:
    write(blog)
    path = blog / NAME
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("nullable=False", "nullable=True"), encoding="utf-8")
    commands.alembic(blog, ["upgrade", "head"])
    path.write_text(text, encoding="utf-8")
    found = check(blog)
    assert found.what == (
        "Your revisions make `posts.created_at` DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, "
        "and in your database it is DATETIME DEFAULT CURRENT_TIMESTAMP."
    )
    assert found.where == "blog.db"


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            'batch.create_check_constraint("short", "length(title) < 99")',
            'batch.create_check_constraint("brief", "length(title) < 99")',
            "Your revisions name the CHECK (length(title) < 99) of `posts` ck_posts_brief, "
            "and in your database it is ck_posts_short.",
        ),
        (
            "pass",
            'batch.create_unique_constraint("uq_posts_title", ["title"])',
            "Your revisions make the UNIQUE uq_posts_title (title) of `posts`, and your database lacks it.",
        ),
    ],
)
def test_a_rule_that_was_changed_after_it_had_run_is_seen_in_the_database(
    blog: Path, before: str, after: str, said: str
) -> None:
    body = 'with op.batch_alter_table("posts") as batch:\n        '
    write(blog, f"{body}{before}")
    commands.alembic(blog, ["upgrade", "head"])
    write(blog, f"{body}{after}")
    assert runner.drift(blog) == [said]


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize(
    ("line", "thing", "made"),
    [
        (
            "    readers: Mapped[int | None]",
            "column `posts.readers`",
            "ALTER TABLE posts ADD readers INTEGER",
        ),
        (
            "class Reader(Base):\n    __tablename__ = 'readers'\n    id: Mapped[int] = mapped_column("
            "primary_key=True)\n\n\n",
            "table `readers`",
            "CREATE TABLE readers (id INTEGER PRIMARY KEY)",
        ),
    ],
    ids=["a column", "a table"],
)
def test_a_class_that_is_there_before_its_revision_is_the_beginning_of_the_next_task(
    line: str, thing: str, made: str, by_hand: bool, blog: Path
) -> None:
    models = blog / "models.py"
    text = models.read_text(encoding="utf-8")
    models.write_text(text.replace("class Author(Base)", f"{line}\n\nclass Author(Base)"), encoding="utf-8")
    if by_hand:
        execute(blog, made)
    found = check(blog)
    if by_hand:
        assert found.what == f"Your database and your models have the {thing}, and no revision makes it."
        assert found.where == "blog.db"
        assert "write the revision" in found.why
    else:
        assert found.what == f"You have begun: the {thing} is in the models, and no revision makes it yet."
        assert found.where == "models.py"


def test_a_class_that_says_otherwise_what_the_last_task_did_is_a_mistake_in_that_task(blog: Path) -> None:
    models = blog / "models.py"
    text = models.read_text(encoding="utf-8")
    for old, task in (("String(200)", TASK), ("Text, ", "02")):
        models.write_text(
            text.replace(f"({old}", f"({old}".replace("200", "99").replace("Text", "String(9)"))
        )
        [wrong] = [verdict for verdict in runner.check(blog) if verdict.state == NOT_YET]
        assert (wrong.task, wrong.where) == (task, "models.py")
        assert "in the database, VARCHAR(9" in wrong.what


def test_a_revision_file_that_is_gone_is_missing_from_its_own_task_and_no_fault_of_the_models(
    blog: Path,
) -> None:
    next(blog.glob("migrations/versions/b03*")).unlink()
    [wrong] = [verdict for verdict in runner.check(blog) if verdict.state == NOT_YET]
    assert wrong.task == "02"
    assert wrong.what == (
        "Your own database is at revision b03, and no file in migrations/versions has that id."
    )
    assert wrong.why.endswith("Run: workbook doctor")


@pytest.mark.parametrize("models_too", [False, True])
def test_a_default_that_was_changed_after_it_had_run_is_seen_in_the_database(
    models_too: bool, blog: Path
) -> None:
    [path] = blog.glob("migrations/versions/b03*")
    path.write_text(path.read_text(encoding="utf-8").replace('server_default=""', 'server_default="-"'))
    if models_too:
        models = blog / "models.py"
        models.write_text(models.read_text(encoding="utf-8").replace("text(\"''\")", "text(\"'-'\")"))
    [wrong] = [verdict for verdict in runner.check(blog) if verdict.state == NOT_YET]
    assert wrong.what == (
        "Your revisions make `posts.content` TEXT NOT NULL DEFAULT '-', "
        "and in your database it is TEXT NOT NULL DEFAULT ''."
    )
    assert wrong.where == "blog.db"
    assert runner.drift(blog) == [wrong.what]


def test_a_default_that_is_the_text_of_a_moment_is_the_mistake_and_not_the_models(blog: Path) -> None:
    path = write(blog, above="\nfrom datetime import datetime\n")
    path.write_text(path.read_text(encoding="utf-8").replace("sa.func.now()", "str(datetime.now())"))
    commands.alembic(blog, ["upgrade", "head"])
    assert check(blog).what.startswith("A new post is given the time ")


# --------------------------------------------------------------------------------- without processes


def test_without_processes_the_answers_are_the_same(blog: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(blog, 'op.execute("DELETE FROM posts")')
    expected = [asdict(verdict) for verdict in runner.check(blog)]
    monkeypatch.setattr(runner, "PROCESSES", False)
    before = everything(blog.parent)
    assert [asdict(verdict) for verdict in runner.check(blog)] == expected
    assert everything(blog.parent) == before


def test_an_answer_can_be_given_to_a_program(blog: Path) -> None:
    found = [verdict.as_json() for verdict in runner.check(blog)]
    assert json.loads(json.dumps(found)) == found
    assert {tuple(one) for one in found} == {("task", "state", "what", "where", "why")}


def test_where_nothing_is_begun_nothing_is_attempted(tmp_path: Path) -> None:
    assert {verdict.state for verdict in runner.check(tmp_path / "blog")} == {NOT_ATTEMPTED}
