"""Bounces and complaints are kept for a while, so that each counts once and soft ones add up.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _owner(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_bounce_{table}_id_{table}"
    return sa.ForeignKeyConstraint([f"{table}_id"], [f"{table}.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    op.create_table(
        "bounce",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subscriber_id", sa.Integer(), nullable=True),
        sa.Column("delivery_id", sa.Integer(), nullable=True),
        sa.Column("enhanced", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("gave_up", sa.Boolean(), nullable=False),
        _owner("subscriber"),
        _owner("delivery"),
        sa.PrimaryKeyConstraint("id", name="pk_bounce"),
    )
    for column in ("at", "subscriber_id", "delivery_id"):
        op.create_index(f"ix_bounce_{column}", "bounce", [column])


def downgrade() -> None:
    op.drop_table("bounce")
