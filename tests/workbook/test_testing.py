"""%pytest: the real pytest, in this process, with the same output every day."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from workbook import testing
from workbook.testing import Run


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path.resolve() / "project"
    (root / "tests").mkdir(parents=True)
    return root


def run(project: Path, text: str, *words: str) -> Run:
    (project / "tests" / "test_it.py").write_text(text, encoding="utf-8")
    return testing.run(project, words, area=project.parent)


def test_a_run_is_the_same_every_time_and_names_no_path_and_no_time(project: Path) -> None:
    text = "def test_one():\n    heads = [1, 2]\n    assert len(heads) == 1\n\n\ndef test_two():\n    pass\n"
    found = run(project, text)
    assert found.output == run(project, text).output
    assert found.output == (
        "============================= test session starts ==============================\n"
        "collected 2 items\n"
        "\n"
        "tests/test_it.py F.\n"
        "\n"
        "=================================== FAILURES ===================================\n"
        "___________________________________ test_one ___________________________________\n"
        "tests/test_it.py:3: in test_one\n"
        "    assert len(heads) == 1\n"
        "E   assert 2 == 1\n"
        "E    +  where 2 = len([1, 2])\n"
        f"{' 1 failed, 1 passed ':=^80}\n"
    )
    assert found.status == 1
    assert found.failed == {"test_one": "tests/test_it.py, line 3, in test_one()"}
    assert found.passed == ["test_two"]


def test_a_file_that_was_changed_is_imported_anew(project: Path) -> None:
    (project / "mine.py").write_text("X = 1\n", encoding="utf-8")
    text = "def test_it():\n    import mine\n    assert mine.X == 2\n"
    assert run(project, text).failed
    (project / "mine.py").write_text("X = 2\n", encoding="utf-8")
    assert not run(project, text).failed
    assert "mine" not in sys.modules


def test_an_error_in_another_file_of_the_project_is_shown_where_it_is(project: Path) -> None:
    (project / "mine.py").write_text("def go():\n    return {}['b' + 'io']\n", encoding="utf-8")
    found = run(project, "import mine\n\n\ndef test_it():\n    mine.go()\n")
    assert "tests/test_it.py:5: in test_it\n    mine.go()\nmine.py:2: in go\n" in found.output
    assert "E   KeyError: 'bio'\n" in found.output


def test_a_file_that_python_cannot_read_is_named(project: Path) -> None:
    found = run(project, "def test_it(:\n")
    assert list(found.failed) == ["tests/test_it.py"]
    assert "SyntaxError" in found.output
    assert str(project) not in found.output


def test_what_a_test_prints_is_not_shown_and_a_plugin_that_happens_to_be_there_is_not_used(
    project: Path,
) -> None:
    found = run(project, "def test_it(request):\n    print('hello')\n    assert 0\n")
    assert "hello" not in found.output
    assert "xdist" not in found.output


def test_a_database_outside_of_the_area_is_not_opened(project: Path, tmp_path: Path) -> None:
    outside = tmp_path.resolve().parent / "outside.db"
    connect = f"sa.create_engine('sqlite:///{outside}').connect()"
    text = f"import sqlalchemy as sa\n\n\ndef test_it():\n    {connect}\n"
    assert "OutsideError" in run(project, text).output
    assert not outside.exists()


def test_in_ci_a_run_says_what_it_says_on_a_desk(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    body = "def test_it():\n    assert list(range(30)) == list(range(31))\n"
    monkeypatch.delenv("CI", raising=False)
    said = run(project, body).output
    monkeypatch.setenv("CI", "true")
    assert run(project, body).output == said
    assert os.environ["CI"] == "true"


def test_the_environment_of_the_pytest_that_runs_this_one_comes_back(project: Path) -> None:
    before = {name: value for name, value in os.environ.items() if name.startswith("PYTEST_")}
    run(project, "def test_it():\n    pass\n")
    after = {name: value for name, value in os.environ.items() if name.startswith("PYTEST_")}
    assert after == before


def test_only_the_tests_that_were_asked_for_are_run(project: Path) -> None:
    found = run(project, "def test_one():\n    pass\n\n\ndef test_two():\n    pass\n", "-k", "two")
    assert found.passed == ["test_two"]
    assert "1 deselected" in found.output
