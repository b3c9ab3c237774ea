"""The magics: the words of the terminal, in this process, on the copy and on nothing else."""

from __future__ import annotations

import logging
import os
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.ddl.impl import _impls
from alembic.ddl.sqlite import SQLiteImpl
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from workbook import stage

from tests.workbook.audit import PROJECT, watch

Run = Callable[[str], str]
INFO = "INFO    [alembic.runtime.migration]"


# The words of the terminal


def test_alembic_prints_what_a_terminal_shows(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%alembic upgrade head") == (
        f"{INFO} Context impl SQLiteImpl.\n"
        f"{INFO} Will assume transactional DDL.\n"
        f"{INFO} Running upgrade 0001 -> 0002, add done, due date and category"
    )
    assert run("%alembic current").splitlines()[-1] == "0002 (head)"


def test_alembic_takes_quotation_marks_as_a_shell_does(run: Run, lesson: Run) -> None:
    lesson("02")
    output = run('%alembic revision --rev-id 0042 -m "say what changes"')
    assert output == "Generating migrations/versions/0042_say_what_changes.py ...  done"


@pytest.mark.parametrize("words", ["--rev-id 0042 -m one", "--rev-id=0042 -m two"])
def test_a_second_file_for_a_revision_is_refused_and_the_first_stays(
    words: str, run: Run, lesson: Run
) -> None:
    lesson("02")
    run("%alembic revision --rev-id 0042 -m one")
    run("%%change migrations/versions/0042_one.py\n  def upgrade() -> None:\n-     pass\n+     return")
    output = run(f"%alembic revision {words}")
    assert output.startswith("%alembic: migrations/versions/0042_one.py is revision 0042 already")
    assert len(output.splitlines()) == 1
    assert "return" in run("%show migrations/versions/0042_one.py")
    assert run("%alembic heads") == "0042 (head)"


def test_a_revision_that_was_deleted_can_be_written_again(run: Run, lesson: Run) -> None:
    lesson("02")
    run("%alembic revision --rev-id 0042 -m one")
    (stage.current().root / "migrations/versions/0042_one.py").unlink()
    assert run("%alembic revision --rev-id 0042 -m two").startswith("Generating ")


def test_an_id_that_is_the_beginning_of_another_is_free(run: Run, lesson: Run) -> None:
    lesson("02")
    run("%alembic revision --rev-id 0042 -m one")
    assert run("%alembic revision --rev-id 004 -m two").startswith("Generating ")


def test_a_history_that_cannot_be_read_is_alembics_to_complain_about(run: Run, lesson: Run) -> None:
    lesson("02")
    run("%alembic upgrade head\n%alembic revision --rev-id 0042 -m one")
    (stage.current().root / "migrations/versions/0002_add_done_due_category.py").unlink()
    assert run("%alembic revision --rev-id 0042 -m two").splitlines()[-2] == "KeyError: '0002'"


def test_an_unknown_revision_is_one_line_and_a_status(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%alembic upgrade 0099").splitlines()[-2:] == [
        "FAILED: Can't locate revision identified by '0099'",
        "[alembic ended with status 1]",
    ]


def test_an_error_of_the_database_is_one_line(run: Run, lesson: Run) -> None:
    lesson("02")
    line = '    op.add_column("todo", sa.Column("done", sa.Boolean(), {}nullable=False))'
    run(f"%%change migrations/versions/0002_add_done_due_category.py\n"
        f"- {line.format('server_default=sa.false(), ')}\n+ {line.format('')}")  # fmt: skip
    assert run("%alembic upgrade head").splitlines()[-2:] == [
        "OperationalError: Cannot add a NOT NULL column with default value NULL",
        "[alembic ended with status 1]",
    ]


def test_a_mistake_in_a_revision_is_one_line(run: Run, lesson: Run) -> None:
    lesson("02")
    run("%%file migrations/versions/0002_add_done_due_category.py\ndef upgrade(:")
    assert run("%alembic upgrade head").splitlines()[-2] == (
        "SyntaxError: invalid syntax (0002_add_done_due_category.py, line 1)"
    )


