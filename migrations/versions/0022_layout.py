"""Subscribers choose the layout of their digest.

Revision ID: 0022
Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    layout = sa.Column("layout", sa.String(), nullable=False, server_default="full")
    op.add_column("subscriber", layout)


def downgrade() -> None:
    # SQLite builds the table anew, which must not make erased ids free again.
    with op.batch_alter_table("subscriber", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("layout")
