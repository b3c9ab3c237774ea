"""The least that Python itself can do it with: argparse and sqlite3."""

import argparse
import os
import sqlite3

ORDER = "ORDER BY priority DESC, due_on IS NULL, due_on, id"


def main() -> None:
    parser = argparse.ArgumentParser(prog="sketch")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="show open tasks")
    commands.add_parser("add", help="add a task").add_argument("title")
    commands.add_parser("done", help="finish a task").add_argument("id", type=int)
    asked = parser.parse_args()
    connection = sqlite3.connect(os.environ["SKETCH_DATABASE"])
    connection.execute("PRAGMA foreign_keys=ON")
    with connection:
        if asked.command == "list":
            columns = "id, priority, due_on, title"
            for row in connection.execute(f"SELECT {columns} FROM tasks WHERE done IS 0 {ORDER} LIMIT 20"):
                print(*row)
        elif asked.command == "add":
            print(
                "Added", connection.execute("INSERT INTO tasks (title) VALUES (?)", [asked.title]).lastrowid
            )
        else:
            connection.execute("UPDATE tasks SET done = 1 WHERE id = ?", [asked.id])
            print("Done", asked.id)
    connection.close()


main()
