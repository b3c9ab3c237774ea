"""Why an error in the student's code comes, for those errors that do not say it themselves.

`workbook explain` has more to say about an error in a terminal. A check knows that its database is right and
that its rows are there, so that some causes are out of the question, and it has one sentence for the rest.
"""

from __future__ import annotations

import re

# The first pattern that is found decides. Gaps like {0} are filled with what the pattern caught.
REASONS = {
    r"^OutsideError: it was about to (?:write|change|open)": (
        "A check runs a copy of your folder, and nothing outside of it may change; a migration changes its "
        "database and no files besides. Leave that line out."
    ),
    r"^OutsideError: it was about to (start another program|use the network)": (
        "A check lets no code {0}, and where a migration runs some night, that may not be there either."
    ),
    r"^OutsideError: it was about to end Python|ended by its own code": (
        "A revision returns, or raises an exception such as `RuntimeError(...)`; it never ends the program "
        "that runs it."
    ),
    r"codec can't decode": "The file is not written in UTF-8: let your editor save it in that encoding.",
    r"null bytes": (
        "There are bytes in it that are no text; an editor that saves in UTF-16 writes such. "
        "Save it as UTF-8."
    ),
    r"a revision may not (\w+)": (
        "What runs the revision commits, once all of it has run: leave the {0} out, also as a method of the "
        "connection."
    ),
    r"has no column `\w+`\. It has": (
        "Is it misspelt, or called otherwise by now? Within a batch, a column has the name that it had "
        "before it."
    ),
    r"NoSuchTableError: (\w+)": (
        "At this moment there is no table `{0}`: is it misspelt, or called otherwise by now?"
    ),
    r'foreign key mismatch - "(\w+)" referencing "(\w+)"': (
        "A foreign key of `{0}` leads to a column of `{1}` that is not there, or is neither its primary "
        "key nor unique."
    ),
    r"Could not determine join condition .* there are no foreign keys": (
        "A ForeignKey names the table as the database calls it, and its column, as in `users.id`; it does "
        "not name the class."
    ),
    r"(upgrade|downgrade)\(\) missing \d+ required": "Alembic calls `{0}()` without any argument.",
    r"another database than the one in this folder": (
        "`sqlalchemy.url` of alembic.ini, or env.py itself, names a file or a server elsewhere. A check runs "
        "a copy of the folder: `sqlite:///%(here)s/blog.db` leads into it."
    ),
    r"EOF when reading a line": (
        "`input()` waits for somebody who types; nobody does on a server, nor in a check."
    ),
    r"^KeyboardInterrupt": ("Python takes it for Ctrl-C. An error of your own is a `RuntimeError(...)`."),
    r"No module named 'blog": (
        "Beside alembic.ini, the module of models.py is simply `models`; no package is around it."
    ),
    r"No module named": (
        "Python looks where `prepend_sys_path` in alembic.ini says: is the file there, and so called?"
    ),
    r"name '(op|sa)' is not defined": (
        "The lines that import `op` and `sa` stand at the top of every revision file."
    ),
    r"name '(\w+)' is not defined": ("A name is known only below the line that imports or makes it."),
    r"no attribute 'sorted_tables'": (
        "`target_metadata` wants the collection of tables, `Base.metadata`, not the class."
    ),
    r"module 'alembic\.op' has no attribute '(\w+)'": (
        "Alembic has no operation of that name: is it misspelt?"
    ),
    r"module '([\w.]+)' has no attribute": ("`{0}` has nothing of that name: is it misspelt?"),
    r"was never closed": (
        "The line is the one on which the bracket opens; the other one is missing below it."
    ),
    r"no such (table|column)": (
        "At this moment there is no {0} of that name: is it misspelt, or called otherwise by now?"
    ),
    r"NOT NULL column with default value NULL": (
        "The rows that are there need a value: a `server_default`, which the database fills in (`default`"
        " is for programs), or the recipe of lesson 02."
    ),
    r"column with non-constant default": (
        "SQLite adds a column in place only if its default is a constant, and now is none. Batch mode "
        "copies the table (lesson 03)."
    ),
    r"unknown function: now": (
        "`sa.text` is sent as it stands; `sa.func.now()` is spelt as each database wants it."
    ),
    r"No support for ALTER of constraints": (
        "On SQLite Alembic cannot add or drop a rule in a table that is there; `with "
        "op.batch_alter_table(...)` copies the table (lesson 03)."
    ),
    r'near "(?:ALTER|TYPE|DEFAULT)": syntax error': (  # from SQLite 3.53 on at a later word
        "SQLite cannot change a column of a table that is there; `with op.batch_alter_table(...)` copies the "
        "table (lesson 03)."
    ),
    r"Not an executable object": (
        '`op.execute` takes SQL as it is; for a connection it is `sa.text("...")`.'
    ),
    r"values to unpack": (
        "What stands on the right has more parts than there are names on the left, or fewer; look at the "
        "rows."
    ),
    r"(add_column|create_foreign_key)\(\) takes \d+ positional": (
        "Inside of a batch the table is not named once more; a column is one argument, `sa.Column(...)`."
    ),
    r"'(\w+)' is an invalid keyword argument for (\w+)": ("The class `{1}` has no `{0}` yet."),
    r"failed to locate a name": ("A relationship wants the name of a class, as it stands behind `class`."),
    r"No such constraint: '(ck_\w+)'": (
        "The table has no rule of that name by then. Has upgrade() made it, and as `op.f(...)`? Without "
        "`op.f` the convention puts its beginning in front once more."
    ),
    r"No such constraint": ("The table has no rule of that name by then. What is its name, and has it one?"),
    r"could not find table": ("A ForeignKey names table and column, as in `address.id`."),
    r"NOT NULL constraint failed: (?:_alembic_tmp_)?(\w+)\.(\w+)": (
        "There is a row of `{0}` that has no value in `{1}`, and by then the column may not be NULL."
    ),
    r"UNIQUE constraint failed: (?:_alembic_tmp_)?(\w+)\.(\w+)": (
        "Two rows of `{0}` have the same `{1}`: decide what becomes of them first, in the same function."
    ),
    r"UNIQUE constraint failed: index|could not create unique index": (
        "There are still two rows that are the same for this index. An empty text is a value too; only NULL "
        "is never the same as NULL."
    ),
    r"CHECK constraint failed": (
        "There are rows that break the rule: change them first, in the same function."
    ),
    r"would point to nothing in (\w+)": (
        "The guard refuses to leave rows behind that belong to nobody: before a row of `{0}` goes, what "
        "points to it moves to another one, or goes too."
    ),
}


def why(words: str) -> str:
    """The reason for an error, a sentence or two; empty for an error that is not known."""
    for pattern, reason in REASONS.items():
        found = re.search(pattern, words)
        if found:
            return reason.format(*found.groups())
    return ""
