"""The first digest comes with the confirmation; whoever has confirmed before awaits none.

Revision ID: 0018
Revises: 0017
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    awaits = sa.Column(
        "awaits_first_digest", sa.Boolean(), nullable=False, server_default=sa.false()
    )
    op.add_column("subscriber", awaits)


def downgrade() -> None:
    # SQLite builds the table anew, which must not make erased ids free again.
    with op.batch_alter_table("subscriber", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("awaits_first_digest")
