"""users.email unique, among rows that break it: nobody's posts are lost."""

from typing import Any

from workbook.checks.blog import Blog
from workbook.checks.verdict import NotYet

MAY_LOSE = {"users": "two who share an address may be one person"}


def check(blog: Blog) -> None:
    blog.unique("users", "email")
    blog.kept("posts", "title", why="If two users become one, their posts move first.")
    everybody_else_stays(blog)
    posts_keep_an_owner(blog)
    blog.accepts(
        "INSERT INTO users (name) VALUES ('Eve'), ('Finn')",
        "Two users without an e-mail address are refused; they are no doubles of each other.",
    )


def everybody_else_stays(blog: Blog) -> None:
    before, now = blog.before.rows["users"], blog.now.rows["users"]
    emails = dict(zip(before.keys, before.values["email"], strict=True))
    shared = {email for email in emails.values() if email and list(emails.values()).count(email) > 1}
    gone = [key for key in before.keys if key not in now.keys and emails[key] not in shared]
    if gone:
        raise NotYet(
            f"{counted(gone, 'user is', 'users are')} gone who shared an address with nobody.",
            where=blog.last.path,
            why="NULL is equal to nothing: a user without an address is nobody's double.",
        )
    left = dict(zip(now.keys, now.values["email"], strict=True))
    changed = [
        key for key, email in emails.items() if key in left and email not in shared and left[key] != email
    ]
    if changed:
        raise NotYet(
            f"{counted(changed, 'user has', 'users have')} another e-mail address now who shared theirs with "
            "nobody.",
            where=blog.last.path,
        )
    for email in shared:
        if email not in left.values():
            raise NotYet(
                f"Nobody has the address {email} any more; one of those who shared it should.",
                where=blog.last.path,
            )


def posts_keep_an_owner(blog: Blog) -> None:
    before, now = blog.before.rows["posts"], blog.now.rows["posts"]
    was = dict(zip(before.keys, before.values["owner_id"], strict=True))
    owners = dict(zip(now.keys, now.values["owner_id"], strict=True))
    users = set(blog.now.rows["users"].keys)
    lost = [key for key, owner in was.items() if owner is not None and owners.get(key) not in users]
    if lost:
        whose = " and ".join(f"user {key}" for key in sorted({was[k] for k in lost}))
        raise NotYet(
            f"{counted(lost, 'post', 'posts')} of {whose} {'has' if len(lost) == 1 else 'have'} no owner "
            "now.",
            where=blog.last.path,
            why="If two users become one, the posts of the one that goes move to the other first.",
        )


def counted(keys: list[Any], one: str, many: str) -> str:
    return f"{len(keys)} {one if len(keys) == 1 else many}"
