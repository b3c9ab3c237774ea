"""What an error message of Alembic, SQLAlchemy or the database means: its cause, the repair, and the lesson.

The first pattern that is found anywhere in the pasted text decides, so the more particular stand first. Tests
make each message as it is really printed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """One message: what it looks like, why it comes, what to do, and the lesson that shows it."""

    pattern: str
    cause: str
    repair: str
    lesson: str


EXPLANATIONS: tuple[Explanation, ...] = (
    Explanation(
        r"table _alembic_tmp_(\w+) already exists",
        "A rebuild stopped half-way and left its copy of `{0}` behind, so the next rebuild cannot begin.",
        "Look whether `{0}` itself is there with all its rows. If so: DROP TABLE _alembic_tmp_{0}, and upgrade again. "
        "If not, rename _alembic_tmp_{0} back to {0}.",
        "11",
    ),
    Explanation(
        r"Multiple head revisions are present",
        "Two revisions stand on top of the same one, so `head` could mean either. It happens when two people write one each.",
        "`alembic heads` shows them. `alembic merge heads -m \"...\"` joins them; if nobody has run the newer one yet, "
        "you may change its down_revision to the other instead.",
        "10",
    ),
    Explanation(
        r"Revision (\w+) is present more than once",
        "Two files in migrations/versions have the same revision id, {0}.",
        "One of them is a copy. Delete it, or give it an id and a down_revision of its own.",
        "10",
    ),
    Explanation(
        r"Cycle is detected in revisions",
        "The down_revision of one file leads, over others, back to itself.",
        "Follow the down_revision of each file named, and mend the one that points upwards.",
        "10",
    ),
    Explanation(
        r"Can't locate revision identified by '(\w+)'",
        "A database, or a file's down_revision, names revision {0}, and no file in migrations/versions has that id. "
        "Somebody deleted it, or it is on another branch.",
        "Bring the file back (from git, from a colleague). Only when the schema really is that of another revision: "
        "`alembic stamp --purge REVISION`.",
        "11",
    ),
    Explanation(
        r"Target database is not up to date",
        "Autogenerate and `check` compare the models with a database that has run every revision. This one has not.",
        "`alembic upgrade head`, then ask again.",
        "11",
    ),
    Explanation(
        r"No support for ALTER of constraints in SQLite dialect",
        "SQLite cannot add or drop a constraint on a table that is there. "
        "With op.add_column and a ForeignKey, the column may have been added before the error.",
        "Use `with op.batch_alter_table(\"TABLE\") as batch:`, which copies the table. "
        "If the column is there already, drop it first.",
        "05",
    ),
    Explanation(
        r"Constraint must have a name",
        "Batch mode can only add or drop what has a name, and this constraint has none.",
        "Give it one (`op.f(\"fk_posts_owner_id_users\")`), or put a naming convention into the metadata.",
        "06",
    ),
    Explanation(
        r"No such constraint: '(\w+)'",
        "The table has no constraint called {0}. Perhaps it was made without a name.",
        "Look at the table's real names. For one without a name: batch_alter_table(..., naming_convention={{...}}).",
        "06",
    ),
    Explanation(
        r"Cannot add a NOT NULL column with default value NULL",
        "The table has rows, and the new column may not be empty in them. It would pass on an empty table.",
        "Give the column a server_default; or add it as nullable, fill it with one UPDATE, and then make it NOT NULL.",
        "02",
    ),
    Explanation(
        r"Cannot add a column with non-constant default",
        "SQLite adds a column in place only with a constant default, and \"now\" is none.",
        "Add it in batch mode.",
        "03",
    ),
    Explanation(
        r"unknown function: now\(\)",
        "`sa.text(\"now()\")` is sent as it stands, and SQLite has no function of that name.",
        "`sa.func.now()`, which SQLAlchemy writes as each database spells it.",
        "03",
    ),
    Explanation(
        r"NOT NULL constraint failed: (\w+)\.(\w+)",
        "A row came without a value for {0}.{1}, which may not be NULL. A `default=` in the model helps only those who use the model.",
        "For rows that others write: a server_default. In a migration: fill the old rows before the column becomes NOT NULL.",
        "02",
    ),
    Explanation(
        r"UNIQUE constraint failed: (?:_alembic_tmp_)?(\w+)\.(\w+)",
        "Two rows of {0} have the same {1}, and a rule says that they may not.",
        "Find them: SELECT {1}, count(*) FROM {0} GROUP BY {1} HAVING count(*) > 1. In a migration, decide what becomes "
        "of them before the rule is made.",
        "06",
    ),
    Explanation(
        r"CHECK constraint failed: (\w+)",
        "A row breaks the rule {0}.",
        "Change the row; or, when the rule is new, the rows that are there, before the rule is made.",
        "06",
    ),
    Explanation(
        r"FOREIGN KEY constraint failed",
        "A row points, or would be left pointing, to one that is not there. In a migration: a rebuild drops the old copy "
        "of a parent table while foreign keys are on.",
        "Turn foreign keys off before the migration begins, and check them before its end: the guard of lesson 05.",
        "05",
    ),
    Explanation(
        r"duplicate column name: (\w+)",
        "The column {0} is there already. An earlier try added it and failed after that, and nothing took it back.",
        "Put your copy of the database back, or drop the column, and upgrade again. The guard of lesson 05 takes back half a step.",
        "11",
    ),
    Explanation(
        r"table (\w+) already exists",
        "The migration is to make the table {0}, and it is there. `create_all()` made it, or an earlier try that stopped half-way.",
        "If it is as the revision would make it: `alembic stamp REVISION`. If it is empty: drop it, and upgrade.",
        "11",
    ),
    Explanation(
        r"error in (view|trigger) (\w+)",
        "The {0} {1} names the table that is being rebuilt, and for a moment that table is not there.",
        "Drop the {0} in the migration, change the table, and make the {0} again. "
        "Look for a leftover _alembic_tmp_ table before the next try.",
        "03",
    ),
    Explanation(
        r"No module named '(\w+)'",
        "env.py imports {0}, and Python does not find it from the folder in which you stand.",
        "In alembic.ini: prepend_sys_path = %(here)s. Is the file beside alembic.ini, and is its name right?",
        "00",
    ),
    Explanation(
        r"does not provide a MetaData object",
        "target_metadata in env.py is None, so Alembic has no models to compare with.",
        "In env.py: from models import Base, and target_metadata = Base.metadata.",
        "00",
    ),
    Explanation(
        r"has no attribute 'sorted_tables'",
        "target_metadata is the class Base, and Alembic wants its collection of tables.",
        "target_metadata = Base.metadata",
        "00",
    ),
    Explanation(
        r"Can't load plugin: sqlalchemy\.dialects:driver",
        "sqlalchemy.url in alembic.ini is still the one that `alembic init` wrote.",
        "sqlalchemy.url = sqlite:///%(here)s/blog.db",
        "00",
    ),
    Explanation(
        r"No 'script_location' key found|No config file .* found",
        "Alembic found no alembic.ini in this folder, or one without script_location.",
        "Go to the folder of your project, or name the file: alembic -c PATH/alembic.ini ...",
        "00",
    ),
    Explanation(
        r"Directory .* already exists and is not empty",
        "`alembic init` makes a folder, and this one is there with something in it.",
        "The project is set up already; or name another folder.",
        "00",
    ),
    Explanation(
        r"invalid interpolation syntax|'%' must be followed by",
        "An ini file takes a % for the beginning of a name, and the URL or its password has one.",
        "Write it twice, %%; better, keep the URL out of the file, in the environment.",
        "14",
    ),
    Explanation(
        r"unable to open database file",
        "SQLite found no folder, or no right to write, where the URL points.",
        "Three slashes and a relative path depend on where you stand: sqlite:///%(here)s/blog.db does not.",
        "11",
    ),
    Explanation(
        r"no such table: (?:main\.)?(\w+)",
        "This database has no table {0}. Perhaps it is another file than you think: a relative URL makes a new, empty one "
        "in each folder.",
        "`alembic current` says where this one is. Look for a second file of the same name, and write the URL with %(here)s.",
        "11",
    ),
    Explanation(
        r"no such column: (?:\w+\.)?(\w+)",
        "Something asks for the column {0}, and the table has none at this revision. In a data migration: it imports models "
        "that are newer than itself.",
        "In the migration, declare the table as it is there: sa.table(\"...\", sa.column(\"...\")).",
        "07",
    ),
    Explanation(
        r"Detected removed table '(\w+)'",
        "The database has the table {0}, and no model has it. Perhaps its module is not imported where Alembic looks.",
        "Import every module with models before target_metadata is used. Delete the revision that would drop the table.",
        "09",
    ),
    Explanation(
        r"Detected added column '([\w.]+)'[\s\S]*Detected removed column '([\w.]+)'",
        "Alembic sees one column come and one go. If {1} was to become {0}, that is a rename, and it cannot know.",
        "Write it by hand: op.alter_column(\"TABLE\", \"OLD\", new_column_name=\"NEW\"). Drop and add would lose every value.",
        "04",
    ),
    Explanation(
        r"database is locked",
        "Another program is writing to this file, or has begun to and not ended.",
        "End it, or wait. A notebook with an open connection is one, too.",
        "11",
    ),
    Explanation(
        r"Relative revision (\S+) didn't produce",
        "There are not that many steps in that direction.",
        "`alembic history --indicate-current` shows where you are. `base` and `head` are the ends.",
        "01",
    ),
    Explanation(
        r"Ambiguous walk",
        "From a merge there are two ways down, and -1 does not say which.",
        "Name the revision: alembic downgrade REVISION.",
        "10",
    ),
    Explanation(
        r"Destination (\S+) is not a valid (upgrade|downgrade) target",
        "{0} is not in that direction from where the database is.",
        "`alembic current` and `alembic history` show the way. Perhaps you meant the other command.",
        "01",
    ),
    Explanation(
        r"NoReferencedTableError|could not find table '(\w+)'",
        "A ForeignKey names a table that the metadata does not know. It wants table and column: 'address.id'.",
        "Look for a typing mistake, and whether the module with that class is imported.",
        "05",
    ),
    Explanation(
        r"expression '?(\w+)'? failed to locate a name|failed to locate a name \('(\w+)'\)",
        "A relationship names a class that does not exist under that name.",
        "It wants the name of the class, not of the table.",
        "05",
    ),
    Explanation(
        r"Enum|CREATE TYPE|type \"(\w+)\" already exists",
        "On PostgreSQL an Enum is a type of its own, which outlives the table that used it.",
        "Drop the type in the downgrade; or use a CHECK instead.",
        "14",
    ),
    Explanation(
        r"No new upgrade operations detected",
        "The models and the database agree, as far as Alembic compares. If you expected a change: is the file saved, and imported?",
        "A CHECK, a server default (unless asked for) and the name of an unnamed rule are not compared.",
        "09",
    ),
)


def explain(text: str) -> Explanation | None:
    """The explanation of the pasted TEXT, its gaps filled from it; None when no pattern is in it."""
    for one in EXPLANATIONS:
        found = re.search(one.pattern, text)
        if found:
            parts = [part or "" for part in found.groups()]
            return Explanation(one.pattern, one.cause.format(*parts), one.repair.format(*parts), one.lesson)
    return None
