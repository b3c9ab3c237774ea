"""The usual libraries without an ORM: click and SQLAlchemy Core."""

import os

import click
import sqlalchemy as sa

METADATA = sa.MetaData()
TASKS = sa.Table(
    "tasks",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("title", sa.String, nullable=False),
    sa.Column("done", sa.Boolean, nullable=False, server_default=sa.false()),
    sa.Column("due_on", sa.Date),
    sa.Column("priority", sa.Integer, nullable=False, server_default=sa.text("2")),
)


def engine() -> sa.Engine:
    made = sa.create_engine(f"sqlite:///{os.environ['SKETCH_DATABASE']}")
    sa.event.listen(made, "connect", lambda driver, _: driver.execute("PRAGMA foreign_keys=ON"))
    return made


@click.group()
def main() -> None:
    """A todo list."""


@main.command("list")
def show() -> None:
    """Show open tasks."""
    order = TASKS.c.priority.desc(), TASKS.c.due_on.is_(None), TASKS.c.due_on, TASKS.c.id
    columns = TASKS.c.id, TASKS.c.priority, TASKS.c.due_on, TASKS.c.title
    open_ = TASKS.c.done.is_(False)
    with engine().connect() as connection:
        for row in connection.execute(sa.select(*columns).where(open_).order_by(*order).limit(20)):
            click.echo(" ".join(map(str, row)))


@main.command()
@click.argument("title")
def add(title: str) -> None:
    """Add a task."""
    with engine().begin() as connection:
        made = connection.execute(TASKS.insert().values(title=title))
    click.echo(f"Added {made.inserted_primary_key}")


@main.command()
@click.argument("id", type=int)
def done(id: int) -> None:
    """Finish a task."""
    with engine().begin() as connection:
        connection.execute(TASKS.update().where(TASKS.c.id == id).values(done=True))
    click.echo(f"Done {id}")


main()
