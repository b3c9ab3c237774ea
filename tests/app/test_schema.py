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


def test_the_table_holds_the_revisions_of_the_scripts() -> None:
    scripts = [
        (script.revision, script._versioned_down_revisions, script.doc) for script in SCRIPTS.walk_revisions()
    ]
    assert [(revision.id, revision.parents, revision.title) for revision in REVISIONS] == sorted(scripts)


def test_in_the_table_every_revision_comes_after_its_parents() -> None:
    ids = [revision.id for revision in REVISIONS]
    assert all(parent in ids[:n] for n, revision in enumerate(REVISIONS) for parent in revision.parents)


def test_the_columns_of_all_revisions_are_those_of_the_models() -> None:
    declared = [f"{table.name}.{column.key}" for table in Base.metadata.tables.values() for column in table.c]
    assert sorted(HEAD.columns) == sorted(declared)


def test_what_is_dropped_was_there_before_and_is_not_any_more() -> None:
    assert Schema(frozenset({"0012"})).has_column("tasks.category")
    assert not Schema(frozenset({"0013"})).has_column("tasks.category")
    assert Schema(frozenset({"0013"})).has_column("retired_category.category")
    assert not HEAD.has_column("retired_category.category")


def test_the_declared_classes_are_all_known_to_the_mapping() -> None:
    assert {mapper.class_ for mapper in Base.registry.mappers} == {
        _DECLARED.task,
        _DECLARED.user,
        _DECLARED.tag,
        _DECLARED.profile,
    }


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
    in_words = {feature for feature in unlocked if len(feature.split()) > 2}
    assert unlocked - asked == in_words


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
    HEAD.require(*(set(schema.UNLOCKED_BY) - set(schema.RETIRED_BY)))
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


def test_what_is_retired_says_since_when_and_what_took_its_place() -> None:
    assert Schema(frozenset({"0012"})).has("--category")
    assert not Schema(frozenset({"0013"})).has("--category")
    with pytest.raises(RetiredError) as refused:
        HEAD.require("--category")
    assert str(refused.value) == (
        '"--category" is retired since revision 0013 (retire the category): use --tag NAME instead.'
    )


def test_whatever_is_retired_has_something_in_its_place() -> None:
    assert all(revision.instead for revision in REVISIONS if revision.retires)
