"""Tables of access, as its migrations create them."""

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, LargeBinary, MetaData, Table, Text, text

metadata = MetaData()

client = Table(
    "client",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("policies", Text, nullable=False),
    Column("rate", Text),
    Column("created_at", Text, nullable=False),
    Column("revoked_at", Text),
)
# Its migration says the same of PostgreSQL: naming that here imports its dialect, which is 2 MB of every start.
Index("client_name", client.c.name, unique=True, sqlite_where=text("revoked_at IS NULL"))

api_key = Table(
    "api_key",
    metadata,
    Column("hash", LargeBinary, primary_key=True),
    Column("client_id", Text, ForeignKey("client.id"), nullable=False),
    Column("hint", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("revoked_at", Text),
)

client_use = Table(
    "client_use",
    metadata,
    Column("client_id", Text, ForeignKey("client.id"), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("at", Text, nullable=False),
)

activity = Table(
    "activity",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False, index=True),
    Column("client_id", Text),
    Column("client_name", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("sentence", Text, nullable=False),
    Column("changes", Boolean, nullable=False),
    Column("decision", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("outcome", Text, nullable=False, index=True),
    Column("status", Integer),
    Column("duration_ms", Integer),
    Column("arguments", Text),
    Column("effect", Text),
    Column("result", Text),
)
Index("activity_client", activity.c.client_id, activity.c.at)

idempotency = Table(
    "idempotency",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("hash", Text, nullable=False),
    Column("activity_id", Integer, nullable=False),
    Column("at", Text, nullable=False, index=True),
    Column("status", Integer),
    Column("body", Text),
)

approval = Table(
    "approval",
    metadata,
    Column("id", Text, primary_key=True),
    Column("question", Text, nullable=False, unique=True),
    Column("client_id", Text, ForeignKey("client.id"), nullable=False),
    Column("client_name", Text, nullable=False),
    Column("credential", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("scope", Text, nullable=False),
    Column("reaches_others", Boolean, nullable=False),
    Column("call_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("effect", Text, nullable=False),
    Column("activity_id", Integer, nullable=False, index=True),
    Column("state", Text, nullable=False, index=True),
    Column("asked_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("key", Text),
    Column("decided_at", Text),
    Column("ended_at", Text, index=True),
    Column("extent", Text),
    Column("reason", Text, nullable=False),
    Column("status", Integer),
    Column("result", Text),
    Column("method", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("body", LargeBinary),
)
Index("approval_call", approval.c.client_id, approval.c.call_hash)

allowance = Table(
    "allowance",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("client.id"), nullable=False),
    Column("operation", Text, nullable=False),
    Column("extent", Text, nullable=False),
    Column("recipients", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("until", Text),
    Column("ended_at", Text),
)
Index("allowance_client", allowance.c.client_id, allowance.c.operation)

outgoing = Table(
    "outgoing",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("client_id", Text, ForeignKey("client.id"), nullable=False),
    Column("at", Text, nullable=False),
)
Index("outgoing_client", outgoing.c.client_id, outgoing.c.at)

recipient = Table(
    "recipient",
    metadata,
    Column("client_id", Text, ForeignKey("client.id"), primary_key=True),
    Column("address", Text, primary_key=True),
    Column("first_at", Text, nullable=False),
)

job = Table(
    "job",
    metadata,
    Column("id", Text, primary_key=True),
    Column("client_id", Text, ForeignKey("client.id"), nullable=False),
    Column("operation", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("state", Text, nullable=False, index=True),
    Column("created_at", Text, nullable=False),
    Column("ended_at", Text, index=True),
    Column("progress", Float),
    Column("message", Text, nullable=False),
    Column("status", Integer),
    Column("result", Text),
)
Index("job_client", job.c.client_id, job.c.created_at)

# A client of the authorization server (RFC 6749). `client_id` is null until the person has let it in.
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

# One consent, and the token family issued for it.
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
