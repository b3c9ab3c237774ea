"""What the README lists is made from what it describes."""

from __future__ import annotations

import pytest
from workbook import readme


def test_the_readme_is_up_to_date() -> None:
    text = (readme.PROJECT / "README.md").read_text(encoding="utf-8")
    assert text == readme.made(text), "run: pipenv run workbook readme"


def test_a_readme_without_a_place_for_a_list_is_refused() -> None:
    with pytest.raises(ValueError, match="no place for its lessons"):
        readme.made("# Nothing here\n")
