"""The museum: small broken projects, each made in one call, each with a check whether it is repaired."""

from __future__ import annotations

from workbook.exhibits import (
    cant_locate,
    create_all,
    deleted_revision,
    edited_revision,
    empty_autogenerate,
    half_applied,
    leftover_table,
    lost_children,
    not_up_to_date,
    two_databases,
)
from workbook.exhibits.exhibit import Exhibit
from workbook.exhibits.shop import Shop

__all__ = ["EXHIBITS", "Exhibit", "Shop"]

# In the order of the lesson.
EXHIBITS: dict[str, Exhibit] = {
    room.EXHIBIT.name: room.EXHIBIT
    for room in (
        half_applied,
        leftover_table,
        not_up_to_date,
        cant_locate,
        deleted_revision,
        edited_revision,
        lost_children,
        create_all,
        two_databases,
        empty_autogenerate,
    )
}