@pytest.mark.parametrize("words", ["upgrad", "", "upgrade", "upgrade head --no-such-option"])
def test_wrong_words_get_the_commands_own_answer(words: str, run: Run, lesson: Run) -> None:
    lesson("02")
    output = run(f"%alembic {words}")
    assert "usage: alembic" in output
    assert output.endswith("[alembic ended with status 2]")


def test_help_reads_the_same_on_every_python(run: Run, lesson: Run) -> None:
    lesson("02")
    assert "  -t, --template TEMPLATE\n" in run("%alembic init --help")
    assert "invalid choice: 'x' (choose from branches, check," in run("%alembic x")
    assert "upgrade} ...\n" in run("%alembic")


def test_a_script_goes_to_the_page(run: Run, lesson: Run) -> None:
    lesson("02")
    output = run("%alembic upgrade 0001:0002 --sql")
    assert "ALTER TABLE todo ADD COLUMN due_on DATE;" in output
    assert stage.current().place == "0001"


def test_a_database_that_is_none_is_alembics_to_complain_about(run: Run, lesson: Run) -> None:
    lesson("02")
    here = stage.current()
    assert here.database is not None
    here.database.write_bytes(b"not a database" * 100)
    assert run("%alembic upgrade head").endswith("[alembic ended with status 1]")
    assert run("%ledger").startswith("%ledger: ")


def test_no_output_holds_a_path_or_an_address_of_this_machine(run: Run, lesson: Run, scratch: Path) -> None:
    lesson("06")
    run("%alembic upgrade head")
    output = run("%alembic check\n%alembic history --verbose\n%alembic show 0008")
    assert "Path: migrations/versions/0008" in output
    assert str(scratch) not in output
    assert not re.search(r"0x[0-9a-f]{4}", output)


def test_an_edited_revision_counts_at_once(run: Run, lesson: Run) -> None:
    lesson("02")
    for name in ("one", "two"):  # files of one size, within a second
        run(
            "%%file migrations/versions/0002_x.py\nfrom alembic import op\n"
            "revision, down_revision = '0002', '0001'\n"
            f"def upgrade(): op.execute(\"UPDATE todo SET name = '{name}'\")\n"
            "def downgrade(): pass"
        )
        (stage.current().root / "migrations/versions/0002_add_done_due_category.py").unlink(missing_ok=True)
        run("%alembic upgrade head\n%alembic downgrade 0001")
        assert name in run("%sql SELECT DISTINCT name FROM todo")


def test_edited_models_count_at_once(run: Run, lesson: Run) -> None:
    lesson("02")
    assert "up to date" in run("%alembic check")
    run("%alembic upgrade head")
    assert "Detected removed column" in run("%alembic check")
    run("%models 0002")
    assert run("%alembic check").endswith("No new upgrade operations detected.")


def test_the_app_works_on_the_copy(run: Run, lesson: Run, tmp_path: Path) -> None:
    lesson("02")
    assert '"done" needs revision 0002' in run("%taskmaster done 1")
    assert run("%taskmaster done 1").endswith("[taskmaster ended with status 1]")
    run("%alembic upgrade head")
    assert "Done 1: Do the dishes" in run("%taskmaster done 1")
    assert run('%taskmaster add "Pay the rent" --due friday') == "Added 9: Pay the rent (due Fri 2026-03-06)"
    assert not (tmp_path / "taskmaster.db").exists()


def test_at_base_the_app_makes_no_database_behind_the_lessons_back(run: Run, lesson: Run) -> None:
    lesson("01")
    assert '"add" needs revision 0001' in run("%taskmaster add x")
    run("%alembic upgrade 0001")
    assert run('%taskmaster add "Do the dishes"') == "Added 1: Do the dishes"


