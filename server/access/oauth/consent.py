"""Records the person's consent: the OAuth client becomes a Deskhand client, and gets a grant."""

import json
import re
import secrets
from dataclasses import replace
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, update

from server.access.clients import store as client_store
from server.access.clients.client import Change, Client
from server.access.oauth import store
from server.access.oauth.models import OFFLINE, Registration
from server.access.oauth.request_context import AuthorizationRequest, RequestContext
from server.access.tables import oauth_client, oauth_grant

LONGEST_NAME = 40
LETTERS = re.compile(r"[^a-z0-9]+")


def record_consent(connection: Connection, context: RequestContext, agreed: AuthorizationRequest) -> str:
    """Store a grant, and answer its id. An OAuth client that is no Deskhand client yet becomes one.

    The browser may continue late: scopes that the person has taken from the client since are not given back.
    """
    registration = store.find_registration(connection, agreed.registration.id)
    if registration is None:
        registration = replace(agreed.registration, created_at=context.now.isoformat())
        store.add_registration(connection, registration)
    client_id = registration.client or become_client(connection, context, registration, frozenset(agreed.scopes) - {OFFLINE})
    has = frozenset(json.loads(client_store.read_live(connection, client_id)["scopes"]))
    lost = agreed.client.scopes - has if agreed.client else frozenset()
    agreed = replace(agreed, scopes=tuple(scope for scope in agreed.scopes if scope not in lost))
    client_store.change_client(connection, client_id, Change(has | set(agreed.scopes) - {OFFLINE}), context.now.isoformat())
    callbacks = tuple(dict.fromkeys((*registration.callbacks, agreed.callback)))
    values = {"client_id": client_id, "callbacks": json.dumps(callbacks)}
    connection.execute(update(oauth_client).where(oauth_client.c.id == registration.id).values(values))
    return add_grant(connection, context, agreed, client_id)


def become_client(connection: Connection, context: RequestContext, registration: Registration, scopes: frozenset[str]) -> str:
    """Create a Deskhand client, with the name that the OAuth client gives itself and the default policies."""
    wanted = Client(secrets.token_hex(8), choose_name(registration), scopes, created_at=context.now.isoformat())
    client = client_store.with_free_name(connection, wanted)
    client_store.add_client(connection, client)
    return client.id


def add_grant(connection: Connection, context: RequestContext, agreed: AuthorizationRequest, client_id: str) -> str:
    """Store a grant for what was agreed to."""
    grant = secrets.token_hex(8)
    values = {
        "id": grant,
        "oauth_client_id": agreed.registration.id,
        "client_id": client_id,
        "callback": agreed.callback,
        "scopes": " ".join(agreed.scopes),
        "resource": agreed.resource,
        "address": context.issuer,
        "created_at": context.now.isoformat(),
    }
    connection.execute(insert(oauth_grant).values(values))
    return grant


def choose_name(registration: Registration) -> str:
    """Client name made of the OAuth client's own: "ChatGPT (web)" becomes chatgpt-web."""
    host = urlsplit(registration.id).hostname or "program" if "://" in registration.id else "program"
    for words in (registration.name, host):
        name = LETTERS.sub("-", words.lower()).strip("-")[:LONGEST_NAME].strip("-")
        if name:
            return name
    return "program"
