"""What a person is asked, in the database: their pairs, the answers, and the one pair in sight that
takes an answer. Every function works inside the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import sqlalchemy as sa

from heatcheck.core.errors import NotAllowed, NotInSight
from heatcheck.review.pairs import Pair
from heatcheck.review.schema import items_table, sights_table, votes_table
from heatcheck.review.tally import Choice
from heatcheck.review.tokens import new_id


@dataclass(frozen=True)
class Item:
    """One question to one person, and the answer so far: "" where there is none."""

    id: str
    place: int
    pair: Pair
    choice: Choice | Literal[""]
    note: str
    in_sight: bool  # whether this is the pair that the person has before them


def deal(connection: sa.Connection, seat: str, pairs: Sequence[Pair]) -> None:
    """Write a person's pairs; they stay."""
    items = [
        {
            "id": new_id(),
            "seat": seat,
            "place": place,
            "image": pair.image,
            "left": pair.left,
            "right": pair.right,
        }
        for place, pair in enumerate(pairs)
    ]
    connection.execute(items_table.insert(), items)


def items_of(connection: sa.Connection, seat: str) -> list[Item]:
    """A seat's items in order, with the answers so far. The one in sight is the one that was gone
    to, else the first without an answer; none where all have one.
    """
    query = (
        sa.select(items_table, votes_table.c.choice, votes_table.c.note)
        .outerjoin(votes_table)
        .where(items_table.c.seat == seat)
        .order_by(items_table.c.place)
    )
    rows = connection.execute(query).mappings().all()
    sight = connection.scalar(sa.select(sights_table.c.item).where(sights_table.c.seat == seat))
    if sight is None:
        sight = next((row["id"] for row in rows if not row["choice"]), None)
    return [
        Item(
            row["id"],
            row["place"],
            Pair(row["image"], row["left"], row["right"]),
            row["choice"] or "",
            row["note"] or "",
            row["id"] == sight,
        )
        for row in rows
    ]


def turn(connection: sa.Connection, seat: str, item: str | None) -> None:
    """Bring an item in sight; None: the first without an answer."""
    changed = sights_table.update().where(sights_table.c.seat == seat).values(item=item)
    if connection.execute(changed).rowcount == 0:
        connection.execute(sights_table.insert().values(seat=seat, item=item))


def expect_own(items: Sequence[Item], item: str) -> Item:
    """The item with this id. Raises NotAllowed where it is not among a person's own."""
    mine = next((known for known in items if known.id == item), None)
    if mine is None:
        raise NotAllowed("This pair belongs to another reviewer. Reload the page to see yours.")
    return mine


def expect_in_sight(items: Sequence[Item], item: Item) -> None:
    """Raise NotInSight where the person has another item before them, or none."""
    if item.in_sight:
        return
    sight = next((f"pair {known.place + 1}" for known in items if known.in_sight), "no pair")
    raise NotInSight(
        f"You now see {sight}, and this answer was for pair {item.place + 1}. Nothing was changed. "
        f"Go back to pair {item.place + 1} to answer it again."
    )


def answer(connection: sa.Connection, item: str, **words: Any) -> None:
    """Write an answer's choice or note, and when; the rest of the answer stays."""
    changed = votes_table.update().where(votes_table.c.item == item).values(**words)
    if connection.execute(changed).rowcount == 0:
        connection.execute(
            votes_table.insert().values({"item": item, "choice": "", "note": "", **words})
        )


def after(items: Sequence[Item], item: Item) -> str | None:
    """The item after this one; None at the end."""
    return items[item.place + 1].id if item.place + 1 < len(items) else None
