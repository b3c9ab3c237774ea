"""legacy_subscribers, as somebody made it years ago: its UNIQUE has no name."""

from workbook.checks.blog import Blog
from workbook.checks.verdict import NotYet


def check(blog: Blog) -> None:
    blog.column("legacy_subscribers", "email", family="text", null=False)
    made = next(step for step in blog.steps if step.after and "legacy_subscribers" in step.after.rows)
    assert made.after is not None
    found = len(made.after.rows["legacy_subscribers"])
    if found < 2:
        raise NotYet(
            f"`legacy_subscribers` has {found} rows after the upgrade; the task asks for 2.",
            why="Two INSERTs belong to upgrade(): the table is inherited with its rows.",
            where=blog.last.path,
        )
    rules = [rule for rule in blog.table("legacy_subscribers").rules if rule.kind == "UNIQUE"]
    if not rules:
        raise NotYet(
            "`legacy_subscribers.email` is not unique; the table of the trap is.", where=blog.last.path
        )
    if rules[0].name:
        raise NotYet(
            f"The UNIQUE of `legacy_subscribers` is called {rules[0].name}; the one you inherit has no name.",
            where=blog.last.path,
            why="Write it as it stands in the trap, with `op.execute`: "
            "the next task is about a rule without a name.",
        )
