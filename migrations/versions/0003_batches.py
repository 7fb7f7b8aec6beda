"""Sources remember, announcements are noted by day, and digests wait or tell why they are empty.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def _added() -> dict[str, tuple[sa.Column, ...]]:
    """The new columns by table; a column object serves once."""
    return {
        "source": (
            sa.Column("failures", sa.Integer(), nullable=False, server_default="0"),
            sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
            sa.Column("memory", sa.JSON(), nullable=False, server_default="{}"),
        ),
        "subscriber": (
            sa.Column("wait_hours", sa.Integer(), nullable=False, server_default="3"),
            sa.Column("send_empty", sa.Boolean(), nullable=False, server_default=sa.false()),
        ),
        "digest": (sa.Column("note", sa.Text(), nullable=False, server_default=""),),
    }


def upgrade() -> None:
    for name, columns in _added().items():
        for column in columns:
            op.add_column(name, column)
    op.create_table(
        "batch",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("noted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["source"], ["source.name"], name="fk_batch_source_source", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("source", "day", name="pk_batch"),
    )


def downgrade() -> None:
    op.drop_table("batch")
    for name, columns in _added().items():
        # SQLite builds the table anew, which must not make erased ids free again.
        kept = {"sqlite_autoincrement": name != "source"}
        with op.batch_alter_table(name, table_kwargs=kept) as table:
            for column in columns:
                table.drop_column(column.name)
