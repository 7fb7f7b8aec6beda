"""Run a migration on the connection that digestmail.store.migrate hands over."""

from alembic import context

from digestmail.store.table_base import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    transaction_per_migration=False,
)
context.run_migrations()
