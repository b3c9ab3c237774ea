"""From a project to the answers: which tasks are done, which is next, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path

from workbook import agree, commands
from workbook.checks import memory, patience, reading, repairs, trial
from workbook.checks.blog import Blog, steps_are_sound, stopped, what_was_there_comes_back
from workbook.checks.memory import Memory
from workbook.checks.tasks import Task, all_tasks
from workbook.checks.trial import Trial
from workbook.checks.verdict import CORRECT, NOT_ATTEMPTED, NotYet, Verdict
from workbook.photo import Photo, Table
from workbook.progress import MUSEUM

SEEN = "`alembic check` would say so, and the next --autogenerate would propose to change it."
HALF_WAY = "is there already"
AGAIN = "An upgrade stopped half-way, or a downgrade left it there; the next upgrade would stop at it."
CHANGED = "Either a revision was changed after it had run, or the table was changed without one."
UNSEEN = "A database that is made from the models, for a test, would not be that of your revisions."
Correct = dict[str, tuple[str, ...]]  # by the name of a task, on what its answer rested


def answers(root: Path, tasks: list[Task] | None = None) -> list[Verdict]:
    """The answer to every task for the blog in ROOT and the museum beside it: copies, which may be changed.

    The tasks of the blog are looked at in their order. The first that is not correct ends it: those after it
    are not attempted. Those about a project of their own are not looked at here.
    """
    tasks = all_tasks() if tasks is None else tasks
    found = [
        *of_the_blog(root, [task for task in tasks if task.of_the_blog]),
        *of_the_museum(root.parent / MUSEUM, [task for task in tasks if task.exhibit]),
    ]
    names = [task.name for task in tasks]
    return sorted(found, key=lambda verdict: names.index(verdict.task))


def of_the_museum(museum: Path, tasks: list[Task]) -> list[Verdict]:
    """The answers to TASKS about exhibits, for a copy of the MUSEUM."""
    return [repairs.answer(museum, task) for task in tasks]


def of_the_blog(root: Path, tasks: list[Task], remembered: Path | None = None) -> list[Verdict]:
    """The answers to TASKS about the blog.

    REMEMBERED is a file with what the last check found, if there is one; afterwards, with what this one has.
    """
    if not root.is_dir() or not (root / "alembic.ini").is_file():
        return [Verdict(task.name, NOT_ATTEMPTED) for task in tasks]
    known = {table: rows for task in tasks for table, rows in task.rows.items()}
    try:
        earlier = memory.read(remembered, root.parent / "remembered") if remembered else Memory()
        tried = trial.run(root, known, earlier.steps)
    except NotYet as problem:
        return [
            Verdict.not_yet(task.name, problem) if task is tasks[0] else Verdict(task.name, NOT_ATTEMPTED)
            for task in tasks
        ]
    found = _in_order(tried, tasks, earlier.correct)
    if remembered and not tried.environment:
        memory.write(remembered, Memory(tried.steps, earlier.correct))
    return found


def _in_order(tried: Trial, tasks: list[Task], correct: Correct) -> list[Verdict]:
    chain = [task for task in tasks if not task.aside]
    found = {verdict.task: verdict for verdict in _chain(tried, chain, correct)}
    well = True
    for task in tasks:
        if task.aside:
            found[task.name] = _beside(tried, task) if well else Verdict(task.name, NOT_ATTEMPTED)
        well = well and (task.aside or found[task.name].state == CORRECT)
    return [found[task.name] for task in tasks]


def _beside(tried: Trial, task: Task) -> Verdict:
    """The answer to a task that stands beside the chain, once all before it in the chain are correct.

    A revision that fails after them belongs to another task; it looks at the last state that was reached.
    """
    if not task.code.attempted(tried.root):
        return Verdict(task.name, NOT_ATTEMPTED)
    reached = sum(step.wrong_up is None for step in tried.steps)
    try:
        task.code.check(Blog(tried, 0, reached))
    except NotYet as problem:
        return Verdict.not_yet(task.name, problem)
    except Exception as error:
        return Verdict.not_yet(task.name, _unthought_of(error, task.name, Blog(tried, reached, reached)))
    return Verdict(task.name, CORRECT)


def _unthought_of(error: Exception, task: str, blog: Blog) -> NotYet:
    """The answer where a check itself fails, at something in a project that it does not expect."""
    return NotYet(
        f"This check cannot judge what it finds: {commands.one_line(error)}",
        where=blog.steps[-1].path if blog.steps else "",
        why=f"That is a fault of the workbook. `workbook hint {task}` leads to what it expects.",
    )


def _chain(tried: Trial, tasks: list[Task], correct: Correct) -> list[Verdict]:
    found: list[Verdict] = []
    ends = [0]
    hides = tried.broken or _lost(tried)
    for task in tasks:
        verdict, end = _one(tried, task, ends[-1], correct)
        if hides and verdict.state != CORRECT:
            verdict = Verdict.not_yet(task.name, hides)
        found.append(verdict)
        if verdict.state != CORRECT:
            break
        ends.append(end)
    found += [Verdict(task.name, NOT_ATTEMPTED) for task in tasks[len(found) :]]
    return _whole_project(tried, found, Blog(tried, ends[-2], ends[-1]) if len(ends) > 1 else None)


def _lost(tried: Trial) -> NotYet | None:
    """Their own database has seen a revision whose file is gone, so the tasks that it answered seem open."""
    lost = [revision for revision in tried.own.revision if revision not in tried.revisions]
    if not lost:
        return None
    return NotYet(
        f"Your own database is at revision {lost[0]}, and no file in migrations/versions has that id.",
        where=trial.DATABASE,
        why="Was the file deleted, or its id changed? What it makes is missing from your history. "
        "Run: workbook doctor",
    )


def _one(tried: Trial, task: Task, start: int, correct: Correct) -> tuple[Verdict, int]:
    """The earliest state in which the task is done; else what is wrong with the newest.

    CORRECT are the grounds on which tasks were correct in the last check; where they hold, nothing is asked.
    """
    needs_a_step = not getattr(task.code, "NO_REVISION", False) and not task.begun(tried.root)
    first = start + 1 if needs_a_step else start
    problem = None
    for end in range(first, len(tried.steps) + 1):
        if correct.get(task.name) in [
            _grounds(tried, task, start, end, models=asked) for asked in (False, True)
        ]:
            return Verdict(task.name, CORRECT), end
    for end in range(first, len(tried.steps) + 1):
        blog = Blog(tried, start, end)
        patience.next_step()
        try:
            task.look_first(blog)
            steps_are_sound(blog, may_lose=task.may_lose)
            task.code.check(blog)
            what_was_there_comes_back(blog)
        except NotYet as found:
            problem = found
            if not found.where and len(blog.steps) == 1:
                found.where = blog.steps[0].path
        except Exception as error:  # what no check has thought of spoils no other task
            problem = _unthought_of(error, task.name, blog)
        else:
            if "own" not in blog.asked:  # their database is not among the grounds
                correct[task.name] = _grounds(tried, task, start, end, models="models" in blog.asked)
            return Verdict(task.name, CORRECT), end
    if problem is None:
        return Verdict(task.name, NOT_ATTEMPTED), start
    return Verdict.not_yet(task.name, problem), start


def _grounds(tried: Trial, task: Task, start: int, end: int, *, models: bool) -> tuple[str, ...]:
    before, at = (tried.steps[number - 1].digest if number else tried.digest for number in (start, end))
    more = task.rests_on(tried.root)
    return memory.grounds(tried.root, task.folder, before, at, models=models, more=more)


def _whole_project(tried: Trial, found: list[Verdict], last: Blog | None) -> list[Verdict]:
    """What concerns the project as it stands belongs to the last task that seems done, which is LAST.

    What the models say already, and no revision yet, belongs to the one after it.
    """
    done = sum(verdict.state == CORRECT for verdict in found)
    if last is None or (done < len(found) and found[done].state != NOT_ATTEMPTED):
        return found
    differences = [one for one in tried.differences if not _only_the_database_fills_in(one.what)]
    begun = _begun(last, differences) if done < len(found) else []
    try:
        _stands(tried, [one for one in differences if one not in begun], {one.where for one in begun})
    except NotYet as problem:
        found[done - 1] = Verdict.not_yet(found[done - 1].task, problem)
    else:
        if begun:
            found[done] = Verdict.not_yet(found[done].task, _no_revision_yet(tried, begun))
    return found


def _begun(last: Blog, differences: list[agree.Difference]) -> list[agree.Difference]:
    """The DIFFERENCES in what the revisions of the LAST task have not touched: there is something new.

    What is only missing from the models may have been forgotten there long ago; it is new beside other new
    things, as in a rename.
    """
    untouched = [one for one in differences if not _touched(last, one.where)]
    return untouched if any(one.sign != "-" for one in untouched) else []


def _touched(task: Blog, where: str) -> bool:
    """Whether the revisions of a task change the column, table or rules that a difference is about."""
    if not task.steps:
        return False
    name, _, columns = where.partition(" (")
    table, _, column = name.partition(".")
    one, other = (photo.tables.get(table, Table(table, ())) for photo in (task.before, task.now))
    if column:
        before, now = ([each for each in side.columns if each.name == column] for side in (one, other))
        return before != now
    return bool(one.columns) != bool(other.columns) or _rules(one, columns) != _rules(other, columns)


def _rules(table: Table, columns: str) -> object:
    """The indexes and rules of a table; of the rules only those over COLUMNS, where some are named."""
    about = [rule for rule in table.rules if not columns or ", ".join(rule.columns) == columns.rstrip(")")]
    return about, table.indexes


def _no_revision_yet(tried: Trial, begun: list[agree.Difference]) -> NotYet:
    """What to say of models that are further than the revisions."""
    first = next(one for one in begun if one.sign != "-")
    thing = first.what.removesuffix(" is in the models, not in the database")
    if first.sign == "~" or thing not in ("the table", "the column"):
        return NotYet(
            f"{first.where}: {first.what}; no revision changes that yet.",
            where="models.py",
            why="If you have begun this task: next comes the revision. If not, the class is to say what the "
            "database has.",
        )
    table, _, column = first.where.partition(".")
    if table in tried.own.tables and (not column or (table, column) in _columns(tried.own)):
        away = f"ALTER TABLE {table} DROP COLUMN {column}" if column else f"DROP TABLE {table}"
        return NotYet(
            f"Your database and your models have {thing} `{first.where}`, and no revision makes it.",
            where=trial.DATABASE,
            why="What is made by hand or by create_all(), no other database gets. Take it out again "
            f"(`{away}`; its values go), then write the revision that makes it.",
        )
    return NotYet(
        f"You have begun: {thing} `{first.where}` is in the models, and no revision makes it yet.",
        where="models.py",
        why="Next comes the revision: a class changes no database.",
    )


def _stands(tried: Trial, differences: list[agree.Difference], begun: set[str]) -> None:
    """Raises NotYet when the project as it is has a fault.

    DIFFERENCES are those of models and database; not the tables and columns with which a task was BEGUN.
    """
    if tried.broken:
        raise tried.broken
    lost = _lost(tried)
    if lost:
        raise lost
    twice = [head for head in tried.heads if tried.heads.count(head) > 1]
    if twice:
        raise NotYet(
            f"Two files in migrations/versions have the same id, {twice[0]}.",
            why="One of them is a copy: delete it, or give it an id and a down_revision of its own.",
        )
    if len(tried.heads) > 1:
        raise _several_heads(tried)
    if tried.environment:
        raise tried.environment
    for step in tried.steps:
        if step.wrong_up:
            raise stopped(step.wrong_up, step, "upgrade")
    _the_note_can_be_true(tried)
    if tried.no_models:
        raise tried.no_models
    at_head = set(tried.own.revision) == set(tried.heads)
    other = _not_as_made(tried, begun) if at_head else []
    if other:
        raise NotYet(other[0], where=trial.DATABASE, why=CHANGED)
    if differences:
        first = differences[0]
        raise NotYet(
            f"The models and the database do not agree: {first.where}: {first.what}.",
            where="models.py",
            why=_why(tried, first),
        )
    if not at_head:
        already = _already_there(tried)
        if already:
            raise NotYet(already, where=trial.DATABASE, why=f"{AGAIN} Run: workbook doctor")
        raise NotYet(
            f"Your own database is at {tried.own.place}, "
            f"and your newest revision is {', '.join(tried.heads) or 'none'}.",
            why="In your blog's folder, run: alembic upgrade head",
        )


def _several_heads(tried: Trial) -> NotYet:
    """Two revisions on top, and the newest file: mostly its down_revision is meant to be the other."""
    steps = [step for step in tried.steps if step.revision in tried.heads]
    steps.sort(key=lambda step: step.revision not in tried.own.revision)  # what has run stays as it is
    what = f"Your history has {len(tried.heads)} heads: {', '.join(tried.heads)}."
    why = "`alembic upgrade head` does not know which one you mean."
    if len(steps) < len(tried.heads):
        return NotYet(what, why=f"{why} Lesson 10 joins them.")
    *_, first, last = steps
    return NotYet(
        what,
        where=last.path + reading.line_of_parent(tried.root / last.path),
        why=f"{why} If {last.revision} is to follow {first.revision}, write down_revision = "
        f'"{first.revision}" there. Where both are meant to stand side by side, lesson 10 joins them.',
    )


def _the_note_can_be_true(tried: Trial) -> None:
    """What alembic_version of the own database says is a place in the history. Raises NotYet."""
    parents = {step.revision: step.parents for step in tried.steps}
    at = tried.own.revision
    lost = [revision for revision in at if revision not in parents]
    if lost:
        raise NotYet(
            f"Your own database says it is at {lost[0]}, and no file in migrations/versions has that id.",
            where=trial.DATABASE,
            why="An upgrade stops there: Can't locate revision. Was a file deleted, or its id changed? "
            "Run: workbook doctor",
        )
    for revision in at:
        below = [other for other in at if other in reading.before(revision, parents)]
        if below:
            raise NotYet(
                f"Your own database says it is at {below[0]} and at {revision}, and {below[0]} comes "
                f"before {revision}.",
                where=trial.DATABASE,
                why="`alembic_version` has a row too many, and no upgrade goes on from there. "
                "Run: workbook doctor",
            )


def _why(tried: Trial, difference: agree.Difference) -> str:
    """Why the models and the database differ in this, or why it matters."""
    twice = re.search(r"\b((?:ck|uq|fk|ix|pk)_\w+?_)\1\w", difference.what)
    if twice:
        return f"The naming convention puts `{twice[1]}` in front: in the class the name is what comes after."
    table, _, columns = difference.where.partition(" (")
    at_head = tried.steps[-1].after if tried.steps else None
    rules = at_head.tables[table].rules if at_head and table in at_head.tables else ()
    if difference.sign == "+" and any(
        rule.kind == "UNIQUE" and not rule.name and ", ".join(rule.columns) == columns.rstrip(")")
        for rule in rules
    ):
        return (
            f"The UNIQUE that `{table}` has is without a name, so to Alembic it is another one; "
            "a class cannot say it, so leave it out there."
        )
    return UNSEEN if "does not see this" in difference.what else SEEN


def _only_the_database_fills_in(difference: str) -> bool:
    """A server default that the class does not repeat: `alembic check` minds it no more than we do."""
    return difference.startswith("default ") and "none in the models" in difference


def drift(root: Path) -> list[str]:
    """In what the own database of the project in ROOT is not as its revision files make it, a sentence each.

    Tables, columns and rules are compared: an index made by night is no sign that a file was changed after it
    had run. Raises NotYet when the files do not run.
    """
    tried = trial.run(root, {})
    already = _already_there(tried)
    if already:
        return [already]
    here = tried.steps[_place(tried)] if _place(tried) >= 0 else None
    if here and here.after is None:
        raise here.wrong_up or NotYet("The revisions do not run.")
    found = _not_as_made(tried)
    if tried.environment and not found:
        raise tried.environment
    return found


def _place(tried: Trial) -> int:
    """The number of the last step that the own database has seen; -1 for none."""
    seen = [number for number, step in enumerate(tried.steps) if step.revision in tried.own.revision]
    return seen[-1] if seen else -1


def _columns(photo: Photo) -> dict[tuple[str, str], str]:
    """What an upgrade makes of each column: its type, whether it may be NULL, and its default."""
    return {
        (name, column.name): column.words for name, table in photo.tables.items() for column in table.columns
    }


def _not_as_made(tried: Trial, begun: Collection[str] = ()) -> list[str]:
    """In what the own database is not as the revisions make it that it has seen.

    Tables and columns that are BEGUN may be there already.
    """
    step = tried.steps[_place(tried)] if _place(tried) >= 0 else None
    if step is None or step.after is None:
        return []
    made, own = _columns(step.after), _columns(tried.own)
    return [
        *(
            f"Your revisions make `{table}.{name}`, and your database lacks it."
            for table, name in sorted(made.keys() - own.keys())
        ),
        *(
            f"Your database has `{table}.{name}`, and your revisions do not make it."
            for table, name in sorted(own.keys() - made.keys())
            if not {table, f"{table}.{name}"} & set(begun)
        ),
        *(
            f"Your revisions make `{table}.{name}` {made[table, name]}, "
            f"and in your database it is {own[table, name]}."
            for table, name in sorted(made.keys() & own.keys())
            if made[table, name].upper() != own[table, name].upper()
        ),
        *(
            sentence
            for name in sorted(step.after.tables.keys() & tried.own.tables.keys())
            for sentence in _rules_not_as_made(step.after.tables[name], tried.own.tables[name])
        ),
    ]


def _rules_not_as_made(made: Table, own: Table) -> list[str]:
    """In what the rules of a table are not as the revisions make them, a sentence each."""
    theirs = {(rule.kind, rule.words): rule for rule in own.rules}
    ours = {(rule.kind, rule.words): rule for rule in made.rules}
    both = sorted(ours.keys() & theirs.keys())
    return [
        *(
            f"Your revisions make the {rule.title} {rule.words} of `{made.name}`, and your database lacks it."
            for key, rule in sorted(ours.items())
            if key not in theirs
        ),
        *(
            f"Your database has the {rule.title} {rule.words} of `{made.name}`, "
            "and your revisions do not make it."
            for key, rule in sorted(theirs.items())
            if key not in ours
        ),
        *(
            f"Your revisions name the {key[0]} {key[1]} of `{made.name}` {ours[key].name}, "
            f"and in your database it is {theirs[key].name or 'without a name'}."
            for key in both
            if ours[key].name != theirs[key].name and ours[key].name
        ),
    ]


def _already_there(tried: Trial) -> str:
    """What the own database has of a revision that it has not seen, in a sentence; empty for nothing."""
    place = _place(tried)
    if tried.own.revision and place < 0:
        return ""
    own = _columns(tried.own).keys()
    for step in tried.steps[place + 1 :]:
        if step.after is None:
            break
        for table, column in sorted((_columns(step.after).keys() - _columns(step.before).keys()) & own):
            thing = f"{table}.{column}" if table in step.before.tables else table
            at = f"Your own database is at {tried.own.place}"
            return f"{at}, and `{thing}`, which {step.revision} makes, {HALF_WAY}."
    return ""
