"""What holds for every revision of the blog, and what holds for the one about the postal code."""

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

MERGE = "b22"  # up to here the history has branches; from here on it is a line


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/test.db"


@pytest.fixture
def config(url):
    found = Config("alembic.ini")
    found.set_main_option("sqlalchemy.url", url)
    return found


@pytest.fixture
def engine(url):
    return sa.create_engine(url, poolclass=sa.NullPool)


def test_the_history_has_one_head(config):
    assert ScriptDirectory.from_config(config).get_heads() == ["b26"]


def test_up_down_and_up_again(config):
    command.upgrade(config, "head")
    command.downgrade(config, "base")
    command.upgrade(config, "head")


def test_the_models_agree(config):
    command.upgrade(config, "head")
    command.check(config)


def schema(engine):
    """A line of SQL for every column, key, rule and index, but for Alembic's own table."""
    found = sa.MetaData()
    found.reflect(engine)
    lines = set()
    for table in found.tables.values():
        for line in str(sa.schema.CreateTable(table).compile(engine)).splitlines():
            lines.add(f"{table}: {line.strip().rstrip(',')}")
        for index in table.indexes:
            lines.add(f"{table}: {sa.schema.CreateIndex(index).compile(engine)}")
    return {line for line in lines if not line.startswith("alembic_version")}


def test_a_downgrade_leaves_no_trace(config, engine):
    script = ScriptDirectory.from_config(config)
    revisions = [each.revision for each in script.walk_revisions(base=MERGE)][::-1]
    before = {}
    for revision in revisions:
        before[revision] = schema(engine)
        command.upgrade(config, revision)
    for revision in reversed(revisions[1:]):
        command.downgrade(config, "-1")
        traces = sorted(schema(engine) ^ before[revision])
        assert not traces, f"the downgrade of {revision} leaves a trace"


def codes(engine):
    with engine.connect() as connection:
        return connection.exec_driver_sql("SELECT postalcode FROM address ORDER BY id").scalars().all()


def test_addresses_survive_the_optional_postal_code(config, engine):
    command.upgrade(config, "b24")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO address (address1, city, country, postalcode) "
            "VALUES ('1 Main Street', 'Springfield', 'US', '12345'), ('2 Quay', 'Cork', 'IE', 'T12')"
        )

    command.upgrade(config, "b25")
    assert codes(engine) == ["12345", "T12"]

    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE address SET postalcode = NULL WHERE id = 2")
    command.downgrade(config, "b24")
    assert codes(engine) == ["12345", ""]
