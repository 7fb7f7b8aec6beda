"""Reading lists, a pause until a date, and the language of a subscriber.

Revision ID: 0007
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None


def _owner(table: str) -> sa.ForeignKeyConstraint:
    name = f"fk_saved_{table}_id_{table}"
    return sa.ForeignKeyConstraint([f"{table}_id"], [f"{table}.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    with op.batch_alter_table("subscriber") as subscriber:
        language = sa.Column("language", sa.String(), nullable=False, server_default="en")
        subscriber.add_column(language)
        subscriber.add_column(sa.Column("resume_on", sa.Date(), nullable=True))
    with op.batch_alter_table("subscriber") as subscriber:
        subscriber.alter_column("language", server_default=None)
    op.create_table(
        "saved",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        _owner("subscriber"),
        _owner("paper"),
        sa.PrimaryKeyConstraint("subscriber_id", "paper_id", name="pk_saved"),
    )


def downgrade() -> None:
    op.drop_table("saved")
    with op.batch_alter_table("subscriber") as subscriber:
        subscriber.drop_column("resume_on")
        subscriber.drop_column("language")
