"""A subtitle, Dana's revision joined by a merge, and Emil's behind it in a straight line."""

from workbook.checks.blog import Blog
from workbook.checks.trial import Step
from workbook.checks.verdict import NotYet

DANA, EMIL = "da0a51e7c0de", "e311a0b0a7d5"


def check(blog: Blog) -> None:
    blog.column("posts", "subtitle", family="text", null=True, length=200)
    dana = arrived(blog, DANA, "Dana")
    blog.column("posts", "readers", family="integer", null=False)
    for column in ("title", "body", "owner_id"):
        blog.kept("posts", column)
    stays_where_it_ran(blog, dana)
    merge = joined(blog)
    emil = arrived(blog, EMIL, "Emil")
    blog.column("address", "label", family="text", null=True, length=50)
    blog.kept("address", "address1")
    in_a_straight_line(blog, merge, emil)


def arrived(blog: Blog, revision: str, whose: str) -> Step:
    for step in blog.trial.steps[: blog.end]:
        if step.revision == revision:
            return step
    raise NotYet(
        f"There is no revision {revision}, which is {whose}'s; the page has the file.",
        where="migrations/versions",
    )


def stays_where_it_ran(blog: Blog, dana: Step) -> None:
    yours = the_subtitle(blog)
    if yours.revision in before(blog, dana):
        raise NotYet(
            f"Dana's revision stands on {dana.parents[0]} now, behind yours; it has run on the server, "
            "where yours has not.",
            where=f"{dana.path}, in down_revision",
            why="The server is at hers, so it takes everything before it for done: your subtitle would "
            "never come there.",
        )
    if dana.revision in before(blog, yours):
        raise NotYet(
            f"Your revision {yours.revision} stands behind Dana's now; you have pushed it, and others "
            "may have run it where it was.",
            where=f"{yours.path}, in down_revision",
            why="What has run somewhere else stays where it is, hers and yours: what is left is a merge.",
        )
    began = {blog.trial.steps[blog.start - 1].revision} | before(blog, yours) & {
        step.revision for step in blog.steps
    }
    if not began & set(dana.parents):
        raise NotYet(
            f"Dana's revision stands on {' and '.join(dana.parents) or 'nothing'}; she began at "
            f"{blog.trial.steps[blog.start - 1].revision}, as you did.",
            where=f"{dana.path}, in down_revision",
        )


def joined(blog: Blog) -> Step:
    merges = [step for step in blog.steps if len(step.parents) > 1]
    if not merges:
        heads = " and ".join(heads_of(blog))
        raise NotYet(
            f"Your history has {len(heads_of(blog))} heads, {heads}; the task asks for a merge of yours "
            "and Dana's.",
            why="Hers has run on the server, and yours is pushed, so neither can be put behind the "
            "other: `alembic merge`.",
        )
    if len(merges) > 1 and any(EMIL in step.parents for step in merges):
        merge = next(step for step in merges if EMIL in step.parents)
        raise NotYet(
            f"Emil's revision is joined by a second merge, {merge.revision}; the task asks for a "
            "straight line.",
            where=merge.path,
            why="Nobody has run Emil's revision, so its `down_revision` may be changed, and no second "
            "merge is needed.",
        )
    if len(merges) > 1:
        raise NotYet(
            f"There are {len(merges)} merges, {' and '.join(step.revision for step in merges)}; the task "
            "asks for one."
        )
    if EMIL in before(blog, merges[0]):
        raise NotYet(
            f"Your merge {merges[0].revision} stands behind Emil's revision; your database has run the "
            "merge, and has not run Emil's.",
            where=f"{merges[0].path}, in down_revision",
            why="A database that is at the merge takes everything before it for done. Change the file "
            "that nobody has run.",
        )
    return merges[0]


def in_a_straight_line(blog: Blog, merge: Step, emil: Step) -> None:
    if merge.revision not in before(blog, emil):
        heads = heads_of(blog)
        raise NotYet(
            f"Emil's revision stands on {' and '.join(emil.parents)}, and your history has {len(heads)} "
            f"heads, {' and '.join(heads)}.",
            where=f"{emil.path}, in down_revision",
            why=f"Nobody has run it, so it can be put behind the merge, {merge.revision}.",
        )
    if len(heads_of(blog)) > 1:
        raise NotYet(
            f"Your history has {len(heads_of(blog))} heads, {' and '.join(heads_of(blog))}; the task "
            "asks for one."
        )


def the_subtitle(blog: Blog) -> Step:
    for step in blog.steps:
        assert step.after is not None
        if "subtitle" in {column.name for column in step.after.tables["posts"].columns}:
            return step
    return blog.last


def before(blog: Blog, step: Step) -> set[str]:
    """All revisions that this one stands on."""
    parents = {one.revision: one.parents for one in blog.trial.steps}
    found: set[str] = set()
    waiting = list(step.parents)
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += parents.get(one, ())
    return found


def heads_of(blog: Blog) -> list[str]:
    steps = blog.trial.steps[: blog.end]
    stood_on = {parent for step in steps for parent in step.parents}
    return [step.revision for step in steps if step.revision not in stood_on]
