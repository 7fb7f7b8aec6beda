"""Taps have a table; they were among the counters of rate limits, told apart by their keys.

Revision ID: 0014
Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ORIGINS = {"tap": "page", "press": "button"}  # by the first word of the key
_KEYS = "SELECT key FROM rate WHERE key LIKE 'tap:%' OR key LIKE 'press:%'"
# The time of what a press replaced counts if the last press replaced anything. Whoever was erased
# since has no taps.
_MOVE = r"""
    INSERT INTO tap (subscriber_id, paper_id, action, origin, at, replaced_at)
    SELECT :subscriber_id, :paper_id, :action, :origin, mark.since, (
        SELECT before.since FROM rate AS before, rate AS instead
        WHERE before.key = :key || '\:before' AND instead.key = :key || '\:instead'
        AND instead.since >= mark.since
    )
    FROM rate AS mark
    WHERE mark.key = :key
    AND EXISTS (SELECT 1 FROM subscriber WHERE id = :subscriber_id)
    AND EXISTS (SELECT 1 FROM paper WHERE id = :paper_id)
"""
_MOVE_BACK = """
    INSERT INTO rate (key, since, count)
    SELECT
        CASE origin WHEN 'page' THEN 'tap:' ELSE 'press:' END
        || subscriber_id || ':' || paper_id || ':' || action || '{suffix}',
        {column},
        1
    FROM tap WHERE {condition}
"""


def upgrade() -> None:
    op.create_table(
        "tap",
        sa.Column("subscriber_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("action", sa.String(), nullable=False),
        sa.Column("origin", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscriber.id"],
            name="fk_tap_subscriber_id_subscriber",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["paper.id"], name="fk_tap_paper_id_paper", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "paper_id", "action", "origin", name="pk_tap"),
    )
    op.create_index("ix_tap_at", "tap", ["at"])
    connection = op.get_bind()
    for key in connection.execute(sa.text(_KEYS)).scalars().all():
        word, *parts = key.split(":")
        if len(parts) != 3:  # what a press replaced, which goes with the press
            continue
        subscriber_id, paper_id, action = parts
        values = {"subscriber_id": int(subscriber_id), "paper_id": int(paper_id), "action": action}
        connection.execute(
            sa.text(_MOVE).bindparams(sa.bindparam("key", type_=sa.String())),
            values | {"origin": _ORIGINS[word], "key": key},
        )
    op.execute(_KEYS.replace("SELECT key", "DELETE"))


def downgrade() -> None:
    op.execute(_MOVE_BACK.format(suffix="", column="at", condition="1 = 1"))
    replaced = "replaced_at IS NOT NULL"
    op.execute(_MOVE_BACK.format(suffix="\\:instead", column="at", condition=replaced))
    op.execute(_MOVE_BACK.format(suffix="\\:before", column="replaced_at", condition=replaced))
    op.drop_table("tap")
