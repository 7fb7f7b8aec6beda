"""Private feeds whose address can be made anew.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.Column("feed_serial", sa.Integer(), nullable=False, server_default="0")
    op.add_column("profile", serial)


def downgrade() -> None:
    # SQLite builds the table anew, which must not make erased ids free again.
    with op.batch_alter_table("profile", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("feed_serial")
