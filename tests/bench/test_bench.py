"""The benchmarks compare two things that end up equal, and say so in tables. No test asserts a time."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.bench import app, by_hand, chain, checks, pair
from tests.bench.__main__ import main
from tests.migrations import history


@pytest.fixture(scope="module")
def figures() -> chain.Figures:
    return chain.measure(rows=1500, repetitions=1)


def test_the_steps_by_hand_are_the_revisions_of_the_history() -> None:
    assert by_hand.REVISIONS == history.REVISIONS


def test_every_revision_is_measured_both_ways_in_both_directions(figures: chain.Figures) -> None:
    for way in pair.WAYS:
        for direction in ("up", "down"):
            assert set(figures.times[way, direction]) == {*by_hand.REVISIONS, chain.AT_ONCE}


def test_the_report_has_a_line_for_each_revision_and_the_ratio_of_the_whole(figures: chain.Figures) -> None:
    report = chain.report([figures])

    for revision in [*by_hand.REVISIONS, "all", chain.AT_ONCE]:
        lines = [line for line in report.splitlines() if line.startswith(f"{revision} ")]
        assert len(lines) == 2, "one for the upgrade, one for the downgrade"
    assert "key check" in report
    assert "the whole chain" in report


def test_a_difference_in_the_schema_stops_the_benchmark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    step = by_hand.STEPS["0001"]
    other = by_hand.Step(("CREATE TABLE todo (id INTEGER PRIMARY KEY, name VARCHAR)",), step.down, "", "")
    monkeypatch.setitem(by_hand.STEPS, "0001", other)

    with pytest.raises(pair.NotEqualError, match="the schemas differ"):
        chain.measure(rows=1, repetitions=1)


def test_a_difference_in_the_rows_stops_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    step = by_hand.STEPS["0004"]
    other = by_hand.Step((*step.up, "UPDATE todo SET title = 'x' WHERE id = 1"), step.down, "", "")
    monkeypatch.setitem(by_hand.STEPS, "0004", other)

    with pytest.raises(pair.NotEqualError, match="todo has"):
        chain.measure(rows=1, repetitions=1)


def test_every_command_is_timed_beside_the_least_that_could_do_it() -> None:
    times = app.measure(tasks=20, repetitions=1)  # raises when they end with different tasks

    for command in app.COMMANDS:
        assert {app.PYTHON, app.LIBRARY, app.CORE, app.BEFORE, app.APP} <= set(times[command])
    lines = app.report({20: times}).splitlines()
    assert [line.split()[:2] for line in lines[-4:]] == [[command, "20"] for command in app.COMMANDS]


def test_the_program_that_fails_stops_the_benchmark(tmp_path: Path) -> None:
    broken = app.Contender("broken", [sys.executable, "-c", "raise SystemExit('no such day')"], {})

    with pytest.raises(app.ProgramFailedError, match="broken list failed: no such day"):
        broken.run("list")


@pytest.mark.parametrize(
    "words", [["--rows", "none"], ["--rows", "0"], ["--rows", ""], ["--repeat", "0"], ["x"]]
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(words)
    assert "bench: error: argument" in capsys.readouterr().err


def test_a_check_is_measured_beside_what_one_would_do_instead() -> None:
    report = checks.bench([1], 1, lambda line: None)
    line = report.splitlines()[-1].split()
    assert line[:2] == ["01", "2"]
    assert len(line) == len(checks.HEADINGS)
