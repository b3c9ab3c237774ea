"""Every task of the exercises: where it begins, its right answers, and its wrong ones, each with its message.

Nothing here names a task. A lesson gets another by a new folder in notebooks/exercises, and a wrong answer by
a folder in `wrong/`.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import sqlite3
import uuid
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import URL
from workbook import commands, server
from workbook.checks import answers, building, runner
from workbook.checks.tasks import EXERCISES, Task, all_tasks
from workbook.checks.verdict import CORRECT, NOT_ATTEMPTED, Verdict
from workbook.progress import MUSEUM, REMEMBERED

from tests import postgres as pg

TASKS = all_tasks()
OF_THE_BLOG = [task for task in TASKS if task.of_the_blog]
ENVIRONMENT = EXERCISES / "00" / "1-begin" / "solution" / "migrations" / "env.py"  # without SQLite's guard
CHAIN = [task for task in TASKS if not task.aside]
RIGHT = ("solution", "another")

STOPS = """'''make a table and stop'''

import sqlalchemy as sa
from alembic import op

revision = "stop"
down_revision = "{head}"


def upgrade():
    op.create_table("half", sa.Column("id", sa.Integer(), primary_key=True))
    raise RuntimeError("on purpose")


def downgrade():
    op.drop_table("half")
"""

Begin = Callable[[Task], Path]
ServerFor = Callable[[Task], None]
_server: dict[str, Any] | None = None  # for tasks that are graded on PostgreSQL too: the one of the tests


def wrong_answers(task: Task) -> list[str]:
    return sorted(f"wrong/{path.name}" for path in (task.folder / "wrong").glob("*") if path.is_dir())


def named(task: Task) -> str:
    return task.name


every_task = pytest.mark.parametrize("task", TASKS, ids=named)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the blogs lie in which each task begins; the workers of pytest-xdist share it."""
    base = tmp_path_factory.getbasetemp()
    shelf = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "exercises"
    shelf.mkdir(exist_ok=True)
    return shelf.resolve()


@pytest.fixture
def begin(shelf: Path, tmp_path: Path) -> Begin:
    """A copy of the workspace in which the task begins; of one that is not about the blog, an empty one."""

    def begin(task: Task) -> Path:
        workspace = tmp_path.resolve() / "workspace"
        workspace.mkdir()
        if task.of_the_blog:
            built = _built(shelf, _before(task))
            shutil.copytree(built / "blog", workspace / "blog")
            shutil.copyfile(built / REMEMBERED, workspace / REMEMBERED)
        return workspace

    return begin


@pytest.fixture
def server_for(request: pytest.FixtureRequest) -> ServerFor:
    """Let the check use the server of the tests; a task about the blog needs none."""

    def use(task: Task) -> None:
        global _server
        if task.project:
            there: pg.Server = request.getfixturevalue("postgres_server")
            _server = {"port": there.port, "password": pg.PASSWORD}

    return use


def _before(task: Task) -> tuple[Task, ...]:
    return tuple(each for each in TASKS[: TASKS.index(task)] if not each.aside)


@cache
def _built(shelf: Path, tasks: tuple[Task, ...]) -> Path:
    """The blog in which TASKS are solved, and what a check of it remembers.

    It is built once, on the one in which all of them but the last are solved.
    """
    place = shelf / f"after-{len(tasks):02}"
    if place.is_dir():
        return place
    ours = shelf / f"building-{uuid.uuid4().hex}"
    (ours / "blog").mkdir(parents=True)
    (ours / REMEMBERED).touch()
    if tasks:
        shutil.copytree(_built(shelf, tasks[:-1]), ours, dirs_exist_ok=True)
        building.solve(ours / "blog", tasks[-1])
        shutil.copytree(ours / "blog", ours / "copy")
        answers.of_the_blog(ours / "copy", OF_THE_BLOG, ours / REMEMBERED)
        shutil.rmtree(ours / "copy")
        shutil.rmtree(ours / "remembered", ignore_errors=True)
    try:
        ours.rename(place)
    except OSError:  # another worker was faster
        shutil.rmtree(ours)
    return place


