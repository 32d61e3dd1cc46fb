"""Taking the access out of a database that comes from elsewhere."""

from datetime import datetime
from pathlib import Path

from sqlalchemy import bindparam, column, delete, inspect, table, update

from server.storage.sqlite import connect, writing_engine

LONGEST_WAIT = 5_000  # milliseconds

api_key = table("api_key", column("revoked_at"))
client = table("client", column("revoked_at"))
idempotency = table("idempotency")
omi_source = table("omi_source", column("state"))
approval = table("approval")
allowance = table("allowance", column("ended_at"))
oauth_client = table("oauth_client", column("revoked_at"))
oauth_grant = table("oauth_grant", column("ended_at"))
oauth_code = table("oauth_code")
oauth_token = table("oauth_token")

# One for each table that lets somebody in, or would answer with what was once allowed.
REVOCATIONS = {
    "api_key": update(api_key).where(api_key.c.revoked_at.is_(None)).values(revoked_at=bindparam("now")),
    "client": update(client).where(client.c.revoked_at.is_(None)).values(revoked_at=bindparam("now")),
    "idempotency": delete(idempotency),
    "omi_source": update(omi_source).where(omi_source.c.state == "accepted").values(state="waiting"),
    "allowance": update(allowance).where(allowance.c.ended_at.is_(None)).values(ended_at=bindparam("now")),
    "oauth_client": update(oauth_client).where(oauth_client.c.revoked_at.is_(None)).values(revoked_at=bindparam("now")),
    "oauth_grant": update(oauth_grant).where(oauth_grant.c.ended_at.is_(None)).values(ended_at=bindparam("now")),
    "oauth_code": delete(oauth_code),
    "oauth_token": delete(oauth_token),
}
# One for each table of what has been done since, perhaps, and must not be done again.
QUESTIONS = {"approval": delete(approval)}


def revoke_access(path: Path, moment: datetime, *, with_access: bool = False) -> None:
    """Leave nothing in a database that opens Deskhand, or with access: nothing that would run what waited or was allowed then.

    Tables that an older one does not have are skipped.
    """
    engine = writing_engine(path, LONGEST_WAIT)
    try:
        with connect(engine) as connection, connection.begin():
            there = set(inspect(connection).get_table_names())
            for name, statement in (QUESTIONS | ({} if with_access else REVOCATIONS)).items():
                if name in there:
                    connection.execute(statement, {"now": moment.isoformat()})
    finally:
        engine.dispose()
