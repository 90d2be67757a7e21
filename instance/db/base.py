"""What the tables of `instance` share: one MetaData, the naming convention, the kinds of columns.

Times are integers, milliseconds since 1970 UTC (docs/decisions/0002): the same on SQLite and PostgreSQL.
No foreign key crosses a package; `local account` may be erased while what others decided with it stays.
"""

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Integer, LargeBinary, MetaData
from sqlalchemy.types import TypeEngine

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING)

# SQLite counts rows up by itself only for INTEGER PRIMARY KEY.
AutoId: TypeEngine[int] = BigInteger().with_variant(Integer(), "sqlite")


def key() -> Column[int]:
    """A 63-bit id that the code mints."""
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def serial() -> Column[int]:
    """An id that the database counts up; never shown."""
    return Column("id", AutoId, primary_key=True, autoincrement=True)


def to(target: str, name: str, *, nullable: bool = False, on_delete: str = "CASCADE", **options: object) -> Column[int]:
    """A reference to another table of this package."""
    reference = ForeignKey(f"{target}.id", ondelete=on_delete)
    return Column(name, BigInteger, reference, nullable=nullable, **options)  # type: ignore[arg-type]


def time(name: str, *, nullable: bool = False, index: bool = False) -> Column[int]:
    """A time in milliseconds."""
    return Column(name, BigInteger, nullable=nullable, index=index)


def count(name: str) -> Column[int]:
    """A number that is kept, never counted on read."""
    return Column(name, Integer, nullable=False, server_default="0")


def sealed(name: str) -> Column[bytes]:
    """A value that only the vault opens."""
    return Column(name, LargeBinary, nullable=True)


def document(name: str, *, nullable: bool = True) -> Column[object]:
    """Small structured data that is never queried by its inside."""
    return Column(name, JSON(none_as_null=True), nullable=nullable)
