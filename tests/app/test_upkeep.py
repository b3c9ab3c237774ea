"""Upgrading, backing up and restoring: nothing that a person made is lost, and the way back is said."""

from __future__ import annotations

import sqlite3
import stat
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from taskmaster import upkeep
from tests.app.conftest import App, only_sqlite
from tests.migrations import history

ON_A_SERVER = "The database is on a server: no backup is made here (pg_dump makes one).\n"
At = Callable[[str], App]


@pytest.fixture
def old(at: At) -> App:
    """A database at 0007 with two users who are the same person, and a task of the second."""
    app = at("0007")
    app.ok("user add ana")
    app.ok("user add ana")
    app.ok("add 'Pay the rent' --owner 2")
    return app


def upgraded(app: App, words: str) -> str:
    """What an upgrade that must succeed prints; on a server it also says that it makes no backup."""
    said = app(f"db upgrade {words}")
    assert said.status == 0, said
    assert said.err == ("" if app.is_a_file or "Nothing to do" in said.out else ON_A_SERVER)
    return said.out


def titles(app: App) -> list[str]:
    return [task["title"] for task in app.json("list --all")]


@only_sqlite("a server is backed up and restored with its own tools")
def test_an_upgrade_backs_up_names_what_it_did_and_says_the_way_back(old: App) -> None:
    old.ok("add Water --category Home")
    old.ok("add Bread --category 'home '")
    assert old.ok("db upgrade") == (
        "Backup: backups/taskmaster-0007-20260302-090000.db\n"
        "0008  make usernames unique\n"
        "      user 2 (ana) is the same person as user 1 and is merged\n"
        "0009  add a priority between 1 and 3\n"
        "0010  widen the priority, keep the tasks of a removed user\n"
        "0011  create tags and their links to tasks\n"
        "0012  make every category a tag\n"
        "      2 spellings of categories are 1 tags, 1 of them new\n"
        "      3 tasks read, 2 links made in this batch\n"
        "0013  retire the category\n"
        "      2 spellings of categories are 1 tags, 0 of them new\n"
        "      3 tasks read, 0 links made in this batch\n"
        "0014  drop the retired categories\n"
        "      upgrade 0014 loses how categories were written (retired_category: 2)\n"
        "0015  create profiles\n"
        "0017  add notes\n"
        "0016  add an estimate in minutes\n"
        "0018  merge the estimate and the notes\n"
        "0019  index the open tasks\n"
        "The database is at revision 0019.\n"
        "Go back: taskmaster db restore backups/taskmaster-0007-20260302-090000.db\n"
    )
    assert old.json("list")[0]["owner_id"] == 1


@only_sqlite("a server is backed up and restored with its own tools")
def test_the_way_back_leads_back(old: App) -> None:
    before = history.picture(old.url)
    way_back = old.ok("db upgrade").splitlines()[-1]
    old.ok("add Water --priority urgent")
    said = old.ok(way_back.removeprefix("Go back: taskmaster "))
    assert history.picture(old.url) == before
    assert said == (
        "Restored backups/taskmaster-0007-20260302-090000.db: taskmaster.db is at revision 0007.\n"
        "What was there before: backups/taskmaster-0019-20260302-090000.db\n"
        "Go back to it: taskmaster db restore backups/taskmaster-0019-20260302-090000.db\n"
    )
    old.ok("db restore backups/taskmaster-0019-20260302-090000.db")
    assert "Water" in titles(old)


def test_an_upgrade_goes_as_far_as_it_is_told(old: App) -> None:
    assert "0008  make usernames unique" in upgraded(old, "0008")
    assert old.json("db status")["revision"] == "0008"
    upgraded(old, "+1")
    assert old.json("db status")["revision"] == "0009"


def test_where_there_is_nothing_to_do_no_backup_is_made(at: At) -> None:
    app = at("0019")
    assert app.ok("db upgrade") == "Nothing to do: the database is at revision 0019.\n"
    assert not Path("backups").exists()


@pytest.mark.parametrize("revision", ["nope", "00", "", "-1", "0042", "+x"])
def test_a_revision_that_does_not_exist_is_refused(old: App, revision: str) -> None:
    said = old.refuses(["db", "upgrade", "--", revision], 2)
    assert "There are 0001 to 0019, and head." in said
    assert not Path("backups").exists()


def test_steps_that_lead_nowhere_are_refused_before_anything_is_done(at: At) -> None:
    said = {
        ("0015", "+1"): "From 0015 there are two ways on, 0016 and 0017. Name one of them, or head.\n",
        ("0014", "+2"): "From 0015 there are two ways on, 0016 and 0017. Name one of them, or head.\n",
        ("0018", "+2"): "From 0018 it is only 1 step to the newest, 0019.\n",
        ("0017", "+3"): "From 0017 it is only 2 steps to the newest, 0019.\n",
        ("0016 and 0017", "+99"): "From 0016 and 0017 it is only 2 steps to the newest, 0019.\n",
    }
    for (revision, steps), sentence in said.items():
        assert at(revision).refuses(f"db upgrade {steps}", 2) == sentence
    assert not Path("backups").exists()


