"""The tables of the authorization server, as its migration makes them."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text

from server.access.tables import metadata

# A program as it is known to the authorization server. `client_id` is null until the person has let it in.
oauth_client = Table(
    "oauth_client",
    metadata,
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("client_id", Text, ForeignKey("client.id")),
    Column("name", Text, nullable=False),
    Column("secret_hash", LargeBinary),
    Column("redirect_uris", Text, nullable=False),
    Column("callbacks", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("revoked_at", Text),
)
Index("oauth_client_client", oauth_client.c.client_id)

# One consent, and the family of tokens that came of it.
oauth_grant = Table(
    "oauth_grant",
    metadata,
    Column("id", Text, primary_key=True),
    Column("oauth_client_id", Text, ForeignKey("oauth_client.id"), nullable=False),
    Column("client_id", Text, ForeignKey("client.id"), nullable=False),
    Column("callback", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("resource", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("last_used_at", Text),
    Column("ended_at", Text),
    Column("reason", Text),
)
Index("oauth_grant_client", oauth_grant.c.client_id)

oauth_code = Table(
    "oauth_code",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("grant_id", Text, ForeignKey("oauth_grant.id"), nullable=False),
    Column("redirect_uri", Text),
    Column("challenge", Text),
    Column("expires_at", Text, nullable=False),
    Column("used_at", Text),
)

oauth_token = Table(
    "oauth_token",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("grant_id", Text, ForeignKey("oauth_grant.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("used_at", Text),
    Column("heir", LargeBinary),
)
Index("oauth_token_grant", oauth_token.c.grant_id)
