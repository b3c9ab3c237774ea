"""The questions of the capstone about schema and rows, each to photos of a database. Each raises NotYet."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from workbook.checks import promised
from workbook.checks.promised import Row, table
from workbook.checks.verdict import NotYet
from workbook.photo import Column, Photo

# -------------------------------------------------------------------------------------- recurring tasks


def repeats(after: Photo) -> None:
    """`tasks.repeat_every` is there, with its CHECK."""
    if "tasks" not in after.tables:
        raise NotYet("The table `tasks` is gone.")
    column = _column(after, "tasks", "repeat_every")
    _family(column, "tasks", "Integer", "INT")
    _nullable(column, "tasks", True)
    for rule in after.tables["tasks"].rules:
        if rule.kind == "CHECK" and "repeat_every" in rule.words and not rule.name:
            raise NotYet(
                "The CHECK of `tasks.repeat_every` has no name.",
                why="One without a name cannot be changed later.",
            )


def tasks(before: Photo, after: Photo) -> None:
    """Every task has the title and the number that the note in its title asks for, and the rest as before.

    Who owns it is asked with the users.
    """
    was, now = table(before, "tasks"), table(after, "tasks")
    _all_there("tasks", was, now)
    for id_, old in was.items():
        title, days = promised.read(old["title"])
        new = now[id_]
        if (new["title"], new["repeat_every"]) != (title, days):
            raise NotYet(
                f"The title {old['title']!a} becomes {new['title']!a}, with `repeat_every` "
                f"{_said(new['repeat_every'])}. Asked for is {title!a}, with {_said(days)}.",
                why=_why(old["title"], title, days, new),
            )
        _others_kept("tasks", id_, old, new, but=("title", "owner_id"))


def _why(old: str, title: str, days: int | None, new: Row) -> str:
    if days is None and new["repeat_every"] is not None and not old.isascii():
        return "The digits are 0 to 9; Python's \\d and int() know those of other scripts too."
    if days is None and new["repeat_every"] is not None:
        return "What is no such note stays as it is, letter by letter."
    if days is None and new["title"] != old:
        return "Nothing in this title is a note, and nobody asked to change it."
    if days is not None and new["repeat_every"] is None:
        return "This note can be read."
    if new["title"] != title and new["title"].strip(" ") == title.strip(" "):
        return "The spaces before and behind the note go with it; others stay."
    return ""


def titles_say_it(head: Photo, down: Photo, owners: dict[int, Any]) -> None:
    """Down at 0019, the titles say how often, and nothing else of a task has changed."""
    was, now = table(head, "tasks"), table(down, "tasks")
    _all_there("tasks", was, now, "The downgrade")
    for id_, old in was.items():
        title = promised.told(old["title"], old["repeat_every"])
        if now[id_]["title"] != title:
            raise NotYet(
                f"The task {old['title']!r}, with `repeat_every` {_said(old['repeat_every'])}, is called "
                f"{now[id_]['title']!r} after the downgrade. Asked for is {title!r}.",
                why="The column goes, and the title is all that is left to say it."
                if old["repeat_every"] is not None
                else "A task that does not recur keeps its title.",
            )
        kept = {column: value for column, value in old.items() if column in now[id_]}
        _others_kept("tasks", id_, kept, now[id_], but=("title", "owner_id"), what="The downgrade")
        if now[id_]["owner_id"] != owners[id_]:
            raise NotYet(
                f"After the downgrade task {id_} belongs to {_user(now[id_]['owner_id'])}, and not to "
                f"{_user(owners[id_])}."
            )


# ----------------------------------------------------------------------------------- a history of changes


def changes(before: Photo, after: Photo) -> None:
    """The table `changes` is there, with one row a task."""
    if "changes" not in after.tables:
        raise NotYet("There is no table `changes` yet.")
    made = after.tables["changes"]
    if made.primary_key != ("id",):
        raise NotYet("The primary key of `changes` is not `id`.")
    for name, words, types, null in (
        ("id", "Integer", "INT", False),
        ("task_id", "Integer", "INT", False),
        ("changed_at", "DateTime(timezone=True)", "DATETIME|TIMESTAMP", False),
        ("field", "String", "VARCHAR|TEXT|CHAR|STRING", False),
        ("old", "String or Text", "VARCHAR|TEXT|CHAR|STRING", True),
        ("new", "String or Text", "VARCHAR|TEXT|CHAR|STRING", True),
    ):
        column = _column(after, "changes", name)
        _family(column, "changes", words, types)
        _nullable(column, "changes", null)
    keys = [key for key in made.foreign_keys if key.columns == ("task_id",) and key.refers_to == "tasks"]
    if not keys:
        raise NotYet("`changes.task_id` is no foreign key to `tasks`.")
    if "ON DELETE CASCADE" not in keys[0].words:
        raise NotYet(
            "The foreign key of `changes.task_id` has no ON DELETE CASCADE.",
            why="A task with a history could not be deleted any more.",
        )
    leading = [index.words for index in made.indexes] + [
        rule.words for rule in made.rules if rule.kind == "UNIQUE"
    ]
    if not any(re.match(r"(UNIQUE )?\(\"?task_id\b", words) for words in leading):
        raise NotYet(
            "`changes.task_id` has no index.",
            why="Whoever deletes a task, or asks for its history, would go through all of `changes`.",
        )
    _one_row_a_task(before, after)


def _one_row_a_task(before: Photo, after: Photo) -> None:
    rows, now = list(table(after, "changes").values()), table(after, "tasks")
    by_task: dict[int, list[Row]] = {}
    for row in rows:
        by_task.setdefault(row["task_id"], []).append(row)
    without = [id_ for id_ in before.rows["tasks"].keys if id_ not in by_task]
    if without:
        raise NotYet(
            f"{len(without)} of {len(before.rows['tasks'])} tasks have no row in `changes`; "
            f"the first is task {min(without)}.",
            why="Every task that is there gets one, and says that it was created.",
        )
    for id_, found in sorted(by_task.items()):
        if len(found) > 1:
            fields = ", ".join(sorted(repr(row["field"]) for row in found))
            raise NotYet(
                f"Task {id_} has {len(found)} rows in `changes`: {fields}. Asked for is one, 'created'.",
                why="When anything else happened nobody knows, and a history does not guess.",
            )
        _is_created(found[0], now[id_])


def _is_created(row: Row, task: Row) -> None:
    at, made = promised.moment(row["changed_at"]), promised.moment(task["created_at"])
    if getattr(task["created_at"], "tzinfo", None) and not getattr(row["changed_at"], "tzinfo", None):
        raise NotYet(
            "`changes.changed_at` has no time zone: it is not DateTime(timezone=True).",
            why="A moment without one is read as another hour elsewhere.",
        )
    for column, found, asked in (
        ("field", row["field"], "created"),
        ("changed_at", at, made),
        ("old", row["old"], None),
        ("new", row["new"], task["title"]),
    ):
        if found != asked:
            raise NotYet(
                f"For task {row['task_id']}, `changes.{column}` is {_shown(found)}. "
                f"Asked for is {_shown(asked)}.",
                why="`new` is the title that the task has at the head, without a note."
                if column == "new"
                else "",
            )


# ------------------------------------------------------------------------------------ one person, one user


def users(before: Photo, after: Photo) -> None:
    """One user a person, with the tasks and the profile of all that they were."""
    meant, was, now = promised.people(before), table(before, "users"), table(after, "users")
    for id_, first in sorted(meant.becomes.items()):
        if first != id_ and first in now and id_ in now:
            raise NotYet(
                f"Of one person there are still several users: {_named(first, was)} and {_named(id_, was)}.",
                why=_between(promised.links(was, id_, first), was),
            )
    for id_ in sorted(meant.users.keys() - now.keys()):
        others = [other for other, first in meant.becomes.items() if first == id_ and other in now]
        stays = f"{_named(others[0], was)} has stayed instead" if others else "nobody is there in their place"
        raise NotYet(
            f"There is no {_named(id_, was)} any more, and {stays}.",
            why="Of one person's users the one with the lowest id stays."
            if others
            else "Nobody else has a username or an email that is the same: capitals are those from A to Z, "
            "and a space is the one of the space bar.",
        )
    for id_, user in meant.users.items():
        blank = promised.fold(user["email"]) == "" == promised.fold(now[id_]["email"])
        _others_kept("users", id_, user, now[id_], but=("email",) if blank else ())
    _owners(meant, before, after)
    found = promised.of_users(table(after, "profiles").values())
    for id_ in sorted(meant.profiles.keys() | found.keys()):
        _profile(id_, found.get(id_), meant.profiles.get(id_), was)


def _between(chain: Sequence[int], was: dict[Any, Row]) -> str:
    """Who was there between two users that have nothing the same themselves; empty where nobody was."""
    if len(chain) < 3:
        return ""
    between = ", then ".join(_named(id_, was) for id_ in chain[1:-1])
    return f"Between them was {between}: who is the same as the same is the same."


def _owners(meant: promised.People, before: Photo, after: Photo) -> None:
    now = table(after, "tasks")
    for id_, task in table(before, "tasks").items():
        owner = meant.becomes.get(task["owner_id"], task["owner_id"])
        if now[id_]["owner_id"] != owner:
            raise NotYet(
                f"Task {id_} belonged to {_user(task['owner_id'])}. It belongs to "
                f"{_user(now[id_]['owner_id'])} now, and should belong to {_user(owner)}.",
                why="With a user who is deleted, what points to them goes as the foreign key says: "
                "move it first."
                if now[id_]["owner_id"] is None
                else "",
            )


def _profile(id_: int, found: Any, meant: Any, was: dict[Any, Row]) -> None:
    if found is None:
        raise NotYet(
            f"There is no profile of {_named(id_, was)}. One of this person's users had one: "
            f"full_name {meant[0]!r}, about {meant[1]!r}.",
            why="With a user who is deleted, their profile goes too (CASCADE): move it first.",
        )
    if meant is None:
        raise NotYet(f"There is a profile of {_named(id_, was)}, and none of this person's users had one.")
    for column, there, asked in zip(("full_name", "about"), found, meant, strict=True):
        if there != asked:
            raise NotYet(
                f"The profile of {_named(id_, was)} says {there!r} in `{column}`. Asked for is {asked!r}.",
                why="Each of the two is its own; only where that is NULL or empty, the next one's by id.",
            )


def users_are_back(before: Photo, head: Photo, down: Photo, log: Sequence[str]) -> dict[int, Any]:
    """Every user is back, or the log says how many are not. Returns who should own each task."""
    was, at_head, now = table(before, "users"), table(head, "users"), table(down, "users")
    tasks_were, at_the_head = table(before, "tasks"), table(head, "tasks")
    gone = was.keys() - at_head.keys()
    back = gone & now.keys()
    if back and back != gone:
        raise NotYet(
            f"Of {len(gone)} users that were merged, the downgrade brings {len(back)} back.",
            why="Either all come back, each with their tasks and their profile, or none.",
        )
    meant = at_head if not back else was | {id_: at_head[id_] for id_ in at_head.keys() - was.keys()}
    _all_there("users", meant, now, "The downgrade")
    for id_, user in meant.items():
        blank = promised.fold(user["email"]) == "" == promised.fold(now[id_]["email"])
        kept = {column: value for column, value in user.items() if column in now[id_]}
        _others_kept("users", id_, kept, now[id_], but=("email",) if blank else (), what="The downgrade")
    if gone and not back:
        says_how_many(log, len(gone), "{n} users are merged and do not come back")
    meant_profiles = promised.of_users(table(before if back else head, "profiles").values())
    found = promised.of_users(table(down, "profiles").values())
    for id_, profile in sorted(meant_profiles.items()):
        if found.get(id_) != profile:
            raise NotYet(
                f"After the downgrade the profile of {_named(id_, now)} is {found.get(id_)}, "
                f"and not {profile}."
            )
    return {
        id_: tasks_were[id_]["owner_id"] if back and id_ in tasks_were else task["owner_id"]
        for id_, task in at_the_head.items()
    }


# ------------------------------------------------------------------------------------------ all of them


def rest_is_kept(before: Photo, after: Photo) -> None:
    """What was there besides is there as it was: columns, rules, indexes, and the rows of other tables."""
    for name, was in before.tables.items():
        now = after.tables.get(name)
        if now is None:
            raise NotYet(f"The table `{name}` is gone.")
        columns = {column.name: column.words.upper() for column in now.columns}
        for column in was.columns:
            if columns.get(column.name) != column.words.upper():
                found = columns.get(column.name)
                raise NotYet(
                    f"`{name}.{column.name}` was {column.words} and is now {found}."
                    if found
                    else f"The column `{name}.{column.name}` is gone."
                )
        rules = {(rule.kind, rule.words) for rule in now.rules}
        for rule in was.rules:
            if (rule.kind, rule.words) not in rules and rule.kind != "UNIQUE":
                raise NotYet(f"`{name}` has lost its {rule.title} {rule.words}.", why=COPIED)
        indexes = {index.name for index in now.indexes}
        for index in was.indexes:
            if index.name not in indexes:
                raise NotYet(f"`{name}` has lost its index {index.name}.", why=COPIED)
    for name in ("tags", "task_tags"):
        if before.rows[name] != after.rows[name]:
            raise NotYet(f"The rows of `{name}` are not what they were.", why="No change speaks of them.")


COPIED = "Nobody asked for that. Where SQLite copies a table (batch mode), it copies what it is told of."


def no_task_for_nothing(before: Photo, after: Photo, written: set[int]) -> None:
    """None of the tasks that were WRITTEN is as it was."""
    was, now = table(before, "tasks"), table(after, "tasks")
    same = [
        id_
        for id_ in sorted(written & was.keys())
        if all(value == was[id_].get(column) for column, value in now[id_].items())
    ]
    if same:
        raise NotYet(
            f"{len(same)} rows of `tasks` are written in which nothing changes; the first is task {same[0]}.",
            why="Whoever changes one of them meanwhile waits for the end of your transaction.",
        )


def says_how_many(log: Sequence[str], number: int, what: str) -> None:
    """A warning in the log has the number in it."""
    if not any(re.search(rf"(?<![\w.]){number}(?!\w)", line) for line in log):
        said = f" It says: {log[0]}" if log else ""
        raise NotYet(
            f"{what.format(n=number)}, and no WARNING in the log says {number}.{said}",
            why="Whoever loses something hears of it from the one who takes it: `log.warning(...)`.",
        )


def meanwhile(after: Photo) -> list[str]:
    """What people do at the head, as SQL."""
    repeating = [id_ for id_, task in table(after, "tasks").items() if task["repeat_every"] is not None]
    owner = min(after.rows["users"].keys)
    some = min(repeating)
    return [
        # An id of its own: on SQLite the next number may be that of a user who was merged
        "INSERT INTO users (id, username, email) VALUES (1001, 'new.one', 'new.one@example.org')",
        f"INSERT INTO tasks (title, repeat_every, owner_id) VALUES ('Turn the mattress', 14, {owner})",
        "INSERT INTO tasks (title, repeat_every) VALUES ('Take the pills', 1)",
        "INSERT INTO tasks (title, repeat_every, owner_id) "
        "SELECT 'Pay the dues', 7, id FROM users WHERE username = 'new.one'",
        "INSERT INTO tasks (title) VALUES ('Call back')",
        f"UPDATE tasks SET repeat_every = 40 WHERE id = {some}",
        f"UPDATE tasks SET title = 'Settled', repeat_every = NULL WHERE id = {max(repeating)}",
        *(
            "INSERT INTO changes (task_id, changed_at, field, old, new) "
            f"VALUES ({some}, '2026-03-02 09:00:00', 'repeat_every', '{old}', '{new}')"
            for old, new in (("3", "20"), ("20", "40"))
        ),
    ]


def _all_there(name: str, was: Iterable[Any], now: Iterable[Any], what: str = "The upgrade") -> None:
    gone, new = set(was) - set(now), set(now) - set(was)
    if gone:
        raise NotYet(f"{what} takes {len(gone)} rows of `{name}` away; the first is {min(gone)}.")
    if new:
        raise NotYet(f"{what} adds {len(new)} rows to `{name}`; the first is {min(new)}.")


def _others_kept(
    name: str, id_: Any, old: Row, new: Row, *, but: Sequence[str], what: str = "The upgrade"
) -> None:
    """Every column but those named has the value that it had."""
    for column, value in old.items():
        if column in but or column not in new:
            continue
        same = new[column] == value or (
            column.endswith("_at") and promised.moment(new[column]) == promised.moment(value)
        )
        if not same:
            raise NotYet(
                f"In row {id_} of `{name}`, `{column}` is {_shown(new[column])} after "
                f"{what[0].lower() + what[1:]}. Asked for is {_shown(value)}."
            )


def _column(photo: Photo, name: str, column: str) -> Column:
    found = next((each for each in photo.tables[name].columns if each.name == column), None)
    if found is None:
        raise NotYet(f"`{name}` has no column `{column}` yet.")
    return found


def _family(column: Column, name: str, words: str, types: str) -> None:
    if not re.search(types, column.type.upper()):
        raise NotYet(f"`{name}.{column.name}` is {column.type}. Asked for is {words}.")


def _nullable(column: Column, name: str, null: bool) -> None:
    if column.nullable != null:
        found = "may be NULL" if column.nullable else "may not be NULL"
        asked = "that it may" if null else "that it may not"
        raise NotYet(f"`{name}.{column.name}` {found}. Asked for is {asked}.")


def _said(value: Any) -> str:
    return "NULL" if value is None else str(value)


def _shown(value: Any) -> str:
    return "NULL" if value is None else str(value) if not isinstance(value, str) else repr(value)


def _user(id_: Any) -> str:
    return "nobody" if id_ is None else f"user {id_}"


def _named(id_: Any, rows: dict[Any, Row]) -> str:
    """A user in words: the id, the username and the email."""
    user = rows[id_]
    email = f", {user['email']!r}" if promised.fold(user["email"]) else ""
    return f"user {id_} ({user['username']!r}{email})"
