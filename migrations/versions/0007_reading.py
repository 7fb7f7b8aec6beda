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
    language = sa.Column("language", sa.String(), nullable=False, server_default="en")
    op.add_column("subscriber", language)
    op.add_column("subscriber", sa.Column("resume_on", sa.Date(), nullable=True))
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
    # SQLite builds the table anew, which must not make erased ids free again.
    with op.batch_alter_table("subscriber", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("resume_on")
        table.drop_column("language")
