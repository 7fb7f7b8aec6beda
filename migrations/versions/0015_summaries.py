"""Papers have what sources bring beside the abstract: a summary, the PDF, code, a project page.

Revision ID: 0015
Revises: 0014
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_COLUMNS = ("summary", "summary_source", "pdf_url", "code_url", "project_url")
_ARXIV_PDF = """
    UPDATE paper SET pdf_url = 'https://arxiv.org/pdf/' || substr(key, 7)
    WHERE key LIKE 'arxiv:%'
"""


def upgrade() -> None:
    for name in _COLUMNS:
        kind = sa.Text() if name == "summary" else sa.String()
        op.add_column("paper", sa.Column(name, kind, nullable=False, server_default=""))
    op.execute(_ARXIV_PDF)


def downgrade() -> None:
    with op.batch_alter_table("paper") as table:
        for name in reversed(_COLUMNS):
            table.drop_column(name)
