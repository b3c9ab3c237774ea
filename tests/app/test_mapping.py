"""The classes for an older database: columns and relationships, as far as the tables are there."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from taskmaster import mapping
from taskmaster.database import opened
from taskmaster.schema import REVISIONS, Schema
from tests.app.conftest import App

At = Callable[[str], App]
POSITIONS = [*(revision.id for revision in REVISIONS), "0016 and 0017"]


@pytest.fixture(autouse=True)
def _never_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mapping, "is_declared", lambda _schema: False)


def address(app: App) -> str:
    return app.url.render_as_string(hide_password=False)


@pytest.mark.parametrize("position", POSITIONS)
def test_the_classes_have_what_the_revision_says(at: At, position: str) -> None:
    app, here = at(position), Schema(frozenset(position.split(" and ")))
    with opened(address(app)) as session:
        classes = mapping.models(session)
        mapped = {
            f"{table}.{key}"
            for table, class_ in (
                ("tasks", classes.task),
                ("users", classes.user),
                ("tags", classes.tag),
                ("profiles", classes.profile),
            )
            if class_ is not None
            for key in sa.inspect(class_).columns.keys()  # noqa: SIM118  a mapper's columns iterate as columns
        }
        others = {"task_tags", "retired_category"}
        assert mapped == {column for column in here.columns if column.partition(".")[0] not in others}
        links = {link.key for link in sa.inspect(classes.task).relationships}
        assert links == {
            name for name, feature in (("owner", "--owner"), ("tags", "--tag")) if here.has(feature)
        }


@pytest.mark.parametrize("position", ["0011", "0013", "0015", "0016 and 0017", "0019"])
def test_many_to_many_works_through_the_relationship(at: At, position: str) -> None:
    app = at(position)
    with opened(address(app), writing=True) as session:
        classes = mapping.models(session)
        home = classes.tag(name="Home", folded="home")
        session.add_all([classes.task(title="Rent", tags=[home]), classes.task(title="Bill", tags=[home])])
    assert [task["tags"] for task in app.json("list")] == [["Home"], ["Home"]]
    with opened(address(app), writing=True) as session:
        classes = mapping.models(session)
        [tag] = session.scalars(sa.select(classes.tag))
        assert sorted(task.title for task in tag.tasks) == ["Bill", "Rent"]
        session.delete(tag.tasks[0])
    assert app.json("tags")[0]["all"] == 1


@pytest.mark.parametrize("position", ["0015", "0016", "0019"])
def test_one_to_one_is_one_and_not_a_list(at: At, position: str) -> None:
    app = at(position)
    app.ok("user add ana")
    with opened(address(app), writing=True) as session:
        classes = mapping.models(session)
        [ana] = session.scalars(sa.select(classes.user))
        assert ana.profile is None
        ana.profile = classes.profile(full_name="Ana Lima")
    with opened(address(app)) as session:
        classes = mapping.models(session)
        [profile] = session.scalars(sa.select(classes.profile))
        assert profile.user.username == "ana"
        assert profile.user.profile is profile
    assert app.json("user profile ana")["profile"]["full_name"] == "Ana Lima"


def test_an_index_on_an_expression_is_no_matter_for_a_warning(at: At) -> None:
    app = at("0018")
    app.sql("CREATE INDEX mine ON tasks (lower(title))")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        app.ok("add Water")
