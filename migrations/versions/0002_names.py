"""Papers are known by several names, and have upvotes.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from digestmail.domain import Paper
from digestmail.store.paper_identity import names_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("paper") as paper:
        paper.add_column(sa.Column("upvotes", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("paper") as paper:
        paper.alter_column("upvotes", server_default=None)
    op.create_table(
        "paper_name",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["paper.id"], name="fk_paper_name_paper_id_paper", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("name", name="pk_paper_name"),
    )
    op.create_index("ix_paper_name_paper_id", "paper_name", ["paper_id"])
    _name_what_is_there()


def _name_what_is_there() -> None:
    """Of two stored papers with a name in common, the one seen first keeps it."""
    columns = [sa.column(name) for name in ("id", "key", "doi", "title", "authors")]
    paper = sa.table("paper", *columns[:4], sa.column("authors", sa.JSON))
    names: dict[str, int] = {}
    for row in op.get_bind().execute(sa.select(paper).order_by(paper.c.id)):
        stored = Paper(key=row.key, doi=row.doi, title=row.title, authors=tuple(row.authors))
        for name in names_of(stored):
            names.setdefault(name, row.id)
    table = sa.table("paper_name", sa.column("name"), sa.column("paper_id"))
    rows = [{"name": name, "paper_id": paper_id} for name, paper_id in names.items()]
    if rows:
        op.bulk_insert(table, rows)


def downgrade() -> None:
    op.drop_table("paper_name")
    with op.batch_alter_table("paper") as paper:
        paper.drop_column("upvotes")
