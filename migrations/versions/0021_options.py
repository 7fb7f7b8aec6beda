"""Profiles may leave authors out, and readers may want fewer papers like those of a day.

Revision ID: 0021
Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    excluded = sa.Column("excluded_authors", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("profile", excluded)
    op.create_table(
        "damped",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("profile_id", sa.Integer(), nullable=True),
        sa.Column("damped_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name="fk_damped_subscriber_id_subscriber",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["paper.id"], name="fk_damped_paper_id_paper", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["profile_id"],
            ["profile.id"],
            name="fk_damped_profile_id_profile",
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "paper_id", name="pk_damped"),
    )
    for column in ("paper_id", "profile_id", "damped_at"):
        op.create_index(f"ix_damped_{column}", "damped", [column])


def downgrade() -> None:
    op.drop_table("damped")
    # SQLite builds the table anew, which must not make erased ids free again.
    with op.batch_alter_table("profile", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("excluded_authors")
