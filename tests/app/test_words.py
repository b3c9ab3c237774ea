"""What people type: dates, ids, moments."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from taskmaster import clock, dates, durations, ids
from taskmaster.errors import BadInputError
from taskmaster.ids import Span

MONDAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", "2026-03-02"),
        ("Tomorrow", "2026-03-03"),
        ("yesterday", "2026-03-01"),
        ("fri", "2026-03-06"),
        ("FRIDAY", "2026-03-06"),
        ("thurs", "2026-03-05"),
        ("monday", "2026-03-09"),
        ("next friday", "2026-03-13"),
        ("next mon", "2026-03-09"),
        ("next week", "2026-03-09"),
        ("next month", "2026-04-01"),
        ("+3d", "2026-03-05"),
        ("+2w", "2026-03-16"),
        ("+1m", "2026-04-02"),
        ("+1y", "2027-03-02"),
        ("in 3 days", "2026-03-05"),
        ("in  a   week", "2026-03-09"),
        ("eow", "2026-03-08"),
        ("eom", "2026-03-31"),
        ("eoy", "2026-12-31"),
        ("2026-03-06", "2026-03-06"),
        ("2026-3-6", "2026-03-06"),
        ("1999-12-31", "1999-12-31"),
        ("6 march", "2026-03-06"),
        ("6. mar", "2026-03-06"),
        ("March 6th", "2026-03-06"),
        ("6th of March 2027", "2027-03-06"),
        ("1 march", "2027-03-01"),
        ("29 feb", "2028-02-29"),
        ("fri 6 march 2026", "2026-03-06"),
        ("6.3.2026", "2026-03-06"),
        ("31.3.", "2026-03-31"),
    ],
)
def test_a_date_is_read_as_people_mean_it(text: str, expected: str) -> None:
    assert dates.parse(text, MONDAY) == date.fromisoformat(expected)


@pytest.mark.parametrize(
    "text",
    ["", " ", "blah", "10", "may", "3/6/2026", "may 40", "2026-02-30", "31.2.2026", "6 march 10:00", "fr",
     "mon 6 march 2026", "+99999d", "+9999y", "in 3 fortnights", "next", "next fry", "٣ march", "6 may utc",
     "1e9", "-3d", "2026-03", "20260306", "6 march 26", "eod"],
)  # fmt: skip
def test_what_is_not_clearly_a_date_is_refused_with_examples(text: str) -> None:
    with pytest.raises(BadInputError, match=r"is not a date\. Write one like 2026-03-06, .*next friday"):
        dates.parse(text, MONDAY)


def test_none_is_no_date_and_no_duration() -> None:
    assert dates.parse("None", MONDAY) is None
    assert durations.parse("None") is None


def test_the_last_day_of_a_month_stays_in_the_month() -> None:
    assert dates.parse("+1m", date(2026, 1, 31)) == date(2026, 2, 28)


def test_on_a_friday_friday_is_in_a_week() -> None:
    assert dates.parse("fri", date(2026, 3, 6)) == date(2026, 3, 13)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3", [Span(3, 3)]),
        ("3-5", [Span(3, 5)]),
        ("1,4-7", [Span(1, 1), Span(4, 7)]),
        ("#3", [Span(3, 3)]),
    ],
)
def test_ids_are_read_as_numbers_and_spans(text: str, expected: list[Span]) -> None:
    assert ids.parse(text) == expected


@pytest.mark.parametrize("text", ["", "x", "1-", "-1", "1-x", "5-3", "1,,2", "1.5", "٣", "1" * 50])
def test_what_is_no_id_is_refused(text: str) -> None:
    with pytest.raises(BadInputError):
        ids.parse(text)


def test_ids_are_written_so_that_they_can_be_typed_again() -> None:
    assert ids.compress([4, 1, 3, 5, 9]) == "1 3-5 9"


@pytest.mark.parametrize(
    ("text", "minutes", "shown"),
    [
        ("45", 45, "45m"),
        ("90m", 90, "1h30"),
        ("90 min", 90, "1h30"),
        ("1h30", 90, "1h30"),
        ("1H 30M", 90, "1h30"),
        ("1h5", 65, "1h05"),
        ("1.5h", 90, "1h30"),
        ("0.1h", 6, "6m"),
        ("2 hours", 120, "2h"),
        ("1", 1, "1m"),
        ("2147483647", 2147483647, "35791394h07"),
    ],
)
def test_a_duration_is_read_in_minutes_and_shown_as_it_can_be_typed(
    text: str, minutes: int, shown: str
) -> None:
    assert durations.parse(text) == minutes
    assert durations.shown(minutes) == shown
    assert durations.parse(shown) == minutes


@pytest.mark.parametrize(
    "text",
    ["", "0", "-5", "0h", "1h75", "1.01h", "1,5h", "2d", "1h30s", "soon", "٣", "1e3", "2147483648", "9" * 50,
     "h", "1.5", ".5h", "1.5h30"],
)  # fmt: skip
def test_what_is_no_duration_is_refused_with_examples(text: str) -> None:
    with pytest.raises(BadInputError, match=r"is not a time in whole minutes\. Write one like 45, 90m"):
        durations.parse(text)


def test_the_clock_is_what_the_environment_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(clock.NOW_VARIABLE, "2026-03-02T01:30:00+02:00")
    assert clock.now() == datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert clock.today() == date(2026, 3, 2)


def test_without_a_word_the_clock_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(clock.NOW_VARIABLE)
    assert clock.now().tzinfo is UTC
    assert clock.now() <= clock.now()


@pytest.mark.parametrize("text", ["yesterday", "2026-03-02T09:00:00", "2026-13-01T00:00:00+00:00"])
def test_a_clock_that_says_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv(clock.NOW_VARIABLE, text)
    with pytest.raises(BadInputError, match="TASKMASTER_NOW must be a moment with its offset"):
        clock.now()
