"""Links to leave by that end with their subscription, and counts that are never pruned.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    serial = sa.Column("unsubscribe_serial", sa.Integer(), nullable=False, server_default="0")
    op.add_column("subscriber", serial)
    op.create_table(
        "tally",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_tally"),
    )


def downgrade() -> None:
    op.drop_table("tally")
    # SQLite builds the table anew, which must not make erased ids free again.
    with op.batch_alter_table("subscriber", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("unsubscribe_serial")