def attempt(workspace: Path, task: Task, folder: str) -> Verdict:
    """Answer the task as FOLDER does, and have it checked."""
    building.attempt(place(workspace, task), task, folder)
    return answer(workspace, task)


def place(workspace: Path, task: Task) -> Path:
    return workspace / MUSEUM / task.exhibit if task.exhibit else workspace / (task.project or "blog")


def answer(workspace: Path, task: Task) -> Verdict:
    if task.exhibit:
        return answers.of_the_museum(workspace / MUSEUM, [task])[0]
    if task.project:
        return runner.capstone(place(workspace, task), _server)
    found = answers.of_the_blog(workspace / "blog", OF_THE_BLOG, workspace / REMEMBERED)
    return next(verdict for verdict in found if verdict.task == task.name)


# ------------------------------------------------------------------------------------------ the answers


@every_task
def test_where_a_task_begins_it_is_not_attempted(task: Task, begin: Begin) -> None:
    workspace = begin(task)
    if task.of_the_blog:
        building.begin(workspace / "blog", task)
        found = answer(workspace, task)
    else:
        found = next(one for one in runner.check(workspace / "blog") if one.task == task.name)
    assert found.text == f"{task.name}: {NOT_ATTEMPTED}"


@pytest.mark.parametrize("folder", RIGHT)
@every_task
def test_a_right_answer_is_correct(task: Task, folder: str, begin: Begin, server_for: ServerFor) -> None:
    server_for(task)
    assert attempt(begin(task), task, folder).text == f"{task.name}: {CORRECT}"


def test_an_env_py_that_fails_is_what_is_wrong_and_no_script_that_was_right(begin: Begin) -> None:
    workspace = begin(next(task for task in TASKS if task.name == "15"))
    path = workspace / "blog" / "migrations" / "env.py"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("engine_from_config(\n", "engine_of_config(\n"), encoding="utf-8")
    found = answers.of_the_blog(workspace / "blog", OF_THE_BLOG, workspace / REMEMBERED)
    wrong = [verdict for verdict in found if verdict.state not in (CORRECT, NOT_ATTEMPTED)]
    assert [verdict.task for verdict in wrong] == ["13"]
    assert "name 'engine_of_config' is not defined" in wrong[0].text


@pytest.mark.parametrize("folder", RIGHT)
@pytest.mark.parametrize("task", [task for task in OF_THE_BLOG if task.aside], ids=named)
def test_a_new_revision_that_fails_is_what_is_wrong_and_no_task_beside_the_chain(
    task: Task, folder: str, begin: Begin
) -> None:
    workspace = begin(task)
    building.attempt(workspace / "blog", task, folder)
    _, heads = commands.alembic(workspace / "blog", ["heads"])
    (workspace / "blog" / "migrations" / "versions" / "stop.py").write_text(
        STOPS.format(head=heads.split()[0]), encoding="utf-8"
    )
    tasks = [each for each in OF_THE_BLOG if each in (*CHAIN, task)]
    found = answers.of_the_blog(workspace / "blog", tasks, workspace / REMEMBERED)
    assert {verdict.task: verdict.state for verdict in found}[task.name] == CORRECT
    [wrong] = [verdict for verdict in found if verdict.state not in (CORRECT, NOT_ATTEMPTED)]
    assert wrong.what == "The upgrade stops: RuntimeError: on purpose"
    assert wrong.where == "migrations/versions/stop.py, line 12, in upgrade()"


@pytest.mark.parametrize("text", [STOPS, "def ("], ids=["it stops", "it cannot be read"])
def test_where_all_is_solved_a_new_revision_that_fails_is_still_said(
    text: str, shelf: Path, tmp_path: Path
) -> None:
    workspace = tmp_path.resolve() / "workspace"
    shutil.copytree(_built(shelf, tuple(CHAIN)), workspace)
    _, heads = commands.alembic(workspace / "blog", ["heads"])
    path = workspace / "blog" / "migrations" / "versions" / "stop.py"
    path.write_text(text.replace("{head}", heads.split()[0]), encoding="utf-8")
    found = answers.of_the_blog(workspace / "blog", CHAIN, workspace / REMEMBERED)
    assert [verdict.state for verdict in found[:-1]] == [CORRECT] * (len(found) - 1)
    assert found[-1].where.startswith("migrations/versions/stop.py, line ")