def test_the_app_does_not_go_beyond_the_history_of_the_copy(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%taskmaster db upgrade").startswith(
        "%taskmaster: it would go beyond the history of this copy"
    )
    assert stage.current().place == "0001"


# What stays as it was


def test_a_command_leaves_the_process_as_it_was(run: Run, lesson: Run) -> None:
    lesson("02")
    run("%folder shelf\n%alembic init migrations")  # its env.py calls fileConfig
    run("%%change alembic.ini\n- sqlalchemy.url = driver://user:pass@localhost/dbname\n"
        "+ sqlalchemy.url = sqlite:///%(here)s/shelf.db")  # fmt: skip
    root = logging.getLogger()
    mine = logging.getLogger("a.logger.of.mine")
    before = _process(root, mine)
    for project in ("%folder shelf", "%back"):
        run(f"{project}\n%alembic upgrade head\n%alembic current\n%alembic nonsense\n%taskmaster list")
    assert _process(root, mine) == before


def _process(root: logging.Logger, mine: logging.Logger) -> list[object]:
    ours = {name for name in sys.modules if name.split(".")[0] in ("migrations", "models", "taskmaster")}
    environment = {name: value for name, value in os.environ.items() if name != "TASKMASTER_DATABASE_URL"}
    return [
        list(root.handlers), root.level, mine.disabled, mine.level,
        ours, list(sys.path), environment, _impls["sqlite"], sys.stdout, sys.stderr,
    ]  # fmt: skip


def test_a_project_of_ones_own_meets_alembic_as_it_comes(run: Run, lesson: Run) -> None:
    lesson("02")
    run("%alembic upgrade head")
    assert _impls["sqlite"] is SQLiteImpl
    run("%folder shelf\n%alembic init migrations")
    run("%%change alembic.ini\n- sqlalchemy.url = driver://user:pass@localhost/dbname\n"
        "+ sqlalchemy.url = sqlite:///shelf.db")  # fmt: skip
    assert "Will assume non-transactional DDL." in run("%alembic current")


@pytest.mark.parametrize("name", ["TASKMASTER_DATABASE_URL", "ALEMBIC_CONFIG"])
def test_the_environment_of_the_student_does_not_reach_a_lesson(
    name: str, run: Run, lesson: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, f"sqlite:///{tmp_path / 'mine.db'}")
    lesson("02")
    assert run("%alembic current").endswith("0001")
    assert "8 tasks" in run("%taskmaster list")
    assert not (tmp_path / "mine.db").exists()


def test_a_url_that_somebody_sets_inside_a_lesson_leads_no_farther_than_its_folders(
    run: Run, lesson: Run, tmp_path: Path
) -> None:
    lesson("02")
    run(f"%env TASKMASTER_DATABASE_URL=sqlite:///{tmp_path / 'mine.db'}")
    assert "that database is not there" in run("%alembic current")
    assert "names a database of the lesson's" in run("%taskmaster list")
    assert not (tmp_path / "mine.db").exists()
    run("%env TASKMASTER_DATABASE_URL=sqlite:///other.db\n%alembic upgrade 0001")
    assert Path("other.db").is_file()
    run("%env TASKMASTER_DATABASE_URL=")
    assert "8 tasks" in run("%taskmaster list")


SESSION = """
%taskmaster list
%alembic upgrade head
%taskmaster add x
%alembic downgrade -1
%sql SELECT * FROM todo
%sql INSERT INTO todo (name) VALUES ('y')
%step 0002
%schema todo
%changes
%ledger
%er
%graph
%agree
%models 0002
%show .
%show migrations/env.py
%copy trap
%alembic stamp head
%alembic revision --rev-id 0042 -m x
%back
%folder shelf
%alembic init migrations
%alembic current
%database shelf.db
%sql CREATE TABLE x (a)
%back
%alembic -c {project}/alembic.ini current
%alembic -c {project}/alembic.ini upgrade head
%alembic -c {project}/alembic.ini revision -m x
%alembic init {project}/stray
%alembic -x url=sqlite:///{student} upgrade head
%alembic revision --version-path {project}/migrations/versions -m x
%show {project}/README.md
%database {student}
%cd -q {project}
%alembic revision --rev-id 0043 -m x
%alembic downgrade base
%taskmaster list
%taskmaster add z
%taskmaster db upgrade
%taskmaster db path
"""
CELLS = ["%%file {project}/stray.py\nx = 1", "%%change {project}/README.md\n- x\n+ y"]


