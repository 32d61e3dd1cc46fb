"""The authorization server: programs that sign in, what the person let them do, and the hashes of their codes and tokens."""

import sqlalchemy as sa
from alembic import op

revision = "core_0004"
down_revision = "core_0003"
branch_labels = None


def upgrade() -> None:
    create_clients()
    create_grants()
    create_credentials()


def create_clients() -> None:
    op.create_table(
        "oauth_client",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("client_id", sa.Text, sa.ForeignKey("client.id")),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("secret_hash", sa.LargeBinary),
        sa.Column("redirect_uris", sa.Text, nullable=False),
        sa.Column("callbacks", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("revoked_at", sa.Text),
    )
    op.create_index("oauth_client_client", "oauth_client", ["client_id"])


def create_grants() -> None:
    op.create_table(
        "oauth_grant",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("oauth_client_id", sa.Text, sa.ForeignKey("oauth_client.id"), nullable=False),
        sa.Column("client_id", sa.Text, sa.ForeignKey("client.id"), nullable=False),
        sa.Column("callback", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("resource", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("created_at", sa.Text, nullable=False),
        sa.Column("last_used_at", sa.Text),
        sa.Column("ended_at", sa.Text),
        sa.Column("reason", sa.Text),
    )
    op.create_index("oauth_grant_client", "oauth_grant", ["client_id"])


def create_credentials() -> None:
    op.create_table(
        "oauth_code",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("grant_id", sa.Text, sa.ForeignKey("oauth_grant.id"), nullable=False),
        sa.Column("redirect_uri", sa.Text),
        sa.Column("challenge", sa.Text),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("used_at", sa.Text),
    )
    op.create_table(
        "oauth_token",
        sa.Column("hash", sa.LargeBinary, primary_key=True),
        sa.Column("grant_id", sa.Text, sa.ForeignKey("oauth_grant.id"), nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("expires_at", sa.Text, nullable=False),
        sa.Column("used_at", sa.Text),
        sa.Column("heir", sa.LargeBinary),
    )
    op.create_index("oauth_token_grant", "oauth_token", ["grant_id"])