def test_without_their_database_a_check_still_comes_to_its_end(shelf: Path, tmp_path: Path) -> None:
    blog = tmp_path.resolve() / "blog"
    shutil.copytree(_built(shelf, tuple(CHAIN)) / "blog", blog)
    with sqlite3.connect(blog / "backup.db") as copy:
        copy.execute("CREATE TABLE posts (id INTEGER PRIMARY KEY, subtitle TEXT, readers INTEGER)")
        copy.execute("INSERT INTO posts VALUES (1, NULL, NULL)")
    copy.close()
    (blog / "blog.db").unlink()
    found = {verdict.task: verdict for verdict in answers.of_the_blog(blog, OF_THE_BLOG)}
    assert found["11.5"].what == "Your own database has no table `posts`."


def test_a_check_that_remembers_nothing_finds_all_solved(shelf: Path, tmp_path: Path) -> None:
    blog = tmp_path.resolve() / "blog"
    shutil.copytree(_built(shelf, tuple(CHAIN)) / "blog", blog)
    found = answers.of_the_blog(blog, OF_THE_BLOG)
    assert {verdict.task: verdict.state for verdict in found if verdict.state != CORRECT} == {
        task.name: NOT_ATTEMPTED for task in OF_THE_BLOG if task.aside
    }


@pytest.mark.parametrize(
    ("task", "folder"),
    [
        pytest.param(task, folder, id=f"{task.name}-{folder.removeprefix('wrong/')}")
        for task in TASKS
        for folder in wrong_answers(task)
    ],
)
def test_a_wrong_answer_gets_the_message_meant_for_it(
    task: Task, folder: str, begin: Begin, server_for: ServerFor
) -> None:
    server_for(task)
    meant = (task.folder / folder / "message.txt").read_text(encoding="utf-8")
    said = re.sub(r"(?<=\(expected \d), got \d+(?=\))", "", attempt(begin(task), task, folder).text)
    assert said == meant.rstrip("\n")  # Python 3.14 also says how many it got


# ---------------------------------------------------------------------------------- the shape of a task


@every_task
def test_a_task_is_complete(task: Task) -> None:
    assert task.text.startswith("# ")
    assert len(task.text.split()) > 30, "task.md says what is received, what is asked and what is left"
    assert len(task.hints) >= 3
    assert all(len(hint.split()) > 3 for hint in task.hints)
    assert len(task.hints[0]) < len(task.hints[-1]), "hints go from mild to plain"
    assert len(wrong_answers(task)) >= 4
    assert all((task.folder / folder).is_dir() for folder in RIGHT)


@pytest.mark.parametrize(
    "task",
    [task for task in OF_THE_BLOG if list((task.folder / "solution").rglob("versions/*.py"))],
    ids=lambda task: task.name,
)
def test_who_is_stuck_finds_both_directions_in_the_last_hint(task: Task) -> None:
    assert re.search(r"\bdown", task.hints[-1], re.IGNORECASE)


@every_task
def test_code_in_a_hint_is_python(task: Task) -> None:
    starts = ("op.", "batch.", "sa.", "def ", "with ", "from ", "blog.")
    for hint in task.hints:
        for code in re.findall(r"`([^`\n]+)`", hint):
            if code.startswith(starts) and code.endswith((")", "]", ":")):
                ast.parse(code + (" pass" if code.endswith(":") else ""))


def test_there_are_wrong_answers_enough() -> None:
    assert sum(len(wrong_answers(task)) for task in TASKS) >= 60


@every_task
def test_no_two_wrong_answers_are_the_same(task: Task) -> None:
    found = [_files(task.folder / folder) for folder in wrong_answers(task)]
    assert all(found)
    assert len({repr(each) for each in found}) == len(found)


