"""An index that tells whether the lists of the latest papers have changed.

Revision ID: 0008
Revises: 0007
"""

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_paper_state", "paper", ["first_seen_at", "upvotes", "id"])


def downgrade() -> None:
    op.drop_index("ix_paper_state", "paper")
