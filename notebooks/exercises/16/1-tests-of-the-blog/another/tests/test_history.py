from contextlib import closing
from pathlib import Path
import sqlite3
from unittest.mock import patch

from alembic.command import check, downgrade, upgrade
from alembic.config import Config
from alembic.script import ScriptDirectory
from pytest_alembic.tests import test_model_definitions_match_ddl, test_single_head_revision
import pytest
from sqlalchemy import create_engine

HERE = Path(__file__).parent.parent


@pytest.fixture()
def alembic_config(file):
    return {"file": str(HERE / "alembic.ini"), "sqlalchemy.url": f"sqlite:///{file}"}


@pytest.fixture()
def alembic_engine(file):
    return create_engine(f"sqlite:///{file}")


@pytest.fixture()
def file(tmp_path):
    return tmp_path / "blog.db"


@pytest.fixture(autouse=True)
def environment(file):
    with patch.dict("os.environ", BLOG_DATABASE_URL=f"sqlite:///{file}"):
        yield


@pytest.fixture()
def settings(file):
    settings = Config(HERE / "alembic.ini")
    settings.set_main_option("script_location", str(HERE / "migrations"))
    settings.set_main_option("sqlalchemy.url", f"sqlite:///{file}")
    return settings


def ask(file, *statements):
    with closing(sqlite3.connect(file, isolation_level=None)) as db:
        return [db.execute(statement).fetchall() for statement in statements][-1]


def tables(file):
    looks = "table_info", "foreign_key_list", "index_list"
    names = [name for (name,) in ask(file, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    return {(name, look): sorted(row[1:] for row in ask(file, f"PRAGMA {look}({name})")) for name in names for look in looks}


class TestEveryStep:
    def test_each_of_the_newest_up_down_up(self, settings, file):
        upgrade(settings, "e311a0b0a7d5")
        steps = list(ScriptDirectory.from_config(settings).iterate_revisions("head", "e311a0b0a7d5"))
        for step in reversed(steps):
            before = tables(file)
            upgrade(settings, step.revision)
            after = tables(file)
            downgrade(settings, step.down_revision)
            assert tables(file) == before
            upgrade(settings, step.revision)
            assert tables(file) == after
        check(settings)

    def test_the_whole_way(self, settings):
        for way, end in ((upgrade, "head"), (downgrade, "base"), (upgrade, "head")):
            way(settings, end)


@pytest.mark.parametrize("code", ["12345", "", "K1A 0B1"])
def test_a_postal_code_is_what_it_was(settings, file, code):
    upgrade(settings, "b24")
    ask(file, f"INSERT INTO address (address1, city, country, postalcode) VALUES ('a', 'b', 'c', '{code}')")
    upgrade(settings, "head")
    assert ask(file, "SELECT postalcode FROM address") == [(code,)]
    downgrade(settings, "b24")
    assert ask(file, "SELECT postalcode FROM address") == [(code,)]


def test_none_is_an_empty_one_below(settings, file):
    upgrade(settings, "b25")
    ask(file, "INSERT INTO address (address1, city, country) VALUES ('a', 'b', 'c')")
    downgrade(settings, "b24")
    assert ask(file, "SELECT postalcode FROM address") == [("",)]
