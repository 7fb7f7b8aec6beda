"""Reading lists are read by the time of a save, to count the readers of a week's papers.

Revision ID: 0018
Revises: 0017
"""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_saved_saved_at", "saved", ["saved_at"])


def downgrade() -> None:
    op.drop_index("ix_saved_saved_at", table_name="saved")
