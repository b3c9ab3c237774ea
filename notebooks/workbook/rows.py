"""The rows that a lesson starts with: the same every time, and only what the schema has room for.

They are dirty on purpose where a later revision cleans up: two users called ana who are one person, two
called ben who are not, and "Work" written in several ways.

The tags are those that revision 0012 makes of the categories, and one that somebody gave by hand.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

Row = dict[str, Any]

USERS: list[Row] = [
    {"id": 1, "username": "ana", "email": "ana@example.org", "created_at": "2026-02-20 08:15:00"},
    {"id": 2, "username": "ben", "email": "ben@example.org", "created_at": "2026-02-20 08:20:00"},
    {"id": 3, "username": "ana", "email": None, "created_at": "2026-02-19 17:40:00"},
    {"id": 4, "username": "cem", "email": None, "created_at": "2026-02-21 12:05:00"},
    {"id": 5, "username": "ben", "email": "ben@example.net", "created_at": "2026-02-23 09:30:00"},
]
# What revision 0008 makes of them: user 3 is user 1, and the second ben gets a number.
MERGED = {3: 1}
RENAMED = {5: "ben-2"}

COLUMNS = (
    "id", "title", "done", "due_on", "category", "created_at", "owner_id", "priority", "estimate", "notes",
)  # fmt: skip
TASKS = [
    (1, "Do the dishes", 1, None, "Home", "2026-02-23 18:30:00", 1, 2, None, None),
    (2, "Pay the rent", 0, "2026-03-01", "Home", "2026-02-24 07:45:00", 1, 3, None, None),
    (3, "Write the report", 0, "2026-03-06", "Work", "2026-02-24 10:00:00", 2, 3, 120, None),
    (4, "Call the dentist", 0, "2026-03-03", None, "2026-02-25 16:20:00", 3, 2, 10, "Ask for a morning."),
    (5, "Buy a birthday present", 0, "2026-03-08", "Family", "2026-02-26 20:10:00", 4, 2, None, None),
    (6, "Send the invoice", 0, "2026-03-04", "work ", "2026-02-27 09:05:00", 5, 3, 15, "Add the travel."),
    (7, "Water the plants", 1, None, "home", "2026-02-28 11:00:00", None, 1, None, None),
    (8, "Read the contract", 0, None, "WORK", "2026-03-01 19:25:00", 2, 1, 45, None),
]

TAGS: list[Row] = [
    {"id": 1, "name": "Home", "folded": "home"},
    {"id": 2, "name": "Work", "folded": "work"},
    {"id": 3, "name": "Family", "folded": "family"},
    {"id": 4, "name": "phone", "folded": "phone"},
]
TASK_TAGS: list[Row] = [
    {"task_id": task, "tag_id": tag}
    for task, tag in ((1, 1), (2, 1), (3, 2), (4, 4), (5, 3), (6, 2), (7, 1), (8, 2))
]
RETIRED: list[Row] = [{"task_id": task[0], "category": task[4]} for task in TASKS if task[4] is not None]
PROFILES: list[Row] = [
    {"id": 1, "user_id": 1, "full_name": "Ana Lima", "about": "Likes short lists.",
     "created_at": "2026-02-27 12:00:00"},
    {"id": 2, "user_id": 2, "full_name": "Ben Okafor", "about": None, "created_at": "2026-02-28 18:45:00"},
]  # fmt: skip
LATER = {"tags": TAGS, "task_tags": TASK_TAGS, "retired_category": RETIRED, "profiles": PROFILES}


def fill(engine: Engine) -> int:
    """Insert the sample rows into the tables that are there; returns the number of tasks."""
    tables = set(inspect(engine).get_table_names())
    merged = "users" in tables and bool(inspect(engine).get_unique_constraints("users"))
    with engine.begin() as connection:
        if "users" in tables:
            _insert(connection, "users", users(merged=merged))
        found = tables & {"todo", "tasks"}
        for table in found:
            _insert(connection, table, tasks(merged=merged))
        for table, later in LATER.items():
            if table in tables:
                _insert(connection, table, later)
    return len(TASKS) if found else 0


def users(*, merged: bool) -> list[Row]:
    """The users, before revision 0008 or as it leaves them."""
    if not merged:
        return USERS
    return [
        {**user, "username": RENAMED.get(user["id"], user["username"]), "created_at": _earliest(user["id"])}
        for user in USERS
        if user["id"] not in MERGED
    ]


def tasks(*, merged: bool) -> list[Row]:
    """The tasks, with the owners before revision 0008 or as it leaves them. `name` is what `title` was."""
    rows: list[Row] = [dict(zip(COLUMNS, task, strict=True)) for task in TASKS]
    for row in rows:
        row["name"] = row["title"]
        if merged:
            row["owner_id"] = MERGED.get(row["owner_id"], row["owner_id"])
    return rows


def _earliest(user_id: int) -> str:
    return min(str(user["created_at"]) for user in USERS if user_id in (user["id"], MERGED.get(user["id"])))


def _insert(connection: Connection, table: str, rows: list[Row]) -> None:
    columns = [column["name"] for column in inspect(connection).get_columns(table)]
    values = ", ".join(f":{column}" for column in columns)
    connection.execute(text(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({values})"), rows)
