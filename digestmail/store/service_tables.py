"""The tables of the running service: what it counts, who is at work, and its notes."""

from datetime import datetime

from sqlalchemy import Text
from sqlmodel import Field

from digestmail.store.table_base import Base, table


class RateRow(Base, table=True):
    __tablename__ = "rate"

    key: str = Field(primary_key=True)  # what is counted, hashed
    since: datetime  # the start of the window that is being counted
    count: int


class TallyRow(Base, table=True):
    """What is counted for ever, whatever else is forgotten."""

    __tablename__ = "tally"

    key: str = Field(primary_key=True)  # what is counted, hashed
    count: int


class LeaseRow(Base, table=True):
    __tablename__ = "lease"

    name: str = Field(primary_key=True)
    owner: str
    until: datetime


class NoteRow(Base, table=True):
    __tablename__ = "note"

    name: str = Field(primary_key=True)  # see keys.NoteName
    value: str = Field(sa_type=Text)
    at: datetime


LEASE = table(LeaseRow)
NOTE = table(NoteRow)
RATE = table(RateRow)
TALLY = table(TallyRow)