@pytest.mark.parametrize(
    ("revision", "to", "reached"),
    [
        ("0015", "0016", "0016"),
        ("0015", "0017", "0017"),
        ("0016", "0017", "0016 and 0017"),
        ("0016", "+1", "0018"),
        ("0016 and 0017", "+1", "0018"),
        ("0016 and 0017", "head", "0019"),
        ("0017", "head", "0019"),
        ("0015", "+0", "0015"),
    ],
)
def test_an_upgrade_finds_its_way_through_two_branches(at: At, revision: str, to: str, reached: str) -> None:
    app = at(revision)
    app.ok("add Water --tag x")
    upgraded(app, to)
    assert app.json("db status")["revision"] == reached
    assert app.json("list")[0]["tags"] == ["x"]


@only_sqlite("a server is backed up and restored with its own tools")
def test_a_backup_from_two_heads_is_named_after_both_and_can_be_restored(at: At) -> None:
    app = at("0016 and 0017")
    app.ok("add Water --estimate 5 --note Cold")
    before = app.ok("export")
    way_back = app.ok("db upgrade").splitlines()[-1]
    assert way_back == "Go back: taskmaster db restore backups/taskmaster-0016+0017-20260302-090000.db"
    assert "taskmaster.db is at revision 0016 and 0017." in app.ok(way_back.partition("taskmaster ")[2])
    assert app.ok("export") == before


def test_on_one_branch_what_is_above_the_other_is_not_below(at: At) -> None:
    assert "Revision 0015 is below 0016 and 0017" in at("0016 and 0017").refuses("db upgrade 0015")
    assert at("0016 and 0017").ok("db upgrade 0016").startswith("Nothing to do: ")


def test_an_upgrade_does_not_go_down(old: App) -> None:
    assert old.refuses("db upgrade 0003") == (
        "Revision 0003 is below 0007, where this database is. Going down loses data; "
        "Alembic does it: alembic downgrade 0003\n"
    )


@only_sqlite("what gets in the way is a table of SQLite's batches, and a backup is made")
def test_an_upgrade_that_fails_is_one_sentence_and_leaves_everything(old: App) -> None:
    old.sql("CREATE TABLE _alembic_tmp_users (id INTEGER)")  # in the way of the copy
    before = old.file.read_bytes()
    said = old.refuses("db upgrade")
    assert len(said.splitlines()) == 1
    assert "_alembic_tmp_users" in said
    assert old.file.read_bytes() == before
    assert [path.name for path in Path("backups").iterdir()] == ["taskmaster-0007-20260302-090000.db"]


def test_a_database_that_is_not_there_can_be_made_by_upgrading(nowhere: App) -> None:
    assert nowhere.ok("db upgrade 0001").splitlines() == [
        "0001  create table todo",
        "The database is at revision 0001.",
    ]
    assert nowhere.ok("add Water") == "Added 1: Water\n"


def test_the_status_says_what_waits(at: At) -> None:
    app = at("0008")
    assert app.ok("db status") == (
        f"Database  {app.place}\n"
        "Revision  0008 (make usernames unique)\n"
        "Tasks     0\n"
        "\n"
        "These wait:\n"
        "  0009  add a priority between 1 and 3: --priority\n"
        "  0010  widen the priority, keep the tasks of a removed user: --priority urgent, "
        "removing a user keeps the tasks\n"
        "  0011  create tags and their links to tasks: --tag, tags\n"
        "  0012  make every category a tag: list --tag finds what was a category\n"
        "  0013  retire the category: --category is retired, use --tag NAME instead\n"
        "  0014  drop the retired categories\n"
        "  0015  create profiles: user profile\n"
        "  0016  add an estimate in minutes: --estimate\n"
        "  0017  add notes: --note\n"
        "  0018  merge the estimate and the notes\n"
        "  0019  index the open tasks: a list that stays fast at a million tasks\n"
        "Run: taskmaster db upgrade\n"
    )


def test_the_status_of_no_database_makes_none(nowhere: App) -> None:
    status = nowhere.json("db status")
    assert (status["exists"], status["revision"], status["newest"]) == (False, None, "0019")
    assert "not there yet" in nowhere.ok("db status")
    assert not nowhere.file.exists()


@only_sqlite("of a server there is a URL, see test_server")
def test_the_path_is_whole(at: At, tmp_path: Path) -> None:
    assert at("0010").ok("db path") == f"{tmp_path / 'taskmaster.db'}\n"


