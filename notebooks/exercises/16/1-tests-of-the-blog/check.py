"""The student's own tests pass on the blog as it is, and each planted fault makes one of them fail."""

import hashlib
import os
import shutil
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from workbook import testing
from workbook.checks import patience
from workbook.checks.athome import VARIABLE, without_the_variable
from workbook.checks.blog import Blog
from workbook.checks.trial import DATABASE, Step, config
from workbook.checks.verdict import NotYet
from workbook.testing import Run

PLACE = "tests"
RESTS_ON = (f"{PLACE}/**/*.py", "pytest.ini")
INDEX = "ix_posts_created_at"
OPTIONS = ("-x", "-q", "--alembic-tests-path=nowhere", PLACE)
REVISION = '''"""planted"""

import sqlalchemy as sa
from alembic import op

revision = "planted"
down_revision = {parent!r}


def upgrade():
    {up}


def downgrade():
    {down}
'''
MODEL = """

import sqlalchemy as _sa

Base.metadata.tables["posts"].append_column(_sa.Column("planted", _sa.String()))
"""
AROUND = """

from alembic import op as _op

_right_{way} = {way}


def {way}():
{body}
"""
BY_HEART = (
    "They would notice it in your newest revision, but not in one that comes tomorrow: ask "
    "`script.walk_revisions`, instead of writing the ids down."
)
ADD = 'op.add_column("posts", sa.Column("planted", sa.String(), nullable=True))'
DROP = 'op.drop_column("posts", "planted")'


@dataclass(frozen=True)
class Fault:
    """A fault in words, how it comes into a blog, and why it matters.

    Tests that find the fault in a revision of TODAY, and not in a new one, know their revisions by heart.
    """

    words: str
    plant: Callable[[Path, Blog], None]
    why: str
    today: Callable[[Path, Blog], None] | None = None


def begun(root: Path) -> bool:
    return any((root / PLACE).rglob("*.py"))


def check(blog: Blog) -> None:
    blog.asked.add("models")
    postal_code(blog)
    blog.index(
        "posts",
        INDEX,
        why="It was made by hand in lesson 09, and no revision makes it: every new database lacks it.",
    )
    if not begun(blog.root):
        raise NotYet(f"There is no test in `{PLACE}` yet.", where=PLACE)
    with tempfile.TemporaryDirectory(dir=blog.root, ignore_cleanup_errors=True) as area:
        as_it_is(blog, Path(area))
        for fault in FAULTS:
            if not tried(blog, Path(area), fault.plant).failed:
                by_heart = fault.today and tried(blog, Path(area), fault.today).failed
                raise NotYet(
                    f"With {fault.words}, all of your tests still pass.",
                    where=PLACE,
                    why=BY_HEART if by_heart else fault.why,
                )


def postal_code(blog: Blog) -> Step:
    """The step that lets a postal code be NULL."""
    for step in blog.trial.steps:
        if step.after and _nullable(step.before) is False and _nullable(step.after):
            return step
    raise NotYet("No revision of your blog lets `address.postalcode` be NULL; lesson 13 asks for one.")


def _nullable(found) -> bool | None:  # type: ignore[no-untyped-def]
    columns = found.tables["address"].columns if "address" in found.tables else ()
    return next((column.nullable for column in columns if column.name == "postalcode"), None)


def as_it_is(blog: Blog, area: Path) -> None:
    """They pass, also with one more revision, a right one."""
    found = tried(blog, area, a_right_one)
    if touched(area, blog):
        tried(blog, area, a_right_one, sent_home=False)
        if touched(area, blog):
            raise NotYet(
                f"Your tests change your own database, {DATABASE}.",
                where=PLACE,
                why="One that goes down to base takes all rows with it. Give Alembic the URL of a new "
                "database in `tmp_path`: `set_main_option`.",
            )
        raise NotYet(
            f"Your tests change your own database, {DATABASE}, as soon as {VARIABLE} names it.",
            where=PLACE,
            why="env.py asks the environment and `.env` first, so `set_main_option` is not enough: "
            f'`monkeypatch.setenv("{VARIABLE}", url)`.',
        )
    if not found.failed:
        if not found.passed:
            raise NotYet(
                f"pytest finds no test in `{PLACE}` that it can run.",
                where=PLACE,
                why="A test is a function whose name begins with test_; so does the name of its file.",
            )
        return
    alone = tried(blog, area, lambda _root, _blog: None)
    name = next(iter((alone if alone.failed else found).failed))
    if alone.failed:
        reason = f"Your test {name} fails on your blog as it is: {_short(alone.reasons[name])}"
        if "Ambiguous walk" in reason:
            raise NotYet(
                reason,
                where=PLACE,
                why="Your merge has two parents, so below it `-1` could be either: leave its downgrade out, "
                "`reversed(revisions[1:])`.",
            )
        raise NotYet(
            reason,
            where=alone.failed[name],
            why="A test that fails where nothing is wrong cannot say when something is.",
        )
    raise NotYet(
        f"Your test {name} fails as soon as your blog gets one more revision, and a right one: "
        f"{_short(found.reasons[name])}",
        where=found.failed[name],
        why="The next revision comes. Ask the scripts what is newest, instead of writing it down.",
    )


