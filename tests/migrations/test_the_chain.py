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
from pytest_alembic.tests.experimental import test_downgrade_leaves_no_trace  # noqa: F401
from sqlalchemy import URL

from taskmaster.models import Base
from tests import postgres as pg
from tests.migrations import history
from tests.migrations.history import HEAD, REVISIONS, STEPS


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


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_down_and_up_again_ends_in_the_same_schema(database: URL, before: str, after: str) -> None:
    history.made_at(database, before)
    schemas = []
    for move, revision in [(history.upgrade, after), (history.downgrade, before)] * 2:
        move(database, revision)
        schemas.append(history.schema(database))

    assert schemas[:2] == schemas[2:]
    assert history.revision_of(database) == before


@pytest.mark.parametrize("revision", REVISIONS)
def test_both_databases_have_the_same_schema_and_rows_at(revision: str, sqlite: URL, postgres: URL) -> None:
    assert history.picture(history.made_at(sqlite, revision)) == history.picture(
        history.made_at(postgres, revision)
    )


def test_both_databases_carry_the_same_rows_through_the_whole_history(sqlite: URL, postgres: URL) -> None:
    for before, after in STEPS[1:]:
        for url in (sqlite, postgres):
            history.made_at(url, before) if before == "0001" else None
            history.upgrade(url, after)
            if after in {"0002", "0007"}:
                _write_what_is_new(url, after)
        assert history.picture(sqlite) == history.picture(postgres)
    for before, _ in reversed(STEPS):
        for url in (sqlite, postgres):
            history.downgrade(url, before)
        assert history.picture(sqlite) == history.picture(postgres)


def _write_what_is_new(url: URL, revision: str) -> None:
    if revision == "0002":
        history.run(url, "UPDATE todo SET done = true, due_on = '2020-03-04', category = 'x' WHERE id > 2")
    else:
        history.run(
            url,
            "INSERT INTO users (username) VALUES ('ana'), ('bo'), ('ana'), ('ana')",
            "UPDATE users SET email = id || '@example.org' WHERE id IN (1, 3)",
            "UPDATE tasks SET owner_id = 1 + id % 4",
        )


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

    old = [name for name in _names(postgres) if "todo" in name or ("_name_" in name and "tasks" in name)]
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
