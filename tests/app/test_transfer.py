"""What is exported can be imported, and nothing is lost or doubled on the way."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from taskmaster.spelling import fold
from tests.app.conftest import App, only_sqlite
from tests.migrations import history

At = Callable[[str], App]
links = pytest.mark.skipif(os.name == "nt", reason="there not everybody may make links")


def export_of(app: App) -> Any:
    return json.loads(app.ok("export"))


def import_of(app: App, document: Any) -> Any:
    Path("in.json").write_text(json.dumps(document), encoding="utf-8")
    return app("import in.json")


@pytest.mark.parametrize("revision", history.REVISIONS)
def test_a_database_goes_through_json_and_stays_the_same(at: At, revision: str) -> None:
    app = at(revision)
    history.fill(app.url)
    before = history.rows(app.url)
    app.ok("export out.json")
    app = at(revision)
    app.ok("import out.json")
    assert history.rows(app.url) == before


@pytest.mark.parametrize("revision", history.REVISIONS)
def test_what_an_older_database_exported_fits_into_a_newer_one(at: At, revision: str) -> None:
    app = at(revision)
    history.fill(app.url)
    document = export_of(app)
    app = at(history.HEAD)
    said = import_of(app, document)
    if revision in {"0006", "0007"}:
        assert said.err.startswith(
            'Several users of the import are called "ana", and here a name is one user.'
        )
        return
    assert said.status == 0, said
    for task in export_of(app)["tasks"]:
        [was] = [old for old in document["tasks"] if old["id"] == task["id"]]
        category, words = was.pop("category") or "", was.pop("tags") or []
        words += [category] if revision != "0013" else []  # which keeps it for the way back only
        assert all(task[key] == value for key, value in was.items() if value is not None)
        assert {fold(word) for word in words} - {""} <= {fold(name) for name in task["tags"]}


def test_importing_twice_adds_nothing_the_second_time(app: App) -> None:
    history.fill(app.url)
    document = export_of(app)
    assert import_of(app, document).out == "0 tasks imported, 5 here already.\n"
    assert export_of(app) == document


def test_a_task_whose_id_is_taken_gets_a_new_one_and_says_so(app: App) -> None:
    app.ok("add Water")
    document = export_of(app)
    document["tasks"][0]["title"] = "Tea"
    assert import_of(app, document).out == (
        "Imported 2: Tea (it was 1, which is taken)\n1 task imported, 0 here already.\n"
    )
    assert app.ok("add Salt") == "Added 3: Salt\n"


def test_owners_are_found_by_their_names(app: App) -> None:
    app.ok("user add zoe")
    app.ok("user add ana")
    app.ok("add Water --owner ana")
    document = export_of(app)
    document["users"] = [user | {"id": user["id"] + 10} for user in document["users"]]
    document["tasks"][0] |= {"id": 7, "owner_id": 12}
    assert import_of(app, document).status == 0
    assert [task["owner"] for task in app.json("list")] == ["ana", "ana"]
    assert len(app.json("user list")) == 2


def test_a_user_who_may_be_somebody_else_is_refused(app: App) -> None:
    app.ok("user add ana --email ana@example.org")
    document = export_of(app)
    document["users"][0]["email"] = "another@example.org"
    said = import_of(app, document)
    assert said.status == 1
    assert "they may be two people. Nothing was changed." in said.err


def test_an_owner_who_is_nowhere_is_refused(app: App) -> None:
    app.ok("add Water")
    document = export_of(app)
    document["tasks"][0] |= {"id": 2, "owner_id": 5, "owner": "zoe"}
    assert "who is neither in the import nor here" in import_of(app, document).err
    assert len(app.json("list")) == 1


def test_what_the_schema_cannot_hold_is_not_imported_at_all(at: At) -> None:
    app = at("0010")
    app.ok("add Water")
    app.ok("add Tea --priority urgent")
    document = export_of(app)
    app = at("0009")
    assert import_of(app, document).err.startswith('"--priority urgent" needs revision 0010')
    assert app.json("list") == []


BOTH = "0016 and 0017"
# What a person can write at each revision: a user, and tasks with all that a task may have there.
WRITTEN: dict[str, list[str]] = {
    "0001": ["add Water", "add Tea"],
    "0002": ["add Rent --due 2026-03-06 --category Home", "add Bill --category ' HOME'", "done 1"],
    "0006": ["user add ana --email ana@example.org", "user add bo"],
    "0009": ["add Salt --owner ana --priority high --category Work"],
    "0010": [],
    "0011": ["add Bread --tag 'To  do' --tag Shop --owner bo", "add Milk --tag shop", "edit 2 --tag gone",
             "edit 2 --untag gone"],
    "0012": [],
    "0013": [],
    "0014": [],
    "0015": ["user profile ana --full-name 'Ana Lima'", "user profile bo --about 'Two\nlines'"],
    "0016": ["edit 1 --estimate 1h30"],
    "0017": ["edit 2 --note 'Two\nlines'"],
    BOTH: ["edit 2 --note 'Two\nlines'"],
    "0018": ["edit 1 --estimate 1h30", "edit 2 --note 'Two\nlines'"],
    "0019": [],
}  # fmt: skip
BEFORE = dict(zip(list(WRITTEN)[1:], WRITTEN, strict=False)) | {"0017": "0015", BOTH: "0016", "0018": "0015"}
_written: dict[tuple[bool, str], Any] = {}  # each step of the way is gone once, on each of the two databases


def write(at: At, revision: str) -> App:
    """A database that people have used on its way up to REVISION, whose every step kept what they wrote."""
    app = at(revision)
    here = (app.is_a_file, revision)
    if here in _written:
        app.load(_written[here])
        return app
    if revision in BEFORE:
        app = write(at, BEFORE[revision])
        history.upgrade(app.url, revision.split(" and ")[-1])
    for line in WRITTEN[revision]:
        app.ok(line)
    _written[here] = app.save()
    return app


WAYPOINTS = ["0010", "0011", "0012", "0013", "0014", "0015", "0016", "0017", BOTH, "0018", "0019"]


@pytest.mark.parametrize("revision", WAYPOINTS)
def test_tags_profiles_estimates_and_notes_go_through_json(at: At, revision: str) -> None:
    app = write(at, revision)
    before, document = app.contents(), export_of(app)
    assert import_of(app, document).out.endswith(
        f"0 tasks imported, {len(document['tasks'])} here already.\n"
    )
    assert app.contents() == before
    app = at(revision)
    assert import_of(app, document).status == 0
    assert app.contents() == before


@pytest.mark.parametrize("revision", ["0010", "0012", "0013", "0015", BOTH])
def test_an_import_at_head_makes_the_same_as_an_upgrade(at: At, revision: str) -> None:
    app = write(at, revision)
    document = export_of(app)
    history.upgrade(app.url)
    upgraded = export_of(app)
    app = at(history.HEAD)
    assert import_of(app, document).status == 0
    assert _without_ids(export_of(app)) == _without_ids(upgraded)


def _without_ids(document: Any) -> Any:
    return document | {"tags": sorted(tag["name"] for tag in document["tags"])}


@pytest.mark.parametrize("revision", ["0010", "0011", "0013", "0015", BOTH, "0019"])
def test_what_was_removed_comes_back_with_all_that_belonged_to_it(at: At, revision: str) -> None:
    app = write(at, revision)
    before = app.contents()
    for line in ("rm 1-99", "user rm ana bo --with-tasks"):
        app.ok(app.ok(line).splitlines()[-1].removeprefix("Undo: taskmaster "))
        assert app.contents() == before


def test_a_category_that_is_kept_for_the_way_back_goes_back(at: At) -> None:
    document = export_of(write(at, "0013"))
    assert [task["category"] for task in document["tasks"]] == [
        None,
        None,
        "Home",
        "HOME",
        "Work",
        None,
        None,
    ]
    app = at("0012")
    import_of(app, document)
    assert {task["category"] for task in app.json("list --all")} == {None, "Home", "HOME", "Work"}
    app = at("0019")
    assert "3 tasks had a category, which is a tag since 0013.\n" in import_of(app, document).out


def test_a_tag_that_was_taken_away_at_0013_stays_away(at: At) -> None:
    app = at("0012")
    app.ok("add Rent --category Home")
    history.upgrade(app.url, "0013")
    app.ok("edit 1 --untag home")
    document = export_of(app)
    for revision in ("0013", "0019"):
        app = at(revision)
        import_of(app, document)
        assert app.json("list")[0]["tags"] == []


def test_a_task_that_is_here_with_more_tags_than_its_category_is_not_doubled(at: At) -> None:
    app = at("0010")
    app.ok("add Rent --category Home")
    document = export_of(app)
    app = at("0019")
    import_of(app, document)
    app.ok("edit 1 --tag soon")
    assert import_of(app, document).out == "0 tasks imported, 1 here already.\n"
    app.ok("edit 1 --untag home")
    assert "Imported 2: Rent (it was 1, which is taken)\n" in import_of(app, document).out


@pytest.mark.parametrize(
    ("line", "feature"),
    [
        ("add Water --tag x", "--tag"),
        ("add Water --estimate 5", "--estimate"),
        ("add Water --note x", "--note"),
        ("user profile ana --about x", "user profile"),
    ],
)
def test_what_an_older_schema_has_no_place_for_is_not_imported_at_all(
    at: At, line: str, feature: str
) -> None:
    app = at("0019")
    app.ok("user add ana")
    app.ok(line)
    document = export_of(app)
    app = at("0010")
    assert import_of(app, document).err.startswith(f'"{feature}" needs revision ')
    assert app.json("user list") == []


def test_a_profile_that_is_here_stays_and_is_said_so(app: App) -> None:
    app.ok("user add ana")
    app.ok("user profile ana --about Old")
    document = export_of(app)
    app.ok("user profile ana --about New")
    assert import_of(app, document).out == (
        "User ana keeps the profile that is here.\n0 tasks imported, 0 here already.\n"
    )
    app.ok("user profile ana --about none")
    import_of(app, document)
    assert app.json("user profile ana")["profile"]["about"] == "Old"


def test_ids_of_tags_and_profiles_that_are_taken_become_others(app: App) -> None:
    app.ok("user add zoe")
    app.ok("user profile zoe --about x")
    app.ok("add Water --tag zzz")
    document = export_of(app)
    document["users"][0] |= {"id": 1, "username": "ana"}
    document["tags"][0]["name"] = "Home"
    document["tasks"][0] |= {"tags": ["home"], "title": "Tea"}
    assert import_of(app, document).status == 0
    assert [(tag["id"], tag["name"]) for tag in app.json("tags")] == [(2, "Home"), (1, "zzz")]
    assert [user["profile"]["id"] for user in app.json("user list")] == [2, 1]
    app.ok("add Salt --tag new")  # the numbers go on after those that were given
    app.ok("user add bo")
    app.ok("user profile bo --about x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ("\ufeff{", "is not JSON"),
        ("[]", "is not an export"),
        ('{"taskmaster": 2}', "is not an export"),
        ('{"taskmaster": 1, "tasks": {}}', "tasks is not a list"),
        ('{"taskmaster": 1, "tasks": [1]}', "tasks[0] is not an object"),
        ('{"taskmaster": 1, "tasks": [{"id": 1}]}', "tasks[0].title is missing"),
        ('{"taskmaster": 1, "tasks": [{"id": "1", "title": "x"}]}', "tasks[0].id is not a number"),
        ('{"taskmaster": 1, "tasks": [{"id": true, "title": "x"}]}', "tasks[0].id is not a number"),
        ('{"taskmaster": 1, "tasks": [{"id": 0, "title": "x"}]}', "between 1 and"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x"}, {"id": 1, "title": "y"}]}', "the same id"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "\\ud800"}]}', "tasks[0].title is not text"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x", "due_on": "soon"}]}', "due_on is not a date"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x", "due_on": 3}]}', "due_on is not a date"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x", "priority": "no"}]}', "priority is none of"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x", "mood": 1}]}', "mood, which this"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x", "tags": "a"}]}', "tags is not a list of names"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x", "tags": [1]}]}', "tags is not a list of names"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x", "tags": [" "]}]}', "is not a list of names"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x", "tags": ["\\ud800"]}]}', "list of names"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "a\\u0000b"}]}', "tasks[0].title is not text"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x", "tags": ["a\\u0000b"]}]}', "list of names"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x", "estimate": 0}]}', "is not between 1 and"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x", "estimate": 3e9}]}', "is not a number"),
        ('{"taskmaster": 1, "tags": [{"id": 1, "name": ""}]}', "tags[0].name is empty"),
        ('{"taskmaster": 1, "tags": [{"id": 1}]}', "tags[0].name is missing"),
        ('{"taskmaster": 1, "tags": [{"id": 1, "name": "a"}, {"id": 1, "name": "b"}]}', "the same id"),
        ('{"taskmaster": 1, "users": [{"id": 1, "username": "x", "created_at": "2026-03-02T09:00:00Z", '
         '"profile": 1}]}', "users[0].profile is not an object"),
        ('{"taskmaster": 1, "users": [{"id": 1, "username": "x", "created_at": "2026-03-02T09:00:00Z", '
         '"profile": {"id": 1}}]}', "users[0].profile.created_at is missing"),
        ('{"taskmaster": 1, "tasks": [{"id": 1, "title": "x", "created_at": "2026-03-02T09"}]}', "offset"),
    ],
)  # fmt: skip
def test_what_is_no_export_is_refused_with_the_place(nowhere: App, text: str, said: str) -> None:
    Path("in.json").write_text(text, encoding="utf-8")
    assert said in (answer := nowhere.refuses("import in.json"))
    assert len(answer.splitlines()) == 1
    assert not nowhere.file.exists()


def test_a_file_that_is_not_there_is_said_so(nowhere: App) -> None:
    assert nowhere.refuses("import nothing.json") == "Cannot read nothing.json: No such file or directory.\n"


def test_bytes_that_are_no_text_are_said_so(nowhere: App) -> None:
    Path("in.json").write_bytes(b"\xff\xfe\x00{")
    assert nowhere.refuses("import in.json").startswith("in.json is not JSON")


def test_an_export_into_a_place_that_is_not_there_is_said_so(app: App) -> None:
    assert app.refuses("export nobody/made/me.json").startswith("Cannot write nobody/made/me.json: ")


@only_sqlite("the database is a file that an export could replace")
def test_an_export_never_takes_the_place_of_the_database_or_another_file(app: App) -> None:
    app.ok("add Water")
    Path("notes.txt").write_text("mine", encoding="utf-8")
    before = app.file.read_bytes()
    for name in (app.file.name, "notes.txt"):
        said = f"{name} exists already, and is no export. Name a file that does not exist.\n"
        assert app.refuses(f"export {name}") == said
    assert (app.file.read_bytes(), Path("notes.txt").read_text(encoding="utf-8")) == (before, "mine")


@links
def test_an_export_takes_the_place_of_an_older_one_also_behind_a_link(app: App) -> None:
    Path("real.json").touch()
    Path("link.json").symlink_to("real.json")
    for title in ("Water", "Bread"):
        app.ok(f"add {title}")
        assert app.ok("export link.json") == "Wrote link.json.\n"
        assert title in Path("real.json").read_text(encoding="utf-8")
    assert Path("link.json").is_symlink()


@links
def test_an_export_into_a_device_leaves_it_one(app: App) -> None:
    Path("nowhere").symlink_to(os.devnull)
    app.ok("export nowhere")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("call", ["export", "import", "db backup", "db restore"])
def test_a_file_without_a_name_is_refused(app: App, call: str) -> None:
    assert "it is empty." in app.refuses([*call.split(), ""], 2)


def test_an_import_makes_the_database_where_there_is_none(nowhere: App) -> None:
    Path("in.json").write_text('{"taskmaster": 1, "tasks": [{"id": 4, "title": "Water"}]}', encoding="utf-8")
    said = nowhere("import in.json")
    assert (said.status, said.err) == (0, "Made taskmaster.db at revision 0019.\n")
    assert nowhere.json("list")[0]["id"] == 4
