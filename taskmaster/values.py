"""What people type, as values: dates, ids and text, and what the Tab key offers for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.shell_completion import CompletionItem

from taskmaster import clock, database, dates, durations, ids
from taskmaster.errors import BadInputError
from taskmaster.lazy import lazily
from taskmaster.spelling import fold

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from taskmaster import tags, tasks, views
else:
    tags, tasks, views = (lazily(f"taskmaster.{name}") for name in ("tags", "tasks", "views"))


class DateType(click.ParamType[Any]):
    """A date as people write it; "none" is None."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return dates.parse(value, clock.today())
        except BadInputError as error:
            self.fail(str(error), param, ctx)


class DurationType(click.ParamType[Any]):
    """How long something takes, in minutes; "none" is None."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return durations.parse(value)
        except BadInputError as error:
            self.fail(str(error), param, ctx)


class IdsType(click.ParamType[Any]):
    """Task ids: 3, 3-5, 1,4-7."""

    name = "ids"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        try:
            return ids.parse(value)
        except BadInputError as error:
            self.fail(str(error), param, ctx)

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        found = _offered(lambda opened: tasks.listing(opened, tasks.Wanted(done=None), limit=200).items)
        return [
            CompletionItem(str(item.id), help=views.harmless(item.title)[:60])
            for item in found
            if str(item.id).startswith(incomplete)
        ]


class CountType(click.ParamType[Any]):
    """How many at most; 0 is all."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        if not (value.isascii() and value.isdigit()):
            self.fail(f"{value!r} is not a number of tasks. 0 is all.", param, ctx)
        return int(value) if len(value) < 10 else ids.HIGHEST  # there can be no more


class FileType(click.Path):
    """The name of a file, there or not; never of a folder."""

    def __init__(self, *, allow_dash: bool = False) -> None:
        super().__init__(dir_okay=False, allow_dash=allow_dash, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == "":  # which would be the current folder
            self.fail("it is empty.", param, ctx)
        return super().convert(value, param, ctx)


class TextType(click.ParamType[Any]):
    """Text that is not empty."""

    name = "text"

    def __init__(self, offers: Callable[[Session], Iterable[str]] | None = None) -> None:
        self.offers = offers

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if not isinstance(value, str):
            return value
        text = value.strip()
        if not text:
            self.fail("it is empty.", param, ctx)
        try:
            text.encode("utf-8")
        except UnicodeEncodeError:
            self.fail("it is not text in UTF-8.", param, ctx)
        if "\0" in text:
            self.fail("it holds a character that no database can keep.", param, ctx)
        return text

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        found = _offered(self.offers) if self.offers else []
        return [CompletionItem(name) for name in found if name.startswith(incomplete)]


class TagType(TextType):
    """The name of a tag: text with a word in it. "none" is that, however it is written."""

    name = "name"

    def __init__(self) -> None:
        super().__init__(lambda opened: tags.names(opened))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        name = super().convert(value, param, ctx)
        if isinstance(name, str) and not fold(name):  # nothing but what cannot be seen
            self.fail("it is empty.", param, ctx)
        return "none" if isinstance(name, str) and fold(name) == "none" else name


def _offered(find: Callable[[Session], Iterable[Any]]) -> list[Any]:
    """What the database can offer for a completion; nothing where it cannot. Never raises."""
    try:
        with database.opened(database.url_of_the_app()) as opened:
            return list(find(opened))
    except Exception:  # whoever presses Tab wants no error in the middle of the line
        return []


DATE, IDS, TEXT, COUNT, FILE = DateType(), IdsType(), TextType(), CountType(), FileType()
USER = TextType(lambda opened: [person.username for person in tasks.people(opened)])
TAG, DURATION = TagType(), DurationType()
CATEGORY = TextType(lambda opened: tasks.categories(opened))
