"""address.postalcode may be NULL, online and by scripts, which leave the same behind."""

import re

from workbook.checks.blog import Blog
from workbook.checks.trial import same_schema
from workbook.checks.verdict import NotYet
from workbook.photo import Photo

NONE = "UPDATE address SET postalcode = NULL WHERE id = (SELECT min(id) FROM address)"
COMPLETE = (
    "A script copies what `copy_from` names, and drops the rest with the old table: it has to be complete."
)


def check(blog: Blog) -> None:
    blog.column("address", "postalcode", family="text", null=True)
    for column in ("address1", "city", "state", "country", "postalcode", "label"):
        blog.kept("address", column)
    blog.kept("users", "address_id")
    online = blog.last.after
    assert online is not None
    same(blog, "upgrade", online, script(blog))
    same(blog, "downgrade", down_again(blog), script(blog, NONE, down=True))


def down_again(blog: Blog) -> Photo:
    try:
        found = blog.downgraded(NONE)
    except NotYet as problem:
        raise NotYet(
            f"The downgrade stops where an address has no postal code: {problem.what}",
            where=problem.where or blog.last.path,
            why="By then there are such. NULL becomes an empty text first, then the column NOT NULL.",
        ) from problem
    codes = found.rows["address"].values["postalcode"]
    if codes[0] != "":
        raise NotYet(
            f"The downgrade makes {codes[0]!r} of a postal code that is NULL; the task asks for an empty "
            "text.",
            where=f"{blog.last.path}, in downgrade()",
        )
    return found


def script(blog: Blog, *statements: str, down: bool = False) -> Photo:
    try:
        return blog.by_script(*statements, down=down)
    except NotYet as problem:
        if "--sql mode" not in problem.what:
            raise
        raise NotYet(
            f"Alembic cannot write a script of the {'downgrade' if down else 'upgrade'}: batch mode has to "
            "know `address`, and a script has no database to look into.",
            where=problem.where,
            why="`copy_from=` gives it the whole table, as it is before the step.",
        ) from problem


def same(blog: Blog, way: str, online: Photo, other: Photo) -> None:
    """A script leaves the same tables and rows as the online command."""
    for difference in same_schema(online, other):
        found = difference.replace("is not there again", "is missing").replace(
            "is still there", "is too many"
        )
        found = re.sub(r" was (.*) and is now (.*)", r" is \2 instead of \1", found)
        raise NotYet(
            f"The script of the {way} leaves other tables than the online {way}: {found}.",
            where=f"{blog.last.path}, in {way}()",
            why=COMPLETE,
        )
    for table, rows in online.rows.items():
        for column, values in rows.values.items():
            lost = sum(one != two for one, two in zip(values, other.rows[table].values[column], strict=False))
            lost += abs(len(rows) - len(other.rows[table]))
            if lost:
                raise NotYet(
                    f"Run on a database with foreign keys on, the script of the {way} changes {lost} values "
                    f"of `{table}.{column}`.",
                    where="migrations/env.py, in run_migrations_offline()",
                    why="It drops the old copy of `address`, and the keys do what their rule says. "
                    "The guard's `script` turns them off before BEGIN.",
                )
    for name, table in online.tables.items():
        if [column.name for column in table.columns] != [
            column.name for column in other.tables[name].columns
        ]:
            raise NotYet(
                f"The script of the {way} leaves the columns of `{name}` in another order than the online "
                f"{way}.",
                where=f"{blog.last.path}, in {way}()",
                why="Whoever says SELECT * or INSERT without names gets another row then.",
            )