@only_sqlite("a server is backed up and restored with its own tools")
def test_a_backup_holds_everything_and_keeps_who_may_read_it(old: App) -> None:
    old.file.chmod(stat.S_IREAD | stat.S_IWRITE)
    old.ok("db backup copy.db")
    with closing(sqlite3.connect("copy.db")) as copy:
        assert copy.execute("SELECT title FROM tasks").fetchall() == [("Pay the rent",)]
    assert Path("copy.db").stat().st_mode == old.file.stat().st_mode


@only_sqlite("a server is backed up and restored with its own tools")
def test_backups_never_take_each_others_place(old: App) -> None:
    assert old.ok("db backup") != old.ok("db backup")
    old.ok("db backup copy.db")
    before = Path("copy.db").read_bytes()
    assert old.refuses("db backup copy.db") == "copy.db exists already. Name a file that does not.\n"
    assert Path("copy.db").read_bytes() == before


@only_sqlite("a server is backed up and restored with its own tools")
def test_a_backup_that_cannot_be_written_is_said_so(old: App) -> None:
    assert len(old.refuses("db backup nobody/made/me.db").splitlines()) == 1
    assert "File '.' is a directory." in old.refuses("db backup .", 2)
    assert sorted(path.name for path in Path().iterdir()) == ["taskmaster.db"]


@only_sqlite("a server is backed up and restored with its own tools")
def test_a_backup_is_taken_while_another_writes(old: App) -> None:
    with closing(sqlite3.connect(old.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute("INSERT INTO tasks (title) VALUES ('half done')")
        old.ok("db backup copy.db")
        other.execute("ROLLBACK")
    with closing(sqlite3.connect("copy.db")) as copy:
        assert copy.execute("SELECT count(*) FROM tasks").fetchone() == (1,)


@only_sqlite("a server is backed up and restored with its own tools")
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "There is no file backup.db.\n"),
        (b"", "backup.db holds no tasks: it is an empty database. Nothing was changed.\n"),
        (b"Dear diary. " * 100, "backup.db is not a SQLite database. It was not touched.\n"),
    ],
)
def test_what_is_no_backup_is_not_restored(old: App, content: bytes | None, said: str) -> None:
    if content is not None:
        Path("backup.db").write_bytes(content)
    before = old.file.read_bytes()
    assert old.refuses("db restore backup.db") == said
    assert old.file.read_bytes() == before
    assert not Path("backups").exists()


@only_sqlite("a server is backed up and restored with its own tools")
def test_somebody_elses_database_is_neither_restored_nor_replaced(old: App, tmp_path: Path) -> None:
    old.ok("db backup good.db")
    with closing(sqlite3.connect("foreign.db")) as foreign:
        foreign.execute("CREATE TABLE photos (id INTEGER)")
    assert "foreign.db has tables, but not" in old.refuses("db restore foreign.db")
    Path("foreign.db").replace(old.file)
    before = old.file.read_bytes()
    assert "taskmaster.db has tables, but not" in old.refuses("db restore good.db")
    assert old.file.read_bytes() == before


@only_sqlite("a server is backed up and restored with its own tools")
def test_the_database_is_not_restored_from_itself(old: App) -> None:
    assert old.refuses("db restore taskmaster.db") == "taskmaster.db is the database itself.\n"


@only_sqlite("a server is backed up and restored with its own tools")
def test_a_damaged_database_is_moved_aside_when_a_backup_is_restored(old: App) -> None:
    old.ok("db backup good.db")
    old.file.write_bytes(b"Dear diary. " * 1000)
    assert old.ok("db restore good.db") == (
        "Restored good.db: taskmaster.db is at revision 0007.\n"
        "What was there before (damaged): backups/taskmaster-damaged-20260302-090000.db\n"
    )
    assert titles(old) == ["Pay the rent"]
    assert Path("backups/taskmaster-damaged-20260302-090000.db").read_bytes().startswith(b"Dear diary.")


@only_sqlite("a server is backed up and restored with its own tools")
def test_a_backup_can_be_restored_where_there_is_nothing(old: App) -> None:
    old.ok("db backup good.db")
    old.file.unlink()
    assert old.ok("db restore good.db") == "Restored good.db: taskmaster.db is at revision 0007.\n"
    assert titles(old) == ["Pay the rent"]


@only_sqlite("a server is backed up and restored with its own tools")
def test_a_restore_does_not_wait_for_ever(old: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "WAIT", 0.05)
    old.ok("db backup good.db")
    with closing(sqlite3.connect(old.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert "is locked by another program" in old.refuses("db restore good.db")
        other.execute("ROLLBACK")
    assert titles(old) == ["Pay the rent"]