@every_task
def test_the_other_right_answer_is_another(task: Task) -> None:
    one, other = (_files(task.folder / folder) for folder in RIGHT)
    assert one != other


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "message.txt" and "__pycache__" not in path.parts
    }


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(path, id=f"{task.name}-{folder}-{path.stem}")
        for task in TASKS
        for folder in RIGHT
        for path in sorted((task.folder / folder).rglob("versions/*.py"))
    ],
)
def test_the_revisions_of_a_right_answer_read_like_good_alembic(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    tree = ast.parse(text)
    message = ast.get_docstring(tree)
    assert message, "the docstring says what changes"
    assert not message.endswith("_")
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert {"upgrade", "downgrade"} <= functions.keys()
    if _only_passes(functions["upgrade"]):  # a merge: it has two parents
        assert _value(tree, "down_revision")[1:]
    else:
        assert not _only_passes(functions["downgrade"])
    assert not _imports(tree, "models"), "a revision names its own tables; the models go on changing"
    assert "### commands auto generated" not in text


def _only_passes(function: ast.FunctionDef) -> bool:
    body = function.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    return all(isinstance(node, ast.Pass) for node in body)


def _value(tree: ast.Module, name: str) -> Any:
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            return ast.literal_eval(node.value)  # type: ignore[attr-defined]
    return ""


def _imports(tree: ast.Module, module: str) -> bool:
    return any(
        (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == module)
        or (isinstance(node, ast.Import) and any(name.name.split(".")[0] == module for name in node.names))
        for node in ast.walk(tree)
    )


# -------------------------------------------------------------------------------------------- PostgreSQL


def test_the_solutions_run_on_postgresql_too_up_down_and_up_with_rows(
    tmp_path: Path, postgres: URL, postgres_server: pg.Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "of_the_lesson", postgres_server.running)
    root = (tmp_path / "blog").resolve()
    root.mkdir()
    engine = sa.create_engine(postgres, poolclass=sa.NullPool)
    for task in CHAIN:
        _run_sql(engine, task.folder / "begin.sql")
        before = _revisions(engine)
        building.overlay(root, task.folder / "solution")
        shutil.copyfile(ENVIRONMENT, root / "migrations" / "env.py")
        _use(root, postgres)
        _alembic(root, "upgrade", "head")
        counted = _counts(engine)
        if _revisions(engine) != before:
            _alembic(root, "downgrade", before[0] if before else "base")
            _alembic(root, "upgrade", "head")
        assert _counts(engine) == counted, task.name
        _insert(engine, task.rows)
    assert _alembic(root, "check").endswith("No new upgrade operations detected.\n")
    _alembic(root, "downgrade", "base")
    _alembic(root, "upgrade", "head")


def _use(root: Path, url: URL) -> None:
    """Let the project's alembic.ini mean another database."""
    path = root / "alembic.ini"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    said = url.render_as_string(hide_password=False).replace("%", "%%")
    new = [f"sqlalchemy.url = {said}\n" if line.startswith("sqlalchemy.url") else line for line in lines]
    path.write_text("".join(new), encoding="utf-8")


def _alembic(root: Path, *words: str) -> str:
    status, output = commands.alembic(root, words)
    assert not status, output
    return output


def _run_sql(engine: sa.Engine, path: Path) -> None:
    if path.is_file():
        with engine.begin() as connection:
            connection.exec_driver_sql(path.read_text(encoding="utf-8").replace("%", "%%"))


def _revisions(engine: sa.Engine) -> list[str]:
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("alembic_version"):
            return []
        return list(connection.scalars(sa.text("SELECT version_num FROM alembic_version")))


def _counts(engine: sa.Engine) -> dict[str, int]:
    with engine.connect() as connection:
        tables = sa.inspect(connection).get_table_names()
        return {
            table: connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0
            for table in sorted(tables)
        }


def _insert(engine: sa.Engine, rows: dict[str, list[dict[str, Any]]]) -> None:
    """Put rows in, and let the sequences go on behind them."""
    with engine.begin() as connection:
        for name, found in rows.items():
            table = sa.Table(name, sa.MetaData(), autoload_with=connection)
            connection.execute(sa.insert(table), found)
            connection.execute(
                sa.text(f"SELECT setval(pg_get_serial_sequence('{name}', 'id'), max(id)) FROM {name}")
            )
