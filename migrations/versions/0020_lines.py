"""Lines about papers that a language model wrote, and its use of each day.

Revision ID: 0020
Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "written_line",
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["paper.id"], name="fk_written_line_paper_id_paper", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("paper_id", "language", name="pk_written_line"),
    )
    op.create_table(
        "endpoint_use",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("requests", sa.Integer(), nullable=False),
        sa.Column("tokens", sa.Integer(), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_endpoint_use"),
    )


def downgrade() -> None:
    op.drop_table("endpoint_use")
    op.drop_table("written_line")
