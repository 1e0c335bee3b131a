"""Runs migrations on the connection that ``docflow.migrations.run`` hands over."""

from alembic import context

from docflow.migrations.run import tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=tables(),
    transaction_per_migration=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
