"""A check that remembers the last one answers what a check that remembers nothing answers."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from workbook import progress, turn
from workbook.checks import memory
from workbook.checks.verdict import CORRECT

Change = Callable[[Path], object]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose blog is right up to lesson 05, checked once."""
    folder = tmp_path_factory.mktemp("built")
    turn.goto(folder, turn.named("06")[0])
    turn.standings(folder)
    return folder


@pytest.fixture
def here(built: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(built, tmp_path / "workspace")


def edit(name: str, old: str, new: str) -> Change:
    def change(blog: Path) -> None:
        path = next(blog.glob(name))
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    return change


CHANGES: dict[str, Change] = {
    "nothing": lambda blog: None,
    "an upgrade in the middle": edit("migrations/versions/b04*", "created_at", "made_at"),
    "a downgrade in the middle": edit(
        "migrations/versions/b03*", 'op.drop_column("posts", "published")', "pass"
    ),
    "the newest file": edit("migrations/versions/b09*", "CASCADE", "SET NULL"),
    "a file that Python cannot read": edit("migrations/versions/b08*", "def upgrade()", "def upgrade("),
    "the guard taken out": edit("migrations/env.py", "sqlite_safety.guard(", "sqlite_safety.script("),
    "a relationship": edit("models.py", "back_populates", "backref"),
    "a model": edit("models.py", "String(200)", "String(20)"),
    "a model that fails": edit("models.py", "class Base", "class Basis"),
    "the URL": edit("alembic.ini", "blog.db", "bolg.db"),
    "a file that is gone": lambda blog: next(blog.glob("migrations/versions/b05*")).unlink(),
    "a row": lambda blog: (blog / "blog.db").unlink(),
}


@pytest.mark.parametrize("name", CHANGES)
def test_with_and_without_a_memory_the_answers_are_the_same(here: Path, name: str) -> None:
    CHANGES[name](here / "blog")
    remembering = [one.verdict for one in turn.standings(here)]
    assert remembering == [one.verdict for one in turn.standings(here, remember=False)]


def test_what_has_not_changed_is_not_run_again(here: Path, tmp_path: Path) -> None:
    file = here / progress.FOLDER / progress.REMEMBERED
    found = memory.read(file, tmp_path / "first")
    assert [step.revision for step in found.steps] == [f"b{number:02}" for number in range(1, 10)]
    edit("migrations/versions/b09*", "CASCADE", "SET NULL")(here / "blog")
    turn.standings(here)
    new = memory.read(file, tmp_path / "second")
    assert [step.digest for step in new.steps[:8]] == [step.digest for step in found.steps[:8]]
    assert new.steps[8].digest != found.steps[8].digest


@pytest.mark.parametrize("content", [b"", b"nothing that was ever packed", None])
def test_a_memory_that_nobody_can_read_is_none(here: Path, content: bytes | None) -> None:
    file = here / progress.FOLDER / progress.REMEMBERED
    if content is None:
        file.unlink()
        file.mkdir()
    else:
        file.write_bytes(content)
    assert [one.verdict.state for one in turn.standings(here)].count(CORRECT) == 10


def test_a_class_is_checked_without_a_trace_in_its_folders(here: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in here.rglob("*")}
    turn.standings(here, remember=False)
    assert {path: path.stat().st_mtime_ns for path in here.rglob("*")} == before


def test_each_digest_rests_on_the_ones_before_it(here: Path) -> None:
    blog = here / "blog"
    files = sorted((blog / "migrations" / "versions").glob("*.py"))
    first = memory.digests(blog, files, {})
    edit("migrations/versions/b04*", "Why", "For")(blog)
    second = memory.digests(blog, files, {})
    assert [one == other for one, other in zip(first, second, strict=True)] == [True] * 3 + [False] * 6
    assert memory.digests(blog, files, {"posts": []}) != second
