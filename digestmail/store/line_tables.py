"""The tables of the lines that a language model writes."""

from datetime import date

from sqlalchemy import Column, ForeignKey, Integer, Text
from sqlmodel import Field

from digestmail.store.table_base import Base, table


class WrittenLineRow(Base, table=True):
    """The line of a paper in a language, or how often it was asked for in vain."""

    __tablename__ = "written_line"

    paper_id: int = Field(
        sa_column=Column(Integer, ForeignKey("paper.id", ondelete="CASCADE"), primary_key=True)
    )
    language: str = Field(primary_key=True)  # an RFC 5646 tag
    text: str = Field(sa_type=Text)  # empty until it is written
    title: str = Field(sa_type=Text)
    attempts: int


class EndpointUseRow(Base, table=True):
    """The use of the language model on one day."""

    __tablename__ = "endpoint_use"

    day: date = Field(primary_key=True)  # UTC
    requests: int
    tokens: int
    lines: int


ENDPOINT_USE = table(EndpointUseRow)
WRITTEN_LINE = table(WrittenLineRow)
