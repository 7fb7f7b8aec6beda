"""Profiles may ask for trending papers.

Revision ID: 0016
Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    trending = sa.Column("trending", sa.Integer(), nullable=False, server_default="0")
    op.add_column("profile", trending)


def downgrade() -> None:
    # SQLite builds the table anew, which must not make erased ids free again.
    with op.batch_alter_table("profile", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("trending")
