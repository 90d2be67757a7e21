"""Old rows of tables whose numbers rise with time, found without a look at the many young ones."""

from sqlalchemy import BigInteger, Column, ColumnElement, Table, func, literal, select

GREATEST = (1 << 63) - 1


def older(table: Table, moment: Column[int], before: int) -> ColumnElement[bool]:
    """Rows with a lower number than the first whose `moment` (milliseconds) is `before` or later.

    Order by the number what is chosen so, and limit it: then the search begins at the oldest and ends at the first young one.
    """
    young = select(table.c.id).where(moment >= before).order_by(table.c.id).limit(1).scalar_subquery()
    return table.c.id < func.coalesce(young, literal(GREATEST, BigInteger))
