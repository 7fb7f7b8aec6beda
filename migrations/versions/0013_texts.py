"""What a model computes of the texts that people type is kept as long as it is used.

Revision ID: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "text_feature",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", "kind", name="pk_text_feature"),
    )
    op.create_index("ix_text_feature_used_at", "text_feature", ["used_at"])


def downgrade() -> None:
    op.drop_table("text_feature")
