from pathlib import Path

import pytest
import sqlalchemy as sa
from workbook.photo import take

from tests.migrations import history
from tests.workbook.databases import photo


def test_a_photo_names_columns_rules_and_indexes_as_the_database_does(tmp_path: Path) -> None:
    shot = photo(
        tmp_path,
        "one",
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE c (a INTEGER NOT NULL DEFAULT 2 CONSTRAINT ck_low CHECK (a < 9), b VARCHAR, "
        "p_id INTEGER, CONSTRAINT fk_p FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE, "
        "CONSTRAINT uq_b UNIQUE (b), PRIMARY KEY (a, b))",
        "CREATE INDEX ix_c_b ON c (b) WHERE a > 1",
    )
    table = shot.tables["c"]
    assert [column.words for column in table.columns] == ["INTEGER NOT NULL DEFAULT 2", "VARCHAR", "INTEGER"]
    assert [f"{rule.title}: {rule.words}" for rule in table.rules] == [
        "PRIMARY KEY: (a, b)",
        "FOREIGN KEY fk_p: (p_id) REFERENCES p (id) ON DELETE CASCADE",
        "UNIQUE uq_b: (b)",
        "CHECK ck_low: (a < 9)",
    ]
    assert [f"{index.name}: {index.words}" for index in table.indexes] == ["ix_c_b: (b) WHERE a > 1"]
    assert [table.key(name) for name in ("a", "b", "p_id")] == ["PK", "PK", "FK"]


def test_a_checksum_tells_one_from_one_point_zero_and_from_the_text_one(tmp_path: Path) -> None:
    shots = [photo(tmp_path, str(at), "CREATE TABLE t (a)", f"INSERT INTO t VALUES ({value})")
             for at, value in enumerate(["1", "1.0", "'1'", "x'31'", "NULL"])]  # fmt: skip
    assert len({shot.rows["t"].checksum("a") for shot in shots}) == 5


def test_a_photo_survives_text_that_is_not_utf_8_names_with_spaces_and_tables_without_a_key(
    tmp_path: Path,
) -> None:
    shot = photo(
        tmp_path,
        "odd",
        'CREATE TABLE "two words" ("a b" VARCHAR, "select" INTEGER)',
        ('INSERT INTO "two words" VALUES (?, ?)', [("z", 1), ("é\ud800".encode("utf-8", "replace"), 2)]),
    )
    assert len(shot.rows["two words"]) == 2


def test_alembic_version_says_where_the_database_is_and_is_no_table_of_ours(database: sa.URL) -> None:
    history.upgrade(database, "0002")
    shot = take(history.engine(database))
    assert shot.revision == ("0002",)
    assert list(shot.tables) == ["todo"]
    assert list(take(history.engine(database), bookkeeping=True).tables) == ["alembic_version", "todo"]


def test_brackets_that_a_rebuilt_table_gets_around_a_default_mean_nothing(tmp_path: Path) -> None:
    bare = photo(tmp_path, "bare", "CREATE TABLE t (a DATETIME DEFAULT CURRENT_TIMESTAMP)")
    wrapped = photo(tmp_path, "wrapped", "CREATE TABLE t (a DATETIME DEFAULT (CURRENT_TIMESTAMP))")
    assert bare.tables == wrapped.tables


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("DATETIME DEFAULT CURRENT_TIMESTAMP", "DATETIME DEFAULT current_timestamp", True),
        ("BOOLEAN DEFAULT 0", "BOOLEAN DEFAULT '0'", True),
        ("BOOLEAN DEFAULT 0", "BOOLEAN DEFAULT false", True),
        ("BOOLEAN DEFAULT 0", "BOOLEAN DEFAULT True", False),
        ("VARCHAR", "VARCHAR DEFAULT null", True),
        ("DATETIME DEFAULT CURRENT_TIMESTAMP", "DATETIME DEFAULT 'current_timestamp'", False),
        ("VARCHAR DEFAULT 'light'", "VARCHAR DEFAULT 'Light'", False),
        ("VARCHAR DEFAULT ''", "VARCHAR", False),
        ("VARCHAR DEFAULT '7'", "VARCHAR DEFAULT '07'", False),
    ],
)
def test_defaults_that_store_the_same_mean_the_same(one: str, other: str, same: bool, tmp_path: Path) -> None:
    made = f"CREATE TABLE t (id INTEGER, a {one}, b {other})"
    shot = photo(tmp_path, "both", made, "INSERT INTO t (id) VALUES (1)")
    stored = shot.rows["t"].values
    meaning = {column.name: column.meaning for column in shot.tables["t"].columns}
    assert (stored["a"] == stored["b"], meaning["a"] == meaning["b"]) == (same, same)


@pytest.mark.parametrize("rows", [0, 3])
def test_the_photo_of_an_unchanged_database_is_equal(tmp_path: Path, rows: int) -> None:
    statements = ["CREATE TABLE t (a INTEGER PRIMARY KEY, b)", *["INSERT INTO t (b) VALUES ('x')"] * rows]
    assert photo(tmp_path, "one", *statements) == photo(tmp_path, "two", *statements)


def test_rules_that_stand_beside_their_column_are_seen_in_full(tmp_path: Path) -> None:
    shot = photo(
        tmp_path,
        "inline",
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        "CREATE TABLE c (p_id INTEGER REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL, "
        "a VARCHAR NOT NULL UNIQUE, b INTEGER CHECK (b > 0))",
    )
    assert [f"{rule.title}: {rule.words}" for rule in shot.tables["c"].rules] == [
        "FOREIGN KEY without a name: (p_id) REFERENCES p (id) ON DELETE CASCADE ON UPDATE SET NULL",
        "UNIQUE without a name: (a)",
        "CHECK without a name: (b > 0)",
    ]
