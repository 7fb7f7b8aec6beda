"""What retention needs: hashes of the names of deleted papers, and indexes by paper.

Revision ID: 0017
Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_REFERRING = ("feedback", "saved", "tap")  # to a paper, as a second part of their keys


def upgrade() -> None:
    op.create_table(
        "deleted_name",
        sa.Column("hash", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_deleted_name"),
    )
    for table in _REFERRING:
        op.create_index(f"ix_{table}_paper_id", table, ["paper_id"])
    op.create_index("ix_feedback_given_at", "feedback", ["given_at"])


def downgrade() -> None:
    op.drop_index("ix_feedback_given_at", "feedback")
    for table in _REFERRING:
        op.drop_index(f"ix_{table}_paper_id", table)
    op.drop_table("deleted_name")
