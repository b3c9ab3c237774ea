"""What works at each revision, and what is said where it does not yet."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import groupby

import pytest

from taskmaster.database import URL_VARIABLE
from taskmaster.schema import (
    CATEGORIES_ARE_TAGS,
    FAST_LIST,
    HEAD,
    RETIRED_BY,
    REVISIONS,
    TASKS_OUTLIVE_OWNER,
    UNIQUE_NAMES,
    UNLOCKED_BY,
    Schema,
)
from tests.app.conftest import App, only_sqlite
from tests.migrations import history

At = Callable[[str], App]
IDS = [revision.id for revision in REVISIONS]
BOTH = "0016 and 0017"
every_revision = pytest.mark.parametrize("revision", [*IDS, BOTH])

# For each thing that is unlocked, a call that needs it. The first task has the id 1, the first user too.
CALLS = {
    "add": "add Water",
    "list": "list",
    "show": "show 1",
    "edit": "edit 1 --title Tea",
    "export": "export",
    "import": "import export.json",
    "done": "done 1",
    "reopen": "reopen 1",
    "--due": "add Water --due fri",
    "--category": "list --category home",
    "agenda": "agenda",
    "--sort created": "list --sort created",
    "stats": "stats",
    "user add": "user add bo",
    "user list": "user list",
    "--owner": "list --owner none",
    "assign": "assign 1 ana",
    "--priority": "edit 1 --priority low",
    "--priority urgent": "add Water --priority urgent",
    "--tag": "add Water --tag home",
    "tags": "tags",
    "user profile": "user profile ana --about 'Likes tea.'",
    "--estimate": "add Water --estimate 1h30",
    "--note": "add Water --note Cold.",
    "rm": "rm 1",
    "user rm": "user rm 1",
}


def has(revision: str, feature: str) -> bool:
    return Schema(frozenset(revision.split(" and "))).has(feature)


def answer(revision: str, feature: str) -> str:
    """What is said at REVISION about a FEATURE that it does not have."""
    unlocked, retired = UNLOCKED_BY[feature], RETIRED_BY.get(feature)
    if retired and Schema(frozenset(revision.split(" and "))).has_retired(feature):
        return f'"{feature}" is retired since revision {retired.id} ({retired.title}): {retired.instead}.\n'
    return (
        f'"{feature}" needs revision {unlocked.id} ({unlocked.title}); '
        f"this database is at {revision}.\nRun: alembic upgrade {unlocked.id}\n"
    )


@pytest.fixture
def filled(at: At) -> Callable[[str], App]:
    """taskmaster at a revision, with one task, one user where there are users, and an export of nothing."""

    def filled_at(revision: str) -> App:
        app = at(revision)
        app.ok("export export.json")
        app.ok("add 'Pay the rent'")
        if has(revision, "user add"):
            app.ok("user add ana")
        return app

    return filled_at


def test_there_is_a_call_for_everything_that_is_typed() -> None:
    in_words = {UNIQUE_NAMES, TASKS_OUTLIVE_OWNER, CATEGORIES_ARE_TAGS, FAST_LIST}
    assert set(UNLOCKED_BY) - set(CALLS) == in_words


@every_revision
def test_what_is_unlocked_works(filled: Callable[[str], App], revision: str) -> None:
    app = filled(revision)
    for feature, call in CALLS.items():
        if has(revision, feature):
            assert app(call).status == 0, app(call)


@every_revision
def test_the_rest_says_which_revision_it_needs_and_changes_no_row(
    filled: Callable[[str], App], revision: str
) -> None:
    app = filled(revision)
    before = app.contents()
    for feature, call in CALLS.items():
        if not has(revision, feature):
            assert app.refuses(call) == answer(revision, feature)
    assert app.contents() == before


@every_revision
def test_a_list_has_the_columns_that_the_schema_has(filled: Callable[[str], App], revision: str) -> None:
    expected = ["ID", "Title"]
    expected += ["Due"] if has(revision, "--due") else []
    expected += ["Prio"] if has(revision, "--priority") else []
    expected += ["Owner"] if has(revision, "--owner") else []
    expected += ["Category"] if has(revision, "--category") else []
    expected += ["Tags"] if has(revision, "--tag") else []
    expected += ["Est"] if has(revision, "--estimate") else []
    assert filled(revision).ok("list").splitlines()[0].split() == expected


@every_revision
def test_json_has_the_same_keys_everywhere_and_null_where_the_schema_has_none(
    filled: Callable[[str], App], revision: str
) -> None:
    app = filled(revision)
    assert app.json("list") == [
        {
            "id": 1,
            "title": "Pay the rent",
            "done": False if has(revision, "done") else None,
            "due_on": None,
            "category": None,
            "created_at": "2026-03-02T09:00:00Z" if has(revision, "stats") else None,
            "owner_id": None,
            "owner": None,
            "priority": "normal" if has(revision, "--priority") else None,
            "tags": [] if has(revision, "--tag") else None,
            "estimate": None,
            "notes": None,
        }
    ]


@only_sqlite("help asks no server, and marks nothing there")
@every_revision
def test_the_help_marks_what_the_database_cannot_do(filled: Callable[[str], App], revision: str) -> None:
    app = filled(revision)
    main, options = app.ok("--help"), " ".join(app.ok("add --help").split())
    lines = {line.split()[0]: line for line in main.splitlines() if line.startswith("  ") and line.split()}
    for command, feature in {
        "done": "done",
        "stats": "stats",
        "user": "user add",
        "assign": "assign",
        "tags": "tags",
        "tag": "tags",
    }.items():
        mark = "" if has(revision, feature) else f"(needs {UNLOCKED_BY[feature].id})"
        assert lines[command].endswith(mark or "."), lines[command]
    assert ("(needs 0009)" in options) is not has(revision, "--priority")
    assert ("(urgent needs 0010)" in options) is (revision == "0009")
    assert ("(needs 0002)" in options) is not has(revision, "--due")
    assert ("(needs 0016)" in options) is not has(revision, "--estimate")
    assert ("(retired since 0013: use --tag NAME instead)" in options) is (revision >= "0013")


@every_revision
def test_it_can_start_with_the_bare_command(filled: Callable[[str], App], revision: str) -> None:
    app = filled(revision)
    said = app.ok([])
    assert "Pay the rent" in said
    behind = f"At revision {revision}; {IDS[-1]} is the newest: taskmaster db upgrade\n"
    assert said.endswith(behind) is (revision != IDS[-1])


def test_a_rename_changes_no_output(at: At) -> None:
    seen = set()
    for revision in ("0003", "0004", "0005"):
        app = at(revision)
        app.ok("add 'Pay the rent' --due fri --category home")
        app.ok("add 'Buy milk'")
        app.ok("done 2")
        calls = ["list", "list --all --json", "show 1", "agenda", "edit 1 --title Rent", "stats", "rm 1"]
        seen.add(tuple(re.sub(r"removed-.*", "", app.ok(call)) for call in calls))
    assert len(seen) == 1


def test_every_step_keeps_what_was_written_before(at: At) -> None:
    app = at("0001")
    app.ok("add 'Pay the rent'")
    for revision in IDS[1:]:
        history.upgrade(app.url, revision)
        assert "Pay the rent" in app.ok("list")
    for revision in reversed(IDS[:-1]):
        if revision not in BOTH:  # both at once, on the way to the one below them
            history.downgrade(app.url, revision)
            assert "Pay the rent" in app.ok("list")


@pytest.mark.parametrize(("revision", "other"), [("0016", "--note"), ("0017", "--estimate")])
def test_on_one_of_two_branches_the_hint_leads_to_the_other(at: At, revision: str, other: str) -> None:
    app = at(revision)
    said = app.refuses(CALLS[other]).splitlines()
    assert said[0].endswith(f"this database is at {revision}.")
    history.upgrade(app.url, said[1].removeprefix("Run: alembic upgrade "))
    assert app.json("db status")["revision"] == BOTH
    app.ok("add Water --estimate 5 --note Cold.")
    assert app.ok([]).endswith(f"At revision {BOTH}; 0019 is the newest: taskmaster db upgrade\n")
    if app.url.get_backend_name() == "sqlite":
        app.ok("db upgrade 0018")
        assert app.json("show 1")[0]["estimate"] == 5


@pytest.mark.parametrize("revision", ["0001", "0016", "0017"])
def test_the_hint_of_every_refusal_leads_where_it_works(filled: Callable[[str], App], revision: str) -> None:
    app = filled(revision)
    missing = [feature for feature in CALLS if not has(revision, feature) and feature not in RETIRED_BY]
    for unlocked, features in groupby(sorted(missing, key=_unlocked), key=_unlocked):
        calls = [CALLS[feature] for feature in features]
        [hint] = {app.refuses(call).splitlines()[1] for call in calls}
        assert hint == f"Run: alembic upgrade {unlocked}"
        history.upgrade(app.url, unlocked)
        for call in calls:
            app.ok(call)
        if "user add bo" in calls:
            app.ok("user add ana")  # whom later calls name


def _unlocked(feature: str) -> str:
    return UNLOCKED_BY[feature].id


def test_what_is_retired_comes_before_what_an_upgrade_would_bring(at: At) -> None:
    app = at("0013")
    assert app.refuses("add Water --category home --estimate 5") == answer("0013", "--category")


def test_at_base_everything_needs_the_first_revision_at_least(at: At) -> None:
    app = at("base")
    needs = '"list" needs revision 0001 (create table todo); this database is at base.\n'
    said = f"{needs}Run: alembic upgrade 0001\n"
    assert app.refuses("list") == said == app.refuses([])
    assert app.refuses("done 1").startswith('"done" needs revision 0002')
    if app.url.get_backend_name() == "sqlite":  # help asks no server
        assert "(needs 0001)" in app.ok("--help")
    assert app.json("db status")["revision"] == "base"


@pytest.mark.parametrize("revision", ["0006", "0007"])
def test_before_names_are_unique_there_may_be_two_of_one_name(at: At, revision: str) -> None:
    app = at(revision)
    assert app.ok("user add ana") == "Added user 1: ana\n"
    assert app.ok("user add ana") == "Added user 2: ana\n"
    assert app.refuses("user rm ana") == '2 users are called "ana": 1, 2. Say which one by the id.\n'
    assert app.ok("user rm 2").startswith("Removed user 2: ana\n")


@pytest.mark.parametrize("revision", ["0008", "0009", "0010", "0015", BOTH])
def test_from_0008_on_a_second_ana_is_refused(at: At, revision: str) -> None:
    app = at(revision)
    app.ok("user add ana")
    assert app.refuses("user add ana") == 'There is a user "ana" already: 1. Nothing was changed.\n'
    assert app.ok("user add Ana") == "Added user 2: Ana\n"


@pytest.mark.parametrize("revision", ["0007", "0010", "0013", "0015", BOTH, "0018"])
def test_a_column_and_a_key_that_somebody_added_disturb_nothing(at: At, revision: str) -> None:
    app = at(revision)
    app.sql("ALTER TABLE tasks ADD COLUMN helper_id INTEGER REFERENCES users (id) ON DELETE SET NULL")
    app.sql("ALTER TABLE users ADD COLUMN tasks INTEGER")  # the name of a relationship
    app.ok("user add ana")
    app.ok("add Water --owner ana")
    assert app.json("list --owner ana")[0]["owner"] == "ana"
    app.sql("UPDATE tasks SET helper_id = owner_id, owner_id = NULL")
    assert app.json("list")[0]["owner"] is None
    assert "ana" in app.ok("user list")
    assert app.ok("user rm ana").startswith("Removed user 1: ana\n")
    assert len(app.json("list")) == 1


def test_an_owner_whose_name_two_users_share_is_refused_with_their_ids(at: At) -> None:
    app = at("0007")
    app.ok("user add ana")
    app.ok("user add ana")
    said = '2 users are called "ana": 1, 2. Say which one by the id.\n'
    assert app.refuses("add Water --owner ana") == said == app.refuses("list --owner ana")
    assert app.ok("add Water --owner 2") == "Added 1: Water (owner ana)\n"
    assert app.json("list --owner 2")[0]["owner_id"] == 2


@pytest.mark.parametrize("revision", ["0007", "0008", "0009"])
def test_removing_a_user_who_would_take_tasks_along_is_refused(at: At, revision: str) -> None:
    app = at(revision)
    app.ok("user add ana")
    for title in ("Water", "Tea", "Salt"):
        app.ok(f"add {title} --owner ana")
    assert app.refuses("user rm ana") == (
        f"Removing ana would remove 3 tasks too: at revision {revision} the tasks of a user go with them. "
        "Nothing was changed.\n"
        "Remove both: taskmaster user rm ana --with-tasks\n"
        "Keep the tasks: taskmaster assign 1-3 none, and then remove ana; or run: alembic upgrade 0010\n"
    )
    assert len(app.json("list")) == 3
    app.ok("user rm ana --with-tasks")
    assert (app.json("list"), app.json("user list")) == ([], [])


def test_removing_a_user_without_tasks_needs_no_word(at: At) -> None:
    app = at("0009")
    app.ok("user add ana")
    app.ok("add Water --owner ana")
    app.ok("assign 1 none")
    assert app.ok("user rm ana").startswith("Removed user 1: ana\n")
    assert len(app.json("list")) == 1


def test_a_task_made_before_a_column_came_has_its_default(at: At) -> None:
    app = at("0001")
    app.ok("add Water")
    history.upgrade(app.url)
    [task] = app.json("list")
    assert (task["done"], task["priority"], task["owner"]) == (False, "normal", None)


def test_for_a_server_help_marks_nothing_and_does_not_connect(
    nowhere: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(URL_VARIABLE, "postgresql://me@192.0.2.1/tasks")  # an address that never answers
    assert "(needs" not in nowhere.ok("--help")


@only_sqlite("the file is spoiled")
def test_help_does_not_mind_what_it_cannot_read(at: At) -> None:
    app = at("0004")
    app.file.write_bytes(b"not a database at all, but long enough to be looked at as one" * 20)
    assert "(needs" not in app.ok("--help")


def test_where_there_is_no_database_help_marks_nothing(nowhere: App) -> None:
    assert "(needs" not in nowhere.ok("--help")
    assert HEAD.waiting == []
