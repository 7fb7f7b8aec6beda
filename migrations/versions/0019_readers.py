"""Reading lists are read by the time of a save, to count the readers of a week's papers.

Revision ID: 0019
Revises: 0018
"""

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_saved_saved_at", "saved", ["saved_at"])


def downgrade() -> None:
    op.drop_index("ix_saved_saved_at", table_name="saved")
