"""The promises that the repository makes as a whole."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def pipfile() -> dict[str, Any]:
    return tomllib.loads((ROOT / "Pipfile").read_text(encoding="utf-8"))


def test_the_packages_that_the_workbook_stands_on_are_named(pipfile: dict[str, Any]) -> None:
    named = set(pipfile["packages"]) | set(pipfile["dev-packages"])
    assert {"jupyter", "sqlalchemy", "alembic", "ipython-sql", "nbval"} <= named


def test_every_package_has_its_version_pinned(pipfile: dict[str, Any]) -> None:
    for name, wanted in (pipfile["packages"] | pipfile["dev-packages"]).items():
        version = wanted if isinstance(wanted, str) else wanted.get("version", "")
        assert name == "taskmaster" or re.match(r"(~=|==)\d", version), name


def test_the_scripts_are_there(pipfile: dict[str, Any]) -> None:
    assert {"taskmaster", "lessons", "workbook", "test", "lint", "bench"} <= set(pipfile["scripts"])


def test_the_lock_holds_no_address_but_that_of_pypi(pipfile: dict[str, Any]) -> None:
    text = (ROOT / "Pipfile.lock").read_text(encoding="utf-8")
    lock = json.loads(text)
    assert [source["url"] for source in pipfile["source"]] == ["https://pypi.org/simple"]
    assert [source["url"] for source in lock["_meta"]["sources"]] == ["https://pypi.org/simple"]
    assert set(re.findall(r"\w+://[^\"]+", text)) == {"https://pypi.org/simple"}


def test_the_readme_shows_the_two_lines_that_set_everything_up() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    set_up = "python3 -m pip install pipenv && python3 -m pipenv sync --dev && python3 -m pipenv run"
    assert f"\n{set_up} lessons\n" in text
    assert f"\n{set_up} test\n" in text


def test_what_the_readme_calls_a_script_is_one(pipfile: dict[str, Any]) -> None:
    for page in ("README.md", "CONTRIBUTING.md"):
        called = re.findall(r"pipenv run ([a-z]+)", (ROOT / page).read_text(encoding="utf-8"))
        assert set(called) <= set(pipfile["scripts"]) | {"alembic", "ruff"}, page


def test_the_changelog_has_a_place_for_what_comes() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_no_tracked_file_is_somebodys_own() -> None:
    """A task list, an environment or a working copy of a lesson does not belong in the repository."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    own = re.compile(r"(^|/)(\.env|taskmaster\.db.*|workspace/.*|\.venv/.*|.*\.pyc)$")
    assert [path for path in done.stdout.splitlines() if own.search(path)] == []
