"""What all tables are made of."""

from typing import Any, ClassVar

from sqlalchemy import JSON, Column, ForeignKey, Integer, MetaData, Table
from sqlmodel import Field, SQLModel

metadata = MetaData(
    naming_convention={  # an unnamed constraint cannot be dropped by a later migration
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Base(SQLModel):
    """What all tables share."""

    metadata: ClassVar[MetaData] = metadata


def json_column() -> Any:
    return Field(sa_column=Column(JSON, nullable=False))


def owner_column(table: str, **options: Any) -> Any:
    column = Column(Integer, ForeignKey(f"{table}.id", ondelete="CASCADE"), **options)
    return Field(sa_column=column)


def table(row: type[Base]) -> Table:
    """Return the table of a row class, for queries that go without the ORM."""
    return metadata.tables[str(row.__tablename__)]
