"""Digests have the nearest papers of a quiet day, new versions of saved ones, and notes as values.

Revision ID: 0023
Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_INDEX = "uq_digest_item_shown"


def upgrade() -> None:
    notes = sa.Column("notes", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("digest", notes)
    role = sa.Column("role", sa.String(), nullable=False, server_default="pick")
    op.add_column("digest_item", role)
    _shown_once("NOT released AND role <> 'new-version'")
    op.add_column("saved", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column("saved", sa.Column("doi", sa.String(), nullable=False, server_default=""))
    op.execute(
        "UPDATE saved SET"
        " version = (SELECT version FROM paper WHERE paper.id = saved.paper_id),"
        " doi = (SELECT doi FROM paper WHERE paper.id = saved.paper_id)"
    )


def downgrade() -> None:
    op.execute("DELETE FROM digest_item WHERE role <> 'pick'")
    _shown_once("NOT released")
    with op.batch_alter_table("saved") as table:
        table.drop_column("version")
        table.drop_column("doi")
    with op.batch_alter_table("digest_item") as table:
        table.drop_column("role")
    # SQLite builds the table anew, which must not make erased ids free again.
    with op.batch_alter_table("digest", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("notes")


def _shown_once(condition: str) -> None:
    op.drop_index(_INDEX, "digest_item")
    op.create_index(
        _INDEX,
        "digest_item",
        ["subscriber_id", "paper_id"],
        unique=True,
        sqlite_where=sa.text(condition),
        postgresql_where=sa.text(condition),
    )
