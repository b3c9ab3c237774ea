"""address: seven columns, two of which may be empty."""

from workbook.checks.blog import Blog

COLUMNS = {
    "address1": False,
    "address2": True,
    "city": False,
    "state": True,
    "country": False,
    "postalcode": False,
}


def check(blog: Blog) -> None:
    blog.primary_key("address", "id")
    for name, null in COLUMNS.items():
        blog.column("address", name, family="text", null=null)
