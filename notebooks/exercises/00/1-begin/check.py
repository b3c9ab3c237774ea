"""The project is set up: Alembic finds its database and its models."""

from configparser import RawConfigParser

from workbook.checks import address
from workbook.checks.blog import Blog
from workbook.checks.verdict import NotYet

NO_REVISION = True
CONVENTIONS = ("ix", "uq", "ck", "fk")


def look_first(blog: Blog) -> None:
    ini = blog.text_of("alembic.ini")
    if "driver://" in ini:
        raise NotYet(
            "`sqlalchemy.url` is still the one that `alembic init` wrote; "
            "the task asks for the file `blog.db` beside it.",
            where="alembic.ini",
        )
    problem = address.wrong(ini, blog.root)
    if problem and (problem.what != address.MISSING or blog.trial.environment):
        raise problem  # an env.py that needs no URL in the ini leads there too
    server = address.of_a_server(ini)
    if server and blog.trial.environment:
        raise server  # one that asks `.env` first may never come to it


def check(blog: Blog) -> None:
    ini = blog.text_of("alembic.ini")
    path = RawConfigParser()
    path.read_string(ini)
    found = path.get("alembic", "prepend_sys_path", fallback="")
    if (
        found.startswith(".")
        and "%(here)s" not in found
        and "sys.path" not in blog.text_of("migrations/env.py")
    ):
        raise NotYet(
            f"`prepend_sys_path = {found}` is the folder in which you stand; Python is to find `models.py` "
            "from any folder.",
            where="alembic.ini",
            why="In migrations/versions Alembic would say: No module named 'models'. "
            "`%(here)s` is the folder of the ini file.",
        )
    if blog.trial.no_models:
        raise blog.trial.no_models
    naming = blog.models_or(CONVENTIONS, lambda models: dict(models.Base.metadata.naming_convention))
    missing = [kind for kind in CONVENTIONS if kind not in naming]
    if missing:
        raise NotYet(
            f"The naming convention of `Base.metadata` has no pattern for {missing[0]}.",
            where="models.py",
            why="What gets no name cannot be changed later.",
        )
