"""The whole history, upwards and downwards, with rows, on SQLite and on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from pytest_alembic.config import Config as PytestAlembicConfig
from pytest_alembic.tests import (  # noqa: F401  (its tests, collected here)
    test_model_definitions_match_ddl,
    test_single_head_revision,
    test_up_down_consistency,
    test_upgrade,
)
from sqlalchemy import URL

from taskmaster.models import Base
from tests import postgres as pg
from tests.migrations import history
from tests.migrations.history import HEAD, PLACES, REVISIONS, STEPS, Step


def test_the_history_has_one_head_and_ordinals_for_ids() -> None:
    assert history.SCRIPTS.get_heads() == [HEAD]
    assert [f"{number:04}" for number in range(1, len(REVISIONS) + 1)] == REVISIONS


def test_up_down_and_up_again_keeps_the_rows_that_each_schema_can_hold(database: URL) -> None:
    history.made_at(database, "0001")
    titles = [task["name"] for task in history.rows(database)["todo"]]

    history.upgrade(database)
    at_head = history.picture(database)
    assert [task["title"] for task in at_head["tasks"]["rows"]] == titles

    history.downgrade(database, "0001")
    assert [task["name"] for task in history.rows(database)["todo"]] == titles

    history.upgrade(database)
    assert history.picture(database) == at_head


def test_down_to_base_leaves_nothing_and_up_again_is_the_same(database: URL) -> None:
    history.made_at(database, HEAD)
    schema = history.schema(database)

    history.downgrade(database, "base")
    assert history.picture(database) == {}
    assert history.revision_of(database) == "base"

    history.upgrade(database)
    assert history.schema(database) == schema


@pytest.mark.parametrize("step", STEPS, ids=" ".join)
def test_a_downgrade_leaves_no_trace_in_the_schema(database: URL, step: Step) -> None:
    """pytest-alembic has a test of this name; it takes every history for one line, without branches."""
    history.made_at(database, step.before)
    schemas = [history.schema(database)]
    for move, told, place in [
        (history.upgrade, step.revision, step.after),
        (history.downgrade, step.down, step.before),
    ] * 2:
        move(database, told)
        assert history.revision_of(database) == place
        schemas.append(history.schema(database))

    assert schemas[:3] == schemas[2:]


@pytest.mark.parametrize("place", PLACES[1:])
def test_both_databases_have_the_same_schema_and_rows_at(place: str, sqlite: URL, postgres: URL) -> None:
    assert history.picture(history.made_at(sqlite, place)) == history.picture(
        history.made_at(postgres, place)
    )


def test_both_databases_carry_the_same_rows_through_the_whole_history(sqlite: URL, postgres: URL) -> None:
    for url in (sqlite, postgres):
        history.made_at(url, "0001")
    for revision in REVISIONS[1:]:
        for url in (sqlite, postgres):
            history.upgrade(url, revision)
            history.run(url, *NEW.get(revision, []))
        assert history.picture(sqlite) == history.picture(postgres)
    for below in ["0018", "0016", "0017@0015", *reversed(REVISIONS[:15]), "base"]:
        for url in (sqlite, postgres):
            history.downgrade(url, below)
        assert history.picture(sqlite) == history.picture(postgres)
    assert history.revision_of(sqlite) == "base"


# What people write as soon as there is a place for it.
NEW = {
    "0002": ["UPDATE todo SET done = true, due_on = '2020-03-04', category = 'X ' || (id % 2) WHERE id > 2"],
    "0007": [
        "INSERT INTO users (username) VALUES ('ana'), ('bo'), ('ana'), ('ana')",
        "UPDATE users SET email = id || '@example.org' WHERE id IN (1, 3)",
        "UPDATE tasks SET owner_id = 1 + id % 4",
    ],
    "0012": ["UPDATE tasks SET category = ' Später ' WHERE id = 1"],
    "0015": ["INSERT INTO profiles (user_id, full_name) VALUES (2, 'Bo B.')"],
    "0016": ["UPDATE tasks SET estimate = 10 * id"],
    "0017": ["UPDATE tasks SET notes = title"],
}


def test_postgresql_writes_no_table_anew_so_a_reader_who_waited_finds_all_rows(postgres: URL) -> None:
    """The app reads as of one moment. Of a table that an ALTER wrote anew, or that was replaced by another of
    its name, while a reader waited for its lock, such a reader would see no row at all.
    """
    history.made_at(postgres, "0001")
    before = _files(postgres)
    for move, revisions in [
        (history.upgrade, REVISIONS[1:]),
        (history.downgrade, ["0015", *REVISIONS[:15][::-1]]),
    ]:
        for revision in revisions:
            move(postgres, revision)
            after = _files(postgres)
            assert {name: after[name] for name in before if name in after} == {
                name: before[name] for name in before if name in after
            }, revision
            before = after


def _files(url: URL) -> dict[str, tuple[int, int]]:
    """Name of each table -> itself, and where its rows are."""
    found = history.run(
        url,
        "SELECT relname, CAST(oid AS integer), CAST(pg_relation_filenode(oid) AS integer) FROM pg_class "
        "WHERE relkind = 'r' AND relnamespace = CAST('public' AS regnamespace)",
    )
    return {name: (table, file) for name, table, file in found}


# ------------------------------------------------------------------------------------- two branches


@pytest.mark.parametrize(("first", "second"), [("0016", "0017"), ("0017", "0016")])
def test_the_branches_may_be_gone_up_in_either_order(database: URL, first: str, second: str) -> None:
    history.made_at(database, "0015")
    history.upgrade(database, first)
    assert history.revision_of(database) == first
    history.upgrade(database, second)
    assert history.revision_of(database) == "0016,0017"
    at_both = history.picture(database)

    history.upgrade(database, "heads")
    assert history.revision_of(database) == HEAD
    assert history.rows(database) == {table: parts["rows"] for table, parts in at_both.items()}
    command.check(history.config(database))


@pytest.mark.parametrize(("undone", "left"), [("0016", "0017"), ("0017", "0016")])
def test_below_the_merge_each_branch_may_go_by_itself(database: URL, undone: str, left: str) -> None:
    history.made_at(database, "0018")
    lost = {"0016": "estimate", "0017": "notes"}[undone]
    before = [
        {key: value for key, value in task.items() if key != lost} for task in history.rows(database)["tasks"]
    ]
    history.downgrade(database, undone)  # to where that revision is the newest of its branch
    assert history.revision_of(database) == "0016,0017"
    history.downgrade(database, f"{undone}@0015")

    assert history.revision_of(database) == left
    assert history.rows(database)["tasks"] == before
    history.upgrade(database)
    command.check(history.config(database))


def test_from_above_the_merge_one_downgrade_undoes_both_branches(database: URL) -> None:
    before = history.rows(history.made_at(database, "0015"))
    history.upgrade(database)
    history.downgrade(database, "0015")

    assert history.revision_of(database) == "0015"
    assert history.rows(database) == before


# --------------------------------------------------------------------------------- the models at head


def test_the_models_say_what_the_history_made(database: URL) -> None:
    history.upgrade(database)

    command.check(history.config(database))  # raises when autogenerate would write anything


def test_a_database_made_from_the_models_has_the_same_schema(
    database: URL, postgres_server: pg.Server
) -> None:
    history.upgrade(database)
    upgraded = history.schema(database)
    history.downgrade(database, "base")

    with history.engine(database).begin() as connection:
        Base.metadata.create_all(connection)
    assert history.schema(database) == upgraded


def test_postgresql_holds_no_name_from_before_a_rename(postgres: URL) -> None:
    history.made_at(postgres, "0001")
    history.upgrade(postgres)

    names = _names(postgres)
    old = [name for name in names if "todo" in name or ("_name_" in name and "tasks" in name)]
    old += [name for name in names if "category" in name]
    assert old == []


def test_postgresql_gives_a_fresh_database_the_same_names(postgres: URL, postgres_server: pg.Server) -> None:
    history.upgrade(postgres)
    fresh = postgres_server.new_database()
    with history.engine(fresh).begin() as connection:
        Base.metadata.create_all(connection)

    upgraded = [name for name in _names(postgres) if "alembic_version" not in name]
    assert upgraded == _names(fresh)
    postgres_server.drop(fresh)


def test_postgresql_has_the_old_names_again_after_the_downgrade(postgres: URL) -> None:
    history.upgrade(postgres, "0003")
    before = _names(postgres)
    history.upgrade(postgres)
    history.downgrade(postgres, "0003")

    assert _names(postgres) == before


def test_postgresql_counts_on_after_the_rename(postgres: URL) -> None:
    history.made_at(postgres, "0001")
    history.upgrade(postgres)

    [[new]] = history.run(postgres, "INSERT INTO tasks (title) VALUES ('next') RETURNING id")
    assert new == 1 + max(task["id"] for task in history.TASKS)
    assert history.value(postgres, "SELECT pg_get_serial_sequence('tasks', 'id')") == "public.tasks_id_seq"


def _names(url: URL) -> list[str]:
    """Every name that the catalog holds for what is ours."""
    return [name for (name,) in history.run(url, """
        SELECT 'relation ' || relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        UNION ALL SELECT 'constraint ' || conrelid::regclass || ' ' || conname
                  FROM pg_constraint WHERE connamespace = 'public'::regnamespace
        UNION ALL SELECT 'column ' || attrelid::regclass || ' ' || attname FROM pg_attribute
                  JOIN pg_class ON pg_class.oid = attrelid
                  WHERE relnamespace = 'public'::regnamespace AND attnum > 0 AND NOT attisdropped
        UNION ALL SELECT 'type ' || typname FROM pg_type WHERE typnamespace = 'public'::regnamespace
        UNION ALL SELECT 'default ' || pg_get_expr(adbin, adrelid) FROM pg_attrdef
        ORDER BY 1""")]  # fmt: skip


# ------------------------------------------------------------------------------------- pytest-alembic


@pytest.fixture
def alembic_config() -> PytestAlembicConfig:
    return PytestAlembicConfig(
        config_options={"file": str(history.PROJECT / "alembic.ini")},
        alembic_config=_without_logging(),
    )


def _without_logging() -> Any:
    made = history.config("")
    del made.attributes["url"]
    return made


@pytest.fixture
def alembic_engine(database: URL) -> sa.Engine:
    """pytest-alembic's tests run once on each database."""
    return history.engine(database)
