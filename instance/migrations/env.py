"""Alembic's environment: one history over the tables of three packages. Run by `instance.migrations.upgrade`."""

from alembic import context

from instance.migrations.upgrade import METADATA

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=METADATA, render_as_batch=connection.dialect.name == "sqlite")
with context.begin_transaction():
    context.run_migrations()
