"""The table of what each revision unlocks, against the scripts and the models."""

from __future__ import annotations

import click
import pytest

from taskmaster import cli, schema
from taskmaster.errors import NeedsRevisionError, RetiredError, UnfitDatabaseError
from taskmaster.mapping import _DECLARED
from taskmaster.models import Base
from taskmaster.schema import BASE, HEAD, REVISIONS, Schema
from tests.migrations.history import SCRIPTS


def test_the_table_holds_the_revisions_of_the_scripts_in_their_order() -> None:
    scripts = [
        (script.revision, script._versioned_down_revisions, script.doc)
        for script in reversed(list(SCRIPTS.walk_revisions()))
    ]
    assert [(revision.id, revision.parents, revision.title) for revision in REVISIONS] == scripts


def test_the_columns_of_all_revisions_are_those_of_the_models() -> None:
    brought = [column for revision in REVISIONS for column in revision.columns]
    declared = [f"{table.name}.{column.key}" for table in Base.metadata.tables.values() for column in table.c]
    assert sorted(brought) == sorted(declared)


def test_the_declared_classes_are_all_known_to_the_mapping() -> None:
    assert {mapper.class_ for mapper in Base.registry.mappers} == {_DECLARED.task, _DECLARED.user}


def _commands(group: click.Group) -> list[click.Command]:
    found = []
    for command in group.commands.values():
        found += _commands(command) if isinstance(command, click.Group) else [command]
    return found


def test_every_need_of_a_command_or_option_is_unlocked_by_some_revision() -> None:
    for command in _commands(cli.cli):
        needs = [getattr(command, "needs", None)]
        for parameter in command.params:
            needs += [getattr(parameter, "needs", None), *getattr(parameter, "values_need", {}).values()]
        assert {need for need in needs if need} <= set(schema.UNLOCKED_BY), command.name


def test_every_command_that_a_revision_unlocks_asks_for_it() -> None:
    asked = {getattr(command, "needs", None) for command in _commands(cli.cli)}
    unlocked = {name for name in schema.UNLOCKED_BY if not name.startswith("--")}
    assert unlocked - asked == {schema.UNIQUE_NAMES, schema.TASKS_OUTLIVE_OWNER}


def test_the_answer_names_the_revision_and_the_way_there() -> None:
    with pytest.raises(NeedsRevisionError) as refused:
        Schema(frozenset({"0001"})).require("done")
    assert str(refused.value) == (
        '"done" needs revision 0002 (add done, due date and category); this database is at 0001.\n'
        "Run: alembic upgrade 0002"
    )


def test_of_several_needs_the_answer_names_the_last() -> None:
    with pytest.raises(NeedsRevisionError, match=r'^"--owner" needs revision 0007'):
        BASE.require("--due", "--owner", "add")


def test_at_head_everything_is_possible_and_nothing_waits() -> None:
    HEAD.require(*schema.UNLOCKED_BY)
    assert HEAD.waiting == []


def test_applied_are_the_ancestors_of_the_heads_whatever_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    branches = {
        "a": schema.Revision("a", (), "root"),
        "z": schema.Revision("z", ("a",), "one branch"),
        "b": schema.Revision("b", ("a",), "another"),
    }
    monkeypatch.setattr(schema, "BY_ID", branches)
    assert Schema(frozenset({"b"})).applied == {"a", "b"}
    assert Schema(frozenset({"b", "z"})).applied == {"a", "b", "z"}
    assert Schema(frozenset({"b", "z"})).position == "b and z"


def test_a_database_without_anything_is_at_base() -> None:
    assert Schema.found([], []) == BASE == Schema.found(["alembic_version"], [])


def test_somebody_elses_database_is_refused() -> None:
    with pytest.raises(UnfitDatabaseError, match="has tables, but not the table alembic_version"):
        Schema.found(["photos"], [])


def test_an_unknown_revision_is_refused() -> None:
    with pytest.raises(UnfitDatabaseError, match="is at revision 0042, which this taskmaster does not know"):
        Schema.found(["alembic_version", "tasks"], ["0042"])


def test_what_is_retired_says_since_when(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "RETIRED_BY", {"--category": schema.BY_ID["0010"]})
    assert not HEAD.has("--category")
    assert Schema(frozenset({"0009"})).has("--category")
    with pytest.raises(RetiredError, match=r'^"--category" is retired since revision 0010 \(widen'):
        HEAD.require("--category")
