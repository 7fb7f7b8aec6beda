"""Papers keep what models compute of them, and profiles may require keywords.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    required = sa.Column("required_keywords", sa.JSON(), nullable=False, server_default="[]")
    op.add_column("profile", required)
    op.create_table(
        "paper_feature",
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["paper.id"], name="fk_paper_feature_paper_id_paper", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("paper_id", "kind", name="pk_paper_feature"),
    )


def downgrade() -> None:
    op.drop_table("paper_feature")
    # SQLite builds the table anew, which must not make erased ids free again.
    with op.batch_alter_table("profile", table_kwargs={"sqlite_autoincrement": True}) as table:
        table.drop_column("required_keywords")
