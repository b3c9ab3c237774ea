"""The magics that show, on the stage of a lesson."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from workbook import commands, moves, stage
from workbook.html import Card, Picture
from workbook.views import MAGICS


@pytest.fixture(autouse=True)
def _after(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TASKMASTER_SCRATCH", str(tmp_path / "scratch"))
    monkeypatch.chdir(tmp_path)
    yield
    stage.leave()


def show(line: str) -> Card | Picture:
    name, _, words = line.removeprefix("%").partition(" ")
    return MAGICS[name](words)


def text(line: str) -> str:
    return repr(show(line))


def alembic(*argv: str) -> None:
    moves.before(stage.current())
    status, output = commands.alembic(stage.current().root, argv)
    moves.after(stage.current())
    assert status == 0, output


def versions() -> Path:
    return stage.current().root / "migrations" / "versions"


def bytes_of(shown: Card | Picture) -> str:
    return shown.svg + shown.words if isinstance(shown, Picture) else shown.html + shown.text


def test_the_step_shows_the_models_the_file_and_the_sql() -> None:
    stage.begin("02")
    shown = text("%step 0002")
    assert shown.startswith("Revision 0002: add done, due date and category\n\n1. The models")
    assert "+     done: Mapped[bool] = mapped_column(server_default=false())" in shown
    assert "2. The file migrations/versions/0002_add_done_due_category.py" in shown
    assert "ALTER TABLE todo ADD COLUMN done BOOLEAN DEFAULT 0 NOT NULL;" in shown


def test_looking_at_a_step_moves_nothing() -> None:
    stage.begin("03")
    database = stage.current().database
    assert database is not None
    before = database.read_bytes()
    for line in (
        "%step 0003",
        "%sends 0003",
        "%sends -0002",
        "%changes base 0003",
        "%agree",
        "%er",
        "%schema todo",
    ):
        show(line)
    assert database.read_bytes() == before
    assert not [path.name for path in stage.current().area.iterdir() if path != stage.current().root]


def test_the_source_is_the_file_as_it_stands() -> None:
    stage.begin("02")
    assert text("%source 0002").split("\n\n", 1)[1] == (
        (versions() / "0002_add_done_due_category.py").read_text(encoding="utf-8").rstrip()
    )


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("0003", "Up from 0002 to 0003"),
        ("-0003", "Down from 0003 to 0002"),
        ("0003:0001", "Down from 0003 to 0001"),
        ("0001:0003", "Up from 0001 to 0003"),
        ("0002:base", "Down from 0002 to base"),
        ("base:0002", "Up from base to 0002"),
        ("head", "Up from 0002 to 0003"),
    ],
)
def test_sends_goes_up_or_down_as_asked_wherever_the_database_is(words: str, title: str) -> None:
    stage.begin("03")
    assert text(f"%sends {words}").startswith(title)


def test_a_step_that_fails_shows_what_was_sent_and_why_it_stopped() -> None:
    stage.begin("02")
    file = versions() / "0002_add_done_due_category.py"
    source = file.read_text(encoding="utf-8")
    file.write_text(source.replace("server_default=sa.false(), ", ""), encoding="utf-8")
    shown = text("%sends 0002")
    assert "ALTER TABLE todo ADD COLUMN done BOOLEAN NOT NULL;" in shown
    assert "ROLLBACK" in shown
    assert shown.endswith("It fails: OperationalError: Cannot add a NOT NULL column with default value NULL")


def test_changes_and_ledger_tell_of_the_last_move_only() -> None:
    stage.begin("04")
    alembic("upgrade", "0004")
    assert "~ renamed  todo   column name  is called title now" in text("%changes")
    assert "name → title  = kept" in text("%ledger")
    alembic("upgrade", "0005")
    assert "~ renamed  todo   the table  is called tasks now" in text("%changes")
    alembic("upgrade", "head")  # nothing left to do: no move
    assert "todo → tasks  8 → 8" in text("%ledger")
    assert text("%ledger").endswith("No row was lost.")


def test_the_ledger_counts_what_a_downgrade_destroys() -> None:
    stage.begin("02")
    alembic("upgrade", "0002")
    alembic("downgrade", "0001")
    assert "done      - gone (8 values)" in text("%ledger")
    assert "gone with the column" in text("%ledger")


def test_changes_between_two_revisions_does_not_depend_on_where_the_database_is() -> None:
    stage.begin("04")
    shown = text("%changes 0003 0005")
    alembic("upgrade", "0005")
    assert text("%changes 0003 0005") == shown
    assert "is called title now" in shown


def test_between_branches_only_the_two_revisions_count() -> None:
    stage.begin("10")
    alembic("upgrade", "0016")
    shown = text("%changes 0016 0017")
    assert "- gone  tasks  column estimate" in shown
    assert "+ new   tasks  column notes" in shown
    assert "estimate" not in text("%changes 0015 0017")
    assert stage.current().place == "0016"


def test_the_step_of_a_merge_changes_the_models_for_each_parent_and_moves_two_places_into_one() -> None:
    stage.begin("10")
    shown = text("%step 0018")
    assert "Seen from 0016" in shown
    assert "+     notes: Mapped[str | None] = mapped_column(Text)" in shown
    assert "Seen from 0017" in shown
    assert "+     estimate: Mapped[int | None]" in shown
    assert "DELETE FROM alembic_version WHERE alembic_version.version_num = '0016';" in shown
    assert "ALTER TABLE" not in shown


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("0018", "Up from 0016 and 0017 to 0018"),
        ("-0018", "Down from 0018 to 0016 and 0017"),
        ("-0017", "Down from 0017 to 0015"),
        ("0018:0015", "Down from 0018 to 0015"),
    ],
)
@pytest.mark.parametrize("place", ["0015", "0016", "0018"])
def test_sends_goes_over_branches_as_well(words: str, title: str, place: str) -> None:
    stage.begin("10")
    alembic("upgrade", place)
    shown = text(f"%sends {words}")
    assert shown.startswith(f"{title}: the SQL that is really sent\n\nPRAGMA foreign_keys=OFF;\nBEGIN")
    assert "It fails" not in shown
    assert ("estimate" in shown) == (words == "0018:0015")


def test_the_graph_can_begin_at_a_revision() -> None:
    stage.begin("10")
    assert text("%graph 0015").splitlines()[1:] == [
        "0018  merge the estimate and the notes (after 0016 and 0017, head): not applied yet.",
        "0016  add an estimate in minutes (after 0015): not applied yet.",
        "0017  add notes (after 0015): not applied yet.",
        "0015  create profiles (after 0014): you are here.",
        "…  14 other revisions.",
    ]


def test_a_database_on_two_branches_is_told_as_such() -> None:
    stage.begin("10")
    for name in ("0016", "0017"):
        alembic("upgrade", name)
    assert text("%ledger").startswith("The ledger, from 0016 to 0016 and 0017")
    assert text("%graph").startswith("The revisions; the database is at 0016 and 0017")
    assert text("%agree").startswith("The models and the database at 0016 and 0017")


@pytest.mark.parametrize(
    ("number", "revision"), [("01", "base"), ("02", "0001"), ("05", "0005"), ("06", "0007")]
)
def test_models_and_database_agree_at_the_start_of_a_lesson(number: str, revision: str) -> None:
    stage.begin(number)
    assert text("%agree") == "The models and the database agree."
    assert revision in text("%graph").splitlines()[0]


def test_the_models_kept_for_each_revision_agree_with_the_database_in_everything() -> None:
    stage.begin("06")
    path = stage.current().root / "taskmaster" / "models.py"
    alembic("downgrade", "base")
    for step in ["base", *(f"{number:04}" for number in range(1, 11))]:
        if step != "base":
            alembic("upgrade", step)
        path.write_text(stage.models(step), encoding="utf-8")
        assert text("%agree") == "The models and the database agree.", step


def test_what_the_models_lack_is_told_in_words() -> None:
    stage.begin("02")
    alembic("upgrade", "0002")
    shown = text("%agree")
    assert "-  todo.done      the column is in the database, not in the models" in shown
    assert shown.endswith("3 differences.")


def test_a_rule_that_differs_is_told_in_words() -> None:
    stage.begin("06")
    models = stage.current().root / "taskmaster" / "models.py"
    source = models.read_text(encoding="utf-8")
    source = source.replace(
        "username: Mapped[str]", "username: Mapped[str | None] = mapped_column(unique=True)"
    )
    models.write_text(
        source.replace("email: Mapped[str | None]", "email: Mapped[int | None]"), encoding="utf-8"
    )
    shown = text("%agree")
    assert "~  users.username    the database forbids NULL, the models allow it" in shown
    assert "~  users.email       type VARCHAR in the database, INTEGER in the models" in shown
    assert (
        "+  users (username)  the constraint uq_users_username is in the models, not in the database" in shown
    )


def test_what_alembic_does_not_compare_is_compared_all_the_same() -> None:
    stage.begin("06")
    alembic("upgrade", "0010")
    path = stage.current().root / "taskmaster" / "models.py"
    path.write_text(stage.models("0010"), encoding="utf-8")
    assert text("%agree") == "The models and the database agree."
    models = (
        stage.models("0010").replace("BETWEEN 1 AND 4", "BETWEEN 1 AND 9").replace('text("2")', 'text("1")')
    )
    path.write_text(models, encoding="utf-8")
    shown = text("%agree")
    assert (
        "the CHECK ck_tasks_priority_range says (priority BETWEEN 1 AND 4) in the database, "
        "(priority BETWEEN 1 AND 9) in the models (alembic check does not see this)" in shown
    )
    assert "~  tasks.priority  default 2 in the database, 1 in the models" in shown
    assert shown.endswith("2 differences.")


def test_another_rule_for_deleting_is_told_with_both_rules() -> None:
    stage.begin("06")
    alembic("upgrade", "0010")
    shown = text("%agree")
    assert "the foreign key fk_tasks_owner_id_users with ON DELETE CASCADE is in the models" in shown
    assert "the foreign key fk_tasks_owner_id_users with ON DELETE SET NULL is in the database" in shown


def test_alembics_own_table_can_be_looked_at_and_is_never_counted() -> None:
    stage.begin("02")
    assert "version_num  VARCHAR(32)  no" in text("%schema alembic_version")
    assert "alembic_version" in text("%schema")
    assert "alembic_version" not in text("%er")


def test_before_the_first_revision_everything_is_empty_and_says_so() -> None:
    stage.begin("01")
    assert "There is no table yet." in text("%schema")
    assert "There is no table yet." in text("%er")
    assert text("%graph").endswith("base  an empty database: you are here.")
    alembic("upgrade", "0001")
    assert "+ new  todo   the table    with id, name" in text("%changes")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("%source", "write it like this: %source 0002"),
        ("%source 0099", "Can't locate revision identified by '0099'"),
        ("%source base", "base is no revision with a file"),
        ("%source 0001 0002", "write it like this"),
        ('%source "0001', "a quotation mark is missing"),
        ("%sends", "write it like this: %sends 0002"),
        ("%sends 0099", "Can't locate"),
        ("%sends 0001:0099", "Can't locate"),
        ("%sends -1", "Can't locate"),
        ("%step nonsense", "Can't locate"),
        ("%changes", "no %alembic command has changed this database yet"),
        ("%changes 0001", "give no revision, or two"),
        ("%changes 0001 0099", "Can't locate"),
        ("%ledger", "no %alembic command has changed this database yet"),
        ("%ledger todo", "write it like this: %ledger"),
        ("%schema todos", "there is no table todos here. There are: alembic_version, todo"),
        ("%er todo", "write it like this: %er"),
        ("%graph 1", "Can't locate"),
        ("%graph 0001 0002", "write it like this: %graph"),
        ("%agree please", "write it like this: %agree"),
    ],
)
def test_wrong_words_are_answered_in_one_sentence(line: str, sentence: str) -> None:
    stage.begin("02")
    with pytest.raises(stage.Problem, match=r"^[^\n]*$") as problem:
        show(line)
    assert sentence in str(problem.value)


@pytest.mark.parametrize("name", sorted(MAGICS))
def test_before_a_lesson_has_begun_each_says_what_to_do(name: str) -> None:
    words = {"source": "0001", "sends": "0001", "step": "0001"}.get(name, "")
    with pytest.raises(stage.NoLesson):
        MAGICS[name](words)


@pytest.mark.parametrize("name", sorted(MAGICS))
def test_broken_files_of_a_student_are_answered_in_one_sentence(name: str) -> None:
    stage.begin("02")
    alembic("upgrade", "0002")
    for file in [*versions().glob("0002*.py"), stage.current().root / "taskmaster" / "models.py"]:
        file.write_text("def (:\n", encoding="utf-8")
    words = {"source": "0001", "sends": "0001", "step": "0001"}.get(name, "")
    if name in ("changes", "ledger", "schema", "er", "sees"):  # these need none of the files
        MAGICS[name](words)
        return
    with pytest.raises(stage.Problem, match=r"^[^\n]*SyntaxError[^\n]*$"):
        MAGICS[name](words)


@pytest.mark.parametrize("line", ["%schema", "%er", "%graph", "%agree", "%changes base 0001"])
def test_a_file_that_is_no_database_is_answered_in_one_sentence(line: str) -> None:
    stage.begin("02")
    database = stage.current().database
    assert database is not None
    database.write_bytes(b"no database at all, only words" * 50)
    with pytest.raises(stage.Problem, match=r"^[^\n]*not a database[^\n]*$"):
        show(line)


def test_looking_at_a_missing_database_does_not_make_one() -> None:
    stage.begin("02")
    database = stage.current().database
    assert database is not None
    database.unlink()
    for line in ("%schema", "%er", "%graph"):
        show(line)
    assert not database.exists()


def test_everything_shown_has_the_same_bytes_again_in_a_fresh_copy_elsewhere() -> None:
    def run() -> list[str]:
        stage.begin("05")
        shown = [
            show(line) for line in ("%step 0007", "%sends 0006", "%schema tasks", "%er", "%graph", "%agree")
        ]
        alembic("upgrade", "head")
        return [
            bytes_of(one) for one in (*shown, *map(show, ("%ledger", "%changes", "%agree", "%er", "%graph")))
        ]

    first, folder = run(), str(stage.current().area)
    assert run() == first
    assert not [one for one in first if folder in one or "0x" in one]
