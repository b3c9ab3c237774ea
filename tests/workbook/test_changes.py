from __future__ import annotations

from pathlib import Path

import pytest
from workbook import changes
from workbook.photo import Photo

from tests.workbook.databases import photo

PARENT = "CREATE TABLE p (id INTEGER PRIMARY KEY)"


def told(before: Photo, after: Photo) -> list[str]:
    return [
        f"{change.sign} {change.table}: {change.what} {change.details}".rstrip()
        for change in changes.between(before, after)
    ]


def child(*rules: str) -> str:
    return (
        f"CREATE TABLE c (id INTEGER PRIMARY KEY, a INTEGER, p_id INTEGER{''.join(f', {r}' for r in rules)})"
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ([PARENT], [PARENT], []),
        ([], [PARENT], ["+ p: the table with id", "+ p: column id INTEGER", "+ p: PRIMARY KEY (id)"]),
        ([PARENT], [], ["- p: the table with id"]),
        (
            [child()],
            [child("CONSTRAINT uq_a UNIQUE (a)")],
            ["+ c: UNIQUE uq_a (a)"],
        ),
        (
            [child("CONSTRAINT ck_a CHECK (a < 4)")],
            [child("CONSTRAINT ck_a CHECK (a < 5)")],
            ["~ c: CHECK ck_a (a < 4) → (a < 5)"],
        ),
        (
            [PARENT, child("CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE")],
            [PARENT, child("CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE SET NULL")],
            ["~ c: FOREIGN KEY fk ON DELETE CASCADE → ON DELETE SET NULL"],
        ),
        (
            [PARENT, child("CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p (id) ON DELETE CASCADE")],
            [PARENT, child("CONSTRAINT fk FOREIGN KEY (p_id) REFERENCES p (id)")],
            ["~ c: FOREIGN KEY fk ON DELETE CASCADE → no rule"],
        ),
        ([child("UNIQUE (a)")], [child()], ["- c: UNIQUE without a name (a)"]),
        (
            [child(), "CREATE INDEX ix_a ON c (a)"],
            [child(), "CREATE UNIQUE INDEX ix_a ON c (a)", "CREATE INDEX ix_p ON c (p_id)"],
            ["~ c: index ix_a (a) → UNIQUE (a)", "+ c: index ix_p (p_id)"],
        ),
        (
            ["CREATE TABLE t (a VARCHAR, b INTEGER)"],
            ["CREATE TABLE t (a VARCHAR NOT NULL, b BIGINT DEFAULT 2)"],
            ["~ t: column a VARCHAR → VARCHAR NOT NULL", "~ t: column b INTEGER → BIGINT DEFAULT 2"],
        ),
        (
            ["CREATE TABLE t (a VARCHAR, b INTEGER)"],
            ["CREATE TABLE t (z VARCHAR, b INTEGER)"],
            ["~ t: column a is called z now"],
        ),
        (
            ["CREATE TABLE t (a VARCHAR, b INTEGER)"],
            ["CREATE TABLE t (b INTEGER, z VARCHAR)"],
            ["- t: column a VARCHAR", "+ t: column z VARCHAR"],
        ),
    ],
)  # fmt: skip
def test_each_kind_of_change_is_told_in_the_words_of_sql(
    tmp_path: Path, before: list[str], after: list[str], expected: list[str]
) -> None:
    assert told(photo(tmp_path, "before", *before), photo(tmp_path, "after", *after)) == expected


def test_the_card_says_it_in_text_too_with_a_sign_and_a_word(tmp_path: Path) -> None:
    card = changes.show(Photo(), photo(tmp_path, "one", PARENT))
    assert "+ new  p      column id    INTEGER" in str(card)
    assert "+ new" in card.html


def test_nothing_changed_is_a_sentence() -> None:
    assert str(changes.show(Photo(), Photo())).endswith("Nothing changed in the schema.")