def touched(area: Path, blog: Blog) -> bool:
    """Whether a test has written into the database of the blog."""
    return _digest(area / "blog" / DATABASE) != _digest(blog.root / "own.db")


def _short(reason: str) -> str:
    return textwrap.shorten(reason, 150, placeholder=" …")


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""


def tried(blog: Blog, area: Path, plant: Callable[[Path, Blog], None], *, sent_home: bool = True) -> Run:
    """What the tests say of a copy of the blog with a fault in it, up to the first that fails.

    SENT_HOME: the environment and `.env` name the copy's own database, as they will some day.
    """
    root = area / "blog"
    shutil.rmtree(root, ignore_errors=True)
    shutil.copytree(
        blog.root,
        root,
        ignore=shutil.ignore_patterns(area.name, "*.db", ".env", "__pycache__", testing.TEMPORARY),
    )
    if (blog.root / "own.db").is_file():
        shutil.copyfile(blog.root / "own.db", root / DATABASE)
    plant(root, blog)
    patience.next_step()
    with sent_home_in(root) if sent_home else without_the_variable():
        return testing.run(root, OPTIONS, area=area)


@contextmanager
def sent_home_in(root: Path) -> Iterator[None]:
    """Let the environment and `.env` of the project in ROOT name the database that alembic.ini names."""
    with without_the_variable():
        os.environ[VARIABLE] = url = config(root).get_main_option("sqlalchemy.url", "")
        (root / ".env").write_text(f"{VARIABLE}={url}\n", encoding="utf-8")
        try:
            yield
        finally:
            del os.environ[VARIABLE]


# ------------------------------------------------------------------------------------------- planting


def a_revision(up: str, down: str, *, in_the_class: bool = True) -> Callable[[Path, Blog], None]:
    def plant(root: Path, blog: Blog) -> None:
        _write(root, blog.trial.heads[0], up, down)
        if in_the_class:
            _append(root / "models.py", MODEL)

    return plant


def a_second_head(root: Path, blog: Blog) -> None:
    newest = next(step for step in blog.trial.steps if step.revision == blog.trial.heads[0])
    _write(root, newest.parents[0], "pass", "pass")


def a_trace_of_the_newest(root: Path, blog: Blog) -> None:
    """The newest revision of their own adds a column too, and its downgrade leaves it."""
    newest = next(step for step in blog.trial.steps if step.revision == blog.trial.heads[0])
    added = f"    import sqlalchemy as sa\n\n    _right_upgrade()\n    _{ADD}\n"
    _append(root / newest.path, AROUND.format(way="upgrade", body=added))
    _append(root / "models.py", MODEL)


def around(way: str, body: str) -> Callable[[Path, Blog], None]:
    def plant(root: Path, blog: Blog) -> None:
        lines = "".join(f"    {line}\n" for line in body.splitlines())
        _append(root / postal_code(blog).path, AROUND.format(way=way, body=lines))

    return plant


def _write(root: Path, parent: str, up: str, down: str) -> None:
    path = root / "migrations" / "versions" / "planted.py"
    path.write_text(REVISION.format(parent=parent, up=up, down=down), encoding="utf-8")


def _append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


a_right_one = a_revision(ADD, DROP)

FAULTS = (
    Fault(
        "a second head in your history",
        a_second_head,
        "`alembic upgrade head` would upgrade nothing any more.",
    ),
    Fault(
        "a column in a new revision that no class has",
        a_revision(ADD, DROP, in_the_class=False),
        "The next --autogenerate would propose to drop it. `command.check(config)` raises an error, after "
        "an upgrade to head through the revisions.",
    ),
    Fault(
        "a new revision whose downgrade fails",
        a_revision(ADD, 'op.drop_column("posts", "plantde")'),
        "Nobody runs a downgrade until the night on which it is needed.",
    ),
    Fault(
        "a new revision whose downgrade is `pass`",
        a_revision(ADD, "pass"),
        "Down to base, an older revision drops the whole table, and the trace with it. Compare the schema "
        "after each single step down.",
        today=a_trace_of_the_newest,
    ),
    Fault(
        "an upgrade of the postal code that makes every one of them NULL",
        around("upgrade", '_right_upgrade()\n_op.execute("UPDATE address SET postalcode = NULL")'),
        "Rows have to be there before the upgrade, or there is nothing to lose.",
    ),
    Fault(
        "a downgrade of the postal code that deletes the addresses without one",
        around(
            "downgrade", '_op.execute("DELETE FROM address WHERE postalcode IS NULL")\n_right_downgrade()'
        ),
        "An address without a postal code has to be there before the downgrade, and to be counted after it.",
    ),
)
