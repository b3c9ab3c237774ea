"""A lesson's copy of the project: the same every time, and nobody else's."""

from __future__ import annotations

import importlib
import os
import shutil
import sqlite3
import sys
from pathlib import Path

import pytest
from sqlalchemy import MetaData, create_engine, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateTable
from workbook import clock, commands, rows, stage
from workbook.lessons import LESSONS, Lesson

import taskmaster.models

REVISIONS = [path.name[:4] for path in sorted((stage.PROJECT / "migrations" / "versions").glob("*.py"))]


def begin(number: str) -> stage.Stage:
    stage.begin(number)
    return stage.current()


def at(revision: str, root: Path) -> stage.Stage:
    """A copy of the project whose history ends at REVISION, migrated to there, without rows."""
    copy = stage.Stage(root / "copy", "copy", root)
    stage.copy_project(copy.root, Lesson(revision, revision))
    if revision != stage.BASE:
        stage.move(copy, revision)
    return copy


def dump(database: Path | None) -> list[str]:
    assert database is not None
    return list(sqlite3.connect(database).iterdump())


@pytest.mark.parametrize("number", LESSONS)
def test_a_lesson_starts_at_its_revision_with_its_history_and_its_rows(number: str, scratch: Path) -> None:
    lesson = LESSONS[number]
    greeting = stage.begin(number)
    here = stage.current()
    assert here.place == lesson.start
    assert here.script().get_current_head() == lesson.last
    assert here.root.is_relative_to(scratch)
    assert ("with 8 tasks" in greeting) == (lesson.start != "base")
    assert f"{lesson.start}" in greeting or "empty" in greeting


@pytest.mark.parametrize("number", LESSONS)
def test_a_lesson_has_the_same_rows_every_time(number: str, scratch: Path) -> None:
    assert dump(begin(number).database) == dump(begin(number).database)


@pytest.mark.parametrize("number", LESSONS)
def test_the_models_in_a_copy_agree_with_its_database(number: str, scratch: Path) -> None:
    lesson = LESSONS[number]
    here = begin(number)
    for path in (here.root / "migrations" / "versions").glob("*.py"):
        if path.name[:4] > lesson.start or lesson.start == stage.BASE:
            path.unlink()  # `alembic check` insists on the newest revision
    assert commands.alembic(here.root, ["check"])[1].endswith("No new upgrade operations detected.\n")


@pytest.mark.parametrize("revision", REVISIONS)
def test_at_each_revision_the_models_kept_for_it_agree_with_the_database(
    revision: str, tmp_path: Path
) -> None:
    status, output = commands.alembic(at(revision, tmp_path).root, ["check"])
    assert (status, output.splitlines()[-1]) == (0, "No new upgrade operations detected.")


def test_the_newest_models_kept_are_those_of_the_app() -> None:
    kept = importlib.import_module(f"workbook.snapshots.r{REVISIONS[-1]}").Base
    assert described(kept.metadata) == described(taskmaster.models.Base.metadata)
    for base in (kept, taskmaster.models.Base):
        base.registry.configure()  # and no other: a lesson may have left half of its own models behind
    assert relationships(kept) == relationships(taskmaster.models.Base)


def described(metadata: MetaData) -> list[str]:
    return [
        str(CreateTable(table).compile(dialect=dialect))
        for dialect in (sqlite.dialect(), postgresql.dialect())
        for table in metadata.sorted_tables
    ]


def relationships(base: type[taskmaster.models.Base]) -> set[tuple[object, ...]]:
    return {
        (mapper.class_.__name__, relation.key, relation.back_populates, relation.passive_deletes)
        for mapper in base.registry.mappers
        for relation in mapper.relationships
    }


def test_every_revision_has_its_models_kept() -> None:
    kept = {path.stem for path in stage.SNAPSHOTS.glob("r*.py")}
    assert kept == {"rbase", *(f"r{revision}" for revision in REVISIONS)}


@pytest.mark.parametrize("revision", REVISIONS)
def test_the_sample_rows_fit_every_revision(revision: str, tmp_path: Path) -> None:
    assert rows.fill(at(revision, tmp_path).engine()) == 8


def test_sample_rows_that_travel_through_0008_are_those_that_are_put_in_after_it(tmp_path: Path) -> None:
    for name in ("travelled", "fresh"):
        (tmp_path / name).mkdir()
    travelled, fresh = at("0008", tmp_path / "travelled"), at("0008", tmp_path / "fresh")
    stage.move(travelled, "0007")
    rows.fill(travelled.engine())
    stage.move(travelled, "0008")
    rows.fill(fresh.engine())
    assert dump(travelled.database) == dump(fresh.database)


def test_the_first_task_is_to_do_the_dishes(scratch: Path) -> None:
    with begin("02").engine().connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM todo").first() == (1, "Do the dishes")


