"""users.email unique, among rows that break it: nobody's posts are lost."""

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
            f"{len(gone)} users are gone who share their address with nobody.",
            where=blog.last.path,
            why="NULL is equal to nothing: a user without an address is nobody's double.",
        )
    left = dict(zip(now.keys, now.values["email"], strict=True))
    changed = [
        key for key, email in emails.items() if key in left and email not in shared and left[key] != email
    ]
    if changed:
        raise NotYet(
            f"{len(changed)} users have another e-mail address now who shared theirs with nobody.",
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
    owners = dict(zip(now.keys, now.values["owner_id"], strict=True))
    users = set(blog.now.rows["users"].keys)
    lost = [
        k
        for k, o in zip(before.keys, before.values["owner_id"], strict=True)
        if o is not None and owners.get(k) not in users
    ]
    if lost:
        raise NotYet(
            f"{len(lost)} posts had an owner and have none now.",
            where=blog.last.path,
            why="If two users become one, the posts of the one that goes move to the other first.",
        )
