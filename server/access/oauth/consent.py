"""What a yes of the person does: the program becomes a client, and is let in for what they agreed to."""

import json
import re
import secrets
from dataclasses import replace
from urllib.parse import urlsplit

from sqlalchemy import Connection, insert, update

from server.access.clients import store as kept_clients
from server.access.clients.client import Change, Client
from server.access.oauth import store
from server.access.oauth.models import OFFLINE, Registration
from server.access.oauth.request_context import Asked, Terms
from server.access.oauth.tables import oauth_client, oauth_grant

LONGEST_NAME = 40
LETTERS = re.compile(r"[^a-z0-9]+")


def admit(connection: Connection, terms: Terms, agreed: Asked) -> str:
    """Let a program in, and answer the new grant's id. One that is no client yet becomes one.

    A browser goes on whenever it likes: what the person took from the client since it asked is not given back by that.
    """
    registration = store.find_registration(connection, agreed.registration.id)
    if registration is None:
        registration = replace(agreed.registration, created_at=terms.now.isoformat())
        store.add_registration(connection, registration)
    client_id = registration.client or become_client(connection, terms, registration, frozenset(agreed.scopes) - {OFFLINE})
    has = frozenset(json.loads(kept_clients.read_live(connection, client_id)["scopes"]))
    lost = agreed.client.scopes - has if agreed.client else frozenset()
    agreed = replace(agreed, scopes=tuple(scope for scope in agreed.scopes if scope not in lost))
    kept_clients.change_client(connection, client_id, Change(has | set(agreed.scopes) - {OFFLINE}), terms.now.isoformat())
    callbacks = tuple(dict.fromkeys((*registration.callbacks, agreed.callback)))
    values = {"client_id": client_id, "callbacks": json.dumps(callbacks)}
    connection.execute(update(oauth_client).where(oauth_client.c.id == registration.id).values(values))
    return add_grant(connection, terms, agreed, client_id)


def become_client(connection: Connection, terms: Terms, registration: Registration, scopes: frozenset[str]) -> str:
    """Make a client of a program, named as it calls itself. Reading is allowed and changing asks, as for everybody."""
    wanted = Client(secrets.token_hex(8), choose_name(registration), scopes, created_at=terms.now.isoformat())
    made = kept_clients.with_free_name(connection, wanted)
    kept_clients.add_client(connection, made)
    return made.id


def add_grant(connection: Connection, terms: Terms, agreed: Asked, client_id: str) -> str:
    """Store what was agreed to."""
    grant = secrets.token_hex(8)
    values = {
        "id": grant,
        "oauth_client_id": agreed.registration.id,
        "client_id": client_id,
        "callback": agreed.callback,
        "scopes": " ".join(agreed.scopes),
        "resource": agreed.resource,
        "address": terms.issuer,
        "created_at": terms.now.isoformat(),
    }
    connection.execute(insert(oauth_grant).values(values))
    return grant


def choose_name(registration: Registration) -> str:
    """A name for a client of what the program calls itself: "ChatGPT (web)" is chatgpt-web."""
    host = urlsplit(registration.id).hostname or "program" if "://" in registration.id else "program"
    for words in (registration.name, host):
        name = LETTERS.sub("-", words.lower()).strip("-")[:LONGEST_NAME].strip("-")
        if name:
            return name
    return "program"