def test_a_lesson_has_a_database_of_its_own_wherever_the_students_ini_points(
    scratch: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    for folder in ("migrations", "taskmaster"):
        shutil.copytree(stage.PROJECT / folder, project / folder)
    ini = (stage.PROJECT / "alembic.ini").read_text()
    (project / "alembic.ini").write_text(ini.replace(stage.OWN_URL, "postgresql://ana@db.example.org/tasks"))
    monkeypatch.setattr(stage, "PROJECT", project)
    here = begin("02")
    assert here.database == here.root / "taskmaster.db"


def test_beginning_again_gives_a_fresh_copy_and_says_so(scratch: Path) -> None:
    first = begin("02")
    (first.root / "alembic.ini").unlink()
    greeting = stage.begin("02")
    assert greeting.startswith("Again a fresh copy")
    assert stage.current().root != first.root
    assert (stage.current().root / "alembic.ini").is_file()


def test_an_unknown_lesson_is_refused_and_the_one_before_goes_on(scratch: Path) -> None:
    here = begin("02")
    with pytest.raises(stage.Problem, match='there is no lesson "99"; there are 00, 01'):
        stage.begin("99")
    assert stage.current() is here


def test_without_a_lesson_there_is_no_stage() -> None:
    with pytest.raises(stage.NoLesson, match="Run the first cell"):
        stage.current()


def test_now_stands_still(scratch: Path) -> None:
    engine = begin("03").engine()
    with engine.begin() as connection:
        assert connection.scalar(select(func.now())) == clock.NOW.replace(tzinfo=None)
    status, _ = commands.alembic(stage.current().root, ["upgrade", "0003"])
    with engine.connect() as connection:
        moments = connection.exec_driver_sql("SELECT DISTINCT created_at FROM todo").scalars().all()
    assert (status, moments) == (0, ["2026-03-02 09:00:00"])
    assert os.environ["TASKMASTER_NOW"] == "2026-03-02T09:00:00+00:00"


def test_the_clock_goes_on_afterwards(scratch: Path) -> None:
    before = dict(os.environ)
    begin("03")
    stage.leave()
    assert dict(os.environ) == before
    with create_engine("sqlite://", poolclass=NullPool).connect() as connection:
        assert connection.scalar(select(func.now())) != clock.NOW.replace(tzinfo=None)


@pytest.mark.parametrize("revision", ["base", "0001", "0002", "0003", None])
def test_a_throwaway_copy_goes_anywhere_and_leaves_nothing_behind(
    revision: str | None, scratch: Path
) -> None:
    here = begin("03")
    before = dump(here.database)
    with stage.throwaway(*([] if revision is None else [revision])) as copy:
        assert copy.place == (revision or "0002")
        assert copy.root != here.root
        room = copy.root.parent
    assert not room.exists()
    assert dump(here.database) == before
    assert Path.cwd() == here.root


@pytest.mark.parametrize("start", ["0014", "0016", "0017", "0018"])
@pytest.mark.parametrize("goal", [("0015",), ("0016",), ("0017",), ("0016", "0017"), ("0018",)])
def test_a_throwaway_copy_goes_from_branch_to_branch_and_stands_there_alone(
    start: str, goal: tuple[str, ...], scratch: Path
) -> None:
    stage.move(begin("10"), start)
    with stage.throwaway(*goal) as copy:
        assert copy.revision() == goal


def test_from_a_merge_to_its_parents_nothing_is_lost_on_the_way(scratch: Path) -> None:
    here = begin("10")
    stage.move(here, "0018")
    with here.engine().begin() as connection:
        connection.exec_driver_sql("UPDATE tasks SET estimate = 5, notes = 'yes'")
    with stage.throwaway("0016", "0017") as copy, copy.engine().connect() as connection:
        assert set(connection.exec_driver_sql("SELECT estimate, notes FROM tasks")) == {(5, "yes")}


def test_the_history_of_a_copy_ends_where_it_is_told_to(scratch: Path) -> None:
    here = begin("10")
    ben = stage.copied(here, "ben", "0017")
    assert (ben.script().get_heads(), ben.place) == (["0017"], "0015")
    assert not list(stage.versions(ben).glob("0016*"))
    assert here.script().get_heads() == ["0018"]


def test_a_copy_with_a_shorter_history_goes_back_to_it(scratch: Path) -> None:
    here = begin("10")
    stage.move(here, "0018")
    assert stage.copied(here, "ana", "0016").place == "0016"
    assert stage.copied(here, "early", "0014").place == "0014"
    assert here.place == "0018"


def test_a_throwaway_copy_that_does_not_get_there_says_why(scratch: Path) -> None:
    begin("03")
    with (
        pytest.raises(stage.Problem, match="Can't locate revision identified by '0099'"),
        stage.throwaway("0099"),
    ):
        pass
    assert list(stage.current().area.glob(".throwaway*")) == []


def test_a_project_without_a_database_says_so(scratch: Path) -> None:
    here = begin("03")
    folder = stage.Stage(here.area / "empty", "empty", here.area)
    folder.root.mkdir()
    assert folder.database is None
    assert folder.revision() == ()
    with pytest.raises(stage.Problem, match="empty has no database yet"):
        folder.engine()
    with pytest.raises(stage.Problem, match=r"empty has no alembic\.ini yet"):
        folder.script()


def test_a_database_that_is_none_says_so(scratch: Path) -> None:
    here = begin("03")
    assert here.database is not None
    here.database.write_bytes(b"this is not a database, and it is long enough to look like a header" * 20)
    with pytest.raises(stage.Problem, match="cannot be read: file is not a database"):
        here.revision()


def test_an_address_outside_of_the_lesson_is_no_database_of_the_lesson(scratch: Path) -> None:
    here = begin("03")
    ini = here.root / "alembic.ini"
    ini.write_text(ini.read_text().replace("%(here)s/taskmaster.db", "/somewhere/else.db"))
    assert here.database is None


def test_looking_at_the_history_leaves_the_import_path_alone(scratch: Path) -> None:
    here = begin("03")
    before = list(sys.path)
    here.script()
    assert sys.path == before
