"""The table of what autogenerate sees is decided by running, and its verdicts are those of a person."""

from __future__ import annotations

from dataclasses import replace

import pytest
from workbook import autogen, commands
from workbook.autogen import Case, Finding

WIDTH = 100  # longer lines are broken in a notebook


def found(what: str) -> Finding:
    return next(finding for finding in autogen.findings() if finding.case.what == what)


def judged(case: Case) -> Finding:
    with commands.stock_alembic():
        return autogen.find(case)


def test_every_case_has_a_name_of_its_own() -> None:
    names = [case.what for case in autogen.cases()]
    assert len(names) == len(set(names))


def test_an_operation_that_gives_what_was_meant_is_seen() -> None:
    assert (found("a new table").operations, found("a new table").verdict) == ("create_table", autogen.SEES)
    assert found("another ON DELETE").operations == "drop_constraint, create_foreign_key"


def test_a_rename_loses_values_although_the_schema_is_as_meant() -> None:
    assert found("a column renamed").reason == "2 values lost"
    assert found("a table renamed").reason == "2 values lost"


def test_what_cannot_be_run_is_wrong_with_the_error_that_it_raises() -> None:
    assert "Cannot add a NOT NULL column" in found("a new column that may not be NULL").reason
    assert found("a column of a type of your own").reason == "NameError: name 'models' is not defined"


def test_what_is_not_written_is_missed_only_where_the_databases_differ() -> None:
    assert found("a new CHECK with a name").verdict == autogen.MISSES
    assert found("a comment on a column").verdict == autogen.NOTHING


def test_a_default_is_seen_with_the_option_and_not_without() -> None:
    assert found("another server default").verdict == autogen.MISSES
    assert found("the same, compare_server_default=True").verdict == autogen.SEES


@pytest.mark.parametrize("what", ["a column", "a table", "an index"])
def test_what_somebody_made_by_hand_is_taken_away(what: str) -> None:
    assert found(what).verdict == autogen.UNDOES
    assert found(what).operations.startswith("drop_")


def test_the_verdict_follows_what_ran_and_not_what_was_expected() -> None:
    seen = next(case for case in autogen.cases() if case.what == "index=True")
    assert judged(replace(seen, meant=seen.before)).verdict == autogen.WRONG
    assert judged(replace(seen, after=seen.before)).verdict == autogen.NOTHING
    assert judged(replace(seen, after=seen.before, meant=seen.after)).verdict == autogen.MISSES


def test_two_runs_find_the_same() -> None:
    autogen.findings.cache_clear()
    once = autogen.show_all()
    autogen.findings.cache_clear()
    again = autogen.show_all()
    assert (once.text, once.html) == (again.text, again.html)


def test_the_table_fits_and_counts_every_case() -> None:
    text = autogen.show_all().text
    assert max(map(len, text.splitlines())) <= WIDTH
    for case in autogen.cases():
        assert f"\n{case.what}  " in text
    assert sum(int(word) for word in text.splitlines()[-1].replace(",", "").split() if word.isdigit()) == len(
        autogen.cases()
    )


def test_one_line_of_the_table_can_be_looked_at() -> None:
    shown = autogen.show("a column renamed")
    assert shown is not None
    assert "batch_op.drop_column('mood')" in shown.text
    assert autogen.show("a column that sings") is None
