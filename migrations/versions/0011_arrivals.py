"""Papers are numbered in the order in which they come to be known, which no clock can change.

Revision ID: 0011
Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NUMBERED = """
    UPDATE paper SET arrival = numbered.place
    FROM (
        SELECT id, row_number() OVER (ORDER BY first_seen_at, id) AS place
        FROM paper WHERE source <> 'uploads'
    ) AS numbered
    WHERE numbered.id = paper.id
"""


def upgrade() -> None:
    op.add_column("paper", sa.Column("arrival", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_paper_arrival", "paper", ["arrival"])
    op.execute(_NUMBERED)
    op.add_column("subscriber", sa.Column("judged_arrival", sa.Integer(), nullable=True))
    releases = sa.Column("releases", sa.Integer(), nullable=False, server_default="0")
    op.add_column("subscriber", releases)
    op.add_column("digest", sa.Column("arrival_from", sa.Integer(), nullable=True))
    op.add_column("digest", sa.Column("arrival_until", sa.Integer(), nullable=True))


def downgrade() -> None:
    op.drop_index("ix_paper_arrival", "paper")
    added = {
        "digest": ("arrival_until", "arrival_from"),
        "subscriber": ("releases", "judged_arrival"),
        "paper": ("arrival",),
    }
    for name, columns in added.items():
        # SQLite builds the table anew, which must not make erased ids free again.
        kept = {"sqlite_autoincrement": name != "paper"}
        with op.batch_alter_table(name, table_kwargs=kept) as table:
            for column in columns:
                table.drop_column(column)
