"""Deliveries are found by when they ended: those that ended ahead of the clock are planned again.

Revision ID: 0012
Revises: 0011
"""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_delivery_ended_at", "delivery", ["ended_at"])


def downgrade() -> None:
    op.drop_index("ix_delivery_ended_at", "delivery")