def test_whatever_a_lesson_does_stays_in_the_lesson_and_in_this_process(
    run: Run, lesson: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    student = tmp_path / "own" / "mine.db"
    student.parent.mkdir()
    student.write_bytes(b"")
    monkeypatch.setenv("TASKMASTER_DATABASE_URL", f"sqlite:///{student}")
    with watch(PROJECT, student.parent) as seen:
        lesson("02")
        for cell in [*SESSION.strip().splitlines(), *CELLS]:
            output = run(cell.format(project=PROJECT, student=student))
            assert "Traceback" not in output
    assert seen.touched == []
    assert seen.left == []


# Files and places


def test_show_numbers_the_lines_asked_for(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%show alembic.ini 2-3") == "2  [alembic]\n3  script_location = %(here)s/migrations"


def test_show_draws_the_tree_of_a_folder(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%show migrations/versions") == (
        "migrations/versions/\n├── 0001_create_todo.py\n└── 0002_add_done_due_category.py"
    )


def test_file_writes_and_counts(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%%file notes/a.txt\none\ntwo") == "Wrote notes/a.txt, 2 lines."
    assert (stage.current().root / "notes" / "a.txt").read_text() == "one\ntwo\n"


def test_change_replaces_what_is_there_once_and_shows_it(run: Run, lesson: Run) -> None:
    lesson("02")
    run("%%file a.txt\none\ntwo\n\nthree\ntwo")
    assert run("%%change a.txt\n  one\n- two\n+ 2\n+ \n") == "a.txt\n  one\n- two\n+ 2\n+\n\n  three"
    assert (stage.current().root / "a.txt").read_text() == "one\n2\n\n\nthree\ntwo\n"


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ("- two\n+ 2", "this line is in a.txt 2 times; add a line from above or below"),
        ("- four\n+ 4", "this line is not in a.txt, letter for letter"),
        ("- 1\n+ one", "a.txt has this change already"),
        ("- one\n- three", "these 2 lines are not in a.txt, letter for letter"),
        ("+ 4", 'there must be at least one line that begins with "- "'),
        ("one", 'each line begins with "- ", "+ " or two spaces'),
    ],
)
def test_a_change_that_does_not_fit_leaves_the_file_alone(
    change: str, answer: str, run: Run, lesson: Run
) -> None:
    lesson("02")
    run("%%file a.txt\none\ntwo\nthree\ntwo")
    assert run(f"%%change a.txt\n{change}").startswith(f"%%change: {answer}")
    assert (stage.current().root / "a.txt").read_text() == "one\ntwo\nthree\ntwo\n"


@pytest.mark.parametrize(
    ("change", "answer"),
    [
        ("  def f():\n-     pas\n+     return", 'the first that does not fit is "pas"'),
        ("  def f():\n-   pass\n+   return", '"pass" has 4 spaces before it there, and 2 here'),
        ("- pass", '"pass" has 4 spaces before it there, and 0 here'),
        ("- \n- pass", '"pass" has 4 spaces before it there, and 0 here'),
        ("- \n-     pass", 'the first that does not fit is "pass"'),
        ("  def f():\n- \n-     pass\n+     return", "an empty line too many"),
        ("-     pass\n- x", 'the first that does not fit is "x"'),
    ],
)
def test_a_change_that_does_not_fit_says_where(change: str, answer: str, run: Run, lesson: Run) -> None:
    lesson("02")
    run("%%file a.py\n\ndef f():\n    pass")
    assert run(f"%%change a.py\n{change}").endswith(f", letter for letter: {answer}. Nothing was changed.")


def test_a_copy_is_another_project_and_the_way_back_is_short(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%copy trap") == "You are now in trap, a copy. %back takes you back."
    run("%alembic upgrade head\n%sql DELETE FROM todo")
    assert run("%back") == "You are back in taskmaster, the lesson's copy."
    assert run("%alembic current").endswith("0001")
    assert "8" in run("%sql SELECT count(*) FROM todo")


def test_the_same_copy_again_is_a_fresh_one_and_the_first_is_kept(run: Run, lesson: Run) -> None:
    lesson("02")
    run("%copy trap\n%alembic upgrade head")
    assert run("%copy trap") == (
        "You are now in trap, a fresh copy. %back takes you back. What was there is kept in ../trap-1."
    )
    assert run("%alembic current").endswith("0001")


def test_a_copy_of_a_folder_says_so(run: Run, lesson: Run) -> None:
    lesson("02")
    run("%folder shelf\n%alembic init migrations")
    assert run("%copy trap") == "You are now in trap, a copy of shelf. %back takes you back."
    assert "env.py" in run("%show migrations")


def test_two_developers_each_have_the_history_that_they_wrote(run: Run, lesson: Run) -> None:
    lesson("10")
    assert run("%copy ana 0016") == (
        "You are now in ana, a copy whose history ends at 0016. %back takes you back."
    )
    assert run("%alembic heads") == "0016 (head)"
    run("%back\n%copy ben 0017")
    assert run("%alembic heads") == "0017 (head)"
    assert run("%copy cem 0016") == (
        "%copy: ben has no revision 0016; %alembic history names those that it has."
    )
    assert run("%back ana") == "You are back in ana."
    assert run("%back ana") == "You are in ana."
    assert run("%back dora") == ("%back: there is no dora in this lesson; there are taskmaster, ana, ben.")


def test_a_colleagues_revisions_come_as_git_pull_brings_them(run: Run, lesson: Run) -> None:
    lesson("10")
    run("%copy ana 0016\n%back\n%copy ben 0017")
    assert run("%pull ana") == "0016_add_estimate.py has come from ana."
    assert run("%alembic heads") == "0016 (head)\n0017 (head)"
    assert run("%pull ana") == "ana has no revision file that is not here too."
    assert run("%pull taskmaster") == "0018_merge_estimate_and_notes.py has come from taskmaster."
    assert run("%back ana\n%pull ben").endswith(
        "0017_add_notes.py and 0018_merge_estimate_and_notes.py have come from ben."
    )


def test_a_file_that_both_have_changed_stays_as_it_is(run: Run, lesson: Run) -> None:
    lesson("10")
    run("%copy ana\n%back\n%copy ben")
    run('%%change migrations/versions/0017_add_notes.py\n- down_revision = "0015"\n+ down_revision = "0016"')
    assert run("%pull ana") == (
        "ana has no revision file that is not here too.\n"
        "0017_add_notes.py is not the same there and here; yours stays as it is."
    )
    assert run("%pull ben") == "%pull: you are in ben; name another copy."


def test_branches_are_named_in_the_order_of_their_ids_in_every_run(run: Run, lesson: Run) -> None:
    lesson("10")
    run("%alembic upgrade 0017\n%alembic upgrade 0016")
    assert run("%alembic current").splitlines()[-2:] == ["0016", "0017"]
    assert run("%alembic branches").split() == ["0015", "(branchpoint)", "->", "0016", "->", "0017"]
    assert "Branches into: 0016, 0017" in run("%alembic history -r 0015:heads --verbose")


def test_a_folder_is_empty_and_still_there_the_second_time(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%folder shelf") == "You are now in shelf, an empty folder of your own. %back takes you back."
    run("%%file a.txt\nx")
    run("%back")
    assert run("%folder shelf") == "You are in shelf again, as you left it. %back takes you back."
    assert run("%show .") == "shelf/\n└── a.txt"


def test_database_points_sql_to_a_file_and_the_app_stays_with_its_own(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%database other.db") == "%sql now uses other.db, a new file."
    assert run("%sql CREATE TABLE x (a)") == "Done."
    assert run("%database other.db") == "%sql now uses other.db."
    assert "8 tasks" in run("%taskmaster list")
    assert run("%alembic current").endswith("0001")


def test_relative_paths_begin_where_one_stands(run: Run, lesson: Run) -> None:
    lesson("02")
    run("%cd -q migrations/versions")
    assert run("%show ../../alembic.ini 2").endswith("[alembic]")
    assert run("%alembic -c ../../alembic.ini current").endswith("0001")
    assert "FAILED: No 'script_location'" in run("%alembic current")


# %sql


def test_sql_shows_rows_and_null(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%sql SELECT 1 AS one, NULL AS none") == (
        "+-----+------+\n| one | none |\n+-----+------+\n|  1  | NULL |\n+-----+------+"
    )


def test_sql_puts_words_on_the_left_and_numbers_on_the_right(
    run: Run, lesson: Run, shell: InteractiveShell
) -> None:
    lesson("02")
    with capture_output() as shown:
        shell.run_cell("%sql SELECT 'a' AS word, 7 AS number, NULL AS none, '<td>' AS tag")
    (output,) = shown.outputs
    tags = re.findall(r"<t([hd])(.*?)>(.*?)</t\1>", output.data["text/html"])
    left, right = ' style="text-align:left"', ' style="text-align:right"'
    assert tags == [
        ("h", left, "word"), ("h", right, "number"), ("h", left, "none"), ("h", left, "tag"),
        ("d", left, "a"), ("d", right, "7"), ("d", left, "NULL"), ("d", left, "&lt;td&gt;"),
    ]  # fmt: skip


def test_sql_takes_quotation_marks_on_one_line(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%sql INSERT INTO todo (name) VALUES ('it''s -- mine')") == "Done."
    assert "it's -- mine" in run("%sql SELECT name FROM todo WHERE id = 9")


def test_an_altered_table_is_done_and_shows_no_inner_check_of_sqlite(run: Run, lesson: Run) -> None:
    lesson("02")
    run("%sql DELETE FROM todo")
    assert run("%sql ALTER TABLE todo ADD COLUMN at DATETIME DEFAULT (CURRENT_TIMESTAMP) NOT NULL") == "Done."


def test_a_statement_that_fails_is_one_line_and_leaves_no_lock(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%sql INSERT INTO todo (name) VALUES (NULL)") == (
        "IntegrityError: NOT NULL constraint failed: todo.name"
    )
    assert "Added 9" in run("%taskmaster add x")


def test_sql_follows_to_a_copy_and_back(run: Run, lesson: Run) -> None:
    lesson("02")
    run("%sql SELECT 1")
    run("%copy trap\n%sql DELETE FROM todo")
    assert "0" in run("%sql SELECT count(*) FROM todo")
    run("%back")
    assert "8" in run("%sql SELECT count(*) FROM todo")


# Wrong words


MAGICS = [
    "%alembic current", "%taskmaster list", "%sql SELECT 1", "%folder x", "%copy x", "%back", "%database x",
    "%show .", "%models 0001", "%%file x\ny", "%%change x\n- y", "%%sql\nSELECT 1", "%step 0001", "%schema",
    "%changes", "%ledger", "%er", "%graph", "%agree", "%source 0001", "%sends 0001", "%pull x",
]  # fmt: skip


@pytest.mark.parametrize("cell", MAGICS)
def test_before_the_first_cell_a_magic_says_what_is_missing(cell: str, run: Run) -> None:
    name = cell.split()[0]
    assert run(cell) == (
        f"{name}: no lesson has begun yet. Run the first cell of this notebook, then this one again."
    )


@pytest.mark.parametrize(
    "cell",
    [
        '%alembic upgrade "head', '%taskmaster add "x', "%alembic edit 0001", "%folder", "%folder a b",
        "%folder ../x", "%folder taskmaster", "%copy", "%copy taskmaster", "%copy /tmp", "%back 2",
        "%database", "%database migrations", "%database ../../x.db", "%show", "%show nope", "%show . 3",
        "%show alembic.ini x", "%show alembic.ini 9-3", "%show alembic.ini 900", "%show ../../..",
        "%show taskmaster.db", "%models", "%models 0099", "%models ../x", "%sql", "%sql BEGIN",
        "%sql SELECT :x", "%%file\nx", "%%file migrations\nx", "%%file ../../x\ny", "%%change nope\n- x",
        "%%change\n- x", "%step", "%step 0099", "%source", "%source nope", "%sends 0099", "%schema nope",
        "%changes 0001", "%changes 0001 0099", "%ledger 1", "%er 1", "%graph 1", "%agree 1",
        "%copy a b c", "%copy a 0099", "%copy a base", "%back 2 3", "%pull", "%pull x", "%pull taskmaster",
    ],
)  # fmt: skip
def test_wrong_words_are_answered_in_one_sentence(cell: str, run: Run, lesson: Run) -> None:
    lesson("02")
    before = sorted(path.name for path in stage.current().area.rglob("*"))
    output = run(cell)
    assert output.startswith(f"{cell.split()[0]}: ")
    assert len(output.splitlines()) == 1
    assert output.endswith((".", "?"))
    assert sorted(path.name for path in stage.current().area.rglob("*")) == before


def test_a_statement_that_is_no_sql_is_answered_in_one_line(run: Run, lesson: Run) -> None:
    lesson("02")
    assert run("%sql SELCT 1") == 'OperationalError: near "SELCT": syntax error'


@pytest.mark.parametrize("number", ["99", "", "2; DROP"])
def test_an_unknown_lesson_is_answered_in_one_sentence(number: str, lesson: Run) -> None:
    assert lesson(number).startswith(f'lesson: there is no lesson "{number}"; there are 00, 01')


def test_the_scratch_folder_that_was_removed_is_no_traceback(run: Run, lesson: Run) -> None:
    lesson("02")
    here = stage.current()
    os.chdir(here.area.parent)
    here.area.rename(here.area.with_name("gone"))
    assert run("%alembic current").startswith("%alembic: no lesson has begun yet.")
    assert lesson("02").startswith("Again a fresh copy")


def test_the_watch_would_see_a_file_and_a_thread(tmp_path: Path) -> None:
    with watch(tmp_path) as seen:
        (tmp_path / "a.txt").write_text("x")
        threading.Thread(target=int).start()
    assert [event.split()[0] for event in seen.touched] == ["open"]
    assert seen.left == ["threading.Thread"]


def test_several_commands_in_a_cell_are_told_apart_by_their_words(lesson: Run, run: Run) -> None:
    lesson("02")

    shown = run("%alembic current\n%taskmaster list --limit 1")

    assert shown.startswith("$ alembic current\n")
    assert "\n$ taskmaster list --limit 1\n" in shown
    assert "$ " not in run("%alembic current")


def test_every_sql_of_a_cell_shows_its_rows(lesson: Run, run: Run) -> None:
    lesson("02")

    shown = run("%sql SELECT 'first' AS place\n%sql SELECT 'second' AS place\n%taskmaster list --limit 1")

    assert "first" in shown
    assert "second" in shown


def test_rows_can_be_kept_in_a_variable(lesson: Run, run: Run) -> None:
    lesson("02")

    assert run("rows = %sql SELECT 'kept' AS place") == ""
    assert run("print(rows[0].place)") == "kept"
