"""Alembic's environment. The caller has begun the transaction, and ends it."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True, render_as_batch=True)
context.run_migrations()
